//! Metrics: what a report measures, in which unit, and which way is better.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Literal;

/// A `metrics` block, with the parameters that change its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Metrics {
    /// Its name: `std.evaluate.Binary`, or one of the package's.
    pub name: String,
    /// `threshold: 0.3`: what changes the values is part of the type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Literal>,
    /// The metrics, groups flattened: `latency.p99`. Every report also has `rows`.
    pub metrics: Vec<Metric>,
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// Its name, with its group: `latency.p99`.
    pub name: String,
    /// What it measures.
    pub measure: Measure,
    /// Its unit, where it has one beyond its measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The smallest value that it can have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Literal>,
    /// The largest value that it can have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Literal>,
    /// Which way is better; neither, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// A share or a score without unit; literals may be percentages.
    Ratio,
    /// A number of things.
    Count,
    /// Any real number.
    Real,
    /// A time, in seconds where it is a JSON number; in programs a duration literal.
    Duration,
    /// Bytes.
    Size,
    /// Money.
    Money,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

impl Measure {
    /// As written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Count => "count",
            Self::Real => "real",
            Self::Duration => "duration",
            Self::Size => "size",
            Self::Money => "money",
        }
    }
}
