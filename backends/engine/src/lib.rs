//! The engine: contracts against real data, the standard library's stages over tables, metrics and policies.
//!
//! **Lives here:** the Arrow type of every type of the language; reading and writing tables; casting to a contract where no value changes; checking
//! rows and data sets in one pass over Arrow batches, of one table or of files wherever they lie (`scan`); splits, samples and concatenation; metrics with intervals; the verdict of a policy.
//! **Does not:** SQL (`mlp-sql`), processes (`mlp-step`), where artifacts are kept (`mlp-store`), anything of the compiler.
//!
//! Invariants:
//! 1. What could not be checked is said, never passed over in silence.
//! 2. The same rows give the same bytes, and the same inputs the same numbers, on every machine and with any number of threads.
//! 3. No value is changed by reading, casting or writing: what does not fit is a violation with example rows.
//! 4. A column with a tag is never shown.

pub mod builtins;
mod error;
pub mod infer;
pub mod metrics;
pub mod policy;
pub mod scan;
pub mod table;
pub mod unharmed;

pub use error::EngineError;
