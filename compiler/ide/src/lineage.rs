//! Where the values of a column come from and go to, over the pipelines: exactly through SQL, elsewhere to columns of the same name.

use std::collections::BTreeMap;

use mlp_analysis::{
    Kind,
    contracts::info::ContractInfo,
    flow::{FlowInput, FlowNode, Work},
    run::RunKind,
    types::Ty,
};
use mlp_source::Span;
use mlp_workspace::Package;

/// Columns by the places of their names, each with the stages between.
pub type Columns = BTreeMap<Span, Vec<String>>;

/// The columns that the values of a column come from.
#[must_use]
pub fn sources(package: &Package, column: Span) -> Columns {
    collected(package, |from, to| (to == column).then_some(from))
}

/// The columns that its values go to.
#[must_use]
pub fn targets(package: &Package, column: Span) -> Columns {
    collected(package, |from, to| (from == column).then_some(to))
}

fn collected(package: &Package, wanted: impl Fn(Span, Span) -> Option<Span>) -> Columns {
    let mut found = Columns::new();
    let flows = package.program().of_kind(Kind::Pipeline).filter_map(|id| package.live().pipeline(id));
    for node in flows.flat_map(|flow| &flow.nodes) {
        for (from, to) in steps(node) {
            let (from, to) = (package.outside(from), package.outside(to));
            if let Some(column) = wanted(from, to).filter(|_| from != to) {
                let stage = node.stage.rsplit('.').next().unwrap_or(&node.stage).to_owned();
                let stages = found.entry(column).or_default();
                if !stages.contains(&stage) {
                    stages.push(stage);
                }
            }
        }
    }
    found
}

/// The columns that a node takes values from, each with the one that it puts them in.
fn steps(node: &FlowNode) -> Vec<(Span, Span)> {
    let mut found = Vec::new();
    for input in &node.inputs {
        // what comes, as the parameter reads it
        if let (Some(given), Some(read)) = (table(&input.given), table(&input.ty)) {
            found.extend(same_names(given, read));
        }
    }
    let is_sql = matches!(&node.work, Work::Run(RunKind::Sql { .. }, _));
    for output in &node.outputs {
        let Some(made) = table(&output.ty) else { continue };
        if is_sql {
            found.extend(node.sql.iter().flat_map(|column| {
                let to = made.column_span(&column.name);
                let values = column.values.iter();
                values.filter_map(move |(name, value)| Some((read_by(&node.inputs, name)?.column_span(value), to)))
            }));
        } else {
            found.extend(
                node.inputs.iter().filter_map(|input| table(&input.ty)).flat_map(|read| same_names(read, made)),
            );
        }
    }
    found
}

fn read_by<'n>(inputs: &'n [FlowInput], name: &str) -> Option<&'n ContractInfo> {
    table(&inputs.iter().find(|input| input.name == name)?.ty)
}

fn same_names(from: &ContractInfo, to: &ContractInfo) -> Vec<(Span, Span)> {
    let both = from.face.columns.iter().filter(|column| to.face.column(&column.name).is_some());
    both.map(|column| (from.column_span(&column.name), to.column_span(&column.name))).collect()
}

/// The contract of a table, of each of some, or of what a model sees.
fn table(ty: &Ty) -> Option<&ContractInfo> {
    match ty.required() {
        Ty::Table(contract) | Ty::Model(contract, _) => Some(contract),
        Ty::List(element) => table(element),
        _ => None,
    }
}
