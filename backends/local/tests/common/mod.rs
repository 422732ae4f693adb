//! Plans by hand, and packages to run them in.

#![allow(dead_code, reason = "each test program uses some of it")]
#![allow(clippy::allow_attributes, reason = "a test program that uses all of it would make `expect` fail")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mlp_local::{Event, RunError, RunOptions, RunSummary, run};
use mlp_plan::{
    Artifact, Backend, CachePolicy, Column, Constraint, Contract, DataType, External, Format, Input, Literal, Node,
    Origin, Output, Package, Pipeline, Place, Plan, Resources, Rule, Run, Target, Value, ValueType, WriteMode,
};
use mlp_store::{NodeRecord, NodeState, Store};

/// A package in a folder that goes with the test.
pub struct Lab {
    pub folder: tempfile::TempDir,
}

pub fn lab() -> Lab {
    Lab { folder: tempfile::tempdir().unwrap() }
}

impl Lab {
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// How many lines a file has: how often something happened.
    pub fn count(&self, name: &str) -> usize {
        fs::read_to_string(self.path().join(name)).map_or(0, |text| text.lines().count())
    }

    pub fn store(&self) -> Store {
        Store::open(self.path()).unwrap()
    }

    pub fn options(&self) -> RunOptions {
        RunOptions { package: self.path().to_owned(), author: Some("ada".to_owned()), ..RunOptions::default() }
    }

    pub fn run(&self, plan: &Plan) -> RunSummary {
        self.run_with(plan, &self.options()).unwrap()
    }

    pub fn run_with(&self, plan: &Plan, options: &RunOptions) -> Result<RunSummary, RunError> {
        run(plan, "p", options, &mut |_: Event<'_>| {})
    }

    /// The bytes of a node's only output.
    pub fn output(&self, summary: &RunSummary, node: &str) -> Vec<u8> {
        let record = record(summary, node);
        let stored = record.outputs["result"].as_ref().unwrap();
        fs::read(self.store().object_path(&stored.digest)).unwrap()
    }
}

pub fn record<'a>(summary: &'a RunSummary, node: &str) -> &'a NodeRecord {
    summary.nodes.iter().find(|record| record.node == node).unwrap_or_else(|| panic!("no node {node}"))
}

/// Every node with its state, in the plan's order: `a done, b cached`.
pub fn states(summary: &RunSummary) -> String {
    summary.nodes.iter().map(|node| format!("{} {}", node.node, node.state.word())).collect::<Vec<_>>().join(", ")
}

pub fn state(summary: &RunSummary, node: &str) -> NodeState {
    record(summary, node).state
}

/// What went wrong, as a person reads it.
pub fn troubles(summary: &RunSummary) -> String {
    summary.troubles.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

pub fn place(line: u32) -> Place {
    Place { file: "src/p.mlp".to_owned(), line, column: 3 }
}

pub fn text(value: &str) -> Value {
    Value::Literal(Literal::Text(value.to_owned()))
}

pub fn node(id: &str, run: Run) -> Node {
    let code = mlp_store::digest_bytes(format!("{run:?}").as_bytes());
    Node {
        id: id.to_owned(),
        stage: format!("p.{id}"),
        doc: None,
        run,
        inputs: Vec::new(),
        outputs: Vec::new(),
        params: BTreeMap::new(),
        env: None,
        resources: Resources::default(),
        timeout: None,
        retries: None,
        cache: CachePolicy::Content,
        secrets: Vec::new(),
        network: Vec::new(),
        needs: Vec::new(),
        seed: None,
        rejects: None,
        pod: None,
        clearance: Vec::new(),
        drops: Vec::new(),
        uses: Vec::new(),
        owner: None,
        code,
        place: place(10),
        call: place(20),
    }
}

/// A shell script that makes a text file, or nothing.
pub fn shell(id: &str, script: &str) -> Node {
    node(id, Run::Command { argv: vec![text("sh"), text("-c"), text(script)] })
}

pub fn txt() -> Artifact {
    Artifact::File { extension: "txt".to_owned() }
}

pub fn table(contract: &str) -> Artifact {
    Artifact::Table { contract: contract.to_owned() }
}

/// Adds to a node what it reads and makes.
pub trait Wire: Sized {
    fn makes(self, artifact: Artifact) -> Self;
    fn makes_named(self, name: &str, artifact: Artifact) -> Self;
    fn checked(self, rules: Vec<Rule>) -> Self;
    fn reads(self, name: &str, from: &str, artifact: Artifact) -> Self;
    fn reads_from(self, name: &str, from: Origin, artifact: Artifact, optional: bool) -> Self;
    fn param(self, name: &str, value: Value) -> Self;
}

impl Wire for Node {
    fn makes(self, artifact: Artifact) -> Self {
        self.makes_named("result", artifact)
    }

    fn makes_named(mut self, name: &str, artifact: Artifact) -> Self {
        self.outputs.push(Output { name: name.to_owned(), artifact, checks: Vec::new() });
        self
    }

    fn checked(mut self, rules: Vec<Rule>) -> Self {
        self.outputs.last_mut().unwrap().checks = rules;
        self
    }

    fn reads(self, name: &str, from: &str, artifact: Artifact) -> Self {
        let (node, output) = from.split_once('.').unwrap_or((from, "result"));
        self.reads_from(name, Origin::Output { node: node.to_owned(), output: output.to_owned() }, artifact, false)
    }

    fn reads_from(mut self, name: &str, from: Origin, artifact: Artifact, optional: bool) -> Self {
        self.inputs.push(Input { name: name.to_owned(), from, expects: artifact, optional, checks: Vec::new() });
        self
    }

    fn param(mut self, name: &str, value: Value) -> Self {
        self.params.insert(name.to_owned(), value);
        self
    }
}

pub fn read(id: &str, format: Format, location: &str) -> Node {
    node(id, Run::Read(External { format, location: text(location), secret: None, freshness: None }))
}

pub fn write(id: &str, format: Format, location: &str, mode: WriteMode) -> Node {
    node(id, Run::Write { to: External { format, location: text(location), secret: None, freshness: None }, mode })
}

/// `id: int64`, `amount: float64 in 0 .. 100`, `name: string?`, keyed by `id`.
pub fn row() -> Contract {
    let column = |name: &str, value: ValueType| Column::plain(name, value);
    let number = |value: i32| Some(Literal::Number(value.into()));
    let amount = ValueType {
        constraints: vec![Constraint::Range { low: number(0), high: number(100) }],
        ..ValueType::plain(DataType::Float(64))
    };
    let places = [("", 1), ("id", 2), ("amount", 3), ("amount#in", 3), ("name", 4), ("key", 5)];
    Contract {
        name: "Row".to_owned(),
        columns: vec![
            column("id", ValueType::plain(DataType::Int(64))),
            column("amount", amount),
            column("name", ValueType::plain(DataType::String).or_null()),
        ],
        keys: vec![vec!["id".to_owned()]],
        places: places.into_iter().map(|(name, line)| (name.to_owned(), place(line))).collect(),
        ..Contract::default()
    }
}

/// All that can be looked at in a table of [`row`].
pub fn row_rules() -> Vec<Rule> {
    let column = |name: &str| name.to_owned();
    vec![
        Rule::Type { column: column("id") },
        Rule::Type { column: column("amount") },
        Rule::Type { column: column("name") },
        Rule::NotNull { column: column("id") },
        Rule::NotNull { column: column("amount") },
        Rule::Constraint { column: column("amount"), index: 0 },
        Rule::Key(0),
    ]
}

pub fn pipeline(nodes: Vec<Node>) -> Pipeline {
    Pipeline {
        name: "p".to_owned(),
        doc: None,
        params: Vec::new(),
        schedule: None,
        catchup: false,
        concurrency: None,
        priority: None,
        queue: None,
        tags: Vec::new(),
        deadline: None,
        owner: None,
        on_failure: None,
        nodes,
        place: place(1),
    }
}

pub fn plan(nodes: Vec<Node>) -> Plan {
    let package = Package { name: "lab".to_owned(), version: None, owner: None, digest: "0".repeat(64) };
    let target = Target { name: "local".to_owned(), backend: Backend::Local, options: BTreeMap::new() };
    Plan {
        contracts: BTreeMap::from([("Row".to_owned(), row())]),
        pipelines: BTreeMap::from([("p".to_owned(), pipeline(nodes))]),
        ..Plan::empty(package, target)
    }
}

/// The only pipeline of a plan.
pub fn pipe(plan: &mut Plan) -> &mut Pipeline {
    plan.pipelines.get_mut("p").unwrap()
}

/// Waits until something holds; a test that waits for ever is ended by its runner.
pub fn wait_until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Whether a process is there and not a zombie.
pub fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}
