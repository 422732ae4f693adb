//! Tags and labels flow with the columns: what a sink, a model, a deployment or a stage with `network` takes (MLP504), and what a model learns from
//! (MLP502).
//!
//! Exactly through SQL, by the values that a column is computed from; with the rows through the standard library; and through any other stage from every
//! column of every table to every column that it makes, unless it says `drops @tag because ".."`. A model carries the tags of what trained it, not on to
//! what it scores. Labels flow through SQL and the standard library; elsewhere the output contract is believed.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use mlp_diagnostics::{Diagnostic, catalog::learning as words};
use mlp_plan::Origin;
use mlp_source::Span;

use super::ways::way;
use crate::{
    checker::Checker,
    contracts::Shared,
    flow::{Flow, FlowInput, FlowNode, Work},
    program::Kind,
    run::RunKind,
    serving::DeploymentInfo,
    settings::Settings,
    types::Ty,
};

/// The tag that has a rule of its own: it may slice a report, not feed a model.
const PROTECTED: &str = "protected";

/// Where a tag or a label comes from.
#[derive(Debug)]
struct Source {
    /// The column that says so.
    column: String,
    /// Where it says so.
    span: Span,
    /// The node that brought it in; none where a contract's reader says so.
    node: Option<String>,
}

/// What a column carries.
#[derive(Clone, Debug, Default)]
struct Marks {
    tags: BTreeMap<String, Arc<Source>>,
    label: Option<Arc<Source>>,
}

impl Marks {
    fn add(&mut self, other: &Self) {
        for (tag, source) in &other.tags {
            self.tags.entry(tag.clone()).or_insert_with(|| Arc::clone(source));
        }
        if self.label.is_none() {
            self.label.clone_from(&other.label);
        }
    }
}

/// What the columns of a table carry; of a file, a folder or a model there is one, without a name.
type Columns = BTreeMap<String, Marks>;

/// A walk over the nodes of a pipeline.
struct Walk<'f> {
    flow: &'f Flow,
    made: HashMap<(String, String), Columns>,
}

impl Checker<'_> {
    /// Checks what the nodes of a pipeline take.
    pub(crate) fn check_tags(&mut self, flow: &Flow) {
        let mut walk = Walk { flow, made: HashMap::new() };
        for node in &flow.nodes {
            let is_sink = node.decl.and_then(|id| self.program.decl(id)).is_some_and(|decl| decl.kind == Kind::Sink);
            let found = walk.node(node, is_sink);
            self.now.diagnostics.extend(found);
        }
    }

    /// Checks what a deployment is asked.
    pub(crate) fn check_request(&mut self, deployment: &DeploymentInfo) {
        let found = deployment.request.as_ref().and_then(|request| asked(deployment, request));
        self.now.diagnostics.extend(found);
    }
}

/// A request with a tag that its deployment does not take.
fn asked(deployment: &DeploymentInfo, request: &Shared) -> Option<Diagnostic> {
    let taken = &deployment.clearance;
    let (column, tag) = request
        .face
        .columns
        .iter()
        .find_map(|column| Some((column, column.tags.iter().find(|tag| !taken.contains(*tag))?)))?;
    let taker = format!("deployment `{}`", deployment.name);
    let taker = (taker.as_str(), deployment.span);
    let found = words::tag_flow(deployment.request_at, &column.name, tag, taker, taken, None);
    Some(found.because(request.column_span(&column.name), format!("tagged @{tag} here")))
}

impl Walk<'_> {
    fn node(&mut self, node: &FlowNode, is_sink: bool) -> Vec<Diagnostic> {
        let inputs: Vec<(&FlowInput, Columns)> =
            node.inputs.iter().map(|input| (input, self.read(input.ty.required(), &input.from))).collect();
        let mut found = Vec::new();
        match &node.work {
            Work::Pick => {
                let all = together(inputs.iter().map(|(_, columns)| columns));
                for output in &node.outputs {
                    self.made.insert((node.id.clone(), output.name.clone()), all.clone());
                }
            }
            Work::Promote { model, .. } => {
                let candidate = inputs.into_iter().next().map(|(_, columns)| columns).unwrap_or_default();
                let taker = format!("model `{}`", model.name);
                // a feature that is @protected has a rule of its own, and a stage that says why it may
                let taken = [model.clearance.as_slice(), &[PROTECTED.to_owned()]].concat();
                found.extend(self.refused(node, (&taker, model.span), &taken, [&candidate]));
                for output in &node.outputs {
                    self.made.insert((node.id.clone(), output.name.clone()), candidate.clone());
                }
            }
            Work::Run(run, _) => {
                if is_sink || !node.settings.network.is_empty() {
                    let name = node.stage.rsplit('.').next().unwrap_or(&node.stage);
                    let taker = if is_sink { format!("sink `{name}`") } else { format!("networked stage `{name}`") };
                    let columns = inputs.iter().map(|(_, columns)| columns);
                    found.extend(self.refused(node, (&taker, node.declared), &node.settings.clearance, columns));
                }
                for output in &node.outputs {
                    if let Ty::Model(features, _) = output.ty.required() {
                        found.extend(self.learnt(node, features, &inputs));
                    }
                    let made = output_of(node, run, output.ty.required(), &inputs);
                    self.made.insert((node.id.clone(), output.name.clone()), made);
                }
            }
        }
        found
    }

    /// What an input reads: a table has exactly the columns of its reader's contract.
    fn read(&self, ty: &Ty, from: &Origin) -> Columns {
        match (ty, from) {
            (Ty::List(element), Origin::List(origins)) => {
                let all: Vec<Columns> = origins.iter().map(|origin| self.read(element.required(), origin)).collect();
                together(&all)
            }
            (_, Origin::Output { node, output }) => {
                let made = self.made.get(&(node.clone(), output.clone()));
                let Ty::Table(contract) = ty else { return made.cloned().unwrap_or_default() };
                let mut columns = declared(contract, None);
                for (name, marks) in made.into_iter().flatten() {
                    if let Some(have) = columns.get_mut(name) {
                        // who made it says more than who reads it
                        let ours = std::mem::replace(have, marks.clone());
                        have.add(&ours);
                    }
                }
                columns
            }
            (Ty::Table(contract), _) => declared(contract, None),
            _ => Columns::new(),
        }
    }

    /// The first tag that comes and is not taken; one error a call.
    fn refused<'c>(
        &self,
        node: &FlowNode,
        taker: (&str, Span),
        taken: &[String],
        inputs: impl IntoIterator<Item = &'c Columns>,
    ) -> Option<Diagnostic> {
        let mut all = inputs.into_iter().flat_map(|columns| columns.values()).flat_map(|marks| &marks.tags);
        let (tag, source) = all.find(|(tag, _)| !taken.contains(tag))?;
        let way = self.way(source, node);
        let clearance: Vec<String> = taken.iter().filter(|tag| *tag != PROTECTED).cloned().collect();
        let found = words::tag_flow(node.site, &source.column, tag, taker, &clearance, way.as_deref());
        Some(found.because(source.span, format!("tagged @{tag} here")))
    }

    /// A feature that is a label, or protected.
    fn learnt(&self, node: &FlowNode, features: &Shared, inputs: &[(&FlowInput, Columns)]) -> Option<Diagnostic> {
        let tables = inputs.iter().filter(|(input, _)| holds_tables(&input.ty)).map(|(_, columns)| columns);
        let is_feature = |name: &str| features.face.column(name).is_some_and(|column| !column.label);
        let allowed = node.settings.uses.iter().any(|tag| tag.text == PROTECTED);
        tables.flatten().filter(|(name, _)| is_feature(name)).find_map(|(name, marks)| {
            let (found, source) = match (&marks.label, marks.tags.get(PROTECTED).filter(|_| !allowed)) {
                (Some(label), _) => {
                    let way = self.way(label, node);
                    (words::label_as_feature(node.site, name, &label.column, way.as_deref()), label)
                }
                (None, Some(tag)) => {
                    let way = self.way(tag, node);
                    (words::protected_feature(node.site, name, &tag.column, way.as_deref()), tag)
                }
                (None, None) => return None,
            };
            let what = if marks.label.is_some() { "the label is declared here" } else { "@protected here" };
            let found = found.because(source.span, what);
            let found = found.because(features.column_span(name), format!("`{name}` is a feature here"));
            let ty = features.type_span(name).filter(|_| marks.label.is_some());
            Some(match ty {
                Some(ty) => words::say_label(found, &features.face.name, name, ty),
                None => found,
            })
        })
    }

    fn way(&self, source: &Source, node: &FlowNode) -> Option<String> {
        source.node.as_ref().filter(|from| **from != node.id).map(|from| way(self.flow, from, &node.id))
    }
}

/// What a contract says of its columns.
fn declared(contract: &Shared, node: Option<&str>) -> Columns {
    let columns = contract.face.columns.iter().map(|column| {
        let source = || {
            let span = contract.column_span(&column.name);
            Arc::new(Source { column: column.name.clone(), span, node: node.map(str::to_owned) })
        };
        let tags = column.tags.iter().map(|tag| (tag.clone(), source())).collect();
        (column.name.clone(), Marks { tags, label: column.label.then(source) })
    });
    columns.collect()
}

/// What an output carries.
fn output_of(node: &FlowNode, run: &RunKind, ty: &Ty, inputs: &[(&FlowInput, Columns)]) -> Columns {
    let mut made = match ty {
        Ty::Table(contract) => declared(contract, Some(&node.id)),
        Ty::Model(..) | Ty::File(_) | Ty::Dir => Columns::from([(String::new(), Marks::default())]),
        _ => return Columns::new(),
    };
    let is_model = matches!(ty, Ty::Model(..));
    let everything = || {
        let data = inputs.iter().filter(|(input, _)| is_model || !matches!(input.ty.required(), Ty::Model(..)));
        let mut all = Marks::default();
        data.flat_map(|(_, columns)| columns.values()).for_each(|marks| all.add(marks));
        Marks { label: None, ..all }
    };
    match run {
        RunKind::Sql { .. } => {
            let tables: HashMap<&str, &Columns> =
                inputs.iter().map(|(input, columns)| (input.name.as_str(), columns)).collect();
            for column in &node.sql {
                let Some(have) = made.get_mut(&column.name) else { continue };
                let values = column.values.iter().filter_map(|(table, name)| tables.get(table.as_str())?.get(name));
                values.for_each(|marks| have.add(&dropped(marks, &node.settings)));
            }
        }
        RunKind::Builtin(_) => {
            for (name, marks) in inputs.iter().flat_map(|(_, columns)| columns) {
                if let Some(have) = made.get_mut(name) {
                    have.add(marks);
                }
            }
        }
        _ => {
            let all = dropped(&everything(), &node.settings);
            made.values_mut().for_each(|have| have.add(&all));
        }
    }
    made
}

/// Without the tags that a stage says it drops.
fn dropped(marks: &Marks, settings: &Settings) -> Marks {
    let mut kept = marks.clone();
    kept.tags.retain(|tag, _| !settings.drops.iter().any(|drop| drop.text == *tag));
    kept
}

fn together<'c>(all: impl IntoIterator<Item = &'c Columns>) -> Columns {
    let mut made = Columns::new();
    for (name, marks) in all.into_iter().flatten() {
        made.entry(name.clone()).or_default().add(marks);
    }
    made
}

fn holds_tables(ty: &Ty) -> bool {
    match ty.required() {
        Ty::Table(_) => true,
        Ty::List(element) => holds_tables(element),
        _ => false,
    }
}
