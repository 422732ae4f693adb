//! Whether what holds on one side makes a constraint of the other hold: proven, refuted or unknown.

use mlp_plan::{Constraint, Expr, ValueType};

use super::{domain::Domain, region::is_same_order};

/// The three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Every value satisfies it: no check is needed.
    Proven,
    /// No value satisfies it.
    Refuted,
    /// Some may, some may not: it is checked at run time.
    Unknown,
}

/// Whether every non-null value of `from` satisfies `wanted`, a constraint of `to`: where none is left that breaks it, or none that satisfies it.
#[must_use]
pub fn implies(from: &ValueType, to: &ValueType, wanted: &Constraint) -> Answer {
    let same = is_same_order(&from.data, &to.data);
    if same && is_said(&from.constraints, wanted) {
        return Answer::Proven;
    }
    let ours = Domain::of(from);
    let none_that = |satisfied: bool| ours.and(wanted, &to.data, satisfied).empty().is_some();
    if ours.empty().is_some() {
        return Answer::Proven;
    }
    match wanted {
        Constraint::Unique => Answer::Unknown,
        Constraint::Where(Expr::All(parts)) if parts.iter().all(|part| proves(from, to, part)) => Answer::Proven,
        _ if none_that(false) => Answer::Proven,
        _ if none_that(true) => Answer::Refuted,
        _ => Answer::Unknown,
    }
}

fn proves(from: &ValueType, to: &ValueType, part: &Expr) -> bool {
    implies(from, to, &Constraint::Where(part.clone())) == Answer::Proven
}

/// Whether a constraint is said in so many words, or as a part of a condition joined by `and`.
fn is_said(constraints: &[Constraint], wanted: &Constraint) -> bool {
    constraints.iter().any(|said| match (said, wanted) {
        (said, wanted) if said == wanted => true,
        (Constraint::Where(Expr::All(parts)), Constraint::Where(wanted)) => parts.contains(wanted),
        _ => false,
    })
}
