//! Tables: read, cast, check, write.
//!
//! [`deliver`](deliver::deliver) is the whole way of a table into the store; [`check_file`](deliver::check_file) the same without writing.

pub(crate) mod among;
mod answer;
pub mod arrow_types;
pub mod bitmap;
pub mod blob;
pub mod cast;
pub mod check;
pub mod conform;
pub mod constraint;
pub mod csv;
pub mod deliver;
pub mod digest;
pub mod expr;
mod found;
pub mod ipc;
pub(crate) mod json;
pub mod jsonl;
mod jsonvalues;
pub mod literal;
mod members;
pub mod nested;
pub mod outcome;
mod pages;
pub mod parquet;
pub mod parse;
mod parts;
pub mod pile;
pub mod quantiles;
pub mod read;
pub(crate) mod records;
pub mod rejects;
pub mod rules;
pub mod set;
pub mod show;
pub(crate) mod text;
mod told;
pub mod uniqueness;
pub mod vector;
pub mod verdict;
pub mod violation;
pub(crate) mod walk;
pub mod write;

pub use arrow_types::{arrow_field, arrow_schema, arrow_type};
pub use check::Checker;
pub use deliver::{Delivery, Options, all_rules, check_file, deliver};
pub use read::{TableSource, expand, json_rows, read_all};
pub use violation::Violation;
pub use write::{TableWriter, write_parquet, write_table};
