//! Broken rows, kept for whoever has to mend them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, RecordBatch, StringArray, UInt32Array},
    buffer::BooleanBuffer,
    compute::take,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
};

use super::{check::Checked, conform::unpacked, read::bare, write::write_parquet};
use crate::EngineError;

/// Most rows that are kept.
pub const MOST: usize = 1_000;

/// The column that tells which rule a row breaks.
pub const REASON: &str = "mlp_breaks";

/// Keeps broken rows as they were, and writes them in the end.
#[derive(Debug)]
pub struct Rejects {
    path: PathBuf,
    schema: Option<SchemaRef>,
    batches: Vec<RecordBatch>,
    rows: usize,
}

impl Rejects {
    /// To be written there.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), schema: None, batches: Vec::new(), rows: 0 }
    }

    /// Keeps the broken rows of a batch; rows of files with other columns than the first are passed over.
    ///
    /// # Errors
    /// Where Arrow fails.
    pub fn keep(&mut self, source: &RecordBatch, checked: &Checked) -> Result<(), EngineError> {
        let marked = checked.reasons.iter().fold(checked.broken.clone(), |marked, (rows, _)| {
            Some(marked.map_or_else(|| rows.clone(), |marked| &marked | rows))
        });
        let Some(marked) = marked.filter(BooleanBuffer::has_true) else { return Ok(()) };
        let rows: Vec<u32> = marked.set_indices_u32().take(MOST.saturating_sub(self.rows)).collect();
        let reason = |row: &u32| {
            let row = usize::try_from(*row).unwrap_or_default();
            checked.reasons.iter().find(|(rows, _)| rows.value(row)).map(|(_, words)| words.as_str())
        };
        let reasons: StringArray = rows.iter().map(reason).collect();
        let rows = UInt32Array::from(rows);
        let mut kept: Vec<ArrayRef> = Vec::new();
        let mut fields = Vec::new();
        for (field, array) in source.schema_ref().fields().iter().zip(source.columns()) {
            let array = unpacked(&take(array, &rows, None)?)?;
            fields.push(field.as_ref().clone().with_data_type(array.data_type().clone()).with_nullable(true));
            kept.push(array);
        }
        fields.push(Field::new(REASON, ArrowType::Utf8, true));
        kept.push(Arc::new(reasons));
        let schema = bare(&Arc::new(Schema::new(Fields::from(fields))));
        if self.schema.get_or_insert_with(|| Arc::clone(&schema)) == &schema {
            self.rows += rows.len();
            self.batches.push(RecordBatch::try_new(schema, kept)?);
        }
        Ok(())
    }

    /// Writes what was kept, where there is anything, and tells where.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn finish(self) -> Result<Option<PathBuf>, EngineError> {
        let Some(schema) = self.schema else { return Ok(None) };
        write_parquet(&self.path, &schema, &self.batches)?;
        Ok(Some(self.path))
    }
}
