//! Literals of the language as Arrow values.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, DurationNanosecondArray, Int64Array, ListArray, StringArray, UInt32Array,
        new_null_array,
    },
    buffer::OffsetBuffer,
    compute::{CastOptions, cast_with_options, concat, take},
    datatypes::{DataType as ArrowType, Field},
};
use mlp_plan::{DataType, Literal, TimeUnit};

use super::arrow_types::arrow_type;
use crate::EngineError;

/// `rows` times the value, in the Arrow type of `data`.
///
/// # Errors
/// Where the literal is not a value of that type; a checked program has none.
pub fn repeated(literal: &Literal, data: &DataType, rows: usize) -> Result<ArrayRef, EngineError> {
    if *literal == Literal::Null {
        return Ok(new_null_array(&arrow_type(data), rows));
    }
    let one = single(literal, data)?;
    Ok(take(&one, &UInt32Array::from(vec![0; rows]), None)?)
}

/// An array with the value in its only slot.
pub(crate) fn single(literal: &Literal, data: &DataType) -> Result<ArrayRef, EngineError> {
    let target = arrow_type(data);
    let array: ArrayRef = match (literal, data) {
        (Literal::Bool(value), DataType::Bool) => Arc::new(BooleanArray::from(vec![*value])),
        (Literal::Number(number), data) if data.is_numeric() => text(&number.normalized().to_plain_string()),
        (Literal::Nan, DataType::Float(_)) => text("NaN"),
        (
            Literal::Text(value),
            DataType::String | DataType::Enum { .. } | DataType::Uuid | DataType::Json | DataType::Bytes,
        ) => text(value),
        (Literal::Duration(nanoseconds), DataType::Duration) => {
            Arc::new(DurationNanosecondArray::from(vec![*nanoseconds]))
        }
        (Literal::Size(bytes), data) if data.is_numeric() => {
            Arc::new(Int64Array::from(vec![i64::try_from(*bytes).unwrap_or(i64::MAX)]))
        }
        (Literal::Date(date), DataType::Date) => text(&date.to_string()),
        (Literal::Time(time), DataType::Time) => text(&time.to_string()),
        (Literal::Date(_) | Literal::Timestamp(_), DataType::Timestamp { naive, .. }) => {
            let at = instant(literal).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.f");
            text(&if *naive { at.to_string() } else { format!("{at}Z") })
        }
        (Literal::List(values), DataType::List(element) | DataType::Vector { element, .. }) => {
            list(values, &element.data)?
        }
        _ => return Err(EngineError::refused(format!("{literal} is not a value of {data}"))),
    };
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&array, &target, &exact)
        .map_err(|error| EngineError::refused(format!("{literal} is not a value of {data}: {error}")))
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn list(values: &[Literal], element: &DataType) -> Result<ArrayRef, EngineError> {
    let inner = arrow_type(element);
    let parts: Vec<ArrayRef> = values.iter().map(|value| repeated(value, element, 1)).collect::<Result<_, _>>()?;
    let parts: Vec<&dyn arrow::array::Array> = parts.iter().map(AsRef::as_ref).collect();
    let items = if parts.is_empty() { new_null_array(&inner, 0) } else { concat(&parts)? };
    let field = Arc::new(Field::new("item", inner, true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths([values.len()]), items, None)?))
}

/// The instant that a date or timestamp means.
#[must_use]
pub fn instant(literal: &Literal) -> Option<chrono::NaiveDateTime> {
    match literal {
        Literal::Date(date) => Some(mlp_plan::midnight(*date)),
        Literal::Timestamp(at) => Some(*at),
        _ => None,
    }
}

/// A literal of time as whole nanoseconds: since 1970 for dates and timestamps, since midnight for times, itself for durations.
pub(crate) fn nanoseconds(literal: &Literal) -> Option<i128> {
    match literal {
        Literal::Duration(value) => Some(i128::from(*value)),
        Literal::Time(time) => {
            use chrono::Timelike as _;
            Some(i128::from(time.num_seconds_from_midnight()) * 1_000_000_000 + i128::from(time.nanosecond()))
        }
        other => {
            let at = instant(other)?.and_utc();
            Some(i128::from(at.timestamp()) * 1_000_000_000 + i128::from(at.timestamp_subsec_nanos()))
        }
    }
}

/// Nanoseconds in one step of the Arrow type, where it is one of time.
pub(crate) const fn step(data: &ArrowType) -> Option<i128> {
    use arrow::datatypes::TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Some(match data {
        ArrowType::Date32 => 86_400_000_000_000,
        ArrowType::Timestamp(Second, _) | ArrowType::Time32(Second) | ArrowType::Duration(Second) => 1_000_000_000,
        ArrowType::Timestamp(Millisecond, _) | ArrowType::Time32(Millisecond) | ArrowType::Duration(Millisecond) => {
            1_000_000
        }
        ArrowType::Timestamp(Microsecond, _) | ArrowType::Time64(Microsecond) | ArrowType::Duration(Microsecond) => {
            1_000
        }
        ArrowType::Timestamp(Nanosecond, _) | ArrowType::Time64(Nanosecond) | ArrowType::Duration(Nanosecond) => 1,
        _ => return None,
    })
}

/// The type whose literals a table's timestamps are compared with.
#[must_use]
pub const fn timestamp() -> DataType {
    DataType::Timestamp { unit: TimeUnit::Us, naive: false }
}
