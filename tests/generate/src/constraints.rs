//! Constraints that fit a ground.

use mlp_plan::{ArithmeticOp, CompareOp, Constraint, Expr, Literal, ValueType};
use proptest::prelude::*;

use crate::{Ground, bare, literal, number, values::span};

const PATTERNS: [&str; 10] =
    ["[ab]+", "a.*", "a|b", "[ab]{2,3}", ".*", "[0-9]", "(ab)*", "[^a]*", "(?i)a?b?", r"\w{1,4}"];

/// A pattern over the words of this crate.
pub fn pattern() -> impl Strategy<Value = String> {
    prop::sample::select(PATTERNS.to_vec()).prop_map(str::to_owned)
}

fn operator() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(vec![CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge])
}

fn this() -> Box<Expr> {
    Box::new(Expr::This)
}

fn spelled(value: Literal) -> Box<Expr> {
    Box::new(Expr::Literal(value))
}

/// `self < value`, or the other way round.
fn compared(ground: Ground) -> impl Strategy<Value = Expr> {
    (operator(), literal(ground), any::<bool>()).prop_map(|(op, value, flip)| {
        if flip { Expr::Compare(op, spelled(value), this()) } else { Expr::Compare(op, this(), spelled(value)) }
    })
}

/// `self in low .. high`, with one end at least.
fn between(ground: Ground) -> impl Strategy<Value = Expr> {
    some_ends(ground).prop_map(|(low, high)| Expr::Between {
        value: this(),
        low: low.map(spelled),
        high: high.map(spelled),
    })
}

fn some_ends(ground: Ground) -> impl Strategy<Value = (Option<Literal>, Option<Literal>)> {
    (literal(ground), literal(ground), 0..4).prop_map(|(a, b, which)| match which {
        0 => (Some(a), None),
        1 => (None, Some(a)),
        _ if a.compare(&b).is_some_and(std::cmp::Ordering::is_le) => (Some(a), Some(b)),
        _ => (Some(b), Some(a)),
    })
}

/// The members of a set; of floats, now and then NaN.
fn members(ground: Ground, most: usize) -> BoxedStrategy<Vec<Literal>> {
    let member = match ground {
        Ground::Real | Ground::Tenth => prop_oneof![9 => literal(ground), 1 => Just(Literal::Nan)].boxed(),
        _ => literal(ground),
    };
    prop::collection::vec(member, 1..most).boxed()
}

/// One more, or the other way round, and compared: `self + 1 < value`; `None` for what cannot be added to without rounding.
fn moved(ground: Ground) -> Option<BoxedStrategy<Expr>> {
    let by = match ground {
        Ground::Whole | Ground::Real | Ground::Exact => number(1),
        Ground::Instant | Ground::Span => span(1, 0),
        _ => return None,
    };
    let backwards = ground != Ground::Instant;
    let moved = (operator(), literal(ground), any::<bool>()).prop_map(move |(op, value, back)| {
        let moved = if back && backwards {
            Expr::Negate(this())
        } else {
            Expr::Arithmetic(ArithmeticOp::Add, this(), spelled(by.clone()))
        };
        Expr::Compare(op, Box::new(moved), spelled(value))
    });
    Some(moved.boxed())
}

/// `length(self) < value`.
fn measured() -> impl Strategy<Value = Expr> {
    (operator(), literal(Ground::Whole), any::<bool>()).prop_map(|(op, value, flip)| {
        let length = Box::new(Expr::Call { function: "length".to_owned(), args: vec![Expr::This] });
        if flip { Expr::Compare(op, spelled(value), length) } else { Expr::Compare(op, length, spelled(value)) }
    })
}

/// What `where` may say of `self` alone.
pub fn condition(ground: Ground) -> BoxedStrategy<Expr> {
    let listed = members(ground, 4).prop_map(|values| Expr::OneOf(this(), values));
    let leaf = match (ground, moved(ground)) {
        (Ground::Text | Ground::Member, _) => {
            let matched = pattern().prop_map(|pattern| Expr::Matches(this(), pattern));
            prop_oneof![2 => compared(ground), 1 => listed, 2 => measured(), 1 => matched].boxed()
        }
        (Ground::Truth, _) => prop_oneof![2 => compared(ground), 1 => listed].boxed(),
        (_, Some(moved)) => prop_oneof![4 => compared(ground), 1 => listed, 1 => moved, 1 => between(ground)].boxed(),
        (_, None) => prop_oneof![4 => compared(ground), 1 => listed, 1 => between(ground)].boxed(),
    };
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
            1 => inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
    .boxed()
}

/// A constraint that is an interval, its ends open or closed, however it is said.
pub fn ends(ground: Ground) -> BoxedStrategy<Constraint> {
    let range = some_ends(ground).prop_map(|(low, high)| Constraint::Range { low, high });
    let end = |up: bool| {
        (literal(ground), any::<bool>(), any::<bool>()).prop_map(move |(value, open, flip)| {
            let op = match (up, open) {
                (true, true) => CompareOp::Gt,
                (true, false) => CompareOp::Ge,
                (false, true) => CompareOp::Lt,
                (false, false) => CompareOp::Le,
            };
            if flip {
                Expr::Compare(op.flipped(), spelled(value), this())
            } else {
                Expr::Compare(op, this(), spelled(value))
            }
        })
    };
    let both = (end(true), end(false)).prop_map(|(low, high)| Expr::All(vec![low, high]));
    let wheres = prop_oneof![end(true), end(false), both, between(ground)].prop_map(Constraint::Where);
    prop_oneof![range, wheres].boxed()
}

/// A constraint that fits a ground.
pub fn constraint(ground: Ground) -> BoxedStrategy<Constraint> {
    let listed = members(ground, 5).prop_map(Constraint::OneOf);
    let wheres = condition(ground).prop_map(Constraint::Where);
    match ground {
        Ground::Text => {
            let length = (0_u64..4, prop::option::of(0_u64..5)).prop_map(|(min, max)| Constraint::Length { min, max });
            let matches = pattern().prop_map(Constraint::Matches);
            prop_oneof![3 => length, 2 => listed, 2 => matches, 2 => wheres].boxed()
        }
        Ground::Member | Ground::Truth => prop_oneof![2 => listed, 1 => wheres].boxed(),
        _ => prop_oneof![4 => ends(ground), 1 => listed, 2 => wheres].boxed(),
    }
}

/// A type with constraints.
pub fn constrained(ground: Ground) -> BoxedStrategy<ValueType> {
    (bare(ground), any::<bool>(), prop::collection::vec(constraint(ground), 0..3))
        .prop_map(|(data, nullable, constraints)| ValueType { nullable, constraints, ..ValueType::plain(data) })
        .boxed()
}
