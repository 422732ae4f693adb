//! Which columns JSON lines have, and of which kind they are.

use std::io::{BufRead as _, BufReader, Read as _};

use mlp_plan::{DataType, StructField, ValueType};
use serde_json::Value;

use super::{clues::is_name, source::Source, types::Found};
use crate::{
    EngineError,
    table::{
        json::{Cursor, Kind, unescaped},
        records::LONGEST,
        text::{Text, read_error},
    },
};

/// Members of an object beyond which it is a document rather than a struct.
const MANY: usize = 64;

/// What a column was seen to hold.
#[derive(Default)]
struct Seen {
    name: String,
    bool: bool,
    number: bool,
    text: bool,
    nested: Option<Shape>,
}

/// The columns in the order in which they first appear. Numbers are floats until they are read.
pub(super) fn columns(source: &Source<'_>) -> Result<Vec<Found>, EngineError> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut rows = 0;
    for input in source.inputs {
        let blob = (input.open)()?;
        let text = Text::open(std::sync::Arc::clone(&blob))?;
        let mut reader = BufReader::with_capacity(1 << 18, text.stream()?);
        let mut raw = Vec::new();
        let mut number = 0_u64;
        loop {
            raw.clear();
            reader
                .by_ref()
                .take(LONGEST)
                .read_until(b'\n', &mut raw)
                .map_err(|error| read_error(blob.name(), error))?;
            if raw.is_empty() || source.sample == Some(rows) {
                break;
            }
            number += 1;
            let wrong = |words: &str| EngineError::malformed(blob.name(), format!("line {number}: {words}"));
            let line = std::str::from_utf8(&raw).map_err(|_| wrong("this is not UTF-8"))?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            Cursor::new(line)
                .object(|key, escaped, kind, value| see(&mut seen, key, escaped, kind, value))
                .map_err(wrong)?;
            rows += 1;
        }
    }
    Ok(seen.into_iter().map(|column| (column.name.clone(), column.data())).collect())
}

fn see(seen: &mut Vec<Seen>, key: &str, escaped: bool, kind: Kind, value: &str) {
    let key = if escaped { unescaped(key) } else { key.to_owned() };
    let at = seen.iter().position(|column| column.name == key).unwrap_or_else(|| {
        seen.push(Seen { name: key, ..Seen::default() });
        seen.len() - 1
    });
    let Some(column) = seen.get_mut(at) else { return };
    match kind {
        Kind::Null => {}
        Kind::Bool => column.bool = true,
        Kind::Number => column.number = true,
        Kind::Text(_) => column.text = true,
        Kind::Nested => {
            let shape = serde_json::from_str(value).map_or(Shape::Anything, |value| Shape::of(&value));
            column.nested = Some(column.nested.take().unwrap_or(Shape::Nothing).and(shape));
        }
    }
}

impl Seen {
    fn data(self) -> Result<DataType, String> {
        Ok(match (self.bool, self.number, self.text, self.nested) {
            (true, false, false, None) => DataType::Bool,
            (false, true, false, None) => DataType::Float(64),
            (false, false, _, None) => DataType::String,
            (false, false, false, Some(shape)) => shape.column(),
            (_, _, false, _) => DataType::Json,
            _ => return Err("it holds text and other kinds of values, and no type has both".to_owned()),
        })
    }
}

/// The form of what is inside of a list or object.
enum Shape {
    /// Nothing but nulls so far.
    Nothing,
    Bool,
    Whole,
    Float,
    Text,
    List(Box<Shape>, bool),
    Object(Vec<(String, Shape)>),
    /// No one form.
    Anything,
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_i64() => Self::Whole,
            Value::Number(_) => Self::Float,
            Value::String(_) => Self::Text,
            Value::Array(items) => {
                let item = items.iter().map(Self::of).fold(Self::Nothing, Self::and);
                Self::List(Box::new(item), items.iter().any(Value::is_null))
            }
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (name.clone(), Self::of(value))).collect())
            }
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, shape) | (shape, Self::Nothing) => shape,
            (Self::Bool, Self::Bool) => Self::Bool,
            (Self::Whole, Self::Whole) => Self::Whole,
            (Self::Whole | Self::Float, Self::Whole | Self::Float) => Self::Float,
            (Self::Text, Self::Text) => Self::Text,
            (Self::List(one, null), Self::List(other, also)) => Self::List(Box::new(one.and(*other)), null || also),
            (Self::Object(mut members), Self::Object(more)) => {
                for (name, shape) in more {
                    match members.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, known)) => *known = std::mem::replace(known, Self::Nothing).and(shape),
                        None => members.push((name, shape)),
                    }
                }
                if members.len() > MANY { Self::Anything } else { Self::Object(members) }
            }
            _ => Self::Anything,
        }
    }

    /// As a column: a document where it has no one form.
    fn column(&self) -> DataType {
        self.data().unwrap_or(DataType::Json)
    }

    fn data(&self) -> Option<DataType> {
        Some(match self {
            Self::Nothing | Self::Text => DataType::String,
            Self::Bool => DataType::Bool,
            Self::Whole => DataType::Int(64),
            Self::Float => DataType::Float(64),
            Self::List(item, null) => {
                DataType::List(Box::new(ValueType { nullable: *null, ..ValueType::plain(item.data()?) }))
            }
            Self::Object(members) => {
                let field = |(name, shape): &(String, Self)| {
                    let value = ValueType::plain(shape.data()?).or_null();
                    is_name(name).then(|| StructField { name: name.clone(), value, default: None })
                };
                if members.is_empty() {
                    return None;
                }
                DataType::Struct(members.iter().map(field).collect::<Option<_>>()?)
            }
            Self::Anything => return None,
        })
    }
}
