//! The step runner: one node of a plan, the same on every backend.
//!
//! **Lives here:** reading a node's inputs from the store and checking them; its environment and its process; checking what it delivers before anyone can see
//! it; publishing it; sources, sinks, SQL, the standard library and promotions; the key under which a result is found again.
//! **Does not:** the order of nodes, retries between them and progress (`local`), what a contract or a policy means (`engine`), the compiler.
//!
//! Invariants:
//! 1. Nothing is published that was not checked: an attempt works in a private folder, which is removed whatever happens.
//! 2. A process never outlives its attempt: its group, and on Linux whatever it started elsewhere, is ended with it.
//! 3. A stage sees a clean environment: an allow-list and what the plan says; secrets never reach a log, a key or a record.
//! 4. The key of a node holds everything that may change its result, each component by name.

mod builtin;
mod command;
mod context;
mod environment;
mod input;
mod key;
pub mod lineage;
mod log;
mod node;
mod outcome;
mod output;
mod place;
mod process;
mod promote;
mod python;
mod run;
mod sink;
mod source;
mod spec;
mod sql;
mod survivors;
mod table;

pub use context::{Notes, Options, PlanIndex, RunInfo, Stop};
pub use environment::{Interpreter, PythonEnvironment, Versions, prepare as prepare_environment};
pub use input::{Resolved, resolve};
pub use key::{NodeKey, changes, key_of};
pub use node::{Attempt, Facts, Job, attempt, shortcut, skip_reason};
pub use outcome::{Breach, Failure, Judged, NodeOutcome, exit_code};
pub use run::{StepRequest, StepResult, backoff, cache_entry, environment_of, made_environment, run_node};
pub use sink::location as sink_location;
pub use survivors::end_survivors;
