//! Names, types, `<:` and the proofs: from trees to a checked program.
//!
//! **Lives here:** everything that the compiler knows about the meaning of a program.
//! **Does not:** disks, clocks, environments (they come through the traits of `mlp-ports`), the plan's making (`lower`).
//!
//! Invariants:
//! 1. Checking always ends and never fails: it answers a program and a list of diagnostics; one mistake gives one diagnostic.
//! 2. The same sources give the same answer, in the same order.
//! 3. What is worked out about a declaration is a pure function of what it read (`memo`): a program under edits ([`Live`]) says what a fresh check says.

mod check;
pub mod checker;
pub mod contracts;
mod cycles;
mod doubles;
pub mod edges;
pub mod environments;
pub mod flow;
mod functions;
mod gates;
pub mod literals;
mod live;
mod memo;
pub mod metrics;
pub mod models;
mod moments;
mod names;
mod occurrences;
mod overhear;
pub mod policies;
mod predicates;
mod program;
mod proofs;
pub mod run;
pub mod scope;
pub mod secrets;
pub mod serving;
pub mod settings;
mod sql;
pub mod stages;
pub mod subtype;
mod suppose;
pub mod tests;
pub mod types;
pub mod values;

pub use check::{Checked, check, check_with};
pub use live::{Changes, Live};
pub use occurrences::{Occurrence, Symbol};
pub use overhear::{Heard, MARK};
pub use program::{Decl, DeclId, Kind, Module, Program, declared};
pub use proofs::policies::versions;
pub use sql::{SqlPlace, StageSql, StageTable};
pub use suppose::{Supposed, Suppositions};
