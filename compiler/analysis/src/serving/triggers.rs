//! Conditions on what an endpoint or a monitor measures.

use mlp_diagnostics::catalog::{names, serving as drift_words, stages as words};
use mlp_plan::{CompareOp, Expr, Literal, Origin};
use mlp_source::Span;
use mlp_syntax::tree::{self, Arg, BinaryOp, ExprKind, Path, UnaryOp};

use super::TriggerInfo;
use crate::{
    checker::Checker,
    contracts::Shared,
    flow::{Elaborator, Val},
    gates::arithmetic_op,
    literals,
    predicates::{all_of, any_of, compare_op},
    scope::nearest,
    types::dotted,
};

/// Statistics of drift.
pub const STATISTICS: [&str; 5] = ["psi", "ks", "wasserstein", "js", "chi2"];
/// What goes over columns.
const AGGREGATES: [&str; 4] = ["min", "max", "mean", "spread"];

impl Checker<'_> {
    /// `rollback when latency.p99 > 80ms over 5min`: only the endpoint is measured.
    pub(super) fn trigger_of_endpoint(&mut self, trigger: &tree::Trigger) -> Option<TriggerInfo> {
        let over = trigger.over.as_ref().and_then(|over| self.duration(over, "over"));
        let when = Triggers { elaborator: &mut Elaborator::new(self, 0), log: None }.lower(&trigger.condition)?;
        let (condition, message, span) = (trigger.condition.span, trigger.message.clone(), trigger.span);
        Some(TriggerInfo { when, condition, over, message, span })
    }
}

/// Lowers the conditions of a monitor, whose `let`s and log are known.
pub(super) struct Triggers<'e, 'c, 'a> {
    /// The `let`s.
    pub elaborator: &'e mut Elaborator<'c, 'a>,
    /// The deployment's log, whose columns can drift.
    pub log: Option<Shared>,
}

impl Triggers<'_, '_, '_> {
    /// The plan's expression; `None` after a report.
    pub fn lower(&mut self, expr: &tree::Expr) -> Option<Expr> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.lower(inner),
            ExprKind::Unary(UnaryOp::Not, inner) => Some(Expr::Not(Box::new(self.lower(inner)?))),
            ExprKind::Binary { left, op: BinaryOp::And, right, .. } => {
                self.both(left, right).map(|(a, b)| all_of(a, b))
            }
            ExprKind::Binary { left, op: BinaryOp::Or, right, .. } => self.both(left, right).map(|(a, b)| any_of(a, b)),
            ExprKind::Binary { left, op, right, .. } if op.is_comparison() => {
                let op: CompareOp = compare_op(*op)?;
                let (left, right) = (self.value(left), self.value(right));
                Some(Expr::Compare(op, Box::new(left?), Box::new(right?)))
            }
            ExprKind::In(value, range) => self.between(value, range),
            ExprKind::Error => None,
            ExprKind::Call { callee, .. } | ExprKind::By(callee, _) if is_statistic(callee) => self.vague(
                expr.span,
                "this measures drift, and does not say how much is too much",
                "compare it with a threshold, as in `psi(distance) > 0.2`",
            ),
            _ => self.misplaced(expr.span, "a trigger compares what is measured", "as in `error_rate > 1%`"),
        }
    }

    /// Both sides of `and` or `or`; what is wrong with the second is told as well.
    fn both(&mut self, left: &tree::Expr, right: &tree::Expr) -> Option<(Expr, Expr)> {
        let (left, right) = (self.lower(left), self.lower(right));
        Some((left?, right?))
    }

    fn between(&mut self, value: &tree::Expr, range: &tree::Expr) -> Option<Expr> {
        let ExprKind::Range { low, high } = &range.kind else {
            return self.misplaced(range.span, "a range is meant here", "as in `live.auc in 0.4 .. 0.6`");
        };
        let value = Box::new(self.value(value)?);
        let mut end = |end: &Option<Box<tree::Expr>>| match end {
            None => Some(None),
            Some(end) => self.value(end).map(|end| Some(Box::new(end))),
        };
        Some(Expr::Between { value, low: end(low)?, high: end(high)? })
    }

    /// What is measured, or a number.
    fn value(&mut self, expr: &tree::Expr) -> Option<Expr> {
        if let Some(value) = literals::literal(expr) {
            return Some(Expr::Literal(value));
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.value(inner),
            ExprKind::Name(_) | ExprKind::Field(..) => self.metric(expr),
            ExprKind::Call { callee, args } => self.call(expr.span, callee, args),
            ExprKind::Unary(UnaryOp::Neg, inner) => Some(Expr::Negate(Box::new(self.value(inner)?))),
            ExprKind::Binary { left, op, right, .. } => {
                let op = arithmetic_op(*op)?;
                let (left, right) = (self.value(left), self.value(right));
                Some(Expr::Arithmetic(op, Box::new(left?), Box::new(right?)))
            }
            ExprKind::Error => None,
            _ => self.misplaced(expr.span, "a metric or a number is meant here", "as in `latency.p99`"),
        }
    }

    /// `live.auc` of a report that the monitor makes; `latency.p99` of the endpoint.
    fn metric(&mut self, expr: &tree::Expr) -> Option<Expr> {
        let mut path = Vec::new();
        let mut inner = expr;
        while let ExprKind::Field(base, name) = &inner.kind {
            path.push(name.text.as_str());
            inner = base;
        }
        let ExprKind::Name(first) = &inner.kind else {
            return self.misplaced(expr.span, "a metric is meant here", "as in `live.auc` or `latency.p99`");
        };
        path.reverse();
        let Some(bound) = self.elaborator.names.get_mut(&first.text) else {
            path.insert(0, &first.text);
            return Some(Expr::Metric { report: String::new(), metric: path.join(".") });
        };
        bound.used = true;
        match &bound.val {
            Val::Artifact(handle) => match &handle.from {
                Origin::Output { node, .. } => Some(Expr::Metric { report: node.clone(), metric: path.join(".") }),
                _ => self.misplaced(first.span, "a report is meant here", "as in `live.auc`"),
            },
            Val::Error => None,
            _ => self.misplaced(first.span, "a report is meant here", "as in `live.auc`"),
        }
    }

    /// `psi(distance)`, `psi(distance, bins: 20)`, `max(psi by column)`.
    fn call(&mut self, span: Span, callee: &tree::Expr, args: &[Arg]) -> Option<Expr> {
        let ExprKind::Name(function) = &callee.kind else { return None };
        let name = function.text.as_str();
        if STATISTICS.contains(&name) {
            let args = self.drift(span, name, args)?;
            return Some(Expr::Call { function: name.to_owned(), args });
        }
        if AGGREGATES.contains(&name) {
            return match args {
                [Arg { value: tree::Expr { kind: ExprKind::By(what, by), .. }, .. }] => self.over(name, what, by),
                _ => self.misplaced(span, format!("`{name}` goes over columns"), "as in `max(psi by column)`"),
            };
        }
        if ["p", "p_value", "pvalue"].contains(&name) {
            return self.vague(
                span,
                "a p-value says how sure a change is, not how large: with many rows every change is sure",
                "compare an effect, as in `ks(distance) > 0.1`",
            );
        }
        let near = nearest(name, STATISTICS.into_iter().chain(AGGREGATES));
        self.elaborator.checker.report(names::unknown(function.span, "statistic", name, near.as_deref()));
        None
    }

    /// The column that may drift, and the number of bins where it is said.
    fn drift(&mut self, span: Span, name: &str, args: &[Arg]) -> Option<Vec<Expr>> {
        let ([Arg { name: None, value }] | [Arg { name: None, value }, _]) = args else {
            return self.misplaced(span, format!("`{name}` measures one column"), format!("as in `{name}(distance)`"));
        };
        let (ExprKind::Name(column) | ExprKind::Column(column)) = &value.kind else {
            return self.misplaced(value.span, "a column is meant here", format!("as in `{name}(distance)`"));
        };
        let near = |log: &Shared| nearest(&column.text, log.face.columns.iter().map(|column| column.name.as_str()));
        let missing = self.log.as_ref().filter(|log| log.face.column(&column.text).is_none());
        if let Some((log, near)) = missing.map(|log| (log, near(log))).filter(|(log, _)| !log.partial) {
            let owner = format!("the log `{}`", log.face.name);
            let found = names::unknown_field(column.span, &owner, &column.text, near.as_deref());
            self.elaborator.checker.report(found);
            return None;
        }
        let mut lowered = vec![Expr::Column(column.text.clone())];
        if let Some(option) = args.get(1) {
            let bins = literals::count(&option.value).filter(|bins| *bins > 1);
            match (option.name.as_ref().map(|name| name.text.as_str()), bins) {
                (Some("bins"), Some(bins)) => lowered.push(Expr::Literal(Literal::Number(bins.into()))),
                _ => return self.misplaced(option.value.span, "this is no option of a statistic", "as in `bins: 20`"),
            }
        }
        Some(lowered)
    }

    /// `max(psi by column)`; `min(live.recall by origin)` over the slices of a report.
    fn over(&mut self, aggregate: &str, what: &tree::Expr, by: &Path) -> Option<Expr> {
        let lowered = match &what.kind {
            ExprKind::Name(statistic) if STATISTICS.contains(&statistic.text.as_str()) => {
                if dotted(by) != "column" {
                    return self.misplaced(by.span, "drift is measured by column", "as in `max(psi by column)`");
                }
                Expr::Call { function: statistic.text.clone(), args: Vec::new() }
            }
            _ => self.value(what)?,
        };
        let by = Expr::Column(dotted(by));
        let args = if matches!(lowered, Expr::Call { .. }) { vec![lowered] } else { vec![lowered, by] };
        Some(Expr::Call { function: aggregate.to_owned(), args })
    }

    fn vague<T>(&mut self, span: Span, message: &str, help: &str) -> Option<T> {
        self.elaborator.checker.report(drift_words::vague(span, message, help));
        None
    }

    fn misplaced<T>(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) -> Option<T> {
        self.elaborator.checker.report(words::misplaced(span, message.into(), help.into()));
        None
    }
}

/// Whether a statistic, or an aggregate over one, is called.
fn is_statistic(callee: &tree::Expr) -> bool {
    matches!(&callee.kind, ExprKind::Name(name) if STATISTICS.contains(&name.text.as_str()) || AGGREGATES.contains(&name.text.as_str()))
}
