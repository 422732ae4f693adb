//! What is said of a policy against what its clauses say of numbers: nothing passes a policy that is called unsatisfiable, and what passes the other
//! clauses passes those that are called repetitions.

use std::sync::Arc;

use bigdecimal::BigDecimal;
use mlp_plan::{
    ArithmeticOp, Better, ClauseRule, CompareOp, Constraint, DataType, Expr, Gate, Literal, Measure, Metric, Metrics,
    holds,
};
use mlp_source::{FileId, Span};
use proptest::prelude::*;

use super::Clauses;
use crate::{
    metrics::MetricsInfo,
    policies::{ClauseInfo, PolicyInfo, PolicyParam},
};

const METRICS: [&str; 5] = ["precision", "recall", "f1", "auc", "ece"];

fn number(twentieths: i64) -> Expr {
    Expr::Literal(Literal::Number(BigDecimal::from(twentieths) / BigDecimal::from(20)))
}

fn metric(name: &str) -> Expr {
    Expr::Metric { report: "c".to_owned(), metric: name.to_owned() }
}

fn clause() -> impl Strategy<Value = Expr> {
    let any_metric = || prop::sample::select(METRICS.to_vec()).prop_map(metric);
    let op = || {
        prop::sample::select(vec![
            CompareOp::Lt,
            CompareOp::Le,
            CompareOp::Gt,
            CompareOp::Ge,
            CompareOp::Eq,
            CompareOp::Ne,
        ])
    };
    let bound = (op(), any_metric(), -2_i64..=22)
        .prop_map(|(op, metric, bound)| Expr::Compare(op, Box::new(metric), Box::new(number(bound))));
    let difference = (op(), any_metric(), any_metric(), -10_i64..=10).prop_map(|(op, left, right, by)| {
        let moved = Expr::Arithmetic(ArithmeticOp::Add, Box::new(right), Box::new(number(by)));
        Expr::Compare(op, Box::new(left), Box::new(moved))
    });
    let between = (any_metric(), 0_i64..=20, 0_i64..=20).prop_map(|(metric, low, high)| Expr::Between {
        value: Box::new(metric),
        low: Some(Box::new(number(low))),
        high: Some(Box::new(number(high))),
    });
    let leaf = prop_oneof![4 => bound, 2 => difference, 1 => between];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 2).prop_map(Expr::Any),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}

/// Numbers for all metrics that can be measured together.
fn measured() -> impl Strategy<Value = Vec<Literal>> {
    (1_i64..=20, 1_i64..=20, 0_i64..=20, 0_i64..=20).prop_map(|(precision, recall, auc, ece)| {
        let share = |twentieths: i64| BigDecimal::from(twentieths) / BigDecimal::from(20);
        let f1 = BigDecimal::from(precision * recall) / BigDecimal::from(10 * (precision + recall));
        [share(precision), share(recall), f1, share(auc), share(ece)].map(Literal::Number).to_vec()
    })
}

/// The clause with numbers for its metrics.
fn with(expr: &Expr, values: &[Literal]) -> Expr {
    let inner = |expr: &Expr| Box::new(with(expr, values));
    match expr {
        Expr::Metric { metric, .. } => {
            Expr::Literal(values[METRICS.iter().position(|name| name == metric).unwrap()].clone())
        }
        Expr::Not(one) => Expr::Not(inner(one)),
        Expr::All(parts) => Expr::All(parts.iter().map(|part| with(part, values)).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(|part| with(part, values)).collect()),
        Expr::Compare(op, left, right) => Expr::Compare(*op, inner(left), inner(right)),
        Expr::Arithmetic(op, left, right) => Expr::Arithmetic(*op, inner(left), inner(right)),
        Expr::Between { value, low, high } => Expr::Between {
            value: inner(value),
            low: low.as_ref().map(|end| inner(end)),
            high: high.as_ref().map(|end| inner(end)),
        },
        other => other.clone(),
    }
}

fn passes(expr: &Expr, values: &[Literal]) -> bool {
    holds::holds(&Constraint::Where(with(expr, values)), &DataType::Bool, &Literal::Bool(true)).unwrap()
}

fn place(index: usize) -> Span {
    let at = u32::try_from(index).unwrap();
    Span::new(FileId(0), at, at + 1)
}

fn policy(clauses: &[Expr]) -> PolicyInfo {
    let end = |end: i64| Some(Literal::Number(end.into()));
    let metrics = METRICS.iter().map(|name| Metric {
        name: (*name).to_owned(),
        measure: Measure::Ratio,
        unit: None,
        low: end(0),
        high: end(1),
        better: Some(Better::Higher),
        doc: None,
    });
    let face = Metrics { name: super::laws::BINARY.to_owned(), params: Default::default(), metrics: metrics.collect() };
    let report =
        MetricsInfo { face, name: "Binary".to_owned(), params: Vec::new(), places: Vec::new(), span: place(0) };
    let param = PolicyParam {
        name: "c".to_owned(),
        report: Some(Arc::new(report)),
        scalar: None,
        optional: false,
        default: None,
        span: place(0),
    };
    let clauses = clauses.iter().enumerate().map(|(index, expr)| ClauseInfo {
        rule: ClauseRule::Require(Gate { expr: expr.clone(), confidence: None }),
        when: Vec::new(),
        message: None,
        span: place(index),
        required_by: None,
    });
    PolicyInfo { name: "P".to_owned(), params: vec![param], clauses: clauses.collect(), span: place(0) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn numbers_agree_with_what_is_said(clauses in prop::collection::vec(clause(), 1..5), samples in prop::collection::vec(measured(), 64)) {
        let policy = policy(&clauses);
        let known = Clauses::new(&policy, &[]);
        if known.contradiction().is_some() {
            for values in &samples {
                prop_assert!(!clauses.iter().all(|clause| passes(clause, values)), "{values:?} passes");
            }
            return Ok(());
        }
        let repeated: Vec<Span> = known.repetitions().iter().map(|found| found.primary).collect();
        for values in &samples {
            let kept = clauses.iter().enumerate().filter(|(index, _)| !repeated.contains(&place(*index)));
            if kept.into_iter().all(|(_, clause)| passes(clause, values)) {
                prop_assert!(clauses.iter().all(|clause| passes(clause, values)), "{values:?} fails a repetition");
            }
        }
    }
}
