//! What ran last, as lenses tell it: plain data, and the port through which it comes. Whoever implements it knows the store of runs; this crate does not.

use std::{collections::BTreeMap, path::Path};

/// Seconds since 1970, UTC.
pub type Instant = i64;

/// Where it is known what ran. It is asked again and again, by a thread of its own: it may take its time, and waits for nobody.
pub trait History: Send {
    /// What ran last in the package at a folder, where that is something else than what was answered last. Records that cannot be read are none.
    fn changed(&mut self, root: &Path) -> Option<Past>;
}

/// Nothing ever ran.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHistory;

impl History for NoHistory {
    fn changed(&mut self, _root: &Path) -> Option<Past> {
        None
    }
}

/// What ran last in a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// By package and pipeline.
    pub runs: BTreeMap<(String, String), LastRun>,
    /// By package, pipeline and node.
    pub decisions: BTreeMap<(String, String, String), LastDecision>,
}

impl Past {
    /// Whether anything is known of a pipeline.
    #[must_use]
    pub fn is_about(&self, package: &str, pipeline: &str) -> bool {
        self.runs.contains_key(&(package.to_owned(), pipeline.to_owned()))
            || self.decisions.keys().any(|(of, decided, _)| of == package && decided == pipeline)
    }
}

/// The last run of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: State,
    /// Since when.
    pub at: Instant,
    /// How many nodes took part.
    pub nodes: usize,
    /// `mlp_plan::Essence` of the text that it ran; empty where nobody knows.
    pub essence: String,
    /// What was set beside the text, `depth = 12`.
    pub overrides: Vec<String>,
}

/// How a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// At work.
    Running,
    /// All is done.
    Succeeded,
    /// A promotion waits.
    Held,
    /// It went wrong.
    Failed {
        /// The first node that did.
        node: Option<String>,
        /// The code of what is wrong.
        code: Option<String>,
    },
    /// It was ended before its end.
    Interrupted,
}

/// The last decision of a promotion.
#[derive(Clone, Debug, PartialEq)]
pub struct LastDecision {
    /// The run that decided.
    pub run: String,
    /// What.
    pub decided: Decided,
    /// When.
    pub at: Instant,
    /// As [`LastRun::essence`], of the promotion with all that it reads from.
    pub essence: String,
    /// The clauses that counted.
    pub clauses: Vec<Clause>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The rung moved.
    Promoted,
    /// It did not.
    Refused,
    /// It waits.
    Held,
    /// It waited, and was approved.
    Approved,
}

/// A clause of a policy with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// As written.
    pub text: String,
    /// The value that is compared.
    pub value: Option<f64>,
    /// The interval that decides, of a clause with confidence.
    pub interval: Option<(f64, f64)>,
    /// What it is compared with.
    pub threshold: Option<f64>,
    /// Whether it passed; none where nobody knows, or somebody must approve.
    pub passed: Option<bool>,
    /// Whether it is never in the way.
    pub warns: bool,
}
