//! From the engine's types back to the language's. (The way there is `mlp_engine`'s, the only one.)

use arrow::datatypes::{DataType as ArrowType, Field, TimeUnit as ArrowUnit};
use mlp_plan::{DataType, StructField, TimeUnit, ValueType};

/// The type of the language that holds every value of an Arrow type; `None` where there is none (intervals, columns of nothing but nulls).
pub fn from_arrow(arrow: &ArrowType) -> Option<DataType> {
    Some(match arrow {
        ArrowType::Boolean => DataType::Bool,
        ArrowType::Int8 => DataType::Int(8),
        ArrowType::Int16 => DataType::Int(16),
        ArrowType::Int32 => DataType::Int(32),
        ArrowType::Int64 => DataType::Int(64),
        ArrowType::UInt8 => DataType::Uint(8),
        ArrowType::UInt16 => DataType::Uint(16),
        ArrowType::UInt32 => DataType::Uint(32),
        ArrowType::UInt64 => DataType::Uint(64),
        ArrowType::Float16 | ArrowType::Float32 => DataType::Float(32),
        ArrowType::Float64 => DataType::Float(64),
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale)
        | ArrowType::Decimal256(precision, scale) => {
            DataType::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
        }
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView | ArrowType::FixedSizeBinary(_) => {
            DataType::Bytes
        }
        ArrowType::Date32 | ArrowType::Date64 => DataType::Date,
        ArrowType::Time32(_) | ArrowType::Time64(_) => DataType::Time,
        ArrowType::Timestamp(unit, zone) => DataType::Timestamp { unit: from_unit(*unit), naive: zone.is_none() },
        ArrowType::Duration(_) => DataType::Duration,
        ArrowType::Dictionary(_, values) => from_arrow(values)?,
        ArrowType::List(element)
        | ArrowType::LargeList(element)
        | ArrowType::ListView(element)
        | ArrowType::LargeListView(element) => DataType::List(Box::new(from_field(element)?)),
        ArrowType::FixedSizeList(element, length) => {
            DataType::Vector { element: Box::new(from_field(element)?), length: u32::try_from(*length).ok()? }
        }
        ArrowType::Struct(fields) => {
            let field = |field: &std::sync::Arc<Field>| {
                Some(StructField { name: field.name().clone(), value: from_field(field)?, default: None })
            };
            DataType::Struct(fields.iter().map(field).collect::<Option<_>>()?)
        }
        ArrowType::Map(entries, _) => {
            let ArrowType::Struct(fields) = entries.data_type() else { return None };
            let (key, value) = (fields.first()?, fields.get(1)?);
            DataType::Map(Box::new(from_field(key)?), Box::new(from_field(value)?))
        }
        _ => return None,
    })
}

fn from_field(field: &Field) -> Option<ValueType> {
    let plain = ValueType::plain(from_arrow(field.data_type())?);
    Some(if field.is_nullable() { plain.or_null() } else { plain })
}

/// Seconds are kept in milliseconds: the language has no coarser unit.
const fn from_unit(unit: ArrowUnit) -> TimeUnit {
    match unit {
        ArrowUnit::Second | ArrowUnit::Millisecond => TimeUnit::Ms,
        ArrowUnit::Microsecond => TimeUnit::Us,
        ArrowUnit::Nanosecond => TimeUnit::Ns,
    }
}
