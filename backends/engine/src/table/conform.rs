//! A batch becomes one of its contract: cut to its columns in order, missing ones from their defaults, each cast where no value changes.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array, new_null_array},
    buffer::BooleanBuffer,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
};
use mlp_plan::{Column, Contract, Literal};

use super::{
    arrow_types::arrow_type,
    cast::{CastError, Origin, cast_value},
    literal::repeated,
};
use crate::EngineError;

/// How the batches of one part are brought under a contract.
#[derive(Debug)]
pub struct Conformer<'a> {
    contract: &'a Contract,
    origin: Origin,
    plans: Vec<Plan>,
}

/// Where a column comes from.
#[derive(Debug)]
enum Plan {
    /// From the column at that place of the source.
    From(usize),
    /// From the column at that place; a null takes the default, since text formats write nothing for a missing value.
    FromOr(usize, Literal),
    /// From its default.
    Default(Literal),
    /// Not at all, for the reason in words.
    Refused(String),
    /// Not read, because nothing is asked of it.
    Skipped,
}

/// A batch under its contract, before its values are checked.
#[derive(Clone, Debug)]
pub struct Conformed {
    /// The contract's columns, every one nullable; those that could not be had are null throughout.
    pub batch: RecordBatch,
    /// By column: rows whose value could not be had in its type.
    pub failed: Vec<Option<BooleanBuffer>>,
}

impl<'a> Conformer<'a> {
    /// For batches of this schema. `skipped` names columns that are left out on purpose.
    ///
    /// # Errors
    /// Where Arrow fails; what does not fit is in [`Conformer::refusals`].
    pub fn new(
        contract: &'a Contract,
        schema: &SchemaRef,
        origin: Origin,
        skipped: &dyn Fn(&str) -> bool,
    ) -> Result<Self, EngineError> {
        let plan = |column: &Column| -> Result<Plan, EngineError> {
            if skipped(&column.name) {
                return Ok(Plan::Skipped);
            }
            let found =
                schema.column_with_name(&column.name).or_else(|| schema.column_with_name(column.was.as_deref()?));
            Ok(match (found, &column.default) {
                (None, Some(default)) => Plan::Default(default.clone()),
                (None, None) => Plan::Refused("missing".to_owned()),
                (Some((index, field)), default) => {
                    match cast_value(&new_empty_array(field.data_type()), &column.value.data, origin) {
                        Ok(_) => match default {
                            Some(default) if origin.textual && *default != Literal::Null => {
                                Plan::FromOr(index, default.clone())
                            }
                            _ => Plan::From(index),
                        },
                        Err(CastError::Refused(words)) => Plan::Refused(words),
                        Err(CastError::Engine(error)) => return Err(error),
                    }
                }
            })
        };
        let plans = contract.columns.iter().map(plan).collect::<Result<_, _>>()?;
        Ok(Self { contract, origin, plans })
    }

    /// Columns that no row of the part has, with the reason in words.
    pub fn refusals(&self) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.plans.iter().enumerate().filter_map(|(index, plan)| match plan {
            Plan::Refused(words) => Some((index, words.as_str())),
            _ => None,
        })
    }

    /// The place of a column in the source, where it has one.
    #[must_use]
    pub fn source_of(&self, column: &str) -> Option<usize> {
        let index = self.contract.columns.iter().position(|known| known.name == column)?;
        match self.plans.get(index)? {
            Plan::From(source) | Plan::FromOr(source, _) => Some(*source),
            _ => None,
        }
    }

    /// Brings a batch under the contract.
    ///
    /// # Errors
    /// Where Arrow fails, or a default is not of its type.
    pub fn conform(&self, batch: &RecordBatch) -> Result<Conformed, EngineError> {
        let rows = batch.num_rows();
        let (mut columns, mut failed): (Vec<ArrayRef>, _) = (Vec::new(), Vec::new());
        for (column, plan) in self.contract.columns.iter().zip(&self.plans) {
            let nulls = || new_null_array(&arrow_type(&column.value.data), rows);
            let (array, broken) = match plan {
                Plan::Default(default) => (repeated(default, &column.value.data, rows)?, None),
                Plan::Refused(_) | Plan::Skipped => (nulls(), None),
                Plan::From(index) => self.take(batch, *index, column)?,
                Plan::FromOr(index, default) => {
                    let (array, broken) = self.take(batch, *index, column)?;
                    (filled(&array, broken.as_ref(), default, column)?, broken)
                }
            };
            columns.push(array);
            failed.push(broken);
        }
        let fields = self
            .contract
            .columns
            .iter()
            .zip(&columns)
            .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Fields>()));
        let batch =
            RecordBatch::try_new_with_options(schema, columns, &RecordBatchOptions::new().with_row_count(Some(rows)))?;
        Ok(Conformed { batch, failed })
    }

    fn take(
        &self,
        batch: &RecordBatch,
        index: usize,
        column: &Column,
    ) -> Result<(ArrayRef, Option<BooleanBuffer>), EngineError> {
        let Some(array) = batch.columns().get(index) else {
            return Err(EngineError::refused(format!("a batch without column `{}`", column.name)));
        };
        match cast_value(array, &column.value.data, self.origin) {
            Ok(cast) => Ok((cast.array, cast.failed)),
            Err(CastError::Engine(error)) => Err(error),
            Err(CastError::Refused(words)) => Err(EngineError::refused(format!("{}: {words}", column.name))),
        }
    }
}

/// Nulls take the default; a value that failed stays null.
fn filled(
    array: &ArrayRef,
    failed: Option<&BooleanBuffer>,
    default: &Literal,
    column: &Column,
) -> Result<ArrayRef, EngineError> {
    use arrow::{array::BooleanArray, compute::kernels::zip::zip};
    if array.null_count() == 0 {
        return Ok(Arc::clone(array));
    }
    let missing = array.nulls().map_or_else(|| BooleanBuffer::new_unset(array.len()), |nulls| !nulls.inner());
    let missing = failed.map_or_else(|| missing.clone(), |failed| &missing & &!failed);
    let default = repeated(default, &column.value.data, array.len())?;
    let plain = unpacked(array)?;
    Ok(zip(&BooleanArray::new(missing, None), &default, &plain)?)
}

/// The array without its dictionary, where it has one.
///
/// # Errors
/// Where Arrow fails.
pub fn unpacked(array: &ArrayRef) -> Result<ArrayRef, EngineError> {
    match array.data_type() {
        ArrowType::Dictionary(_, values) => Ok(arrow::compute::cast(array, values)?),
        _ => Ok(Arc::clone(array)),
    }
}
