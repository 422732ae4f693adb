//! Text in the languages that we generate: the one writer of each, and the only place that quotes.
//!
//! **Lives here:** documents and how they stand in JSON and YAML, expressions of Python, quantities of Kubernetes.
//! **Does not:** what is said in them.
//!
//! Invariants:
//! 1. What a user wrote reads back as the same text, whatever is in it.
//! 2. The same document gives the same bytes: an order is part of it.

mod doc;
pub mod json;
pub mod kubernetes;
pub mod python;
pub mod yaml;

pub use doc::Doc;
