//! Pipelines: nodes that came, went, are wired otherwise, and what will have to run again.

use std::collections::BTreeSet;

use mlp_plan::{Artifact, Node, Pipeline, Plan, Run};

use crate::change::{Change, Class};

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
        let mut found = Vec::new();
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
            let (mut runs, wired) = (self.differences(was, node), wires(was) != wires(node));
            if wired {
                let message = format!("`{}` reads from {}, and read from {}", node.id, sources(node), sources(was));
                let change = self.change("node_rewired", Class::Compatible, &node.id, message);
                found.push(
                    change.at(Some(&node.call), Some(&was.call)).from_to(Some(sources(was)), Some(sources(node))),
                );
            }
            if !runs.is_empty() {
                let message = format!("`{}` has other {}", node.id, runs.join(", "));
                let change = self.change("node_changed", Class::Compatible, &node.id, message);
                found.push(change.at(Some(&node.call), Some(&was.call)));
            }
            runs.retain(|what| *what != "resources");
            if wired || !runs.is_empty() {
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
        found.extend(self.again(&again));
        found
    }

    fn change(&self, kind: &'static str, class: Class, path: &str, message: impl Into<String>) -> Change {
        Change::new(kind, class, self.name, path, message)
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
                let rules = promote.policies.iter().filter_map(|one| plan.policies.get(&one.policy));
                let clauses =
                    rules.flat_map(|policy| policy.clauses.iter().map(|one| (one.text.clone(), one.when.clone())));
                clauses.collect()
            }
            _ => Vec::new(),
        };
        let pairs = [
            ("code", was.code != is.code || was.run != is.run),
            ("parameters", was.params != is.params || was.seed != is.seed),
            ("environment", environment(self.old.0, was) != environment(self.new.0, is)),
            ("contracts", contracts(self.old.0, was) != contracts(self.new.0, is) || was.rejects != is.rejects),
            ("policies", policies(self.old.0, was) != policies(self.new.0, is)),
            ("resources", was.resources != is.resources || was.timeout != is.timeout || was.retries != is.retries),
        ];
        pairs.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect()
    }
}

fn wires(node: &Node) -> Vec<(&str, &mlp_plan::Origin)> {
    node.inputs.iter().map(|input| (input.name.as_str(), &input.from)).collect()
}

fn sources(node: &Node) -> String {
    let upstream = node.upstream();
    if upstream.is_empty() {
        "nothing".to_owned()
    } else {
        upstream.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
    }
}
