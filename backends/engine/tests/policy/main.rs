//! Policies, judged on reports given by hand and on reports of real evaluations.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that breaks says where")]

mod approvals;
mod clauses;
mod confidence;
mod coverage;
mod given;
mod properties;
mod random;
mod rendering;
#[path = "../metrics/tables.rs"]
#[expect(dead_code, reason = "shared with the tests of metrics, which use the rest")]
mod tables;
mod write;
