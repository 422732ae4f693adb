//! The syntax tree: what was written, with comments, before any meaning.
//!
//! Every node knows its span. Nodes that stand on lines of their own carry a [`Lead`]: the blank line, comments and docs before them and the comment behind.

mod contracts;
mod exprs;
mod items;
mod node;
mod pipelines;
mod policies;
mod serving;
mod stages;
mod types;

pub use contracts::*;
pub use exprs::*;
pub use items::*;
pub use node::Node;
pub use pipelines::*;
pub use policies::*;
pub use serving::*;
pub use stages::*;
pub use types::*;

use mlp_source::Span;

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The identifier.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Names joined by dots, as in `candidate.latency.p99` or `std.split`; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    /// The segments.
    pub segments: Vec<Name>,
    /// All of it.
    pub span: Span,
}

/// One comment, as written, its marker (`//`, `///`, `//!`) included, without the line end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comment {
    /// The text with its marker.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What stands before and behind a node that has lines of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lead {
    /// Whether a blank line stands before it (several count as one).
    pub blank: bool,
    /// Comments and `///` docs on the lines before it, in the order written.
    pub comments: Vec<Comment>,
    /// The comment behind it on its last line.
    pub trailing: Option<Comment>,
}

impl Lead {
    /// The `///` docs, without their marker and one leading blank, joined by line ends; `None` where there are none.
    #[must_use]
    pub fn docs(&self) -> Option<String> {
        let lines: Vec<&str> = self
            .comments
            .iter()
            .filter_map(|comment| comment.text.strip_prefix("///"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// `{ .. }`: entries in order, and the comments before the closing bracket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Block<T> {
    /// From the opening to the closing bracket.
    pub span: Span,
    /// What stands in it.
    pub entries: Vec<T>,
    /// Comments behind the last entry, before the closing bracket.
    pub dangling: Vec<Comment>,
    /// Whether it was written on one line.
    pub inline: bool,
}

/// Text that could not be understood, kept verbatim; its diagnostic was reported by the parser.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Broken {
    /// Comments before it.
    pub lead: Lead,
    /// Where it stands.
    pub span: Span,
    /// The bytes as written.
    pub text: String,
}

impl Broken {
    /// The names that the broken text seems to declare: the word behind `contract`, `stage` and so on, all words behind `use`, or the first word of an entry.
    /// What names them is better not reported as unknown: one mistake gives one error.
    #[must_use]
    pub fn declares(&self) -> Vec<&str> {
        let mut words = self.text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        match words.next() {
            Some("use") => words.collect(),
            Some(first) if crate::words::ITEMS.contains(&first) || first == "let" => words.next().into_iter().collect(),
            first => first.into_iter().collect(),
        }
    }
}

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct File {
    /// All of it.
    pub span: Span,
    /// `//!` lines at the top.
    pub docs: Vec<Comment>,
    /// The declarations, in order.
    pub items: Vec<Item>,
    /// Comments behind the last declaration.
    pub dangling: Vec<Comment>,
}
