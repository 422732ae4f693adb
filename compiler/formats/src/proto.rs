//! Protobuf: a message is a contract.

mod read;
mod source;
mod write;

use mlp_plan::{Column, Compatibility, Contract, DataType, TimeUnit, ValueType};

pub(crate) use read::import;
pub(crate) use write::export;

use crate::{mlp::tidy_doc, names, rest::Voice};

/// What Protobuf says by itself. It has no room for anything else.
pub(crate) struct Proto;

impl Proto {
    fn data(data: &DataType) -> DataType {
        match data {
            DataType::Int(8 | 16) => DataType::Int(32),
            DataType::Uint(8 | 16) => DataType::Uint(32),
            DataType::Decimal { .. } | DataType::Uuid | DataType::Date | DataType::Time | DataType::Json => {
                DataType::String
            }
            DataType::Timestamp { .. } => DataType::Timestamp { unit: TimeUnit::Ns, naive: false },
            DataType::Enum { members, open }
                if *open || !members.iter().all(|member| is_name(member) && !member.ends_with(UNSET)) =>
            {
                DataType::String
            }
            // lists of lists, and maps with a key that has no words, have no form of their own
            DataType::List(element) | DataType::Vector { element, .. } => match element.data {
                DataType::List(_) | DataType::Vector { .. } | DataType::Map(..) => DataType::String,
                _ => DataType::List(element.clone()),
            },
            DataType::Map(key, item) => {
                let key_fits = matches!(
                    key.data,
                    DataType::String | DataType::Bool | DataType::Int(32 | 64) | DataType::Uint(32 | 64)
                );
                let item_fits = !matches!(item.data, DataType::List(_) | DataType::Vector { .. } | DataType::Map(..));
                if key_fits && item_fits { data.clone() } else { DataType::String }
            }
            other => other.clone(),
        }
    }
}

impl Voice for Proto {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = Self::data(&value.data);
        // what is repeated is empty, never null
        let nullable = value.nullable && !matches!(data, DataType::List(_) | DataType::Map(..));
        ValueType { data, nullable, unit: None, constraints: Vec::new() }
    }

    fn inner(&self, value: &ValueType) -> ValueType {
        ValueType { nullable: false, ..self.value(value) }
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| is_comment(doc)),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| is_comment(doc)),
            compatibility: Compatibility::None,
            ..Contract::default()
        }
    }
}

fn is_comment(doc: &str) -> bool {
    tidy_doc(doc).as_deref() == Some(doc)
        && !doc.contains(|c: char| c.is_control() && c != '\n')
        && doc.lines().all(|line| line.trim_start() == line)
}

/// Whether Protobuf takes a text for a name.
fn is_name(text: &str) -> bool {
    text.is_ascii() && crate::mlp::is_name(text) && !text.starts_with('_')
}

/// What the style guide calls the member that stands for nothing.
const UNSET: &str = "UNSPECIFIED";

/// `DepDelay` as `DEP_DELAY`: the prefix of an enum's members.
fn upper(name: &str) -> String {
    let letters = name.chars().enumerate().flat_map(|(at, c)| {
        let gap = (c.is_uppercase() && at > 0).then_some('_');
        gap.into_iter().chain(c.to_uppercase()).collect::<Vec<_>>()
    });
    letters.collect()
}
