//! Deployments and monitors: how a model is served, and how it is watched.

mod deployment;
mod monitor;
mod rollout;
mod triggers;

pub use self::triggers::STATISTICS;

use std::{collections::BTreeMap, sync::Arc};

use mlp_plan::{Budget, Expr, Replicas, Resources, Rollout, Run, Traffic, Value};
use mlp_source::Span;

use crate::{
    contracts::Shared,
    flow::{Flow, FlowNode},
    models::ModelInfo,
    program::DeclId,
};

/// A model of the registry, served.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentInfo {
    /// Its name.
    pub name: String,
    /// Its docs.
    pub doc: Option<String>,
    /// The model.
    pub model: Arc<ModelInfo>,
    /// The rung that it serves.
    pub rung: String,
    /// What a request is.
    pub request: Option<Shared>,
    /// Where that is said; the deployment's name, where it is not.
    pub request_at: Span,
    /// What its log holds.
    pub served: Shared,
    /// What makes features of requests.
    pub features: Vec<FlowNode>,
    /// The stage that makes them, where there is one.
    pub feature_stage: Option<DeclId>,
    /// Where that is said.
    pub features_at: Span,
    /// What answers, with its environment.
    pub serve: Option<Run>,
    /// The environment of what answers.
    pub env: Option<DeclId>,
    /// How many copies.
    pub replicas: Option<Replicas>,
    /// How many requests are expected.
    pub traffic: Option<Traffic>,
    /// How a new version takes over.
    pub rollout: Option<Rollout>,
    /// Where that is said.
    pub rollout_at: Span,
    /// Where the last of its steps stands.
    pub last_step: Option<Span>,
    /// What brings the version before back.
    pub rollback: Vec<TriggerInfo>,
    /// What a copy needs.
    pub resources: Resources,
    /// Tags that a request may carry.
    pub clearance: Vec<String>,
    /// Its declaration.
    pub id: DeclId,
    /// Where it is declared.
    pub span: Span,
}

/// What watches a deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorInfo {
    /// The deployment: names may be those of other modules, too.
    pub deployment: Arc<DeploymentInfo>,
    /// What it computes each time.
    pub flow: Flow,
    /// When it tells.
    pub alerts: Vec<TriggerInfo>,
    /// When it trains anew.
    pub retrains: Vec<RetrainInfo>,
}

/// A condition on what is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerInfo {
    /// The condition, as [`mlp_plan::Trigger::when`] says.
    pub when: Expr,
    /// Where the condition stands.
    pub condition: Span,
    /// Over how long, ns.
    pub over: Option<i64>,
    /// `else ".."`.
    pub message: Option<String>,
    /// Where all of it stands.
    pub span: Span,
}

/// `retrain late when ..`.
#[derive(Clone, Debug, PartialEq)]
pub struct RetrainInfo {
    /// The pipeline.
    pub pipeline: String,
    /// With these parameters.
    pub params: BTreeMap<String, Value>,
    /// When.
    pub trigger: TriggerInfo,
    /// Not again before this long, ns.
    pub cooldown: Option<i64>,
    /// Not more often than this.
    pub budget: Option<Budget>,
}
