//! Python that checks rows as the engine does: pydantic, pandera for polars, pyarrow. Written only.

mod frames;
mod literals;
mod models;

use mlp_plan::{Column, Compatibility, Constraint, Contract, DataType, Literal, TimeUnit, ValueType};

pub(crate) use frames::{pandera, pyarrow};
pub(crate) use models::pydantic;

use crate::{pattern, rest::Voice, voice::first_of_each};

/// What each of the three checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// A row.
    Pydantic,
    /// A frame of polars.
    Pandera,
    /// A table of Arrow.
    Pyarrow,
}

impl Spoken {
    fn data(self, data: &DataType) -> DataType {
        match (self, data) {
            (Self::Pydantic, DataType::Float(_)) => DataType::Float(64),
            (Self::Pydantic, DataType::Timestamp { naive, .. }) => {
                DataType::Timestamp { unit: TimeUnit::Us, naive: *naive }
            }
            (_, DataType::Enum { open: true, .. }) => DataType::String,
            (Self::Pandera | Self::Pyarrow, DataType::Uuid | DataType::Json) => DataType::String,
            (Self::Pandera, DataType::Map(key, item)) => {
                let field = |name: &str, value: &ValueType| mlp_plan::StructField {
                    name: name.to_owned(),
                    value: value.clone(),
                    default: None,
                };
                let entry = DataType::Struct(vec![field("key", key), field("value", item)]);
                DataType::List(Box::new(ValueType::plain(entry)))
            }
            (_, other) => other.clone(),
        }
    }

    fn says(self, data: &DataType, constraint: &Constraint) -> Option<u8> {
        match constraint {
            Constraint::Range { low, high } => {
                let ends = low.iter().chain(high).all(|end| literals::py(end, data).is_some());
                ends.then_some(0)
            }
            Constraint::Length { .. } => {
                let counted = matches!(data, DataType::String | DataType::List(_));
                (counted || (self == Self::Pydantic && matches!(data, DataType::Bytes | DataType::Map(..))))
                    .then_some(1)
            }
            // pydantic and polars have the engine's own regular expressions, Arrow has others
            Constraint::Matches(re) => {
                let same = self != Self::Pyarrow || pattern::is_portable(re);
                (*data == DataType::String && same).then_some(2)
            }
            Constraint::OneOf(members) => {
                let fits = |member: &Literal| match (member, data) {
                    (Literal::Text(_), DataType::String | DataType::Enum { .. })
                    | (Literal::Bool(_), DataType::Bool) => true,
                    (Literal::Number(number), DataType::Int(_) | DataType::Uint(_)) => number.is_integer(),
                    _ => false,
                };
                (!members.is_empty() && members.iter().all(fits)).then_some(3)
            }
            Constraint::Unique => (self != Self::Pydantic).then_some(4),
            Constraint::Where(_) => None,
        }
    }
}

impl Voice for Spoken {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = self.data(&value.data);
        let constraints = first_of_each(&value.constraints, |constraint| self.says(&data, constraint));
        ValueType { data, nullable: value.nullable, unit: None, constraints }
    }

    fn inner(&self, value: &ValueType) -> ValueType {
        match self {
            Self::Pydantic => self.value(value),
            _ => ValueType { nullable: true, constraints: Vec::new(), ..self.value(value) },
        }
    }

    fn column(&self, column: &Column) -> Column {
        let default = column.default.clone().filter(|default| {
            *self == Self::Pydantic && literals::py(default, &self.data(&column.value.data)).is_some()
        });
        Column { doc: column.doc.clone(), default, ..Column::plain(column.name.as_str(), column.value.clone()) }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        let sets = *self != Self::Pydantic;
        Contract {
            name: contract.name.clone(),
            doc: contract.doc.clone(),
            compatibility: Compatibility::None,
            keys: if sets { contract.keys.clone() } else { Vec::new() },
            uniques: if sets { contract.uniques.clone() } else { Vec::new() },
            ..Contract::default()
        }
    }

    fn inner_default(&self, value: &ValueType, default: &Literal) -> bool {
        *self == Self::Pydantic && literals::py(default, &self.data(&value.data)).is_some()
    }
}
