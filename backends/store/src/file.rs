//! Files written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use tempfile::NamedTempFile;

use crate::{Result, StoreError};

/// Adds to an I/O error what was tried on which path.
pub fn with_path<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T> {
    result.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
}

/// Makes a folder with its parents.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    with_path("make the folder", path, fs::create_dir_all(path))
}

/// A file that gets its name when it is whole; who may read it is as the umask has it.
pub(crate) fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".new-").permissions(fs::Permissions::from_mode(0o666)).tempfile_in(folder)
}

/// Writes `bytes` to `path`: a temporary file beside it, flushed to the disk, renamed; nothing else ever shows under that name. Who may read it is as the
/// umask has it, or as it was before.
///
/// # Errors
/// With the path, where the folder is missing or not writable or the disk is full; what was there before stays.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, true)
}

/// As [`write_atomically`], but leaves the flushing to the next [`Store::sync`](crate::Store::sync).
pub(crate) fn write_unflushed(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, false)
}

fn write(path: &Path, bytes: &[u8], flush: bool) -> Result<()> {
    // the parent of a bare name is the empty path, which names no folder
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let attempt = || -> io::Result<()> {
        let mut file = temporary(folder)?;
        if let Ok(before) = fs::metadata(path) {
            file.as_file().set_permissions(before.permissions())?;
        }
        file.write_all(bytes)?;
        if flush {
            file.as_file().sync_all()?;
        }
        file.persist(path).map_err(|error| error.error)?;
        if flush {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    match attempt() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.exists() => {
            Err(StoreError::NoFolder { path: path.to_owned(), folder: folder.to_owned() })
        }
        result => with_path("write", path, result),
    }
}
