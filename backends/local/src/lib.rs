//! The embedded backend: runs a pipeline of a plan on this machine, with real processes and no service.
//!
//! **Lives here:** the order of nodes and how many at once, retries, the cache's verdicts, signals, what is left of killed runs, progress, the summary.
//! **Does not:** what one node does (`step`), what is kept and where (`store`), exit codes other than the run's own, the words of the command line.
//!
//! Invariants:
//! 1. What is on record happened: a node's record and its cache entry are written together, after what it made was published.
//! 2. Nothing starts while another run writes in the package, nor before what a killed run left behind is ended.
//! 3. The run ends in bounded time after a signal: stages get SIGTERM, the grace period, SIGKILL.

mod backfill;
mod board;
mod dry;
mod event;
mod failure;
mod lineage;
mod options;
mod params;
mod pool;
mod progress;
mod recover;
mod resources;
mod run;
mod schedule;
mod select;
mod signals;
mod summary;

pub use backfill::backfill;
pub use dry::{Planned, dry_run};
pub use event::Event;
pub use failure::Trouble;
pub use options::{RunError, RunOptions};
pub use params::parse_parameter;
pub use progress::Progress;
pub use recover::recover;
pub use run::run;
pub use summary::{Decision, RunSummary};
