//! Every diagnostic of the compiler: one small constructor each, grouped by the hundred of its code.
//!
//! A message is one line in the user's words; the reason stands in the labels, the mend in the help.

pub mod contracts;
pub mod data;
pub mod evolution;
pub mod learning;
pub mod names;
pub mod policies;
pub mod serving;
pub mod stages;
pub mod syntax;
pub mod testing;
