//! Types of values: what a column, a parameter or an element holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Constraint, Literal};

/// The type of one value, without null-ness, unit and constraints.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    /// `bool`.
    Bool,
    /// `int8` .. `int64`: signed, by width in bits.
    Int(u8),
    /// `uint8` .. `uint64`: by width in bits.
    Uint(u8),
    /// `float32`, `float64`: by width in bits.
    Float(u8),
    /// `decimal(precision, scale)`.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// `string`.
    String,
    /// `bytes`.
    Bytes,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `time`: time of day, µs.
    Time,
    /// `timestamp`: an instant in UTC, or a wall-clock time where naive.
    Timestamp {
        /// Its resolution.
        unit: TimeUnit,
        /// Whether it is a wall-clock time without zone.
        naive: bool,
    },
    /// `duration`, ns.
    Duration,
    /// `json`: a string that holds a JSON document.
    Json,
    /// `enum { A, B, .. }`.
    Enum {
        /// The members, in the order written.
        members: Vec<String>,
        /// Whether others may occur.
        open: bool,
    },
    /// `list<T>`.
    List(Box<ValueType>),
    /// `map<K, V>`.
    Map(Box<ValueType>, Box<ValueType>),
    /// `struct { a: T }`.
    Struct(Vec<StructField>),
    /// `vector<T, n>`: a list of exactly `length` non-null elements.
    Vector {
        /// Type of the elements.
        element: Box<ValueType>,
        /// How many.
        length: u32,
    },
}

/// Resolution of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

/// A type with all that holds for its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ValueType {
    /// The type proper.
    pub data: DataType,
    /// Whether it may be null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// The unit, a free name compared by spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What holds for every non-null value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StructField {
    /// Its name.
    pub name: String,
    /// Its type.
    pub value: ValueType,
    /// What a reader takes where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
}

impl ValueType {
    /// A type that is never null, without unit and constraints.
    #[must_use]
    pub const fn plain(data: DataType) -> Self {
        Self { data, nullable: false, unit: None, constraints: Vec::new() }
    }

    /// The same, but nullable.
    #[must_use]
    pub fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }
}

impl DataType {
    /// Whether its values are ordered numbers.
    #[must_use]
    pub const fn is_numeric(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Uint(_) | Self::Float(_) | Self::Decimal { .. })
    }

    /// Whether `in lo .. hi` may speak of it.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        self.is_numeric() || matches!(self, Self::Date | Self::Time | Self::Timestamp { .. } | Self::Duration)
    }

    /// Whether it is text: a string, or an enum seen as one.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::String | Self::Enum { .. })
    }
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int(bits) => write!(f, "int{bits}"),
            Self::Uint(bits) => write!(f, "uint{bits}"),
            Self::Float(bits) => write!(f, "float{bits}"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Uuid => f.write_str("uuid"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp { naive: true, .. } => f.write_str("timestamp(naive)"),
            Self::Timestamp { unit: TimeUnit::Us, .. } => f.write_str("timestamp"),
            Self::Timestamp { unit: TimeUnit::Ms, .. } => f.write_str("timestamp(ms)"),
            Self::Timestamp { unit: TimeUnit::Ns, .. } => f.write_str("timestamp(ns)"),
            Self::Duration => f.write_str("duration"),
            Self::Json => f.write_str("json"),
            Self::Enum { members, open } => {
                let rest = if *open { ", .." } else { "" };
                write!(f, "enum {{ {}{rest} }}", members.join(", "))
            }
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Struct(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect();
                write!(f, "struct {{ {} }}", fields.join(", "))
            }
            Self::Vector { element, length } => write!(f, "vector<{element}, {length}>"),
        }
    }
}

impl std::fmt::Display for ValueType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.data, if self.nullable { "?" } else { "" })
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}
