//! Writes tables: the same rows give the same bytes, however they arrive in batches.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{array::RecordBatch, compute::BatchCoalescer, datatypes::SchemaRef};
use mlp_plan::Format;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

use crate::EngineError;

/// Rows that are handed to the Parquet writer at once; page borders depend on it.
const CHUNK_ROWS: usize = 32_768;

/// Rows of a row group: a multiple of a chunk, small enough to be read by several threads.
const GROUP_ROWS: usize = 8 * CHUNK_ROWS;

/// Writes one file.
pub struct TableWriter {
    path: PathBuf,
    schema: SchemaRef,
    sink: Sink,
    rows: u64,
}

enum Sink {
    Parquet { writer: Box<ArrowWriter<BufWriter<File>>>, chunks: Box<BatchCoalescer> },
    Csv(Box<arrow::csv::Writer<BufWriter<File>>>),
    Jsonl(arrow::json::LineDelimitedWriter<BufWriter<File>>),
}

impl std::fmt::Debug for TableWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableWriter").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl TableWriter {
    /// Begins a file; one that is there is replaced.
    ///
    /// # Errors
    /// Where the file cannot be made, or the format is not one of tables.
    pub fn create(path: &Path, format: Format, schema: &SchemaRef) -> Result<Self, EngineError> {
        let file = || File::create(path).map(BufWriter::new).map_err(EngineError::io(path));
        let sink = match format {
            Format::Parquet => Sink::Parquet {
                writer: Box::new(ArrowWriter::try_new(file()?, Arc::clone(schema), Some(properties()?))?),
                chunks: Box::new(BatchCoalescer::new(Arc::clone(schema), CHUNK_ROWS)),
            },
            Format::Csv => Sink::Csv(Box::new(arrow::csv::WriterBuilder::new().with_header(true).build(file()?))),
            Format::Jsonl => Sink::Jsonl(arrow::json::LineDelimitedWriter::new(file()?)),
            Format::Dir | Format::File | Format::Postgres => {
                return Err(EngineError::malformed(path, "a table is written as Parquet, CSV or JSON lines"));
            }
        };
        let mut writer = Self { path: path.to_path_buf(), schema: Arc::clone(schema), sink, rows: 0 };
        if matches!(writer.sink, Sink::Csv(_)) {
            // The header stands in a table of no rows, too.
            writer.write(&RecordBatch::new_empty(Arc::clone(schema)))?;
        }
        Ok(writer)
    }

    /// Adds rows; they get the writer's schema, whose types they must have.
    ///
    /// # Errors
    /// Where the disk is full, the types differ, or a column that is never null has one.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let batch = RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            batch.columns().to_vec(),
            &arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows())),
        )?;
        self.rows += batch.num_rows() as u64;
        match &mut self.sink {
            Sink::Parquet { writer, chunks } => {
                chunks.push_batch(batch)?;
                drain(writer, chunks)
            }
            Sink::Csv(writer) => Ok(writer.write(&batch)?),
            Sink::Jsonl(writer) => Ok(writer.write(&batch)?),
        }
        .map_err(|error| self.named(error))
    }

    /// Ends the file: rows and bytes written.
    ///
    /// # Errors
    /// Where the disk is full.
    pub fn finish(mut self) -> Result<(u64, u64), EngineError> {
        let path = std::mem::take(&mut self.path);
        let io = |error: std::io::Error| EngineError::io(&path)(error);
        let file = match self.sink {
            Sink::Parquet { mut writer, mut chunks } => {
                chunks.finish_buffered_batch()?;
                drain(&mut writer, &mut chunks)?;
                writer.into_inner()?.into_inner().map_err(|error| io(error.into_error()))?
            }
            Sink::Csv(writer) => writer.into_inner().into_inner().map_err(|error| io(error.into_error()))?,
            Sink::Jsonl(mut writer) => {
                writer.finish()?;
                writer.into_inner().into_inner().map_err(|error| io(error.into_error()))?
            }
        };
        Ok((self.rows, file.metadata().map_err(io)?.len()))
    }

    fn named(&self, error: EngineError) -> EngineError {
        match error {
            EngineError::Arrow(error) => EngineError::malformed(&self.path, error),
            EngineError::Parquet(error) => EngineError::malformed(&self.path, error),
            other => other,
        }
    }
}

fn drain(writer: &mut ArrowWriter<BufWriter<File>>, chunks: &mut BatchCoalescer) -> Result<(), EngineError> {
    while let Some(chunk) = chunks.next_completed_batch() {
        writer.write(&chunk)?;
    }
    Ok(())
}

/// Nothing in a file depends on when, where or by which version it was written.
fn properties() -> Result<WriterProperties, EngineError> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by("mlp".to_owned())
        .build())
}

/// Writes a whole Parquet file: rows and bytes.
///
/// # Errors
/// As [`TableWriter`].
pub fn write_parquet(path: &Path, schema: &SchemaRef, batches: &[RecordBatch]) -> Result<(u64, u64), EngineError> {
    write_table(path, Format::Parquet, schema, batches)
}

/// Writes a whole table: rows and bytes.
///
/// # Errors
/// As [`TableWriter`].
pub fn write_table(
    path: &Path,
    format: Format,
    schema: &SchemaRef,
    batches: &[RecordBatch],
) -> Result<(u64, u64), EngineError> {
    let mut writer = TableWriter::create(path, format, schema)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.finish()
}
