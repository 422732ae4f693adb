//! What changed between two versions of a program, and for whom it breaks.
//!
//! **Lives here:** the list of changes between two plans, with direction, class, readers, counter-example and the version that they ask for; the record of
//! released versions.
//! **Does not:** git, files, forms of output; and no rule of its own about what breaks: that is `<:` in one or both directions, and the changes of meaning.
//!
//! Invariants:
//! 1. A contract has a breaking change in a direction exactly where `<:` is not proven in it, a rule over the set does not follow, or a meaning changed.
//! 2. A row that is shown was tried: one version permits it, the other refuses it.
//! 3. The same two plans give the same answer, in the same order.

mod accepted;
mod bump;
mod candidates;
mod change;
mod clauses;
mod compare;
mod contract;
mod example;
mod expectations;
mod gates;
mod governance;
mod history;
mod pairs;
mod pipelines;
mod readers;
mod row;
mod rules;
mod values;
mod watched;

pub use bump::Bump;
pub use change::{Breaks, Change, Class, Direction, Example, Reader, Verdict};
pub use compare::{Comparison, Dependent, Judged, Options, Unread, Version, compare};
pub use contract::{changes, renamed};
pub use history::History;
