//! Three-valued logic, clause by clause.

use std::collections::BTreeMap;

use mlp_engine::{
    metrics::Report,
    policy::{Approvals, Decision, RuleKind, Verdict, judge},
};
use mlp_plan::{ArithmeticOp, ClauseRule, CompareOp, Expr, Literal, PolicyParam, SliceAggregate};

use crate::write::{
    GE, LE, at_least, clause, compare, decision, judged, lit, metric, minus, number, one, over, policy, reports,
    require, warn, when,
};

fn report() -> Report {
    Report::by_hand()
        .with("auc", 0.7, None)
        .with("ece", 0.02, None)
        .with("nan", f64::NAN, None)
        .with("latency.p99", 0.08, None)
        .with("size", 2048.0, None)
}

fn verdict(expr: Expr) -> Verdict {
    one(require(expr), &report()).verdict
}

#[test]
fn comparisons_at_point_values() {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let cases = [
        (Ge, true, false),
        (Gt, false, false),
        (Le, true, true),
        (Lt, false, true),
        (Eq, true, false),
        (Ne, false, true),
    ];
    for (op, same, above) in cases {
        let passes = |bound: &str| verdict(compare(op, metric("candidate.auc"), lit(bound))) == Verdict::Pass;
        assert_eq!((passes("0.7"), passes("0.8")), (same, above), "{op:?}");
    }
}

#[test]
fn what_is_shown() {
    let found = one(require(at_least("candidate.auc", "0.65")), &report());
    assert_eq!((found.value, found.threshold, found.interval, found.reason), (Some(0.7), Some(0.65), None, None));
    assert_eq!((found.text.as_str(), found.rule, found.place.line), ("candidate.auc >= 0.65", RuleKind::Require, 7));
    // The measured side is the value, whichever way round.
    let turned = one(require(compare(LE, lit("0.65"), metric("candidate.auc"))), &report());
    assert_eq!((turned.value, turned.threshold, turned.verdict), (Some(0.7), Some(0.65), Verdict::Pass));
}

#[test]
fn durations_are_seconds_and_sizes_bytes() {
    let below = |path: &str, bound: Literal| verdict(compare(LE, metric(path), Expr::Literal(bound)));
    assert_eq!(below("candidate.latency.p99", Literal::Duration(80_000_000)), Verdict::Pass);
    assert_eq!(below("candidate.latency.p99", Literal::Duration(79_999_999)), Verdict::Fail);
    assert_eq!(below("candidate.size", Literal::Size(2048)), Verdict::Pass);
    assert_eq!(below("candidate.size", Literal::Size(2047)), Verdict::Fail);
}

#[test]
fn unknown_never_passes() {
    for op in [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge] {
        for unknown in
            [metric("candidate.nan"), metric("candidate.recall"), metric("champion.auc"), Expr::Literal(Literal::Nan)]
        {
            assert_eq!(verdict(compare(op, unknown.clone(), lit("0.5"))), Verdict::Unknown, "{unknown} {op:?}");
            assert_eq!(verdict(Expr::Not(Box::new(compare(op, unknown.clone(), lit("0.5"))))), Verdict::Unknown);
        }
    }
    let found = one(require(at_least("candidate.nan", "0.5")), &report());
    assert_eq!(found.reason.as_deref(), Some("`candidate.nan`: NaN"));
    let found = one(require(at_least("candidate.recall", "0.5")), &report());
    assert_eq!(found.reason.as_deref(), Some("`candidate.recall`: not measured"));
    assert_eq!(
        decision(vec![require(at_least("candidate.nan", "0.5"))], [("candidate", Some(report()))]),
        Decision::Held
    );
}

#[test]
fn a_division_by_zero_is_unknown() {
    let by = |divisor: Expr| Expr::Arithmetic(ArithmeticOp::Div, Box::new(metric("candidate.auc")), Box::new(divisor));
    assert_eq!(verdict(compare(GE, by(lit("2")), lit("0.35"))), Verdict::Pass);
    assert_eq!(verdict(compare(GE, by(minus(metric("candidate.auc"), lit("0.7"))), lit("0.35"))), Verdict::Unknown);
}

#[test]
fn kleene() {
    let (pass, fail, unknown) =
        (at_least("candidate.auc", "0.6"), at_least("candidate.auc", "0.8"), at_least("candidate.nan", "0.6"));
    let named = [(&pass, Verdict::Pass), (&fail, Verdict::Fail), (&unknown, Verdict::Unknown)];
    for (a, says_a) in named {
        let negated = match says_a {
            Verdict::Pass => Verdict::Fail,
            Verdict::Fail => Verdict::Pass,
            other => other,
        };
        assert_eq!(verdict(Expr::Not(Box::new(a.clone()))), negated);
        for (b, says_b) in named {
            let both = |wins| if [says_a, says_b].contains(&wins) { Some(wins) } else { None };
            let and = both(Verdict::Fail).or(both(Verdict::Unknown)).unwrap_or(Verdict::Pass);
            let or = both(Verdict::Pass).or(both(Verdict::Unknown)).unwrap_or(Verdict::Fail);
            assert_eq!(verdict(Expr::All(vec![a.clone(), b.clone()])), and, "{a} and {b}");
            assert_eq!(verdict(Expr::Any(vec![a.clone(), b.clone()])), or, "{a} or {b}");
        }
    }
}

#[test]
fn parts_that_do_not_pass_are_named() {
    let expr = Expr::All(vec![
        at_least("candidate.auc", "0.6"),
        at_least("candidate.auc", "0.8"),
        at_least("candidate.nan", "0.6"),
    ]);
    let found = one(require(expr), &report());
    assert_eq!(
        found.reason.as_deref(),
        Some("`candidate.auc >= 0.8` fails at 0.7; `candidate.nan >= 0.6` is unknown (`candidate.nan`: NaN)")
    );
}

#[test]
fn ranges_and_sets() {
    let between = |low: Option<&str>, high: Option<&str>| Expr::Between {
        value: Box::new(metric("candidate.auc")),
        low: low.map(lit).map(Box::new),
        high: high.map(lit).map(Box::new),
    };
    assert_eq!(verdict(between(Some("0.6"), Some("0.7"))), Verdict::Pass);
    assert_eq!(verdict(between(Some("0.71"), None)), Verdict::Fail);
    assert_eq!(verdict(Expr::Not(Box::new(between(None, Some("0.6"))))), Verdict::Pass);
    let found = one(require(between(Some("0.1"), Some("0.6"))), &report());
    assert_eq!((found.verdict, found.value), (Verdict::Fail, Some(0.7)));
    assert_eq!(found.reason.as_deref(), Some("`candidate.auc <= 0.6` fails at 0.7"));
    assert_eq!(
        verdict(Expr::OneOf(Box::new(metric("candidate.auc")), vec![number("0.6"), number("0.7")])),
        Verdict::Pass
    );
    assert_eq!(verdict(Expr::OneOf(Box::new(metric("candidate.auc")), vec![number("0.6")])), Verdict::Fail);
    assert_eq!(verdict(Expr::OneOf(Box::new(metric("candidate.nan")), vec![number("0.6")])), Verdict::Unknown);
}

#[test]
fn functions() {
    let call = |function: &str, args: Vec<Expr>| Expr::Call { function: function.to_owned(), args };
    let distance = minus(metric("candidate.ece"), lit("0.5"));
    assert_eq!(verdict(compare(LE, call("abs", vec![distance.clone()]), lit("0.48"))), Verdict::Pass);
    assert_eq!(verdict(compare(GE, call("max", vec![distance, metric("candidate.auc")]), lit("0.7"))), Verdict::Pass);
    let found = one(require(compare(GE, call("quantile", vec![metric("candidate.auc")]), lit("0"))), &report());
    assert_eq!(
        (found.verdict, found.reason.as_deref()),
        (Verdict::Unknown, Some("`quantile` is no function of reports"))
    );
}

#[test]
fn parameters_and_their_defaults() {
    let mut release = policy(vec![
        require(compare(GE, metric("candidate.auc"), Expr::Param("floor".into()))),
        require(Expr::Param("open".into())),
    ]);
    let param = |name: &str, default: Literal| PolicyParam {
        name: name.into(),
        report: None,
        optional: false,
        default: Some(default),
    };
    release.params = vec![param("floor", number("0.8")), param("open", Literal::Bool(true))];
    let verdict = |params: &[(&str, Literal)]| {
        let params: BTreeMap<String, Literal> =
            params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        judge(&release, &reports([("candidate", Some(report()))]), &params, &Approvals::default()).verdict
    };
    assert_eq!(verdict(&[]), Decision::Refused);
    assert_eq!(verdict(&[("floor", number("0.6"))]), Decision::Promoted);
    assert_eq!(verdict(&[("floor", number("0.6")), ("open", Literal::Bool(false))]), Decision::Refused);
    assert_eq!(verdict(&[("floor", number("0.6")), ("open", Literal::Null)]), Decision::Held);
}

#[test]
fn a_clause_under_when_counts_only_with_its_report() {
    let gated = || {
        vec![
            require(at_least("candidate.auc", "0.6")),
            when("champion", require(compare(GE, metric("candidate.auc"), metric("champion.auc")))),
        ]
    };
    let better = Report::by_hand().with("auc", 0.75, None);
    let first = judged(gated(), [("candidate", Some(report())), ("champion", None)]);
    assert_eq!((first.verdict, first.clauses[1].verdict), (Decision::Promoted, Verdict::Skipped));
    assert_eq!(first.clauses[1].reason.as_deref(), Some("there is no champion"));
    assert_eq!(decision(gated(), [("candidate", Some(report()))]), Decision::Promoted);
    assert_eq!(decision(gated(), [("candidate", Some(report())), ("champion", Some(better))]), Decision::Refused);
    // Without `when`, a missing report is unknown.
    let open = vec![require(compare(GE, metric("candidate.auc"), metric("champion.auc")))];
    assert_eq!(decision(open, [("candidate", Some(report())), ("champion", None)]), Decision::Held);
}

#[test]
fn failure_outweighs_unknown_and_warnings_never_block() {
    let (pass, fail, unknown) =
        (at_least("candidate.auc", "0.6"), at_least("candidate.auc", "0.8"), at_least("candidate.nan", "0.6"));
    let decided = |clauses| decision(clauses, [("candidate", Some(report()))]);
    assert_eq!(decided(vec![require(pass.clone()), warn(fail.clone()), warn(unknown.clone())]), Decision::Promoted);
    assert_eq!(decided(vec![require(pass.clone()), require(unknown.clone()), warn(fail.clone())]), Decision::Held);
    assert_eq!(decided(vec![require(unknown), require(fail), require(pass)]), Decision::Refused);
    assert!(Decision::Promoted < Decision::Held && Decision::Held < Decision::Refused);
}

#[test]
fn a_policy_that_requires_nothing_says_so() {
    let empty = judged(vec![warn(at_least("candidate.auc", "0.6"))], [("candidate", Some(report()))]);
    assert_eq!((empty.verdict, empty.reason.as_deref()), (Decision::Held, Some("the policy requires nothing")));
    assert_eq!(decision(vec![], [("candidate", Some(report()))]), Decision::Held);
    let nothing = clause(ClauseRule::Nothing { because: "a toy".into() }, "require nothing".into());
    let found = judged(vec![nothing], []);
    assert_eq!(
        (found.verdict, found.clauses[0].rule, found.clauses[0].reason.as_deref()),
        (Decision::Promoted, RuleKind::Nothing, Some("a toy"))
    );
}

#[test]
fn the_message_is_told_where_it_does_not_pass() {
    let mut gated = require(at_least("candidate.auc", "0.8"));
    gated.message = Some("too weak".into());
    assert_eq!(one(gated.clone(), &report()).message.as_deref(), Some("too weak"));
    assert_eq!(one(gated, &Report::by_hand().with("auc", 0.9, None)).message, None);
}

fn sliced() -> Report {
    let given = [("EWR", 500.0, 0.4), ("JFK", 300.0, 0.6), ("LGA", 20.0, 0.1)];
    given.into_iter().fold(Report::by_hand(), |report, (key, rows, recall)| {
        report.with_slice("origin", key, "rows", rows, None).with_slice("origin", key, "recall", recall, None)
    })
}

#[test]
fn aggregates_over_slices_with_support() {
    let value = |aggregate, support| {
        one(require(compare(GE, over(aggregate, "candidate.recall", "origin", support), lit("0.35"))), &sliced())
            .value
            .unwrap()
    };
    assert!((value(SliceAggregate::Min, 30) - 0.4).abs() < 1e-12);
    assert!((value(SliceAggregate::Min, 20) - 0.1).abs() < 1e-12);
    assert!((value(SliceAggregate::Max, 30) - 0.6).abs() < 1e-12);
    assert!((value(SliceAggregate::Mean, 30) - 0.5).abs() < 1e-12);
    assert!((value(SliceAggregate::Spread, 30) - 0.2).abs() < 1e-12);
    let none =
        one(require(compare(GE, over(SliceAggregate::Min, "candidate.recall", "origin", 501), lit("0.35"))), &sliced());
    assert_eq!(
        (none.verdict, none.reason.as_deref()),
        (Verdict::Unknown, Some("no slice of `candidate` by `origin` has 501 rows"))
    );
    let missing =
        one(require(compare(GE, over(SliceAggregate::Min, "candidate.recall", "carrier", 30), lit("0.35"))), &sliced());
    assert_eq!(missing.reason.as_deref(), Some("`candidate` has no slices by `carrier`"));
}

#[test]
fn one_unknown_slice_makes_the_aggregate_unknown() {
    let report = sliced().with_slice("origin", "EWR", "recall", f64::NAN, None);
    let expr = compare(GE, over(SliceAggregate::Min, "candidate.recall", "origin", 30), lit("0.35"));
    let found = one(require(expr.clone()), &report);
    assert_eq!(
        (found.verdict, found.reason.as_deref()),
        (Verdict::Unknown, Some("`candidate.recall` where origin is EWR: NaN"))
    );
    // One without support is passed over, known or not.
    assert_eq!(
        one(require(expr), &sliced().with_slice("origin", "LGA", "recall", f64::NAN, None)).verdict,
        Verdict::Pass
    );
}
