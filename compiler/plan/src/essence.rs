//! What the runs of a pipeline come from, as digests: texts that differ in comments, docs, layout and names alone have the same.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Artifact, DataType, Input, Literal, Metrics, Node, Origin, Output, Place, Plan, Policy, PolicyUse, Run};

/// What a pipeline does to its data, as digests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Essence {
    /// Of all of it.
    pub pipeline: String,
    /// Of each node with all that it reads from, by its id.
    pub nodes: BTreeMap<String, String>,
}

impl Policy {
    /// What it asks and nothing else: without places, docs and messages. Equal ones judge alike.
    #[must_use]
    pub fn essence(&self) -> Self {
        let mut bare = self.clone();
        (bare.doc, bare.place) = (None, Place::default());
        for clause in &mut bare.clauses {
            (clause.place, clause.message) = (Place::default(), None);
            clause.text.clear();
        }
        bare
    }
}

impl Plan {
    /// What a pipeline does to its data: of two plans with the same, a run makes the same of the same data. How it is run (resources, retries, schedules) is no part
    /// of it.
    #[must_use]
    pub fn essence(&self, pipeline: &str) -> Option<Essence> {
        let pipeline = self.pipelines.get(pipeline)?;
        let mut known = Known { plan: self, named: BTreeMap::new(), nodes: BTreeMap::new() };
        for node in &pipeline.nodes {
            let digest = known.node(node);
            known.nodes.insert(node.id.clone(), digest);
        }
        let mut all: Vec<&String> = known.nodes.values().collect();
        all.sort();
        let params: Vec<(&str, &DataType, bool, &Option<Literal>)> = pipeline
            .params
            .iter()
            .map(|param| (param.name.as_str(), &param.data, param.nullable, &param.default))
            .collect();
        Some(Essence { pipeline: digest(&(params, all)), nodes: known.nodes })
    }
}

/// What was worked out so far.
struct Known<'p> {
    plan: &'p Plan,
    /// Digests of contracts and of metrics, by a letter for the kind and the name.
    named: BTreeMap<(char, &'p str), String>,
    nodes: BTreeMap<String, String>,
}

impl<'p> Known<'p> {
    fn node(&mut self, node: &'p Node) -> String {
        let inputs: Vec<_> = node.inputs.iter().map(|input| self.input(input)).collect();
        let outputs: Vec<_> = node.outputs.iter().map(|output| self.output(output)).collect();
        let environment = node.env.as_ref().and_then(|name| self.plan.environments.get(name));
        digest(&(
            self.run(&node.run),
            (&node.code, &node.params, inputs, outputs),
            (environment.map(|environment| &environment.digest), node.seed, &node.rejects, &node.secrets),
        ))
    }

    fn input(&mut self, input: &'p Input) -> impl Serialize + use<'p> {
        (&input.name, self.origin(&input.from), self.artifact(&input.expects), &input.checks, input.optional)
    }

    fn output(&mut self, output: &'p Output) -> impl Serialize + use<'p> {
        (&output.name, self.artifact(&output.artifact), &output.checks)
    }

    /// Where an input comes from, with all behind it.
    fn origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::Output { node, output } => digest(&(self.nodes.get(node), output)),
            Origin::List(origins) => digest(&origins.iter().map(|one| self.origin(one)).collect::<Vec<_>>()),
            Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => digest(origin),
        }
    }

    fn artifact(&mut self, artifact: &'p Artifact) -> String {
        match artifact {
            Artifact::Table { contract } => digest(&("table", self.contract(contract))),
            Artifact::Model { input, output } => digest(&("model", self.contract(input), self.contract(output))),
            Artifact::Report { metrics } => digest(&("report", self.metrics(metrics))),
            Artifact::List(element) => digest(&("list", self.artifact(element))),
            Artifact::File { .. } | Artifact::Dir | Artifact::Nothing => digest(artifact),
        }
    }

    fn contract(&mut self, name: &'p str) -> String {
        let plan = self.plan;
        let essence = || digest(&plan.contracts.get(name).map(crate::Contract::essence));
        self.named.entry(('c', name)).or_insert_with(essence).clone()
    }

    fn metrics(&mut self, name: &'p str) -> String {
        let plan = self.plan;
        let bare = |metrics: &Metrics| {
            let mut bare = metrics.clone();
            bare.metrics.iter_mut().for_each(|metric| metric.doc = None);
            bare
        };
        self.named.entry(('m', name)).or_insert_with(|| digest(&plan.metrics.get(name).map(bare))).clone()
    }

    fn run(&self, run: &Run) -> String {
        let Run::Promote(promote) = run else { return digest(run) };
        let policies = promote.policies.iter().map(|PolicyUse { policy, reports, params }| {
            (self.plan.policies.get(policy).map(Policy::essence), reports, params)
        });
        digest(&(&promote.model, &promote.rung, policies.collect::<Vec<_>>()))
    }
}

/// Half of a blake3: enough to tell texts apart.
fn digest<T: Serialize>(value: &T) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    blake3::hash(&bytes).to_hex().chars().take(32).collect()
}
