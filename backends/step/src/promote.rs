//! Promotions: the policies are judged, the rung moves, the decision is on record.

use std::collections::BTreeMap;

use mlp_engine::{
    metrics::{Report, read_report},
    policy::{self, Approvals, Judgement, RuleKind},
};
use mlp_plan::{ClauseRule, Literal, PolicyUse, Promote};
use mlp_store::{Decided, Decision, Held, Outputs, StoreError, Verdict};
use serde_json::json;

use crate::{
    command::{failed, of_engine},
    input::{Placed, Resolved},
    node::Job,
    outcome::{Judged, NodeOutcome},
};

/// The candidate's input.
const CANDIDATE: &str = "model";

fn outputs(job: &Job<'_>, promoted: bool) -> Outputs {
    let candidate = job.resolved(CANDIDATE).and_then(|resolved| resolved.each().next().flatten().cloned());
    job.node.outputs.iter().map(|output| (output.name.clone(), candidate.clone().filter(|_| promoted))).collect()
}

/// Whether the rung holds the candidate: then there is nothing to decide.
pub(crate) fn already(job: &Job<'_>, promote: &Promote) -> Result<Option<(Outputs, String)>, StoreError> {
    let Some(entry) = job.store.rung(&promote.model, &promote.rung)? else { return Ok(None) };
    let same = job
        .resolved(CANDIDATE)
        .is_some_and(|resolved| resolved.each().flatten().any(|stored| stored.digest == entry.artifact.digest));
    let why = || format!("{}.{} holds it already (version {})", promote.model, promote.rung, entry.version);
    Ok(same.then(|| (outputs(job, true), why())))
}

/// Judges, records, moves.
pub(crate) fn run(job: &Job<'_>, promote: &Promote, placed: &BTreeMap<String, Placed>) -> Result<Judged, NodeOutcome> {
    let candidate = job.resolved(CANDIDATE).and_then(|resolved| resolved.each().next().flatten());
    let Some(artifact) = candidate.cloned() else {
        return Err(failed(job, "a promotion needs a candidate"));
    };
    let mut judgements = Vec::new();
    for used in &promote.policies {
        judgements.push(judge(job, used, placed)?);
    }
    let verdict =
        judgements.iter().map(|judgement| judgement.verdict).max().map_or(Verdict::Promote, |worst| match worst {
            policy::Decision::Promoted => Verdict::Promote,
            policy::Decision::Held => Verdict::Hold,
            policy::Decision::Refused => Verdict::Refuse,
        });
    let why = reason(&judgements, verdict);
    let inputs: BTreeMap<&str, Vec<&str>> = job
        .node
        .inputs
        .iter()
        .zip(&job.inputs)
        .map(|(input, resolved)| (input.name.as_str(), digests(resolved)))
        .collect();
    let decision = Decision {
        model: promote.model.clone(),
        rung: promote.rung.clone(),
        artifact,
        verdict,
        run: job.run.context.id.clone(),
        node: job.node.id.clone(),
        author: job.run.author.clone(),
        why: why.clone(),
        body: json!({ "policies": judgements, "inputs": inputs, "pipeline": job.index.pipeline.name, "place": job.node.call.to_string() }),
        approvals: (verdict == Verdict::Hold).then(|| awaited(job, promote, &judgements)).flatten(),
    };
    let decided = job.store.decide(&decision).map_err(|error| NodeOutcome::machinery(error, &job.node.call))?;
    let promoted = verdict == Verdict::Promote;
    let awaits_approval = match decided {
        Decided::Recorded { audit } => {
            job.store.awaits_approval(audit).map_err(|error| NodeOutcome::machinery(error, &job.node.call))?
        }
        Decided::Moved(_) | Decided::Already { .. } => false,
    };
    Ok(Judged {
        model: decision.model,
        rung: decision.rung,
        verdict,
        awaits_approval,
        why: match &decided {
            Decided::Already { version } => format!("it holds this model already (version {version})"),
            _ => why,
        },
        decided,
        table: judgements.iter().map(policy::render_table).collect(),
        warnings: warnings(&judgements),
        outputs: outputs(job, promoted),
        place: job.node.call.clone(),
    })
}

fn digests(resolved: &Resolved) -> Vec<&str> {
    resolved.each().flatten().map(|stored| stored.digest.as_str()).collect()
}

fn judge(job: &Job<'_>, used: &PolicyUse, placed: &BTreeMap<String, Placed>) -> Result<Judgement, NodeOutcome> {
    let Some(asked) = job.index.plan.policies.get(&used.policy) else {
        return Err(NodeOutcome::machinery(format!("the plan has no policy `{}`", used.policy), &job.node.call));
    };
    let mut reports: BTreeMap<String, Option<Report>> = BTreeMap::new();
    for (param, input) in &used.reports {
        let report = match placed.get(input).into_iter().flatten().flatten().next() {
            Some(path) => Some(read_report(path).map_err(|error| of_engine(job, &error))?),
            None => None,
        };
        reports.insert(param.clone(), report);
    }
    let mut params: BTreeMap<String, Literal> = BTreeMap::new();
    for (name, value) in &used.params {
        params.insert(name.clone(), value.evaluate(&job.run.context).map_err(|text| failed(job, &text))?);
    }
    let approvals = Approvals { authors: vec![job.run.author.clone()], ..Approvals::default() };
    Ok(policy::judge(asked, &reports, &params, &approvals))
}

/// One sentence for lists and the trail.
fn reason(judgements: &[Judgement], verdict: Verdict) -> String {
    let wanted = match verdict {
        Verdict::Promote => return "every clause passed".to_owned(),
        Verdict::Refuse => vec![policy::Verdict::Fail],
        Verdict::Hold => vec![policy::Verdict::Unknown, policy::Verdict::Held],
    };
    let clauses = judgements.iter().flat_map(|judgement| &judgement.clauses);
    let found: Vec<String> = clauses
        .filter(|clause| clause.rule != RuleKind::Warn && wanted.contains(&clause.verdict))
        .map(|clause| match clause.reason.as_ref().or(clause.message.as_ref()) {
            Some(because) => format!("{} ({because})", clause.text),
            None => clause.text.clone(),
        })
        .collect();
    let own = judgements.iter().find_map(|judgement| judgement.reason.clone());
    if found.is_empty() { own.unwrap_or_else(|| "no clause says why".to_owned()) } else { found.join("; ") }
}

fn warnings(judgements: &[Judgement]) -> Vec<String> {
    let clauses = judgements.iter().flat_map(|judgement| &judgement.clauses);
    let told = clauses.filter(|clause| clause.rule == RuleKind::Warn && clause.verdict != policy::Verdict::Pass);
    told.filter(|clause| clause.verdict != policy::Verdict::Skipped)
        .map(|clause| format!("{}: {} [{}]", clause.text, clause.verdict.word(), clause.place))
        .collect()
}

/// What is waited for, where approvals are all that is missing.
fn awaited(job: &Job<'_>, promote: &Promote, judgements: &[Judgement]) -> Option<Held> {
    let clauses = || judgements.iter().flat_map(|judgement| &judgement.clauses);
    if clauses().any(|clause| clause.rule == RuleKind::Require && clause.verdict == policy::Verdict::Unknown) {
        return None;
    }
    let policies = promote.policies.iter().filter_map(|used| job.index.plan.policies.get(&used.policy));
    policies.flat_map(|policy| &policy.clauses).find_map(|clause| match &clause.rule {
        ClauseRule::Approve { count, group, except_author, within } => {
            let until = within.map(|within| chrono::Utc::now() + chrono::TimeDelta::nanoseconds(within));
            Some(Held {
                count: *count,
                group: group.clone(),
                except_author: *except_author,
                until: until.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
                given: Vec::new(),
            })
        }
        _ => None,
    })
}
