//! The workers: a fixed number of threads that make attempts and prepare environments.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, PoisonError, mpsc::Sender},
};

use mlp_plan::{Environment, Node};
use mlp_step::{
    Attempt, Failure, Job, NodeKey, Options, PlanIndex, PythonEnvironment, Resolved, RunInfo, attempt,
    prepare_environment,
};
use mlp_store::Store;

/// What a worker is to do.
pub(crate) enum Task<'a> {
    /// Make an environment, by its name; the empty name for any Python.
    Prepare(String, Option<&'a Environment>),
    /// Make an attempt at a node.
    Attempt(Box<Order<'a>>),
}

/// An attempt to be made.
pub(crate) struct Order<'a> {
    /// The node's position.
    pub at: usize,
    /// The node.
    pub node: &'a Node,
    /// Its inputs.
    pub inputs: Vec<Resolved>,
    /// The key of its result.
    pub key: NodeKey,
    /// Its environment.
    pub environment: Option<PythonEnvironment>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// What a worker says.
pub(crate) enum Said {
    /// A line for people.
    Note(String),
    /// An environment is ready, or cannot be made.
    Prepared(String, Result<PythonEnvironment, Failure>),
    /// An attempt is over.
    Ended(usize, Box<Attempt>),
}

/// What all workers share.
pub(crate) struct World<'a> {
    /// The plan.
    pub index: &'a PlanIndex<'a>,
    /// The store.
    pub store: &'a Store,
    /// The run.
    pub run: &'a RunInfo,
    /// How nodes are run.
    pub options: &'a Options,
    /// What is to be done.
    pub queue: Queue<'a>,
}

/// Tasks in order; closed, it gives no more.
#[derive(Default)]
pub(crate) struct Queue<'a> {
    state: Mutex<(VecDeque<Task<'a>>, bool)>,
    wake: Condvar,
}

impl<'a> Queue<'a> {
    /// Adds a task.
    pub fn push(&self, task: Task<'a>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(task);
        self.wake.notify_one();
    }

    /// Lets the workers go.
    pub fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.wake.notify_all();
    }

    fn pop(&self) -> Option<Task<'a>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.1 {
                return None;
            }
            if let Some(task) = state.0.pop_front() {
                return Some(task);
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Works until the queue is closed.
pub(crate) fn work(world: &World<'_>, said: &Sender<Said>) {
    let voice = Mutex::new(said.clone());
    let notes = |text: &str| {
        let _ = voice.lock().unwrap_or_else(PoisonError::into_inner).send(Said::Note(text.to_owned()));
    };
    while let Some(task) = world.queue.pop() {
        let answer = match task {
            Task::Prepare(name, environment) => {
                let made = prepare_environment(world.store, environment, &notes);
                Said::Prepared(name, made)
            }
            Task::Attempt(order) => {
                let World { index, store, run, options, .. } = *world;
                let Order { at, node, inputs, key, environment, attempt: number } = *order;
                let job =
                    Job { index, node, store, run, options, inputs, key, environment, attempt: number, notes: &notes };
                Said::Ended(at, Box::new(attempt(&job)))
            }
        };
        // Nobody listens any more: the run is over.
        if said.send(answer).is_err() {
            return;
        }
    }
}
