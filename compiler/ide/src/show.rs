//! Columns, contracts, metrics and signatures as a program would spell them, for hovers and hints.

use std::fmt::Write as _;

use mlp_analysis::stages::Signature;
use mlp_plan::{Better, Column, Constraint, Contract, Metric, ValueType};

/// A type with its unit and constraints.
#[must_use]
pub fn value(value: &ValueType) -> String {
    let mut text = value.to_string();
    if let Some(unit) = &value.unit {
        let _ = write!(text, " unit {unit}");
    }
    for constraint in &value.constraints {
        let _ = write!(text, " {constraint}");
    }
    text
}

/// A column with all that is said of it but its docs.
#[must_use]
pub fn column(column: &Column) -> String {
    let mut text = format!("{}: {}", column.name, value(&column.value));
    if let Some(default) = &column.default {
        let _ = write!(text, " = {default}");
    }
    if column.label {
        text.push_str(" label");
    }
    if let Some(moment) = &column.known_at {
        let _ = write!(text, " known at {moment}");
    }
    for tag in &column.tags {
        let _ = write!(text, " @{tag}");
    }
    text
}

/// A contract with its columns and keys, as a block; of a wide one the first columns.
#[must_use]
pub fn contract(contract: &Contract) -> String {
    const SHOWN: usize = 40;
    let mut text = format!("contract {} {{\n", contract.name);
    for shown in contract.columns.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", column(shown));
    }
    if let Some(more) = contract.columns.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "  // and {more} more");
    }
    for key in &contract.keys {
        let _ = writeln!(text, "  key ({})", key.join(", "));
    }
    text.push('}');
    text
}

/// A metric with its range and direction.
#[must_use]
pub fn metric(metric: &Metric) -> String {
    let mut text = format!("{}: {}", metric.name, metric.measure.word());
    if let Some(unit) = &metric.unit {
        let _ = write!(text, " unit {unit}");
    }
    if metric.low.is_some() || metric.high.is_some() {
        let _ = write!(text, " {}", Constraint::Range { low: metric.low.clone(), high: metric.high.clone() });
    }
    match metric.better {
        Some(Better::Higher) => text.push_str(" better higher"),
        Some(Better::Lower) => text.push_str(" better lower"),
        None => {}
    }
    text
}

/// A stage, source or sink as it is declared: what it takes and gives.
#[must_use]
pub fn signature(signature: &Signature) -> String {
    let params: Vec<String> = signature.params.iter().map(param).collect();
    let outputs = match signature.outputs.as_slice() {
        [] => String::new(),
        [(_, ty)] if !signature.record => format!(" -> {}", ty.text()),
        outputs => {
            let outputs: Vec<String> = outputs.iter().map(|(name, ty)| format!("{name}: {}", ty.text())).collect();
            format!(" -> ({})", outputs.join(", "))
        }
    };
    format!("{} {}({}){outputs}", signature.kind.word(), signature.name, params.join(", "))
}

/// A parameter with its type and default.
#[must_use]
pub fn param(param: &mlp_analysis::stages::ParamInfo) -> String {
    match &param.default {
        Some(default) => format!("{}: {} = {default}", param.name, param.ty.text()),
        None => format!("{}: {}", param.name, param.ty.text()),
    }
}
