//! The executable plan: what the compiler gives to every backend, as plain data.
//!
//! **Lives here:** the types of `mlp.plan/v1`, its canonical JSON and JSON Schema, and the one definition of a constraint, which the checker
//! (`analysis`) and the engine both read.
//! **Does not:** anything of the compiler; a backend needs this crate and nothing above it.
//!
//! Invariants:
//! 1. The plan is complete: a backend never looks at sources.
//! 2. Canonical: sorted keys, exact decimals as strings, no time of day, no absolute path; the same sources give the same bytes.
//! 3. Every item that can fail at run time carries the [`Place`] in the program to point at.

mod contract;
mod essence;
mod expr;
pub mod holds;
mod json;
mod literal;
mod metrics;
mod node;
mod pipeline;
mod policy;
mod serving;
mod types;
mod uncalled;
mod value;

pub use contract::*;
pub use essence::*;
pub use expr::*;
pub use json::*;
pub use literal::*;
pub use metrics::*;
pub use node::*;
pub use pipeline::*;
pub use policy::*;
pub use serving::*;
pub use types::*;
pub use uncalled::*;
pub use value::*;
