//! Whether what holds on one side makes a constraint of the other hold: proven, refuted or unknown.

use mlp_plan::{CompareOp, Constraint, Expr, ValueType};

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

/// Whether a constraint is said in so many words, as a part of a condition joined by `and`, or by a stricter comparison of the same two values.
fn is_said(constraints: &[Constraint], wanted: &Constraint) -> bool {
    constraints.iter().any(|said| match (said, wanted) {
        (said, wanted) if said == wanted => true,
        (Constraint::Where(Expr::All(parts)), Constraint::Where(wanted)) => {
            parts.iter().any(|part| part == wanted || is_stricter(part, wanted))
        }
        (Constraint::Where(said), Constraint::Where(wanted)) => is_stricter(said, wanted),
        _ => false,
    })
}

/// Whether a comparison holds of no two values of which another does not: `a < b` of `a <= b`, `b > a` and `a != b`.
fn is_stricter(said: &Expr, wanted: &Expr) -> bool {
    let (Expr::Compare(said, a, b), Expr::Compare(wanted, x, y)) = (said, wanted) else { return false };
    let said = if (a, b) == (x, y) {
        *said
    } else if (a, b) == (y, x) {
        said.flipped()
    } else {
        return false;
    };
    said == *wanted
        || matches!(
            (said, wanted),
            (CompareOp::Lt, CompareOp::Le | CompareOp::Ne)
                | (CompareOp::Gt, CompareOp::Ge | CompareOp::Ne)
                | (CompareOp::Eq, CompareOp::Le | CompareOp::Ge)
        )
}
