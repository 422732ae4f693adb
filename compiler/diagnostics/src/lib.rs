//! Diagnostics as plain data, the one catalogue of all of them, and their renderers.
//!
//! **Lives here:** [`Diagnostic`], [`Code`], the [`catalog`] of constructor functions, `explain` pages, and the renderers (miette for people,
//! codespan-reporting and JSON for machines).
//! **Does not:** deciding that something is wrong.
//!
//! Invariants:
//! 1. Every diagnostic of the compiler is built by a function in [`catalog`], so that the words can be read together.
//! 2. A diagnostic holds spans and words, never a renderer's type.
//! 3. All renderers show the same code, words, line and column.

pub mod catalog;
mod code;
mod diagnostic;
mod explain;
pub mod render;

pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Edit, Fix, Label};
pub use explain::{Examples, examples, explain};
pub use render::{Format, Options, render};
