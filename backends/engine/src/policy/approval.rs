//! Approvals: who said yes, who may, and for how long.

use std::collections::BTreeMap;

use mlp_plan::duration_text;

use super::{
    Verdict,
    finding::{Finding, passes},
};

/// What people said about a promotion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvals {
    /// Who wrote the program or started the run.
    pub authors: Vec<String>,
    /// What was said, in any order.
    pub given: Vec<Approval>,
    /// Nanoseconds since approval was asked for.
    pub waited: i64,
}

/// What one person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// The groups that the person belongs to.
    pub groups: Vec<String>,
    /// Yes or no.
    pub approved: bool,
    /// Nanoseconds between being asked and saying so.
    pub after: i64,
}

/// Decides `approve by <count> of <group> [except author] [within ..]`. The last word of each person counts; one no refuses.
pub(super) fn decide(
    approvals: &Approvals,
    count: u32,
    group: &str,
    except_author: bool,
    within: Option<i64>,
) -> Finding {
    let in_time = |approval: &Approval| within.is_none_or(|within| approval.after <= within);
    let may = |approval: &Approval| {
        approval.groups.iter().any(|of| of == group) && !(except_author && approvals.authors.contains(&approval.by))
    };
    let mut said: Vec<&Approval> =
        approvals.given.iter().filter(|approval| in_time(approval) && may(approval)).collect();
    said.sort_by_key(|approval| approval.after);
    let last: BTreeMap<&str, bool> = said.iter().map(|approval| (approval.by.as_str(), approval.approved)).collect();
    let yes = u32::try_from(last.values().filter(|approved| **approved).count()).unwrap_or(u32::MAX);
    let no: Vec<&str> = last.iter().filter(|(_, approved)| !**approved).map(|(by, _)| *by).collect();
    let found =
        |verdict| Finding { value: Some(f64::from(yes)), threshold: Some(f64::from(count)), ..Finding::bare(verdict) };
    if !no.is_empty() {
        return found(Verdict::Fail).because(format!("refused by {}", no.join(", ")));
    }
    if yes >= count {
        return found(passes(true));
    }
    match within {
        Some(within) if approvals.waited > within => found(Verdict::Fail)
            .because(format!("{yes} of {count} approvals of \"{group}\" within {}", duration_text(within))),
        _ => found(Verdict::Held).because(format!("{yes} of {count} approvals of \"{group}\"")),
    }
}
