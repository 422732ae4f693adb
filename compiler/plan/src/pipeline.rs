//! The plan as a whole: pipelines, models, environments and everything that they name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Contract, Deployment, Metrics, Monitor, Node, Parameter, Place, Policy, types::is_false};

/// The format's name, written into every plan.
pub const FORMAT: &str = "mlp.plan/v1";

/// Everything that a backend needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// [`FORMAT`].
    pub format: String,
    /// The package.
    pub package: Package,
    /// The target that it was compiled for.
    pub target: Target,
    /// Contracts by name; an expression's name is its text.
    #[serde(default)]
    pub contracts: BTreeMap<String, Contract>,
    /// Metrics by name.
    #[serde(default)]
    pub metrics: BTreeMap<String, Metrics>,
    /// Environments by name.
    #[serde(default)]
    pub environments: BTreeMap<String, Environment>,
    /// Secrets by name: how the value is found when a node starts, never the value.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretRef>,
    /// Policies by name.
    #[serde(default)]
    pub policies: BTreeMap<String, Policy>,
    /// Models by name.
    #[serde(default)]
    pub models: BTreeMap<String, Model>,
    /// Pipelines by name.
    #[serde(default)]
    pub pipelines: BTreeMap<String, Pipeline>,
    /// Deployments by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deployments: BTreeMap<String, Deployment>,
    /// Monitors by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub monitors: BTreeMap<String, Monitor>,
}

/// The package that was compiled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Digest of all its sources, blake3 in hex.
    pub digest: String,
}

/// The target that a plan was compiled for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Which backend.
    pub backend: Backend,
    /// `version`, `executor`, `namespace`, `store`, ..: what its table says, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// The backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Runs it in the same binary.
    Local,
    /// DAG files.
    Airflow,
    /// Manifests.
    Kubernetes,
}

/// Where Python stages run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Python version, `3.11`; any that is found where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Path of the requirements file, relative to the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements: Option<String>,
    /// The text of the requirements file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// The image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Digest of all of it, blake3 in hex.
    pub digest: String,
    /// Where it is declared.
    pub place: Place,
}

/// How the value of a secret is found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// An Airflow connection.
    Connection(String),
    /// A key of a Kubernetes secret.
    Kubernetes {
        /// The secret.
        name: String,
        /// Its key.
        key: String,
    },
}

/// A name as part of an environment variable.
#[must_use]
pub fn shouted(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The environment variable in which a node finds the value of a secret, and in which a pod or task has it for `mlp step`.
#[must_use]
pub fn secret_variable(name: &str) -> String {
    format!("MLP_SECRET_{}", shouted(name))
}

/// A model of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Contract of what it reads.
    pub input: String,
    /// Contract of what it gives.
    pub output: String,
    /// Its rungs, lowest first.
    pub ladder: Vec<String>,
    /// The moment at which it predicts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicts_at: Option<String>,
    /// Tags that it may be trained on, without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clearance: Vec<String>,
    /// Where it is declared.
    pub place: Place,
}

/// A dataflow program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Parameter>,
    /// When it runs by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Whether missed runs are made up for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub catchup: bool,
    /// How many runs at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Priority against other pipelines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Queue of the workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How long a run may take, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<i64>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whom to tell when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<String>,
    /// The nodes, each behind what it reads from.
    pub nodes: Vec<Node>,
    /// Where it is declared.
    pub place: Place,
}

/// When a pipeline runs by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Five fields and a time zone.
    Cron {
        /// `minute hour day month weekday`.
        expression: String,
        /// IANA name; UTC where not said.
        timezone: String,
    },
    /// Every so many nanoseconds.
    Every(i64),
    /// When all of these sources were written.
    Update(Vec<String>),
}

impl Plan {
    /// A plan without anything in it.
    #[must_use]
    pub fn empty(package: Package, target: Target) -> Self {
        Self {
            format: FORMAT.to_owned(),
            package,
            target,
            contracts: BTreeMap::new(),
            metrics: BTreeMap::new(),
            environments: BTreeMap::new(),
            secrets: BTreeMap::new(),
            policies: BTreeMap::new(),
            models: BTreeMap::new(),
            pipelines: BTreeMap::new(),
            deployments: BTreeMap::new(),
            monitors: BTreeMap::new(),
        }
    }

    /// The contract of that name.
    #[must_use]
    pub fn contract(&self, name: &str) -> Option<&Contract> {
        self.contracts.get(name)
    }

    /// The node `id` of `pipeline`.
    #[must_use]
    pub fn node(&self, pipeline: &str, id: &str) -> Option<&Node> {
        self.pipelines.get(pipeline)?.nodes.iter().find(|node| node.id == id)
    }
}

impl Node {
    /// Ids of the nodes that it reads from, sorted, each once.
    #[must_use]
    pub fn upstream(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for input in &self.inputs {
            input.from.nodes(&mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl crate::Origin {
    /// Adds the ids of the nodes that it names.
    pub fn nodes<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Output { node, .. } => found.push(node),
            Self::List(origins) => origins.iter().for_each(|origin| origin.nodes(found)),
            Self::Rung { .. } | Self::Request | Self::Served | Self::None => {}
        }
    }
}
