//! From text to tree, and from tree back to text.
//!
//! **Lives here:** the grammar, the tree with its comments, the lowering from pest's pairs to the tree, and the formatter.
//! **Does not:** names, types, meaning; nothing above this crate knows pest.
//!
//! Invariants:
//! 1. [`parse`] never fails: it answers a tree and a list of diagnostics; what is broken stands verbatim in an error node, what is whole is in the tree.
//! 2. Every comment and blank line has a slot in the tree, so that the formatter and the checker share it.
//! 3. `tokens(format(x)) == tokens(x)`, `format(format(x)) == format(x)`, broken slices are kept byte for byte.

extern crate alloc; // pest without std names it

mod brackets;
mod copy;
mod format;
mod layout;
mod lexer;
mod parse;
pub mod tree;

pub use format::{format, tokens};
pub use parse::{Parsed, parse};
