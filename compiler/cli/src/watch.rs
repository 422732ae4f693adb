//! Waiting for files to change.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// The newest change among the files that a check reads, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(Option<SystemTime>, usize);

/// Waits until a source, manifest, SQL or Python file of the packages is another than it was in a state.
pub fn wait_for_change(paths: &[PathBuf], seen: &State) {
    while state(paths) == *seen {
        std::thread::sleep(Duration::from_millis(250));
    }
}

/// The state of the files of packages. It is taken before they are read, so that what is written meanwhile is a change.
pub fn state(paths: &[PathBuf]) -> State {
    let mut newest = None;
    let mut count = 0;
    let mut open: Vec<PathBuf> =
        paths.iter().map(|path| mlp_workspace::package_root(path).unwrap_or_else(|| path.clone())).collect();
    while let Some(path) = open.pop() {
        let Ok(meta) = std::fs::metadata(&path) else { continue };
        if meta.is_dir() {
            let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            open.extend(
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(|path| !hidden(path)),
            );
            continue;
        }
        let read = path
            .extension()
            .is_some_and(|extension| ["mlp", "toml", "sql", "py", "txt"].iter().any(|known| extension == *known));
        if read {
            count += 1;
            newest = newest.max(meta.modified().ok());
        }
    }
    State(newest, count)
}
