//! Files written whole or not at all.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

use crate::{Result, StoreError};

/// Adds to an I/O error what was tried on which path.
pub fn with_path<T>(action: &'static str, path: &Path, result: io::Result<T>) -> Result<T> {
    result.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
}

/// Makes a folder with its parents.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    with_path("make the folder", path, fs::create_dir_all(path))
}

/// Writes `bytes` to `path`: a temporary file beside it, flushed to the disk, renamed; nothing else ever shows under that name.
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
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
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
    with_path("write", path, attempt())
}
