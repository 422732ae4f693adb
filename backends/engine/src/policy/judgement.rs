//! Verdicts as data: what is printed, recorded and handed on.

use mlp_plan::Place;
use serde::{Deserialize, Serialize};

/// What a policy decides. The worse of two is the greater: several policies under one `promote` decide as their `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Every clause that must pass does.
    Promoted,
    /// None fails, but one is unknown, or an approval is missing.
    Held,
    /// One fails.
    Refused,
}

/// What one clause says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// Nobody knows.
    Unknown,
    /// It waits for approvals.
    Held,
    /// It does not count: what its `when` asks for is not there.
    Skipped,
}

/// What kind of clause it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// `require`.
    Require,
    /// `warn`: never in the way.
    Warn,
    /// `require nothing`.
    Nothing,
    /// `approve`.
    Approve,
}

/// A policy, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Name of the policy.
    pub policy: String,
    /// What it decides.
    pub verdict: Decision,
    /// Its clauses, in order.
    pub clauses: Vec<ClauseVerdict>,
    /// Why it decides so, where no clause says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A clause, judged. Times are in seconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClauseVerdict {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub place: Place,
    /// What kind of clause it is.
    pub rule: RuleKind,
    /// The value that is compared: of `candidate.auc >= champion.auc - 0.005` the candidate's; of an `approve` how many approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The interval that decides a clause with confidence: lower and upper one-sided bound, each at that confidence. Of a comparison of two metrics it is
    /// the interval of their difference, moved to the threshold, so that it is read against the threshold as any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// What the value is compared with; of an `approve` how many are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// What it says.
    pub verdict: Verdict,
    /// Why, where value, interval and threshold do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the program says (`else ".."`) where it does not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Verdict {
    /// As printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Held => "held",
            Self::Skipped => "skipped",
        }
    }
}

impl Decision {
    /// As printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Held => "held",
            Self::Refused => "refused",
        }
    }
}
