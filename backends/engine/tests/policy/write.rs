//! Policies in few words.

use std::collections::BTreeMap;

use mlp_engine::{
    metrics::Report,
    policy::{Approvals, ClauseVerdict, Decision, Judgement, judge},
};
use mlp_plan::{Clause, ClauseRule, CompareOp, Expr, Gate, Literal, Place, Policy, SliceAggregate};

pub const GE: CompareOp = CompareOp::Ge;
pub const LE: CompareOp = CompareOp::Le;

pub fn number(text: &str) -> Literal {
    Literal::Number(text.parse().unwrap())
}

pub fn lit(text: &str) -> Expr {
    Expr::Literal(number(text))
}

/// `candidate.auc`.
pub fn metric(path: &str) -> Expr {
    let (report, metric) = path.split_once('.').unwrap();
    Expr::Metric { report: report.to_owned(), metric: metric.to_owned() }
}

pub fn compare(op: CompareOp, left: Expr, right: Expr) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(right))
}

pub fn at_least(path: &str, bound: &str) -> Expr {
    compare(GE, metric(path), lit(bound))
}

pub fn minus(left: Expr, right: Expr) -> Expr {
    Expr::Arithmetic(mlp_plan::ArithmeticOp::Sub, Box::new(left), Box::new(right))
}

/// `min(candidate.recall by g, support: n)`.
pub fn over(aggregate: SliceAggregate, path: &str, by: &str, support: u64) -> Expr {
    let (report, metric) = path.split_once('.').unwrap();
    Expr::OverSlices {
        aggregate,
        report: report.to_owned(),
        metric: metric.to_owned(),
        by: by.to_owned(),
        support,
        uncorrected: false,
    }
}

pub fn uncorrected(expr: Expr) -> Expr {
    match expr {
        Expr::OverSlices { aggregate, report, metric, by, support, .. } => {
            Expr::OverSlices { aggregate, report, metric, by, support, uncorrected: true }
        }
        other => other,
    }
}

pub fn clause(rule: ClauseRule, text: String) -> Clause {
    Clause {
        text,
        rule,
        when: vec![],
        message: None,
        place: Place { file: "src/flights.mlp".into(), line: 7, column: 3 },
    }
}

pub fn require(expr: Expr) -> Clause {
    let text = expr.to_string();
    clause(ClauseRule::Require(Gate { expr, confidence: None }), text)
}

pub fn confident(expr: Expr, confidence: &str) -> Clause {
    let text = format!("{expr} at {confidence} confidence");
    clause(ClauseRule::Require(Gate { expr, confidence: Some(number(confidence)) }), text)
}

pub fn warn(expr: Expr) -> Clause {
    let text = expr.to_string();
    clause(ClauseRule::Warn(Gate { expr, confidence: None }), text)
}

pub fn when(report: &str, clause: Clause) -> Clause {
    Clause { when: vec![report.to_owned()], ..clause }
}

pub fn policy(clauses: Vec<Clause>) -> Policy {
    Policy { name: "Release".into(), doc: None, params: vec![], clauses, place: Place::default() }
}

pub fn reports<const N: usize>(given: [(&str, Option<Report>); N]) -> BTreeMap<String, Option<Report>> {
    given.into_iter().map(|(name, report)| (name.to_owned(), report)).collect()
}

pub fn judged<const N: usize>(clauses: Vec<Clause>, given: [(&str, Option<Report>); N]) -> Judgement {
    judge(&policy(clauses), &reports(given), &BTreeMap::new(), &Approvals::default())
}

/// The verdict on one clause, with `candidate` as its report.
pub fn one(clause: Clause, candidate: &Report) -> ClauseVerdict {
    judged(vec![clause], [("candidate", Some(candidate.clone()))]).clauses.remove(0)
}

pub fn decision<const N: usize>(clauses: Vec<Clause>, given: [(&str, Option<Report>); N]) -> Decision {
    judged(clauses, given).verdict
}
