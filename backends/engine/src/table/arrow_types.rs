//! The one Arrow type of every type of the language. `docs/reference/types.md` shows it as a table, which a test holds to this.

use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field, Fields, Schema, SchemaRef, TimeUnit as ArrowUnit};
use mlp_plan::{Contract, DataType, TimeUnit, ValueType};

/// The zone of every timestamp that is an instant.
pub const UTC: &str = "UTC";

/// The way back, of types that have neither parts nor digits nor units: the type that holds every value of an Arrow type; `None` for all others.
#[must_use]
pub const fn flat(arrow: &ArrowType) -> Option<DataType> {
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
        ArrowType::Float32 => DataType::Float(32),
        ArrowType::Float64 => DataType::Float(64),
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView | ArrowType::FixedSizeBinary(_) => {
            DataType::Bytes
        }
        ArrowType::Date32 | ArrowType::Date64 => DataType::Date,
        ArrowType::Time32(_) | ArrowType::Time64(_) => DataType::Time,
        ArrowType::Duration(_) => DataType::Duration,
        _ => return None,
    })
}

/// The unit of timestamps that holds every instant of an Arrow unit. Seconds are kept in milliseconds: the language has no coarser unit.
#[must_use]
pub const fn time_unit(unit: ArrowUnit) -> TimeUnit {
    match unit {
        ArrowUnit::Second | ArrowUnit::Millisecond => TimeUnit::Ms,
        ArrowUnit::Microsecond => TimeUnit::Us,
        ArrowUnit::Nanosecond => TimeUnit::Ns,
    }
}

/// The Arrow type of a type. Inner fields are nullable throughout: what is inside a value is the contract's matter, and Arrow would not let a batch be
/// looked at that breaks it.
#[must_use]
pub fn arrow_type(data: &DataType) -> ArrowType {
    match data {
        DataType::Bool => ArrowType::Boolean,
        DataType::Int(8) => ArrowType::Int8,
        DataType::Int(16) => ArrowType::Int16,
        DataType::Int(32) => ArrowType::Int32,
        DataType::Int(_) => ArrowType::Int64,
        DataType::Uint(8) => ArrowType::UInt8,
        DataType::Uint(16) => ArrowType::UInt16,
        DataType::Uint(32) => ArrowType::UInt32,
        DataType::Uint(_) => ArrowType::UInt64,
        DataType::Float(32) => ArrowType::Float32,
        DataType::Float(_) => ArrowType::Float64,
        DataType::Decimal { precision, scale } => {
            let scale = i8::try_from(*scale).unwrap_or(i8::MAX);
            if *precision <= 38 {
                ArrowType::Decimal128(*precision, scale)
            } else {
                ArrowType::Decimal256(*precision, scale)
            }
        }
        // Text where no tool agrees on a richer type: a uuid is written lower-case with hyphens, an enum as its member, JSON as it is.
        DataType::String | DataType::Uuid | DataType::Json | DataType::Enum { .. } => ArrowType::Utf8,
        DataType::Bytes => ArrowType::Binary,
        DataType::Date => ArrowType::Date32,
        DataType::Time => ArrowType::Time64(ArrowUnit::Microsecond),
        DataType::Timestamp { unit, naive } => ArrowType::Timestamp(arrow_unit(*unit), (!naive).then(|| UTC.into())),
        DataType::Duration => ArrowType::Duration(ArrowUnit::Nanosecond),
        DataType::List(element) => ArrowType::List(Arc::new(inner("item", element))),
        DataType::Map(key, value) => {
            let entries = Fields::from(vec![inner("key", key).with_nullable(false), inner("value", value)]);
            ArrowType::Map(Arc::new(Field::new("entries", ArrowType::Struct(entries), false)), false)
        }
        DataType::Struct(fields) => {
            ArrowType::Struct(fields.iter().map(|field| inner(&field.name, &field.value)).collect())
        }
        DataType::Vector { element, length } => {
            ArrowType::FixedSizeList(Arc::new(inner("item", element)), i32::try_from(*length).unwrap_or(i32::MAX))
        }
    }
}

/// A field of that name, nullable where its type is.
#[must_use]
pub fn arrow_field(name: &str, value: &ValueType) -> Field {
    Field::new(name, arrow_type(&value.data), value.nullable)
}

fn inner(name: &str, value: &ValueType) -> Field {
    Field::new(name, arrow_type(&value.data), true)
}

/// The schema of tables under a contract: its columns in order, nullable where [`Contract::may_be_null`] says so.
#[must_use]
pub fn arrow_schema(contract: &Contract) -> SchemaRef {
    let fields = contract
        .columns
        .iter()
        .map(|column| Field::new(&column.name, arrow_type(&column.value.data), contract.may_be_null(column)));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Arrow's word for a resolution.
#[must_use]
pub const fn arrow_unit(unit: TimeUnit) -> ArrowUnit {
    match unit {
        TimeUnit::Ms => ArrowUnit::Millisecond,
        TimeUnit::Us => ArrowUnit::Microsecond,
        TimeUnit::Ns => ArrowUnit::Nanosecond,
    }
}

/// Whether every value of an Arrow type is one of the language's type, whatever it is: `int32` of `int64`, not the other way around. What is inside of lists,
/// maps and structs is left to a look at the values, and so is text, which has types of its own.
#[must_use]
pub fn widens(from: &ArrowType, to: &DataType) -> bool {
    let integer = |from: &ArrowType| -> Option<(bool, u8)> {
        Some(match from {
            ArrowType::Int8 => (true, 8),
            ArrowType::Int16 => (true, 16),
            ArrowType::Int32 => (true, 32),
            ArrowType::Int64 => (true, 64),
            ArrowType::UInt8 => (false, 8),
            ArrowType::UInt16 => (false, 16),
            ArrowType::UInt32 => (false, 32),
            ArrowType::UInt64 => (false, 64),
            _ => return None,
        })
    };
    match (from, to) {
        (ArrowType::Dictionary(_, values), _) => widens(values, to),
        (_, DataType::Int(bits)) => {
            integer(from).is_some_and(|(signed, from)| if signed { from <= *bits } else { from < *bits })
        }
        (_, DataType::Uint(bits)) => integer(from).is_some_and(|(signed, from)| !signed && from <= *bits),
        (ArrowType::Float32, DataType::Float(_)) | (ArrowType::Float64, DataType::Float(64)) => true,
        (_, DataType::Float(bits)) => integer(from).is_some_and(|(_, from)| from <= if *bits == 64 { 32 } else { 16 }),
        (
            ArrowType::Decimal32(digits, scale)
            | ArrowType::Decimal64(digits, scale)
            | ArrowType::Decimal128(digits, scale)
            | ArrowType::Decimal256(digits, scale),
            DataType::Decimal { precision, scale: behind },
        ) => {
            let before = |digits: u8, scale: i16| i16::from(digits) - scale;
            let (scale, behind) = (i16::from(*scale), i16::from(*behind));
            scale <= behind && before(*digits, scale) <= before(*precision, behind)
        }
        (_, DataType::Decimal { .. }) => false,
        (ArrowType::Timestamp(from, _), DataType::Timestamp { unit, .. }) => {
            let fine = |unit: &ArrowUnit| match unit {
                ArrowUnit::Second => 0,
                ArrowUnit::Millisecond => 3,
                ArrowUnit::Microsecond => 6,
                ArrowUnit::Nanosecond => 9,
            };
            fine(from) <= fine(&arrow_unit(*unit))
        }
        (ArrowType::Timestamp(..) | ArrowType::Date64, DataType::Date)
        | (ArrowType::Time64(ArrowUnit::Nanosecond), DataType::Time) => false,
        _ => true,
    }
}

/// An Arrow type as a program would spell the nearest type: for messages.
#[must_use]
pub fn words(data: &ArrowType) -> String {
    match data {
        ArrowType::Null => "nothing but nulls".to_owned(),
        ArrowType::Boolean => "bool".to_owned(),
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => "string".to_owned(),
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView | ArrowType::FixedSizeBinary(_) => {
            "bytes".to_owned()
        }
        ArrowType::Date32 | ArrowType::Date64 => "date".to_owned(),
        ArrowType::Time32(_) | ArrowType::Time64(_) => "time".to_owned(),
        ArrowType::Duration(_) => "duration".to_owned(),
        ArrowType::Timestamp(_, None) => "timestamp(naive)".to_owned(),
        ArrowType::Timestamp(ArrowUnit::Nanosecond, Some(_)) => "timestamp(ns)".to_owned(),
        ArrowType::Timestamp(ArrowUnit::Millisecond, Some(_)) => "timestamp(ms)".to_owned(),
        ArrowType::Timestamp(_, Some(_)) => "timestamp".to_owned(),
        ArrowType::Decimal32(precision, scale)
        | ArrowType::Decimal64(precision, scale)
        | ArrowType::Decimal128(precision, scale)
        | ArrowType::Decimal256(precision, scale) => format!("decimal({precision}, {scale})"),
        ArrowType::Dictionary(_, values) => words(values),
        ArrowType::List(element) | ArrowType::LargeList(element) | ArrowType::FixedSizeList(element, _) => {
            format!("list<{}>", words(element.data_type()))
        }
        ArrowType::Map(..) => "map".to_owned(),
        ArrowType::Struct(_) => "struct".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
