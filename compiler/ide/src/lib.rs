//! What an editor asks of a program, answered as plain data.
//!
//! **Lives here:** one file a question (outline, folds, links, hover, ..), each a pure function of a document and of what the checker knows.
//! **Does not:** any protocol, position other than a byte offset, file or clock: the server and the playground translate.
//!
//! Invariants:
//! 1. An answer depends on the texts alone.
//! 2. What is whole is answered for, whatever is broken beside it.

pub mod clauses;
pub mod complete;
pub mod deprecated;
pub mod edits;
pub mod folding;
pub mod graph;
pub mod hints;
pub mod hover;
pub mod lineage;
pub mod links;
pub mod mends;
pub mod names;
pub mod selection;
pub mod show;
pub mod signature;
pub mod sql;
pub mod symbols;
pub mod tokens;
mod view;

pub use view::{Part, Place, View};
