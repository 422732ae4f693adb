//! The evaluations and what their parameters say.

use std::collections::BTreeMap;

use mlp_plan::Literal;
use serde_json::{Map, Value};

use super::{binary, multiclass, regression, serving};
use crate::EngineError;

/// Which evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Binary,
    Regression,
    Multiclass,
    /// Of requests: the truth is whether one failed, the guess how many seconds it took.
    Serving,
}

impl Kind {
    pub fn of_builtin(name: &str) -> Option<Self> {
        match name {
            "evaluate.binary" => Some(Self::Binary),
            "evaluate.regression" => Some(Self::Regression),
            "evaluate.multiclass" => Some(Self::Multiclass),
            "serving.measure" => Some(Self::Serving),
            _ => None,
        }
    }

    pub fn of_metrics(name: &str) -> Option<Self> {
        [Self::Binary, Self::Regression, Self::Multiclass, Self::Serving].into_iter().find(|kind| kind.name() == name)
    }

    /// Name of its `metrics` block in the standard library.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "std.evaluate.Binary",
            Self::Regression => "std.evaluate.Regression",
            Self::Multiclass => "std.evaluate.Multiclass",
            Self::Serving => "std.serving.Serving",
        }
    }

    /// What it measures beside `rows`.
    pub const fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Binary => &binary::METRICS,
            Self::Regression => &regression::METRICS,
            Self::Multiclass => &multiclass::METRICS,
            Self::Serving => &serving::METRICS,
        }
    }

    /// The parameter that names the column of what the model said.
    const fn guess(self) -> &'static str {
        match self {
            Self::Binary => "score",
            Self::Regression => "prediction",
            Self::Multiclass => "predicted",
            Self::Serving => "seconds",
        }
    }
}

/// The parameters of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub kind: Kind,
    /// Column of the truth.
    pub truth: String,
    /// Column of what the model said.
    pub guess: String,
    /// From which score on a row is called positive; of binary evaluations.
    pub threshold: f64,
    /// Columns to slice by.
    pub slices: Vec<String>,
}

impl Settings {
    /// From a node's parameters.
    pub fn read(kind: Kind, params: &BTreeMap<String, Literal>) -> Result<Self, EngineError> {
        let column = |name: &str| match params.get(name) {
            // the columns of `std.serving.Answer`
            None if kind == Kind::Serving => Ok(if name == "truth" { "failed" } else { name }.to_owned()),
            Some(Literal::Text(column)) => Ok(column.clone()),
            Some(other) => Err(EngineError::refused(format!("parameter `{name}` names a column, but is {other}"))),
            None => Err(EngineError::refused(format!("parameter `{name}` is missing"))),
        };
        let threshold = match params.get("threshold") {
            None => 0.5,
            Some(literal) => literal
                .as_f64()
                .filter(|value| value.is_finite())
                .ok_or_else(|| EngineError::refused(format!("`threshold` is a number, not {literal}")))?,
        };
        let slices = match params.get("slices") {
            None | Some(Literal::Null) => Vec::new(),
            Some(Literal::List(columns)) => columns.iter().map(slice).collect::<Result<_, _>>()?,
            Some(other) => vec![slice(other)?],
        };
        Ok(Self { kind, truth: column("truth")?, guess: column(kind.guess())?, threshold, slices })
    }

    /// As they stand in `report.json`.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut params = Map::new();
        params.insert("truth".to_owned(), Value::from(self.truth.as_str()));
        params.insert(self.kind.guess().to_owned(), Value::from(self.guess.as_str()));
        params.insert("slices".to_owned(), Value::from(self.slices.clone()));
        if self.kind == Kind::Binary {
            params.insert("threshold".to_owned(), Value::from(self.threshold));
        }
        params
    }

    /// Back from `report.json`; `None` where it is not what [`Settings::to_json`] writes.
    pub fn of_json(kind: Kind, params: &Value) -> Option<Self> {
        let column = |name: &str| params.get(name)?.as_str().map(str::to_owned);
        let slices = params.get("slices")?.as_array()?;
        Some(Self {
            kind,
            truth: column("truth")?,
            guess: column(kind.guess())?,
            threshold: if kind == Kind::Binary { params.get("threshold")?.as_f64()? } else { 0.5 },
            slices: slices.iter().map(|slice| slice.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        })
    }
}

fn slice(literal: &Literal) -> Result<String, EngineError> {
    match literal {
        Literal::Text(column) => Ok(column.clone()),
        other => Err(EngineError::refused(format!("`slices` names columns, but holds {other}"))),
    }
}
