//! A node whose inputs are there: its environment, its key, and whether its effect is there already.

use mlp_plan::{CachePolicy, Node, Run};
use mlp_step::{Failure, Job, PythonEnvironment, Resolved, key_of, resolve, shortcut, skip_reason};
use mlp_store::{CacheVerdict, NodeState, StoreError};

use super::{Making, Scheduler};
use crate::{
    board::Square,
    pool::{Task, World},
    summary::Decision,
};

impl<'a> Scheduler<'a, '_> {
    /// Finds a node's inputs and key. `None` where it has ended by that, or waits for its environment; otherwise whether the cache may answer.
    pub(super) fn make_ready(&mut self, at: usize) -> Result<Option<bool>, StoreError> {
        // A node that waited for an environment may stand in line twice.
        let idle = |square: &&Square<'a>| square.record.state == NodeState::Waiting && square.ready.is_none();
        let Some(node) = self.board.squares.get(at).filter(idle).map(|square| square.node) else { return Ok(None) };
        let world = self.world;
        let made = |name: &str| self.board.made.get(name);
        let inputs: Result<Vec<Resolved>, String> =
            node.inputs.iter().map(|input| resolve(&input.from, world.run, &made)).collect();
        let inputs = match inputs {
            Ok(inputs) => inputs,
            Err(text) => return Ok(self.fail(at, &Failure::new(text, &node.call), None)),
        };
        if let Some(because) = skip_reason(node, &inputs) {
            let verdict = CacheVerdict { why: because, ..CacheVerdict::default() };
            let none = node.outputs.iter().map(|output| (output.name.clone(), None)).collect();
            self.settle(at, NodeState::Skipped, verdict, Some(none));
            return Ok(None);
        }
        let environment = match self.environment(at, node) {
            Ok(Some(environment)) => environment,
            Ok(None) => return Ok(None),
            Err(failure) => return Ok(self.fail(at, &failure, None)),
        };
        let key = match key_of(world.index, world.store, node, world.run, &inputs, environment.as_ref()) {
            Ok(key) => key,
            Err(failure) => return Ok(self.fail(at, &failure, Some("MLP902"))),
        };
        if let Some(square) = self.board.squares.get_mut(at) {
            square.record.key.clone_from(&key.digest);
            square.ready = Some((inputs, key));
        }
        if self.effect_is_there(at, node)? {
            return Ok(None);
        }
        let forced = self.forced.contains(node.id.as_str());
        Ok(Some(!forced && node.cache == CachePolicy::Content && !matches!(node.run, Run::Write { .. })))
    }

    /// The environment of a node: `Ok(Some(None))` where it needs none, `Ok(None)` where it is being made.
    fn environment(&mut self, at: usize, node: &'a Node) -> Result<Option<Option<PythonEnvironment>>, Failure> {
        let named = node.env.as_ref().and_then(|name| self.world.index.plan.environments.get(name));
        let wants = match &node.run {
            Run::Python { .. } | Run::Ask { .. } => true,
            Run::Command { .. } => named.is_some_and(|named| named.image.is_none()),
            _ => false,
        };
        if !wants {
            return Ok(Some(None));
        }
        let name = named.map(|named| named.name.clone()).unwrap_or_default();
        match self.environments.get(&name) {
            Some(Making::Ready(environment)) => Ok(Some(Some(environment.clone()))),
            Some(Making::Failed(failure)) => Err(failure.clone()),
            Some(Making::Asked) => {
                self.parked(at);
                Ok(None)
            }
            None => {
                self.environments.insert(name.clone(), Making::Asked);
                self.world.queue.push(Task::Prepare(name, named));
                self.parked(at);
                Ok(None)
            }
        }
    }

    /// A node that waits for an environment is looked at again when one is ready: its state says that it waits, and it has no key.
    fn parked(&mut self, at: usize) {
        if let Some(square) = self.board.squares.get_mut(at) {
            square.ready = None;
        }
    }

    /// A sink whose data is there, a rung that holds the candidate: done without doing.
    fn effect_is_there(&mut self, at: usize, node: &'a Node) -> Result<bool, StoreError> {
        if self.forced.contains(node.id.as_str()) && matches!(node.run, Run::Write { .. }) {
            return Ok(false);
        }
        if !matches!(node.run, Run::Write { .. } | Run::Promote(_)) {
            return Ok(false);
        }
        let Some((inputs, key)) = self.board.squares.get(at).and_then(|square| square.ready.clone()) else {
            return Ok(false);
        };
        let World { index, store, run, options, .. } = *self.world;
        let job =
            Job { index, node, store, run, options, inputs, key, environment: None, attempt: 1, notes: &|_: &str| {} };
        match shortcut(&job) {
            Ok(Some((outputs, why))) => {
                if let Run::Promote(promote) = &node.run {
                    self.board.decisions.push(Decision::standing(&node.id, promote, &why, &node.call));
                }
                self.settle(
                    at,
                    NodeState::Cached,
                    CacheVerdict { hit: true, why, ..CacheVerdict::default() },
                    Some(outputs),
                );
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(failure) => {
                self.fail(at, &failure, None);
                Ok(true)
            }
        }
    }
}
