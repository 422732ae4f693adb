//! Evaluation rows are disjoint from the rows that trained the model (MLP501), and have not chosen it (MLP507).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mlp_diagnostics::{Diagnostic, catalog::learning as words};
use mlp_plan::{Origin, Value};
use mlp_source::Span;

use super::{
    policies::SERVING,
    provenance::{Rows, Splits},
    ways::{node_of, way},
};
use crate::{
    checker::Checker,
    flow::{Flow, FlowInput, FlowNode, Work},
    run::RunKind,
    types::Ty,
};

const CONCAT: &str = "std.tables.concat";

/// An output: the node and its name.
type Output = (String, String);

/// What is known of an output.
#[derive(Clone, Debug, Default)]
struct Fact {
    /// Of data and reports, the rows that it descends from.
    rows: Rows,
    /// Of data and reports, the models that had a part in it.
    models: BTreeSet<Output>,
    /// Of a model, the rows that trained it.
    trained: Rows,
    /// Of a model, the rows that chose it.
    chosen: Rows,
}

/// A walk over the nodes of a pipeline, each behind what it reads from.
struct Walk<'f> {
    flow: &'f Flow,
    /// For each node the first that is the same: what it does, with which arguments, on which inputs.
    same: HashMap<&'f str, usize>,
    splits: Splits,
    facts: HashMap<Output, Fact>,
}

impl Checker<'_> {
    /// Checks the reports and promotions of a pipeline.
    pub(crate) fn check_evaluation(&mut self, flow: &Flow) {
        let mut walk = Walk { flow, same: same_nodes(flow), splits: Splits::default(), facts: HashMap::new() };
        // what is called in a list is one mistake, however many calls it makes
        let mut told: Vec<Span> = Vec::new();
        for (index, node) in flow.nodes.iter().enumerate() {
            let found = walk.node(index, node);
            if found.is_some() && !told.contains(&node.site) {
                told.push(node.site);
                self.now.diagnostics.extend(found);
            }
        }
    }
}

/// What the inputs of a node bring.
#[derive(Default)]
struct Brought {
    rows: Vec<Rows>,
    models: BTreeSet<Output>,
    trained: Rows,
    chosen: Rows,
}

impl Walk<'_> {
    fn node(&mut self, index: usize, node: &FlowNode) -> Option<Diagnostic> {
        match &node.work {
            Work::Pick => {
                let made = self.picked(node);
                self.keep(node, &made);
                None
            }
            Work::Promote { .. } => {
                let candidate = node.inputs.first().map(|input| self.fact(&input.from)).unwrap_or_default();
                let found = self.spent(node, &candidate);
                self.keep(node, &candidate);
                found
            }
            Work::Run(..) => self.run(index, node),
        }
    }

    /// The same for every output.
    fn keep(&mut self, node: &FlowNode, fact: &Fact) {
        for output in &node.outputs {
            self.facts.insert((node.id.clone(), output.name.clone()), fact.clone());
        }
    }

    fn run(&mut self, index: usize, node: &FlowNode) -> Option<Diagnostic> {
        let brought = self.brought(node);
        let number = self.same.get(node.id.as_str()).copied().unwrap_or(index);
        let mut rows = Rows::default();
        if brought.rows.iter().all(Rows::is_empty) {
            rows = Rows::of_origin(number);
        } else if node.stage == CONCAT {
            brought.rows.iter().for_each(|part| rows.extend(part, &self.splits));
        } else {
            rows = Rows::joined(&brought.rows.iter().collect::<Vec<_>>(), &self.splits);
        }
        if node.disjoint {
            self.splits.add(number, &rows, node.outputs.len());
        }
        let mut found = None;
        for output in &node.outputs {
            let part = if node.disjoint { rows.part(number, &output.name) } else { rows.clone() };
            let fact = if matches!(output.ty.required(), Ty::Model(..)) {
                let mut trained = part;
                trained.extend(&brought.trained, &self.splits);
                Fact { trained, chosen: brought.chosen.clone(), ..Fact::default() }
            } else {
                Fact { rows: part, models: brought.models.clone(), ..Fact::default() }
            };
            // how fast an endpoint answers is no matter of which rows it is asked
            let judges = matches!(output.ty.required(), Ty::Report(metrics) if metrics.face.name != SERVING);
            if judges && found.is_none() {
                found = self.overlap(node, &fact);
            }
            self.facts.insert((node.id.clone(), output.name.clone()), fact);
        }
        found
    }

    fn brought(&self, node: &FlowNode) -> Brought {
        let mut brought = Brought::default();
        for input in &node.inputs {
            self.bring(input.ty.required(), &input.from, &mut brought);
        }
        brought
    }

    fn bring(&self, ty: &Ty, from: &Origin, brought: &mut Brought) {
        match (ty, from) {
            (Ty::List(element), Origin::List(origins)) => {
                origins.iter().for_each(|origin| self.bring(element.required(), origin, brought));
            }
            (Ty::Model(..), Origin::Output { node, output }) => {
                let fact = self.fact(from);
                brought.models.insert((node.clone(), output.clone()));
                brought.trained.extend(&fact.trained, &self.splits);
                brought.chosen.extend(&fact.chosen, &self.splits);
            }
            (Ty::Table(_) | Ty::File(_) | Ty::Dir, _) => {
                let fact = self.fact(from);
                brought.models.extend(fact.models);
                brought.rows.push(fact.rows);
            }
            _ => {}
        }
    }

    /// What is known of what an input reads; of several, all of it.
    fn fact(&self, from: &Origin) -> Fact {
        match from {
            Origin::Output { node, output } => {
                self.facts.get(&(node.clone(), output.clone())).cloned().unwrap_or_default()
            }
            Origin::List(origins) => {
                let mut all = Fact::default();
                for origin in origins {
                    let one = self.fact(origin);
                    all.rows.extend(&one.rows, &self.splits);
                    all.models.extend(one.models);
                    all.trained.extend(&one.trained, &self.splits);
                    all.chosen.extend(&one.chosen, &self.splits);
                }
                all
            }
            // what is registered was made by another run, and requests are new
            Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => Fact::default(),
        }
    }

    /// The best of several remembers the rows of all, and those that chose.
    fn picked(&self, node: &FlowNode) -> Fact {
        let of = |name: &str| node.inputs.iter().find(|input| input.name == name).map(|input| self.fact(&input.from));
        let mut fact = of("candidates").unwrap_or_default();
        fact.chosen.extend(&of("reports").unwrap_or_default().rows, &self.splits);
        fact
    }

    /// A report whose rows trained one of its models.
    fn overlap(&self, node: &FlowNode, report: &Fact) -> Option<Diagnostic> {
        report.models.iter().find_map(|model| {
            let trained = &self.facts.get(model)?.trained;
            let origin = self.flow.nodes.get(trained.shared_origin(&report.rows)?)?;
            let trainer = node_of(self.flow, &model.0)?;
            let ways = [&trainer.id, &node.id].map(|end| way(self.flow, &origin.id, end));
            let mut found = words::trained_on(node.site, &trainer.id, &ways);
            found = found.because(trainer.site, format!("`{}` is trained here", trainer.id));
            Some(found.because(origin.site, "the rows of both come from here"))
        })
    }

    /// A promotion that is judged on rows that chose the candidate.
    fn spent(&self, node: &FlowNode, candidate: &Fact) -> Option<Diagnostic> {
        node.inputs.iter().skip(1).find_map(|input| {
            self.fact(&input.from).rows.shared_origin(&candidate.chosen)?;
            let picked = node.inputs.first().and_then(|model| self.pick_behind(model))?;
            let found = words::spent_rows(node.site, &picked.id);
            Some(found.because(picked.site, "these rows chose it").because(input.span, "measured on the same rows"))
        })
    }

    /// The `pick` that gave a model, through promotions.
    fn pick_behind(&self, input: &FlowInput) -> Option<&FlowNode> {
        let Origin::Output { node, .. } = &input.from else { return None };
        let made = node_of(self.flow, node)?;
        if matches!(made.work, Work::Pick) {
            return Some(made);
        }
        made.inputs.iter().find_map(|input| self.pick_behind(input))
    }
}

/// What a node does, with which arguments, on which inputs.
type Deed<'f> = (&'f str, &'f BTreeMap<String, Value>, Vec<(&'f str, Origin)>);

/// Nodes that do the same give the same rows: an origin is a source or input-less stage with its arguments, and what the engine itself makes of equal
/// inputs is equal.
fn same_nodes(flow: &Flow) -> HashMap<&str, usize> {
    let mut same: HashMap<&str, usize> = HashMap::new();
    let mut known: HashMap<Deed<'_>, usize> = HashMap::new();
    for (index, node) in flow.nodes.iter().enumerate() {
        let repeats =
            node.inputs.is_empty() || matches!(&node.work, Work::Run(RunKind::Sql { .. } | RunKind::Builtin(_), _));
        let number = if repeats {
            let inputs = node.inputs.iter().map(|input| (input.name.as_str(), numbered(&input.from, flow, &same)));
            *known.entry((&node.stage, &node.params, inputs.collect())).or_insert(index)
        } else {
            index
        };
        same.insert(&node.id, number);
    }
    same
}

/// An origin, told by the first node that is the same.
fn numbered(from: &Origin, flow: &Flow, same: &HashMap<&str, usize>) -> Origin {
    match from {
        Origin::Output { node, output } => {
            let first = same.get(node.as_str()).and_then(|number| flow.nodes.get(*number));
            let node = first.map_or(node, |first| &first.id).clone();
            Origin::Output { node, output: output.clone() }
        }
        Origin::List(origins) => Origin::List(origins.iter().map(|origin| numbered(origin, flow, same)).collect()),
        other => other.clone(),
    }
}
