//! Policies: whether a candidate may be promoted, clause by clause.
//!
//! A clause passes, fails or is unknown, and unknown never promotes: NaN, a metric that was not measured, an empty slice, a missing report, a report
//! without rows where confidence is asked for. What confidence means stands in `confidence.rs`.

mod approval;
mod confidence;
mod family;
mod finding;
mod gate;
mod given;
mod judgement;
mod resample;
mod scope;
mod table;

use std::collections::BTreeMap;

use mlp_plan::{Clause, ClauseRule, Literal, Policy};

pub use self::{
    approval::{Approval, Approvals},
    judgement::{ClauseVerdict, Decision, Judgement, RuleKind, Verdict},
    table::render_table,
};
use self::{finding::Finding, gate::Court, resample::Resampler, scope::Scope};
use crate::metrics::Report;

/// Judges `policy`.
///
/// `reports` has a report (or none) for each parameter that is one; `params` the scalars, whose defaults are filled in. A clause under `when champion`
/// is skipped where that report is none. The result depends on nothing else: no clock, no randomness, no number of threads.
#[must_use]
pub fn judge(
    policy: &Policy,
    reports: &BTreeMap<String, Option<Report>>,
    params: &BTreeMap<String, Literal>,
    approvals: &Approvals,
) -> Judgement {
    let defaults = policy.params.iter().filter_map(|param| Some((param.name.clone(), param.default.clone()?)));
    let mut scalars: BTreeMap<String, Literal> = defaults.collect();
    scalars.extend(params.iter().map(|(name, value)| (name.clone(), value.clone())));
    let scope = Scope { reports, params: scalars };
    let mut resampler = Resampler::default();
    let clauses: Vec<ClauseVerdict> =
        policy.clauses.iter().map(|clause| judge_clause(clause, &scope, &mut resampler, approvals)).collect();
    let (verdict, reason) = decide(&clauses);
    Judgement { policy: policy.name.clone(), verdict, clauses, reason }
}

fn judge_clause<'a>(
    clause: &Clause,
    scope: &Scope<'a>,
    resampler: &mut Resampler<'a>,
    approvals: &Approvals,
) -> ClauseVerdict {
    let absent = clause.when.iter().find(|name| !scope.reports.get(*name).is_some_and(Option::is_some));
    let rule = match &clause.rule {
        ClauseRule::Require(_) => RuleKind::Require,
        ClauseRule::Warn(_) => RuleKind::Warn,
        ClauseRule::Nothing { .. } => RuleKind::Nothing,
        ClauseRule::Approve { .. } => RuleKind::Approve,
    };
    let found = match (&clause.rule, absent) {
        (_, Some(absent)) => Finding::bare(Verdict::Skipped).because(format!("there is no {absent}")),
        (ClauseRule::Require(gate) | ClauseRule::Warn(gate), None) => Court { scope, resampler }.judge(gate),
        (ClauseRule::Nothing { because }, None) => Finding::bare(Verdict::Pass).because(because.as_str()),
        (ClauseRule::Approve { count, group, except_author, within }, None) => {
            approval::decide(approvals, *count, group, *except_author, *within)
        }
    };
    let told = matches!(found.verdict, Verdict::Fail | Verdict::Unknown | Verdict::Held);
    ClauseVerdict {
        text: clause.text.clone(),
        place: clause.place.clone(),
        rule,
        value: found.value,
        interval: found.interval,
        threshold: found.threshold,
        verdict: found.verdict,
        reason: found.reason,
        message: clause.message.clone().filter(|_| told),
    }
}

/// What clauses decide together. A policy that requires nothing without saying so promotes nothing.
fn decide(clauses: &[ClauseVerdict]) -> (Decision, Option<String>) {
    let mut binding = clauses.iter().filter(|clause| clause.rule != RuleKind::Warn).peekable();
    if binding.peek().is_none() {
        return (Decision::Held, Some("the policy requires nothing".to_owned()));
    }
    let worst = binding.map(|clause| match clause.verdict {
        Verdict::Pass | Verdict::Skipped => Decision::Promoted,
        Verdict::Unknown | Verdict::Held => Decision::Held,
        Verdict::Fail => Decision::Refused,
    });
    (worst.max().unwrap_or(Decision::Held), None)
}
