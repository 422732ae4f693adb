//! Whether the rows that are promised can decide a clause at its confidence (MLP606).
//!
//! Rows needed, by the normal approximation of an interval with one tail, as the clause is judged: `n = z^2 v / d^2`.
//! A bound `t` on a share: `d` is half of the way from `t` to the best value, `v = p (1 - p)` of the `p` there (a model that good is let through by even
//! chance). A margin `d` between two reports on the same rows: `v` is the share of rows on which they differ, taken as 4% (McNemar, 1947: the variance of a
//! paired difference of shares is at most that share). Both are kind: where this warns, deciding is out of reach.

use std::sync::Arc;

use bigdecimal::ToPrimitive;
use mlp_diagnostics::{Diagnostic, catalog::policies as words};
use mlp_plan::{CompareOp, Expr, Literal, Measure, Origin, Rule, SliceAggregate, Value};
use mlp_source::Span;

use super::{
    Clause, Clauses,
    differences::{Limit, ZERO},
    formula::ONE,
};
use crate::{
    flow::{Flow, PolicyCall, Work},
    policies::PolicyInfo,
    proofs::ways::node_of,
    types::Ty,
};

/// The share of rows on which two models are taken to differ.
const DIFFERING: f64 = 0.04;

/// Rows that a contract promises.
#[derive(Clone, Copy)]
struct Promise {
    rows: f64,
    /// The line that promises them.
    at: Span,
}

/// What a clause bounds, and how close.
struct Asked<'t> {
    term: &'t Expr,
    /// Rows needed.
    needed: f64,
}

/// Warns of clauses that can hardly be decided with the rows that the contracts promise.
pub(crate) fn underpowered(policy: &PolicyInfo, flows: &[Arc<Flow>]) -> Vec<Diagnostic> {
    let clauses = Clauses::new(policy, &[]);
    clauses.gates.iter().filter_map(|clause| clauses.underpowered(clause, flows)).collect()
}

impl Clauses<'_> {
    fn underpowered(&self, clause: &Clause<'_>, flows: &[Arc<Flow>]) -> Option<Diagnostic> {
        let z = one_tailed(clause.confidence()?);
        let asked: Vec<Asked> = clause.formula.limits().into_iter().filter_map(|limit| self.asked(limit, z)).collect();
        asked.iter().find_map(|asked| {
            let (Expr::Metric { report, .. } | Expr::OverSlices { report, .. }) = asked.term else { return None };
            let calls = calls_of(self.policy.span, flows);
            let promises: Vec<(Option<Promise>, usize)> =
                calls.iter().map(|(flow, promote, call)| judged(flow, promote, call, report, asked.term)).collect();
            let promises = if promises.is_empty() { vec![(None, 0)] } else { promises };
            promises.iter().find_map(|(promise, slices)| self.too_few(clause, asked, report, *promise, *slices))
        })
    }

    fn too_few(
        &self,
        clause: &Clause<'_>,
        asked: &Asked<'_>,
        report: &str,
        promise: Option<Promise>,
        slices: usize,
    ) -> Option<Diagnostic> {
        let required = self.required_rows(report, clause);
        let all = promise.map(|promise| promise.rows).into_iter().chain(required).reduce(f64::max);
        let (have, slice) = match asked.term {
            Expr::OverSlices { support, by, .. } => {
                let each = all.filter(|_| slices > 0).map_or(0.0, |rows| rows / slices as f64);
                ((*support as f64).max(each), Some(by.as_str()))
            }
            _ => (all?, None),
        };
        if have >= asked.needed {
            return None;
        }
        let found = words::underpowered(clause.info.span, &clause.text(), have.floor(), asked.needed.ceil(), slice);
        Some(match promise {
            Some(promise) => found.because(promise.at, "this promises the rows"),
            None => found,
        })
    }

    /// Rows that the policy itself asks for.
    fn required_rows(&self, report: &str, beside: &Clause<'_>) -> Option<f64> {
        let rows = Expr::Metric { report: report.to_owned(), metric: "rows".to_owned() };
        let number = self.terms.list.iter().position(|term| *term == rows)? + 1;
        self.gates
            .iter()
            .filter(|clause| clause.required && clause.counts(&beside.info.when))
            .flat_map(|clause| clause.formula.limits())
            .filter(|limit| limit.left == ZERO && limit.right == number)
            .map(|limit| -in_units(limit.bound))
            .reduce(f64::max)
    }

    /// What one bound asks of a share.
    fn asked(&self, limit: Limit, z: f64) -> Option<Asked<'_>> {
        let term = |number: usize| number.checked_sub(1).and_then(|index| self.terms.list.get(index));
        let bound = in_units(limit.bound);
        let (term, needed) = match (term(limit.left), term(limit.right)) {
            (None, Some(floor)) => (floor, of_bound(-bound, 1.0, z)?),
            (Some(ceiling), None) => (ceiling, of_bound(bound, 0.0, z)?),
            (Some(_), Some(other)) if bound > 0.0 => (other, z * z * DIFFERING / (bound * bound)),
            _ => return None,
        };
        self.is_share(term).then_some(Asked { term, needed })
    }

    fn is_share(&self, term: &Expr) -> bool {
        let (report, metric) = match term {
            Expr::Metric { report, metric } => (report, metric),
            Expr::OverSlices { aggregate, report, metric, .. } if *aggregate != SliceAggregate::Spread => {
                (report, metric)
            }
            _ => return false,
        };
        let param = self.policy.params.iter().find(|param| param.name == *report);
        param.and_then(|param| param.report.as_ref()?.metric(metric)).is_some_and(|metric| {
            let is = |end: &Option<Literal>, value: f64| end.as_ref().and_then(Literal::as_f64) == Some(value);
            metric.measure == Measure::Ratio && is(&metric.low, 0.0) && is(&metric.high, 1.0)
        })
    }
}

/// Rows needed to tell a share that is half of the way between a bound and the best value from the bound.
fn of_bound(bound: f64, best: f64, z: f64) -> Option<f64> {
    let (room, share) = ((best - bound).abs(), f64::midpoint(best, bound));
    (bound > 0.0 && bound < 1.0).then(|| z * z * share * (1.0 - share) / (room / 2.0).powi(2))
}

fn in_units(bound: i128) -> f64 {
    bound.to_f64().unwrap_or(f64::NAN) / ONE as f64
}

/// The quantile of the standard normal distribution at a confidence, by halving: the inverse of `(1 + erf(x / sqrt 2)) / 2`.
fn one_tailed(confidence: f64) -> f64 {
    let (mut low, mut high) = (-10.0_f64, 10.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let below = 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2);
        if below < confidence { low = middle } else { high = middle }
    }
    low.max(0.0)
}

/// The promotions that ask a policy.
fn calls_of(policy: Span, flows: &[Arc<Flow>]) -> Vec<(&Flow, &crate::flow::FlowNode, &PolicyCall)> {
    let nodes = flows.iter().flat_map(|flow| flow.nodes.iter().map(move |node| (&**flow, node)));
    nodes
        .filter_map(|(flow, node)| match &node.work {
            Work::Promote { policies, .. } => {
                Some((flow, node, policies.iter().find(|call| call.policy.span == policy)?))
            }
            _ => None,
        })
        .collect()
}

/// The rows promised for a report, and into how many slices its column parts them (0: not known).
fn judged(
    flow: &Flow,
    promote: &crate::flow::FlowNode,
    call: &PolicyCall,
    report: &str,
    term: &Expr,
) -> (Option<Promise>, usize) {
    let input = promote.inputs.iter().find(|input| Some(&input.name) == call.reports.get(report));
    let Some(Origin::Output { node, .. }) = input.map(|input| &input.from) else { return (None, 0) };
    let Some(made) = node_of(flow, node) else { return (None, 0) };
    let tables = made.inputs.iter().filter_map(|input| match input.given.required() {
        Ty::Table(contract) => Some((input, contract)),
        _ => None,
    });
    let (mut promise, mut slices) = (None::<Promise>, 0);
    for (input, contract) in tables {
        promise = larger(promise, promised(flow, &input.from));
        if let Expr::OverSlices { by, .. } = term
            && let Some(mlp_plan::DataType::Enum { members, open: false, .. }) =
                contract.face.column(by).map(|column| &column.value.data)
        {
            slices = members.len();
        }
    }
    (promise, slices)
}

fn larger(a: Option<Promise>, b: Option<Promise>) -> Option<Promise> {
    a.into_iter().chain(b).reduce(|a, b| if b.rows > a.rows { b } else { a })
}

/// The rows promised where a table is made, or of what it is made from: a random part has its share of them.
fn promised(flow: &Flow, from: &Origin) -> Option<Promise> {
    let Origin::Output { node, output } = from else { return None };
    let node = node_of(flow, node)?;
    let made = node.outputs.iter().find(|made| made.name == *output)?;
    if let Ty::Table(contract) = made.ty.required() {
        let checked = made.checks.iter().filter_map(|rule| match rule {
            Rule::Expectation(index) => {
                Some((contract.face.expectations.get(*index)?, *contract.rules.expectations.get(*index)?))
            }
            _ => None,
        });
        let own = checked
            .filter(|(expectation, _)| !expectation.warn)
            .filter_map(|(expectation, at)| Some(Promise { rows: least_rows(&expectation.expr)?, at }))
            .reduce(|a, b| if b.rows > a.rows { b } else { a });
        if own.is_some() {
            return own;
        }
    }
    let above = node.inputs.iter().map(|input| promised(flow, &input.from)).fold(None, larger)?;
    let share = node.params.get("test").and_then(|share| match share {
        Value::Literal(share) if node.disjoint => share.as_f64(),
        _ => None,
    });
    let part = share.map_or(1.0, |share| if output == "test" { share } else { 1.0 - share });
    Some(Promise { rows: above.rows * part, ..above })
}

/// `rows >= 1_000`.
fn least_rows(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Compare(CompareOp::Ge | CompareOp::Gt | CompareOp::Eq, left, right) => match (&**left, &**right) {
            (Expr::Call { function, .. }, Expr::Literal(rows)) if function == "rows" => rows.as_f64(),
            _ => None,
        },
        Expr::Between { value, low: Some(low), .. } => match (&**value, &**low) {
            (Expr::Call { function, .. }, Expr::Literal(rows)) if function == "rows" => rows.as_f64(),
            _ => None,
        },
        Expr::All(parts) => parts.iter().filter_map(least_rows).reduce(f64::max),
        _ => None,
    }
}
