//! What the cache says, and why a node runs where it says nothing.

use mlp_plan::{Artifact, Output, Run};
use mlp_step::changes;
use mlp_store::{CacheVerdict, NodeRecord, NodeState, Outputs, StoreError};

use super::Scheduler;
use crate::summary::Decision;

impl Scheduler<'_, '_> {
    /// Asks the cache about all of them at once.
    pub(super) fn answer(&mut self, asked: &[(usize, bool)]) -> Result<(), StoreError> {
        let key = |at: usize| {
            self.board
                .squares
                .get(at)
                .and_then(|square| square.ready.as_ref())
                .map_or("", |(_, key)| key.digest.as_str())
        };
        let keys: Vec<&str> = asked.iter().map(|(at, cache)| if *cache { key(*at) } else { "" }).collect();
        let found = self.world.store.lookup(&keys)?;
        for ((at, cache), entry) in asked.iter().zip(found) {
            if let Some(record) = self.done_before(*at) {
                let why = "done before the run was interrupted".to_owned();
                let verdict = CacheVerdict { hit: true, run: Some(record.run.clone()), why, changed: Vec::new() };
                self.reuse(*at, verdict, record.outputs.clone(), Some(&record))?;
                continue;
            }
            match entry {
                Some(entry) => {
                    let verdict = CacheVerdict {
                        hit: true,
                        why: format!("made by run {}", entry.run),
                        run: Some(entry.run.clone()),
                        changed: Vec::new(),
                    };
                    let record =
                        if self.tells_more(*at) { self.world.store.node(&entry.run, &entry.node)? } else { None };
                    self.reuse(*at, verdict, entry.outputs, record.as_ref())?;
                }
                None => self.must_run(*at, *cache)?,
            }
        }
        Ok(())
    }

    /// A report's metrics and a decision's table are told again, though nothing was done.
    fn tells_more(&self, at: usize) -> bool {
        let Some(square) = self.board.squares.get(at) else { return false };
        let report = |output: &Output| matches!(output.artifact, Artifact::Report { .. });
        matches!(square.node.run, Run::Promote(_)) || square.node.outputs.iter().any(report)
    }

    /// What the resumed run did already, with the same key.
    fn done_before(&self, at: usize) -> Option<NodeRecord> {
        let square = self.board.squares.get(at)?;
        let record = self.before.get(&square.node.id)?;
        let whole = || record.outputs.values().flatten().all(|stored| self.world.store.has(stored));
        (record.state.is_good() && record.key == square.record.key && !record.key.is_empty() && whole())
            .then(|| record.clone())
    }

    fn reuse(
        &mut self,
        at: usize,
        verdict: CacheVerdict,
        outputs: Outputs,
        before: Option<&NodeRecord>,
    ) -> Result<(), StoreError> {
        let mut state = NodeState::Cached;
        if let (Some(square), Some(before)) = (self.board.squares.get_mut(at), before) {
            square.record.metrics.clone_from(&before.metrics);
            square.record.warnings.clone_from(&before.warnings);
            square.record.decision.clone_from(&before.decision);
            if matches!(before.state, NodeState::Refused | NodeState::Held) {
                state = before.state;
            }
            if let Run::Promote(promote) = &square.node.run {
                let decision = Decision::again(&square.node.id, promote, before, &square.node.call);
                self.board.decisions.push(decision);
            }
        }
        self.settle(at, state, verdict, Some(outputs));
        Ok(())
    }

    /// A node that is not in the cache waits for the machine, with the reason.
    fn must_run(&mut self, at: usize, cache: bool) -> Result<(), StoreError> {
        let Some(square) = self.board.squares.get_mut(at) else { return Ok(()) };
        let Some((_, key)) = &square.ready else { return Ok(()) };
        let (why, changed) = if cache {
            match self.world.store.last_components(&square.record.pipeline, &square.node.id)? {
                None => ("it has no result yet".to_owned(), Vec::new()),
                Some(before) => {
                    let changed = changes(&before, &key.components);
                    let why = if changed.is_empty() {
                        "its result is gone".to_owned()
                    } else {
                        format!("changed: {}", changed.join(", "))
                    };
                    (why, changed)
                }
            }
        } else if self.forced.contains(square.node.id.as_str()) {
            ("asked for".to_owned(), Vec::new())
        } else if matches!(square.node.run, Run::Write { .. }) {
            ("what it writes is not there".to_owned(), Vec::new())
        } else {
            ("its results are never taken from the cache".to_owned(), Vec::new())
        };
        square.record.cache = CacheVerdict { hit: false, run: None, why, changed };
        let amount = self.machine.wants(square.node);
        self.waiting.push_back((at, amount));
        Ok(())
    }
}
