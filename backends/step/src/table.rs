//! The engine's table work, as a step needs it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use mlp_engine::{
    EngineError,
    table::{Options, TableSource, Violation, deliver as engine_deliver},
};
use mlp_plan::{Artifact, Contract, Literal, Node, Rule};

/// What became of a table at its contract.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// It holds; it was written.
    Fine {
        /// Rows written.
        rows: u64,
        /// Rows set aside.
        rejected: u64,
        /// What only warns, in words.
        warnings: Vec<String>,
    },
    /// It does not; nothing was written.
    Broken {
        /// What was broken.
        violations: Vec<Violation>,
    },
}

/// Reads a table, casts and checks it, and writes it to `out` where it holds.
pub(crate) fn deliver(
    source: &TableSource,
    contract: &Contract,
    rules: &[Rule],
    rejects: Option<&Literal>,
    out: &Path,
    options: &Options,
) -> Result<Delivered, EngineError> {
    let share = rejects.and_then(Literal::as_f64).unwrap_or_default();
    let delivery = engine_deliver(source, contract, rules, share, out, options)?;
    if !delivery.violations.is_empty() {
        return Ok(Delivered::Broken { violations: delivery.violations });
    }
    let mut warnings: Vec<String> =
        delivery.warnings.iter().map(|warning| format!("{}: {warning} [{}]", contract.name, warning.place)).collect();
    warnings.extend(delivery.unchecked.iter().map(|words| format!("{}: not checked: {words}", contract.name)));
    Ok(Delivered::Fine { rows: delivery.rows, rejected: delivery.rejected, warnings })
}

/// [`deliver`] for one Parquet file of the store.
pub(crate) fn deliver_file(
    path: &Path,
    contract: &Contract,
    rules: &[Rule],
    out: &Path,
    options: &Options,
) -> Result<Delivered, EngineError> {
    deliver(&TableSource::parquet(path), contract, rules, None, out, options)
}

/// Whether data of one contract has exactly the columns of another, in their order and types: then a reader may have the file as it is.
pub(crate) fn same_columns(made: &Contract, read: &Contract) -> bool {
    made.columns.len() == read.columns.len()
        && made.columns.iter().zip(&read.columns).all(|(made_column, read_column)| {
            made_column.name == read_column.name
                && made_column.value.data == read_column.value.data
                && made.may_be_null(made_column) == read.may_be_null(read_column)
        })
}

/// The tables that a node reads, by contract: what `references` can look at.
pub(crate) fn references(
    node: &Node,
    placed: &BTreeMap<String, Vec<Option<PathBuf>>>,
) -> BTreeMap<String, Vec<PathBuf>> {
    let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for input in &node.inputs {
        if let Artifact::Table { contract } = crate::input::element(&input.expects) {
            let paths = placed.get(&input.name).into_iter().flatten().flatten().cloned();
            found.entry(contract.clone()).or_default().extend(paths);
        }
    }
    found
}
