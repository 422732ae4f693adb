//! Avro schemas: a record is a contract.

mod read;
mod write;

use mlp_plan::{Column, Compatibility, Contract, DataType, Literal, ValueType};

pub(crate) use read::import;
pub(crate) use write::export;

use crate::{mlp::tidy_doc, names, rest::Voice};

/// What Avro says by itself.
pub(crate) struct Avro;

impl Voice for Avro {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = match &value.data {
            DataType::Int(8 | 16) | DataType::Uint(8 | 16) => DataType::Int(32),
            DataType::Uint(32) | DataType::Duration => DataType::Int(64),
            DataType::Uint(_) => DataType::Decimal { precision: 20, scale: 0 },
            DataType::Json => DataType::String,
            DataType::Enum { members, open } if *open || !members.iter().all(|member| is_name(member)) => {
                DataType::String
            }
            DataType::Vector { element, .. } => DataType::List(element.clone()),
            DataType::Map(key, item) if **key != ValueType::plain(DataType::String) => {
                DataType::Map(Box::new(ValueType::plain(DataType::String)), item.clone())
            }
            other => other.clone(),
        };
        ValueType { data, nullable: value.nullable, unit: None, constraints: Vec::new() }
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            was: column.was.clone().filter(|was| is_name(was)),
            default: column.default.clone().filter(|default| has_default(&column.value, default)),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| tidy_doc(doc).as_deref() == Some(doc)),
            compatibility: Compatibility::None,
            ..Contract::default()
        }
    }

    fn inner_default(&self, value: &ValueType, default: &Literal) -> bool {
        has_default(value, default)
    }
}

/// Whether a default has a form in Avro, and the same one when it is read.
fn has_default(value: &ValueType, default: &Literal) -> bool {
    match (default, &Avro.value(value).data) {
        (Literal::Null, _) => value.nullable,
        (Literal::Number(number), DataType::Int(_)) => number.is_integer(),
        (Literal::Number(number), DataType::Float(_)) => crate::values::number_text(number).is_some(),
        (Literal::Bool(_), DataType::Bool) | (Literal::Text(_), DataType::String | DataType::Enum { .. }) => true,
        _ => false,
    }
}

/// Whether Avro takes a text for a name.
fn is_name(text: &str) -> bool {
    text.is_ascii() && crate::mlp::is_name(text)
}
