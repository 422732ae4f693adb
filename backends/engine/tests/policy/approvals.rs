//! Clauses that wait for people.

use std::collections::BTreeMap;

use mlp_engine::{
    metrics::Report,
    policy::{Approval, Approvals, Decision, Judgement, Verdict, judge},
};
use mlp_plan::{Clause, ClauseRule};

use crate::write::{at_least, clause, policy, reports, require};

const HOUR: i64 = 3_600_000_000_000;

fn approve(count: u32, except_author: bool) -> Clause {
    clause(
        ClauseRule::Approve { count, group: "risk-leads".into(), except_author, within: Some(48 * HOUR) },
        "approve by risk-leads".into(),
    )
}

fn said(by: &str, group: &str, approved: bool, hours: i64) -> Approval {
    Approval { by: by.into(), groups: vec![group.into()], approved, after: hours * HOUR }
}

fn judged(clauses: Vec<Clause>, given: Vec<Approval>, hours: i64) -> Judgement {
    let approvals = Approvals { authors: vec!["ada".into()], given, waited: hours * HOUR };
    judge(
        &policy(clauses),
        &reports([("candidate", Some(Report::by_hand().with("auc", 0.7, None)))]),
        &BTreeMap::new(),
        &approvals,
    )
}

#[test]
fn held_until_enough_approve() {
    let yes = |by: &str| said(by, "risk-leads", true, 1);
    let held = judged(vec![approve(2, true)], vec![yes("bob")], 2);
    assert_eq!((held.verdict, held.clauses[0].verdict), (Decision::Held, Verdict::Held));
    assert_eq!(held.clauses[0].reason.as_deref(), Some("1 of 2 approvals of \"risk-leads\""));
    assert_eq!((held.clauses[0].value, held.clauses[0].threshold), (Some(1.0), Some(2.0)));
    assert_eq!(judged(vec![approve(2, true)], vec![yes("bob"), yes("cat")], 2).verdict, Decision::Promoted);
    assert_eq!(
        judged(vec![approve(2, true)], vec![yes("bob"), yes("cat")], 200).verdict,
        Decision::Promoted,
        "given in time, asked late"
    );
}

#[test]
fn who_does_not_count() {
    let decided = |given: Vec<Approval>, except_author| judged(vec![approve(2, except_author)], given, 2).verdict;
    let yes = |by: &str| said(by, "risk-leads", true, 1);
    assert_eq!(decided(vec![yes("bob"), yes("bob")], true), Decision::Held, "twice the same person");
    assert_eq!(decided(vec![yes("bob"), yes("ada")], true), Decision::Held, "the author");
    assert_eq!(decided(vec![yes("bob"), yes("ada")], false), Decision::Promoted);
    assert_eq!(decided(vec![yes("bob"), said("cat", "interns", true, 1)], true), Decision::Held, "another group");
    assert_eq!(decided(vec![yes("bob"), yes("cat"), said("dan", "interns", false, 1)], true), Decision::Promoted);
}

#[test]
fn refused_by_one_or_by_time() {
    let yes = |by: &str| said(by, "risk-leads", true, 1);
    let no = judged(vec![approve(1, true)], vec![yes("bob"), said("cat", "risk-leads", false, 2)], 3);
    assert_eq!((no.verdict, no.clauses[0].reason.as_deref()), (Decision::Refused, Some("refused by cat")));
    let mind_changed = judged(vec![approve(1, true)], vec![yes("cat"), said("cat", "risk-leads", false, 0)], 3);
    assert_eq!(mind_changed.verdict, Decision::Promoted, "the last word counts");
    let late = judged(vec![approve(2, true)], vec![yes("bob"), said("cat", "risk-leads", true, 49)], 50);
    assert_eq!(
        (late.verdict, late.clauses[0].reason.as_deref()),
        (Decision::Refused, Some("1 of 2 approvals of \"risk-leads\" within 2d"))
    );
    assert_eq!(judged(vec![approve(2, true)], vec![yes("bob")], 48).verdict, Decision::Held);
}

#[test]
fn approvals_do_not_outweigh_a_failure() {
    let given = vec![said("bob", "risk-leads", true, 1)];
    assert_eq!(
        judged(vec![require(at_least("candidate.auc", "0.8")), approve(1, true)], given.clone(), 2).verdict,
        Decision::Refused
    );
    assert_eq!(
        judged(vec![require(at_least("candidate.ap", "0.8")), approve(1, true)], given, 2).verdict,
        Decision::Held
    );
}
