//! Intervals that a test gives by hand, carried through arithmetic. A value without one is exact.

use mlp_plan::{ArithmeticOp, CompareOp, Expr, SliceAggregate};

use super::{
    Verdict,
    confidence::{by_bounds, fails_at},
    finding::Finding,
    scope::{Scope, call},
};
use crate::metrics::Measured;

/// Lower and upper end.
type Interval = (f64, f64);

/// Decides `left op right`, both of which have a value.
pub(super) fn decide(
    scope: &Scope<'_>,
    op: CompareOp,
    left: (&Expr, f64),
    right: (&Expr, f64),
) -> Result<Finding, String> {
    let (a, b) = (interval(scope, left.0)?, interval(scope, right.0)?);
    // Ends are compared as they were given, not as differences: `[0.65 .. 0.75]` satisfies `>= 0.65`.
    let (low, high) = (towards(a.0, b.1), towards(a.1, b.0));
    let holds = by_bounds(op, Some(low), Some(high)).ok_or("an interval without ends")?;
    let shown = if b.0 == b.1 { a } else { (low + right.1, high + right.1) };
    let exact = a.0 == a.1 && b.0 == b.1;
    let found = Finding { interval: (!exact).then_some(shown), ..Finding::of(holds) };
    Ok(if found.verdict == Verdict::Fail && !exact { found.because(fails_at(op, shown.0, shown.1)) } else { found })
}

/// A difference that is zero only where both are the same.
fn towards(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { a - b }
}

fn of(measured: &Measured) -> Result<Interval, String> {
    let value = measured.known()?;
    let (low, high) = measured.interval.unwrap_or((value, value));
    if low.is_finite() && high.is_finite() && low <= high {
        Ok((low, high))
    } else {
        Err(format!("{low} .. {high} is no interval"))
    }
}

fn interval(scope: &Scope<'_>, expr: &Expr) -> Result<Interval, String> {
    let (low, high) = match expr {
        Expr::Metric { report, metric } => of(scope.report(report)?.values.get(metric).ok_or("not measured")?)?,
        Expr::OverSlices { aggregate, report, metric, by, support, .. } => {
            let slices = scope.slices(report, by, *support)?;
            let all: Result<Vec<Interval>, String> =
                slices.iter().map(|(_, slice)| of(slice.values.get(metric).ok_or("not measured")?)).collect();
            over(*aggregate, &all?)
        }
        Expr::Negate(inner) => {
            let (low, high) = interval(scope, inner)?;
            (-high, -low)
        }
        Expr::Arithmetic(op, left, right) => apply(*op, interval(scope, left)?, interval(scope, right)?)?,
        Expr::Call { function, args } => {
            let args: Result<Vec<Interval>, String> = args.iter().map(|arg| interval(scope, arg)).collect();
            called(function, &args?)?
        }
        constant => {
            let value = scope.number(constant)?;
            (value, value)
        }
    };
    if low.is_finite() && high.is_finite() { Ok((low, high)) } else { Err(format!("`{expr}` has no finite interval")) }
}

fn over(aggregate: SliceAggregate, all: &[Interval]) -> Interval {
    let lows: Vec<f64> = all.iter().map(|interval| interval.0).collect();
    let highs: Vec<f64> = all.iter().map(|interval| interval.1).collect();
    let least = |values: &[f64]| super::scope::over(SliceAggregate::Min, values);
    let most = |values: &[f64]| super::scope::over(SliceAggregate::Max, values);
    match aggregate {
        SliceAggregate::Spread => ((most(&lows) - least(&highs)).max(0.0), most(&highs) - least(&lows)),
        other => (super::scope::over(other, &lows), super::scope::over(other, &highs)),
    }
}

fn apply(op: ArithmeticOp, a: Interval, b: Interval) -> Result<Interval, String> {
    if op == ArithmeticOp::Div && b.0 <= 0.0 && b.1 >= 0.0 {
        return Err("a division by what may be zero".to_owned());
    }
    let corners = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)].map(|(a, b)| super::scope::apply(op, a, b));
    Ok((super::scope::over(SliceAggregate::Min, &corners), super::scope::over(SliceAggregate::Max, &corners)))
}

fn called(function: &str, args: &[Interval]) -> Result<Interval, String> {
    if let ("abs", [(low, high)]) = (function, args) {
        let ends = (low.abs(), high.abs());
        let least = if *low <= 0.0 && *high >= 0.0 { 0.0 } else { ends.0.min(ends.1) };
        return Ok((least, ends.0.max(ends.1)));
    }
    // Every other function grows with each of its arguments.
    let ends = |end: fn(&Interval) -> f64| call(function, &args.iter().map(end).collect::<Vec<f64>>());
    Ok((ends(|interval| interval.0)?, ends(|interval| interval.1)?))
}
