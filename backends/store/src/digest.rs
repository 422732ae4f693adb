//! Digests of files and folders.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Result, StoreError, with_path};

/// An artifact in the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stored {
    /// A file or a folder.
    pub form: Form,
    /// blake3 in hex: of the bytes, or of the folder's listing.
    pub digest: String,
    /// Size in bytes, all files of a folder together.
    pub bytes: u64,
    /// Rows, of a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Whether an artifact is one file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// One file.
    File,
    /// A folder, kept as a listing and its files.
    Folder,
}

/// One entry of a folder's listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Path inside the folder, with `/`; of an empty folder it ends with `/`.
    pub path: String,
    /// Digest of the file; empty for an empty folder.
    pub digest: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether it may be executed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub executable: bool,
}

/// First line of every listing, so that no file is taken for one.
const LISTING: &str = "mlp-folder/v1\n";

/// The canonical listing of a folder.
pub(crate) fn write_listing(entries: &[Entry]) -> Result<Vec<u8>> {
    let body = serde_json::to_string(entries).map_err(|error| StoreError::Record(error.to_string()))?;
    Ok(format!("{LISTING}{body}\n").into_bytes())
}

/// Reads a listing.
pub(crate) fn read_listing(bytes: &[u8]) -> Option<Vec<Entry>> {
    let entries: Vec<Entry> = serde_json::from_slice(bytes.strip_prefix(LISTING.as_bytes())?).ok()?;
    entries.iter().all(|entry| is_inside(Path::new(&entry.path))).then_some(entries)
}

fn is_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// blake3 of some bytes, in hex.
#[must_use]
pub fn digest_bytes(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// blake3 of a file in hex, and its size.
///
/// # Errors
/// Where it cannot be read.
pub fn digest_file(path: &Path) -> Result<(String, u64)> {
    with_path("read", path, hash(path))
}

fn hash(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hasher.finalize().to_hex().to_string(), bytes));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// Digest of a file or folder as the store would name it, and its size.
///
/// # Errors
/// Where something in it cannot be read or kept.
pub fn digest_path(path: &Path) -> Result<Stored> {
    if !with_path("read", path, fs::metadata(path))?.is_dir() {
        let (digest, bytes) = digest_file(path)?;
        return Ok(Stored { form: Form::File, digest, bytes, rows: None });
    }
    let entries = list(path)?.into_iter().map(|found| found.entry).collect::<Vec<_>>();
    let listing = write_listing(&entries)?;
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    Ok(Stored { form: Form::Folder, digest: digest_bytes(&listing), bytes, rows: None })
}

/// A file of a folder with its listing entry.
pub(crate) struct Found {
    /// Where it is; `None` for an empty folder.
    pub source: Option<PathBuf>,
    /// What the listing says.
    pub entry: Entry,
}

/// Everything in a folder, sorted by path. Links inside the folder are followed as files; those that lead out are refused.
pub(crate) fn list(folder: &Path) -> Result<Vec<Found>> {
    let root = with_path("read", folder, fs::canonicalize(folder))?;
    let mut found = Vec::new();
    descend(&root, &root, "", 0, &mut found)?;
    found.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
    Ok(found)
}

fn descend(root: &Path, folder: &Path, prefix: &str, depth: usize, found: &mut Vec<Found>) -> Result<()> {
    let unfit = |path: &Path, why: &str| StoreError::Unfit { path: path.to_owned(), why: why.to_owned() };
    if depth > 64 {
        return Err(unfit(folder, "folders are nested deeper than 64"));
    }
    let here = with_path("read", folder, fs::canonicalize(folder))?;
    let mut empty = true;
    for item in with_path("read", folder, fs::read_dir(folder))? {
        let item = with_path("read", folder, item)?;
        empty = false;
        let path = item.path();
        let name = item.file_name().into_string().map_err(|_| unfit(&path, "its name is not UTF-8"))?;
        let real = with_path("read", &path, fs::canonicalize(&path))?;
        if !real.starts_with(root) {
            return Err(unfit(&path, "it is a link that leads out of the folder"));
        }
        let meta = with_path("read", &real, fs::metadata(&real))?;
        let inner = format!("{prefix}{name}");
        if meta.is_dir() {
            if here.starts_with(&real) {
                return Err(unfit(&path, "it is a link that leads back to a folder around it"));
            }
            descend(root, &path, &format!("{inner}/"), depth + 1, found)?;
        } else if meta.is_file() {
            let (digest, bytes) = digest_file(&real)?;
            let executable = meta.permissions().mode() & 0o100 != 0;
            found.push(Found { source: Some(real), entry: Entry { path: inner, digest, bytes, executable } });
        } else {
            return Err(unfit(&path, "it is neither a file nor a folder"));
        }
    }
    if empty && !prefix.is_empty() {
        found.push(Found {
            source: None,
            entry: Entry { path: prefix.to_owned(), digest: String::new(), bytes: 0, executable: false },
        });
    }
    Ok(())
}
