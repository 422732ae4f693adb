//! The scheduler: what is ready is looked up in the cache, all at once; what is not there is given to the workers as far as the machine allows.

mod cache;
mod ready;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use mlp_plan::{CachePolicy, Run};
use mlp_step::{Attempt, Failure, NodeOutcome, PythonEnvironment, backoff, cache_entry};
use mlp_store::{CacheVerdict, NodeRecord, NodeState, Outputs, StoreError, Verdict};

use crate::{
    board::{Board, Square},
    event::Event,
    failure::Trouble,
    pool::{Order, Said, Task, World},
    resources::{Amount, Machine},
    signals::Listener,
};

/// How long we wait before we look at signals and clocks again.
const TICK: Duration = Duration::from_millis(100);

/// How often what was made is brought to the disk.
const FLUSH: Duration = Duration::from_secs(5);

/// An environment on its way.
enum Making {
    Asked,
    Ready(PythonEnvironment),
    Failed(Failure),
}

/// A run at work.
pub(crate) struct Scheduler<'a, 'e> {
    pub world: &'e World<'a>,
    pub board: Board<'a>,
    pub readers: Vec<Vec<usize>>,
    pub forced: HashSet<&'a str>,
    /// Records of the run that is resumed.
    pub before: BTreeMap<String, NodeRecord>,
    pub machine: Machine,
    pub listener: &'e Listener,
    pub deadline: Option<Instant>,
    pub events: &'e mut dyn FnMut(Event<'_>),
    /// Nodes whose inputs are there, not looked at yet.
    fresh: VecDeque<usize>,
    /// Nodes that must run and wait for the machine, with what they take.
    waiting: VecDeque<(usize, Amount)>,
    /// What nodes at work took.
    taken: BTreeMap<usize, Amount>,
    environments: BTreeMap<String, Making>,
    told: bool,
    flushed: Instant,
}

/// What a run is made of, before it goes to work.
pub(crate) struct Start<'a, 'e> {
    pub world: &'e World<'a>,
    pub board: Board<'a>,
    pub readers: Vec<Vec<usize>>,
    pub forced: HashSet<&'a str>,
    pub before: BTreeMap<String, NodeRecord>,
    pub machine: Machine,
    pub listener: &'e Listener,
    pub deadline: Option<Instant>,
    pub events: &'e mut dyn FnMut(Event<'_>),
}

impl<'a, 'e> Scheduler<'a, 'e> {
    /// A scheduler with every node that waits for nothing in line.
    pub fn new(start: Start<'a, 'e>) -> Self {
        let Start { world, board, readers, forced, before, machine, listener, deadline, events } = start;
        let fresh = board
            .squares
            .iter()
            .enumerate()
            .filter(|(_, square)| square.part && square.open == 0)
            .map(|(at, _)| at)
            .collect();
        Self {
            world,
            board,
            readers,
            forced,
            before,
            machine,
            listener,
            deadline,
            events,
            fresh,
            waiting: VecDeque::new(),
            taken: BTreeMap::new(),
            environments: BTreeMap::new(),
            told: false,
            flushed: Instant::now(),
        }
    }

    /// Works until every node has ended, or the run is stopped and nothing is at work.
    pub fn run(&mut self, said: &Receiver<Said>) -> Result<(), StoreError> {
        loop {
            self.look_up()?;
            self.start_waiting();
            self.save()?;
            if self.board.ended >= self.board.of || (self.world.options.stop.asked() && self.taken.is_empty()) {
                return self.world.store.sync();
            }
            match said.recv_timeout(self.pause()) {
                Ok(first) => {
                    self.hear(first)?;
                    while let Ok(more) = said.try_recv() {
                        self.hear(more)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(StoreError::Record("the workers are gone".to_owned()));
                }
            }
            self.look_around()?;
        }
    }

    fn pause(&self) -> Duration {
        let due = self.board.squares.iter().filter_map(|square| square.due).min();
        due.map_or(TICK, |due| due.saturating_duration_since(Instant::now()).min(TICK))
    }

    /// Signals, the deadline, retries that are due, the disk.
    fn look_around(&mut self) -> Result<(), StoreError> {
        if let Some(signal) = self.listener.signal()
            && !std::mem::replace(&mut self.told, true)
        {
            (self.events)(Event::Stopping { signal });
        }
        let now = Instant::now();
        if self.deadline.is_some_and(|deadline| now >= deadline) && !self.world.options.stop.asked() {
            (self.events)(Event::Note("the pipeline's deadline has passed; the run ends"));
            self.world.options.stop.ask();
        }
        let due = |square: &Square<'_>| square.due.is_some_and(|due| now >= due);
        for at in 0..self.board.squares.len() {
            if let Some(square) = self.board.squares.get_mut(at)
                && due(square)
            {
                square.due = None;
                let amount = self.machine.wants(square.node);
                self.waiting.push_back((at, amount));
            }
        }
        if now.duration_since(self.flushed) >= FLUSH {
            self.world.store.sync()?;
            self.flushed = now;
        }
        Ok(())
    }

    /// Looks every node that is ready up in the cache; what is there frees others, which are looked up in the next round.
    fn look_up(&mut self) -> Result<(), StoreError> {
        while !self.fresh.is_empty() && !self.world.options.stop.asked() {
            let round: Vec<usize> = self.fresh.drain(..).collect();
            let mut asked = Vec::new();
            for at in round {
                if let Some(wants_cache) = self.make_ready(at)? {
                    asked.push((at, wants_cache));
                }
            }
            self.answer(&asked)?;
        }
        Ok(())
    }

    /// Gives workers what fits, in order; a small one may pass a big one that has to wait.
    fn start_waiting(&mut self) {
        if self.world.options.stop.asked() {
            return;
        }
        let mut left = VecDeque::new();
        let mut refused = 0;
        while !self.machine.is_full()
            && let Some((at, amount)) = self.waiting.pop_front()
        {
            // Looking at all of a thousand that wait, at each of a thousand ends, would be a million looks.
            if refused > 32 || !self.machine.take(amount) {
                refused += 1;
                left.push_back((at, amount));
                if refused > 32 {
                    break;
                }
                continue;
            }
            self.start(at, amount);
        }
        left.append(&mut self.waiting);
        self.waiting = left;
    }

    fn start(&mut self, at: usize, amount: Amount) {
        let Some(square) = self.board.squares.get_mut(at) else { return };
        let Some((inputs, key)) = square.ready.clone() else { return };
        let node = square.node;
        square.record.state = NodeState::Running;
        square.record.attempts += 1;
        let named = node.env.clone().unwrap_or_default();
        let environment = match self.environments.get(&named) {
            Some(Making::Ready(environment))
                if node.run.python().is_some() || matches!(node.run, Run::Command { .. }) =>
            {
                Some(environment.clone())
            }
            _ => None,
        };
        (self.events)(Event::NodeStarted {
            node: &node.id,
            attempt: square.record.attempts,
            why: &square.record.cache.why,
        });
        let attempt = square.record.attempts;
        self.board.unsaved.push(at);
        self.taken.insert(at, amount);
        self.world.queue.push(Task::Attempt(Box::new(Order { at, node, inputs, key, environment, attempt })));
    }

    fn hear(&mut self, said: Said) -> Result<(), StoreError> {
        match said {
            Said::Note(text) => (self.events)(Event::Note(&text)),
            Said::Prepared(name, made) => {
                self.environments.insert(name, made.map_or_else(Making::Failed, Making::Ready));
                // Whoever waited for one is looked at again; who waits for another is parked once more.
                let idle = |square: &Square<'_>| {
                    square.part
                        && square.open == 0
                        && square.record.state == NodeState::Waiting
                        && square.ready.is_none()
                };
                self.fresh
                    .extend(self.board.squares.iter().enumerate().filter(|(_, square)| idle(square)).map(|(at, _)| at));
            }
            Said::Ended(at, attempt) => self.ended(at, *attempt),
        }
        Ok(())
    }

    fn ended(&mut self, at: usize, attempt: Attempt) {
        if let Some(amount) = self.taken.remove(&at) {
            self.machine.give(amount);
        }
        let Some(square) = self.board.squares.get_mut(at) else { return };
        if let (NodeOutcome::Failed(failure), Some(retries)) = (&attempt.outcome, &square.node.retries)
            && square.record.attempts <= retries.limit
            && !self.world.options.stop.asked()
        {
            let number = square.record.attempts;
            let pause = backoff(retries, number, &format!("{} {}", square.record.run, square.node.id));
            let (of, why) = (retries.limit + 1, failure.message.as_str());
            (self.events)(Event::Retry { node: &square.node.id, attempt: number, of, pause, why });
            square.record.logs.extend(attempt.facts.log);
            square.record.state = NodeState::Waiting;
            square.due = Instant::now().checked_add(pause);
            return;
        }
        let remember = match &attempt.outcome {
            NodeOutcome::Done(outputs) if !matches!(square.node.run, Run::Write { .. }) => Some(outputs),
            // A promotion that succeeded is seen by its rung; one that did not is the same as long as nothing changes.
            NodeOutcome::Decided(judged) if judged.verdict != Verdict::Promote => Some(&judged.outputs),
            _ => None,
        };
        if let (Some(outputs), CachePolicy::Content, Some((_, key))) = (remember, square.node.cache, &square.ready) {
            self.board.entries.push(cache_entry(key, &square.record.pipeline, square.node, self.world.run, outputs));
        }
        self.board.take(at, attempt);
        self.after(at);
    }

    /// Ends a node that never started.
    pub(super) fn fail(&mut self, at: usize, failure: &Failure, code: Option<&str>) -> Option<bool> {
        let square = self.board.squares.get_mut(at)?;
        let trouble = Trouble::failure(&square.node.id, code, failure);
        square.record.error = Some(trouble.to_string());
        self.board.troubles.push(trouble);
        let state = if code.is_some() { NodeState::Failed } else { NodeState::Infrastructure };
        self.settle(at, state, CacheVerdict::default(), None);
        None
    }

    pub(super) fn settle(&mut self, at: usize, state: NodeState, verdict: CacheVerdict, outputs: Option<Outputs>) {
        self.board.settle(at, state, verdict, outputs);
        self.after(at);
    }

    /// Tells of a node's end, and frees its readers, or ends them where it failed.
    fn after(&mut self, at: usize) {
        let mut over = vec![at];
        while let Some(at) = over.pop() {
            let Some(square) = self.board.squares.get(at) else { continue };
            let (good, id) = (square.record.state.is_good(), square.node.id.clone());
            (self.events)(Event::NodeEnded { record: &square.record, ended: self.board.ended, of: self.board.of });
            for reader in self.readers.get(at).into_iter().flatten().copied() {
                let Some(square) = self.board.squares.get_mut(reader) else { continue };
                if !square.part || square.is_over() {
                    continue;
                }
                if good {
                    square.open -= 1;
                    if square.open == 0 {
                        self.fresh.push_back(reader);
                    }
                } else {
                    let verdict = CacheVerdict { why: format!("`{id}` did not end well"), ..CacheVerdict::default() };
                    self.board.settle(reader, NodeState::NotReached, verdict, None);
                    over.push(reader);
                }
            }
        }
    }

    /// Writes what happened since the last time, in one transaction.
    fn save(&mut self) -> Result<(), StoreError> {
        if self.board.unsaved.is_empty() && self.board.entries.is_empty() {
            return Ok(());
        }
        let records: Vec<&NodeRecord> = self
            .board
            .unsaved
            .iter()
            .filter_map(|at| self.board.squares.get(*at))
            .map(|square| &square.record)
            .collect();
        self.world.store.save_nodes(&records, &self.board.entries)?;
        self.board.unsaved.clear();
        self.board.entries.clear();
        Ok(())
    }
}
