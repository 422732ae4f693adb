//! Whether what holds on one side makes a constraint of the other hold: proven, refuted or unknown.

use mlp_plan::{Constraint, Expr, ValueType};

use super::{
    domain::{Domain, Listed, is_same_order},
    regular,
};

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

/// Whether every non-null value of `from` satisfies `wanted`, a constraint of `to`.
#[must_use]
pub fn implies(from: &ValueType, to: &ValueType, wanted: &Constraint) -> Answer {
    if from.constraints.contains(wanted) && is_same_order(&from.data, &to.data) {
        return Answer::Proven;
    }
    match wanted {
        Constraint::Unique => Answer::Unknown,
        Constraint::Matches(pattern) => pattern_holds(from, pattern),
        Constraint::Where(expr) if !is_about_self_only(expr) => Answer::Unknown,
        _ => domains(from, to, wanted),
    }
}

fn domains(from: &ValueType, to: &ValueType, wanted: &Constraint) -> Answer {
    let ours = Domain::of(from);
    if ours.empty().is_some() {
        return Answer::Proven;
    }
    let alone = ValueType { constraints: vec![wanted.clone()], ..bare(to) };
    let theirs = Domain::of(&alone);
    if ours.and(wanted, &to.data).empty().is_some() {
        return Answer::Refuted;
    }
    let proven = match wanted {
        Constraint::Range { .. } => ours.within(&theirs),
        Constraint::OneOf(_) => listed(&ours, &theirs),
        Constraint::Length { .. } => lengths(&ours, &theirs),
        Constraint::Where(expr) => {
            is_interval(expr)
                && ours.within(&theirs)
                && lengths(&ours, &theirs)
                && (theirs.set.is_none() || listed(&ours, &theirs))
        }
        Constraint::Matches(_) | Constraint::Unique => false,
    };
    if proven { Answer::Proven } else { Answer::Unknown }
}

fn listed(ours: &Domain, theirs: &Domain) -> bool {
    let Some((ours_set, theirs_set)) = ours.set.as_ref().zip(theirs.set.as_ref()) else { return false };
    let theirs_set = Listed::new(theirs_set);
    !ours.nan && ours_set.iter().all(|value| theirs_set.has(value))
}

fn lengths(ours: &Domain, theirs: &Domain) -> bool {
    if let Some(set) = &ours.set
        && set.iter().all(|value| matches!(value, mlp_plan::Literal::Text(_)))
    {
        return set.iter().all(|value| match value {
            mlp_plan::Literal::Text(text) => {
                let length = text.chars().count() as u64;
                length >= theirs.shortest && theirs.longest.is_none_or(|longest| length <= longest)
            }
            _ => true,
        });
    }
    ours.shortest >= theirs.shortest
        && theirs.longest.is_none_or(|longest| ours.longest.is_some_and(|ours| ours <= longest))
}

fn pattern_holds(from: &ValueType, pattern: &str) -> Answer {
    let ours = Domain::of(from);
    if ours.empty().is_some() {
        return Answer::Proven;
    }
    if ours.patterns.iter().any(|known| known == pattern || regular::included(known, pattern) == Some(true)) {
        return Answer::Proven;
    }
    if let Some(set) = &ours.set {
        let answers: Vec<Option<bool>> = set.iter().map(|value| mlp_plan::holds::matches(pattern, value)).collect();
        if answers.iter().all(|answer| *answer == Some(true)) {
            return Answer::Proven;
        }
        if answers.iter().all(|answer| *answer == Some(false)) {
            return Answer::Refuted;
        }
    }
    if ours.patterns.iter().any(|known| regular::disjoint(known, pattern) == Some(true)) {
        Answer::Refuted
    } else {
        Answer::Unknown
    }
}

/// A type without its constraints.
fn bare(value: &ValueType) -> ValueType {
    ValueType { constraints: Vec::new(), ..value.clone() }
}

/// Whether a predicate speaks of `self` and literals alone.
fn is_about_self_only(expr: &Expr) -> bool {
    expr.columns().is_empty()
}

/// Whether a predicate is wholly read off by [`Domain`]: comparisons of `self` (or its length) with literals, joined by `and`.
fn is_interval(expr: &Expr) -> bool {
    match expr {
        Expr::All(parts) => parts.iter().all(is_interval),
        Expr::Compare(op, left, right) => {
            let about_self = |expr: &Expr| {
                *expr == Expr::This
                    || matches!(expr, Expr::Call { function, args } if function == "length" && args.as_slice() == [Expr::This])
            };
            *op != mlp_plan::CompareOp::Ne
                && ((about_self(left) && matches!(**right, Expr::Literal(_)))
                    || (about_self(right) && matches!(**left, Expr::Literal(_))))
        }
        Expr::Between { value, low, high } => {
            **value == Expr::This && low.iter().chain(high).all(|end| matches!(**end, Expr::Literal(_)))
        }
        Expr::OneOf(value, _) => **value == Expr::This,
        _ => false,
    }
}
