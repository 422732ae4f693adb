//! The standard library, written in `.mlp` and embedded in the binary.
//!
//! **Lives here:** the texts of the `std` modules.
//! **Does not:** what their stages do; that is the engine's.
//!
//! Invariants:
//! 1. A module's path is the path of its file: `std.split` is `std/split.mlp`.

/// Paths and texts of all modules.
pub const MODULES: [(&str, &str); 4] = [
    ("std.evaluate", include_str!("std/evaluate.mlp")),
    ("std.serving", include_str!("std/serving.mlp")),
    ("std.split", include_str!("std/split.mlp")),
    ("std.tables", include_str!("std/tables.mlp")),
];

/// The text of a module, by its path: `std.split`.
#[must_use]
pub fn module(path: &str) -> Option<&'static str> {
    MODULES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}
