//! A batch becomes one of its contract: cut to its columns in order, missing ones from their defaults, each cast where no value changes.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, StringArray, UInt32Array, new_empty_array,
        new_null_array,
    },
    buffer::BooleanBuffer,
    compute::nullif,
    datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef},
};
use mlp_plan::{Column, Contract, DataType, Literal};

use super::{
    arrow_types::{arrow_type, widens, words},
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
    /// By column: where the batch says of which rows the value is of another kind than the type's text.
    misfits: Vec<Option<usize>>,
    /// By column: the type of the data, where it is wider than the contract's and each value has to be looked at.
    wider: Vec<Option<String>>,
    inside: Vec<bool>,
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
    /// The same value for all rows of the part, in an array of one: what the name of its folder says.
    Constant(ArrayRef, bool),
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
        Self::with_constants(contract, schema, origin, skipped, &[])
    }

    /// As [`Conformer::new`]; `constants` are columns that the part has beside those of its batches, with their one value as text.
    ///
    /// # Errors
    /// As [`Conformer::new`].
    pub fn with_constants(
        contract: &'a Contract,
        schema: &SchemaRef,
        origin: Origin,
        skipped: &dyn Fn(&str) -> bool,
        constants: &[(String, Option<String>)],
    ) -> Result<Self, EngineError> {
        let names = |column: &'a Column| std::iter::once(column.name.as_str()).chain(column.was.as_deref());
        let found = |column: &'a Column| names(column).find_map(|name| schema.column_with_name(name));
        let plan = |column: &'a Column| -> Result<Plan, EngineError> {
            let constant = || constants.iter().find(|(name, _)| names(column).any(|known| known == name));
            let found = found(column);
            if found.is_none()
                && let Some((_, value)) = constant()
            {
                return constant_of(column, value.as_deref());
            }
            if skipped(&column.name) {
                return Ok(Plan::Skipped);
            }
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
        let misfits = contract.columns.iter().map(|column| {
            let (_, field) = found(column)?;
            schema.column_with_name(&misfit(field.name())).map(|(index, _)| index)
        });
        let wider = contract.columns.iter().map(|column| {
            let (_, field) = found(column)?;
            let narrows = !origin.textual && !widens(field.data_type(), &column.value.data);
            narrows.then(|| words(field.data_type()))
        });
        let inside = contract.columns.iter().map(|column| {
            let nested = |data: &ArrowType| data.is_nested() && *data != arrow_type(&column.value.data);
            origin.textual
                || matches!(column.value.data, DataType::Enum { open: false, .. } | DataType::Uuid | DataType::Json)
                || found(column).is_some_and(|(_, field)| nested(field.data_type()))
        });
        let inside = inside.collect();
        Ok(Self { contract, origin, plans, inside, misfits: misfits.collect(), wider: wider.collect() })
    }

    /// Columns that no row of the part has, with the reason in words.
    pub fn refusals(&self) -> impl Iterator<Item = (usize, &str)> + '_ {
        self.plans.iter().enumerate().filter_map(|(index, plan)| match plan {
            Plan::Refused(words) => Some((index, words.as_str())),
            _ => None,
        })
    }

    /// Columns whose type in the data is not the contract's and does not fit into it whatever its values are, with that type in words.
    pub fn wider(&self) -> impl Iterator<Item = (usize, &str)> + '_ {
        let plans = self.plans.iter().zip(&self.wider).enumerate();
        plans.filter_map(|(index, (plan, wider))| match plan {
            Plan::From(_) | Plan::FromOr(..) => Some((index, wider.as_deref()?)),
            _ => None,
        })
    }

    /// Whether a column has one value throughout the part.
    #[must_use]
    pub fn is_constant(&self, index: usize) -> bool {
        matches!(self.plans.get(index), Some(Plan::Constant(..)))
    }

    /// How values are taken.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether values of a column are cast one by one for other reasons than its width: text that is more than text, and what is inside of others.
    #[must_use]
    pub fn looks_inside(&self, index: usize) -> bool {
        self.inside.get(index).copied().unwrap_or(true)
    }

    /// Whether a column was not read.
    #[must_use]
    pub fn is_skipped(&self, column: &str) -> bool {
        let index = self.contract.columns.iter().position(|known| known.name == column);
        index.and_then(|index| self.plans.get(index)).is_none_or(|plan| matches!(plan, Plan::Skipped))
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
        for ((column, plan), misfit) in self.contract.columns.iter().zip(&self.plans).zip(&self.misfits) {
            let nulls = || new_null_array(&arrow_type(&column.value.data), rows);
            let (array, broken) = match plan {
                Plan::Default(default) => (repeated(default, &column.value.data, rows)?, None),
                Plan::Refused(_) => (nulls(), None),
                // nobody looks at it
                Plan::Skipped => (new_null_array(&ArrowType::Null, rows), None),
                Plan::Constant(value, failed) => {
                    let repeated = arrow::compute::take(value, &UInt32Array::from(vec![0; rows]), None)?;
                    (repeated, failed.then(|| BooleanBuffer::new_set(rows)))
                }
                Plan::From(index) => self.take(batch, *index, *misfit, column)?,
                Plan::FromOr(index, default) => {
                    let (array, broken) = self.take(batch, *index, *misfit, column)?;
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
        misfit: Option<usize>,
        column: &Column,
    ) -> Result<(ArrayRef, Option<BooleanBuffer>), EngineError> {
        let Some(array) = batch.columns().get(index) else {
            return Err(EngineError::refused(format!("a batch without column `{}`", column.name)));
        };
        match cast_value(array, &column.value.data, self.origin) {
            Ok(cast) => {
                let misfits =
                    misfit.and_then(|index| batch.columns().get(index)).and_then(|rows| rows.as_boolean_opt());
                let Some(misfits) = misfits.map(BooleanArray::values).filter(|rows| rows.has_true()) else {
                    return Ok((cast.array, cast.failed));
                };
                let array = nullif(&cast.array, &BooleanArray::new(misfits.clone(), None))?;
                Ok((array, Some(cast.failed.map_or_else(|| misfits.clone(), |failed| &failed | misfits))))
            }
            Err(CastError::Engine(error)) => Err(error),
            Err(CastError::Refused(words)) => Err(EngineError::refused(format!("{}: {words}", column.name))),
        }
    }
}

/// A column that tells of another, in the same batch, which of its rows are not of the kind that its text pretends: a JSON number where text is meant.
pub(crate) fn misfit(column: &str) -> String {
    format!("{column}\u{0}")
}

/// A value that the whole part has, out of text.
fn constant_of(column: &Column, value: Option<&str>) -> Result<Plan, EngineError> {
    let text: ArrayRef = Arc::new(StringArray::from(vec![value]));
    match cast_value(&text, &column.value.data, Origin { textual: true, ..Origin::default() }) {
        Ok(cast) => Ok(Plan::Constant(cast.array, cast.failed.is_some())),
        Err(CastError::Refused(words)) => Ok(Plan::Refused(words)),
        Err(CastError::Engine(error)) => Err(error),
    }
}

/// Nulls take the default; a value that failed stays null.
fn filled(
    array: &ArrayRef,
    failed: Option<&BooleanBuffer>,
    default: &Literal,
    column: &Column,
) -> Result<ArrayRef, EngineError> {
    use arrow::compute::kernels::zip::zip;
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
