//! The parts of a data set, one after the other, as workers ask for them.

use std::{collections::VecDeque, sync::Arc};

use arrow::datatypes::{Schema, SchemaRef};
use mlp_plan::{Column, Contract, DataType};

use super::input::{DataFormat, Input};
use crate::{
    EngineError,
    table::{
        blob::{Blob, Headed},
        cast::Origin,
        csv::{self, Dialect},
        ipc, jsonl,
        parquet::{Batches, ParquetFile},
        read::Reading,
        set::Facts,
    },
};

/// Something to check: a row group, or a whole file where there are none.
#[derive(Debug)]
pub(super) struct Item<'i> {
    /// Its place among all items.
    pub number: usize,
    /// Which input it is of.
    pub input: usize,
    /// Columns of the input's folders.
    pub partitions: &'i [(String, Option<String>)],
    /// Rows of the input before it.
    pub before: u64,
    what: What,
}

#[derive(Debug)]
enum What {
    Group(Arc<ParquetFile>, usize),
    File(Arc<dyn Blob>, DataFormat),
}

/// Hands out items.
#[derive(Debug)]
pub(super) struct Feed<'i> {
    inputs: &'i [Input],
    next: usize,
    open: VecDeque<Item<'i>>,
    handed: usize,
}

impl<'i> Feed<'i> {
    pub const fn new(inputs: &'i [Input]) -> Self {
        Self { inputs, next: 0, open: VecDeque::new(), handed: 0 }
    }

    /// The next item; a file is opened when its first is asked for. `watched` sees a blob when it is opened, and may put another before it.
    pub fn next(&mut self, watched: &dyn Fn(Arc<dyn Blob>) -> Arc<dyn Blob>) -> Result<Option<Item<'i>>, EngineError> {
        loop {
            if let Some(mut item) = self.open.pop_front() {
                item.number = self.handed;
                self.handed += 1;
                return Ok(Some(item));
            }
            let Some(input) = self.inputs.get(self.next) else { return Ok(None) };
            let blob = watched((input.open)()?);
            // a text's head is asked for by whoever wants to know its columns; of Parquet no more than is asked for, but where one question is cheaper
            let length = if input.format == DataFormat::Parquet { 0 } else { blob.window() };
            let length = if blob.size() <= blob.window() / 64 { blob.size() } else { length };
            let blob: Arc<dyn Blob> = Arc::new(Headed::new(blob, length));
            let item = |before, what| Item { number: 0, input: self.next, partitions: &input.partitions, before, what };
            if input.format == DataFormat::Parquet {
                let file = Arc::new(ParquetFile::open(blob, true)?);
                let mut before = 0;
                for group in 0..file.groups() {
                    self.open.push_back(item(before, What::Group(Arc::clone(&file), group)));
                    before += file.rows(Some(group));
                }
                // a file without row groups has columns still
                if file.groups() == 0 {
                    self.open.push_back(item(0, What::Group(file, 0)));
                }
            } else {
                self.open.push_back(item(0, What::File(blob, input.format)));
            }
            self.next += 1;
        }
    }
}

/// Some columns of an item.
pub(super) struct Reader {
    pub schema: SchemaRef,
    pub batches: Batches,
}

impl Item<'_> {
    /// The columns of the item, all of them, and how their values are to be taken.
    pub fn schema(&self, contract: &Contract, dialect: &Dialect) -> Result<(SchemaRef, Origin), EngineError> {
        let none = std::collections::BTreeSet::new();
        let reading = Reading { contract: Some(contract), columns: Some(&none), ..Reading::default() };
        let (schema, textual) = match &self.what {
            What::Group(file, _) => (Arc::clone(file.schema()), false),
            What::File(blob, format) => {
                let part = open(blob, *format, dialect, reading)?;
                if *format == DataFormat::Csv && self.is_strange(contract, &part.whole) {
                    return Err(EngineError::malformed(blob.name(), csv::stranger(&part.whole, contract, dialect)));
                }
                (part.whole, part.textual)
            }
        };
        Ok((schema, Origin { textual, nan_is_null: false, dictionaries: true }))
    }

    /// Whether a text names none of the columns that it should have: it is read the wrong way rather than wrong in each of them.
    fn is_strange(&self, contract: &Contract, names: &Schema) -> bool {
        let named = |column: &Column| {
            [Some(&column.name), column.was.as_ref()]
                .into_iter()
                .flatten()
                .any(|name| names.column_with_name(name).is_some())
        };
        let lacks =
            |column: &Column| column.default.is_none() && self.partitions.iter().all(|(name, _)| *name != column.name);
        contract.columns.iter().any(lacks) && !contract.columns.iter().any(named)
    }

    /// Rows, where they are known before they are read.
    pub fn rows(&self) -> Option<u64> {
        match &self.what {
            What::Group(file, group) => Some(file.rows(Some(*group))),
            What::File(..) => None,
        }
    }

    /// What is known of a column before it is read.
    pub fn facts(&self, column: &str, data: &DataType) -> Result<Facts, EngineError> {
        match &self.what {
            What::Group(file, group) => file.facts(*group, column, data),
            What::File(..) => Ok(Facts::default()),
        }
    }

    /// Reads the columns of these names.
    pub fn read(
        &self,
        contract: &Contract,
        dialect: &Dialect,
        schema: &SchemaRef,
        wanted: &std::collections::BTreeSet<String>,
    ) -> Result<Reader, EngineError> {
        match &self.what {
            What::Group(file, group) => {
                let fields = schema.fields().iter().enumerate();
                let places: Vec<usize> =
                    fields.filter(|(_, field)| wanted.contains(field.name())).map(|(place, _)| place).collect();
                let batches =
                    if file.groups() == 0 { Box::new(std::iter::empty()) } else { file.read(Some(*group), &places)? };
                Ok(Reader { schema: Arc::new(schema.project(&places)?), batches })
            }
            What::File(blob, format) => {
                let reading = Reading { contract: Some(contract), columns: Some(wanted), ..Reading::default() };
                let part = open(blob, *format, dialect, reading)?;
                Ok(Reader { schema: part.schema, batches: part.batches })
            }
        }
    }
}

fn open(
    blob: &Arc<dyn Blob>,
    format: DataFormat,
    dialect: &Dialect,
    reading: Reading<'_>,
) -> Result<crate::table::read::Part, EngineError> {
    match format {
        DataFormat::Csv => csv::open(Arc::clone(blob), dialect, reading),
        DataFormat::Jsonl => jsonl::open(Arc::clone(blob), reading),
        DataFormat::Arrow => ipc::open(Arc::clone(blob), reading),
        DataFormat::Parquet => Err(EngineError::malformed(blob.name(), "Parquet is read by row groups")),
    }
}

/// A contract with no columns but these: for reading a table that others refer to.
pub(super) fn only(columns: &[String], ours: &[&Column]) -> Contract {
    let column = |(name, column): (&String, &&Column)| Column::plain(name, column.value.clone().or_null());
    Contract { columns: columns.iter().zip(ours).map(column).collect(), ..Contract::default() }
}
