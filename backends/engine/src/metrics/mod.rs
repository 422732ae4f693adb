//! Metrics: what an evaluation measures on rows, how sure it is, and the reports that carry it.
//!
//! A report that an evaluation makes is a folder: `report.json` with the values (`metrics rows values unknown slices params evidence`), and `rows.parquet`
//! with the truth, the score and the slice columns, from which intervals are computed. A report that a user's stage makes is a JSON object of metrics.
//!
//! Definitions, where libraries differ: AUC is Mann-Whitney with midranks; `ap` is the step, not the trapezoid; `log_loss` has natural logarithms and clips at
//! 2^-52; `ece` has ten bins of equal width, `min(floor(10 s), 9)`; a row is called positive where `score >= threshold`. They agree with scikit-learn.
//! What scikit-learn calls 0 with a warning (the precision of a model that calls nothing positive) is unknown here.

mod binary;
pub(crate) mod bootstrap;
pub(crate) mod kernel;
mod kind;
mod multiclass;
mod read;
mod regression;
pub(crate) mod report;
pub(crate) mod rows;
mod sample;
mod serving;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mlp_plan::Literal;
use serde_json::{Map, Value, json};

use self::{
    kind::{Kind, Settings},
    rows::Rows,
    sample::Sample,
};
pub use self::{
    read::read_report,
    report::{Measured, Report, Slice},
};
use crate::EngineError;

/// The file of a report's folder that holds its values.
pub const REPORT_FILE: &str = "report.json";
/// The file of a report's folder that holds its rows.
pub const ROWS_FILE: &str = "rows.parquet";

/// Runs `evaluate.binary`, `evaluate.regression`, `evaluate.multiclass` or `serving.measure`.
///
/// `inputs` has `rows` (Parquet files, or folders of them), `params` the columns `truth` and `score` (`prediction` for regression, `predicted` for
/// multiclass), `slices` and for binary `threshold`, of requests nothing; `outputs` has `result`, the folder that is filled.
///
/// # Errors
/// Where the evaluation is not known, a parameter, input or column is missing or of the wrong type, or a file cannot be read or written.
pub fn run(
    name: &str,
    inputs: &BTreeMap<String, Vec<PathBuf>>,
    params: &BTreeMap<String, Literal>,
    outputs: &BTreeMap<String, PathBuf>,
) -> Result<(), EngineError> {
    let kind = Kind::of_builtin(name).ok_or_else(|| EngineError::refused(format!("`{name}` is no evaluation")))?;
    let settings = Settings::read(kind, params)?;
    let files = inputs.get("rows").ok_or_else(|| EngineError::refused("input `rows` is missing"))?;
    let folder = outputs.get("result").ok_or_else(|| EngineError::refused("output `result` is missing"))?;
    let rows = Rows::read(files, &settings)?;
    let report =
        mlp_plan::canonical(&evaluated(&rows, &settings)).map_err(|error| EngineError::malformed(folder, error))?;
    fs::create_dir_all(folder).map_err(EngineError::io(folder))?;
    rows.write(&folder.join(ROWS_FILE))?;
    write(&folder.join(REPORT_FILE), &report)
}

fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    fs::write(path, text).map_err(EngineError::io(path))
}

/// `report.json`.
fn evaluated(rows: &Rows, settings: &Settings) -> Value {
    let mut slices = Map::new();
    for (column, groups) in &rows.slices {
        let measured = groups
            .iter()
            .map(|(value, rows_of)| (value.clone(), Value::Object(measured(&rows.sample.subset(rows_of), settings))));
        slices.insert(column.clone(), Value::Object(measured.collect()));
    }
    let mut report = measured(&rows.sample, settings);
    report.insert("metrics".to_owned(), Value::from(settings.kind.name()));
    report.insert("slices".to_owned(), Value::Object(slices));
    report.insert("params".to_owned(), Value::Object(settings.to_json()));
    report.insert("evidence".to_owned(), Value::from(rows.digest.as_str()));
    Value::Object(report)
}

/// `rows`, `values` and `unknown` of some rows.
fn measured(sample: &Sample, settings: &Settings) -> Map<String, Value> {
    let (mut values, mut unknown) = (Map::new(), Map::new());
    for metric in settings.kind.metrics() {
        let measured = sample.measure(metric, settings);
        values.insert((*metric).to_owned(), measured.value.map_or(Value::Null, Value::from));
        if let Some(reason) = measured.reason {
            unknown.insert((*metric).to_owned(), Value::from(reason));
        }
    }
    let mut report = Map::new();
    report.insert("rows".to_owned(), json!(sample.rows()));
    report.insert("values".to_owned(), Value::Object(values));
    report.insert("unknown".to_owned(), Value::Object(unknown));
    report
}
