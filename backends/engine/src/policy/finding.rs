//! What is found out about one predicate, before it is a clause's verdict.

use mlp_plan::CompareOp;

use super::Verdict;

/// A predicate's answer with what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub verdict: Verdict,
    pub value: Option<f64>,
    pub interval: Option<(f64, f64)>,
    pub threshold: Option<f64>,
    pub reason: Option<String>,
}

impl Finding {
    pub const fn bare(verdict: Verdict) -> Self {
        Self { verdict, value: None, interval: None, threshold: None, reason: None }
    }

    pub fn unknown(reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..Self::bare(Verdict::Unknown) }
    }

    pub fn of(holds: bool) -> Self {
        Self::bare(passes(holds))
    }

    pub fn because(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }
}

pub(super) const fn passes(holds: bool) -> Verdict {
    if holds { Verdict::Pass } else { Verdict::Fail }
}

/// Whether `left op right`; never where one of them is NaN.
pub(super) fn holds(op: CompareOp, left: f64, right: f64) -> bool {
    left.partial_cmp(&right).is_some_and(|order| op.holds(order))
}
