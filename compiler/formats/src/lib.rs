//! Contracts in other notations: as `.mlp` source, and from and to the formats that teams already have.
//!
//! **Lives here:** the printer of `.mlp`, and for each format what it says of a contract, how it is read and how it is written.
//! **Does not:** files and the command line (`cli`), the meaning of a program (`analysis`), data (`engine`).
//!
//! Invariants:
//! 1. Nothing is lost silently: what a format cannot carry is in the list that comes with the result.
//! 2. What a user wrote is quoted in one place for each language, or refused.

mod arrow;
mod avro;
mod checked;
mod dbt;
mod fault;
mod format;
mod json_schema;
pub mod mlp;
mod names;
mod note;
mod odcs;
mod pattern;
mod proto;
mod python;
mod read;
mod rest;
mod rules;
mod sql;
mod values;
mod voice;

pub use fault::Fault;
pub use format::{Exported, Format, names as format_names};
use mlp_plan::Contract;
pub use names::{UNNAMED, contract as contract_name};
pub use note::{Note, Outcome, Thing};
pub use sql::Dialect;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The contracts, in order.
    pub contracts: Vec<Contract>,
    /// What did not come along.
    pub notes: Vec<Note>,
}
