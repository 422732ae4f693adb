//! PostgreSQL: a table or query against a contract, counted by the database itself.
//!
//! **Lives here:** a contract as one statement, with a count for every rule; the connection; what the database counted as the engine's answers; a second
//! statement for some of the rows that break a rule.
//! **Does not:** what an expectation is worth once its parts are known, and how answers are told (`engine`).
//!
//! Invariants:
//! 1. What PostgreSQL would not decide as the engine does is not asked of it: such a rule is unknown.
//! 2. Both statements see the same rows: they run in one transaction, which only reads.
//! 3. No address is in any message: there may be a password in it.

mod address;
mod column;
mod condition;
mod error;
mod pattern;
mod question;
mod session;
mod statement;

pub use error::PostgresError;
pub use question::{Answer, Question, Relation, ask};
