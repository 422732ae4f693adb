//! Reading files with clear errors.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use mlp_ports::Files;
use mlp_source::FileId;

/// Source files beyond this size are refused: they are data that lost its way.
pub const MAX_BYTES: u64 = 32 << 20;

/// What is kept between runs, and can be made anew: `$XDG_CACHE_HOME/mlp`, or `~/.cache/mlp`; none where the environment names neither.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?.join("mlp"))
}

/// Reads a text file.
///
/// # Errors
/// In words with the path: missing, a folder, too large, unreadable, not UTF-8.
pub fn read_text(path: &Path) -> Result<String, String> {
    let fault = |error: &std::io::Error| format!("{}: {}", path.display(), io_words(error));
    let meta = fs::metadata(path).map_err(|error| fault(&error))?;
    if meta.is_dir() {
        return Err(format!("{}: is a folder, and a file is meant here", path.display()));
    }
    if meta.len() > MAX_BYTES {
        return Err(format!(
            "{}: has {} MiB; a source file has at most {} MiB",
            path.display(),
            meta.len() >> 20,
            MAX_BYTES >> 20
        ));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| fault(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{}: is larger than {} MiB", path.display(), MAX_BYTES >> 20));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
        format!("{}: is not UTF-8 (line {line}); save it as UTF-8", path.display())
    })
}

/// An I/O error in the user's words.
#[must_use]
pub fn io_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        // the kind for a circle of links is not stable yet; the number is ELOOP's
        _ if error.raw_os_error() == Some(40) => "the symbolic links go in a circle".to_owned(),
        _ => error.to_string(),
    }
}

/// All `.mlp` files below a folder, sorted by path; hidden folders and `target` are left out.
///
/// # Errors
/// In words with the path, where a folder cannot be listed.
pub fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), 0_u32)];
    while let Some((folder, depth)) = open.pop() {
        if depth > 64 {
            return Err(format!("{}: folders are nested too deep, or symbolic links go in a circle", folder.display()));
        }
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {}", folder.display(), io_words(&error)))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("{}: {}", folder.display(), io_words(&error)))?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            let meta = fs::metadata(&path).map_err(|error| format!("{}: {}", path.display(), io_words(&error)))?;
            if meta.is_dir() {
                open.push((path, depth + 1));
            } else if path.extension().is_some_and(|extension| extension == "mlp") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Files of packages on disk, by the folder of each package.
#[derive(Clone, Debug, Default)]
pub struct DiskFiles {
    roots: BTreeMap<String, PathBuf>,
    /// What stands for files in the places of findings, by their package and path.
    ids: BTreeMap<(String, String), FileId>,
}

impl DiskFiles {
    /// Files of these packages.
    #[must_use]
    pub const fn new(roots: BTreeMap<String, PathBuf>) -> Self {
        Self { roots, ids: BTreeMap::new() }
    }

    /// Lets a number stand for a file.
    pub(crate) fn number(&mut self, package: &str, path: &str, id: FileId) {
        self.ids.insert((package.to_owned(), path.to_owned()), id);
    }

    /// The files for which a number stands: their package and path.
    pub(crate) fn numbered(&self) -> impl Iterator<Item = (&(String, String), FileId)> {
        self.ids.iter().map(|(file, id)| (file, *id))
    }

    /// The folder of a package.
    pub(crate) fn root(&self, package: &str) -> Option<&Path> {
        self.roots.get(package).map(PathBuf::as_path)
    }
}

impl Files for DiskFiles {
    fn read(&self, package: &str, path: &str) -> Result<Arc<str>, String> {
        let root = self.roots.get(package).ok_or_else(|| "its package has no folder".to_owned())?;
        let relative = Path::new(path);
        if relative.is_absolute() || relative.components().any(|part| matches!(part, std::path::Component::ParentDir)) {
            return Err("a path is relative to the package, and stays inside of it".to_owned());
        }
        let full = root.join(relative);
        // the message names the path that the program names, not where the package happens to lie
        read_text(&full)
            .map(Arc::from)
            .map_err(|message| message.strip_prefix(&format!("{}: ", full.display())).unwrap_or(&message).to_owned())
    }

    fn id(&self, package: &str, path: &str) -> Option<FileId> {
        self.ids.get(&(package.to_owned(), path.to_owned())).copied()
    }
}
