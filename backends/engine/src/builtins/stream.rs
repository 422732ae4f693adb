//! Tables that are read more than once, and chances that depend on a row alone.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions},
    buffer::BooleanBuffer,
    compute::filter_record_batch,
    datatypes::{Field, Fields, Schema, SchemaRef},
};
use mlp_plan::Format;

use crate::{
    EngineError,
    table::{
        TableWriter,
        arrow_types::words,
        digest::Digests,
        read::{Reading, TableSource, bare},
        uniqueness::Seen,
    },
};

/// A table in one or more Parquet files of the same columns.
#[derive(Debug)]
pub struct Stream {
    source: TableSource,
    /// The columns of the first file; nullable where they are in any.
    pub schema: SchemaRef,
    /// Rows in all.
    pub rows: usize,
}

impl Stream {
    /// Looks at the files' schemas.
    ///
    /// # Errors
    /// Where a file cannot be read, or one has other columns than the first.
    pub fn open(paths: &[PathBuf]) -> Result<Self, EngineError> {
        let source = TableSource::Files { paths: paths.to_vec(), format: Format::Parquet };
        let mut schema: Option<SchemaRef> = None;
        let mut rows = 0;
        for part in source.parts(Reading::default())? {
            let part = part?;
            rows += part.rows.unwrap_or_default();
            let found = bare(&part.schema);
            schema = Some(match schema {
                None => found,
                Some(known) => joined(&known, &found)?,
            });
        }
        let schema = schema.ok_or_else(|| EngineError::refused("no table was given"))?;
        Ok(Self { source, schema, rows })
    }

    /// The rows, batch by batch.
    ///
    /// # Errors
    /// Where a file cannot be opened.
    pub fn batches(&self) -> Result<impl Iterator<Item = Result<RecordBatch, EngineError>> + '_, EngineError> {
        let parts = self.source.parts(Reading::default())?;
        Ok(parts
            .flat_map(|part| match part {
                Ok(part) => part.batches,
                Err(error) => Box::new(std::iter::once(Err(error))),
            })
            .map(|batch| self.aligned(&batch?)))
    }

    fn aligned(&self, batch: &RecordBatch) -> Result<RecordBatch, EngineError> {
        let columns =
            self.schema.fields().iter().map(|field| column(batch, field.name())).collect::<Result<Vec<_>, _>>()?;
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            columns,
            &RecordBatchOptions::new().with_row_count(Some(batch.num_rows())),
        )?)
    }

    /// Begins a file of the same columns.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn writer(&self, path: &Path) -> Result<TableWriter, EngineError> {
        TableWriter::create(path, Format::Parquet, &self.schema)
    }
}

/// Both schemas in one: the first's order, nullable where either is.
fn joined(known: &SchemaRef, found: &SchemaRef) -> Result<SchemaRef, EngineError> {
    let same = known.fields().len() == found.fields().len();
    let fields = known.fields().iter().map(|field| match found.field_with_name(field.name()) {
        Ok(other) if same && other.data_type() == field.data_type() => {
            Ok(field.as_ref().clone().with_nullable(field.is_nullable() || other.is_nullable()))
        }
        Ok(other) => Err(EngineError::refused(format!(
            "the tables differ: `{}` is {} and {}",
            field.name(),
            words(field.data_type()),
            words(other.data_type())
        ))),
        Err(_) => Err(EngineError::refused(format!("the tables differ: one has no column `{}`", field.name()))),
    });
    let fields: Vec<Field> = fields.collect::<Result<_, _>>()?;
    if !same {
        return Err(EngineError::refused("the tables differ: one has more columns"));
    }
    Ok(Arc::new(Schema::new(Fields::from(fields))))
}

/// A column of a batch.
///
/// # Errors
/// Where there is none of that name.
pub fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef, EngineError> {
    batch.column_by_name(name).cloned().ok_or_else(|| EngineError::refused(format!("the table has no column `{name}`")))
}

/// The rows of a batch that are marked.
///
/// # Errors
/// Where Arrow fails.
pub fn marked(batch: &RecordBatch, rows: BooleanBuffer) -> Result<RecordBatch, EngineError> {
    Ok(filter_record_batch(batch, &BooleanArray::new(rows, None))?)
}

/// Gives each row a number that depends on the seed, its content, and how many equal rows came before it: the same whatever the order of the rows.
#[derive(Debug)]
pub struct Chances {
    seed: u64,
    /// Short digests of rows that come more than once; sorted.
    twice: Vec<u64>,
    before: HashMap<u128, u64>,
}

impl Chances {
    /// Looks for equal rows first.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn of(table: &Stream, seed: u64) -> Result<Self, EngineError> {
        let mut seen = Seen::with_capacity(table.rows);
        for batch in table.batches()? {
            let batch = batch?;
            Digests::of(batch.columns(), batch.num_rows(), seed)?.short().for_each(|digest| seen.add(digest));
            seen.ease()?;
        }
        Ok(Self { seed, twice: seen.twice()?, before: HashMap::new() })
    }

    /// The number of every row of the next batch.
    ///
    /// # Errors
    /// Where a nested column cannot be read.
    pub fn next(&mut self, batch: &RecordBatch) -> Result<Vec<u64>, EngineError> {
        let digests = Digests::of(batch.columns(), batch.num_rows(), self.seed)?;
        Ok(digests.full().map(|digest| chance(digest, self.occurrence(digest))).collect())
    }

    fn occurrence(&mut self, digest: u128) -> u64 {
        if self.twice.binary_search(&((digest >> 64) as u64)).is_err() {
            return 0;
        }
        let before = self.before.entry(digest).or_default();
        *before += 1;
        *before - 1
    }
}

/// A number that is spread evenly over 64 bits.
#[must_use]
pub fn chance(digest: u128, occurrence: u64) -> u64 {
    let mut bytes = [0; 24];
    let (row, number) = bytes.split_at_mut(16);
    row.copy_from_slice(&digest.to_le_bytes());
    number.copy_from_slice(&occurrence.to_le_bytes());
    crate::table::digest::of_bytes(&bytes).0
}

/// Whether a number falls into the first `share` of all numbers.
#[must_use]
pub fn falls(chance: u64, share: f64) -> bool {
    // 53 bits are what a share has; exact at 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "shifted to the 53 bits of a float")]
    let at = (chance >> 11) as f64 / (1_u64 << 53) as f64;
    at < share
}
