//! The parser that pest derives from the grammar.

/// The parser of `grammar.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "grammar.pest"]
pub(super) struct Mlp;
