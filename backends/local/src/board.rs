//! Where every node stands, and what is written about it.

use std::{collections::HashMap, time::Instant};

use mlp_plan::Node;
use mlp_step::{Attempt, NodeKey, NodeOutcome, Resolved};
use mlp_store::{CacheEntry, CacheVerdict, NodeRecord, NodeState, Outputs, Verdict, now};

use crate::{failure::Trouble, summary::Decision};

/// A node on the board.
pub(crate) struct Square<'a> {
    /// The node.
    pub node: &'a Node,
    /// Whether it takes part.
    pub part: bool,
    /// How many nodes that it reads from are not done.
    pub open: usize,
    /// Its record.
    pub record: NodeRecord,
    /// Its inputs and key, once they are known.
    pub ready: Option<(Vec<Resolved>, NodeKey)>,
    /// When it may be tried again.
    pub due: Option<Instant>,
}

/// All of them.
pub(crate) struct Board<'a> {
    /// The nodes, in the plan's order.
    pub squares: Vec<Square<'a>>,
    /// What nodes made, by id.
    pub made: HashMap<String, Outputs>,
    /// Nodes that have ended.
    pub ended: usize,
    /// Nodes that take part.
    pub of: usize,
    /// What went wrong.
    pub troubles: Vec<Trouble>,
    /// What was decided.
    pub decisions: Vec<Decision>,
    /// Positions whose records are not written yet.
    pub unsaved: Vec<usize>,
    /// Results that are not remembered yet.
    pub entries: Vec<CacheEntry>,
}

impl Square<'_> {
    /// Whether its state will not change any more.
    pub const fn is_over(&self) -> bool {
        !matches!(self.record.state, NodeState::Waiting | NodeState::Running)
    }
}

impl Board<'_> {
    /// Ends a node without an attempt: skipped, taken from the cache, not reached.
    pub fn settle(&mut self, at: usize, state: NodeState, verdict: CacheVerdict, outputs: Option<Outputs>) {
        let Some(square) = self.squares.get_mut(at) else { return };
        square.record.cache = verdict;
        square.record.finished = Some(now());
        if let Some(outputs) = outputs {
            square.record.rows = outputs.values().flatten().filter_map(|stored| stored.rows).sum();
            square.record.bytes = outputs.values().flatten().map(|stored| stored.bytes).sum();
            square.record.outputs = outputs;
        }
        self.end(at, state);
    }

    /// Notes a node's end, and frees what it made for its readers.
    fn end(&mut self, at: usize, state: NodeState) {
        let Some(square) = self.squares.get_mut(at) else { return };
        square.record.state = state;
        square.ready = None;
        self.ended += 1;
        self.unsaved.push(at);
        if state.is_good() {
            self.made.insert(square.node.id.clone(), square.record.outputs.clone());
        }
    }

    /// Takes down how an attempt ended.
    pub fn take(&mut self, at: usize, attempt: Attempt) {
        let Some(square) = self.squares.get_mut(at) else { return };
        let record = &mut square.record;
        let facts = attempt.facts;
        record.started = Some(attempt.started);
        record.finished = Some(now());
        record.millis = attempt.millis;
        (record.rows, record.bytes, record.checks, record.rejected) =
            (facts.rows, facts.bytes, facts.checks, facts.rejected);
        record.metrics = facts.metrics;
        record.warnings = facts.warnings;
        record.logs.extend(facts.log);
        let id = square.node.id.clone();
        let (state, trouble) = match attempt.outcome {
            NodeOutcome::Done(outputs) => {
                record.outputs = outputs;
                (NodeState::Done, None)
            }
            NodeOutcome::Skipped { because } => {
                record.cache.why = because;
                (NodeState::Skipped, None)
            }
            NodeOutcome::Stopped => (NodeState::Interrupted, None),
            NodeOutcome::Failed(failure) => (NodeState::Failed, Some(Trouble::failure(&id, Some("MLP902"), &failure))),
            NodeOutcome::Infrastructure(failure) => {
                (NodeState::Infrastructure, Some(Trouble::failure(&id, None, &failure)))
            }
            NodeOutcome::Broken(breach) => (NodeState::Broken, Some(Trouble::breach(&id, &breach))),
            NodeOutcome::Decided(judged) => {
                record.warnings.extend(judged.warnings.iter().cloned());
                record.decision = Some(judged.table.clone());
                record.outputs.clone_from(&judged.outputs);
                let state = match judged.verdict {
                    Verdict::Promote => NodeState::Done,
                    Verdict::Refuse => NodeState::Refused,
                    Verdict::Hold => NodeState::Held,
                };
                self.decisions.push(Decision::of(&id, &judged));
                (state, None)
            }
        };
        record.error = trouble.as_ref().map(ToString::to_string);
        self.troubles.extend(trouble);
        self.end(at, state);
    }
}
