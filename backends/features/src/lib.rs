//! One set of features for the dependencies that the heavy crates share.
//!
//! **Lives here:** nothing but dependencies, each with the union of the features that the workspace turns on in it. Cargo unifies features over the crates
//! that one command builds; without this crate `-p mlp-sql` and `--workspace` would each build DataFusion (13 minutes) with another set.
//! **Does not:** code.
