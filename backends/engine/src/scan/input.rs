//! What data sets are made of: files with their format and the values that their folders name.

use std::{
    fmt::{self, Debug},
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use mlp_plan::Contract;

use crate::{
    EngineError,
    table::{
        blob::{Blob, LocalFile},
        show::MASK,
        text::unpacked_name,
        walk::{Walk, decoded, partitions},
    },
};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFormat {
    /// Parquet.
    Parquet,
    /// CSV.
    Csv,
    /// JSON lines.
    Jsonl,
    /// Arrow, as a file or a stream.
    Arrow,
}

impl DataFormat {
    /// What the end of a name says; texts may be compressed (`.csv.gz`, `.jsonl.zst`).
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let text = unpacked_name(name);
        let (_, extension) = text.rsplit_once('.')?;
        let whole = text.len() == name.len();
        Some(match extension.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Self::Csv,
            "jsonl" | "ndjson" | "json" => Self::Jsonl,
            "parquet" | "pq" if whole => Self::Parquet,
            "arrow" | "arrows" | "ipc" | "feather" if whole => Self::Arrow,
            _ => return None,
        })
    }

    /// What the first bytes say, where they say anything.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [b'P', b'A', b'R', b'1', ..] => Some(Self::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Self::Arrow),
            _ => None,
        }
    }
}

impl fmt::Display for DataFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Arrow => "arrow",
        })
    }
}

impl FromStr for DataFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Parquet, Self::Csv, Self::Jsonl, Self::Arrow]
            .into_iter()
            .find(|format| format.to_string() == text)
            .ok_or_else(|| format!("unknown format `{text}`: one of parquet, csv, jsonl, arrow"))
    }
}

/// Opens a file when its turn comes.
pub type Opener = Arc<dyn Fn() -> Result<Arc<dyn Blob>, EngineError> + Send + Sync>;

/// One file of a data set.
#[derive(Clone)]
pub struct Input {
    /// Its path or address.
    pub name: String,
    /// How it is written.
    pub format: DataFormat,
    /// Columns that the names of its folders give it (`day=2013-01-01/`), each with its value as text.
    pub partitions: Vec<(String, Option<String>)>,
    /// Opens it.
    pub open: Opener,
}

impl Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("name", &self.name).field("format", &self.format).finish_non_exhaustive()
    }
}

impl Input {
    /// Its name for a report: the value of a tagged column in the name of a folder is masked.
    #[must_use]
    pub fn shown(&self, contract: &Contract) -> String {
        let (folders, file) =
            self.name.rsplit_once('/').map_or(("", self.name.as_str()), |(folders, file)| (folders, file));
        if folders.is_empty() || self.partitions.is_empty() {
            return self.name.clone();
        }
        let shown = folders.split('/').map(|folder| match folder.split_once('=') {
            Some((name, _)) if contract.column(&decoded(name)).is_some_and(|column| !column.tags.is_empty()) => {
                format!("{name}={MASK}")
            }
            _ => folder.to_owned(),
        });
        shown.chain([file.to_owned()]).collect::<Vec<_>>().join("/")
    }
}

/// The files that a path of this machine means: a file, all data of a folder, or what a glob matches. `format` is what all are; by their names, where absent.
///
/// # Errors
/// Where nothing is there, or a file's format cannot be told.
pub fn local_inputs(path: &Path, format: Option<DataFormat>) -> Result<Vec<Input>, EngineError> {
    let text = path.to_string_lossy();
    let wanted = |name: &str| format.is_some() || DataFormat::of_name(name).is_some();
    let mut files = Vec::new();
    if path.is_dir() {
        files = Walk::below(path, &wanted)?;
        if files.is_empty() {
            return Err(EngineError::malformed(path, "no data in this folder: .parquet, .csv, .jsonl or .arrow"));
        }
    } else if !path.exists() && text.contains(['*', '?', '[']) {
        let found = glob::glob(&text).map_err(|error| EngineError::malformed(path, error.msg))?;
        let mut walk = Walk::default();
        for found in found {
            let found = found.map_err(|error| EngineError::malformed(path, error))?;
            if found.is_dir() { walk.folder(&found, &wanted)? } else { walk.file(found)? }
        }
        files = walk.files;
        files.sort();
        if files.is_empty() {
            return Err(EngineError::malformed(path, "nothing matches"));
        }
    } else {
        files.push(path.to_path_buf());
    }
    files.into_iter().map(|file| local(file, format)).collect()
}

fn local(path: PathBuf, format: Option<DataFormat>) -> Result<Input, EngineError> {
    let name = path.to_string_lossy().into_owned();
    // a missing file is told before its name is wondered about
    let blob = LocalFile::open(&path)?;
    let sniffed = || blob.read(0..blob.size().min(6)).ok().and_then(|bytes| DataFormat::of_bytes(&bytes));
    let Some(format) = format.or_else(|| DataFormat::of_name(&name)).or_else(sniffed) else {
        let words = "its name does not tell its format; say it with --data-format parquet, csv, jsonl or arrow";
        return Err(EngineError::malformed(&path, words));
    };
    let partitions = partitions(&name);
    Ok(Input { name, format, partitions, open: Arc::new(move || LocalFile::open(&path)) })
}
