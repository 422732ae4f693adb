//! The rows that a metric is measured on, as plain vectors.

use super::{
    binary,
    kernel::Kernel,
    kind::{Kind, Settings},
    multiclass, regression,
    report::Measured,
    serving,
};

/// Truths and what the model said, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Columns {
    Binary { truth: Vec<bool>, score: Vec<f64> },
    Regression { truth: Vec<f64>, prediction: Vec<f64> },
    Multiclass { classes: usize, truth: Vec<u32>, predicted: Vec<u32> },
}

/// Why a row cannot be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Defect {
    NullTruth,
    NullGuess,
    NanTruth,
    NanGuess,
    InfiniteTruth,
    InfiniteGuess,
}

impl Defect {
    fn words(self, kind: Kind) -> String {
        let guess = match kind {
            Kind::Binary => "score",
            Kind::Regression => "prediction",
            Kind::Multiclass => "predicted class",
            Kind::Serving => "time",
        };
        match self {
            Self::NullTruth => "the truth is null".to_owned(),
            Self::NanTruth => "the truth is NaN".to_owned(),
            Self::InfiniteTruth => "the truth is infinite".to_owned(),
            Self::NullGuess => format!("the {guess} is null"),
            Self::NanGuess => format!("the {guess} is NaN"),
            Self::InfiniteGuess => format!("the {guess} is infinite"),
        }
    }
}

/// Rows with what is wrong with them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub columns: Columns,
    /// Rows that cannot be measured, rising; what stands there in `columns` means nothing.
    pub defects: Vec<(u32, Defect)>,
}

impl Sample {
    pub const fn rows(&self) -> usize {
        match &self.columns {
            Columns::Binary { truth, .. } => truth.len(),
            Columns::Regression { truth, .. } => truth.len(),
            Columns::Multiclass { truth, .. } => truth.len(),
        }
    }

    /// These of its rows, in this (rising) order.
    pub fn subset(&self, rows: &[u32]) -> Self {
        fn taken<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().filter_map(|row| values.get(*row as usize).copied()).collect()
        }
        let columns = match &self.columns {
            Columns::Binary { truth, score } => {
                Columns::Binary { truth: taken(truth, rows), score: taken(score, rows) }
            }
            Columns::Regression { truth, prediction } => {
                Columns::Regression { truth: taken(truth, rows), prediction: taken(prediction, rows) }
            }
            Columns::Multiclass { classes, truth, predicted } => {
                Columns::Multiclass { classes: *classes, truth: taken(truth, rows), predicted: taken(predicted, rows) }
            }
        };
        let defects = self.defects.iter().filter_map(|(row, defect)| {
            let place = rows.binary_search(row).ok()?;
            Some((u32::try_from(place).ok()?, *defect))
        });
        Self { columns, defects: defects.collect() }
    }

    /// The metric of these rows, or why it is unknown. A row that cannot be measured makes all of them unknown: leaving it out would be a guess.
    pub fn kernel(&self, metric: &str, settings: &Settings) -> Result<Kernel, String> {
        if metric == "rows" {
            return Ok(Kernel::Rows(self.rows()));
        }
        if self.rows() == 0 {
            return Err("no rows".to_owned());
        }
        if let Some(reason) = self.missing(settings.kind) {
            return Err(reason);
        }
        match &self.columns {
            Columns::Binary { truth, score } if settings.kind == Kind::Serving => serving::kernel(metric, truth, score),
            Columns::Binary { truth, score } => binary::kernel(metric, truth, score, settings.threshold),
            Columns::Regression { truth, prediction } => regression::kernel(metric, truth, prediction),
            Columns::Multiclass { classes, truth, predicted } => multiclass::kernel(metric, *classes, truth, predicted),
        }
    }

    fn missing(&self, kind: Kind) -> Option<String> {
        let (_, worst) = self.defects.iter().min_by_key(|(_, defect)| *defect)?;
        let count = self.defects.iter().filter(|(_, defect)| defect == worst).count();
        Some(format!("{} in {count} of {} rows", worst.words(kind), self.rows()))
    }

    /// The metric's value.
    pub fn measure(&self, metric: &str, settings: &Settings) -> Measured {
        match self.kernel(metric, settings) {
            Ok(kernel) => Measured::point(kernel.evaluate(&vec![1; self.rows()])),
            Err(reason) => Measured::unknown(reason),
        }
    }
}
