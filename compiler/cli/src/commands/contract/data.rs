//! Where data lies: on this machine or in a bucket.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use mlp_engine::{
    EngineError,
    scan::{DataFormat, Input, local_inputs, partitions, unpacked_name},
    table::{blob::Blob, csv::Dialect},
};
use mlp_store::{RemoteObject, StoreError};

use crate::args::CsvArgs;

/// What paths and addresses mean.
pub struct Found {
    /// The files, in order.
    pub inputs: Vec<Input>,
    /// Their size in bytes, where it costs nothing to know.
    pub size: u64,
}

/// Why nothing was found.
#[derive(Debug)]
pub enum Lost {
    /// On this machine.
    Here(EngineError),
    /// In a bucket.
    There(StoreError),
    /// A name that says too little.
    Unclear(String),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here(error) => error.fmt(f),
            Self::There(error) => error.fmt(f),
            Self::Unclear(words) => f.write_str(words),
        }
    }
}

/// The files that paths, folders, globs and addresses of buckets mean.
pub fn inputs(data: &[String], format: Option<DataFormat>) -> Result<Found, Lost> {
    let mut found = Found { inputs: Vec::new(), size: 0 };
    for place in data {
        match place.split_once("://") {
            None | Some(("file", _)) => {
                let path = place.strip_prefix("file://").unwrap_or(place);
                let inputs = local_inputs(Path::new(path), format).map_err(Lost::Here)?;
                let sizes = inputs.iter().filter_map(|input| std::fs::metadata(&input.name).ok());
                found.size += sizes.map(|meta| meta.len()).sum::<u64>();
                found.inputs.extend(inputs);
            }
            Some(("postgres" | "postgresql", _)) => {
                let words = "the address of a database does not belong on the command line: put it into an environment variable, and name that with --postgres";
                return Err(Lost::Unclear(words.to_owned()));
            }
            Some(_) => {
                let (inputs, size) = remote(place, format)?;
                found.size += size;
                found.inputs.extend(inputs);
            }
        }
    }
    Ok(found)
}

fn remote(place: &str, format: Option<DataFormat>) -> Result<(Vec<Input>, u64), Lost> {
    let objects = mlp_store::objects(place).map_err(Lost::There)?;
    let one = objects.len() == 1;
    let mut inputs = Vec::new();
    let mut size = 0;
    for object in objects {
        let name = object.url().to_owned();
        let Some(format) = format.or_else(|| DataFormat::of_name(&name)) else {
            if one {
                return Err(Lost::Unclear(format!(
                    "{name}: its name does not tell its format; say it with --data-format parquet, csv, jsonl or arrow"
                )));
            }
            continue;
        };
        size += object.size();
        let blob: Arc<dyn Blob> = Arc::new(Object { name: PathBuf::from(&name), object });
        let partitions = partitions(&name);
        inputs.push(Input { name, format, partitions, open: Arc::new(move || Ok(Arc::clone(&blob))) });
    }
    if inputs.is_empty() {
        return Err(Lost::Unclear(format!("{place}: no data there: .parquet, .csv, .jsonl or .arrow")));
    }
    Ok((inputs, size))
}

/// How CSV is written, by what was said and by the names of the files.
pub fn dialect(args: &CsvArgs, data: &[String], header: bool) -> Result<Dialect, String> {
    let one = |name: &str, text: &str| match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n') => Ok(*byte),
        _ => Err(format!("--{name} `{}`: one ASCII character is meant, and no line end", text.escape_debug())),
    };
    let delimiter = match args.delimiter.as_deref() {
        Some("tab" | "\\t") => b'\t',
        Some(text) => one("delimiter", text)?,
        None if data.iter().any(|path| unpacked_name(path).ends_with(".tsv")) => b'\t',
        None => b',',
    };
    let quote = one("quote", &args.quote)?;
    if quote == delimiter {
        return Err(format!("--quote `{}`: it is the delimiter too; they must differ", args.quote.escape_debug()));
    }
    Ok(Dialect { delimiter, quote, header, null: args.null.clone() })
}

/// An object of a bucket.
#[derive(Debug)]
struct Object {
    name: PathBuf,
    object: RemoteObject,
}

impl Blob for Object {
    fn name(&self) -> &Path {
        &self.name
    }

    fn size(&self) -> u64 {
        self.object.size()
    }

    fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        self.object.read(range).map_err(|error| EngineError::refused(error.to_string()))
    }

    /// A question to a bucket costs as much as some megabytes.
    fn window(&self) -> u64 {
        8 << 20
    }
}
