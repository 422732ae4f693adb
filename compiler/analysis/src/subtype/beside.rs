//! Conditions between columns of one row, as far as the ends of their values decide them.

use std::cmp::Ordering;

use mlp_plan::{CompareOp, Constraint, Contract, Expr, ValueType};

use super::{
    constraints::{Answer, implies},
    domain::Domain,
    region::Bound,
};

/// The rows that come, and the column of them that a condition is about.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// Their contract.
    pub rows: &'a Contract,
    /// What holds for `self`.
    pub this: &'a ValueType,
    /// What is expected of it.
    pub wanted: &'a ValueType,
    /// Which columns are null in every row: a comparison with one of them is satisfied.
    pub is_null: &'a dyn Fn(&str) -> bool,
}

/// The ends of a column's values.
struct Ends {
    low: Option<Bound>,
    high: Option<Bound>,
    /// Whether a comparison may find no number there: null satisfies it, NaN breaks it.
    null: bool,
    nan: bool,
}

impl Beside<'_> {
    /// Whether every row whose `self` is not null satisfies a condition.
    #[must_use]
    pub fn answer(&self, expr: &Expr) -> Answer {
        let all = |parts: &[Expr], decisive: Answer, joint: Answer| {
            let answers: Vec<Answer> = parts.iter().map(|part| self.answer(part)).collect();
            if answers.contains(&decisive) {
                decisive
            } else if answers.iter().all(|answer| *answer == joint) {
                joint
            } else {
                Answer::Unknown
            }
        };
        match expr {
            Expr::All(parts) => all(parts, Answer::Refuted, Answer::Proven),
            Expr::Any(parts) => all(parts, Answer::Proven, Answer::Refuted),
            Expr::Compare(_, left, right) if [left, right].into_iter().any(|side| self.is_missing(side)) => {
                Answer::Proven
            }
            Expr::Compare(op, left, right) if !expr.columns().is_empty() => match (self.ends(left), self.ends(right)) {
                (Some(left), Some(right)) => compared(*op, &left, &right),
                _ => Answer::Unknown,
            },
            _ if expr.columns().is_empty() => implies(self.this, self.wanted, &Constraint::Where(expr.clone())),
            _ => Answer::Unknown,
        }
    }

    fn is_missing(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Column(name) if (self.is_null)(name))
    }

    fn ends(&self, expr: &Expr) -> Option<Ends> {
        let (value, null) = match expr {
            Expr::This => (self.this, false),
            Expr::Column(name) => {
                let column = self.rows.column(name)?;
                (&column.value, self.rows.may_be_null(column))
            }
            _ => return None,
        };
        let domain = Domain::of(value);
        let (low, high) = domain.ends()?;
        Some(Ends { low, high, null, nan: domain.may_be_nan() })
    }
}

fn compared(op: CompareOp, left: &Ends, right: &Ends) -> Answer {
    // what lies wholly below is smaller; what does not reach beyond is at most as large
    let below = |a: &Ends, b: &Ends, or_equal: bool| match (&a.high, &b.low) {
        (Some(high), Some(low)) => match high.value.compare(&low.value) {
            Some(Ordering::Less) => true,
            Some(Ordering::Equal) => or_equal || high.open || low.open,
            _ => false,
        },
        _ => false,
    };
    let (holds, fails) = match op {
        CompareOp::Lt => (below(left, right, false), below(right, left, true)),
        CompareOp::Le => (below(left, right, true), below(right, left, false)),
        CompareOp::Gt => (below(right, left, false), below(left, right, true)),
        CompareOp::Ge => (below(right, left, true), below(left, right, false)),
        CompareOp::Eq => (false, below(left, right, false) || below(right, left, false)),
        CompareOp::Ne => (below(left, right, false) || below(right, left, false), false),
    };
    let nan = left.nan || right.nan;
    if holds && (op == CompareOp::Ne || !nan) {
        Answer::Proven
    } else if fails && !(left.null || right.null) {
        Answer::Refuted
    } else {
        Answer::Unknown
    }
}
