//! CSV: every column as text, so that what does not parse is a violation with its row, not the end of the reading.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    csv::{ReaderBuilder, reader::Decoder, reader::Format},
    datatypes::{DataType as ArrowType, Field, Fields, Schema},
};
use bytes::{Buf as _, Bytes};
use mlp_plan::Contract;
use regex::Regex;

use super::{
    blob::Blob,
    read::{BATCH_ROWS, Part, Reading},
    records::Records,
    text::{OTHER_ENCODING, Text, TextStream, read_error},
};
use crate::EngineError;

/// Bytes of text after which a batch is ended, however few rows it has.
const BATCH_BYTES: u64 = 8 << 20;

/// How a CSV file is written. It is UTF-8 always.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What stands between values.
    pub delimiter: u8,
    /// What values are quoted with.
    pub quote: u8,
    /// Whether the first record names the columns; otherwise they are those of the contract, in order.
    pub header: bool,
    /// What stands for a missing value, beside nothing at all.
    pub null: Option<String>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: b'"', header: true, null: None }
    }
}

/// Opens a CSV text.
///
/// # Errors
/// Where it cannot be read, is no text in UTF-8, or its header does not do.
pub fn open(blob: Arc<dyn Blob>, dialect: &Dialect, reading: Reading<'_>) -> Result<Part, EngineError> {
    let wrong = |words: String| EngineError::malformed(blob.name(), words);
    let text = Text::open(Arc::clone(&blob))?;
    let null = dialect.null.as_ref().map(|null| Regex::new(&format!("^({})?$", regex::escape(null))));
    let null = null.transpose().map_err(|error| wrong(error.to_string()))?;
    let mut format =
        Format::default().with_header(dialect.header).with_delimiter(dialect.delimiter).with_quote(dialect.quote);
    if let Some(null) = null {
        format = format.with_null_regex(null);
    }
    let names = names(&blob, &text, dialect, &format, reading)?;
    let nameless: Vec<String> =
        (1..).zip(&names).filter(|(_, name)| name.is_empty()).map(|(at, _): (usize, _)| at.to_string()).collect();
    if dialect.header && nameless.len() > 1 {
        return Err(wrong(format!(
            "columns {} have no name in the header; name them, or take the delimiters away that are too many",
            nameless.join(", ")
        )));
    }
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| other == *name))
    {
        return Err(wrong(format!("column `{}` stands twice in the header", twice.1)));
    }
    let columns = names.len();
    let wanted: Vec<usize> =
        names.iter().enumerate().filter(|(_, name)| reading.wants(name)).map(|(index, _)| index).collect();
    let schema = Arc::new(Schema::new(
        names.iter().map(|name| Field::new(name.as_str(), ArrowType::Utf8, true)).collect::<Fields>(),
    ));
    let projected = Arc::new(schema.project(&wanted)?);
    let whole = Arc::clone(&schema);
    let part = |rows, batches| Part {
        whole: Arc::clone(&whole),
        schema: projected,
        textual: true,
        rows,
        left_out: BTreeSet::new(),
        batches,
    };
    if names.is_empty() {
        return Ok(part(Some(0), Box::new(std::iter::empty())));
    }
    let decoder = ReaderBuilder::new(schema)
        .with_format(format)
        .with_batch_size(BATCH_ROWS)
        .with_projection(wanted)
        .build_decoder();
    let batches = CsvBatches {
        stream: text.stream()?,
        blob,
        decoder: Some(decoder),
        records: Records::new(dialect.delimiter, dialect.quote),
        blanks: (columns == 1).then_some(Blanks { quote: dialect.quote, inside: false, last: 0 }),
        buffer: Bytes::new(),
        at: 0,
        since: 0,
    };
    Ok(part(None, Box::new(batches)))
}

fn names(
    blob: &Arc<dyn Blob>,
    text: &Text,
    dialect: &Dialect,
    format: &Format,
    reading: Reading<'_>,
) -> Result<Vec<String>, EngineError> {
    let first = first_record(blob, text, dialect)?;
    let (header, _) = format
        .infer_schema(first.as_slice(), Some(usize::from(!dialect.header)))
        .map_err(|error| EngineError::malformed(blob.name(), told(&error.to_string())))?;
    let found: Vec<String> = header.fields().iter().map(|field| field.name().clone()).collect();
    if dialect.header {
        return Ok(found);
    }
    let Some(contract) = reading.contract else { return Ok(found) };
    let columns: Vec<String> = contract.columns.iter().map(|column| column.name.clone()).collect();
    if found.is_empty() || found.len() == columns.len() {
        return Ok(columns);
    }
    let words = format!(
        "without a header its columns are those of the contract in order, and there are {} in the first record and {} in `{}`",
        found.len(),
        columns.len(),
        contract.name
    );
    Err(EngineError::malformed(blob.name(), words))
}

/// Signs that stand between values, elsewhere.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// How the first line was read, and how to say that it is written otherwise.
#[must_use]
pub fn misread(names: &Schema, dialect: &Dialect) -> String {
    let now = char::from(dialect.delimiter).escape_default();
    let [only] = names.fields().as_ref() else {
        return format!(
            "the first line is taken for names with `{now}` between them; another sign is said with --delimiter"
        );
    };
    let others = DELIMITERS.into_iter().filter(|other| only.name().contains(*other));
    match others.max_by_key(|other| only.name().matches(*other).count()) {
        Some('\t') => format!("tabs stand in the first line rather than `{now}`: say so with --delimiter tab"),
        Some(other) => {
            format!("`{other}` stands in the first line rather than `{now}`: say so with --delimiter '{other}'")
        }
        None => format!(
            "the first line is taken for one name, without `{now}` in it; another sign is said with --delimiter"
        ),
    }
}

/// Why the first line of a text is hardly that of a contract's table, none of whose columns it names.
#[must_use]
pub fn stranger(names: &Schema, contract: &Contract, dialect: &Dialect) -> String {
    let found = names.fields().len();
    if found == 0 {
        return "it is empty: not even a first line names its columns; write that line, or leave the file out"
            .to_owned();
    }
    let whose =
        if contract.name.is_empty() { "that are asked for".to_owned() } else { format!("of `{}`", contract.name) };
    let mend = if found == contract.columns.len() && found > 1 {
        "as many values stand there, so it may be a row: say so with --no-header".to_owned()
    } else {
        misread(names, dialect)
    };
    format!("its first line names none of the columns {whose}: {mend}")
}

/// The bytes of the first record, which may have line ends in its quotes.
fn first_record(blob: &Arc<dyn Blob>, text: &Text, dialect: &Dialect) -> Result<Vec<u8>, EngineError> {
    let mut records = Records::new(dialect.delimiter, dialect.quote);
    let mut reader = BufReader::with_capacity(1 << 16, text.stream()?);
    let mut first = Vec::new();
    loop {
        let before = first.len();
        let more = reader.by_ref().take(super::records::LONGEST).read_until(b'\n', &mut first);
        more.map_err(|error| read_error(blob.name(), error))?;
        let bytes = first.get(before..).unwrap_or_default();
        records.see(bytes).map_err(|words| EngineError::malformed(blob.name(), words))?;
        // empty lines are passed over
        let begun = first.iter().any(|byte| !matches!(byte, b'\n' | b'\r'));
        if bytes.is_empty() || (begun && records.whole() > 0) {
            return Ok(first);
        }
    }
}

/// The library's words, with ours where they do not say what to do.
fn told(words: &str) -> String {
    let words = words.strip_prefix("Csv error: ").unwrap_or(words);
    if words.contains("invalid UTF-8") || words.contains("not valid UTF-8") {
        return format!("{words}; {OTHER_ENCODING}");
    }
    if words.contains("incorrect number of fields") {
        return format!("{words}; its rows do not all have the columns of its first line");
    }
    words.to_owned()
}

/// An empty line of a file with one column is a row, whose value is missing: so other tools write it, and the decoder would pass it over.
struct Blanks {
    quote: u8,
    inside: bool,
    /// The byte before; 0 where nothing but line ends was seen yet.
    last: u8,
}

impl Blanks {
    /// The same bytes with an empty value in quotes on empty lines.
    fn filled(&mut self, bytes: &[u8]) -> Bytes {
        let mut filled = Vec::with_capacity(bytes.len() + 16);
        for byte in bytes {
            let is_end = matches!(byte, b'\n' | b'\r');
            if is_end && self.last == b'\n' && !self.inside {
                filled.extend([self.quote, self.quote]);
            }
            self.inside ^= *byte == self.quote;
            if self.last != 0 || !is_end {
                self.last = *byte;
            }
            filled.push(*byte);
        }
        filled.into()
    }
}

/// Decodes as it reads.
struct CsvBatches {
    blob: Arc<dyn Blob>,
    stream: TextStream,
    /// None behind the end.
    decoder: Option<Decoder>,
    records: Records,
    /// Of a file with one column.
    blanks: Option<Blanks>,
    buffer: Bytes,
    /// Bytes decoded, in all and since the last batch.
    at: u64,
    since: u64,
}

impl CsvBatches {
    fn step(&mut self) -> Result<Option<RecordBatch>, EngineError> {
        let wrong = |blob: &Arc<dyn Blob>, words: String| EngineError::malformed(blob.name(), words);
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        loop {
            if self.buffer.is_empty() {
                self.buffer = self.stream.window()?;
                if let Some(blanks) = &mut self.blanks {
                    self.buffer = blanks.filled(&self.buffer);
                }
                let seen = if self.buffer.is_empty() { self.records.end() } else { self.records.see(&self.buffer) };
                seen.map_err(|words| wrong(&self.blob, words))?;
            }
            let ended = self.buffer.is_empty();
            let full = self.since >= BATCH_BYTES;
            let left = self.records.whole().saturating_sub(self.at);
            // a full batch is filled up to the end of a record
            let upto = match usize::try_from(left) {
                Ok(left) if full && left > 0 => left.min(self.buffer.len()),
                _ => self.buffer.len(),
            };
            let taken = decoder.decode(self.buffer.get(..upto).unwrap_or_default());
            let taken = taken.map_err(|error| wrong(&self.blob, told(&error.to_string())))?;
            self.buffer.advance(taken);
            self.at += taken as u64;
            self.since += taken as u64;
            let at_end = self.at == self.records.whole();
            if decoder.capacity() == 0 || (full && at_end) || (ended && taken == 0) {
                self.since = 0;
                let batch = decoder.flush().map_err(|error| wrong(&self.blob, told(&error.to_string())))?;
                if batch.is_some() || ended {
                    return Ok(batch);
                }
            }
        }
    }
}

impl Iterator for CsvBatches {
    type Item = Result<RecordBatch, EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.step().transpose();
        if !matches!(batch, Some(Ok(_))) {
            self.decoder = None;
        }
        batch
    }
}
