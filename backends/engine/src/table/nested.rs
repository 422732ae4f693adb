//! Rules inside of values: elements of lists and vectors, keys and values of maps, fields of structs.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StructArray},
    buffer::{BooleanBuffer, OffsetBuffer},
    datatypes::Schema,
};
use mlp_plan::{DataType, ValueType};

use super::{cast::rows_with, constraint::Test, expr::Rows};
use crate::EngineError;

/// A broken rule in words, with its path, and the rows that break it.
pub type Broken = (String, BooleanBuffer);

/// Everything that is broken inside the values of a column.
///
/// # Errors
/// Where a constraint cannot be asked; a checked program has none such.
pub fn broken_inside(array: &ArrayRef, data: &DataType, path: &str) -> Result<Vec<Broken>, EngineError> {
    let list = |values: &ArrayRef, element: &ValueType, offsets: &OffsetBuffer<i32>| {
        lifted(of_value(values, element, &format!("{path}[]"), None)?, |mask| rows_with(offsets, array.nulls(), mask))
    };
    match data {
        DataType::List(element) => match array.as_list_opt::<i32>() {
            Some(rows) => list(rows.values(), element, rows.offsets()),
            None => Ok(Vec::new()),
        },
        DataType::Vector { element, length } => match array.as_fixed_size_list_opt() {
            Some(rows) => {
                let length = usize::try_from(*length).unwrap_or_default();
                list(rows.values(), element, &OffsetBuffer::from_lengths(std::iter::repeat_n(length, rows.len())))
            }
            None => Ok(Vec::new()),
        },
        DataType::Map(key, value) => {
            let Some(rows) = array.as_map_opt() else { return Ok(Vec::new()) };
            let mut broken = of_value(rows.keys(), key, &format!("{path}.key"), None)?;
            broken.extend(of_value(rows.values(), value, &format!("{path}.value"), None)?);
            lifted(broken, |mask| rows_with(rows.offsets(), array.nulls(), mask))
        }
        DataType::Struct(fields) => {
            let Some(rows) = array.as_struct_opt() else { return Ok(Vec::new()) };
            let siblings = siblings(rows)?;
            let mut broken = Vec::new();
            for field in fields {
                if let Some(column) = rows.column_by_name(&field.name) {
                    broken.extend(of_value(column, &field.value, &format!("{path}.{}", field.name), Some(&siblings))?);
                }
            }
            lifted(broken, |mask| rows.nulls().map_or_else(|| mask.clone(), |nulls| mask & nulls.inner()))
        }
        _ => Ok(Vec::new()),
    }
}

/// A struct's fields as the columns of a batch.
fn siblings(rows: &StructArray) -> Result<RecordBatch, EngineError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(
        Arc::new(Schema::new(rows.fields().clone())),
        rows.columns().to_vec(),
        &options,
    )?)
}

fn lifted(broken: Vec<Broken>, rows: impl Fn(&BooleanBuffer) -> BooleanBuffer) -> Result<Vec<Broken>, EngineError> {
    Ok(broken.into_iter().map(|(words, mask)| (words, rows(&mask))).filter(|(_, mask)| mask.has_true()).collect())
}

/// What is broken at one inner value, and deeper.
fn of_value(
    array: &ArrayRef,
    value: &ValueType,
    path: &str,
    siblings: Option<&RecordBatch>,
) -> Result<Vec<Broken>, EngineError> {
    let mut broken = Vec::new();
    if !value.nullable
        && let Some(nulls) = array.logical_nulls()
    {
        broken.push((format!("{path} is never null"), !nulls.inner()));
    }
    for constraint in &value.constraints {
        let rows = Rows { batch: siblings, this: Some(array), rows: array.len() };
        if let Some(test) = Test::new(constraint, &value.data)?
            && let Some(mask) = test.broken(array, rows)?
        {
            broken.push((format!("{path} {constraint}"), mask));
        }
    }
    broken.extend(broken_inside(array, &value.data, path)?);
    Ok(broken)
}
