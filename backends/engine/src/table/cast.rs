//! Casts a column to a type where no value changes, and tells which rows do not survive.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, ListArray, MapArray, StructArray, make_array,
        new_null_array,
    },
    buffer::{BooleanBuffer, NullBuffer},
    compute::{CastOptions, cast_with_options, kernels::cmp::distinct, nullif},
    datatypes::{DataType as ArrowType, Field, Float32Type, Float64Type},
};
use mlp_plan::{DataType, StructField, ValueType};

use super::{
    arrow_types::{arrow_type, words},
    literal, parse,
};
use crate::EngineError;

/// Where values come from, which decides what may be done to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The source is text (CSV, JSON lines): text is parsed.
    pub textual: bool,
    /// The source is pandas: NaN is how it writes null.
    pub nan_is_null: bool,
    /// Text may stay a dictionary.
    pub dictionaries: bool,
}

/// A column after casting.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The values; null where a row did not survive.
    pub array: ArrayRef,
    /// The rows whose value cannot be had in the type.
    pub failed: Option<BooleanBuffer>,
}

/// Why no value of one type is one of the other: refused in words, or an error of the engine.
#[derive(Debug)]
pub enum CastError {
    /// In words.
    Refused(String),
    /// Something else.
    Engine(EngineError),
}

impl<E: Into<EngineError>> From<E> for CastError {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

const SAFE: CastOptions<'static> =
    CastOptions { safe: true, format_options: arrow::util::display::FormatOptions::new() };

impl Cast {
    const fn whole(array: ArrayRef) -> Self {
        Self { array, failed: None }
    }

    /// Adds failures, and makes nulls of them.
    fn with_failed(self, more: BooleanBuffer) -> Result<Self, EngineError> {
        if !more.has_true() {
            return Ok(self);
        }
        let array = nullif(&self.array, &BooleanArray::new(more.clone(), None))?;
        let failed = Some(self.failed.map_or_else(|| more.clone(), |before| &before | &more));
        Ok(Self { array, failed })
    }
}

/// `array` as `data`, cast where no value changes.
///
/// # Errors
/// [`CastError::Refused`] where the types do not go together, whatever the values.
pub fn cast_value(array: &ArrayRef, data: &DataType, origin: Origin) -> Result<Cast, CastError> {
    let target = arrow_type(data);
    let array = if origin.nan_is_null { nan_to_null(array)? } else { Arc::clone(array) };
    if array.data_type() == &target && !is_more_than_arrow(data) {
        return Ok(Cast::whole(array));
    }
    match (array.data_type(), data) {
        (ArrowType::Null, _) => Ok(Cast::whole(new_null_array(&target, array.len()))),
        (ArrowType::Dictionary(_, values), _) => dictionary(&array, values, data, origin),
        (ArrowType::Struct(_), DataType::Struct(fields)) => structure(array.as_struct(), fields, origin),
        (
            ArrowType::LargeList(item) | ArrowType::FixedSizeList(item, _) | ArrowType::ListView(item),
            DataType::List(_) | DataType::Vector { .. },
        ) => {
            let plain = cast_with_options(&array, &ArrowType::List(Arc::clone(item)), &SAFE)?;
            list(plain.as_list(), data, origin)
        }
        (ArrowType::List(_), DataType::List(_) | DataType::Vector { .. }) => list(array.as_list(), data, origin),
        (ArrowType::Map(..), DataType::Map(key, value)) => map(array.as_map(), key, value, origin),
        (ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View, _)
            if data.is_text() || matches!(data, DataType::Uuid | DataType::Json) =>
        {
            let text = if array.data_type() == &target { array } else { cast_with_options(&array, &target, &SAFE)? };
            special_text(text, data)
        }
        (ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View, _) if origin.textual => {
            let text = cast_with_options(&array, &ArrowType::Utf8, &SAFE)?;
            let (array, failed) = parse::parse(text.as_string::<i32>(), data)?;
            let cast = Cast { array, failed: None }.with_failed(failed)?;
            Ok(if origin.nan_is_null { Cast { array: nan_to_null(&cast.array)?, ..cast } } else { cast })
        }
        (ArrowType::FixedSizeBinary(16), DataType::Uuid) => {
            Ok(Cast::whole(parse::uuid_text(array.as_fixed_size_binary())))
        }
        (from, _) if from == &target => Ok(Cast::whole(array)),
        (from, _) => {
            scalar(&array, &refused(from, data).map_or_else(|| Ok(target), |words| Err(CastError::Refused(words)))?)
        }
    }
}

/// Whether not every value of its Arrow type is one of this type: the text of a closed enum, a uuid or JSON, however deep.
fn is_more_than_arrow(data: &DataType) -> bool {
    match data {
        DataType::Enum { .. } | DataType::Uuid | DataType::Json => true,
        DataType::List(element) | DataType::Vector { element, .. } => is_more_than_arrow(&element.data),
        DataType::Map(key, value) => is_more_than_arrow(&key.data) || is_more_than_arrow(&value.data),
        DataType::Struct(fields) => fields.iter().any(|field| is_more_than_arrow(&field.value.data)),
        _ => false,
    }
}

/// Why `from` is not cast to `data`, in words; `None` where it is tried value by value.
fn refused(from: &ArrowType, data: &DataType) -> Option<String> {
    use ArrowType::{
        Binary, BinaryView, Date32, Date64, Duration, FixedSizeBinary, LargeBinary, Time32, Time64, Timestamp,
    };
    let numeric = from.is_numeric() && !matches!(from, ArrowType::Float16);
    let fits = match (from, data) {
        (_, DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. }) => numeric,
        (Binary | LargeBinary | BinaryView | FixedSizeBinary(_), DataType::Bytes)
        | (Date32 | Date64 | Timestamp(..), DataType::Date)
        | (Time32(_) | Time64(_), DataType::Time)
        | (Duration(_), DataType::Duration)
        | (Timestamp(_, Some(_)), DataType::Timestamp { naive: false, .. })
        | (Timestamp(_, None) | Date32, DataType::Timestamp { naive: true, .. }) => true,
        (Timestamp(_, None), DataType::Timestamp { naive: false, .. }) => {
            return Some(
                "the data has wall-clock times without a zone; give them one, or declare `timestamp(naive)`".to_owned(),
            );
        }
        (Timestamp(_, Some(zone)), DataType::Timestamp { naive: true, .. }) => {
            return Some(format!("the data has instants (zone {zone}); drop the zone, or declare `timestamp`"));
        }
        _ => false,
    };
    (!fits).then(|| format!("the data has {}", words(from)))
}

/// There and back again: a row whose value is not the same afterwards has failed.
fn scalar(array: &ArrayRef, target: &ArrowType) -> Result<Cast, CastError> {
    let plain = without_zone(array)?;
    let source = plain.data_type().clone();
    let (bare, zone) = match target {
        ArrowType::Timestamp(unit, zone) => (ArrowType::Timestamp(*unit, None), zone.clone()),
        other => (other.clone(), None),
    };
    let there = cast_with_options(&plain, &bare, &SAFE)?;
    let back = cast_with_options(&there, &source, &SAFE)?;
    let changed = distinct(&back, &plain)?.values().clone();
    let changed = if there.data_type().is_floating() { &changed & &!&both_nan(&plain, &there) } else { changed };
    let array = match zone {
        Some(_) => with_zone(&there, target)?,
        None => there,
    };
    Ok(Cast::whole(array).with_failed(changed)?)
}

/// Rows that are NaN on both sides: the same value, whatever its bits.
fn both_nan(from: &ArrayRef, to: &ArrayRef) -> BooleanBuffer {
    let nan = |array: &ArrayRef| match array.data_type() {
        ArrowType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            BooleanBuffer::from_iter(values.values().iter().map(|value| value.is_nan()))
        }
        ArrowType::Float64 => {
            BooleanBuffer::from_iter(array.as_primitive::<Float64Type>().values().iter().map(|value| value.is_nan()))
        }
        _ => BooleanBuffer::new_unset(array.len()),
    };
    &nan(from) & &nan(to)
}

/// An instant's value is the same in every zone: the zone is a label.
fn without_zone(array: &ArrayRef) -> Result<ArrayRef, EngineError> {
    let ArrowType::Timestamp(unit, Some(_)) = array.data_type() else { return Ok(Arc::clone(array)) };
    with_zone(array, &ArrowType::Timestamp(*unit, None))
}

/// The same values under another label; the resolution must be the same.
fn with_zone(array: &ArrayRef, target: &ArrowType) -> Result<ArrayRef, EngineError> {
    Ok(make_array(array.to_data().into_builder().data_type(target.clone()).build()?))
}

/// NaN becomes null, as pandas means it.
fn nan_to_null(array: &ArrayRef) -> Result<ArrayRef, EngineError> {
    let mask: BooleanBuffer = match array.data_type() {
        ArrowType::Float32 if array.as_primitive::<Float32Type>().values().iter().any(|value| value.is_nan()) => {
            array.as_primitive::<Float32Type>().values().iter().map(|value| value.is_nan()).collect()
        }
        ArrowType::Float64 if array.as_primitive::<Float64Type>().values().iter().any(|value| value.is_nan()) => {
            array.as_primitive::<Float64Type>().values().iter().map(|value| value.is_nan()).collect()
        }
        _ => return Ok(Arc::clone(array)),
    };
    Ok(nullif(array, &BooleanArray::new(mask, None))?)
}

/// Text of a closed enum, a uuid or JSON is more than text.
fn special_text(text: ArrayRef, data: &DataType) -> Result<Cast, CastError> {
    let strings = text.as_string::<i32>();
    let failed = match data {
        DataType::Enum { members, open: false } => {
            let known: std::collections::HashSet<&str> = members.iter().map(String::as_str).collect();
            BooleanBuffer::from_iter(strings.iter().map(|value| value.is_some_and(|value| !known.contains(value))))
        }
        DataType::Uuid => {
            let failed =
                BooleanBuffer::from_iter(strings.iter().map(|value| value.is_some_and(|value| !parse::is_uuid(value))));
            let lower: arrow::array::StringArray =
                strings.iter().map(|value| value.map(str::to_ascii_lowercase)).collect();
            return Ok(Cast::whole(Arc::new(lower)).with_failed(failed)?);
        }
        DataType::Json => {
            BooleanBuffer::from_iter(strings.iter().map(|value| value.is_some_and(|value| !parse::is_json(value))))
        }
        _ => return Ok(Cast::whole(text)),
    };
    Ok(Cast::whole(text).with_failed(failed)?)
}

/// Each dictionary value is cast once where text stays a dictionary; other dictionaries are unpacked.
fn dictionary(array: &ArrayRef, values: &ArrowType, data: &DataType, origin: Origin) -> Result<Cast, CastError> {
    use arrow::datatypes::Int32Type;
    let wanted = ArrowType::Dictionary(Box::new(ArrowType::Int32), Box::new(ArrowType::Utf8));
    if !(origin.dictionaries && array.data_type() == &wanted && data.is_text()) {
        return cast_value(&cast_with_options(array, values, &SAFE)?, data, origin);
    }
    let dictionary = array.as_dictionary::<Int32Type>();
    let DataType::Enum { members, open: false } = data else { return Ok(Cast::whole(Arc::clone(array))) };
    let known: std::collections::HashSet<&str> = members.iter().map(String::as_str).collect();
    let foreign: Vec<bool> = dictionary
        .values()
        .as_string::<i32>()
        .iter()
        .map(|value| value.is_some_and(|value| !known.contains(value)))
        .collect();
    if !foreign.contains(&true) {
        return Ok(Cast::whole(Arc::clone(array)));
    }
    let failed = dictionary.keys().iter().map(|key| {
        key.and_then(|key| usize::try_from(key).ok()).and_then(|key| foreign.get(key).copied()).unwrap_or_default()
    });
    Ok(Cast::whole(Arc::clone(array)).with_failed(failed.collect())?)
}

/// By name, like a table: other fields are dropped, missing ones take their default.
fn structure(array: &StructArray, fields: &[StructField], origin: Origin) -> Result<Cast, CastError> {
    let mut columns = Vec::new();
    let mut failed: Option<BooleanBuffer> = None;
    for field in fields {
        let column = match (array.column_by_name(&field.name), &field.default) {
            (Some(column), _) => {
                let cast = cast_value(column, &field.value.data, origin).map_err(|error| inside(error, &field.name))?;
                failed = either(failed, cast.failed);
                cast.array
            }
            (None, Some(default)) => literal::repeated(default, &field.value.data, array.len())?,
            (None, None) => return Err(CastError::Refused(format!("the data has no field `{}`", field.name))),
        };
        columns.push((Arc::new(Field::new(&field.name, column.data_type().clone(), true)), column));
    }
    let (fields, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let nulls = array.nulls().cloned();
    let whole = StructArray::try_new_with_length(fields.into(), columns, nulls, array.len())?;
    finish(Arc::new(whole), failed)
}

fn inside(error: CastError, path: &str) -> CastError {
    match error {
        CastError::Refused(words) => CastError::Refused(format!("{path}: {words}")),
        engine @ CastError::Engine(_) => engine,
    }
}

fn either(left: Option<BooleanBuffer>, right: Option<BooleanBuffer>) -> Option<BooleanBuffer> {
    match (left, right) {
        (Some(left), Some(right)) => Some(&left | &right),
        (left, right) => left.or(right),
    }
}

fn finish(array: ArrayRef, failed: Option<BooleanBuffer>) -> Result<Cast, CastError> {
    match failed {
        Some(failed) => Ok(Cast::whole(array).with_failed(failed)?),
        None => Ok(Cast::whole(array)),
    }
}

/// A row fails where one of its elements does, or where a vector has another length.
fn list(array: &ListArray, data: &DataType, origin: Origin) -> Result<Cast, CastError> {
    let (element, length) = match data {
        DataType::List(element) => (element, None),
        DataType::Vector { element, length } => (element, Some(i32::try_from(*length).unwrap_or(i32::MAX))),
        _ => return Err(CastError::Refused(format!("the data has {}", words(array.data_type())))),
    };
    let cast = cast_value(array.values(), &element.data, origin).map_err(|error| inside(error, "element"))?;
    let failed = cast.failed.map(|inner| rows_with(array.offsets(), array.nulls(), &inner));
    let item = Arc::new(Field::new("item", cast.array.data_type().clone(), true));
    let plain = ListArray::try_new(Arc::clone(&item), array.offsets().clone(), cast.array, array.nulls().cloned())?;
    let Some(length) = length else { return finish(Arc::new(plain), failed) };
    let wrong = plain.offsets().lengths().map(|rows| i32::try_from(rows) != Ok(length));
    let wrong = BooleanBuffer::from_iter(wrong);
    let wrong = array.nulls().map_or_else(|| wrong.clone(), |nulls| &wrong & nulls.inner());
    let fixed = cast_with_options(&plain, &ArrowType::FixedSizeList(item, length), &SAFE)?;
    let fixed: ArrayRef = Arc::new(fixed.as_fixed_size_list_opt().cloned().unwrap_or_else(|| {
        FixedSizeListArray::new_null(Arc::new(Field::new("item", ArrowType::Null, true)), length, plain.len())
    }));
    finish(fixed, either(failed, Some(wrong)))
}

fn map(array: &MapArray, key: &ValueType, value: &ValueType, origin: Origin) -> Result<Cast, CastError> {
    let keys = cast_value(array.keys(), &key.data, Origin { nan_is_null: false, ..origin })
        .map_err(|error| inside(error, "key"))?;
    if keys.failed.is_some() {
        return Err(CastError::Refused(format!("the data has keys that are not {}", key.data)));
    }
    let values = cast_value(array.values(), &value.data, origin).map_err(|error| inside(error, "value"))?;
    let failed = values.failed.map(|inner| rows_with(array.offsets(), array.nulls(), &inner));
    let fields = vec![
        Field::new("key", keys.array.data_type().clone(), false),
        Field::new("value", values.array.data_type().clone(), true),
    ];
    let entries = StructArray::try_new(fields.into(), vec![keys.array, values.array], None)?;
    let field = Arc::new(Field::new("entries", entries.data_type().clone(), false));
    finish(Arc::new(MapArray::try_new(field, array.offsets().clone(), entries, array.nulls().cloned(), false)?), failed)
}

/// The rows of a list, by its offsets, that hold a marked element.
pub(crate) fn rows_with(
    offsets: &arrow::buffer::OffsetBuffer<i32>,
    nulls: Option<&NullBuffer>,
    marked: &BooleanBuffer,
) -> BooleanBuffer {
    let mut start = offsets.first().copied().unwrap_or_default();
    let rows = offsets.iter().skip(1).enumerate().map(|(row, end)| {
        let range = usize::try_from(start).unwrap_or_default()..usize::try_from(*end).unwrap_or_default();
        start = *end;
        nulls.is_none_or(|nulls| nulls.is_valid(row)) && marked.slice(range.start, range.len()).has_true()
    });
    rows.collect()
}
