//! Values that a program spells out.

use std::{cmp::Ordering, fmt};

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An exact value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Literal {
    /// `none`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An exact decimal, as a string in JSON; a percentage is already divided by 100.
    Number(BigDecimal),
    /// `nan`.
    Nan,
    /// Text; also the member of an enum, a uuid, JSON.
    Text(String),
    /// Nanoseconds.
    Duration(i64),
    /// Bytes.
    Size(u64),
    /// A day.
    Date(#[schemars(with = "String")] NaiveDate),
    /// A time of day.
    Time(#[schemars(with = "String")] NaiveTime),
    /// An instant in UTC, or a wall-clock time where the type is naive.
    Timestamp(#[schemars(with = "String")] NaiveDateTime),
    /// `[a, b]`.
    List(Vec<Literal>),
}

impl Literal {
    /// The order of two values of one kind; dates and timestamps compare as midnight. `None` where they have none.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Number(a), Self::Number(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (Self::Size(a), Self::Size(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a), Self::Timestamp(b)) => Some(a.cmp(b)),
            (Self::Date(a), Self::Timestamp(b)) => Some(midnight(*a).cmp(b)),
            (Self::Timestamp(a), Self::Date(b)) => Some(a.cmp(&midnight(*b))),
            _ => None,
        }
    }

    /// The number as the nearest float; `nan` for `nan`, `None` for anything else.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            // the text of a decimal is parsed to the nearest float; `to_f64` of the library is off by some ulps for large exponents
            Self::Number(number) => number.to_string().parse().ok(),
            Self::Nan => Some(f64::NAN),
            _ => None,
        }
    }

    /// The number as an integer, where it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        use bigdecimal::ToPrimitive as _;
        match self {
            Self::Number(number) if number.is_integer() => number.to_i64(),
            _ => None,
        }
    }
}

/// The first instant of a day.
#[must_use]
pub fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

/// As a program would spell it.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("none"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) => f.write_str(&value.normalized().to_plain_string()),
            Self::Nan => f.write_str("nan"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Duration(value) => f.write_str(&duration_text(*value)),
            Self::Size(value) => f.write_str(&size_text(*value)),
            Self::Date(value) => write!(f, "{value}"),
            Self::Time(value) => write!(f, "{value}"),
            Self::Timestamp(value) => write!(f, "{}Z", value.format("%Y-%m-%dT%H:%M:%S%.f")),
            Self::List(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", values.join(", "))
            }
        }
    }
}

/// Nanoseconds as a duration literal in the largest unit that divides them: `90min`, `1500ms`.
#[must_use]
pub fn duration_text(nanoseconds: i64) -> String {
    const UNITS: [(&str, i64); 8] = [
        ("w", 604_800_000_000_000),
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("min", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
    ];
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let (unit, size) = UNITS.into_iter().find(|(_, size)| nanoseconds % size == 0).unwrap_or(("ns", 1));
    format!("{}{unit}", nanoseconds / size)
}

/// Bytes as a size literal in the largest unit that divides them: `4GiB`.
#[must_use]
pub fn size_text(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.into_iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => format!("{bytes}"),
    }
}
