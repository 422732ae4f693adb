//! Whole data sets against a contract, wherever they lie: only what has to be looked at is read, by all cores, and every rule gets an answer.
//!
//! Footers come first: what the statistics of a row group settle is not read. What is left is one pass over batches, in parts (row groups, files) that are
//! checked apart and put together in order, so that the answer does not depend on the number of threads. Only keys of which two may be the same are looked at
//! again. A part that cannot be read to its end is an error, never a verdict on the rest.

mod feed;
mod input;
mod pass;

use std::collections::BTreeSet;

use mlp_plan::{Contract, Expr, Literal};

pub use crate::table::{
    text::unpacked_name,
    walk::{decoded, partitions},
};
pub use input::{DataFormat, Input, Opener, local_inputs};
pub use pass::{Bounds, Report, Scan};

/// The contracts whose tables a contract asks of.
#[must_use]
pub fn others(contract: &Contract) -> BTreeSet<&str> {
    fn asked<'e>(expr: &'e Expr, found: &mut BTreeSet<&'e str>) {
        match expr {
            Expr::Call { function, args } => {
                if function == "referenced"
                    && let Some(Expr::Literal(Literal::Text(other))) = args.get(1)
                {
                    found.insert(other);
                }
                args.iter().for_each(|arg| asked(arg, found));
            }
            Expr::Not(inner) | Expr::Negate(inner) | Expr::OneOf(inner, _) | Expr::Matches(inner, _) => {
                asked(inner, found);
            }
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| asked(part, found)),
            Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
                asked(left, found);
                asked(right, found);
            }
            Expr::Between { value, low, high } => {
                asked(value, found);
                low.iter().chain(high).for_each(|end| asked(end, found));
            }
            _ => {}
        }
    }
    let mut found: BTreeSet<&str> = contract.references.iter().map(|to| to.contract.as_str()).collect();
    contract.expectations.iter().for_each(|expectation| asked(&expectation.expr, &mut found));
    found
}
