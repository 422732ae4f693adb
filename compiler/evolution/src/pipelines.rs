//! Pipelines: nodes that came, went, are wired otherwise, and what will have to run again.

use std::collections::BTreeSet;

use mlp_plan::{Artifact, FormatPiece, Node, Origin, Parameter, Pipeline, Plan, Run, Value};

use crate::{
    change::{Change, Class},
    gates::origin_text,
    watched::otherwise,
};

/// What of a node does not count in its cache key.
const NOT_IN_THE_KEY: [&str; 5] = ["resources", "cache", "network", "programs", "owner"];

/// Every change of pipelines.
#[must_use]
pub fn changes(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, pipeline) in &new.pipelines {
        match old.pipelines.get(name) {
            Some(was) => found.extend(Pair { name, old: (old, was), new: (new, pipeline) }.changes()),
            None => {
                let nodes = count(pipeline.nodes.len(), "node");
                let change = Change::new(
                    "pipeline_added",
                    Class::Additive,
                    name,
                    "",
                    format!("the pipeline is new, with {nodes}"),
                );
                found.push(change.at(Some(&pipeline.place), None));
            }
        }
    }
    for (name, was) in old.pipelines.iter().filter(|(name, _)| !new.pipelines.contains_key(*name)) {
        let change = Change::new(
            "pipeline_removed",
            Class::Compatible,
            name,
            "",
            "the pipeline is gone: nothing runs it any more",
        );
        found.push(change.at(None, Some(&was.place)));
    }
    found
}

/// `1 node`, `2 nodes`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

struct Pair<'a> {
    name: &'a str,
    old: (&'a Plan, &'a Pipeline),
    new: (&'a Plan, &'a Pipeline),
}

impl Pair<'_> {
    fn changes(&self) -> Vec<Change> {
        let (old, new) = (self.old.1, self.new.1);
        let (mut found, otherwise_set) = self.parameters();
        let mut again = BTreeSet::new();
        for node in &new.nodes {
            let Some(was) = old.nodes.iter().find(|was| was.id == node.id) else {
                let change = self.change(
                    "node_added",
                    Class::Additive,
                    &node.id,
                    format!("`{}` is new: {}", node.id, node.stage),
                );
                found.push(change.at(Some(&node.call), None));
                again.insert(node.id.as_str());
                continue;
            };
            let mut runs = self.differences(was, node);
            let wired = rewired(was, node);
            if let Some((old, new)) = &wired {
                let message = format!("`{}` reads {new}, and {old} before", node.id);
                let change = self.change("node_rewired", Class::Compatible, &node.id, message);
                found.push(change.at(Some(&node.call), Some(&was.call)).from_to(Some(old.clone()), Some(new.clone())));
            }
            if !runs.is_empty() {
                let message = format!("`{}` has other {}", node.id, runs.join(", "));
                let change = self.change("node_changed", Class::Compatible, &node.id, message);
                found.push(change.at(Some(&node.call), Some(&was.call)));
            }
            runs.retain(|what| !NOT_IN_THE_KEY.contains(what));
            if wired.is_some() || !runs.is_empty() || reads_any(node, &otherwise_set) {
                again.insert(node.id.as_str());
            }
        }
        for was in old.nodes.iter().filter(|was| new.nodes.iter().all(|node| node.id != was.id)) {
            let change =
                self.change("node_removed", Class::Compatible, &was.id, format!("`{}` is gone: {}", was.id, was.stage));
            found.push(change.at(Some(&new.place), Some(&was.call)));
        }
        if old.schedule != new.schedule {
            let change = self.change("schedule_changed", Class::Compatible, "", "the pipeline has another schedule");
            found.push(change.at(Some(&new.place), Some(&old.place)));
        }
        found.extend(otherwise("pipeline_changed", self.name, &settings(old, new), (&new.place, &old.place)));
        found.extend(self.again(&again));
        found
    }

    fn change(&self, kind: &'static str, class: Class, path: &str, message: impl Into<String>) -> Change {
        Change::new(kind, class, self.name, path, message)
    }

    /// What changed about parameters, and the names of those that are otherwise where nobody sets them.
    fn parameters(&self) -> (Vec<Change>, BTreeSet<&str>) {
        let (old, new) = (&self.old.1.params, &self.new.1.params);
        let (mut found, mut otherwise) = (Vec::new(), BTreeSet::new());
        let text = |one: &Parameter| {
            let default = one.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
            let rules: String = one.constraints.iter().map(|rule| format!(" {rule}")).collect();
            format!("{}: {}{}{rules}{default}", one.name, one.data, if one.nullable { "?" } else { "" })
        };
        for is in new {
            let was = old.iter().find(|was| was.name == is.name);
            let (kind, class, message) = match was.map(|was| (text(was), text(is))) {
                None => ("parameter_added", Class::Additive, format!("the parameter `{}` is new", text(is))),
                Some((was, is)) if was != is => {
                    ("parameter_changed", Class::Compatible, format!("the parameter `{was}` is `{is}` now"))
                }
                Some(_) => continue,
            };
            if was.is_some_and(|was| was.default != is.default) {
                otherwise.insert(is.name.as_str());
            }
            let change = self.change(kind, class, &is.name, message);
            found.push(change.from_to(was.map(text), Some(text(is))).at(Some(&is.place), was.map(|was| &was.place)));
        }
        for was in old.iter().filter(|was| new.iter().all(|is| is.name != was.name)) {
            let message = format!("the parameter `{}` is gone: who sets it is refused", text(was));
            let change = self.change("parameter_removed", Class::Compatible, &was.name, message);
            found.push(change.from_to(Some(text(was)), None).at(Some(&self.new.1.place), Some(&was.place)));
        }
        (found, otherwise)
    }

    /// What will have to run again, and what may have to behind it.
    fn again(&self, again: &BTreeSet<&str>) -> Option<Change> {
        let new = self.new.1;
        if again.is_empty() {
            return None;
        }
        let mut behind: BTreeSet<&str> = again.clone();
        // nodes stand behind what they read from
        for node in &new.nodes {
            if node.upstream().iter().any(|id| behind.contains(id)) {
                behind.insert(&node.id);
            }
        }
        let list = |keep: &dyn Fn(&str) -> bool| {
            let ids = new.nodes.iter().map(|node| node.id.as_str()).filter(|id| keep(id));
            ids.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        };
        let first = list(&|id| again.contains(id));
        let rest = list(&|id| behind.contains(id) && !again.contains(id));
        let kept = new.nodes.len() - behind.len();
        let mut message = format!("will run again: {first}");
        if !rest.is_empty() {
            message.push_str(&format!("; and behind them, where what they give is another: {rest}"));
        }
        message.push_str(&format!("; {} from the cache", count(kept, "node")));
        Some(self.change("runs_again", Class::Compatible, "", message).at(Some(&new.place), Some(&self.old.1.place)))
    }

    /// What of a node is otherwise, as its cache key sees it; `resources` do not count there.
    fn differences(&self, was: &Node, is: &Node) -> Vec<&'static str> {
        let environment = |plan: &Plan, node: &Node| {
            node.env.as_ref().and_then(|name| plan.environments.get(name)).map(|env| env.digest.clone())
        };
        let essence = |plan: &Plan, artifact: &Artifact| {
            let of = |name: &String| plan.contract(name).map(mlp_plan::Contract::essence);
            match artifact {
                Artifact::Table { contract } => (of(contract), None),
                Artifact::Model { input, output } => (of(input), of(output)),
                _ => (None, None),
            }
        };
        let contracts = |plan: &Plan, node: &Node| {
            let inputs = node.inputs.iter().map(|input| essence(plan, &input.expects));
            inputs.chain(node.outputs.iter().map(|output| essence(plan, &output.artifact))).collect::<Vec<_>>()
        };
        let policies = |plan: &Plan, node: &Node| match &node.run {
            Run::Promote(promote) => {
                let rules = promote.policies.iter().filter_map(|one| Some((one, plan.policies.get(&one.policy)?)));
                let clauses = rules.flat_map(|(call, policy)| {
                    policy.clauses.iter().map(|one| (one.text.clone(), one.when.clone(), call.params.clone()))
                });
                clauses.collect()
            }
            _ => Vec::new(),
        };
        let pairs = [
            ("names of inputs", names(was) != names(is)),
            ("code", was.code != is.code || runs(was) != runs(is)),
            ("parameters", was.params != is.params || was.seed != is.seed),
            ("environment", environment(self.old.0, was) != environment(self.new.0, is)),
            ("contracts", contracts(self.old.0, was) != contracts(self.new.0, is) || was.rejects != is.rejects),
            ("policies", policies(self.old.0, was) != policies(self.new.0, is)),
            ("resources", was.resources != is.resources || was.timeout != is.timeout || was.retries != is.retries),
            ("cache", was.cache != is.cache),
            ("secrets", was.secrets != is.secrets),
            ("network", was.network != is.network),
            ("programs", was.needs != is.needs),
            ("owner", was.owner != is.owner),
        ];
        pairs.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    }
}

/// Whether a node is given any of these parameters.
fn reads_any(node: &Node, names: &BTreeSet<&str>) -> bool {
    let policies = match &node.run {
        Run::Promote(promote) => promote.policies.as_slice(),
        _ => &[],
    };
    let values = node.params.values().chain(policies.iter().flat_map(|one| one.params.values()));
    !names.is_empty() && values.into_iter().any(|value| reads(value, names))
}

fn reads(value: &Value, names: &BTreeSet<&str>) -> bool {
    match value {
        Value::Param(name) => names.contains(name.as_str()),
        Value::List(items) => items.iter().any(|item| reads(item, names)),
        Value::Arithmetic(_, left, right) | Value::Range(left, right) => reads(left, names) || reads(right, names),
        Value::Format(pieces) => pieces.iter().any(|piece| match piece {
            FormatPiece::Value { value, .. } => reads(value, names),
            FormatPiece::Text(_) => false,
        }),
        Value::Literal(_) | Value::RunDate | Value::RunTime | Value::RunId | Value::Column(_) => false,
    }
}

fn names(node: &Node) -> Vec<&str> {
    node.inputs.iter().map(|input| input.name.as_str()).collect()
}

/// How a node does its work, without the policies that it asks: they are compared for themselves.
fn runs(node: &Node) -> Run {
    match &node.run {
        Run::Promote(promote) => Run::Promote(mlp_plan::Promote { policies: Vec::new(), ..promote.clone() }),
        run => run.clone(),
    }
}

/// Settings of a pipeline, and whether they are otherwise.
fn settings(old: &Pipeline, new: &Pipeline) -> [(&'static str, bool); 8] {
    [
        ("catchup", old.catchup != new.catchup),
        ("concurrency", old.concurrency != new.concurrency),
        ("priority", old.priority != new.priority),
        ("queue", old.queue != new.queue),
        ("tags", old.tags != new.tags),
        ("deadline", old.deadline != new.deadline),
        ("owner", old.owner != new.owner),
        ("on_failure", old.on_failure != new.on_failure),
    ]
}

/// The inputs of two versions of a node that come from elsewhere, in words; none where only their names are others.
fn rewired(was: &Node, is: &Node) -> Option<(String, String)> {
    let origins = |node: &'_ Node| -> Vec<Origin> { node.inputs.iter().map(|input| input.from.clone()).collect() };
    if origins(was) == origins(is) {
        return None;
    }
    let of = |node: &Node, name: &str| node.inputs.iter().find(|one| one.name == name).map(|one| one.from.clone());
    let mut all: Vec<&str> = names(is);
    all.extend(names(was).iter().filter(|name| !names(is).contains(name)));
    all.retain(|name| of(was, name) != of(is, name));
    let text = |node: &Node| {
        let from = |name: &&str| match of(node, name) {
            Some(origin) => format!("`{name}` from `{}`", origin_text(&origin)),
            None => format!("no `{name}`"),
        };
        all.iter().map(from).collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (text(was), text(is));
    (old != new).then_some((old, new))
}
