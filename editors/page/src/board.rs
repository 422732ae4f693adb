//! What the page shows now, and waiting for something else.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mlp_plan::Plan;

/// What is shown.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// What is drawn.
    pub plan: Option<Arc<Plan>>,
    /// Which pipeline of it.
    pub pipeline: String,
    /// What is wrong, in words.
    pub fault: Option<String>,
    /// Ids of the nodes that are marked.
    pub marked: Vec<String>,
}

/// What is shown, for all who look.
#[derive(Debug, Default)]
pub struct Board {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    shown: Shown,
    /// How often it was changed.
    version: u64,
    closed: bool,
}

/// What a viewer finds who waited.
#[derive(Debug)]
pub enum Found {
    /// Something else than at its version.
    New(u64, Shown),
    /// The same for a while.
    Same,
    /// The page is closed.
    Closed,
}

impl Board {
    /// Changes what is shown.
    pub fn change(&self, change: impl FnOnce(&mut Shown)) {
        let mut state = self.state();
        change(&mut state.shown);
        state.version += 1;
        self.changed.notify_all();
    }

    /// Tells all who wait that nothing more comes.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// Whether nothing more comes.
    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits for something else than at a version, `None` being none at all, but no longer than this.
    pub fn wait(&self, known: Option<u64>, longest: Duration) -> Found {
        let same = |state: &mut State| !state.closed && Some(state.version) == known;
        let waited = self.changed.wait_timeout_while(self.state(), longest, same);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match () {
            () if state.closed => Found::Closed,
            () if Some(state.version) == known => Found::Same,
            () => Found::New(state.version, state.shown.clone()),
        }
    }

    /// A panic of another thread leaves nothing half done here.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
