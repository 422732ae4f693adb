//! `test` blocks at work: whether what they expect holds, and which clauses they reach.

pub mod coverage;
mod rows;
pub mod stages;
pub mod verdicts;
