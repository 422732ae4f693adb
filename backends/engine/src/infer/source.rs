//! The data, as batches of the columns that are asked for.

use std::{collections::BTreeSet, ops::ControlFlow, sync::Arc};

use arrow::{
    array::RecordBatch,
    datatypes::{Schema, SchemaRef},
};
use mlp_plan::Contract;

use super::types::twice;
use crate::{
    EngineError,
    scan::{DataFormat, Input},
    table::{
        csv::{self, Dialect},
        ipc,
        parquet::{Batches, ParquetFile},
        read::Reading,
    },
};

/// Files of one format that are parts of one table.
pub(super) struct Source<'s> {
    pub inputs: &'s [Input],
    pub format: DataFormat,
    pub sample: Option<u64>,
    dialect: &'s Dialect,
}

impl<'s> Source<'s> {
    /// # Errors
    /// Where the files have different formats.
    pub fn new(inputs: &'s [Input], dialect: &'s Dialect, sample: Option<u64>) -> Result<Self, EngineError> {
        let Some(first) = inputs.first() else { return Err(EngineError::refused("no file was given")) };
        if let Some(other) = inputs.iter().find(|input| input.format != first.format) {
            return Err(EngineError::refused(format!(
                "{} is {} and {} is {}: the files of one table have one format; a glob like `*.{}` chooses some",
                first.name, first.format, other.name, other.format, first.format
            )));
        }
        Ok(Self { inputs, format: first.format, sample, dialect })
    }

    /// Whether values are text that has to be parsed.
    pub const fn textual(&self) -> bool {
        matches!(self.format, DataFormat::Csv | DataFormat::Jsonl)
    }

    /// The columns of all files, which have the same; JSON lines have none before they are read.
    pub fn schema(&self) -> Result<SchemaRef, EngineError> {
        let mut known: Option<(&Input, SchemaRef)> = None;
        for input in self.inputs {
            let blob = (input.open)()?;
            let schema = match self.format {
                DataFormat::Parquet => Arc::clone(ParquetFile::open(blob, false)?.schema()),
                DataFormat::Csv => csv::open(blob, self.dialect, Reading::default())?.whole,
                DataFormat::Arrow => ipc::open(blob, Reading::default())?.whole,
                DataFormat::Jsonl => return Ok(Arc::new(Schema::empty())),
            };
            if let Some(name) = twice(schema.fields()) {
                return Err(EngineError::refused(format!("{}: column `{name}` stands twice", input.name)));
            }
            match &known {
                None => known = Some((input, schema)),
                Some((first, columns)) => {
                    let same = |one: &Schema, other: &Schema| {
                        let pairs = one.fields().iter().zip(other.fields());
                        one.fields().len() == other.fields().len()
                            && pairs.into_iter().all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type())
                    };
                    if !same(columns, &schema) {
                        return Err(EngineError::refused(format!(
                            "{} and {} do not have the same columns: infer a contract of one of them",
                            first.name, input.name
                        )));
                    }
                }
            }
        }
        Ok(known.map_or_else(|| Arc::new(Schema::empty()), |(_, schema)| schema))
    }

    /// Hands on batches of the contract's columns, as far as rows are looked at and until it is enough, and counts these.
    pub fn batches(
        &self,
        contract: &Contract,
        mut each: impl FnMut(&RecordBatch) -> Result<ControlFlow<()>, EngineError>,
    ) -> Result<u64, EngineError> {
        let mut rows = 0;
        for input in self.inputs {
            for batch in self.open(input, contract)? {
                let batch = batch?;
                let left = self.sample.map_or(u64::MAX, |sample| sample - rows);
                let length = usize::try_from(left).map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
                let enough = each(&batch.slice(0, length))?.is_break();
                rows += length as u64;
                if enough || self.sample == Some(rows) {
                    return Ok(rows);
                }
            }
        }
        Ok(rows)
    }

    fn open(&self, input: &Input, contract: &Contract) -> Result<Batches, EngineError> {
        let blob = (input.open)()?;
        let wanted: BTreeSet<String> = contract.columns.iter().map(|column| column.name.clone()).collect();
        let reading = Reading { contract: Some(contract), columns: Some(&wanted), ..Reading::default() };
        Ok(match self.format {
            DataFormat::Csv => {
                // columns by their place are those of a contract with all of them, and here they are those of the file
                let by_header = Reading { contract: None, ..reading };
                csv::open(blob, self.dialect, by_header)?.batches
            }
            DataFormat::Jsonl => crate::table::jsonl::open(blob, reading)?.batches,
            DataFormat::Arrow => ipc::open(blob, reading)?.batches,
            DataFormat::Parquet => {
                let file = ParquetFile::open(blob, false)?;
                let fields = file.schema().fields().iter().enumerate();
                let places: Vec<usize> =
                    fields.filter(|(_, field)| wanted.contains(field.name())).map(|(place, _)| place).collect();
                file.read(None, &places)?
            }
        })
    }
}
