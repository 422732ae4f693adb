//! Tables for tests, and evaluations of them.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use mlp_engine::{
    EngineError,
    metrics::{Report, read_report, run},
};
use mlp_plan::Literal;
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

/// A report with the folder that holds it.
pub struct Evaluated {
    pub folder: TempDir,
    pub report: Report,
    pub json: serde_json::Value,
}

pub fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<BooleanArray>())
}

pub fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

pub fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<StringArray>())
}

pub fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
            .unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

pub fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

pub fn params(entries: &[(&str, Literal)]) -> BTreeMap<String, Literal> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub fn slices(columns: &[&str]) -> Literal {
    Literal::List(columns.iter().map(|column| text(column)).collect())
}

pub fn evaluate_files(
    name: &str,
    files: Vec<PathBuf>,
    params: &BTreeMap<String, Literal>,
) -> Result<Evaluated, EngineError> {
    let folder = tempfile::tempdir().unwrap();
    let result = folder.path().join("report");
    run(
        name,
        &BTreeMap::from([("rows".to_owned(), files)]),
        params,
        &BTreeMap::from([("result".to_owned(), result.clone())]),
    )?;
    let json = serde_json::from_str(&std::fs::read_to_string(result.join("report.json")).unwrap()).unwrap();
    Ok(Evaluated { report: read_report(&result)?, folder, json })
}

pub fn evaluate(
    name: &str,
    columns: Vec<(&str, ArrayRef)>,
    params: &BTreeMap<String, Literal>,
) -> Result<Evaluated, EngineError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.parquet");
    write(&file, columns);
    evaluate_files(name, vec![file], params)
}

pub fn binary(truth: &[bool], score: &[f64]) -> Evaluated {
    let columns = vec![("truth", flags(truth.iter().copied())), ("score", floats(score.iter().copied()))];
    evaluate("evaluate.binary", columns, &params(&[("truth", text("truth")), ("score", text("score"))])).unwrap()
}
