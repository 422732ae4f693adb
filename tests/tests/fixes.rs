//! `mlp check --fix`: the edits that diagnostics offer, shown and applied.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::{mlp, text};

const PROGRAM: &str = r#"use std.evaluate.{Binary}
use std.split.{at_random}

contract Loan   { id: int64 key, income: float64? unit EUR, late: bool label }
contract Input  { id: int64 key, income: float64 unit EUR, late: bool label }
contract Scored = Input with { score: float64 in 0 .. 1 }
source loans() -> Table<Loam> { from = parquet("loans.parquet") }
stage fit(rows: Table<Input>, depth: int = 4) -> Model<Input, Scored> { run = command(["train"]) }
stage judge(model: Model<Input, Scored>, rows: Table<Input>) -> Report<Binary> { run = command(["judge"]) }
model Credit: Model<Input, Scored> { ladder = [production] }
policy Release(candidate: Report<Binary>, champion: Report<Binary>?) {
  require candidate.acu >= 0.7
  require candidate.auc >= champion.auc
}
pipeline train {
  let parts  = at_random(loans(), test: 20%, seed: 1)
  let model  = fit(parts.train, dept: 8)
  let before = judge(Credit.production, parts.test)
  promote model to Credit.production when Release(judge(model, parts.test), before)
}
"#;

fn check(folder: &Path, args: &[&str]) -> std::process::Output {
    Command::new(mlp()).arg("check").args(args).arg("credit.mlp").current_dir(folder).output().unwrap()
}

#[test]
fn a_dry_run_shows_the_edits_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credit.mlp");
    fs::write(&file, PROGRAM).unwrap();
    let done = check(folder.path(), &["--fix", "--dry-run"]);
    assert_eq!(done.status.code(), Some(1));
    insta::assert_snapshot!(text(&done));
    assert_eq!(fs::read_to_string(&file).unwrap(), PROGRAM);
}

#[test]
fn what_is_offered_is_applied_until_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credit.mlp");
    fs::write(&file, PROGRAM).unwrap();
    let done = check(folder.path(), &["--fix", "--format", "short"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let mended = fs::read_to_string(&file).unwrap();
    insta::assert_snapshot!(mended);
    let again = check(folder.path(), &["--fix", "--dry-run"]);
    assert_eq!((again.status.code(), text(&again).as_str()), (Some(0), ""), "nothing is left to mend");
}

#[test]
fn what_has_no_safe_mend_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let program = "contract A { a: uint8 in -5 .. -1 }\n";
    fs::write(folder.path().join("credit.mlp"), program).unwrap();
    let done = check(folder.path(), &["--fix", "--format", "short"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done).contains("MLP307"), "{}", text(&done));
    assert_eq!(fs::read_to_string(folder.path().join("credit.mlp")).unwrap(), program);
}
