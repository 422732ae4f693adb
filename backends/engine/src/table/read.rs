//! Reads tables of every format as batches, one part per file, without deciding yet whether they fit a contract.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
};
use mlp_plan::{Contract, Format};

use super::{
    arrow_types::arrow_type,
    blob::{Blob, LocalFile},
    csv::{self, Dialect},
    jsonl,
    parquet::ParquetFile,
    text::unpacked_name,
    walk::Walk,
};
use crate::EngineError;

/// Rows of a batch: small enough that a batch of a wide table stays in the cache.
pub const BATCH_ROWS: usize = 32_768;

/// A table to read.
#[derive(Clone, Debug)]
pub enum TableSource {
    /// Files, folders and globs, read in the order of their names.
    Files {
        /// Where.
        paths: Vec<PathBuf>,
        /// How they are written; a table: Parquet, CSV or JSON lines.
        format: Format,
    },
    /// Already in memory.
    Batches(Vec<RecordBatch>),
}

/// Batches of one schema.
pub struct Part {
    /// Every column that the file has.
    pub whole: SchemaRef,
    /// Those that are read.
    pub schema: SchemaRef,
    /// Whether values are still text that has to be parsed (CSV, JSON lines).
    pub textual: bool,
    /// Rows in all, where the file says so.
    pub rows: Option<usize>,
    /// Columns of the contract that are there but were not read, since nothing is asked of them.
    pub left_out: BTreeSet<String>,
    /// The batches.
    pub batches: Box<dyn Iterator<Item = Result<RecordBatch, EngineError>> + Send>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("schema", &self.schema).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// How to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading<'a> {
    /// The contract: types of text formats, and the columns that are worth reading.
    pub contract: Option<&'a Contract>,
    /// Columns to read; all of the contract's, or of the file where there is none.
    pub columns: Option<&'a BTreeSet<String>>,
    /// Columns of the contract of which something is asked; of Parquet, others are left out where their type is the contract's already.
    pub asked: Option<&'a BTreeSet<String>>,
    /// Whether text that is a dictionary in Parquet stays one, so that it is looked at once per value rather than once per row.
    pub dictionaries: bool,
}

impl Reading<'_> {
    pub(super) fn wants(&self, name: &str) -> bool {
        match (self.columns, self.contract) {
            (Some(columns), _) => columns.contains(name),
            (None, Some(contract)) => {
                contract.columns.iter().any(|column| column.name == name || column.was.as_deref() == Some(name))
            }
            (None, None) => true,
        }
    }

    /// Whether a column need not be read to know that it keeps the contract.
    fn leaves_out(&self, field: &Field) -> bool {
        let (Some(asked), Some(contract)) = (self.asked, self.contract) else { return false };
        let typed = |column: &mlp_plan::Column| text_as_one(field.data_type()) == arrow_type(&column.value.data);
        !asked.contains(field.name()) && contract.column(field.name()).is_some_and(typed)
    }
}

/// Arrow's forms of text are one to us.
fn text_as_one(data: &ArrowType) -> ArrowType {
    match data {
        ArrowType::LargeUtf8 | ArrowType::Utf8View => ArrowType::Utf8,
        ArrowType::Dictionary(_, values) => text_as_one(values),
        other => other.clone(),
    }
}

impl TableSource {
    /// One Parquet file.
    #[must_use]
    pub fn parquet(path: impl Into<PathBuf>) -> Self {
        Self::Files { paths: vec![path.into()], format: Format::Parquet }
    }

    /// Opens every part, in order.
    ///
    /// # Errors
    /// Where a path matches nothing, a file cannot be read, or it is not of its format.
    pub fn parts<'a>(
        &'a self,
        reading: Reading<'a>,
    ) -> Result<Box<dyn Iterator<Item = Result<Part, EngineError>> + 'a>, EngineError> {
        Ok(match self {
            Self::Batches(batches) => Box::new(batches.iter().map(|batch| {
                let batch = batch.clone();
                let (schema, rows) = (batch.schema(), Some(batch.num_rows()));
                Ok(Part {
                    whole: Arc::clone(&schema),
                    schema,
                    textual: false,
                    rows,
                    left_out: BTreeSet::new(),
                    batches: Box::new(std::iter::once(Ok(batch))),
                })
            })),
            Self::Files { paths, format } => {
                let files = expand(paths, *format)?;
                Box::new(files.into_iter().map(move |path| open(&path, *format, reading)))
            }
        })
    }
}

/// The files that paths mean: a folder is everything of the format inside of it (names that begin with `.` or `_` are passed over), a glob what it matches.
///
/// # Errors
/// Where a path is not there or a glob matches nothing.
pub fn expand(paths: &[PathBuf], format: Format) -> Result<Vec<PathBuf>, EngineError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let wanted = |name: &str| {
                let text = if matches!(format, Format::Csv | Format::Jsonl) { unpacked_name(name) } else { name };
                let extension = text.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
                extension.is_some_and(|found| extensions(format).contains(&found.as_str()))
            };
            let found = Walk::below(path, &wanted)?;
            if found.is_empty() {
                return Err(EngineError::malformed(
                    path,
                    format!("no .{} file in this folder", extensions(format).join(" or .")),
                ));
            }
            files.extend(found);
        } else if path.exists() {
            files.push(path.clone());
        } else {
            files.extend(matched(path, format)?);
        }
    }
    Ok(files)
}

const fn extensions(format: Format) -> &'static [&'static str] {
    match format {
        Format::Csv => &["csv"],
        Format::Jsonl => &["jsonl", "ndjson", "json"],
        _ => &["parquet"],
    }
}

fn matched(pattern: &Path, format: Format) -> Result<Vec<PathBuf>, EngineError> {
    let text = pattern.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        let absent = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file or folder");
        return Err(EngineError::io(pattern)(absent));
    }
    let found = glob::glob(&text).map_err(|error| EngineError::malformed(pattern, error.msg))?;
    let mut paths: Vec<PathBuf> =
        found.collect::<Result<_, _>>().map_err(|error| EngineError::malformed(pattern, error))?;
    paths.sort();
    if paths.is_empty() {
        return Err(EngineError::malformed(pattern, "nothing matches"));
    }
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| path.is_dir());
    if !folders.is_empty() {
        files.extend(expand(&folders, format)?);
        files.sort();
    }
    Ok(files)
}

/// Opens one file.
///
/// # Errors
/// Where it cannot be read or is not of the format.
pub fn open(path: &Path, format: Format, reading: Reading<'_>) -> Result<Part, EngineError> {
    match format {
        Format::Parquet => open_parquet(LocalFile::open(path)?, reading),
        Format::Csv => csv::open(LocalFile::open(path)?, &Dialect::default(), reading),
        Format::Jsonl => jsonl::open(LocalFile::open(path)?, reading),
        Format::Dir | Format::File | Format::Postgres => {
            Err(EngineError::malformed(path, "a folder, file or database is not read as a table here"))
        }
    }
}

fn open_parquet(blob: Arc<dyn Blob>, reading: Reading<'_>) -> Result<Part, EngineError> {
    let file = ParquetFile::open(blob, reading.dictionaries)?;
    let fields = file.schema().fields();
    let left_out: BTreeSet<String> =
        fields.iter().filter(|field| reading.leaves_out(field)).map(|field| field.name().clone()).collect();
    let read = |field: &Field| reading.wants(field.name()) && !left_out.contains(field.name());
    let wanted: Vec<usize> =
        fields.iter().enumerate().filter(|(_, field)| read(field)).map(|(index, _)| index).collect();
    Ok(Part {
        whole: Arc::clone(file.schema()),
        schema: Arc::new(file.schema().project(&wanted)?),
        textual: false,
        rows: usize::try_from(file.rows(None)).ok(),
        left_out,
        batches: file.read(None, &wanted)?,
    })
}

/// Reads the whole of some Parquet files.
///
/// # Errors
/// As [`TableSource::parts`]; where the files' schemas differ.
pub fn read_all(paths: &[PathBuf]) -> Result<(SchemaRef, Vec<RecordBatch>), EngineError> {
    let source = TableSource::Files { paths: paths.to_vec(), format: Format::Parquet };
    let mut schema: Option<SchemaRef> = None;
    let mut batches = Vec::new();
    for part in source.parts(Reading::default())? {
        let part = part?;
        let known = schema.get_or_insert_with(|| bare(&part.schema));
        let same = bare(&part.schema);
        if *known != same {
            return Err(EngineError::refused("the tables do not have the same columns"));
        }
        for batch in part.batches {
            batches.push(batch?.with_schema(Arc::clone(known))?);
        }
    }
    schema.map(|schema| (schema, batches)).ok_or_else(|| EngineError::refused("no table was given"))
}

/// Rows as JSON objects, nulls included: for tests and messages, not for tables of size.
///
/// # Errors
/// Where a value has no form in JSON.
pub fn json_rows(batches: &[RecordBatch]) -> Result<Vec<serde_json::Value>, EngineError> {
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, arrow::json::writer::JsonArray>(Vec::new());
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()?;
    let text = writer.into_inner();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&text).map_err(|error| EngineError::refused(error.to_string()))
}

/// The schema without what tools add to it: pandas' notes and the like.
pub(crate) fn bare(schema: &SchemaRef) -> SchemaRef {
    let fields =
        schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(std::collections::HashMap::new()));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}
