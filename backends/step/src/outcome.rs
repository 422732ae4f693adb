//! How a node ended.

use std::path::PathBuf;

use mlp_engine::table::Violation;
use mlp_plan::Place;
use mlp_store::{Decided, Outputs, Verdict};

/// How a node ended.
#[derive(Debug)]
pub enum NodeOutcome {
    /// It did its work; what it made is published.
    Done(Outputs),
    /// None flowed into it; its outputs are none.
    Skipped {
        /// Which input was none.
        because: String,
    },
    /// The stage failed (MLP902).
    Failed(Failure),
    /// Data broke its contract (MLP901); nothing was published.
    Broken(Box<Breach>),
    /// A promotion was decided: promoted, refused (MLP903) or held.
    Decided(Box<Judged>),
    /// The machinery failed: a missing tool, a full disk, a damaged object. Worth another try.
    Infrastructure(Failure),
    /// It was ended from outside.
    Stopped,
}

/// Why a stage or the machinery failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// What happened, on one line, with the stage's name.
    pub message: String,
    /// The place in the program to look at.
    pub place: Place,
    /// The last lines of its log.
    pub tail: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Data that broke its contract.
#[derive(Debug)]
pub struct Breach {
    /// The contract.
    pub contract: String,
    /// Where: `output result of fit`, `input rows of score`.
    pub edge: String,
    /// What was broken, how often, with example rows.
    pub violations: Vec<Violation>,
    /// The call in the program.
    pub place: Place,
    /// Where the data is kept to be looked at.
    pub kept: Option<PathBuf>,
}

impl Breach {
    /// Where the rejected data can be looked at.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let kept = self.kept.as_ref()?;
        Some(format!("nothing was published; the data is kept in {}", kept.display()))
    }
}

/// A promotion that was decided.
#[derive(Debug)]
pub struct Judged {
    /// The model.
    pub model: String,
    /// The rung.
    pub rung: String,
    /// What was decided.
    pub verdict: Verdict,
    /// What became of the rung.
    pub decided: Decided,
    /// Whether it is held for an approval that people can still give.
    pub awaits_approval: bool,
    /// Why, in one sentence.
    pub why: String,
    /// The clauses as a table.
    pub table: String,
    /// Clauses that warn.
    pub warnings: Vec<String>,
    /// The model where it was promoted, none otherwise.
    pub outputs: Outputs,
    /// The call in the program.
    pub place: Place,
}

impl Failure {
    /// A failure at a place.
    #[must_use]
    pub fn new(message: impl Into<String>, place: &Place) -> Self {
        Self { message: message.into(), place: place.clone(), ..Self::default() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl NodeOutcome {
    /// A failure of the machinery.
    pub(crate) fn machinery(error: impl std::fmt::Display, place: &Place) -> Self {
        Self::Infrastructure(Failure::new(error.to_string(), place))
    }
}

/// The exit code of `mlp step`: 0 done, 1 contract broken or stage failed, 2 infrastructure, 99 refused or held.
#[must_use]
pub fn exit_code(outcome: &NodeOutcome) -> i32 {
    match outcome {
        NodeOutcome::Done(_) | NodeOutcome::Skipped { .. } => 0,
        NodeOutcome::Decided(judged) if judged.verdict == Verdict::Promote => 0,
        NodeOutcome::Decided(_) => 99,
        NodeOutcome::Failed(_) | NodeOutcome::Broken(_) => 1,
        NodeOutcome::Infrastructure(_) => 2,
        NodeOutcome::Stopped => 143,
    }
}
