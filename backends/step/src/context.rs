//! What is the same for all nodes of a run.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use mlp_plan::{Artifact, Contract, Pipeline, Plan, Policy, RunContext};
use mlp_store::{Stored, digest_bytes};

/// A run, as its nodes see it.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    /// Its id, date, time and parameters.
    pub context: RunContext,
    /// Who started it.
    pub author: String,
    /// What each rung (`Model.rung`) held when the run began.
    pub rungs: BTreeMap<String, Option<Stored>>,
}

/// How nodes are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of a log that are kept; what comes after is counted and dropped.
    pub log_cap: u64,
    /// What a stage gets between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// Set to end what is at work.
    pub stop: Stop,
    /// Whether manifests wait for the disk: `mlp step`; a local run flushes in groups.
    pub flush: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { log_cap: 64 << 20, grace: Duration::from_secs(5), stop: Stop::default(), flush: false }
    }
}

/// A word to everything that is at work: go on, end, or end at once.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicU8>);

impl Stop {
    /// Asks for an end: SIGTERM, the grace period, SIGKILL. Asked again, SIGKILL at once.
    pub fn ask(&self) {
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |level| Some(level.saturating_add(1).min(2)));
    }

    /// Whether an end was asked for.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }

    /// Whether it shall be at once.
    #[must_use]
    pub fn at_once(&self) -> bool {
        self.0.load(Ordering::Acquire) > 1
    }
}

/// What a step tells while it works: lines that a person may want to see.
pub type Notes<'a> = &'a (dyn Fn(&str) + Sync);

/// A plan with what every node asks of it computed once.
#[derive(Debug)]
pub struct PlanIndex<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The pipeline.
    pub pipeline: &'a Pipeline,
    contracts: BTreeMap<&'a str, String>,
    policies: BTreeMap<&'a str, String>,
    made: BTreeMap<(&'a str, &'a str), &'a Artifact>,
}

impl<'a> PlanIndex<'a> {
    /// Indexes one pipeline of a plan.
    ///
    /// # Errors
    /// In words, where the plan has no such pipeline.
    pub fn new(plan: &'a Plan, pipeline: &str) -> Result<Self, String> {
        let names = || plan.pipelines.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let pipeline =
            plan.pipelines.get(pipeline).ok_or_else(|| format!("no pipeline `{pipeline}`; there is {}", names()))?;
        let contracts =
            plan.contracts.iter().map(|(name, contract)| (name.as_str(), contract_digest(contract))).collect();
        let policies = plan.policies.iter().map(|(name, policy)| (name.as_str(), policy_digest(policy))).collect();
        let mut made = BTreeMap::new();
        for node in &pipeline.nodes {
            for output in &node.outputs {
                made.insert((node.id.as_str(), output.name.as_str()), &output.artifact);
            }
        }
        Ok(Self { plan, pipeline, contracts, policies, made })
    }

    /// Digest of what a contract asks, without places, docs and names.
    #[must_use]
    pub fn contract_digest(&self, name: &str) -> &str {
        self.contracts.get(name).map_or("", String::as_str)
    }

    /// Digest of what a policy asks.
    #[must_use]
    pub fn policy_digest(&self, name: &str) -> &str {
        self.policies.get(name).map_or("", String::as_str)
    }

    /// What kind of artifact an output is.
    #[must_use]
    pub fn made_by(&self, node: &str, output: &str) -> Option<&'a Artifact> {
        self.made.get(&(node, output)).copied()
    }
}

fn contract_digest(contract: &Contract) -> String {
    digest_json(&contract.essence())
}

fn policy_digest(policy: &Policy) -> String {
    digest_json(&policy.essence())
}

/// Digest of a value's JSON, whose maps are all sorted.
pub(crate) fn digest_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_vec(value).map_or_else(|_| String::new(), |bytes| digest_bytes(&bytes))
}
