//! What ran last, for the language server: the records of the stores of packages, in its terms.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use mlp_engine::policy::{ClauseVerdict, Judgement, RuleKind, Verdict};
use mlp_server::history::{Clause, Decided, History, Instant, LastDecision, LastRun, Past, State};
use mlp_store::{NodeRecord, NodeState, RunState, Stamp};

/// The stores of packages, each read when it was written.
#[derive(Default)]
pub struct Records(HashMap<PathBuf, Seen>);

struct Seen {
    stamp: Option<Stamp>,
    past: Past,
}

impl History for Records {
    fn changed(&mut self, root: &Path) -> Option<Past> {
        let stamp = mlp_store::Past::stamp(root);
        let before = self.0.get(root);
        let is_still = |seen: &Seen| {
            let at_work = seen.past.runs.values().any(|last| last.state == State::Running);
            // a run that is at work may die without a word
            seen.stamp == stamp && !at_work && !stamp.as_ref().is_some_and(Stamp::is_fresh)
        };
        if before.is_some_and(is_still) {
            return None;
        }
        // a store that is locked, damaged or of another version shows nothing; one that was read before is read again when it has changed
        let past = mlp_store::Past::read(root).map(past_of).unwrap_or_default();
        let is_same = before.map_or(past == Past::default(), |seen| seen.past == past);
        self.0.insert(root.to_path_buf(), Seen { stamp, past: past.clone() });
        (!is_same).then_some(past)
    }
}

fn past_of(past: mlp_store::Past) -> Past {
    let runs = past.runs.into_iter().map(|last| ((last.run.package.clone(), last.run.pipeline.clone()), run_of(last)));
    let mut decisions = BTreeMap::new();
    for last in past.decisions {
        let node = last.entry.node.clone().unwrap_or_default();
        // without its run, nobody knows of which package it was
        if let (Some(package), Some(told)) = (last.package.clone(), decision_of(&last)) {
            decisions.insert((package, last.pipeline, node), told);
        }
    }
    Past { runs: runs.collect(), decisions }
}

fn run_of(last: mlp_store::LastRun) -> LastRun {
    let mlp_store::LastRun { run, wrong } = last;
    let ended = run.finished.as_deref().and_then(instant).or_else(|| instant(&run.started));
    LastRun {
        state: match run.state {
            RunState::Running => State::Running,
            RunState::Done => State::Succeeded,
            RunState::Held => State::Held,
            RunState::Failed => State::Failed {
                node: wrong.as_ref().map(|node| node.node.clone()),
                code: wrong.as_ref().and_then(code_of).map(str::to_owned),
            },
            RunState::Interrupted => State::Interrupted,
        },
        at: ended.unwrap_or_default(),
        nodes: run.counts.values().sum(),
        essence: run.essence,
        overrides: run.overrides.iter().map(|(name, value)| format!("{name} = {value}")).collect(),
        id: run.id,
    }
}

/// What is wrong with a node; machinery that fails has no code.
const fn code_of(node: &NodeRecord) -> Option<&'static str> {
    match node.state {
        NodeState::Broken => Some("MLP901"),
        NodeState::Failed => Some("MLP902"),
        _ => None,
    }
}

fn decision_of(last: &mlp_store::LastDecision) -> Option<LastDecision> {
    let judgements = last.entry.body.get("policies").cloned().unwrap_or_default();
    let judgements: Vec<Judgement> = serde_json::from_value(judgements).ok()?;
    Some(LastDecision {
        run: last.entry.run.clone()?,
        decided: match last.entry.kind.as_str() {
            "promote" => Decided::Promoted,
            "refuse" => Decided::Refused,
            _ if last.approved => Decided::Approved,
            _ => Decided::Held,
        },
        at: instant(&last.entry.at)?,
        essence: last.essence.clone(),
        clauses: judgements.iter().flat_map(|judgement| &judgement.clauses).filter_map(clause_of).collect(),
    })
}

/// A clause that counted.
fn clause_of(clause: &ClauseVerdict) -> Option<Clause> {
    let passed = match clause.verdict {
        Verdict::Pass => Some(true),
        Verdict::Fail => Some(false),
        Verdict::Unknown | Verdict::Held => None,
        Verdict::Skipped => return None,
    };
    let compared = clause.rule != RuleKind::Approve;
    Some(Clause {
        text: clause.text.clone(),
        value: clause.value.filter(|_| compared),
        interval: clause.interval,
        threshold: clause.threshold.filter(|_| compared),
        passed,
        warns: clause.rule == RuleKind::Warn,
    })
}

fn instant(text: &str) -> Option<Instant> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp())
}
