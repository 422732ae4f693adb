//! Deployments and monitors: how a model is served, and how it is watched.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Expr, Literal, Node, Pipeline, Place, Resources, Run, Value};

/// A model of the registry, served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The model.
    pub model: String,
    /// The rung that it serves.
    pub rung: String,
    /// Contract of a request, a key of [`Plan::contracts`](crate::Plan::contracts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Contract of its log: a request, what was answered, `served_at` and `version`.
    pub served: String,
    /// What makes features of requests, each node behind what it reads from; empty where a request is what the model reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Node>,
    /// What answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<Serve>,
    /// How many copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<Replicas>,
    /// How many requests are expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
    /// How a new version takes over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What brings the version before back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollback: Vec<Trigger>,
    /// What a copy needs.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// Tags that a request may carry, without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clearance: Vec<String>,
    /// Where it is declared.
    pub place: Place,
}

/// What answers requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Serve {
    /// The function, program or image.
    pub run: Run,
    /// Name of its environment in [`Plan::environments`](crate::Plan::environments).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Digest of the code behind `run`, blake3 in hex, as [`Node::code`].
    pub code: String,
}

/// `replicas = 2 .. 10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Replicas {
    /// Fewest.
    pub min: u32,
    /// Most.
    pub max: u32,
}

/// `traffic = rate(50, per: 1s)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Traffic {
    /// How many requests.
    pub requests: Literal,
    /// In how long, ns.
    pub per: i64,
}

/// How a new version takes over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rollout {
    /// In steps, each with a share of the requests.
    Canary(Vec<RolloutStep>),
    /// Beside the old one, which goes after this long, ns.
    BlueGreen {
        /// How long both are there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<i64>,
    },
    /// With a share of the requests, whose answers nobody gets.
    Shadow(Vec<RolloutStep>),
    /// At once.
    AllAtOnce,
}

/// `5% for 10min`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct RolloutStep {
    /// Share of the requests, 0 to 1.
    pub share: Literal,
    /// For how long, ns; for good where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<i64>,
}

/// `rollback when latency.p99 > 80ms over 5min`, `alert when psi(distance) > 0.2 over 7d`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// The condition as written, on one line.
    pub text: String,
    /// The condition. A metric whose report has no name is the endpoint's own ([`Expr::Metric`]); that of a monitor's report names the node that makes it;
    /// `psi(x, 20)` and its like measure the drift of a column ([`Expr::Call`]), of each column where none is named.
    pub when: Expr,
    /// Over how long it is measured, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<i64>,
    /// `else ".."`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// What watches a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Monitor {
    /// The deployment.
    pub deployment: String,
    /// What it computes each time, and when: a pipeline that reads the log ([`Origin::Served`](crate::Origin::Served)).
    #[serde(flatten)]
    pub pipeline: Pipeline,
    /// When it tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<Trigger>,
    /// When it trains anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retrains: Vec<Retrain>,
}

/// `retrain late when .. cooldown 7d at most 4 per 30d`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Retrain {
    /// The pipeline that is run.
    pub pipeline: String,
    /// With these parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Value>,
    /// When.
    pub trigger: Trigger,
    /// Not again before this long, ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<i64>,
    /// Not more often than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// `at most 4 per 30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Budget {
    /// How often.
    pub times: u32,
    /// In how long, ns.
    pub per: i64,
}
