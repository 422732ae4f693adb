//! Contracts in other notations: as `.mlp` source, and from and to the formats that teams already have.
//!
//! **Lives here:** the printer of `.mlp`, and for each format what it says of a contract, how it is read and how it is written.
//! **Does not:** files and the command line (`cli`), the meaning of a program (`analysis`), data (`engine`).
//!
//! Invariants:
//! 1. Nothing is lost silently: what a format cannot carry is in the list that comes with the result.
//! 2. What a user wrote is quoted in one place for each language, or refused.

pub mod mlp;
