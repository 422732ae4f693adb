//! SQL stages: what a SELECT gives, against the contracts of its inputs, and its execution. DataFusion does the work of both.
//!
//! **Lives here:** the checker's trait `SqlChecker` on DataFusion's analysed plan; null-ness and lineage by rules of ours; running a SELECT over Parquet.
//! **Does not:** contracts of outputs (`mlp-analysis` compares), checking data (`mlp-engine`), where tables are kept (`mlp-store`).
//!
//! Invariants:
//! 1. One planner with one configuration serves checking and running, so that a run means what was checked.
//! 2. A column called non-null has no nulls: when running, that is looked at again.
//! 3. The same inputs give the same rows in the same order: one partition, no functions of time or chance.

mod checker;
mod facts;
mod fault;
mod functions;
mod parse;
mod planner;
mod text;
mod types;

#[path = "../../engine/src/table/arrow_types.rs"]
mod arrow_types;
use arrow_types::{arrow_field, arrow_type};

pub use checker::DataFusionChecker;
