//! Whether a JSON value is a value of a type, as deep as it goes: inside of lists and structs nothing is rounded or read as another kind, as nowhere else.

use arrow::array::StringArray;
use mlp_plan::DataType;
use serde_json::{Number, Value};

use super::parse::{is_uuid, parse};

/// Whether it is. A null is a value of every type: whether it may be there is a rule of its own.
pub fn fits(value: &Value, data: &DataType) -> bool {
    match (value, data) {
        (Value::Null, _) | (_, DataType::Json) | (Value::Bool(_), DataType::Bool) => true,
        (Value::Array(items), DataType::List(element)) => items.iter().all(|item| fits(item, &element.data)),
        (Value::Array(items), DataType::Vector { element, length }) => {
            items.len() as u64 == u64::from(*length) && items.iter().all(|item| fits(item, &element.data))
        }
        (Value::Object(entries), DataType::Map(key, value)) => {
            entries.iter().all(|(name, entry)| text_fits(name, &key.data) && fits(entry, &value.data))
        }
        (Value::Object(entries), DataType::Struct(fields)) => {
            fields.iter().all(|field| entries.get(&field.name).is_none_or(|entry| fits(entry, &field.value.data)))
        }
        (Value::Number(number), data) => number_fits(number, data),
        // which members an enum has is looked at with all others
        (Value::String(_), DataType::String | DataType::Enum { .. } | DataType::Bytes) => true,
        (Value::String(text), DataType::Decimal { .. } | DataType::Duration | DataType::Uuid)
        | (Value::String(text), DataType::Date | DataType::Time | DataType::Timestamp { .. }) => text_fits(text, data),
        _ => false,
    }
}

fn number_fits(number: &Number, data: &DataType) -> bool {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (data, whole) {
        (DataType::Float(64), _) => true,
        (DataType::Int(bits), Some(value)) => (-(1 << (bits - 1))..1 << (bits - 1)).contains(&value),
        (DataType::Uint(bits), Some(value)) => (0..1 << *bits).contains(&value),
        (
            DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. } | DataType::Duration,
            _,
        ) => text_fits(&number.to_string(), data),
        _ => false,
    }
}

/// Whether a text is one of a value of that type, as it is in a column.
fn text_fits(text: &str, data: &DataType) -> bool {
    match data {
        DataType::String | DataType::Enum { .. } => true,
        DataType::Uuid => is_uuid(text),
        _ => parse(&StringArray::from(vec![text]), data).is_ok_and(|(_, failed)| !failed.value(0)),
    }
}
