//! What `mlp diff` says of gates, and of what is served and watched: by what follows, not by names and words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::{mlp, text};
use serde_json::Value;

const PROGRAM: &str = r#"use std.evaluate.{Binary}
use std.split.{at_random}
use std.tables.{join_truth}
moments asked < known
contract Loan { id: int64 key, income: float64, late: bool label known at known }
contract Person { name: string @pii }
contract Truth { id: int64 key, late: bool label known at known }
contract Scored = Loan with { score: float64 in 0 .. 1 }
source loans() -> Table<Loan> { from = parquet("loans.parquet") }
source truths() -> Table<Truth> { from = parquet("truths.parquet") }
stage fit(rows: Table<Loan>, seed: int = 1) -> Model<Loan, Scored> { run = command(["fit"]) }
stage judge(model: Model<Loan, Scored>, rows: Table<Loan>) -> Report<Binary> { run = command(["judge"]) }
stage live(rows: Table<Loan>) -> Report<Binary> { run = command(["live"]) }
model Credit: Model<Loan, Scored> {
  predicts at asked
  ladder = [staging, production]
}
policy Enough(r: Report<Binary>, least: int) {
  require r.rows >= least
}
policy Release(candidate: Report<Binary>, champion: Report<Binary>?) {
  require candidate.auc >= 0.7
  when champion {
    require candidate.auc >= champion.auc - 0.005
  }
  approve by 2 of "risk" within 2d
}
pipeline train {
  schedule   = every(1d)
  deadline   = 6h
  on_failure = notify("team")
  let parts = at_random(loans(), test: 20%, seed: 1)
  let model = fit(parts.train)
  let report = judge(model, parts.test)
  let before = judge(Credit.production, parts.test)
  promote model to Credit.production when Release(report, before) and Enough(report, least: 500) and Enough(report, least: 900)
}
deployment Api of Credit.production {
  request = Loan without label
  serve   = command(["serve"])
  rollout = canary [5% for 10min, 100%]
  rollback when error_rate > 1% over 5min
}
monitor Watch of Api {
  schedule = every(1d)
  alert when psi(income) > 0.2 over 7d
  retrain train when max(psi by column) > 0.25 cooldown 7d at most 4 per 30d
}
"#;

fn package(folder: &Path, program: &str, more: &[(&str, &str)]) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("mlp.toml"), "[package]\nname = \"loans\"\n").unwrap();
    fs::write(folder.join("src/loans.mlp"), program).unwrap();
    for (name, text) in more {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Replaces all, each of which must be there.
fn edited(program: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(program.to_owned(), |program, (from, to)| {
        assert!(program.contains(from), "{from}");
        program.replace(from, to)
    })
}

fn compared(old: &Path, new: &Path) -> Value {
    let mut command = Command::new(mlp());
    command.arg("diff").arg("--against").arg(old).arg("--package").arg(new).args(["--format", "json"]);
    let done = command.output().unwrap();
    serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&done)))
}

fn diff(old: &str, new: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    package(&folder.path().join("old"), old, &[]);
    package(&folder.path().join("new"), new, &[]);
    compared(&folder.path().join("old"), &folder.path().join("new"))
}

/// Kinds of the changes: those that are governance, and all others.
fn kinds(answer: &Value) -> (Vec<String>, Vec<String>) {
    let all = answer["changes"].as_array().unwrap().iter();
    let (loose, others): (Vec<&Value>, Vec<&Value>) = all.partition(|change| change["class"] == "governance");
    let kind = |change: &&Value| change["kind"].as_str().unwrap().to_owned();
    (loose.iter().map(kind).collect(), others.iter().map(kind).collect())
}

fn messages(answer: &Value, kind: &str) -> Vec<String> {
    let all = answer["changes"].as_array().unwrap().iter().filter(|change| change["kind"] == kind);
    all.map(|change| change["message"].as_str().unwrap().to_owned()).collect()
}

/// Edits, the governance that they loosen, and a change of another kind that is told.
type Case = (&'static [(&'static str, &'static str)], &'static [&'static str], &'static str);

#[test]
fn what_is_asked_less_is_told_and_other_names_are_none() {
    const CHAMPION: &str = "Release(report, before)";
    const TWICE: &str = " and Enough(report, least: 500) and Enough(report, least: 900)";
    const NONE: &[&str] = &[];
    #[rustfmt::skip]
    let cases: &[Case] = &[
        // a gate that waits for a champion, and never gets one
        (&[(CHAMPION, "Release(report, none)")], &["gate_loosened"], "node_rewired"),
        // the same policy twice: each call counts
        (&[(TWICE, " and Enough(report, least: 500)")], &["gate_loosened"], "node_changed"),
        (&[(TWICE, " and Enough(report, least: 900)")], NONE, "node_changed"),
        (&[(TWICE, " and Enough(report, least: 1_000)")], NONE, "node_changed"),
        (&[(TWICE, "")], &["gate_removed"], "node_changed"),
        // of what depends on a call's values, the call decides
        (&[("r.rows >= least", "r.rows >= least - 100")], &["gate_loosened"], "node_changed"),
        (&[("r.rows >= least", "r.rows >= least - 100"), ("500", "600"), ("900", "1_000")], NONE, "node_changed"),
        (&[("r: Report<Binary>, least: int", "r: Report<Binary>"), ("r.rows >= least", "r.rows >= 900"), (TWICE, " and Enough(report)")], NONE, "node_changed"),
        // other names
        (&[("Release(", "Gate(")], NONE, "policy_renamed"),
        (&[("Release(", "Gate("), ("auc >= 0.7", "auc >= 0.6")], &["policy_loosened"], "policy_renamed"),
        (&[("candidate", "contender"), ("champion", "incumbent")], NONE, "node_changed"),
        (&[("candidate", "contender"), ("auc >= 0.7", "auc >= 0.6")], &["policy_loosened"], "node_changed"),
        (&[("least", "minimum")], NONE, "node_changed"),
        (&[("report", "measured")], NONE, "node_added"),
        (&[("monitor Watch", "monitor Look")], NONE, "monitor_renamed"),
        (&[("monitor Watch", "monitor Look"), ("> 0.2 over 7d", "> 0.3 over 7d")], &["alert_loosened"], "monitor_renamed"),
        (&[("deployment Api", "deployment Api2"), ("of Api ", "of Api2 "), ("monitor Watch", "monitor Look")], NONE, "monitor_renamed"),
        // who watches less
        (&[("cooldown 7d", "cooldown 30d")], &["retraining_loosened"], ""),
        (&[("cooldown 7d", "cooldown 3d")], NONE, ""),
        (&[("at most 4 per 30d", "at most 1 per 30d")], &["retraining_loosened"], ""),
        (&[("at most 4 per 30d", "at most 8 per 60d")], NONE, ""),
        (&[("at most 4 per 30d", "at most 4 per 60d")], &["retraining_loosened"], ""),
        (&[(" cooldown 7d", "")], NONE, ""),
        (&[("  schedule = every(1d)\n  alert", "  schedule = every(30d)\n  alert")], &["monitor_loosened"], ""),
        (&[("  schedule = every(1d)\n  alert", "  schedule = every(1h)\n  alert")], NONE, "monitor_changed"),
        // what breaks nobody, and is told
        (&[("  predicts at asked\n", "  predicts at known\n")], NONE, "model_changed"),
        (&[("[staging, production]", "[staging, canary, production]")], NONE, "model_changed"),
        (&[("  on_failure = notify(\"team\")\n", "")], NONE, "pipeline_changed"),
        (&[("deadline   = 6h", "deadline   = 8h")], NONE, "pipeline_changed"),
        (&[("run = command([\"judge\"])", "run = command([\"judge\"])\n  cache = never")], NONE, "node_changed"),
        (&[("serve   = command([\"serve\"])", "serve   = command([\"serve\", \"-v\"])")], NONE, "deployment_changed"),
    ];
    let mut wrong = Vec::new();
    for (edits, governance, told) in cases {
        let answer = diff(PROGRAM, &edited(PROGRAM, edits));
        let (loose, others) = kinds(&answer);
        if loose != *governance || !(told.is_empty() || others.contains(&(*told).to_owned())) {
            wrong.push(format!("{edits:?}: {loose:?}, {others:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_monitor_that_went_with_the_name_of_its_deployment_is_missed() {
    let start = PROGRAM.find("monitor Watch").unwrap();
    let without = PROGRAM.split_at(start).0;
    let (loose, _) = kinds(&diff(PROGRAM, &edited(without, &[("deployment Api", "deployment Api2")])));
    assert_eq!(loose, ["monitor_removed"]);
    // with the deployment itself it is none of anybody's business
    let start = PROGRAM.find("deployment Api").unwrap();
    let (loose, others) = kinds(&diff(PROGRAM, PROGRAM.split_at(start).0));
    assert_eq!(loose, [""; 0]);
    assert_eq!(others, ["deployment_removed", "monitor_removed"]);
}

#[test]
fn tags_that_reach_a_renamed_deployment_are_told() {
    let new = edited(
        PROGRAM,
        &[
            ("deployment Api of", "deployment Api2 of"),
            ("of Api ", "of Api2 "),
            ("serve   =", "clearance = [pii]\n  serve   ="),
        ],
    );
    assert_eq!(kinds(&diff(PROGRAM, &new)).0, ["clearance_widened"]);
}

/// Two ways to one rung are compared each with itself.
#[test]
fn a_second_way_to_a_rung_is_held_to_the_first() {
    let second = |gate: &str| {
        format!(
            "{PROGRAM}pipeline again {{\n  let parts = at_random(loans(), test: 20%, seed: 2)\n  let model = fit(parts.train)\n  let other = judge(model, parts.test)\n  promote model to Credit.production when {gate}\n}}\n"
        )
    };
    let (strict, weak) = ("Release(other, none) and Enough(other, least: 900)", "Enough(other, least: 900)");
    let both = second(weak);
    assert_eq!(kinds(&diff(&both, &both)), (Vec::new(), Vec::new()));
    assert_eq!(kinds(&diff(PROGRAM, &second(weak))).0, ["gate_removed"]);
    // nobody can compare with the champion there, either: that much is asked less
    assert_eq!(kinds(&diff(PROGRAM, &second(strict))).0, ["gate_loosened"]);
}

#[test]
fn what_no_longer_applies_is_said_in_words() {
    let answer = diff(PROGRAM, &edited(PROGRAM, &[("Release(report, before)", "Release(report, none)")]));
    insta::assert_debug_snapshot!((messages(&answer, "gate_loosened"), messages(&answer, "node_rewired")));
    let answer = diff(PROGRAM, &edited(PROGRAM, &[(" and Enough(report, least: 900)", "")]));
    insta::assert_debug_snapshot!(messages(&answer, "gate_loosened"));
    let answer = diff(PROGRAM, &edited(PROGRAM, &[("cooldown 7d at most 4", "cooldown 9d at most 2")]));
    insta::assert_debug_snapshot!(messages(&answer, "retraining_loosened"));
}

#[test]
fn patches_on_pods_are_governance_under_every_target() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let manifest = |set: &str| {
        format!("[package]\nname = \"loans\"\n[targets.k8s]\nbackend = \"kubernetes\"\n[targets.k8s.set]\n{set}")
    };
    let (patched, bare) = (manifest("\"fit.pod\" = \"patch.yaml\"\n"), manifest("\"fit.timeout\" = \"2h\"\n"));
    let (one, other) = ("spec:\n  hostNetwork: true\n", "spec:\n  hostNetwork: false\n");
    package(&old, PROGRAM, &[("mlp.toml", &bare)]);
    package(&new, PROGRAM, &[("mlp.toml", &patched), ("patch.yaml", one)]);
    let answer = compared(&old, &new);
    assert_eq!(kinds(&answer), (vec!["pod_patch_changed".to_owned()], Vec::new()), "{answer:#}");
    insta::assert_debug_snapshot!(messages(&answer, "pod_patch_changed"));
    // the same patch is no news, another one is
    package(&old, PROGRAM, &[("mlp.toml", &patched), ("patch.yaml", one)]);
    assert_eq!(kinds(&compared(&old, &new)), (Vec::new(), Vec::new()));
    fs::write(new.join("patch.yaml"), other).unwrap();
    assert_eq!(kinds(&compared(&old, &new)).0, ["pod_patch_changed"]);
    // a plan is compared with the plan for its own target
    fs::write(new.join("patch.yaml"), one).unwrap();
    let plan = |target: &str| {
        let mut command = Command::new(mlp());
        command.args(["plan", "--target", target, "--package"]).arg(&old);
        let file = folder.path().join(format!("{target}.json"));
        fs::write(&file, command.output().unwrap().stdout).unwrap();
        file
    };
    for target in ["k8s", "local"] {
        assert_eq!(kinds(&compared(&plan(target), &new)), (Vec::new(), Vec::new()), "{target}");
    }
    let released = plan("k8s");
    fs::write(new.join("patch.yaml"), other).unwrap();
    assert_eq!(kinds(&compared(&released, &new)).0, ["pod_patch_changed"]);
}

/// What another policy asks of the same report is asked: a clause that moved is not lost, unless somebody is judged without it.
#[test]
fn clauses_that_moved_to_another_policy_are_still_asked() {
    let moved = [
        ("  require candidate.auc >= 0.7\n", "  require candidate.rows >= 1\n"),
        ("pipeline train {", "policy Good(r: Report<Binary>) {\n  require r.auc >= 0.7\n}\npipeline train {"),
        ("when Release(report, before) and", "when Release(report, before) and Good(report) and"),
    ];
    let answer = diff(PROGRAM, &edited(PROGRAM, &moved));
    assert_eq!(kinds(&answer).0, Vec::<String>::new(), "{answer:#}");
    assert_eq!(messages(&answer, "clause_moved").len(), 1, "{answer:#}");
    // of another report it says nothing
    let before = [
        moved[0],
        moved[1],
        ("when Release(report, before) and", "when Release(report, before) and Good(other) and"),
        (
            "  let before",
            "  let rival = fit(parts.train, seed: 2)\n  let other = judge(rival, parts.test)\n  let before",
        ),
    ];
    let answer = diff(PROGRAM, &edited(PROGRAM, &before));
    assert_eq!(kinds(&answer).0, ["policy_loosened"], "{answer:#}");
    // and less is less
    let answer = diff(PROGRAM, &edited(&edited(PROGRAM, &moved), &[("r.auc >= 0.7", "r.auc >= 0.6")]));
    assert_eq!(kinds(&answer).0, ["policy_loosened"], "{answer:#}");
}

#[test]
fn a_policy_whose_clauses_are_asked_by_others_is_not_missed() {
    let joined = [
        ("policy Enough(r: Report<Binary>, least: int) {\n  require r.rows >= least\n}\n", ""),
        ("  require candidate.auc >= 0.7\n", "  require candidate.auc >= 0.7\n  require candidate.rows >= 900\n"),
        (" and Enough(report, least: 500) and Enough(report, least: 900)", ""),
    ];
    let answer = diff(PROGRAM, &edited(PROGRAM, &joined));
    assert_eq!(kinds(&answer).0, Vec::<String>::new(), "{answer:#}");
    let answer = diff(PROGRAM, &edited(&edited(PROGRAM, &joined), &[("rows >= 900", "rows >= 800")]));
    assert_eq!(kinds(&answer).0, ["policy_removed", "gate_removed"], "{answer:#}");
}

#[test]
fn a_changed_default_of_a_pipeline_is_told_and_runs_again_what_reads_it() {
    let old = edited(
        PROGRAM,
        &[
            ("pipeline train {", "pipeline train(share: float64 = 20%, note: string = \"a\") {"),
            ("test: 20%", "test: share"),
        ],
    );
    let answer = diff(&old, &edited(&old, &[("share: float64 = 20%", "share: float64 = 30%")]));
    let told = messages(&answer, "parameter_changed");
    assert_eq!(told, ["the parameter `share: float64 in 0 .. 1 = 0.2` is `share: float64 in 0 .. 1 = 0.3` now"]);
    assert!(messages(&answer, "runs_again")[0].starts_with("will run again: `parts`;"), "{answer:#}");
    // what only stands elsewhere is as it was
    let answer = diff(&old, &edited(&old, &[("pipeline train(", "\n\npipeline train(")]));
    assert_eq!(kinds(&answer), (Vec::new(), Vec::new()), "{answer:#}");
}
