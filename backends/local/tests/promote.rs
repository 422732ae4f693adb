//! Promotions: judged, recorded, moved once; refused and held ones change nothing.
#![cfg(test)]

mod common;

use std::collections::BTreeMap;

use common::{Lab, Wire as _, lab, node, pipe, place, plan, record, shell, states, write};
use mlp_local::{RunOptions, RunSummary};
use mlp_plan::{
    ArithmeticOp, Artifact, Clause, ClauseRule, CompareOp, Expr, Format, Gate, Literal, Metrics, Origin, Plan, Policy,
    PolicyParam, PolicyUse, Promote, Run, WriteMode,
};
use mlp_store::{Decided, RunState, Verdict};

fn model() -> Artifact {
    Artifact::Model { input: "Row".to_owned(), output: "Row".to_owned() }
}

fn report() -> Artifact {
    Artifact::Report { metrics: "M".to_owned() }
}

fn number(text: &str) -> Expr {
    Expr::Literal(Literal::Number(text.parse().unwrap()))
}

fn auc(of: &str) -> Expr {
    Expr::Metric { report: of.to_owned(), metric: "auc".to_owned() }
}

fn clause(text: &str, line: u32, when: &[&str], rule: ClauseRule) -> Clause {
    Clause {
        text: text.to_owned(),
        rule,
        when: when.iter().map(|name| (*name).to_owned()).collect(),
        message: None,
        place: place(line),
    }
}

fn require(left: Expr, right: Expr) -> ClauseRule {
    ClauseRule::Require(Gate { expr: Expr::Compare(CompareOp::Ge, Box::new(left), Box::new(right)), confidence: None })
}

/// `require candidate.auc >= 0.65`, and not much worse than the champion.
fn release() -> Policy {
    let param = |name: &str, optional: bool| PolicyParam {
        name: name.to_owned(),
        report: Some("M".to_owned()),
        optional,
        default: None,
    };
    let against = Expr::Arithmetic(ArithmeticOp::Sub, Box::new(auc("champion")), Box::new(number("0.005")));
    Policy {
        name: "Release".to_owned(),
        doc: None,
        params: vec![param("candidate", false), param("champion", true)],
        clauses: vec![
            clause("candidate.auc >= 0.65", 31, &[], require(auc("candidate"), number("0.65"))),
            clause("candidate.auc >= champion.auc - 0.005", 33, &["champion"], require(auc("candidate"), against)),
        ],
        place: place(30),
    }
}

/// Trains a model whose only virtue is its number, measures it and the champion, promotes, and publishes what was promoted.
fn training(score: &str) -> Plan {
    let measure = |id: &str| {
        shell(id, "printf '{\"auc\": %s, \"rows\": 100}' \"$(cat $MLP_IN_MODEL/score)\" > $MLP_OUT").makes(report())
    };
    let rung = Origin::Rung { model: "Late".to_owned(), rung: "production".to_owned() };
    let output = |name: &str| Origin::Output { node: name.to_owned(), output: "result".to_owned() };
    let reports = BTreeMap::from([
        ("candidate".to_owned(), "Release.candidate".to_owned()),
        ("champion".to_owned(), "Release.champion".to_owned()),
    ]);
    let policies = vec![PolicyUse { policy: "Release".to_owned(), reports, params: BTreeMap::new() }];
    let promote = Run::Promote(Promote { model: "Late".to_owned(), rung: "production".to_owned(), policies });
    let mut plan = plan(vec![
        shell("fit", &format!("echo fit >> ran; mkdir $MLP_OUT && echo {score} > $MLP_OUT/score")).makes(model()),
        measure("report").reads("model", "fit", model()),
        measure("before").reads_from("model", rung, model(), false),
        node("promote", promote)
            .reads("model", "fit", model())
            .reads("Release.candidate", "report", report())
            .reads_from("Release.champion", output("before"), report(), true)
            .makes(model()),
        write("publish", Format::Dir, "released", WriteMode::Replace).reads("model", "promote", model()),
    ]);
    plan.policies.insert("Release".to_owned(), release());
    plan.metrics.insert("M".to_owned(), Metrics { name: "M".to_owned(), params: BTreeMap::new(), metrics: Vec::new() });
    plan
}

fn verdicts(summary: &RunSummary) -> Vec<&str> {
    summary.decisions.iter().map(mlp_local::Decision::word).collect()
}

fn holds(lab: &Lab) -> Option<i64> {
    lab.store().rung("Late", "production").unwrap().map(|entry| entry.version)
}

#[test]
fn the_first_good_model_is_promoted_and_a_second_run_does_nothing() {
    let lab = lab();
    let first = lab.run(&training("0.70"));
    assert_eq!(states(&first), "fit done, report done, before skipped, promote done, publish done");
    assert_eq!((verdicts(&first), first.exit_code, holds(&lab)), (vec!["promoted"], 0, Some(1)));
    assert_eq!(lab.read("released/score"), "0.70\n");
    let told = first.to_string();
    assert!(told.contains("Late.production: promoted (every clause passed) [src/p.mlp:20:3]"), "{told}");
    assert!(told.contains("candidate.auc >= 0.65") && told.contains("src/p.mlp:31"), "{told}");
    let second = lab.run(&training("0.70"));
    assert_eq!(states(&second), "fit cached, report cached, before cached, promote cached, publish cached");
    assert!(second.did_nothing());
    assert_eq!(second.decisions[0].why, "Late.production holds it already (version 1)");
    assert_eq!(lab.store().verify_audit().unwrap().entries, 1);
}

#[test]
fn a_better_one_takes_its_place_and_a_worse_one_is_refused_against_it() {
    let lab = lab();
    lab.run(&training("0.70"));
    let better = lab.run(&training("0.75"));
    assert_eq!(
        states(&better),
        "fit done, report done, before cached, promote done, publish done",
        "the champion was measured before"
    );
    assert_eq!((verdicts(&better), holds(&lab)), (vec!["promoted"], Some(2)));
    let worse = lab.run(&training("0.71"));
    assert_eq!(states(&worse), "fit done, report done, before cached, promote refused, publish skipped");
    assert_eq!((verdicts(&worse), worse.exit_code, holds(&lab)), (vec!["refused"], 0, Some(2)));
    assert!(worse.decisions[0].why.contains("candidate.auc >= champion.auc - 0.005"), "{}", worse.decisions[0].why);
    assert_eq!(lab.read("released/score"), "0.75\n");
    let again = lab.run(&training("0.71"));
    assert_eq!(states(&again), "fit cached, report cached, before cached, promote refused, publish skipped");
    assert!(record(&again, "promote").cache.hit && again.did_nothing());
    assert!(again.to_string().contains("Late.production: refused (decided in run "), "{again}");
    let strict = RunOptions { require_promotion: true, ..lab.options() };
    assert_eq!(lab.run_with(&training("0.71"), &strict).unwrap().exit_code, 1);
    let audit = lab.store().audit(Some("Late")).unwrap();
    assert_eq!(audit.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["promote", "promote", "refuse"]);
    let clauses = &audit[2].body["policies"][0]["clauses"];
    assert_eq!((clauses[1]["verdict"].as_str(), clauses[1]["value"].as_f64()), (Some("fail"), Some(0.71)));
    assert!(audit[2].body["inputs"]["Release.champion"][0].is_string());
    assert!(lab.store().verify_audit().unwrap().is_sound());
}

#[test]
fn what_nobody_knows_is_held() {
    let lab = lab();
    let summary = lab.run(&training("null"));
    assert_eq!(states(&summary), "fit done, report done, before skipped, promote held, publish skipped");
    assert_eq!((verdicts(&summary), summary.exit_code, summary.run.state), (vec!["held"], 0, RunState::Held));
    assert_eq!(holds(&lab), None);
}

#[test]
fn an_approval_finishes_what_was_held() {
    let lab = lab();
    let mut plan = training("0.70");
    let approve = ClauseRule::Approve { count: 1, group: "leads".to_owned(), except_author: true, within: None };
    plan.policies.get_mut("Release").unwrap().clauses.push(clause(
        "approve by 1 of \"leads\" except author",
        35,
        &[],
        approve,
    ));
    assert_eq!(verdicts(&lab.run(&plan)), ["held"]);
    assert_eq!(verdicts(&lab.run(&plan)), ["held"], "asking again opens no second decision");
    assert_eq!(lab.store().verify_audit().unwrap().entries, 1);
    assert!(lab.store().approve("Late", "production", "ada", "").is_err(), "ada started the run");
    assert!(matches!(lab.store().approve("Late", "production", "bob", "fine").unwrap(), Decided::Moved(_)));
    let after = lab.run(&plan);
    assert_eq!(states(&after), "fit cached, report cached, before cached, promote cached, publish done");
    assert_eq!(after.decisions[0].verdict, Verdict::Promote);
    assert_eq!(lab.read("released/score"), "0.70\n");
}

#[test]
fn after_a_rollback_the_same_model_is_judged_anew() {
    let lab = lab();
    lab.run(&training("0.70"));
    lab.run(&training("0.75"));
    lab.store().set_rung("Late", "production", None, "ada", "too slow").unwrap();
    let again = lab.run(&training("0.75"));
    assert_eq!((verdicts(&again), holds(&lab)), (vec!["promoted"], Some(2)));
    assert!(lab.store().verify_audit().unwrap().is_sound());
}

#[test]
fn a_damaged_model_is_not_promoted_but_made_anew() {
    let lab = lab();
    let mut plan = training("0.70");
    // Only up to the report: nothing is promoted yet.
    let rest = pipe(&mut plan).nodes.split_off(2);
    let first = lab.run(&plan);
    let store = lab.store();
    let stored = record(&first, "fit").outputs["result"].clone().unwrap();
    let object = store.object_path(&mlp_store::digest_bytes(b"0.70\n"));
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, "0.99\n").unwrap();
    assert!(store.has(&stored), "same size: unseen until it is used");
    pipe(&mut plan).nodes.extend(rest);
    let second = lab.run(&plan);
    assert_eq!(states(&second), "fit cached, report cached, before skipped, promote error, publish not reached");
    assert!(
        second.troubles[0].message.contains("is damaged (its bytes have changed); it was dropped"),
        "{}",
        second.troubles[0].message
    );
    assert_eq!((second.exit_code, holds(&lab)), (2, None));
    let third = lab.run(&plan);
    assert_eq!(states(&third), "fit done, report cached, before skipped, promote done, publish done");
    assert_eq!(lab.read("released/score"), "0.70\n");
}

#[test]
fn the_best_of_several_is_picked() {
    let lab = lab();
    let fit =
        |id: &str, score: &str| shell(id, &format!("mkdir $MLP_OUT && echo {score} > $MLP_OUT/score")).makes(model());
    let measure = |id: &str, of: &str| {
        shell(id, "printf '{\"auc\": %s, \"rows\": 100}' \"$(cat $MLP_IN_MODEL/score)\" > $MLP_OUT")
            .reads("model", of, model())
            .makes(report())
    };
    let list = |names: [&str; 3]| {
        Origin::List(
            names.iter().map(|name| Origin::Output { node: (*name).to_owned(), output: "result".to_owned() }).collect(),
        )
    };
    let many = |artifact: Artifact| Artifact::List(Box::new(artifact));
    let pick = node("best", Run::Builtin { name: "pick".to_owned() })
        .reads_from("models", list(["a", "b", "c"]), many(model()), false)
        .reads_from("reports", list(["ra", "rb", "rc"]), many(report()), false)
        .param("metric", common::text("auc"))
        .param("direction", common::text("highest"))
        .makes(model());
    let mut plan = plan(vec![
        fit("a", "null"),
        fit("b", "0.7"),
        fit("c", "0.7"),
        measure("ra", "a"),
        measure("rb", "b"),
        measure("rc", "c"),
        pick,
    ]);
    // The same score, but not the same model.
    pipe(&mut plan).nodes[2] =
        shell("c", "mkdir $MLP_OUT && echo 0.7 > $MLP_OUT/score && touch $MLP_OUT/other").makes(model());
    let summary = lab.run(&plan);
    let digest = |name: &str| record(&summary, name).outputs["result"].as_ref().unwrap().digest.clone();
    assert_eq!(digest("best"), digest("b"), "unknown is passed over, and of equals the first is taken");
}
