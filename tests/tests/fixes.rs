//! `mlp check --fix`: the edits that diagnostics offer, shown and applied.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mlp_diagnostics::{Code, examples};
use mlp_tests::{marks::marked, mlp, root, text};

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

/// A finding as it is told, without its place: edits move lines.
type Told = (String, String);
/// An edit: where it begins and ends in bytes, and the new text.
type Replaced = (usize, usize, String);

/// What is found in a program, with the edits that are offered: for each its place in bytes and the new text.
fn offered(folder: &Path, program: &str) -> Vec<(Told, Vec<Replaced>)> {
    let file = folder.join("credit.mlp");
    fs::write(&file, program).unwrap();
    let done = check(folder, &["--format", "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let found = answer["diagnostics"].as_array().unwrap().iter().map(|found| {
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        let edits = found["fix"]["edits"].as_array().into_iter().flatten().map(|edit| {
            assert_eq!(edit["file"], "credit.mlp", "edits stay in the package's own files");
            let ends = ["start", "end"].map(|end| number(&edit["range"][end]["offset"]));
            (ends[0], ends[1], edit["text"].as_str().unwrap().to_owned())
        });
        ((text("code"), text("message")), edits.collect())
    });
    found.collect()
}

/// Every program of the tests and of the `explain` pages.
fn programs() -> Vec<(String, String)> {
    let mut programs = Vec::new();
    for folder in ["tests/programs", "tests/mistakes"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".mlp") {
                let source = fs::read_to_string(&path).unwrap();
                programs.push((name.clone(), marked(&name, &source).0));
            }
        }
    }
    let pages = Code::ALL.iter().filter_map(|code| Some((code.to_string(), examples(*code)?)));
    programs.extend(pages.map(|(name, page)| (name, format!("{}\n", page.failing))));
    programs.sort();
    programs
}

#[test]
fn each_edit_mends_what_it_is_offered_for_and_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, mut codes) = (Vec::new(), BTreeSet::new());
    for (name, program) in programs() {
        let found = offered(folder.path(), &program);
        for (at, (told, edits)) in found.iter().enumerate().filter(|(_, (_, edits))| !edits.is_empty()) {
            codes.insert(told.0.clone());
            let mut mended = program.clone();
            let mut edits = edits.clone();
            edits.sort();
            for (start, end, text) in edits.iter().rev() {
                mended.replace_range(*start..*end, text);
            }
            let left: Vec<Told> = offered(folder.path(), &mended).into_iter().map(|(told, _)| told).collect();
            let mut others: Vec<&Told> =
                found.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, (told, _))| told).collect();
            for told in &left {
                match others.iter().position(|other| *other == told) {
                    Some(known) => drop(others.remove(known)),
                    None => wrong.push(format!("{name}: mending {:?} leaves or makes {told:?}", found[at].0)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let expected = [
        "MLP101", "MLP201", "MLP202", "MLP203", "MLP204", "MLP301", "MLP303", "MLP305", "MLP306", "MLP307", "MLP308",
        "MLP401", "MLP404", "MLP405", "MLP408", "MLP409", "MLP502", "MLP506", "MLP601", "MLP602", "MLP605", "MLP608",
        "MLP701",
    ];
    assert_eq!(codes.iter().map(String::as_str).collect::<Vec<_>>(), expected, "codes with an edit, each tried here");
}

#[test]
fn what_is_deleted_takes_its_line_along() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credit.mlp");
    let program = |clauses: &str, key: &str| {
        let policy = format!("policy Good(candidate: Report<Binary>) {{\n{clauses}}}\n");
        format!("use std.evaluate.{{Binary}}\n{policy}contract A {{ a: int64 {key} }}\n")
    };
    let repeated = program("  require candidate.auc >= 0.8\n  require candidate.auc >= 0.7\n", "key key");
    fs::write(&file, repeated).unwrap();
    let done = check(folder.path(), &["--fix"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert_eq!(fs::read_to_string(&file).unwrap(), program("  require candidate.auc >= 0.8\n", "key"));
}

#[test]
fn a_misspelt_column_in_a_file_of_sql_is_told_and_mended_there() {
    let folder = tempfile::tempdir().unwrap();
    let program = "contract A { id: int64, amount: float64 }\n\
                   stage same(rows: Table<A>) -> Table<A> { run = sql(\"same.sql\") }\n";
    fs::write(folder.path().join("credit.mlp"), program).unwrap();
    fs::write(folder.path().join("same.sql"), "select id,\n  amuont as amount\nfrom rows\n").unwrap();
    let done = check(folder.path(), &["--format", "short"]);
    assert_eq!(done.status.code(), Some(1));
    let told = text(&done);
    assert!(told.contains("same.sql:2:3"), "{told}");
    let done = check(folder.path(), &["--fix", "--format", "short"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let mended = fs::read_to_string(folder.path().join("same.sql")).unwrap();
    assert_eq!(mended, "select id,\n  amount as amount\nfrom rows\n");
}

#[test]
fn a_word_of_an_sql_is_told_where_it_stands_behind_escapes() {
    let folder = tempfile::tempdir().unwrap();
    let program = "contract A { id: int64 }\n\
                   stage same(rows: Table<A>) -> Table<A> { run = sql(\"select \\\"id\\\"\\n from rows where idd > 1\") }\n";
    fs::write(folder.path().join("credit.mlp"), program).unwrap();
    let told = text(&check(folder.path(), &["--format", "short"]));
    let column = program.lines().nth(1).unwrap().find("idd").unwrap() + 1;
    assert!(told.contains(&format!("credit.mlp:2:{column}")), "{told}");
}
