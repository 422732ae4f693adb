//! What a constraint means: whether one value satisfies it, as far as it can be told without a row. The checker looks at defaults, constants and sets of
//! values with it, a run at its parameters; the engine, which looks at columns, is held to it by a property test.

use std::cmp::Ordering;

use bigdecimal::{BigDecimal, RoundingMode};
use chrono::{Datelike as _, Timelike as _};
use regex::Regex;

use crate::{ArithmeticOp, CompareOp, Constraint, DataType, Expr, Literal, arithmetic};

/// The pattern of a regex that matches only the whole of a text.
#[must_use]
pub fn whole(pattern: &str) -> String {
    format!(r"\A(?:{pattern})\z")
}

/// Whether the whole of a text matches; `None` for what is no text, or a pattern that is none.
#[must_use]
pub fn matches(pattern: &str, value: &Literal) -> Option<bool> {
    let Literal::Text(text) = value else { return None };
    Regex::new(&whole(pattern)).ok().map(|regex| regex.is_match(text))
}

/// Whether a non-null value of type `data` satisfies a constraint; `None` where that depends on other columns, or cannot be told. Bounds, members and
/// patterns on a list are about each of its elements.
#[must_use]
pub fn holds(constraint: &Constraint, data: &DataType, value: &Literal) -> Option<bool> {
    if let (Literal::List(items), Constraint::Range { .. } | Constraint::OneOf(_) | Constraint::Matches(_)) =
        (value, constraint)
    {
        return items.iter().try_fold(true, |all, item| Some(all && holds(constraint, data, item)?));
    }
    match constraint {
        Constraint::Range { low, high } => between(value, low.as_ref(), high.as_ref()),
        Constraint::OneOf(members) => Some(members.iter().any(|member| same(member, value))),
        Constraint::Length { min, max } => {
            let length = length(value, data)?;
            Some(length >= *min && max.is_none_or(|max| length <= max))
        }
        Constraint::Matches(pattern) => matches(pattern, value),
        Constraint::Where(expr) => match evaluate(expr, value, data)? {
            Literal::Bool(truth) => Some(truth),
            // a condition with a null in it is satisfied
            Literal::Null => Some(true),
            _ => None,
        },
        Constraint::Unique => Some(true),
    }
}

/// The first constraint that a value breaks for sure; null breaks none.
#[must_use]
pub fn broken<'c>(constraints: &'c [Constraint], data: &DataType, value: &Literal) -> Option<&'c Constraint> {
    if *value == Literal::Null {
        return None;
    }
    constraints.iter().find(|constraint| holds(constraint, data, value) == Some(false))
}

/// The value of an expression where `self` is known; `None` where it reads anything else.
fn evaluate(expr: &Expr, this: &Literal, data: &DataType) -> Option<Literal> {
    let value = |expr: &Expr| evaluate(expr, this, data);
    Some(match expr {
        Expr::Literal(literal) => literal.clone(),
        Expr::This => this.clone(),
        Expr::Not(inner) => match value(inner)? {
            Literal::Bool(truth) => Literal::Bool(!truth),
            Literal::Null => Literal::Null,
            _ => return None,
        },
        Expr::Negate(inner) => negated(value(inner)?)?,
        Expr::All(parts) => joined(parts.iter().map(value), false)?,
        Expr::Any(parts) => joined(parts.iter().map(value), true)?,
        Expr::Compare(op, left, right) => compared(*op, &value(left)?, &value(right)?)?,
        Expr::Arithmetic(op, left, right) => computed(*op, &value(left)?, &value(right)?)?,
        Expr::Between { value: inner, low, high } => {
            let subject = value(inner)?;
            let end = |end: &Option<Box<Expr>>| end.as_ref().map_or(Some(None), |end| value(end).map(Some));
            let (low, high) = (end(low)?, end(high)?);
            if [Some(&subject), low.as_ref(), high.as_ref()].contains(&Some(&Literal::Null)) {
                return None;
            }
            Literal::Bool(between(&subject, low.as_ref(), high.as_ref())?)
        }
        Expr::OneOf(inner, members) => match value(inner)? {
            Literal::Null => Literal::Null,
            subject => Literal::Bool(members.iter().any(|member| same(member, &subject))),
        },
        Expr::Matches(inner, pattern) => match value(inner)? {
            Literal::Null => Literal::Null,
            subject => Literal::Bool(matches(pattern, &subject)?),
        },
        Expr::Call { function, args } if function == "length" && args.as_slice() == [Expr::This] => {
            Literal::Number(length(this, data)?.into())
        }
        Expr::Call { function, args } => call(function, &args.iter().map(value).collect::<Option<Vec<_>>>()?)?,
        Expr::Column(_) | Expr::Metric { .. } | Expr::Param(_) | Expr::OverSlices { .. } => return None,
    })
}

fn same(a: &Literal, b: &Literal) -> bool {
    a == b || a.compare(b) == Some(Ordering::Equal)
}

/// NaN lies in no range.
fn between(value: &Literal, low: Option<&Literal>, high: Option<&Literal>) -> Option<bool> {
    if *value == Literal::Nan {
        return Some(false);
    }
    let above = low.map_or(Some(true), |low| value.compare(low).map(Ordering::is_ge));
    let below = high.map_or(Some(true), |high| value.compare(high).map(Ordering::is_le));
    Some(above? && below?)
}

/// `and` and `or` over three answers and what cannot be told: `decisive` decides alone.
fn joined(parts: impl Iterator<Item = Option<Literal>>, decisive: bool) -> Option<Literal> {
    let (mut unclear, mut null) = (false, false);
    for part in parts {
        match part {
            Some(Literal::Bool(truth)) if truth == decisive => return Some(Literal::Bool(decisive)),
            Some(Literal::Bool(_)) => {}
            Some(Literal::Null) => null = true,
            _ => unclear = true,
        }
    }
    match (unclear, null) {
        (true, _) => None,
        (false, true) => Some(Literal::Null),
        (false, false) => Some(Literal::Bool(!decisive)),
    }
}

/// NaN satisfies no comparison but `!=`.
fn compared(op: CompareOp, left: &Literal, right: &Literal) -> Option<Literal> {
    if *left == Literal::Null || *right == Literal::Null {
        return Some(Literal::Null);
    }
    if *left == Literal::Nan || *right == Literal::Nan {
        return Some(Literal::Bool(op == CompareOp::Ne));
    }
    let order = left.compare(right)?;
    Some(Literal::Bool(match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => order.is_ne(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
    }))
}

fn computed(op: ArithmeticOp, left: &Literal, right: &Literal) -> Option<Literal> {
    match (left, right) {
        (Literal::Null, _) | (_, Literal::Null) => Some(Literal::Null),
        (left, right) => arithmetic(op, left, right),
    }
}

fn negated(value: Literal) -> Option<Literal> {
    match value {
        Literal::Number(number) => Some(Literal::Number(-number)),
        Literal::Duration(time) => time.checked_neg().map(Literal::Duration),
        Literal::Null => Some(Literal::Null),
        _ => None,
    }
}

/// Characters, bytes or elements.
fn length(value: &Literal, data: &DataType) -> Option<u64> {
    let count = match value {
        Literal::Text(text) if *data == DataType::Bytes => text.len(),
        Literal::Text(text) => text.chars().count(),
        Literal::List(items) => items.len(),
        _ => return None,
    };
    u64::try_from(count).ok()
}

/// Functions of a row; `round` is left to the engine, which knows the type.
fn call(function: &str, args: &[Literal]) -> Option<Literal> {
    let number = |count: i64| Some(Literal::Number(BigDecimal::from(count)));
    match (function, args) {
        ("is_none", [value]) => Some(Literal::Bool(*value == Literal::Null)),
        ("coalesce", values) => {
            Some(values.iter().find(|value| **value != Literal::Null).cloned().unwrap_or(Literal::Null))
        }
        (_, [Literal::Null]) => Some(Literal::Null),
        ("length", [value]) => length(value, &DataType::String).map(|length| Literal::Number(BigDecimal::from(length))),
        ("lower", [Literal::Text(text)]) => Some(Literal::Text(text.to_lowercase())),
        ("upper", [Literal::Text(text)]) => Some(Literal::Text(text.to_uppercase())),
        ("trim", [Literal::Text(text)]) => Some(Literal::Text(text.trim().to_owned())),
        ("abs", [Literal::Number(value)]) => Some(Literal::Number(value.abs())),
        ("floor", [Literal::Number(value)]) => Some(Literal::Number(value.with_scale_round(0, RoundingMode::Floor))),
        ("ceil", [Literal::Number(value)]) => Some(Literal::Number(value.with_scale_round(0, RoundingMode::Ceiling))),
        ("year", [Literal::Date(day)]) => number(day.year().into()),
        ("month", [Literal::Date(day)]) => number(day.month().into()),
        ("day", [Literal::Date(day)]) => number(day.day().into()),
        ("year", [Literal::Timestamp(at)]) => number(at.year().into()),
        ("month", [Literal::Timestamp(at)]) => number(at.month().into()),
        ("day", [Literal::Timestamp(at)]) => number(at.day().into()),
        ("hour", [Literal::Timestamp(at)]) => number(at.hour().into()),
        ("hour", [Literal::Time(at)]) => number(at.hour().into()),
        _ => None,
    }
}
