//! Confidence on reports that a test gives by hand.

use mlp_engine::{metrics::Report, policy::Verdict};
use mlp_plan::{CompareOp, Expr, SliceAggregate};

use crate::write::{GE, LE, at_least, compare, confident, judged, lit, metric, minus, one, over};

#[test]
fn the_interval_that_is_given_decides() {
    let report = Report::by_hand().with("auc", 0.7, Some((0.65, 0.75)));
    let verdict = |bound: &str| one(confident(at_least("candidate.auc", bound), "0.95"), &report);
    let pass = verdict("0.65");
    assert_eq!((pass.verdict, pass.interval, pass.value), (Verdict::Pass, Some((0.65, 0.75)), Some(0.7)));
    let fail = verdict("0.66");
    assert_eq!((fail.verdict, fail.reason.as_deref()), (Verdict::Fail, Some("it may be as low as 0.65")));
    let above = |bound: &str| one(confident(compare(LE, metric("candidate.auc"), lit(bound)), "0.95"), &report).verdict;
    assert_eq!((above("0.75"), above("0.74")), (Verdict::Pass, Verdict::Fail));
    // Doubt proves nothing: neither the claim nor its contrary holds.
    assert_eq!(
        one(confident(Expr::Not(Box::new(at_least("candidate.auc", "0.7"))), "0.95"), &report).verdict,
        Verdict::Fail
    );
    let differs = |bound: &str| {
        one(confident(compare(CompareOp::Ne, metric("candidate.auc"), lit(bound)), "0.95"), &report).verdict
    };
    assert_eq!((differs("0.7"), differs("0.8")), (Verdict::Fail, Verdict::Pass));
}

#[test]
fn a_value_without_interval_is_exact() {
    let report = Report::by_hand().with("auc", 0.7, None);
    let found = one(confident(at_least("candidate.auc", "0.7"), "0.95"), &report);
    assert_eq!((found.verdict, found.interval), (Verdict::Pass, None));
    assert_eq!(one(confident(at_least("candidate.auc", "0.71"), "0.95"), &report).verdict, Verdict::Fail);
    assert_eq!(one(confident(at_least("candidate.recall", "0.71"), "0.95"), &report).verdict, Verdict::Unknown);
}

#[test]
fn intervals_go_through_arithmetic() {
    let candidate = Report::by_hand().with("auc", 0.7, Some((0.68, 0.72)));
    let champion = |low, high| Report::by_hand().with("auc", 0.69, Some((low, high)));
    let clause =
        || confident(compare(GE, metric("candidate.auc"), minus(metric("champion.auc"), lit("0.005"))), "0.95");
    let found = |low, high| {
        judged(vec![clause()], [("candidate", Some(candidate.clone())), ("champion", Some(champion(low, high)))])
            .clauses
            .remove(0)
    };
    assert_eq!(found(0.6, 0.684).verdict, Verdict::Pass);
    let fails = found(0.68, 0.7);
    assert_eq!(fails.verdict, Verdict::Fail);
    // Difference -0.015 .. 0.045, at the threshold 0.685.
    let (low, high) = fails.interval.unwrap();
    assert!((low - 0.67).abs() < 1e-12 && (high - 0.73).abs() < 1e-12, "{low} {high}");
    let divided = compare(
        GE,
        Expr::Arithmetic(mlp_plan::ArithmeticOp::Div, Box::new(lit("1")), Box::new(metric("candidate.bias"))),
        lit("0"),
    );
    let report = Report::by_hand().with("bias", 0.1, Some((-0.1, 0.3)));
    assert_eq!(one(confident(divided, "0.95"), &report).reason.as_deref(), Some("a division by what may be zero"));
}

#[test]
fn slices_with_intervals() {
    let report = Report::by_hand().with_slice("origin", "EWR", "recall", 0.4, Some((0.3, 0.5))).with_slice(
        "origin",
        "JFK",
        "recall",
        0.6,
        Some((0.58, 0.62)),
    );
    let verdict = |aggregate, op, bound: &str| {
        one(confident(compare(op, over(aggregate, "candidate.recall", "origin", 30), lit(bound)), "0.95"), &report)
            .verdict
    };
    assert_eq!(
        (verdict(SliceAggregate::Min, GE, "0.3"), verdict(SliceAggregate::Min, GE, "0.31")),
        (Verdict::Pass, Verdict::Fail)
    );
    assert_eq!(
        (verdict(SliceAggregate::Max, LE, "0.62"), verdict(SliceAggregate::Max, LE, "0.61")),
        (Verdict::Pass, Verdict::Fail)
    );
    assert_eq!(
        (verdict(SliceAggregate::Spread, LE, "0.33"), verdict(SliceAggregate::Spread, LE, "0.3")),
        (Verdict::Pass, Verdict::Fail)
    );
    assert_eq!(
        (verdict(SliceAggregate::Spread, GE, "0.07"), verdict(SliceAggregate::Spread, GE, "0.09")),
        (Verdict::Pass, Verdict::Fail)
    );
    assert_eq!(
        (verdict(SliceAggregate::Mean, GE, "0.43"), verdict(SliceAggregate::Mean, GE, "0.45")),
        (Verdict::Pass, Verdict::Fail)
    );
}

#[test]
fn an_interval_that_is_none_is_unknown() {
    for interval in [(0.8, 0.6), (f64::NAN, 0.8), (0.6, f64::INFINITY)] {
        let report = Report::by_hand().with("auc", 0.7, Some(interval));
        assert_eq!(
            one(confident(at_least("candidate.auc", "0.5"), "0.95"), &report).verdict,
            Verdict::Unknown,
            "{interval:?}"
        );
    }
    let report = Report::by_hand().with("auc", 0.7, None);
    for confidence in ["0", "1", "95"] {
        assert_eq!(
            one(confident(at_least("candidate.auc", "0.5"), confidence), &report).verdict,
            Verdict::Unknown,
            "{confidence}"
        );
    }
}
