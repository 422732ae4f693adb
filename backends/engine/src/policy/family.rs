//! Several claims under one confidence: Holm's step-down.

use mlp_plan::{CompareOp, SliceAggregate};

use super::{
    Verdict,
    confidence::{by_bounds, fails_at},
    finding::{Finding, holds, passes},
};
use crate::metrics::{bootstrap::Percentiles, kernel::count};

/// A claim about one slice, or about one pair.
pub(super) struct Member {
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Of its value minus the other side.
    pub percentiles: Percentiles,
    pub corrected: bool,
    pub aggregate: SliceAggregate,
}

impl Member {
    /// The bounds at a tail, moved to the threshold.
    fn interval(&self, tail: f64, threshold: f64) -> Option<(f64, f64)> {
        self.percentiles
            .lower(tail)
            .zip(self.percentiles.upper(tail))
            .map(|(low, high)| (low + threshold, high + threshold))
    }

    fn holds(&self, op: CompareOp, tail: f64) -> Option<bool> {
        by_bounds(op, self.percentiles.lower(tail), self.percentiles.upper(tail))
    }
}

/// Whether `aggregate op other` is a claim about every slice, or about at least one; `None` for `==` and `!=`.
const fn every(aggregate: SliceAggregate, op: CompareOp) -> Option<bool> {
    let smallest = matches!(aggregate, SliceAggregate::Min);
    match op {
        CompareOp::Ge | CompareOp::Gt => Some(smallest),
        CompareOp::Le | CompareOp::Lt => Some(!smallest),
        CompareOp::Eq | CompareOp::Ne => None,
    }
}

/// Decides the claims together: from the surest on, each at the doubt shared by those that are left.
pub(super) fn judge_family(members: &[Member], op: CompareOp, doubt: f64, threshold: f64) -> Result<Finding, String> {
    let first = members.first().ok_or("no slice")?;
    let every = every(first.aggregate, op).ok_or("`==` and `!=` over slices have no bound that decides")?;
    let corrected = first.corrected;
    let mut order: Vec<(f64, &Member)> = members
        .iter()
        .map(|member| (member.percentiles.against(|difference| holds(op, difference, 0.0)), member))
        .collect();
    let rising = matches!(op, CompareOp::Le | CompareOp::Lt);
    let by_value =
        |a: &Member, b: &Member| if rising { a.value.total_cmp(&b.value) } else { b.value.total_cmp(&a.value) };
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| by_value(a.1, b.1)));
    let tail = |place: usize| if corrected { doubt / count(members.len() - place) } else { doubt };
    let tested = order.iter().enumerate().map(|(place, (_, member))| (tail(place), *member));
    let verdicts: Vec<(f64, &Member, Option<bool>)> =
        tested.map(|(tail, member)| (tail, member, member.holds(op, tail))).collect();
    let deciding = if every {
        // The first that does not hold ends the step-down; one that plainly fails settles more than one that nobody knows.
        let fails = verdicts.iter().find(|(_, _, holds)| *holds == Some(false));
        fails.or_else(|| verdicts.iter().find(|(_, _, holds)| holds.is_none())).or(verdicts.last())
    } else {
        verdicts.first()
    };
    let (tail, member, answer) = deciding.ok_or("no slice")?;
    Ok(told(member, *answer, *tail, op, threshold))
}

fn told(member: &Member, answer: Option<bool>, tail: f64, op: CompareOp, threshold: f64) -> Finding {
    let interval = member.interval(tail, threshold);
    let found = Finding { interval, ..Finding::bare(answer.map_or(Verdict::Unknown, passes)) };
    match (answer, interval) {
        (Some(true), _) => found,
        (Some(false), Some((low, high))) => found.because(format!(
            "{} is {}, and {}",
            member.name,
            super::table::figure(member.value),
            fails_at(op, low, high)
        )),
        _ => {
            let (undefined, all) = member.percentiles.undefined();
            found.because(format!(
                "{}: the interval has no end: {undefined} of {all} resamples leave the metric undefined",
                member.name
            ))
        }
    }
}
