//! Reports: what was measured, and on which rows.

use std::{collections::BTreeMap, path::PathBuf};

use super::kind::Settings;

/// One value of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// The value, finite; `None` where it is unknown. Times in seconds, sizes in bytes.
    pub value: Option<f64>,
    /// Why it is unknown.
    pub reason: Option<String>,
    /// The interval that a test gives by hand.
    pub interval: Option<(f64, f64)>,
}

impl Measured {
    /// A value; NaN and infinities are unknown.
    #[must_use]
    pub fn point(value: f64) -> Self {
        if value.is_finite() {
            Self { value: Some(value), ..Self::default() }
        } else {
            Self::unknown(if value.is_nan() { "NaN" } else { "infinite" })
        }
    }

    /// A value that nobody knows, and why.
    #[must_use]
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::default() }
    }

    /// The value, or why it is unknown.
    ///
    /// # Errors
    /// The reason.
    pub fn known(&self) -> Result<f64, String> {
        self.value.ok_or_else(|| self.reason.clone().unwrap_or_else(|| "not measured".to_owned()))
    }
}

/// What was measured in one slice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slice {
    /// How many rows it has; where a test gives none, enough.
    pub rows: Option<u64>,
    /// Its metrics.
    pub values: BTreeMap<String, Measured>,
}

/// What stands behind the values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A test: its values are exact, unless it gives intervals.
    Hand,
    /// A user's stage: values without rows, so that nothing tells how sure they are.
    File,
    /// An evaluation: the rows are there.
    Rows(Evidence),
}

/// The rows behind a report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// Digest of truths and slices: the same for two reports on the same rows.
    pub digest: String,
    /// The Parquet file.
    pub file: PathBuf,
    pub settings: Settings,
}

/// A report, as a policy judges it.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Name of its metrics, where it says so: `std.evaluate.Binary`.
    pub metrics: Option<String>,
    /// Values by metric, groups flattened (`latency.p99`); `rows` among them.
    pub values: BTreeMap<String, Measured>,
    /// Slices by column and value.
    pub slices: BTreeMap<String, BTreeMap<String, Slice>>,
    pub(crate) source: Source,
}

impl Report {
    /// A report that a test spells out: what it does not give is not measured, and what it gives without interval is exact.
    #[must_use]
    pub const fn by_hand() -> Self {
        Self { metrics: None, values: BTreeMap::new(), slices: BTreeMap::new(), source: Source::Hand }
    }

    /// The same with one more value, and the interval that confidence clauses take for it. NaN is unknown.
    #[must_use]
    pub fn with(mut self, metric: &str, value: f64, interval: Option<(f64, f64)>) -> Self {
        self.values.insert(metric.to_owned(), Measured { interval, ..Measured::point(value) });
        self
    }

    /// The same with one more value of the slice `by` = `key`. The metric `rows` says how many rows the slice has.
    #[must_use]
    pub fn with_slice(mut self, by: &str, key: &str, metric: &str, value: f64, interval: Option<(f64, f64)>) -> Self {
        let slice = self.slices.entry(by.to_owned()).or_default().entry(key.to_owned()).or_default();
        if metric == "rows" {
            slice.rows = whole(value);
        }
        slice.values.insert(metric.to_owned(), Measured { interval, ..Measured::point(value) });
        self
    }

    /// The value of a metric, or why it is unknown.
    ///
    /// # Errors
    /// The reason.
    pub fn value(&self, metric: &str) -> Result<f64, String> {
        self.values.get(metric).map_or_else(|| Err("not measured".to_owned()), Measured::known)
    }

    /// Whether a test spells it out.
    #[must_use]
    pub fn is_by_hand(&self) -> bool {
        self.source == Source::Hand
    }

    /// Digest of the rows behind the report (truths and slices), where it has them: equal for two reports on the same rows.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        match &self.source {
            Source::Rows(evidence) => Some(&evidence.digest),
            Source::Hand | Source::File => None,
        }
    }
}

/// A number of rows.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative, below 2^53")]
pub(super) fn whole(value: f64) -> Option<u64> {
    ((0.0..=9e15).contains(&value) && value.fract() == 0.0).then_some(value as u64)
}
