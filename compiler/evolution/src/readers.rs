//! Who reads a column of a contract: stages, sinks, models and deployments, with the way from the contract to what is served.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mlp_plan::{Artifact, Contract, Node, Origin, Plan, Run, Value};

use crate::change::Reader;

/// A package whose readers count.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub plan: &'a Plan,
    /// The name under which it knows the package whose contract it reads; none for that package itself.
    pub alias: Option<&'a str>,
}

/// The readers of a column, each once.
#[must_use]
pub fn of_column(packages: &[Package<'_>], declared: &str, column: &str) -> Vec<Reader> {
    let mut found: BTreeSet<Reader> = BTreeSet::new();
    for package in packages {
        let declared = match package.alias {
            Some(alias) => format!("{alias}.{declared}"),
            None => declared.to_owned(),
        };
        Search { package: *package, names: carriers(package.plan, &declared), column }.collect(&mut found);
    }
    let mut readers: Vec<Reader> = found.into_iter().collect();
    readers.dedup_by(|later, first| (&later.package, &later.path) == (&first.package, &first.path));
    // a model's signature says nothing more where what trains it is told
    let reaches = |model: &str| {
        let rung = format!("{model}.");
        readers.iter().any(|reader| reader.path.len() > 2 && reader.path.iter().any(|step| step.starts_with(&rung)))
    };
    let is_told: Vec<bool> =
        readers.iter().map(|reader| reader.path.get(1).is_some_and(|second| reaches(second))).collect();
    let mut told = is_told.into_iter();
    readers.retain(|_| !told.next().unwrap_or_default());
    readers
}

/// The names in the plan of a declared contract and of expressions that begin with it.
fn carriers(plan: &Plan, declared: &str) -> Vec<String> {
    let own = plan.contracts.iter().filter(|(_, one)| one.declared.as_deref() == Some(declared));
    let names: Vec<&String> = own.map(|(name, _)| name).collect();
    let begins = |name: &str, one: &Contract| {
        one.declared.is_none()
            && names.iter().any(|own| name.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with(' ')))
    };
    let derived = plan.contracts.iter().filter(|(name, one)| begins(name, one)).map(|(name, _)| name);
    names.iter().copied().chain(derived).cloned().collect()
}

struct Search<'a> {
    package: Package<'a>,
    names: Vec<String>,
    column: &'a str,
}

impl Search<'_> {
    fn collect(&self, found: &mut BTreeSet<Reader>) {
        let Some(contract) = self.names.first() else { return };
        let plan = self.package.plan;
        for pipeline in plan.pipelines.values() {
            self.nodes(contract, &pipeline.name, &pipeline.nodes, found);
        }
        for monitor in plan.monitors.values() {
            self.nodes(contract, &monitor.pipeline.name, &monitor.pipeline.nodes, found);
        }
        let reader = |path: Vec<String>, place: &mlp_plan::Place| Reader {
            package: self.package.name.to_owned(),
            path: std::iter::once(contract.clone()).chain(path).collect(),
            place: place.clone(),
        };
        for deployment in plan.deployments.values() {
            if deployment.request.as_ref().is_some_and(|request| self.has(request)) {
                found.insert(reader(vec![deployment.name.clone()], &deployment.place));
            }
        }
        for model in plan.models.values() {
            let features = plan.contract(&model.input).and_then(|input| input.column(self.column));
            if self.has(&model.input) && features.is_some_and(|column| !column.label) {
                let served = plan.deployments.values().filter(|deployment| deployment.model == model.name);
                let path =
                    std::iter::once(model.name.clone()).chain(served.map(|one| one.name.clone()).take(1)).collect();
                found.insert(reader(path, &model.place));
            }
        }
    }

    /// Whether a contract of the plan is, or comes from, the one that is looked for, and has the column.
    fn has(&self, contract: &str) -> bool {
        self.names.iter().any(|name| name == contract) && self.holds_column(contract)
    }

    fn holds_column(&self, contract: &str) -> bool {
        self.package.plan.contract(contract).is_some_and(|one| one.column(self.column).is_some())
    }

    fn nodes(&self, contract: &str, pipeline: &str, nodes: &[Node], found: &mut BTreeSet<Reader>) {
        let made: BTreeMap<(&str, &str), &Artifact> = nodes
            .iter()
            .flat_map(|node| node.outputs.iter().map(move |one| ((node.id.as_str(), one.name.as_str()), &one.artifact)))
            .collect();
        for node in nodes {
            let comes = |origin: &Origin| self.comes(origin, &made);
            let reads = node.inputs.iter().any(|input| {
                let expected =
                    matches!(element(&input.expects), Artifact::Table { contract } if self.holds_column(contract));
                expected && comes(&input.from) && self.uses(node)
            });
            if !reads {
                continue;
            }
            let mut path = vec![contract.to_owned()];
            path.extend(self.way(pipeline, node, nodes));
            found.insert(Reader { package: self.package.name.to_owned(), path, place: node.call.clone() });
        }
    }

    fn comes(&self, origin: &Origin, made: &BTreeMap<(&str, &str), &Artifact>) -> bool {
        match origin {
            Origin::Output { node, output } => made.get(&(node.as_str(), output.as_str())).is_some_and(
                |artifact| matches!(element(artifact), Artifact::Table { contract } if self.has(contract)),
            ),
            Origin::List(origins) => origins.iter().any(|one| self.comes(one, made)),
            Origin::Request | Origin::Served => true,
            Origin::Rung { .. } | Origin::None => false,
        }
    }

    /// Whether a node looks at the column: SQL that names it (or takes all), a stage of the library that is told of it, anything else.
    fn uses(&self, node: &Node) -> bool {
        match &node.run {
            Run::Sql { text } => text.contains('*') || words(text).any(|word| word.eq_ignore_ascii_case(self.column)),
            Run::Builtin { .. } => node.params.values().any(|value| names(value, self.column)),
            _ => true,
        }
    }

    /// From a node over what is made of it to the rung that it may reach, and to what serves that.
    fn way(&self, pipeline: &str, start: &Node, nodes: &[Node]) -> Vec<String> {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        let mut end = start;
        while let Some(at) = open.pop_front() {
            if let Run::Promote(_) = at.run {
                end = at;
                break;
            }
            for next in nodes.iter().filter(|next| next.upstream().contains(&at.id.as_str())) {
                if next.id != start.id && !before.contains_key(next.id.as_str()) {
                    before.insert(&next.id, &at.id);
                    open.push_back(next);
                }
            }
        }
        let mut ids = vec![end.id.as_str()];
        while let Some(previous) = ids.last().and_then(|id| before.get(id)) {
            ids.push(previous);
        }
        ids.reverse();
        let Run::Promote(promote) = &end.run else { return vec![format!("{pipeline}.{}", start.id)] };
        // the promotion itself is told by the rung
        ids.pop();
        let mut path: Vec<String> = ids.iter().map(|id| format!("{pipeline}.{id}")).collect();
        path.push(format!("{}.{}", promote.model, promote.rung));
        let mut deployments = self.package.plan.deployments.values();
        path.extend(
            deployments.find(|one| one.model == promote.model && one.rung == promote.rung).map(|one| one.name.clone()),
        );
        path
    }
}

fn element(artifact: &Artifact) -> &Artifact {
    match artifact {
        Artifact::List(inner) => element(inner),
        other => other,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn names(value: &Value, column: &str) -> bool {
    match value {
        Value::Column(name) => name == column,
        Value::List(values) => values.iter().any(|value| names(value, column)),
        _ => false,
    }
}
