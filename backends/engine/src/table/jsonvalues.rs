//! Values of one type out of JSON, gathered into arrays as deep as the type goes. What scalars are made of stays text, as it is written: inside of lists and
//! structs it is judged as in a column, when it is cast. Keys are judged here, since a map has no row to blame.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, ListArray, MapArray, NullBufferBuilder, StringArray, StringBuilder, StructArray},
    buffer::OffsetBuffer,
    datatypes::{DataType as ArrowType, Field, Fields},
};
use mlp_plan::DataType;

use super::{
    json::{Cursor, Kind, unescaped},
    parse::{is_uuid, parse},
};
use crate::EngineError;

/// Which kinds of JSON a scalar is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Bool,
    /// Numbers; decimals and durations may be text as well, where a float would not do.
    Number {
        text: bool,
    },
    Text,
    Anything,
}

/// Values as they are gathered, a row after the other.
#[derive(Debug)]
pub struct Values(Shape);

#[derive(Debug)]
enum Shape {
    Scalar(Takes, StringBuilder),
    List(Box<Values>, Rows),
    Map(DataType, StringBuilder, Box<Values>, Rows),
    Struct(Vec<(String, Values)>, NullBufferBuilder),
}

/// How many items each row has, and which rows are null.
#[derive(Debug)]
struct Rows {
    lengths: Vec<usize>,
    valid: NullBufferBuilder,
}

impl Default for Rows {
    fn default() -> Self {
        Self { lengths: Vec::new(), valid: NullBufferBuilder::new(0) }
    }
}

impl Rows {
    fn push(&mut self, length: usize, valid: bool) {
        self.lengths.push(length);
        self.valid.append(valid);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<arrow::buffer::NullBuffer>) {
        (OffsetBuffer::from_lengths(std::mem::take(&mut self.lengths)), self.valid.finish())
    }
}

impl Values {
    /// Of a type.
    #[must_use]
    pub fn new(data: &DataType) -> Self {
        let scalar = |takes| Shape::Scalar(takes, StringBuilder::new());
        Self(match data {
            DataType::Bool => scalar(Takes::Bool),
            DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) => scalar(Takes::Number { text: false }),
            DataType::Decimal { .. } | DataType::Duration => scalar(Takes::Number { text: true }),
            DataType::Json => scalar(Takes::Anything),
            // a vector's length is judged when it is cast
            DataType::List(element) | DataType::Vector { element, .. } => {
                Shape::List(Box::new(Self::new(&element.data)), Rows::default())
            }
            DataType::Map(key, value) => {
                let values = Box::new(Self::new(&value.data));
                Shape::Map(key.data.clone(), StringBuilder::new(), values, Rows::default())
            }
            DataType::Struct(fields) => {
                let fields = fields.iter().map(|field| (field.name.clone(), Self::new(&field.value.data)));
                Shape::Struct(fields.collect(), NullBufferBuilder::new(0))
            }
            _ => scalar(Takes::Text),
        })
    }

    /// The type of the arrays that come of it.
    #[must_use]
    pub fn arrow(&self) -> ArrowType {
        match &self.0 {
            Shape::Scalar(..) => ArrowType::Utf8,
            Shape::List(items, _) => ArrowType::List(item(items)),
            Shape::Map(_, _, values, _) => ArrowType::Map(entries(values), false),
            Shape::Struct(fields, _) => ArrowType::Struct(named(fields)),
        }
    }

    /// Takes the value of the next row, text without its quotes; `None` where there is none. Tells whether it is of a kind that the type is written in: null is of
    /// every kind, and whether it may be there is a rule of its own.
    pub fn push(&mut self, value: Option<(Kind, &str)>) -> bool {
        let value = value.filter(|(kind, _)| *kind != Kind::Null);
        match &mut self.0 {
            Shape::Scalar(takes, text) => scalar(*takes, text, value),
            Shape::List(items, rows) => {
                let (mut fits, mut length) = (true, 0);
                let read = value.map(|(_, text)| {
                    Cursor::new(text).array(|kind, text| {
                        fits &= items.push(Some((kind, text)));
                        length += 1;
                    })
                });
                let list = matches!(read, Some(Ok(())));
                rows.push(length, list);
                value.is_none() || (list && fits)
            }
            Shape::Map(data, keys, values, rows) => {
                let (mut fits, mut length) = (true, 0);
                let read = value.map(|(_, text)| {
                    Cursor::new(text).object(|key, escaped, kind, value| {
                        let key = if escaped { unescaped(key) } else { key.to_owned() };
                        if key_fits(&key, data) {
                            keys.append_value(key);
                            fits &= values.push(Some((kind, value)));
                            length += 1;
                        } else {
                            fits = false;
                        }
                    })
                });
                let map = matches!(read, Some(Ok(())));
                rows.push(length, map);
                value.is_none() || (map && fits)
            }
            Shape::Struct(fields, valid) => {
                let mut cells = vec![None; fields.len()];
                let read = value.map(|(_, text)| {
                    Cursor::new(text).object(|key, escaped, kind, value| {
                        let is = |name: &str| if escaped { name == unescaped(key) } else { name == key };
                        let known = fields.iter().zip(&mut cells).find(|((name, _), _)| is(name));
                        if let Some((_, cell)) = known {
                            *cell = Some((kind, value));
                        }
                    })
                });
                let is = matches!(read, Some(Ok(())));
                valid.append(is);
                let inner =
                    fields.iter_mut().zip(cells).fold(true, |fits, ((_, values), cell)| values.push(cell) && fits);
                value.is_none() || (is && inner)
            }
        }
    }

    /// All rows as an array; none are left.
    ///
    /// # Errors
    /// Where Arrow does not take them.
    pub fn finish(&mut self) -> Result<ArrayRef, EngineError> {
        Ok(match &mut self.0 {
            Shape::Scalar(_, text) => Arc::new(text.finish()),
            Shape::List(items, rows) => {
                let (offsets, nulls) = rows.finish();
                Arc::new(ListArray::try_new(item(items), offsets, items.finish()?, nulls)?)
            }
            Shape::Map(_, keys, values, rows) => {
                let (field, (offsets, nulls)) = (entries(values), rows.finish());
                let ArrowType::Struct(fields) = field.data_type().clone() else {
                    return Err(EngineError::refused("a map has entries"));
                };
                let inner = StructArray::try_new(fields, vec![Arc::new(keys.finish()), values.finish()?], None)?;
                Arc::new(MapArray::try_new(field, offsets, inner, nulls, false)?)
            }
            Shape::Struct(fields, valid) => {
                let (types, rows) = (named(fields), valid.len());
                let arrays = fields.iter_mut().map(|(_, values)| values.finish()).collect::<Result<Vec<_>, _>>()?;
                Arc::new(StructArray::try_new_with_length(types, arrays, valid.finish(), rows)?)
            }
        })
    }
}

fn item(items: &Values) -> Arc<Field> {
    Arc::new(Field::new("item", items.arrow(), true))
}

fn entries(values: &Values) -> Arc<Field> {
    let fields = vec![Field::new("key", ArrowType::Utf8, false), Field::new("value", values.arrow(), true)];
    Arc::new(Field::new("entries", ArrowType::Struct(fields.into()), false))
}

fn named(fields: &[(String, Values)]) -> Fields {
    fields.iter().map(|(name, values)| Field::new(name, values.arrow(), true)).collect()
}

/// A value that is of no kind of the type stays as it is written, to be shown.
fn scalar(takes: Takes, out: &mut StringBuilder, value: Option<(Kind, &str)>) -> bool {
    let Some((kind, text)) = value else {
        out.append_null();
        return true;
    };
    let fits = matches!(
        (takes, kind),
        (Takes::Anything, _)
            | (Takes::Bool, Kind::Bool)
            | (Takes::Number { .. }, Kind::Number)
            | (Takes::Text | Takes::Number { text: true }, Kind::Text(_))
    );
    match kind {
        Kind::Text(true) if fits => out.append_value(unescaped(text)),
        Kind::Text(_) if !fits => out.append_value(format!("\"{text}\"")),
        _ => out.append_value(text),
    }
    fits
}

/// Whether a text is a key of that type, as it is in a column.
fn key_fits(text: &str, data: &DataType) -> bool {
    match data {
        DataType::String | DataType::Enum { .. } => true,
        DataType::Uuid => is_uuid(text),
        _ => parse(&StringArray::from(vec![text]), data).is_ok_and(|(_, failed)| !failed.value(0)),
    }
}
