//! From text to tree, and from tree back to text.
//!
//! **Lives here:** the grammar, the table of words, the tree with its comments, the lowering from pest's pairs to the tree, and the formatter.
//! **Does not:** names, types, meaning; nothing above this crate knows pest.
//!
//! On the way down: `lexer` finds tokens, `brackets` pairs them up, `layout` decides which line ends separate entries and mends what is forgotten,
//! `copy` is the text that the grammar reads, `parse` lowers pest's pairs. On the way up `format` writes the same tokens in the one layout.
//! `split` cuts a text into parts that can be read on their own, for editors.
//!
//! Invariants:
//! 1. [`parse`] never fails: it answers a tree and a list of diagnostics; what is broken stands verbatim in an error node, what is whole is in the tree.
//! 2. Every comment and blank line between entries has a slot in the tree; the formatter walks the tokens, so that none within them is lost either.
//! 3. Read part by part a text gives the same tree and the same diagnostics.
//! 4. `tokens(format(x)) == tokens(x)`, `format(format(x)) == format(x)`, broken slices are kept byte for byte.

extern crate alloc; // pest without std names it

mod brackets;
mod copy;
mod format;
mod layout;
mod lexer;
mod parse;
mod split;
pub mod tree;
pub mod words;

pub use format::{format, tokens};
pub use lexer::{Kind as TokenKind, Token};
pub use parse::{Expected, Faults, Parsed, expected, parse, parse_part};
pub use split::{is_open, split};

/// The tokens of a text, in order, blanks left out.
#[must_use]
pub fn lex(text: &str) -> Vec<Token> {
    lexer::lex(text).tokens
}
