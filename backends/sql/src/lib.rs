//! SQL stages: what a SELECT gives, against the contracts of its inputs, and its execution. DataFusion does the work of both.
//!
//! **Lives here:** the checker's trait `SqlChecker` on DataFusion's analysed plan; null-ness and lineage by rules of ours; the names in a SELECT, and other names for them; running a SELECT over Parquet.
//! **Does not:** contracts of outputs (`mlp-analysis` compares), checking data (`mlp-engine`), where tables are kept (`mlp-store`).
//!
//! Invariants:
//! 1. One planner with one configuration serves checking and running, so that a run means what was checked.
//! 2. A column called non-null has no nulls: when running, that is looked at again.
//! 3. The same inputs give the same rows in the same order: one partition, no functions of time or chance.

mod checker;
mod execute;
mod facts;
mod fault;
mod functions;
mod limits;
mod names;
mod overflow;
mod parse;
mod planner;
mod table;
mod text;
mod types;

pub use checker::DataFusionChecker;
pub use execute::execute;
