//! Evaluations on rows, and the reports that they make.
#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test that breaks says where")]

mod edges;
mod properties;
mod reports;
mod sklearn;
mod tables;
