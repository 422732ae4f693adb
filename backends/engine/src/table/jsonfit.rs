//! Whether a JSON value is of the kind that a type is written in, as deep as it goes. What the text of a number or of a day says is judged as in a column, when it
//! is cast; keys are judged here, since a map has no row to blame.

use arrow::array::StringArray;
use mlp_plan::DataType;
use serde_json::Value;

use super::parse::{is_uuid, parse};

/// Whether it is. A null is of every kind: whether it may be there is a rule of its own.
pub fn fits(value: &Value, data: &DataType) -> bool {
    match (value, data) {
        (Value::Null, _) | (_, DataType::Json) | (Value::Bool(_), DataType::Bool) => true,
        (Value::Array(items), DataType::List(element)) => items.iter().all(|item| fits(item, &element.data)),
        (Value::Array(items), DataType::Vector { element, length }) => {
            items.len() as u64 == u64::from(*length) && items.iter().all(|item| fits(item, &element.data))
        }
        (Value::Object(entries), DataType::Map(key, value)) => {
            entries.iter().all(|(name, entry)| key_fits(name, &key.data) && fits(entry, &value.data))
        }
        (Value::Object(entries), DataType::Struct(fields)) => {
            fields.iter().all(|field| entries.get(&field.name).is_none_or(|entry| fits(entry, &field.value.data)))
        }
        (Value::Number(_), DataType::Int(_) | DataType::Uint(_) | DataType::Float(_))
        | (Value::Number(_) | Value::String(_), DataType::Decimal { .. } | DataType::Duration)
        | (Value::String(_), DataType::String | DataType::Enum { .. } | DataType::Bytes | DataType::Uuid)
        | (Value::String(_), DataType::Date | DataType::Time | DataType::Timestamp { .. }) => true,
        _ => false,
    }
}

/// Whether a text is a key of that type, as it is in a column.
fn key_fits(text: &str, data: &DataType) -> bool {
    match data {
        DataType::String | DataType::Enum { .. } => true,
        DataType::Uuid => is_uuid(text),
        _ => parse(&StringArray::from(vec![text]), data).is_ok_and(|(_, failed)| !failed.value(0)),
    }
}
