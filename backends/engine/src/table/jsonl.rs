//! JSON lines: scalars as text, each with whether its kind is that of its column; lists and structs in the types that the contract gives them.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions, StringArray,
        StringBuilder,
    },
    buffer::BooleanBuffer,
    datatypes::{DataType as ArrowType, Field, FieldRef, Fields, Schema, SchemaRef},
    error::ArrowError,
};
use mlp_plan::DataType;

use super::{
    arrow_types::arrow_type,
    blob::{Blob, Stream},
    conform::misfit,
    csv::text_begins,
    json::{Cursor, Kind, unescaped},
    jsonfit::fits,
    read::{BATCH_ROWS, Part, Reading},
    records::LONGEST,
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
    let start = text_begins(blob.as_ref())?;
    let mut known = BTreeSet::new();
    let (mut all, mut fields, mut columns): (Vec<Field>, Vec<Field>, Vec<Column>) = Default::default();
    for column in &contract.columns {
        for name in std::iter::once(&column.name).chain(&column.was) {
            // a contract has unique names, but an old one may be taken by another column since
            if !known.insert(name.clone()) {
                continue;
            }
            let data = match &column.value.data {
                nested @ (DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }) => {
                    spelled(arrow_type(nested))
                }
                _ => ArrowType::Utf8,
            };
            let (field, beside) = (Field::new(name, data, true), Field::new(misfit(name), ArrowType::Boolean, false));
            if reading.wants(name) {
                fields.push(field.clone());
                fields.push(beside.clone());
                columns.push(Column::new(name, &column.value.data, &field));
            }
            all.extend([field, beside]);
        }
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let lines = Lines {
        stream: Some(Stream::new(Arc::clone(&blob), start)),
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
    takes: Takes,
    /// Of a list or struct, the one field that is made of it, and its type.
    nested: Option<(Field, DataType)>,
    text: StringBuilder,
    misfits: BooleanBufferBuilder,
    /// What the line at hand has.
    cell: Option<(Kind, usize, usize)>,
}

/// Which kinds of JSON a column is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Bool,
    /// Numbers; decimals and durations may be text as well, where a float would not do.
    Number {
        text: bool,
    },
    Text,
    Anything,
}

impl Column {
    fn new(name: &str, data: &DataType, field: &Field) -> Self {
        let takes = match data {
            DataType::Bool => Takes::Bool,
            DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) => Takes::Number { text: false },
            DataType::Decimal { .. } | DataType::Duration => Takes::Number { text: true },
            DataType::Json | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. } => {
                Takes::Anything
            }
            _ => Takes::Text,
        };
        let nested = (*field.data_type() != ArrowType::Utf8).then(|| (field.clone(), data.clone()));
        Self {
            name: name.to_owned(),
            takes,
            nested,
            text: StringBuilder::new(),
            misfits: BooleanBufferBuilder::new(0),
            cell: None,
        }
    }

    fn end_row(&mut self, line: &str) {
        let Some((kind, start, end)) = self.cell.take() else { return self.push(None, false) };
        let value = line.get(start..end).unwrap_or_default();
        if let Some((_, data)) = &self.nested
            && kind != Kind::Null
        {
            let fits =
                !matches!(kind, Kind::Text(_)) && serde_json::from_str(value).is_ok_and(|value| fits(&value, data));
            return self.push(fits.then_some(value), !fits);
        }
        let fits = match (self.takes, kind) {
            (_, Kind::Null) => return self.push(None, false),
            (Takes::Anything, _)
            | (Takes::Bool, Kind::Bool)
            | (Takes::Number { .. }, Kind::Number)
            | (Takes::Text | Takes::Number { text: true }, Kind::Text(_)) => true,
            _ => false,
        };
        match kind {
            Kind::Text(escaped) if fits => {
                if escaped {
                    self.push(Some(&unescaped(value)), false);
                } else {
                    self.push(Some(value), false);
                }
            }
            // with its quotes, as it is written
            Kind::Text(_) => self.push(line.get(start - 1..end + 1), !fits),
            _ => self.push(Some(value), !fits),
        }
    }

    fn push(&mut self, value: Option<&str>, misfits: bool) {
        self.text.append_option(value);
        self.misfits.append(misfits);
    }
}

/// Decodes as it reads.
struct Lines {
    blob: Arc<dyn Blob>,
    /// None behind the end.
    stream: Option<Stream>,
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
                let words = format!(
                    "line {number}, byte {}: this is not UTF-8; convert it first, as with `iconv -f LATIN1 -t UTF-8`",
                    error.valid_up_to() + 1
                );
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
            let (text, misfits) = (column.text.finish(), column.misfits.finish());
            let (array, misfits) = match &column.nested {
                None => (Arc::new(text) as ArrayRef, misfits),
                Some((field, _)) => nested(field, &text, misfits)?,
            };
            arrays.push(array);
            arrays.push(Arc::new(BooleanArray::new(misfits, None)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}

/// The values of lists or structs, read by their type; a row whose value cannot be is a misfit.
fn nested(field: &Field, text: &StringArray, misfits: BooleanBuffer) -> Result<(ArrayRef, BooleanBuffer), EngineError> {
    if let Ok(array) = decoded(field, text) {
        return Ok((array, misfits));
    }
    let alone = |row: usize| decoded(field, &text.slice(row, 1)).is_ok();
    let good = BooleanBuffer::collect_bool(text.len(), alone);
    let kept: StringArray = text.iter().zip(&good).map(|(value, good)| value.filter(|_| good)).collect();
    Ok((decoded(field, &kept)?, &misfits | &!&good))
}

/// The same type with text for everything that is made of values no further: inside of lists and structs they are read as in a column.
fn spelled(data: ArrowType) -> ArrowType {
    let inner = |field: &FieldRef| Arc::new(Field::clone(field).with_data_type(spelled(field.data_type().clone())));
    match data {
        ArrowType::List(item) | ArrowType::FixedSizeList(item, _) => ArrowType::List(inner(&item)),
        ArrowType::Map(entries, sorted) => ArrowType::Map(inner(&entries), sorted),
        ArrowType::Struct(fields) => ArrowType::Struct(fields.iter().map(inner).collect()),
        _ => ArrowType::Utf8,
    }
}

fn decoded(field: &Field, text: &StringArray) -> Result<ArrayRef, ArrowError> {
    let schema = Arc::new(Schema::new(Fields::from(vec![field.clone()])));
    let key = serde_json::Value::String(field.name().clone()).to_string();
    let mut lines = String::new();
    for value in text {
        lines.extend(["{", &key, ":", value.unwrap_or("null"), "}\n"]);
    }
    let mut reader = arrow::json::ReaderBuilder::new(Arc::clone(&schema))
        .with_coerce_primitive(true)
        .with_batch_size(text.len().max(1))
        .build(lines.as_bytes())?;
    let batch = reader.next().transpose()?.unwrap_or_else(|| RecordBatch::new_empty(schema));
    batch.columns().first().cloned().ok_or_else(|| ArrowError::JsonError("no values".to_owned()))
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
