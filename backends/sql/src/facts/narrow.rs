//! Which columns cannot be null where a condition is true, or is not: what filters, inner joins and `case` prove.

use datafusion::{
    common::Column,
    logical_expr::{BinaryExpr, Expr, Operator},
};

use super::{Known, Scope};

/// Columns that are not null in every row for which `condition` is true.
pub fn when_true(condition: &Expr, scope: &Scope<'_>) -> Known {
    match condition {
        Expr::Alias(alias) => when_true(&alias.expr, scope),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            union(when_true(left, scope), when_true(right, scope))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            intersection(when_true(left, scope), &when_true(right, scope))
        }
        Expr::IsNotNull(inner) | Expr::IsNotUnknown(inner) => strict(inner, scope),
        Expr::IsTrue(inner) => when_true(inner, scope),
        Expr::IsFalse(inner) => when_false(inner, scope),
        Expr::IsNotTrue(inner) => when_not_true(inner, scope),
        Expr::Not(inner) => when_false(inner, scope),
        Expr::InSubquery(inner) if !inner.negated => strict(&inner.expr, scope),
        other => strict(other, scope),
    }
}

/// Columns that are not null in every row for which `condition` is false (and not null).
fn when_false(condition: &Expr, scope: &Scope<'_>) -> Known {
    match condition {
        Expr::Alias(alias) => when_false(&alias.expr, scope),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            intersection(when_false(left, scope), &when_false(right, scope))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            union(when_false(left, scope), when_false(right, scope))
        }
        Expr::IsNull(inner) | Expr::IsUnknown(inner) => strict(inner, scope),
        Expr::IsNotTrue(inner) => when_true(inner, scope),
        Expr::IsTrue(inner) => when_not_true(inner, scope),
        Expr::Not(inner) => when_true(inner, scope),
        other => strict(other, scope),
    }
}

/// Columns that are not null in every row for which `condition` is false or null: what a later branch of `case` may count on.
pub fn when_not_true(condition: &Expr, scope: &Scope<'_>) -> Known {
    match condition {
        Expr::Alias(alias) => when_not_true(&alias.expr, scope),
        // These are never null, so not true is false.
        Expr::IsNull(inner) | Expr::IsUnknown(inner) => strict(inner, scope),
        Expr::IsNotTrue(inner) => when_true(inner, scope),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::IsNotNull(tested) | Expr::IsNotUnknown(tested) => strict(tested, scope),
            _ => Known::new(),
        },
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            union(when_not_true(left, scope), when_not_true(right, scope))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            intersection(when_not_true(left, scope), &when_not_true(right, scope))
        }
        _ => Known::new(),
    }
}

/// Columns each of which, were it null, would make the expression null: so where the expression is not null, they are not.
pub fn strict(expr: &Expr, scope: &Scope<'_>) -> Known {
    match expr {
        Expr::Column(column) => index(column, scope),
        Expr::Alias(alias) => strict(&alias.expr, scope),
        Expr::Cast(cast) => strict(&cast.expr, scope),
        Expr::TryCast(cast) => strict(&cast.expr, scope),
        Expr::Negative(inner) | Expr::Not(inner) => strict(inner, scope),
        // With one bound missing, a value beyond the other still gives an answer: only the value itself must be there.
        Expr::Between(between) => strict(&between.expr, scope),
        Expr::Like(like) | Expr::SimilarTo(like) => union(strict(&like.expr, scope), strict(&like.pattern, scope)),
        // A list with a null in it may still find the value, but a null is found in no list.
        Expr::InList(list) if !list.list.is_empty() => strict(&list.expr, scope),
        Expr::BinaryExpr(binary) if is_strict(binary.op) => {
            union(strict(&binary.left, scope), strict(&binary.right, scope))
        }
        _ => Known::new(),
    }
}

/// Whether the operator gives null as soon as one side is null.
pub const fn is_strict(op: Operator) -> bool {
    use Operator::{
        BitwiseAnd, BitwiseOr, BitwiseShiftLeft, BitwiseShiftRight, BitwiseXor, Divide, Eq, Gt, GtEq, ILikeMatch,
        LikeMatch, Lt, LtEq, Minus, Modulo, Multiply, NotEq, NotILikeMatch, NotLikeMatch, Plus, RegexIMatch,
        RegexMatch, RegexNotIMatch, RegexNotMatch,
    };
    matches!(
        op,
        Eq | NotEq
            | Lt
            | LtEq
            | Gt
            | GtEq
            | Plus
            | Minus
            | Multiply
            | Divide
            | Modulo
            | RegexMatch
            | RegexIMatch
            | RegexNotMatch
            | RegexNotIMatch
            | LikeMatch
            | ILikeMatch
            | NotLikeMatch
            | NotILikeMatch
            | BitwiseAnd
            | BitwiseOr
            | BitwiseXor
            | BitwiseShiftLeft
            | BitwiseShiftRight
    )
}

fn index(column: &Column, scope: &Scope<'_>) -> Known {
    scope.index(column).into_iter().collect()
}

/// Both.
pub fn union(mut left: Known, right: Known) -> Known {
    left.extend(right);
    left
}

fn intersection(mut left: Known, right: &Known) -> Known {
    left.retain(|index| right.contains(index));
    left
}
