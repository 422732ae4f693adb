//! Source texts: files, byte spans and positions.
//!
//! **Lives here:** the text of every file that a compilation reads, and the answer to "which line and column is byte 4711?".
//! **Does not:** reading from a disk, parsing, diagnostics.
//!
//! Invariants:
//! 1. A span is a half-open byte range of one file, and always lies on character boundaries.
//! 2. Positions are asked of [`SourceMap`] and nowhere else; it implements codespan-reporting's [`Files`], which is *the* position service.
//! 3. Lines and columns shown to people are 1-based, columns count characters; offsets are 0-based bytes.

mod map;
mod span;

pub use codespan_reporting::files::Files;
pub use map::{Position, Source, SourceMap};
pub use span::{FileId, Span};
