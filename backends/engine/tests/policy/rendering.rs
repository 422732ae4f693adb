//! The table that a user sees.

use mlp_engine::{metrics::Report, policy::render_table};
use mlp_plan::{ClauseRule, Literal, SliceAggregate};

use crate::write::{
    GE, LE, at_least, clause, compare, confident, judged, lit, metric, minus, over, require, warn, when,
};

#[test]
fn a_table_of_every_kind_of_clause() {
    let mut blind = require(compare(GE, over(SliceAggregate::Min, "candidate.recall", "origin", 200), lit("0.05")));
    blind.message = Some("blind at one airport".into());
    blind.place.line = 112;
    let candidate = Report::by_hand()
        .with("rows", 82_700.0, None)
        .with("auc", 0.689_123_4, Some((0.684_2, 0.694_1)))
        .with("ece", 0.071, None)
        .with("latency.p99", 0.0825, None)
        .with_slice("origin", "EWR", "recall", 0.021, None)
        .with_slice("origin", "JFK", "recall", 0.4, None);
    let approve = ClauseRule::Approve {
        count: 2,
        group: "risk-leads".into(),
        except_author: true,
        within: Some(172_800_000_000_000),
    };
    let judgement = judged(
        vec![
            require(at_least("candidate.rows", "5000")),
            confident(at_least("candidate.auc", "0.65"), "0.95"),
            require(compare(LE, metric("candidate.ece"), lit("0.1"))),
            blind,
            warn(compare(LE, metric("candidate.latency.p99"), mlp_plan::Expr::Literal(Literal::Duration(80_000_000)))),
            require(at_least("candidate.f1", "0.2")),
            when(
                "champion",
                confident(compare(GE, metric("candidate.auc"), minus(metric("champion.auc"), lit("0.005"))), "0.95"),
            ),
            clause(approve, "approve by 2 of \"risk-leads\" except author within 48h".into()),
        ],
        [("candidate", Some(candidate)), ("champion", None)],
    );
    insta::assert_snapshot!(render_table(&judgement));
}

#[test]
fn numbers_are_short() {
    let shown = |value: f64| {
        let judgement = judged(
            vec![require(at_least("candidate.x", "1"))],
            [("candidate", Some(Report::by_hand().with("x", value, None)))],
        );
        render_table(&judgement).lines().nth(1).unwrap().split_whitespace().nth(3).unwrap().to_owned()
    };
    let cases = [
        (0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (123_456.789, "123457"),
        (1e20, "1.00000e20"),
        (0.000_012_3, "1.23000e-5"),
        (-0.25, "-0.25"),
        (83_000.0, "83000"),
        (0.999_999_999, "1"),
    ];
    for (value, expected) in cases {
        assert_eq!(shown(value), expected);
    }
}
