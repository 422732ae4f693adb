//! What holds of any judgement.

use mlp_engine::{
    metrics::Report,
    policy::{Decision, Judgement, Verdict},
};
use mlp_plan::{CompareOp, Expr};
use proptest::prelude::*;

use crate::{
    tables::binary,
    write::{GE, LE, at_least, compare, confident, decision, judged, lit, metric, one, require},
};

fn given(auc: f64, half_width: Option<f64>) -> Report {
    Report::by_hand().with("auc", auc, half_width.map(|half| (auc - half, auc + half)))
}

/// Gates that ask for more of `auc`.
fn rising() -> impl Strategy<Value = Expr> {
    let leaf = (0_u8..100, any::<bool>()).prop_map(|(bound, turned)| {
        let bound = lit(&format!("0.{bound:02}"));
        if turned { compare(LE, bound, metric("candidate.auc")) } else { compare(GE, metric("candidate.auc"), bound) }
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::Any),
            inner.prop_map(|expr| Expr::Not(Box::new(Expr::Not(Box::new(expr))))),
        ]
    })
}

/// Any gate over one metric that is known and one that is not.
fn any_gate() -> impl Strategy<Value = Expr> {
    let op = prop::sample::select(vec![
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ]);
    let leaf = (op, prop::bool::ANY, 0_u8..100).prop_map(|(op, known, bound)| {
        compare(op, metric(if known { "candidate.auc" } else { "candidate.ap" }), lit(&format!("0.{bound:02}")))
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expr::Any),
            inner.prop_map(|expr| Expr::Not(Box::new(expr))),
        ]
    })
}

const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Unknown => 1,
        _ => 2,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_better_value_never_turns_pass_to_fail(expr in rising(), auc in 0.0..1.0_f64, better in 0.0..0.5_f64, half in prop::option::of(0.0..0.2_f64), confidence in any::<bool>()) {
        let clause = if confidence { confident(expr, "0.95") } else { require(expr) };
        let (worse, better) = (one(clause.clone(), &given(auc, half)), one(clause, &given(auc + better, half)));
        prop_assert!(rank(worse.verdict) <= rank(better.verdict));
    }

    #[test]
    fn to_learn_a_value_never_overturns_a_verdict(expr in any_gate(), auc in 0.0..1.0_f64, ap in 0.0..1.0_f64) {
        let unknown = one(require(expr.clone()), &given(auc, None)).verdict;
        let known = one(require(expr), &given(auc, None).with("ap", ap, None)).verdict;
        prop_assert!(known != Verdict::Unknown);
        prop_assert!(unknown == Verdict::Unknown || unknown == known);
    }

    #[test]
    fn nan_never_promotes(expr in any_gate()) {
        let nan = Report::by_hand().with("auc", f64::NAN, None).with("ap", f64::INFINITY, None);
        prop_assert_eq!(decision(vec![require(expr)], [("candidate", Some(nan))]), Decision::Held);
    }

    #[test]
    fn confidence_never_makes_it_easier(expr in rising(), auc in 0.0..1.0_f64, half in 0.0..0.2_f64) {
        let report = given(auc, Some(half));
        prop_assert!(rank(one(confident(expr.clone(), "0.95"), &report).verdict) <= rank(one(require(expr), &report).verdict));
    }

    #[test]
    fn a_judgement_survives_json(expr in any_gate(), millionths in any::<i32>()) {
        let found = judged(vec![require(expr)], [("candidate", Some(given(f64::from(millionths) / 1e6, None)))]);
        let read: Judgement = serde_json::from_str(&serde_json::to_string(&found).unwrap()).unwrap();
        prop_assert_eq!(read, found);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn an_interval_holds_its_value_and_is_always_the_same(rows in prop::collection::vec((any::<bool>(), 0.0..1.0_f64), 40..200)) {
        let (truth, score): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
        let (once, again) = (binary(&truth, &score), binary(&truth, &score));
        for name in ["auc", "accuracy", "brier", "log_loss"] {
            let clause = confident(at_least(&format!("candidate.{name}"), "0.1"), "0.95");
            let found = one(clause.clone(), &once.report);
            prop_assert_eq!(&found, &one(clause, &again.report));
            if let (Some(value), Some((low, high))) = (found.value, found.interval) {
                prop_assert!(low <= value && value <= high, "{name}: {low} .. {value} .. {high}");
            }
        }
    }
}
