//! Comparisons with confidence: the bound of an interval decides, not the value.
//!
//! `x >= t at 95% confidence` passes where the lower one-sided 95% bound of `x` is at least `t`; `<=` takes the upper one. A gate asks a question with one
//! direction, so all of the 5% lies on the side that could wrong it (Hahn & Meeker, Statistical Intervals, 1991, section 2.4); the interval that is shown
//! has both one-sided bounds. `==` and `!=` have two sides and halve the doubt. Bounds are percentiles of a bootstrap (Efron & Tibshirani 1993, chapter 13):
//! of the difference of both sides, so that two reports on the same rows, which are resampled alike, are compared in pairs.
//!
//! `min max spread` over slices against a value without slices are claims about each slice (or about one of them): each has its own bound, under Holm's
//! correction (Holm 1979) unless the program says otherwise. Any other use of slices is one statistic.

use mlp_plan::{CompareOp, Expr, SliceAggregate};

use super::{
    Verdict,
    family::{Member, judge_family},
    finding::{Finding, holds},
    gate::Court,
    given,
    scope::{in_slice, reports_in},
};
use crate::metrics::{bootstrap::Percentiles, kernel::count};

/// Fewest and most resamples.
const RESAMPLES: (usize, usize) = (1_000, 10_000);
/// As many resamples as let this many lie beyond the bound.
const BEYOND: f64 = 10.0;

/// How many resamples tell a tail of `doubt`, or why none do.
pub(super) fn resamples(doubt: f64) -> Result<usize, String> {
    let most = count(RESAMPLES.1);
    if doubt * most < 1.0 {
        return Err(format!("{} resamples cannot tell a tail of {}", RESAMPLES.1, super::table::figure(doubt)));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the most resamples")]
    let wanted = (BEYOND / doubt).ceil().min(most) as usize;
    Ok(wanted.clamp(RESAMPLES.0, RESAMPLES.1))
}

/// Decides `left op right`, both of which have a value.
pub(super) fn decide(
    court: &mut Court<'_, '_>,
    op: CompareOp,
    left: (&Expr, f64),
    right: (&Expr, f64),
    doubt: f64,
) -> Finding {
    let mut names = Vec::new();
    reports_in(left.0, &mut names);
    reports_in(right.0, &mut names);
    let reports: Result<Vec<_>, String> = names.iter().map(|name| court.scope.report(name)).collect();
    let reports = match reports {
        Ok(reports) => reports,
        Err(reason) => return Finding::unknown(reason),
    };
    let found = if reports.iter().all(|report| report.is_by_hand()) {
        given::decide(court.scope, op, left, right)
    } else {
        resampled(court, op, left, right, doubt)
    };
    found.unwrap_or_else(Finding::unknown)
}

fn resampled(
    court: &mut Court<'_, '_>,
    op: CompareOp,
    left: (&Expr, f64),
    right: (&Expr, f64),
    doubt: f64,
) -> Result<Finding, String> {
    if let Some(family) = family(court, left, right, doubt)? {
        return judge_family(&family, op, doubt, right.1);
    }
    if let Some(family) = family(court, right, left, doubt)? {
        // `0.05 <= spread(..)` never comes here: the measured side stands left. Both sides are measured, and only the right one has slices.
        let found = judge_family(&family, op.flipped(), doubt, left.1)?;
        return Ok(Finding { interval: None, ..found });
    }
    let tail = if matches!(op, CompareOp::Eq | CompareOp::Ne) { doubt / 2.0 } else { doubt };
    let resamples = resamples(tail)?;
    let (a, b) = (
        court.resampler.values(court.scope, left.0, resamples)?,
        court.resampler.values(court.scope, right.0, resamples)?,
    );
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    Ok(bounded(op, &Percentiles::of(&differences), tail, right.1))
}

/// The answer of the interval of `left - right`.
fn bounded(op: CompareOp, percentiles: &Percentiles, tail: f64, threshold: f64) -> Finding {
    let (low, high) = (percentiles.lower(tail), percentiles.upper(tail));
    let Some(verdict) = by_bounds(op, low, high) else {
        let (undefined, all) = percentiles.undefined();
        return Finding::unknown(format!(
            "the interval has no end: {undefined} of {all} resamples leave the metric undefined"
        ));
    };
    let interval = low.zip(high).map(|(low, high)| (low + threshold, high + threshold));
    let found = Finding { interval, ..Finding::of(verdict) };
    match interval {
        Some((low, high)) if found.verdict == Verdict::Fail => found.because(fails_at(op, low, high)),
        _ => found,
    }
}

/// Whether a difference between these bounds satisfies `difference op 0`; `None` where the bound that decides is missing.
pub(super) fn by_bounds(op: CompareOp, low: Option<f64>, high: Option<f64>) -> Option<bool> {
    Some(match op {
        CompareOp::Ge | CompareOp::Gt => holds(op, low?, 0.0),
        CompareOp::Le | CompareOp::Lt => holds(op, high?, 0.0),
        CompareOp::Eq => low? == 0.0 && high? == 0.0,
        CompareOp::Ne => low? > 0.0 || high? < 0.0,
    })
}

/// Why a comparison whose value may well satisfy it fails with confidence.
pub(super) fn fails_at(op: CompareOp, low: f64, high: f64) -> String {
    let (low, high) = (super::table::figure(low), super::table::figure(high));
    match op {
        CompareOp::Ge | CompareOp::Gt => format!("it may be as low as {low}"),
        CompareOp::Le | CompareOp::Lt => format!("it may be as high as {high}"),
        CompareOp::Eq | CompareOp::Ne => format!("it may lie anywhere in {low} .. {high}"),
    }
}

/// The claims about single slices that `left op right` stands for: `None` where it is one statistic.
fn family(
    court: &mut Court<'_, '_>,
    left: (&Expr, f64),
    right: (&Expr, f64),
    doubt: f64,
) -> Result<Option<Vec<Member>>, String> {
    let Expr::OverSlices { aggregate, report, metric, by, support, uncorrected } = left.0 else { return Ok(None) };
    let mut sliced = false;
    right.0.walk(&mut |expr| sliced |= matches!(expr, Expr::OverSlices { .. }));
    if sliced || *aggregate == SliceAggregate::Mean {
        return Ok(None);
    }
    let slices = court.scope.slices(report, by, *support)?;
    let claims = if *aggregate == SliceAggregate::Spread { slices.len() * (slices.len() - 1) } else { slices.len() };
    if claims == 0 {
        return Ok(None);
    }
    let resamples = resamples(if *uncorrected { doubt } else { doubt / count(claims) })?;
    let against = court.resampler.values(court.scope, right.0, resamples)?;
    let mut values = Vec::with_capacity(slices.len());
    for (key, slice) in &slices {
        let value = in_slice(slice, metric)?;
        values.push((
            (*key).to_owned(),
            value,
            court.resampler.slice(court.scope, report, metric, (by, key), resamples)?,
        ));
    }
    let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
    let member = |name: String, value: f64, replicates: Vec<f64>| Member {
        name,
        value,
        percentiles: Percentiles::of(&minus(&replicates, &against)),
        corrected: !uncorrected,
        aggregate: *aggregate,
    };
    let members = if *aggregate == SliceAggregate::Spread {
        let pairs = values.iter().flat_map(|a| values.iter().filter(|b| b.0 != a.0).map(move |b| (a, b)));
        pairs.map(|(a, b)| member(format!("{} - {}", a.0, b.0), a.1 - b.1, minus(&a.2, &b.2))).collect()
    } else {
        values.into_iter().map(|(key, value, replicates)| member(key, value, replicates)).collect()
    };
    Ok(Some(members))
}
