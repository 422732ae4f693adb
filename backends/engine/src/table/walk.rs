//! Files below folders, each of them once, and the columns that the names of folders give them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::EngineError;

/// Files in the order in which they are come upon. Whatever links lead to it, each folder and each file counts once.
#[derive(Debug, Default)]
pub struct Walk {
    /// The files.
    pub files: Vec<PathBuf>,
    /// What every file and folder really is, with the path that led to it first.
    seen: HashMap<PathBuf, PathBuf>,
}

impl Walk {
    /// The files below a folder whose names are wanted, in the order of their names.
    pub fn below(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<PathBuf>, EngineError> {
        let mut walk = Self::default();
        walk.folder(folder, wanted)?;
        Ok(walk.files)
    }

    /// Takes the files below a folder whose names are wanted, in the order of their names; names that begin with `.` or `_` are passed over.
    pub fn folder(&mut self, folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<(), EngineError> {
        if !self.is_new(folder)? {
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(EngineError::io(folder))?;
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(['.', '_']) {
                continue;
            }
            if path.is_dir() {
                if !leads_back(folder, &path)? {
                    self.folder(&path, wanted)?;
                }
            } else if wanted(&name) {
                self.file(path)?;
            }
        }
        Ok(())
    }

    /// Takes a file.
    pub fn file(&mut self, path: PathBuf) -> Result<(), EngineError> {
        if self.is_new(&path)? {
            self.files.push(path);
        }
        Ok(())
    }

    /// Whether nothing led there before. Where folders on the way give it other values than those on the way before, nobody can tell which are its own.
    fn is_new(&mut self, path: &Path) -> Result<bool, EngineError> {
        let real = std::fs::canonicalize(path).map_err(EngineError::io(path))?;
        let Some(first) = self.seen.get(&real) else {
            self.seen.insert(real, path.to_path_buf());
            return Ok(true);
        };
        if values(first) == values(path) {
            return Ok(false);
        }
        let words = format!(
            "it is the same as {}, by a link, and the names of their folders give its rows different values; copy it, or take one of the two away",
            first.display()
        );
        Err(EngineError::malformed(path, words))
    }
}

/// Whether a link in a folder leads to that folder, or to one that it lies in.
fn leads_back(folder: &Path, link: &Path) -> Result<bool, EngineError> {
    if !link.is_symlink() {
        return Ok(false);
    }
    let real = |path: &Path| std::fs::canonicalize(path).map_err(EngineError::io(path));
    Ok(real(folder)?.starts_with(real(link)?))
}

/// The columns that the names on a path give, its own among them.
fn values(path: &Path) -> Vec<(String, Option<String>)> {
    partitions(&format!("{}/", path.display()))
}

/// Columns in the names of folders, as Hive writes them: `day=2013-01-01/carrier=UA/`.
#[must_use]
pub fn partitions(path: &str) -> Vec<(String, Option<String>)> {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    let column = |folder: &str| {
        let (name, value) = folder.split_once('=')?;
        if name.is_empty() {
            return None;
        }
        let null = value == "__HIVE_DEFAULT_PARTITION__";
        Some((decoded(name), (!null).then(|| decoded(value))))
    };
    folders.into_iter().filter_map(column).collect()
}

/// A text whose bytes may be written as in an address: `%3A` is `:`.
#[must_use]
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|_| *first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_columns() {
        let text = |value: &str| Some(value.to_owned());
        assert_eq!(
            partitions("lake/day=2013-01-01/at=05%3A00/x=__HIVE_DEFAULT_PARTITION__/part=0.parquet"),
            [("day".to_owned(), text("2013-01-01")), ("at".to_owned(), text("05:00")), ("x".to_owned(), None)]
        );
        assert_eq!(partitions("a/b.csv"), []);
    }
}
