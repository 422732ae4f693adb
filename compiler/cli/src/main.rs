//! The `mlp` binary.
fn main() {}
