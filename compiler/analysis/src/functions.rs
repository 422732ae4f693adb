//! The functions of predicates: what each is about. What is not about its argument's type has no meaning, and is told before any data is looked at.

use mlp_plan::DataType;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Any value.
    Any,
    /// A value that is one: no bytes, and nothing with parts.
    Plain,
    /// A number.
    Number,
    /// A number or a span of time: what can be added up.
    Amount,
    /// A number, a span or a point of time: what lies between two others.
    Measure,
    /// What has an end: a measure, or text.
    Ordered,
    /// Text.
    Text,
    /// What has a length.
    Long,
    /// A point of time.
    Instant,
    /// A point of time, or a time of day.
    Clock,
    /// A condition on a row.
    Condition,
    /// A share, written down.
    Share,
    /// A column of another contract.
    Other,
}

impl Takes {
    /// Whether a value of that type is one.
    #[must_use]
    pub const fn fits(self, data: &DataType) -> bool {
        let text = data.is_text() || matches!(data, DataType::Uuid);
        match self {
            Self::Any | Self::Condition | Self::Share | Self::Other => true,
            Self::Plain => data.is_ordered() || text || matches!(data, DataType::Bool | DataType::Json),
            Self::Number => data.is_numeric(),
            Self::Amount => data.is_numeric() || matches!(data, DataType::Duration),
            Self::Measure => data.is_ordered(),
            Self::Ordered => data.is_ordered() || text,
            Self::Text => text,
            Self::Long => {
                text || matches!(
                    data,
                    DataType::Json | DataType::Bytes | DataType::List(_) | DataType::Map(..) | DataType::Vector { .. }
                )
            }
            Self::Instant => matches!(data, DataType::Date | DataType::Timestamp { .. }),
            Self::Clock => matches!(data, DataType::Date | DataType::Timestamp { .. } | DataType::Time),
        }
    }

    /// What fits, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Any | Self::Condition | Self::Share | Self::Other => "values of any type",
            Self::Plain => "truth, numbers, dates, times, durations and text",
            Self::Number => "numbers",
            Self::Amount => "numbers and durations",
            Self::Measure => "numbers, dates, times and durations",
            Self::Ordered => "numbers, dates, times, durations and text",
            Self::Text => "text",
            Self::Long => "text, bytes, lists, maps and vectors",
            Self::Instant => "dates and timestamps",
            Self::Clock => "dates, timestamps and times of day",
        }
    }
}

/// A function with what its arguments are.
type Function = (&'static str, &'static [Takes]);

/// Functions of a row.
pub const OF_ROWS: [Function; 14] = [
    ("length", &[Takes::Long]),
    ("lower", &[Takes::Text]),
    ("upper", &[Takes::Text]),
    ("trim", &[Takes::Text]),
    ("abs", &[Takes::Number]),
    ("round", &[Takes::Number]),
    ("floor", &[Takes::Number]),
    ("ceil", &[Takes::Number]),
    ("is_none", &[Takes::Any]),
    ("coalesce", &[Takes::Plain, Takes::Plain]),
    ("year", &[Takes::Instant]),
    ("month", &[Takes::Instant]),
    ("day", &[Takes::Instant]),
    ("hour", &[Takes::Clock]),
];

/// Functions of a data set; their values are columns but for conditions and shares.
pub const OF_SETS: [Function; 13] = [
    ("rows", &[]),
    ("null_rate", &[Takes::Any]),
    ("distinct", &[Takes::Any]),
    ("mean", &[Takes::Measure]),
    ("min", &[Takes::Ordered]),
    ("max", &[Takes::Ordered]),
    ("sum", &[Takes::Amount]),
    ("stddev", &[Takes::Amount]),
    ("quantile", &[Takes::Measure, Takes::Share]),
    ("fraction", &[Takes::Condition]),
    ("freshness", &[Takes::Instant]),
    ("correlation", &[Takes::Number, Takes::Number]),
    ("referenced", &[Takes::Any, Takes::Other]),
];
