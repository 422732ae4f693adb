//! Data that broke its contract is kept aside, outside of everything that others read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mlp_store::Store;

/// Keeps files under `rejected/RUN/NODE/`; a failure to keep them never hides the breach itself.
pub(crate) fn keep(store: &Store, run: &str, node: &str, name: &str, files: &[PathBuf]) -> Option<PathBuf> {
    let folder = store.state().join("rejected").join(run).join(node);
    fs::create_dir_all(&folder).ok()?;
    let mut kept = None;
    for file in files {
        let target = folder.join(
            file.file_name().filter(|_| files.len() > 1).map_or_else(|| name.into(), std::ffi::OsStr::to_os_string),
        );
        if copy(file, &target).is_ok() {
            kept = Some(if files.len() > 1 { folder.clone() } else { target });
        }
    }
    kept
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    let _ = fs::remove_file(to);
    fs::copy(from, to).map(drop)
}
