//! Clauses of policies: which follow, under which names.

use std::collections::{BTreeMap, BTreeSet};

use mlp_analysis::versions::loosened;
use mlp_plan::{Clause, ClauseRule, Expr, Metrics, Policy};

/// The clauses of a policy that do not follow from another's, and approvals that it does not ask for, by their place.
pub fn lost(was: &Policy, is: &Policy, metrics: &BTreeMap<String, Metrics>) -> BTreeSet<usize> {
    let is_asked = |clause: &Clause| is.clauses.iter().any(|other| asks_as_much(clause, other));
    let approvals =
        was.clauses.iter().enumerate().filter(|(_, clause)| matches!(clause.rule, ClauseRule::Approve { .. }));
    let approvals = approvals.filter(|(_, clause)| !is_asked(clause)).map(|(index, _)| index);
    loosened(was, is, metrics).into_iter().chain(approvals).collect()
}

/// What parameters that have another name now were called: of those that went, the first of the same kind.
pub fn old_names(was: &Policy, is: &Policy) -> BTreeMap<String, String> {
    let mut gone: Vec<_> =
        was.params.iter().filter(|param| is.params.iter().all(|one| one.name != param.name)).collect();
    let mut found = BTreeMap::new();
    for param in is.params.iter().filter(|param| was.params.iter().all(|one| one.name != param.name)) {
        if let Some(index) = gone.iter().position(|one| one.report == param.report) {
            found.insert(param.name.clone(), gone.remove(index).name.clone());
        }
    }
    found
}

/// A policy with its parameters under the names that they had.
pub fn under_old_names(was: &Policy, is: &Policy) -> Policy {
    let (names, mut policy) = (old_names(was, is), is.clone());
    rename_params(&mut policy, &|name| names.get(name).unwrap_or(name).clone());
    policy
}

/// Gives the parameters of a policy other names, wherever they stand.
pub fn rename_params(policy: &mut Policy, name: &dyn Fn(&String) -> String) {
    let rename = |old: &mut String| *old = name(old);
    policy.params.iter_mut().for_each(|param| rename(&mut param.name));
    for clause in &mut policy.clauses {
        clause.when.iter_mut().for_each(rename);
        let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &mut clause.rule else { continue };
        gate.expr.walk_mut(&mut |part| match part {
            Expr::Metric { report: name, .. } | Expr::OverSlices { report: name, .. } | Expr::Param(name) => {
                rename(name)
            }
            _ => {}
        });
    }
}

/// The scalar parameters that a clause reads.
pub fn params(clause: &Clause) -> Vec<String> {
    let mut found = Vec::new();
    if let ClauseRule::Require(gate) | ClauseRule::Warn(gate) = &clause.rule {
        gate.expr.walk(&mut |part| {
            if let Expr::Param(name) = part
                && !found.contains(name)
            {
                found.push(name.clone());
            }
        });
    }
    found
}

/// Whether two clauses bound the same measures.
pub fn is_about_the_same(a: &Clause, b: &Clause) -> bool {
    let measures = |clause: &Clause| {
        let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &clause.rule else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        gate.expr.walk(&mut |part| {
            if let Expr::Metric { .. } | Expr::OverSlices { .. } = part {
                found.insert(match part {
                    // a change of support or correction is one of the same clause
                    Expr::OverSlices { aggregate, report, metric, by, .. } => {
                        format!("{} {report}.{metric} by {by}", aggregate.word())
                    }
                    other => other.to_string(),
                });
            }
        });
        found
    };
    let (ours, theirs) = (measures(a), measures(b));
    !ours.is_empty() && ours == theirs
}

/// Whether an approval asks for at least as much as another.
fn asks_as_much(was: &Clause, is: &Clause) -> bool {
    match (&was.rule, &is.rule) {
        (
            ClauseRule::Approve { count, group, except_author, within },
            ClauseRule::Approve { count: now, group: by, except_author: except, within: limit },
        ) => {
            group == by
                && now >= count
                && (*except || !except_author)
                && limit.zip(*within).map_or(limit.is_some() || within.is_none(), |(limit, within)| limit <= within)
                && is.when.iter().all(|name| was.when.contains(name))
        }
        _ => false,
    }
}
