//! Who reads a column of a contract: stages (those that nothing calls, too), sinks, models and deployments, with the way from the contract to what is served.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use mlp_plan::{Artifact, Contract, Node, Origin, Place, Plan, Run, Uncalled, Value};

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
    /// That package, in the version that it reads.
    pub of: &'a Plan,
    /// Its stages that nothing calls.
    pub uncalled: &'a [Uncalled],
}

/// The packages whose readers count, with what is looked up in them for each column.
#[derive(Debug)]
pub struct Readers<'a> {
    packages: Vec<Indexed<'a>>,
}

#[derive(Debug)]
struct Indexed<'a> {
    package: Package<'a>,
    /// The names in its plan of declared contracts.
    names: BTreeMap<&'a str, Vec<&'a String>>,
    /// The declared contracts of the package that is read.
    origins: BTreeMap<&'a str, &'a Contract>,
    /// The names in its plan of contracts that somebody reads a table of.
    read: BTreeSet<&'a str>,
}

impl<'a> Readers<'a> {
    /// The readers in these packages.
    #[must_use]
    pub fn new(packages: Vec<Package<'a>>) -> Self {
        Self { packages: packages.into_iter().map(Indexed::new).collect() }
    }

    /// The readers of a column, each once.
    #[must_use]
    pub fn of_column(&self, declared: &str, column: &str) -> Vec<Reader> {
        let mut found: BTreeSet<Reader> = BTreeSet::new();
        for one in &self.packages {
            Search { package: one.package, names: one.carriers(declared, column), column }.collect(&mut found);
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
}

impl<'a> Indexed<'a> {
    fn new(package: Package<'a>) -> Self {
        let mut names: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for (name, one) in &package.plan.contracts {
            if let Some(declared) = &one.declared {
                names.entry(declared).or_default().push(name);
            }
        }
        let declared = package.of.contracts.values().filter_map(|one| Some((one.declared.as_deref()?, one)));
        let mut origins: BTreeMap<&str, &Contract> = BTreeMap::new();
        declared.for_each(|(name, one)| _ = origins.entry(name).or_insert(one));
        let mut read = read(package.plan);
        read.extend(package.uncalled.iter().flat_map(|stage| &stage.reads).map(String::as_str));
        Self { package, names, origins, read }
    }

    /// The names in the plan of a declared contract, of what is read that begins with it, and of what is read that has the column from it: theirs is
    /// declared at the same place.
    fn carriers(&self, declared: &str, column: &str) -> Vec<String> {
        let alias = self.package.alias;
        let theirs = alias.map_or_else(|| declared.to_owned(), |alias| format!("{alias}.{declared}"));
        let own = self.names.get(theirs.as_str()).map(Vec::as_slice).unwrap_or_default();
        let begins = |name: &str, one: &Contract| {
            one.declared.is_none()
                && own.iter().any(|own| name.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with(' ')))
        };
        let place = self.origins.get(declared).and_then(|one| one.places.get(column)).map(|place| Place {
            file: alias.map_or_else(|| place.file.clone(), |alias| format!("{alias}:{}", place.file)),
            ..place.clone()
        });
        let has_it = |one: &Contract| place.is_some() && one.places.get(column) == place.as_ref();
        let carries = |name: &str| {
            let contract = self.package.plan.contract(name);
            contract.is_some_and(|one| begins(name, one) || has_it(one)) && own.iter().all(|own| *own != name)
        };
        let others = self.read.iter().filter(|name| carries(name)).map(|name| (*name).to_owned());
        own.iter().map(|name| (*name).clone()).chain(others).collect()
    }
}

/// The names of contracts whose tables travel in a plan, are asked of a deployment, or feed a model.
fn read(plan: &Plan) -> BTreeSet<&str> {
    let pipelines = plan.pipelines.values().chain(plan.monitors.values().map(|monitor| &monitor.pipeline));
    let nodes = pipelines.flat_map(|pipeline| &pipeline.nodes);
    let artifacts = nodes.flat_map(|node| {
        let outputs = node.outputs.iter().map(|output| &output.artifact);
        node.inputs.iter().map(|input| &input.expects).chain(outputs)
    });
    let tables = artifacts.filter_map(|artifact| match element(artifact) {
        Artifact::Table { contract } => Some(contract.as_str()),
        _ => None,
    });
    let requests = plan.deployments.values().filter_map(|one| one.request.as_deref());
    tables.chain(requests).chain(plan.models.values().map(|model| model.input.as_str())).collect()
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
        let reader = |path: Vec<String>, place: &Place| Reader {
            package: self.package.name.to_owned(),
            path: std::iter::once(contract.clone()).chain(path).collect(),
            runs: true,
            place: place.clone(),
        };
        for stage in self.package.uncalled {
            let names_it = stage.sql.as_ref().is_none_or(|text| sql_uses(text, self.column));
            if names_it && stage.reads.iter().any(|contract| self.has(contract)) {
                let name = stage.stage.rsplit('.').next().unwrap_or_default().to_owned();
                found.insert(Reader { runs: false, ..reader(vec![name], &stage.place) });
            }
        }
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
            let package = self.package.name.to_owned();
            found.insert(Reader { package, path, runs: true, place: node.call.clone() });
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
            Run::Sql { text } => sql_uses(text, self.column),
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

/// Whether SQL names a column, or takes all that there are.
fn sql_uses(text: &str, column: &str) -> bool {
    let text = code(text);
    takes_all(&text) || words(&text).any(|word| word.eq_ignore_ascii_case(column))
}

/// SQL without its comments and its texts in quotes.
fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let end = |mark: &str, from: usize| {
            rest.get(from..).and_then(|text| text.find(mark)).map_or(rest.len(), |at| from + at + mark.len())
        };
        let passed = match letter {
            '\'' => end("'", 1),
            '-' if rest.starts_with("--") => end("\n", 2),
            '/' if rest.starts_with("/*") => end("*/", 2),
            _ => {
                code.push(letter);
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
                continue;
            }
        };
        code.push(' ');
        rest = rest.get(passed..).unwrap_or_default();
    }
    code
}

/// Whether a `*` stands for all columns: behind `select`, a comma or a table's name, and not behind a number or in `count(*)`.
fn takes_all(code: &str) -> bool {
    code.match_indices('*').any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default().trim_end();
        let word = words(before).last().filter(|word| before.ends_with(word)).unwrap_or_default();
        before.ends_with([',', '.']) || ["select", "distinct", "all"].iter().any(|all| word.eq_ignore_ascii_case(all))
    })
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
