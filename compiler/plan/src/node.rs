//! Nodes: the units of work of a pipeline.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Literal, Place, Value, types::is_false};

/// One unit of work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Node {
    /// Stable under reordering and formatting: the `let` name, `trials-0`, `report-score`, a sink's own name.
    pub id: String,
    /// The stage, source, sink or policy that it calls, with its module: `flights.fit`, `std.split.by_time`.
    pub stage: String,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// How it does its work.
    pub run: Run,
    /// What it reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// What it makes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// Scalar parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// Name of its environment in [`Plan::environments`](crate::Plan::environments); none for builtins, SQL and plain commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// A patch on the pod that a Kubernetes target makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodPatch>,
    /// Time limit of one attempt, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
    /// How often it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<Retries>,
    /// Whether its result may be taken from the cache.
    #[serde(default)]
    pub cache: CachePolicy,
    /// Names of secrets that it sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<String>,
    /// Hosts that it may reach, `host:port`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub network: Vec<String>,
    /// Programs that it needs on the path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The seed that its process gets, where the stage has one as a setting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    /// Share of rows that may break the output contract and are set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects: Option<Literal>,
    /// Tags that it may take, without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clearance: Vec<String>,
    /// Tags that its outputs do not carry on because it says so (`drops @pii because ".."`), without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<String>,
    /// Tags that it uses though they are protected (`uses @protected because ".."`), without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Digest of the code behind `run` (SQL text, Python module with its imports of the package, argument list), blake3 in hex.
    pub code: String,
    /// Where the stage is declared.
    pub place: Place,
    /// Where it is called.
    pub call: Place,
}

/// The one escape hatch of a target: what the language has no word for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PodPatch {
    /// The file, relative to the package.
    pub file: String,
    /// Its text: YAML or JSON, merged into the pod's specification as Kubernetes merges patches.
    pub text: String,
    /// Digest of the text, blake3 in hex.
    pub digest: String,
}

/// How a node does its work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// A plain function of the user's.
    Python {
        /// Module, importable from the package's folder.
        module: String,
        /// Function in it.
        function: String,
    },
    /// A plain function of the user's, asked row by row as an endpoint would be: a load test.
    Ask {
        /// Module, importable from the package's folder.
        module: String,
        /// Function in it.
        function: String,
    },
    /// A program.
    Command {
        /// Its argument list; never a shell.
        argv: Vec<Value>,
    },
    /// A program in an image.
    Container {
        /// The image.
        image: String,
        /// Its argument list.
        argv: Vec<Value>,
    },
    /// One SELECT over the inputs, run in the embedded engine.
    Sql {
        /// The text.
        text: String,
    },
    /// The standard library: `split.by_time`, `evaluate.binary`, `tables.concat`, `pick`, ..
    Builtin {
        /// Which.
        name: String,
    },
    /// Reads what others write.
    Read(External),
    /// Writes for others.
    Write {
        /// Where to.
        to: External,
        /// `replace`, `append`, `merge`.
        mode: WriteMode,
    },
    /// Moves a rung of the registry when the policies pass.
    Promote(Promote),
}

impl Run {
    /// Module and function, where a function of the user's is called: it needs an interpreter with the node's environment.
    #[must_use]
    pub fn python(&self) -> Option<(&str, &str)> {
        match self {
            Self::Python { module, function } | Self::Ask { module, function } => Some((module, function)),
            _ => None,
        }
    }
}

/// Data outside of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct External {
    /// How it is written.
    pub format: Format,
    /// Path (relative to the package, with globs where read), URL, or table or query of a database.
    pub location: Value,
    /// The secret that opens a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `freshness`: how old it may be, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freshness: Option<i64>,
}

/// Formats of external data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Parquet: a file, a folder, or a glob.
    Parquet,
    /// CSV with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// A folder as it is.
    Dir,
    /// A file as it is.
    File,
    /// A PostgreSQL table or query.
    Postgres,
}

/// What a sink does with what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// Replaces what the same parameters wrote before.
    #[default]
    Replace,
    /// Adds to it.
    Append,
    /// Replaces rows of the same key.
    Merge,
}

/// `promote x to M.rung when P(..) and Q(..)`; the candidate is the input `model`, reports are inputs named `POLICY.PARAM`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Promote {
    /// The model's name in the registry.
    pub model: String,
    /// The rung.
    pub rung: String,
    /// The policies, all of which must pass.
    pub policies: Vec<PolicyUse>,
}

/// A policy as it is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PolicyUse {
    /// Key of [`Plan::policies`](crate::Plan::policies).
    pub policy: String,
    /// For each parameter that is a report, the name of the node's input that carries it.
    pub reports: BTreeMap<String, String>,
    /// For each scalar parameter its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
}

/// What a node reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The parameter's name.
    pub name: String,
    /// Where it comes from.
    pub from: Origin,
    /// What the stage expects: a table is cut to this contract's columns, missing ones are filled from their defaults.
    #[serde(rename = "type")]
    pub expects: Artifact,
    /// Whether it may be none; otherwise a none skips the node, whose outputs are then none.
    #[serde(default, skip_serializing_if = "is_false")]
    pub optional: bool,
    /// What was not proven, and is checked before the node starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Rule>,
}

/// Where an input comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An output of another node.
    Output {
        /// The node.
        node: String,
        /// The output's name; `result` where it has only one.
        output: String,
    },
    /// `M.rung`: the registered model as it stood when the run began; may be none.
    Rung {
        /// The model.
        model: String,
        /// The rung.
        rung: String,
    },
    /// Several, in order (`concat([a, b])`, `pick(models, reports, ..)`).
    List(Vec<Origin>),
    /// The requests that a deployment is asked about.
    Request,
    /// The log of a deployment, in a monitor.
    Served,
    /// `none`.
    None,
}

/// What a node makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Its name; `result` where there is only one.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub artifact: Artifact,
    /// What was not proven, and is checked before anyone sees it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Rule>,
}

/// What travels between nodes. Contracts and metrics are keys of the plan's maps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Artifact {
    /// Parquet.
    Table {
        /// The contract.
        contract: String,
    },
    /// A folder.
    Model {
        /// Contract of what it reads.
        input: String,
        /// Contract of what it gives.
        output: String,
    },
    /// A JSON object of metrics and slices.
    Report {
        /// The metrics.
        metrics: String,
    },
    /// A file with this extension.
    File {
        /// Without the dot.
        extension: String,
    },
    /// A folder.
    Dir,
    /// Several of one kind.
    List(Box<Artifact>),
    /// Nothing: the node is run for its effect.
    Nothing,
}

/// One thing to check on a table, against the contract of its edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The column is there, and has its type or can be cast to it without changing a value.
    Type {
        /// Which column.
        column: String,
    },
    /// The column has no null.
    NotNull {
        /// Which column.
        column: String,
    },
    /// The n-th constraint of the column.
    Constraint {
        /// Which column.
        column: String,
        /// Which of its constraints.
        index: usize,
    },
    /// Everything inside the elements or fields of the column.
    Nested {
        /// Which column.
        column: String,
    },
    /// The n-th key.
    Key(usize),
    /// The n-th set of unique columns.
    Unique(usize),
    /// The n-th rule over the data set.
    Expectation(usize),
    /// The n-th foreign key.
    Reference(usize),
}

/// What a node needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// Cores, exact decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Literal>,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Number of GPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// Bytes of scratch space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<u64>,
    /// Kind of accelerator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accelerator: Option<String>,
}

impl Resources {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How often a node is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Retries {
    /// Attempts after the first.
    pub limit: u32,
    /// Pause before the first retry, ns; doubles each time.
    pub backoff_min: i64,
    /// Longest pause, ns.
    pub backoff_max: i64,
}

/// Whether a result may be taken from the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CachePolicy {
    /// By content of code, parameters, environment and inputs.
    #[default]
    Content,
    /// Never.
    Never,
}
