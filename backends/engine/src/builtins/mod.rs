//! The standard library's stages over tables, from Parquet files to Parquet files. Deterministic: the same rows give the same bytes, and what is random is
//! decided by a seed and a row's own content, never by its place.

mod split;
mod stream;
mod tables;

use std::{collections::BTreeMap, path::PathBuf};

use mlp_plan::Literal;

use crate::EngineError;

/// What a stage is given: inputs, parameters, and where its outputs go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub name: &'a str,
    pub inputs: &'a BTreeMap<String, Vec<PathBuf>>,
    pub params: &'a BTreeMap<String, Literal>,
    pub outputs: &'a BTreeMap<String, PathBuf>,
}

/// Runs `split.by_time`, `split.at_random`, `split.by_key`, `tables.concat`, `tables.sample`, `tables.deduplicate`, `tables.join_truth` or an evaluation
/// (`evaluate.*`, `serving.measure`). Inputs are Parquet files or folders of them; an output is the path of the file that is written.
///
/// # Errors
/// Where the stage is not known, a parameter, input or column is missing or of the wrong type, a row cannot be placed, or a file cannot be read or written.
pub fn run_builtin(
    name: &str,
    inputs: &BTreeMap<String, Vec<PathBuf>>,
    params: &BTreeMap<String, Literal>,
    outputs: &BTreeMap<String, PathBuf>,
) -> Result<(), EngineError> {
    let call = Call { name, inputs, params, outputs };
    match name {
        "split.by_time" => split::by_time(call),
        "split.at_random" => split::at_random(call),
        "split.by_key" => split::by_key(call),
        "tables.concat" => tables::concat(call),
        "tables.sample" => tables::sample(call),
        "tables.deduplicate" => tables::deduplicate(call),
        "tables.join_truth" => tables::join_truth(call),
        _ if name.starts_with("evaluate.") || name == "serving.measure" => {
            crate::metrics::run(name, inputs, params, outputs)
        }
        _ => Err(EngineError::refused(format!("there is no builtin `{name}`"))),
    }
}

impl<'a> Call<'a> {
    /// The files of an input.
    pub fn input(&self, name: &str) -> Result<&'a [PathBuf], EngineError> {
        self.inputs.get(name).map(Vec::as_slice).ok_or_else(|| self.lacks("input", name))
    }

    /// Where an output goes.
    pub fn output(&self, name: &str) -> Result<&'a PathBuf, EngineError> {
        self.outputs.get(name).ok_or_else(|| self.lacks("output", name))
    }

    /// A parameter; `None` where it is not given, or none.
    pub fn param(&self, name: &str) -> Option<&'a Literal> {
        self.params.get(name).filter(|value| **value != Literal::Null)
    }

    /// The name of a column.
    pub fn column(&self, name: &str) -> Result<&'a str, EngineError> {
        match self.param(name) {
            Some(Literal::Text(column)) => Ok(column),
            Some(other) => Err(self.wrong(name, other, "a column")),
            None => Err(self.lacks("parameter", name)),
        }
    }

    /// The names of columns; `None` where the parameter is not given or empty.
    pub fn columns(&self, name: &str) -> Result<Option<Vec<&'a str>>, EngineError> {
        match self.param(name) {
            None => Ok(None),
            Some(Literal::Text(column)) => Ok(Some(vec![column])),
            Some(Literal::List(columns)) => {
                let text = |column: &'a Literal| {
                    if let Literal::Text(column) = column {
                        Ok(column.as_str())
                    } else {
                        Err(self.wrong(name, column, "a column"))
                    }
                };
                let columns: Vec<&str> = columns.iter().map(text).collect::<Result<_, _>>()?;
                Ok((!columns.is_empty()).then_some(columns))
            }
            Some(other) => Err(self.wrong(name, other, "a list of columns")),
        }
    }

    /// A share between 0 and 1.
    pub fn share(&self, name: &str) -> Result<f64, EngineError> {
        let value = self.param(name).ok_or_else(|| self.lacks("parameter", name))?;
        value
            .as_f64()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| self.wrong(name, value, "a share between 0 and 1"))
    }

    /// A seed; any whole number.
    pub fn seed(&self) -> Result<u64, EngineError> {
        let value = self.param("seed").ok_or_else(|| self.lacks("parameter", "seed"))?;
        value.as_i64().map(i64::cast_unsigned).ok_or_else(|| self.wrong("seed", value, "a whole number"))
    }

    fn lacks(&self, what: &str, name: &str) -> EngineError {
        EngineError::refused(format!("{}: {what} `{name}` is missing", self.name))
    }

    pub fn wrong(&self, name: &str, found: &Literal, wanted: &str) -> EngineError {
        EngineError::refused(format!("{}: `{name}` is {found}, which is not {wanted}", self.name))
    }
}
