//! What an expression of a policy can see, and its value at the point estimates.

use std::collections::BTreeMap;

use mlp_plan::{ArithmeticOp, Expr, Literal, SliceAggregate};

use crate::metrics::{Report, Slice};

/// The reports and parameters of a policy.
pub(super) struct Scope<'a> {
    pub reports: &'a BTreeMap<String, Option<Report>>,
    /// Scalars, defaults filled in.
    pub params: BTreeMap<String, Literal>,
}

impl<'a> Scope<'a> {
    /// The report of a parameter, or why there is none.
    pub fn report(&self, name: &str) -> Result<&'a Report, String> {
        self.reports.get(name).and_then(Option::as_ref).ok_or_else(|| format!("there is no report `{name}`"))
    }

    /// A literal or scalar parameter.
    pub fn constant<'b>(&'b self, expr: &'b Expr) -> Option<&'b Literal> {
        match expr {
            Expr::Literal(literal) => Some(literal),
            Expr::Param(name) => self.params.get(name),
            _ => None,
        }
    }

    /// The value, finite, or why it is unknown.
    pub fn number(&self, expr: &Expr) -> Result<f64, String> {
        let value = match expr {
            Expr::Literal(literal) => number(literal)?,
            Expr::Param(name) => {
                number(self.params.get(name).ok_or_else(|| format!("parameter `{name}` has no value"))?)?
            }
            Expr::Metric { report, metric } => {
                self.report(report)?.value(metric).map_err(|reason| format!("`{report}.{metric}`: {reason}"))?
            }
            Expr::OverSlices { aggregate, report, metric, by, support, .. } => {
                let slices = self.slices(report, by, *support)?;
                let values: Result<Vec<f64>, String> = slices
                    .iter()
                    .map(|(key, slice)| {
                        in_slice(slice, metric)
                            .map_err(|reason| format!("`{report}.{metric}` where {by} is {key}: {reason}"))
                    })
                    .collect();
                over(*aggregate, &values?)
            }
            Expr::Negate(inner) => -self.number(inner)?,
            Expr::Arithmetic(op, left, right) => apply(*op, self.number(left)?, self.number(right)?),
            Expr::Call { function, args } => {
                let args: Result<Vec<f64>, String> = args.iter().map(|arg| self.number(arg)).collect();
                call(function, &args?)?
            }
            other => return Err(format!("`{other}` is not a number")),
        };
        if value.is_finite() { Ok(value) } else { Err(format!("`{expr}` has no finite value")) }
    }

    /// The slices that have the support, or why they are not known. Of a report given by hand, a slice without number of rows has it.
    pub fn slices(&self, report: &str, by: &str, support: u64) -> Result<Vec<(&'a str, &'a Slice)>, String> {
        let given = self.report(report)?;
        let slices = given.slices.get(by).ok_or_else(|| format!("`{report}` has no slices by `{by}`"))?;
        let mut kept = Vec::new();
        for (key, slice) in slices {
            match slice.rows {
                Some(rows) if rows < support => {}
                None if !given.is_by_hand() => {
                    return Err(format!("`{report}` does not say how many rows it has where {by} is {key}"));
                }
                _ => kept.push((key.as_str(), slice)),
            }
        }
        if kept.is_empty() { Err(format!("no slice of `{report}` by `{by}` has {support} rows")) } else { Ok(kept) }
    }
}

pub(super) fn in_slice(slice: &Slice, metric: &str) -> Result<f64, String> {
    slice.values.get(metric).map_or_else(|| Err("not measured".to_owned()), crate::metrics::Measured::known)
}

/// A literal as the number that a report would hold: durations in seconds, sizes in bytes.
#[expect(clippy::cast_precision_loss, reason = "times and sizes beyond 2^53 ns or bytes are compared to 16 digits")]
pub(super) fn number(literal: &Literal) -> Result<f64, String> {
    match literal {
        Literal::Number(_) => {
            literal.as_f64().filter(|value| value.is_finite()).ok_or_else(|| format!("{literal} is too large"))
        }
        Literal::Duration(nanoseconds) => Ok(*nanoseconds as f64 / 1e9),
        Literal::Size(bytes) => Ok(*bytes as f64),
        other => Err(format!("{other} is not a number")),
    }
}

pub(super) fn apply(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        ArithmeticOp::Add => left + right,
        ArithmeticOp::Sub => left - right,
        ArithmeticOp::Mul => left * right,
        ArithmeticOp::Div => left / right,
    }
}

pub(super) fn call(function: &str, args: &[f64]) -> Result<f64, String> {
    match (function, args) {
        ("abs", [value]) => Ok(value.abs()),
        // Halves away from zero, as the language rounds.
        ("round", [value]) => Ok(value.round()),
        ("floor", [value]) => Ok(value.floor()),
        ("ceil", [value]) => Ok(value.ceil()),
        ("min", [first, rest @ ..]) => {
            Ok(rest.iter().fold(*first, |a, b| if b.is_nan() || a.is_nan() { f64::NAN } else { a.min(*b) }))
        }
        ("max", [first, rest @ ..]) => {
            Ok(rest.iter().fold(*first, |a, b| if b.is_nan() || a.is_nan() { f64::NAN } else { a.max(*b) }))
        }
        _ => Err(format!("`{function}` is no function of reports")),
    }
}

/// The aggregate of at least one value; NaN where one is.
pub(super) fn over(aggregate: SliceAggregate, values: &[f64]) -> f64 {
    if values.is_empty() || values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match aggregate {
        SliceAggregate::Min => smallest,
        SliceAggregate::Max => largest,
        SliceAggregate::Mean => values.iter().sum::<f64>() / crate::metrics::kernel::count(values.len()),
        SliceAggregate::Spread => largest - smallest,
    }
}

/// The reports that an expression reads.
pub(super) fn reports_in<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    match expr {
        Expr::Metric { report, .. } | Expr::OverSlices { report, .. } => found.push(report),
        Expr::Not(inner) | Expr::Negate(inner) | Expr::OneOf(inner, _) | Expr::Matches(inner, _) => {
            reports_in(inner, found)
        }
        Expr::All(parts) | Expr::Any(parts) | Expr::Call { args: parts, .. } => {
            parts.iter().for_each(|part| reports_in(part, found))
        }
        Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
            [left, right].into_iter().for_each(|side| reports_in(side, found))
        }
        Expr::Between { value, low, high } => {
            reports_in(value, found);
            low.iter().chain(high).for_each(|end| reports_in(end, found));
        }
        Expr::Literal(_) | Expr::Column(_) | Expr::This | Expr::Param(_) => {}
    }
}
