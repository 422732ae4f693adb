//! `mlp contract infer`.

use std::path::Path;

use mlp_engine::{
    infer::{Inference, Unsure},
    scan::DataFormat,
};
use mlp_formats::mlp::Module;

use super::{
    Exit, contract_name,
    data::{dialect, inputs},
    is_free, put,
};
use crate::{args::ContractInferArgs, output::Output};

/// Writes the contract of data, to stdout or into a new file; what is unsure stands in it as comments, and is told as notes.
pub fn infer(args: &ContractInferArgs, output: &Output) -> Exit {
    let failed = |error: &dyn std::fmt::Display| output.failure(&error.to_string(), None);
    if let Some(name) = &args.name {
        contract_name(name, output)?;
    }
    // before all of the data is read
    is_free(&args.to, output)?;
    let format: Option<DataFormat> =
        args.data_format.as_deref().map(str::parse).transpose().map_err(|message: String| failed(&message))?;
    let data = std::slice::from_ref(&args.file);
    let dialect = dialect(&args.csv, data, true).map_err(|message| failed(&message))?;
    let found = inputs(data, format).map_err(|error| failed(&error))?;
    let name = args.name.clone().unwrap_or_else(|| named(&args.file));
    let inference = Inference {
        inputs: &found.inputs,
        dialect,
        name,
        title: title(&args.file),
        sample: args.sample.map(std::num::NonZeroU64::get),
    };
    let inferred = inference.run().map_err(|error| failed(&error))?;
    let contract = inferred.contract.name.clone();
    let text = Module::of(vec![inferred.contract]).print().map_err(|found| failed(&found))?;
    put(&commented(&text, &inferred.unsure), &args.to, output)?;
    for Unsure { column, what } in &inferred.unsure {
        match column {
            Some(column) => output.note(&format!("unsure: {contract}.{column}: {what}")),
            None => output.note(&format!("unsure: {contract}: {what}")),
        }
    }
    Ok(0)
}

/// The file, without where it lies.
fn title(file: &str) -> String {
    let path = Path::new(file.trim_end_matches('/'));
    path.file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A contract named after a file: `flights.csv` has `Flights`, and so have `flights-*.csv`, `flights/*.csv` and `flights/year=2013/`.
fn named(file: &str) -> String {
    let many = |letter: char| matches!(letter, '*' | '?' | '[' | '=');
    let mut folder = "";
    for part in file.split('/').filter(|part| !part.is_empty()) {
        match part.split_once(many) {
            Some((start, _)) if !start.is_empty() && !part.contains('=') => return mlp_formats::contract_name(start),
            Some(_) => break,
            None => folder = part,
        }
    }
    mlp_formats::contract_name(folder.split('.').next().unwrap_or(folder))
}

/// The source with what is unsure before what it is about.
fn commented(text: &str, unsure: &[Unsure]) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let column = line.strip_prefix("  ").and_then(|line| line.split_once(": ")).map(|(name, _)| name);
        let about = |unsure: &&Unsure| match &unsure.column {
            Some(name) => column == Some(name.as_str()),
            None => line.starts_with("contract "),
        };
        let indent = if column.is_some() { "  " } else { "" };
        lines.extend(unsure.iter().filter(about).map(|unsure| format!("{indent}// unsure: {}", unsure.what)));
        lines.push(line.to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_named_after_files() {
        for file in [
            "flights.csv",
            "/data/flights.2013.parquet",
            "data/flights-*.csv",
            "flights/*.csv",
            "s3://lake/flights/year=*/part-*.parquet",
            "flights/year=2013/",
        ] {
            assert_eq!(named(file), "Flights", "{file}");
        }
    }
}
