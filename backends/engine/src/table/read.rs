//! Reads tables of every format as batches, one part per file, without deciding yet whether they fit a contract.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{BufReader, Read as _, Seek as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
};
use mlp_plan::{Contract, DataType, Format};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
    },
    file::metadata::ParquetMetaData,
};

use super::{arrow_types::arrow_type, quotes::Quotes};
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
    /// Their schema.
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
    fn wants(&self, name: &str) -> bool {
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
            let before = files.len();
            walk(path, extensions(format), &mut files)?;
            if files.len() == before {
                return Err(EngineError::malformed(
                    path,
                    format!("no .{} file in this folder", extensions(format).join(" or .")),
                ));
            }
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

fn walk(folder: &Path, extensions: &[&str], files: &mut Vec<PathBuf>) -> Result<(), EngineError> {
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
            walk(&path, extensions, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| extensions.iter().any(|known| extension.eq_ignore_ascii_case(known)))
        {
            files.push(path);
        }
    }
    Ok(())
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
        Format::Parquet => open_parquet(path, reading),
        Format::Csv => open_csv(path, reading),
        Format::Jsonl => open_jsonl(path, reading),
        Format::Dir | Format::File | Format::Postgres => {
            Err(EngineError::malformed(path, "a folder, file or database is not read as a table here"))
        }
    }
}

fn open_parquet(path: &Path, reading: Reading<'_>) -> Result<Part, EngineError> {
    let file = File::open(path).map_err(EngineError::io(path))?;
    let wrong =
        |error: parquet::errors::ParquetError| EngineError::malformed(path, format!("not a Parquet file: {error}"));
    let mut metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(wrong)?;
    if reading.dictionaries {
        let hinted = dictionaries(metadata.schema(), metadata.metadata());
        metadata = ArrowReaderMetadata::try_new(
            Arc::clone(metadata.metadata()),
            ArrowReaderOptions::new().with_schema(hinted),
        )
        .map_err(wrong)?;
    }
    let fields = metadata.schema().fields();
    let left_out: BTreeSet<String> =
        fields.iter().filter(|field| reading.leaves_out(field)).map(|field| field.name().clone()).collect();
    let read = |field: &Field| reading.wants(field.name()) && !left_out.contains(field.name());
    let wanted: Vec<usize> =
        fields.iter().enumerate().filter(|(_, field)| read(field)).map(|(index, _)| index).collect();
    let schema: SchemaRef = Arc::new(metadata.schema().project(&wanted)?);
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_batch_size(BATCH_ROWS);
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder.with_projection(mask).build().map_err(wrong)?;
    let owner = path.to_path_buf();
    let batches = reader.map(move |batch| batch.map_err(|error| EngineError::malformed(&owner, error)));
    Ok(Part { schema, textual: false, rows, left_out, batches: Box::new(batches) })
}

/// The file's schema, with text as a dictionary where its pages are small enough that they must be one: plain text takes four bytes a value for its length
/// alone.
fn dictionaries(schema: &SchemaRef, metadata: &ParquetMetaData) -> SchemaRef {
    let flat = schema.fields().len() == metadata.file_metadata().schema_descr().num_columns();
    let dense = |index: usize| {
        flat && metadata.row_groups().iter().all(|group| {
            group.columns().get(index).is_some_and(|chunk| {
                chunk.dictionary_page_offset().is_some()
                    && chunk.uncompressed_size() < chunk.num_values().saturating_mul(4).max(4_096)
            })
        })
    };
    let fields = schema.fields().iter().enumerate().map(|(index, field)| match field.data_type() {
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View if dense(index) => {
            let dictionary = ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(dictionary))
        }
        ArrowType::LargeUtf8 | ArrowType::Utf8View => Arc::new(field.as_ref().clone().with_data_type(ArrowType::Utf8)),
        _ => Arc::clone(field),
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Fields>(), schema.metadata().clone()))
}

/// Every column as text: what does not parse is then a violation with its row, not the end of the reading.
fn open_csv(path: &Path, reading: Reading<'_>) -> Result<Part, EngineError> {
    let wrong = |error: arrow::error::ArrowError| EngineError::malformed(path, error);
    let mut file = File::open(path).map_err(EngineError::io(path))?;
    let start = skip_mark(&mut file).map_err(EngineError::io(path))?;
    let format = arrow::csv::reader::Format::default().with_header(true);
    let (header, _) = format.infer_schema(&mut BufReader::new(&mut file), Some(0)).map_err(wrong)?;
    let names: Vec<&String> = header.fields().iter().map(|field| field.name()).collect();
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| other == *name))
    {
        return Err(EngineError::malformed(path, format!("column `{}` stands twice in the header", twice.1)));
    }
    let wanted: Vec<usize> =
        names.iter().enumerate().filter(|(_, name)| reading.wants(name)).map(|(index, _)| index).collect();
    let schema = Arc::new(Schema::new(
        names.iter().map(|name| Field::new(name.as_str(), ArrowType::Utf8, true)).collect::<Fields>(),
    ));
    let projected = Arc::new(schema.project(&wanted)?);
    if names.is_empty() {
        return Ok(Part {
            schema,
            textual: true,
            rows: Some(0),
            left_out: BTreeSet::new(),
            batches: Box::new(std::iter::empty()),
        });
    }
    file.seek(std::io::SeekFrom::Start(start)).map_err(EngineError::io(path))?;
    let reader =
        arrow::csv::ReaderBuilder::new(schema).with_format(format).with_batch_size(BATCH_ROWS).with_projection(wanted);
    let owner = path.to_path_buf();
    let batches = reader
        .build(Quotes::new(file))
        .map_err(wrong)?
        .map(move |batch| batch.map_err(|error| EngineError::malformed(&owner, error)));
    Ok(Part { schema: projected, textual: true, rows: None, left_out: BTreeSet::new(), batches: Box::new(batches) })
}

/// Passes over a UTF-8 byte order mark, and tells where the text begins.
fn skip_mark(file: &mut File) -> std::io::Result<u64> {
    let mut head = Vec::new();
    file.by_ref().take(3).read_to_end(&mut head)?;
    let start = if head == b"\xEF\xBB\xBF" { 3 } else { 0 };
    file.seek(std::io::SeekFrom::Start(start))
}

/// Scalars as text, like CSV; lists and structs in the types that the contract gives them.
fn open_jsonl(path: &Path, reading: Reading<'_>) -> Result<Part, EngineError> {
    let file = File::open(path).map_err(EngineError::io(path))?;
    let Some(contract) = reading.contract else {
        return Err(EngineError::malformed(path, "JSON lines are read by a contract"));
    };
    let mut fields: Vec<Field> = Vec::new();
    for column in &contract.columns {
        let data = match &column.value.data {
            nested @ (DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }) => {
                arrow_type(nested)
            }
            _ => ArrowType::Utf8,
        };
        let names = std::iter::once(&column.name).chain(&column.was);
        fields.extend(names.filter(|name| reading.wants(name)).map(|name| Field::new(name, data.clone(), true)));
    }
    // A contract has unique names, but an old one may be taken by another column since.
    let mut known = BTreeSet::new();
    fields.retain(|field| known.insert(field.name().clone()));
    let schema = Arc::new(Schema::new(fields));
    let reader =
        arrow::json::ReaderBuilder::new(Arc::clone(&schema)).with_coerce_primitive(true).with_batch_size(BATCH_ROWS);
    let reader = reader.build(BufReader::new(file)).map_err(|error| EngineError::malformed(path, error))?;
    let owner = path.to_path_buf();
    let batches = reader.map(move |batch| batch.map_err(|error| EngineError::malformed(&owner, error)));
    Ok(Part { schema, textual: true, rows: None, left_out: BTreeSet::new(), batches: Box::new(batches) })
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
