//! What always holds of metrics: their ranges, and laws between them.
//!
//! | law | source |
//! |---|---|
//! | `low <= m <= high` | the metric's declaration |
//! | `p50 <= p95 <= p99` within a group | quantiles grow with their share, by definition |
//! | `mae <= rmse <= max_error`, `medae <= max_error` | the power means are ordered (Hardy, Littlewood, Pólya: Inequalities, 2.9); no mean exceeds the largest |
//! | `min <= mean <= max` over the same slices, `spread = max - min >= 0` | by definition |
//! | `rows` is a whole number | it counts |
//! | `f1 <= 2 r / (1 + r)` for `r` = precision or recall | f1 is their harmonic mean, and neither exceeds 1 (van Rijsbergen: Information Retrieval, 7) |
//!
//! The smallest slice is not taken to be below the whole: slices with little support are passed over, and they may be the bad ones.

use mlp_plan::{Expr, SliceAggregate};

use super::{
    differences::{Limit, System, ZERO},
    formula::{self, Terms, number, scaled},
};
use crate::policies::PolicyParam;

const ONE: i128 = formula::ONE as i128;
pub(super) const BINARY: &str = "std.evaluate.Binary";
/// What every report has.
const ROWS: &str = "rows";
const REGRESSION: &str = "std.evaluate.Regression";

/// Whether a term has no values but whole numbers: `rows`, and what is the least, the most or the spread of it.
pub(super) fn is_whole(term: &Expr) -> bool {
    match term {
        Expr::Metric { metric, .. } => metric == ROWS,
        Expr::OverSlices { metric, aggregate, .. } => metric == ROWS && *aggregate != SliceAggregate::Mean,
        _ => false,
    }
}

/// The bounds that hold of terms whatever is measured.
pub(super) fn of(terms: &Terms, params: &[PolicyParam]) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (index, term) in terms.list.iter().enumerate() {
        limits.extend(range(index + 1, term, params));
        for (other, later) in terms.list.iter().enumerate().skip(index + 1) {
            let (a, b) = (index + 1, other + 1);
            if is_below(term, later, params) {
                limits.push(Limit { left: a, right: b, bound: 0, strict: false });
            }
            if is_below(later, term, params) {
                limits.push(Limit { left: b, right: a, bound: 0, strict: false });
            }
        }
    }
    limits
}

/// The range of a metric, or of an aggregate of it.
fn range(term: usize, expr: &Expr, params: &[PolicyParam]) -> Vec<Limit> {
    let (report, metric, spread) = match expr {
        Expr::Metric { report, metric } => (report, metric, false),
        Expr::OverSlices { report, metric, aggregate, .. } => (report, metric, *aggregate == SliceAggregate::Spread),
        _ => return Vec::new(),
    };
    let Some(metric) = metrics(report, params).and_then(|metrics| metrics.metric(metric)) else { return Vec::new() };
    let end = |end: &Option<mlp_plan::Literal>| end.as_ref().and_then(number).and_then(|end| scaled(&end));
    let (mut low, mut high) = (end(&metric.low), end(&metric.high));
    if spread {
        high = low.zip(high).map(|(low, high)| high - low);
        low = Some(0);
    }
    let below = high.map(|bound| Limit { left: term, right: ZERO, bound, strict: false });
    let above = low.map(|bound| Limit { left: ZERO, right: term, bound: -bound, strict: false });
    below.into_iter().chain(above).collect()
}

fn metrics<'p>(report: &str, params: &'p [PolicyParam]) -> Option<&'p crate::metrics::MetricsInfo> {
    params.iter().find(|param| param.name == report)?.report.as_deref()
}

/// Whether one term never exceeds another.
fn is_below(low: &Expr, high: &Expr, params: &[PolicyParam]) -> bool {
    match (low, high) {
        (Expr::Metric { report: a, metric: x }, Expr::Metric { report: b, metric: y }) => {
            let regression = metrics(a, params).is_some_and(|metrics| metrics.face.name == REGRESSION);
            a == b && (quantiles(x, y) || (regression && is_smaller_error(x, y)))
        }
        (
            Expr::OverSlices { aggregate: low, report: a, metric: x, by: s, support: n, .. },
            Expr::OverSlices { aggregate: high, report: b, metric: y, by: t, support: m, .. },
        ) => {
            use SliceAggregate::{Max, Mean, Min};
            (a, x, s, n) == (b, y, t, m) && matches!((low, high), (Min, Mean | Max) | (Mean, Max))
        }
        _ => false,
    }
}

fn is_smaller_error(low: &str, high: &str) -> bool {
    matches!((low, high), ("mae", "rmse" | "max_error") | ("rmse" | "medae", "max_error"))
}

/// `latency.p50` and `latency.p99`: quantiles of one thing.
fn quantiles(low: &str, high: &str) -> bool {
    let quantile = |name: &str| {
        let (group, last) = name.rsplit_once('.').unwrap_or(("", name));
        let share: u32 = last.strip_prefix('p')?.parse().ok()?;
        // p999 is 99.9%
        Some((group.to_owned(), f64::from(share) / 10_f64.powi(i32::try_from(last.len()).ok()? - 1)))
    };
    matches!((quantile(low), quantile(high)), (Some((a, x)), Some((b, y))) if a == b && x < y)
}

/// What bounds on f1, precision and recall say of each other, beside what a system says of them.
pub(super) fn harmonic(system: &System, terms: &Terms, params: &[PolicyParam]) -> Vec<Limit> {
    let find = |report: &str, name: &str| {
        let term = Expr::Metric { report: report.to_owned(), metric: name.to_owned() };
        terms.list.iter().position(|have| *have == term).map(|at| at + 1)
    };
    let mut limits = Vec::new();
    let binary = params.iter().filter(|param| param.report.as_ref().is_some_and(|own| own.face.name == BINARY));
    for param in binary {
        let Some(f1) = find(&param.name, "f1") else { continue };
        for part in ["precision", "recall"].iter().filter_map(|part| find(&param.name, part)) {
            // f1 >= c: the part is at least c / (2 - c)
            if let Some(c) = system.bound(ZERO, f1).map(|(bound, _)| -bound).filter(|c| (1..=ONE).contains(c)) {
                limits.push(Limit { left: ZERO, right: part, bound: -(c * ONE / (2 * ONE - c)), strict: false });
            }
            // the part is at most c: f1 is at most 2 c / (1 + c)
            if let Some((c, _)) = system.bound(part, ZERO).filter(|(c, _)| (0..=ONE).contains(c)) {
                limits.push(Limit { left: f1, right: ZERO, bound: 2 * c * ONE / (ONE + c) + 1, strict: false });
            }
        }
    }
    limits
}
