//! An editor without a window: it speaks to any language server as editors do, types, breaks and mends, and asks. For tests and measuring only.
//!
//! **Lives here:** the client's end of the protocol over pipes, texts as editors have them, what people do to them at random, messages that nobody should send.
//! **Does not:** anything of the product, of which it knows the process alone.
//!
//! Invariants:
//! 1. What is random comes from a seed or from bytes: the same again gives the same again.
//! 2. It never waits without end: a server that does not answer is an error.

#![expect(
    clippy::indexing_slicing,
    reason = "messages are JSON, in which what is not there reads as null; nothing else is indexed"
)]

pub mod client;
pub mod deeds;
pub mod desk;
pub mod dice;
pub mod disk;
pub mod odd;
pub mod pipe;
pub mod questions;
pub mod soak;
pub mod text;
