//! From the engine's types back to the language's. (The way there is `mlp_engine`'s, the only one.)

use arrow::datatypes::{DataType as ArrowType, Field};
use mlp_engine::table::arrow_types::{flat, time_unit};
use mlp_plan::{DataType, StructField, ValueType};

/// The type of the language that holds every value of an Arrow type; `None` where there is none (intervals, columns of nothing but nulls).
pub fn from_arrow(arrow: &ArrowType) -> Option<DataType> {
    Some(match arrow {
        ArrowType::Float16 => DataType::Float(32),
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale)
        | ArrowType::Decimal256(precision, scale) => {
            DataType::Decimal { precision: *precision, scale: u8::try_from(*scale).ok()? }
        }
        ArrowType::Timestamp(unit, zone) => DataType::Timestamp { unit: time_unit(*unit), naive: zone.is_none() },
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
        flat_type => return flat(flat_type),
    })
}

fn from_field(field: &Field) -> Option<ValueType> {
    let plain = ValueType::plain(from_arrow(field.data_type())?);
    Some(if field.is_nullable() { plain.or_null() } else { plain })
}
