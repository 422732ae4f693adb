//! Signals end a run; a second one ends it at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    thread::JoinHandle,
};

use mlp_step::Stop;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::{Handle, Signals},
};

/// Listens while it lives.
pub(crate) struct Listener {
    seen: Arc<AtomicI32>,
    handle: Option<(Handle, JoinHandle<()>)>,
}

impl Listener {
    /// Begins to listen, or, where `wanted` is not, to nothing.
    pub fn start(stop: &Stop, wanted: bool) -> Self {
        let seen = Arc::new(AtomicI32::new(0));
        let signals = wanted.then(|| Signals::new([SIGINT, SIGTERM, SIGHUP]).ok()).flatten();
        let handle = signals.map(|mut signals| {
            let handle = signals.handle();
            let (seen, stop) = (Arc::clone(&seen), stop.clone());
            let thread = std::thread::spawn(move || {
                for signal in signals.forever() {
                    let _ = seen.compare_exchange(0, signal, Ordering::AcqRel, Ordering::Acquire);
                    stop.ask();
                }
            });
            (handle, thread)
        });
        Self { seen, handle }
    }

    /// The first signal that came.
    pub fn signal(&self) -> Option<i32> {
        Some(self.seen.load(Ordering::Acquire)).filter(|signal| *signal != 0)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((handle, thread)) = self.handle.take() {
            handle.close();
            let _ = thread.join();
        }
    }
}
