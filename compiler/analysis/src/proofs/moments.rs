//! A model sees only what is known at its `predicts at` moment (MLP503).
//!
//! Through SQL a column is known at the latest moment of what it is computed from and, if joined in, of its join condition; no moment: always known;
//! elsewhere the output contract is believed.

use std::collections::{BTreeMap, HashMap};

use mlp_diagnostics::catalog;
use mlp_plan::Origin;
use mlp_source::Span;

use super::ways::way;
use crate::{
    checker::Checker,
    contracts::Shared,
    flow::{Flow, FlowInput, FlowNode, Work},
    models::ModelInfo,
    program::DeclId,
    run::RunKind,
    types::Ty,
};

/// Moments of the columns of one table.
type Known = BTreeMap<String, Late>;

/// Why a column is known as late as it is.
#[derive(Clone, Debug)]
struct Late {
    moment: String,
    /// Where the column, or the SELECT that computes it, stands.
    span: Span,
    /// The node that brought it in; none where a model's own contract says so.
    node: Option<String>,
    /// How it came from there to what trains, where it took some way.
    way: Option<String>,
}

impl Checker<'_> {
    /// Checks a model against its declared features, and against what trains it.
    pub(crate) fn check_moments(&mut self, id: DeclId) {
        let Some(model) = self.model(id) else { return };
        let Some((at, span)) = &model.predicts_at else { return };
        let mut late: BTreeMap<String, Late> = BTreeMap::new();
        for (column, spans) in model.input.face.columns.iter().zip(&model.input.columns) {
            if let Some(moment) =
                column.known_at.as_ref().filter(|moment| !column.label && !self.moments().is_known_at(moment, at))
            {
                let why = Late { moment: moment.clone(), span: spans.name, node: None, way: None };
                late.insert(column.name.clone(), why);
            }
        }
        for flow in self.flows_with(model.span) {
            self.training(&flow, &model, at, &mut late);
        }
        if late.is_empty() {
            return;
        }
        let listed: Vec<(String, String)> =
            late.iter().map(|(name, late)| (name.clone(), late.moment.clone())).collect();
        let way = late.values().next().and_then(|late| late.way.as_deref());
        let mut found = catalog::learning::known_too_late(*span, &model.name, at, &listed, way);
        for (name, late) in late.iter().take(3) {
            found = found.because(late.span, format!("`{name}` is known at {} here", late.moment));
        }
        self.report(found);
    }

    /// Features of a promoted model, as late as the tables that trained it know them.
    fn training(&self, flow: &Flow, model: &ModelInfo, at: &str, late: &mut BTreeMap<String, Late>) {
        let tables = self.known(flow);
        for node in &flow.nodes {
            let Work::Promote { model: promoted, .. } = &node.work else { continue };
            let Some(candidate) = node.inputs.first().filter(|_| promoted.span == model.span) else { continue };
            for trainer in trainers(flow, &candidate.from) {
                for input in &trainer.inputs {
                    let Ty::Table(_) = &input.ty else { continue };
                    for (name, why) in input_known(input, &tables) {
                        let feature = model.input.face.column(&name).is_some_and(|column| !column.label);
                        if feature && !self.moments().is_known_at(&why.moment, at) {
                            let from = why.node.clone().filter(|from| *from != trainer.id);
                            let way = from.map(|from| way(flow, &from, &trainer.id));
                            late.entry(name).or_insert(Late { way, ..why });
                        }
                    }
                }
            }
        }
    }

    /// For each table that a node makes, when its columns are known.
    fn known(&self, flow: &Flow) -> HashMap<(String, String), Known> {
        let mut tables: HashMap<(String, String), Known> = HashMap::new();
        for node in &flow.nodes {
            for output in &node.outputs {
                let Ty::Table(contract) = &output.ty else { continue };
                let known = self.output_known(node, contract, &tables);
                tables.insert((node.id.clone(), output.name.clone()), known);
            }
        }
        tables
    }

    fn output_known(&self, node: &FlowNode, contract: &Shared, tables: &HashMap<(String, String), Known>) -> Known {
        let mut known = declared(contract, &node.id);
        match &node.work {
            Work::Run(RunKind::Sql { .. }, _) => {
                let inputs: HashMap<&str, Known> =
                    node.inputs.iter().map(|input| (input.name.as_str(), input_known(input, tables))).collect();
                for column in &node.sql {
                    for (table, name) in column.values.iter().chain(&column.conditions) {
                        if let Some(why) = inputs.get(table.as_str()).and_then(|known| known.get(name)) {
                            self.postpone(&mut known, &column.name, why);
                        }
                    }
                }
            }
            // rows that are passed on are known when they were
            Work::Run(RunKind::Builtin(_), _) => {
                for input in &node.inputs {
                    for (name, why) in input_known(input, tables) {
                        if contract.face.column(&name).is_some() {
                            self.postpone(&mut known, &name, &why);
                        }
                    }
                }
            }
            _ => {}
        }
        known
    }

    fn postpone(&self, known: &mut Known, column: &str, why: &Late) {
        let declared = known.get(column).map(|late| late.moment.clone());
        let latest = self.moments().latest(declared.clone(), Some(why.moment.clone()));
        if latest != declared
            && let Some(moment) = latest
        {
            known.insert(column.to_owned(), Late { moment, ..why.clone() });
        }
    }
}

/// When a contract says that its columns are known.
fn declared(contract: &Shared, node: &str) -> Known {
    let columns = contract.face.columns.iter().zip(&contract.columns);
    columns
        .filter_map(|(column, spans)| {
            let moment = column.known_at.clone()?;
            Some((column.name.clone(), Late { moment, span: spans.name, node: Some(node.to_owned()), way: None }))
        })
        .collect()
}

/// When the columns that come in are known.
fn input_known(input: &FlowInput, tables: &HashMap<(String, String), Known>) -> Known {
    let mut known = Known::new();
    collect(&input.from, tables, &mut known);
    known
}

fn collect(from: &Origin, tables: &HashMap<(String, String), Known>, known: &mut Known) {
    match from {
        Origin::Output { node, output } => {
            if let Some(table) = tables.get(&(node.clone(), output.clone())) {
                for (name, why) in table {
                    known.entry(name.clone()).or_insert_with(|| why.clone());
                }
            }
        }
        Origin::List(origins) => origins.iter().for_each(|origin| collect(origin, tables, known)),
        Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => {}
    }
}

/// The nodes that made a model: those that give it, and through `pick` those of all candidates.
fn trainers<'a>(flow: &'a Flow, from: &Origin) -> Vec<&'a FlowNode> {
    match from {
        Origin::Output { node, .. } => match flow.nodes.iter().find(|have| have.id == *node) {
            Some(picked) if matches!(picked.work, Work::Pick) => {
                picked.inputs.first().map(|candidates| trainers(flow, &candidates.from)).unwrap_or_default()
            }
            Some(trainer) => vec![trainer],
            None => Vec::new(),
        },
        Origin::List(origins) => origins.iter().flat_map(|origin| trainers(flow, origin)).collect(),
        Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => Vec::new(),
    }
}
