//! Records of runs and of their nodes.

use std::collections::BTreeMap;

use mlp_plan::Literal;
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};

use crate::{
    CacheEntry, Result, Store, Stored, cache,
    database::{json, parse},
    lock::host,
    now,
};

/// What a node made, by output; `None` where none flowed.
pub type Outputs = BTreeMap<String, Option<Stored>>;

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// At work; or killed, where nobody holds the package's lock.
    #[default]
    Running,
    /// Every node is done.
    Done,
    /// A promotion waits for an approval.
    Held,
    /// A node failed or broke its contract.
    Failed,
    /// A signal ended it, or its process died.
    Interrupted,
}

/// How a node of a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Its turn did not come.
    #[default]
    Waiting,
    /// At work.
    Running,
    /// Done.
    Done,
    /// Its result was taken from the cache.
    Cached,
    /// None flowed into it.
    Skipped,
    /// The stage failed (MLP902).
    Failed,
    /// Data broke its contract (MLP901).
    Broken,
    /// The policy refused (MLP903).
    Refused,
    /// The decision waits for an approval, or a clause is unknown.
    Held,
    /// The machinery failed: a missing tool, a full disk.
    Infrastructure,
    /// Something that it reads from failed.
    NotReached,
    /// The run was ended while it was at work.
    Interrupted,
}

impl RunState {
    /// As written in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl NodeState {
    /// As written in lists.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cached => "cached",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Infrastructure => "error",
            Self::NotReached => "not reached",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether what reads from it may go on.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Cached | Self::Skipped | Self::Refused | Self::Held)
    }
}

/// A run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunRecord {
    /// Its id.
    pub id: String,
    /// The pipeline.
    pub pipeline: String,
    /// Name of the package.
    pub package: String,
    /// Digest of the plan.
    pub plan: String,
    /// Digest of what the text of the pipeline comes to ([`mlp_plan::Essence`]), whatever was set beside it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub essence: String,
    /// What was set beside the text, by name, as text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// How it stands.
    pub state: RunState,
    /// When it began, UTC.
    pub started: String,
    /// When it ended, UTC.
    pub finished: Option<String>,
    /// `run.date`.
    pub date: String,
    /// `run.time`, UTC.
    pub time: String,
    /// The pipeline's parameters.
    pub params: BTreeMap<String, Literal>,
    /// Digest of the model that each rung held when the run began, by `Model.rung`.
    pub rungs: BTreeMap<String, Option<Stored>>,
    /// Who started it.
    pub author: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub pid: u32,
    /// Nodes by state.
    pub counts: BTreeMap<String, usize>,
    /// What went wrong, on one line.
    pub error: Option<String>,
}

/// Why a node ran or did not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheVerdict {
    /// Whether the result was taken from the cache.
    pub hit: bool,
    /// The run whose result was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// In words: `never ran`, `input rows changed`, ..
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The components of the key that differ from the node's last result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

/// A node of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeRecord {
    /// The run.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// The pipeline.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pipeline: String,
    /// The node.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The stage that it calls.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stage: String,
    /// How it stands.
    pub state: NodeState,
    /// When it began, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// How long its last attempt took, ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub millis: u64,
    /// Attempts made.
    #[serde(skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Its key in the cache.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Digest of what the text comes to, of it and of all that it reads from ([`mlp_plan::Essence`]).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub essence: String,
    /// Why it ran or did not.
    pub cache: CacheVerdict,
    /// What it made.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: Outputs,
    /// Rows that it made, of all tables.
    #[serde(skip_serializing_if = "is_zero")]
    pub rows: u64,
    /// Bytes that it made.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytes: u64,
    /// Checks made on data, at its inputs and outputs.
    #[serde(skip_serializing_if = "is_zero")]
    pub checks: u64,
    /// Rows set aside.
    #[serde(skip_serializing_if = "is_zero")]
    pub rejected: u64,
    /// Metrics, of a report: overall values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Option<f64>>,
    /// Warnings of contracts and policies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What went wrong, with its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The decision as a table, of a promotion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Logs of its attempts, relative to the state's folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<String>,
}

/// Records of a thousand nodes are written at once: what is nothing is not written.
fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

impl Store {
    /// Begins a run.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn begin_run(&self, mut record: RunRecord) -> Result<RunRecord> {
        record.host = host();
        record.pid = std::process::id();
        record.state = RunState::Running;
        if record.started.is_empty() {
            record.started = now();
        }
        self.save_run(&record)?;
        Ok(record)
    }

    /// Writes a run's record.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn save_run(&self, record: &RunRecord) -> Result<()> {
        self.database.write(|db| {
            db.prepare_cached("insert or replace into runs values (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute((
                    &record.id,
                    &record.pipeline,
                    record.state.word(),
                    &record.started,
                    &record.finished,
                    json(record)?,
                ))
                .map(drop)
        })
    }

    /// Writes what happened to nodes since the last time, with the results to remember, in one transaction.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn save_nodes(&self, records: &[&NodeRecord], entries: &[CacheEntry]) -> Result<()> {
        if records.is_empty() && entries.is_empty() {
            return Ok(());
        }
        self.database.write(|db| {
            let mut statement =
                db.prepare_cached("insert or replace into nodes values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
            for record in records {
                let state = record.state.word();
                statement.execute((
                    &record.run,
                    &record.node,
                    &record.pipeline,
                    state,
                    &record.key,
                    &record.finished,
                    json(record)?,
                ))?;
            }
            entries.iter().try_for_each(|entry| cache::insert(db, entry))
        })
    }

    /// The run of that id.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        self.database.read(|db| {
            db.prepare_cached("select record from runs where id = ?1")?
                .query_row([id], |row| parse(row.get_ref(0)?.as_str()?))
                .optional()
        })
    }

    /// Runs, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRecord>> {
        self.database.read(|db| {
            db.prepare_cached("select record from runs order by started desc, id desc limit ?1")?
                .query_map([limit], |row| parse(row.get_ref(0)?.as_str()?))?
                .collect()
        })
    }

    /// Runs that did not get to say how they ended. Their processes are dead where the caller holds the lock.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn unfinished_runs(&self) -> Result<Vec<RunRecord>> {
        self.database.read(|db| {
            db.prepare_cached("select record from runs where state = 'running'")?
                .query_map([], |row| parse(row.get_ref(0)?.as_str()?))?
                .collect()
        })
    }

    /// The nodes of a run, in the order of their ends.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn nodes(&self, run: &str) -> Result<Vec<NodeRecord>> {
        self.database.read(|db| {
            db.prepare_cached("select record from nodes where run = ?1 order by finished is null, finished, node")?
                .query_map([run], |row| parse(row.get_ref(0)?.as_str()?))?
                .collect()
        })
    }

    /// A node of a run.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn node(&self, run: &str, node: &str) -> Result<Option<NodeRecord>> {
        self.database.read(|db| {
            db.prepare_cached("select record from nodes where run = ?1 and node = ?2")?
                .query_row([run, node], |row| parse(row.get_ref(0)?.as_str()?))
                .optional()
        })
    }

    /// The newest good result of a node in any run.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn last_result(&self, pipeline: &str, node: &str) -> Result<Option<NodeRecord>> {
        self.database.read(|db| {
            // Through the runs, the newest first: an index of its own would cost every node of every run.
            db.prepare_cached(
                "select n.record from runs r join nodes n on n.run = r.id where r.pipeline = ?1 and n.node = ?2
                 and n.state in ('done', 'cached', 'skipped', 'refused', 'held') order by r.started desc limit 1",
            )?
            .query_row([pipeline, node], |row| parse(row.get_ref(0)?.as_str()?))
            .optional()
        })
    }
}
