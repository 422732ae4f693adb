//! Tables under their contracts, and the standard library's stages over them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that breaks says where")]

mod builtins;
mod common;
mod constraints;
mod corrupt;
mod expressions;
mod properties;
mod scan;
mod types;
