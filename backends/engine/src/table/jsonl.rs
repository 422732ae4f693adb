//! JSON lines: scalars as text, each with whether its kind is that of its column; lists and structs as deep as the contract's types go.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{ArrayRef, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions},
    datatypes::{DataType as ArrowType, Field, Schema, SchemaRef},
};

use super::{
    blob::Blob,
    conform::misfit,
    json::{Cursor, Kind, unescaped},
    jsonvalues::Values,
    read::{BATCH_ROWS, Part, Reading},
    records::LONGEST,
    text::{OTHER_ENCODING, Text, TextStream},
};
use crate::EngineError;

/// Bytes of text after which a batch is ended, however few rows it has.
const BATCH_BYTES: usize = 8 << 20;

/// Opens JSON lines, which are read by a contract.
///
/// # Errors
/// Where they cannot be read, or no contract is given.
pub fn open(blob: Arc<dyn Blob>, reading: Reading<'_>) -> Result<Part, EngineError> {
    let Some(contract) = reading.contract else {
        return Err(EngineError::malformed(blob.name(), "JSON lines are read by a contract"));
    };
    let text = Text::open(Arc::clone(&blob))?;
    let mut known = BTreeSet::new();
    let (mut all, mut fields, mut columns): (Vec<Field>, Vec<Field>, Vec<Column>) = Default::default();
    for column in &contract.columns {
        for name in std::iter::once(&column.name).chain(&column.was) {
            // a contract has unique names, but an old one may be taken by another column since
            if !known.insert(name.clone()) {
                continue;
            }
            let values = Values::new(&column.value.data);
            let field = Field::new(name, values.arrow(), true);
            let beside = Field::new(misfit(name), ArrowType::Boolean, false);
            if reading.wants(name) {
                fields.push(field.clone());
                fields.push(beside.clone());
                let misfits = BooleanBufferBuilder::new(0);
                columns.push(Column { name: name.clone(), values, misfits, cell: None });
            }
            all.extend([field, beside]);
        }
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let lines = Lines {
        stream: Some(text.stream()?),
        blob,
        schema: Arc::clone(&schema),
        columns,
        text: Vec::new(),
        at: 0,
        lines: 0,
    };
    Ok(Part {
        whole: Arc::new(Schema::new(all)),
        schema,
        textual: true,
        rows: None,
        left_out: BTreeSet::new(),
        batches: Box::new(lines),
    })
}

/// One column of a batch as it grows.
struct Column {
    name: String,
    values: Values,
    misfits: BooleanBufferBuilder,
    /// What the line at hand has.
    cell: Option<(Kind, usize, usize)>,
}

impl Column {
    fn end_row(&mut self, line: &str) {
        let value = self.cell.take().map(|(kind, start, end)| (kind, line.get(start..end).unwrap_or_default()));
        self.misfits.append(!self.values.push(value));
    }
}

/// Decodes as it reads.
struct Lines {
    blob: Arc<dyn Blob>,
    /// None behind the end.
    stream: Option<TextStream>,
    schema: SchemaRef,
    columns: Vec<Column>,
    /// What was read and not yet used up, from `at` on.
    text: Vec<u8>,
    at: usize,
    /// Lines that were used up.
    lines: u64,
}

impl Lines {
    fn wrong(&self, words: impl std::fmt::Display) -> EngineError {
        EngineError::malformed(self.blob.name(), words)
    }

    /// Makes sure that a whole line is at hand; the end of it in `text`, or `None` at the end of all.
    fn line(&mut self) -> Result<Option<usize>, EngineError> {
        let mut searched = self.at;
        loop {
            let fresh = self.text.get(searched..).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', fresh) {
                return Ok(Some(searched + length));
            }
            if (self.text.len() - self.at) as u64 > LONGEST {
                let words = format!(
                    "line {} is longer than {} MiB, the most that a record may have",
                    self.lines + 1,
                    LONGEST >> 20
                );
                return Err(self.wrong(words));
            }
            let Some(stream) = &mut self.stream else {
                return Ok((self.at < self.text.len()).then_some(self.text.len()));
            };
            let more = stream.window()?;
            if more.is_empty() {
                self.stream = None;
                continue;
            }
            self.text.drain(..self.at);
            self.at = 0;
            searched = self.text.len();
            self.text.extend_from_slice(&more);
        }
    }

    fn step(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        let (mut rows, mut bytes) = (0, 0);
        let mut expected = 0;
        while rows < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some(end) = self.line()? else { break };
            let raw = self.text.get(self.at..end).unwrap_or_default();
            self.lines += 1;
            let number = self.lines;
            let name = self.blob.name();
            let line = std::str::from_utf8(raw).map_err(|error| {
                let words =
                    format!("line {number}, byte {}: this is not UTF-8; {OTHER_ENCODING}", error.valid_up_to() + 1);
                EngineError::malformed(name, words)
            })?;
            if !line.trim_ascii().is_empty() {
                let columns = &mut self.columns;
                let start = line.as_ptr() as usize;
                let mut cursor = Cursor::new(line);
                let read = cursor.object(|key, escaped, kind, value| {
                    let at = value.as_ptr() as usize - start;
                    // columns mostly come in the same order
                    let is = |column: &Column| if escaped { column.name == unescaped(key) } else { column.name == key };
                    let place = match columns.get(expected) {
                        Some(column) if is(column) => Some(expected),
                        _ => columns.iter().position(is),
                    };
                    if let Some((place, column)) = place.and_then(|place| Some((place, columns.get_mut(place)?))) {
                        column.cell = Some((kind, at, at + value.len()));
                        expected = place + 1;
                    }
                });
                if let Err(fault) = read {
                    let byte = cursor.at() + 1;
                    return Err(EngineError::malformed(name, format!("line {number}, byte {byte}: {fault}")));
                }
                expected = 0;
                self.columns.iter_mut().for_each(|column| column.end_row(line));
                rows += 1;
            }
            bytes += end + 1 - self.at;
            self.at = (end + 1).min(self.text.len());
        }
        if rows == 0 {
            return Ok(None);
        }
        self.batch(rows).map(Some)
    }

    fn batch(&mut self, rows: usize) -> Result<RecordBatch, EngineError> {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for column in &mut self.columns {
            arrays.push(column.values.finish()?);
            arrays.push(Arc::new(BooleanArray::new(column.misfits.finish(), None)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}

impl Iterator for Lines {
    type Item = Result<RecordBatch, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.step().transpose();
        if matches!(batch, Some(Err(_))) {
            self.stream = None;
            self.text.clear();
            self.at = 0;
        }
        batch
    }
}
