//! What the checker says of a policy, against how the engine judges reports: no report passes a policy that cannot be satisfied (MLP603), and where the
//! clauses pass that are not called implied, those that are (MLP608) do not fail.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fmt::Write as _, fs};

use mlp_engine::{
    metrics::Report,
    policy::{Approvals, Decision, Verdict, judge},
};
use mlp_generate::fixed;
use mlp_plan::{
    ArithmeticOp, Clause, ClauseRule, CompareOp, Expr, Gate, Literal, Place, Policy, PolicyParam, SliceAggregate,
};
use mlp_tests::marks::found;
use proptest::{prelude::*, strategy::ValueTree as _};

/// Metrics without a direction, so that they may be bounded from both sides; `t` is a group of quantiles.
const METRICS: &str = "metrics Quality { a: ratio, b: ratio, t: { p50: ratio, p95: ratio } }\n";
const NAMES: [&str; 4] = ["a", "b", "t.p50", "t.p95"];
const POLICIES: usize = 400;
const REPORTS: usize = 80;

/// A share in steps of a tenth, so that ends meet; now and then beyond what a share can be.
fn share() -> impl Strategy<Value = i64> {
    prop_oneof![9 => 0_i64..=10, 1 => 11_i64..=12]
}

fn number(tenths: i64) -> Expr {
    Expr::Literal(Literal::Number(format!("{}.{}", tenths / 10, tenths % 10).parse().unwrap()))
}

/// A metric of a report, or an aggregate over its slices.
fn measure() -> impl Strategy<Value = (Expr, bool)> {
    let report = prop::sample::select(vec!["candidate", "champion"]);
    let metric = prop::sample::select(NAMES.to_vec());
    let aggregate = prop::sample::select(vec![SliceAggregate::Min, SliceAggregate::Max, SliceAggregate::Mean]);
    (report, metric, prop::option::weighted(0.3, aggregate)).prop_map(|(report, metric, aggregate)| {
        let expr = match aggregate {
            None => Expr::Metric { report: report.to_owned(), metric: metric.to_owned() },
            Some(aggregate) => Expr::OverSlices {
                aggregate,
                report: report.to_owned(),
                metric: "a".to_owned(),
                by: "city".to_owned(),
                support: 30,
                uncorrected: false,
            },
        };
        (expr, report == "champion")
    })
}

/// A comparison, and whether it reads the champion.
fn comparison() -> impl Strategy<Value = (Expr, bool)> {
    let op = prop::sample::select(vec![CompareOp::Ge, CompareOp::Le, CompareOp::Gt, CompareOp::Lt]);
    let other = prop::option::weighted(0.4, (measure(), 0_i64..=3));
    (measure(), op, share(), other).prop_map(|((left, optional), op, share, other)| match other {
        None => (Expr::Compare(op, Box::new(left), Box::new(number(share))), optional),
        // a measure beside itself is no clause that anybody writes, and has no interval of its own
        Some(((right, _), _)) if right == left => {
            (Expr::Compare(op, Box::new(left), Box::new(number(share))), optional)
        }
        Some(((right, also), margin)) => {
            let right = match margin {
                0 => right,
                margin => Expr::Arithmetic(ArithmeticOp::Add, Box::new(right), Box::new(number(margin))),
            };
            (Expr::Compare(op, Box::new(left), Box::new(right)), optional || also)
        }
    })
}

fn clause() -> impl Strategy<Value = Clause> {
    let expr = prop_oneof![
        6 => comparison(),
        1 => (comparison(), comparison()).prop_map(|(a, b)| (Expr::Any(vec![a.0, b.0]), a.1 || b.1)),
        1 => (comparison(), comparison()).prop_map(|(a, b)| (Expr::All(vec![a.0, b.0]), a.1 || b.1)),
        1 => comparison().prop_map(|(expr, optional)| (Expr::Not(Box::new(expr)), optional)),
    ];
    let confidence = prop::option::weighted(0.2, prop::sample::select(vec!["0.9", "0.95"]));
    (expr, confidence, prop::bool::weighted(0.1)).prop_map(|((expr, optional), confidence, warn)| {
        let gate = Gate { expr, confidence: confidence.map(|share| Literal::Number(share.parse().unwrap())) };
        Clause {
            text: String::new(),
            rule: if warn { ClauseRule::Warn(gate) } else { ClauseRule::Require(gate) },
            when: if optional { vec!["champion".to_owned()] } else { Vec::new() },
            message: None,
            place: Place::default(),
        }
    })
}

fn policy(name: usize, clauses: Vec<Clause>) -> Policy {
    let param = |name: &str, optional| PolicyParam {
        name: name.to_owned(),
        report: Some("Quality".to_owned()),
        optional,
        default: None,
    };
    Policy {
        name: format!("P{name}"),
        doc: None,
        params: vec![param("candidate", false), param("champion", true)],
        clauses,
        place: Place::default(),
    }
}

/// The policies as a program, each clause on a line of its own; by line the policy and the clause.
fn program(policies: &[Policy]) -> (String, BTreeMap<u64, (usize, usize)>) {
    let mut text = String::from(METRICS);
    let mut lines = BTreeMap::new();
    for (index, policy) in policies.iter().enumerate() {
        let _ = writeln!(text, "policy {}(candidate: Report<Quality>, champion: Report<Quality>?) {{", policy.name);
        for (at, clause) in policy.clauses.iter().enumerate() {
            let (word, gate) = match &clause.rule {
                ClauseRule::Warn(gate) => ("warn", gate),
                ClauseRule::Require(gate) => ("require", gate),
                ClauseRule::Nothing { .. } | ClauseRule::Approve { .. } => continue,
            };
            let share = gate.confidence.as_ref().and_then(Literal::as_f64);
            let sure = share.map(|share| format!(" at {}% confidence", share * 100.0)).unwrap_or_default();
            let line = format!("{word} {}{sure}", gate.expr);
            let line = if clause.when.is_empty() { line } else { format!("when champion {{ {line} }}") };
            let _ = writeln!(text, "  {line}");
            lines.insert(text.lines().count() as u64, (index, at));
        }
        text.push_str("}\n");
    }
    (text, lines)
}

/// A report in which the laws of its metrics hold: shares between 0 and 1, quantiles in order, every value with an interval around it.
fn report() -> impl Strategy<Value = Report> {
    let value = || (0_i64..=10, 0_i64..=2);
    let slices = prop::collection::vec(value(), 1..4);
    ([value(), value(), value(), value()], slices).prop_map(|(mut values, slices)| {
        if values[2].0 > values[3].0 {
            values.swap(2, 3);
        }
        let tenths = |value: i64| format!("0.{value}").parse::<f64>().unwrap();
        let exact = |value: i64| if value == 10 { 1.0 } else { tenths(value) };
        let around = |(value, width): (i64, i64)| (exact((value - width).max(0)), exact((value + width).min(10)));
        let mut report = Report::by_hand().with("rows", 1_000.0, None);
        for (name, value) in NAMES.iter().zip(values) {
            report = report.with(name, exact(value.0), Some(around(value)));
        }
        for (index, value) in slices.into_iter().enumerate() {
            let city = format!("city {index}");
            report = report.with_slice("city", &city, "rows", 100.0, None);
            report = report.with_slice("city", &city, "a", exact(value.0), Some(around(value)));
        }
        report
    })
}

#[test]
fn what_is_said_of_a_policy_holds_for_every_report() {
    let mut runner = fixed(1);
    let mut draw_clauses = || prop::collection::vec(clause(), 2..6).new_tree(&mut runner).unwrap().current();
    let policies: Vec<Policy> = (0..POLICIES).map(|index| policy(index, draw_clauses())).collect();
    let (text, lines) = program(&policies);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.mlp");
    fs::write(&path, &text).unwrap();
    let mut unsatisfiable: Vec<usize> = Vec::new();
    let mut implied: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (finding, message) in found(&path) {
        let at = || text.lines().nth(usize::try_from(finding.line - 1).unwrap()).unwrap_or_default().to_owned();
        let Some((index, clause)) = lines.get(&finding.line).copied() else {
            // a policy of warnings alone
            assert_eq!(finding.code, "MLP607", "{message}: {}", at());
            continue;
        };
        match finding.code.as_str() {
            "MLP603" => unsatisfiable.push(index),
            "MLP608" => implied.entry(index).or_default().push(clause),
            // it can hardly be decided
            "MLP606" => {}
            other => unreachable!("{other} {message}: {}", at()),
        }
    }
    assert!(unsatisfiable.len() > 20 && implied.len() > 20, "{} and {}", unsatisfiable.len(), implied.len());

    let (candidates, champions) = (prop::collection::vec(report(), REPORTS), prop::collection::vec(report(), REPORTS));
    let pairs = (candidates, champions).new_tree(&mut runner).unwrap().current();
    for (candidate, champion) in pairs.0.into_iter().zip(pairs.1) {
        let given =
            BTreeMap::from([("candidate".to_owned(), Some(candidate)), ("champion".to_owned(), Some(champion))]);
        for (index, policy) in policies.iter().enumerate() {
            let judged = judge(policy, &given, &BTreeMap::new(), &Approvals::default());
            let shown = || program(std::slice::from_ref(policy)).0;
            assert!(
                !unsatisfiable.contains(&index) || judged.verdict != Decision::Promoted,
                "called unsatisfiable, and {given:?} passes:\n{}",
                shown()
            );
            let told = implied.get(&index).cloned().unwrap_or_default();
            let rest_passes = policy.clauses.iter().zip(&judged.clauses).enumerate().all(|(at, (clause, judged))| {
                told.contains(&at) || matches!(clause.rule, ClauseRule::Warn(_)) || judged.verdict == Verdict::Pass
            });
            let fails = |at: &usize| judged.clauses.get(*at).is_some_and(|clause| clause.verdict == Verdict::Fail);
            assert!(
                !(rest_passes && told.iter().any(fails)),
                "clauses {told:?} are called implied, and fail where the others pass, with {given:?}:\n{}",
                shown()
            );
        }
    }
}
