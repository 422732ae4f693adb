//! What happens in a run, as it happens.

use std::time::Duration;

use mlp_store::NodeRecord;

use crate::RunSummary;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run began.
    RunStarted {
        /// Its id.
        run: &'a str,
        /// The pipeline.
        pipeline: &'a str,
        /// Nodes that take part.
        nodes: usize,
    },
    /// Something that a person may want to see: an environment is made, survivors of a killed run were ended.
    Note(&'a str),
    /// A node began.
    NodeStarted {
        /// Which.
        node: &'a str,
        /// Its attempt, from 1.
        attempt: u32,
        /// Why it is not taken from the cache.
        why: &'a str,
    },
    /// A node ended, however.
    NodeEnded {
        /// Its record.
        record: &'a NodeRecord,
        /// Nodes that have ended.
        ended: usize,
        /// Nodes that take part.
        of: usize,
    },
    /// A node will be tried again.
    Retry {
        /// Which.
        node: &'a str,
        /// The attempt that failed.
        attempt: u32,
        /// Attempts in all.
        of: u32,
        /// After which pause.
        pause: Duration,
        /// Why it failed.
        why: &'a str,
    },
    /// A signal ends the run.
    Stopping {
        /// Its number.
        signal: i32,
    },
    /// The run ended.
    RunEnded(&'a RunSummary),
}
