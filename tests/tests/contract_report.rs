//! What `mlp contract check` prints, in each form: where data breaks a rule, in which of many files, and why it could not be looked at.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use mlp_tests::{mlp, text};
use serde_json::Value;
use tempfile::tempdir;

const CONTRACT: &str = "contract C {\n  id: int64 key\n  a: int64 in 0 .. 10\n  b: string matches /[a-z]+/\n  s: string? @pii\n  expect rows >= 1\n}\n";

fn check(folder: &Path, data: &str, args: &[&str]) -> Output {
    fs::write(folder.join("c.mlp"), CONTRACT).unwrap();
    let mut command = Command::new(mlp());
    command.args(["contract", "check", "C", data, "--package", "c.mlp"]).args(args).current_dir(folder);
    command.output().unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_line_of_a_log_has_the_file_the_row_and_the_values() {
    let folder = tempdir().unwrap();
    write(folder.path(), "d/one.csv", "id,a,b,s\n1,1,x,p\n");
    write(folder.path(), "d/two.csv", "id,a,b,s\n2,11,x,p\n3,12,y,SECRET\n3,1,z,p\n");
    let output = check(folder.path(), "d", &["--format", "short"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let lines: Vec<String> = out(&output).lines().map(str::to_owned).collect();
    assert_eq!(
        lines[..2],
        [
            "d/two.csv:1: error[MLP901]: a in 0 .. 10: 2 of 4 rows break it: id=2, a=11 (c.mlp:3:12)",
            "d/two.csv:3: error[MLP901]: key (id): 1 of 4 rows breaks it: id=3 (c.mlp:2:13)",
        ],
        "{lines:?}"
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    // a rule over all rows has no row
    write(folder.path(), "none.csv", "id,a,b,s\n");
    let none = out(&check(folder.path(), "none.csv", &["--format", "short"]));
    assert!(none.starts_with("c.mlp:6:3: error[MLP901]: rows >= 1: rows is 0"), "{none}");
}

#[test]
fn of_many_files_those_are_named_that_lack_a_column_or_have_another_type() {
    let folder = tempdir().unwrap();
    for name in ["a", "b", "c", "d", "e", "f"] {
        write(folder.path(), &format!("d/{name}.jsonl"), "{\"id\":1,\"a\":1,\"b\":\"x\",\"s\":null}\n");
    }
    write(folder.path(), "d/c.csv", "id,b,s\n2,x,p\n");
    let form = |form: &str| {
        let output = check(folder.path(), "d", &["--format", form, "--html", "page.html"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        out(&output).replace('\n', " ")
    };
    for one in ["pretty", "narrated", "short", "json", "sarif", "junit", "github"] {
        let said = form(one).replace("│ ", "");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("missing in d/c.csv (1 of 7 files)"), "{one}: {said}");
    }
    assert!(fs::read_to_string(folder.path().join("page.html")).unwrap().contains("missing in d/c.csv (1 of 7 files)"));
    for name in ["g", "h", "i", "j"] {
        write(folder.path(), &format!("d/{name}.csv"), "id,b,s\n2,x,p\n");
    }
    assert!(
        form("short").contains("missing in d/c.csv, d/g.csv, d/h.csv and 2 more (5 of 11 files)"),
        "{}",
        form("short")
    );
}

/// Whoever reads the document must not take a check that did not happen for one that found nothing.
#[test]
fn a_check_that_could_not_be_made_says_so_in_every_form() {
    let folder = tempdir().unwrap();
    write(folder.path(), "bad.csv", "id,a,b,s\n1,1,x\n");
    let form = |form: &str| {
        let output = check(folder.path(), "bad.csv", &["--format", form]);
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        out(&output)
    };
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    let message = json["failures"][0]["message"].as_str().unwrap();
    assert!(message.contains("bad.csv") && json["summary"]["errors"] == 1, "{json}");
    let sarif: Value = serde_json::from_str(&form("sarif")).unwrap();
    let run = &sarif["runs"][0]["invocations"][0];
    assert_eq!(run["executionSuccessful"], false);
    assert!(run["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap().contains(message), "{sarif}");
    assert!(form("junit").contains("errors=\"1\"") && form("junit").contains("<error type="), "{}", form("junit"));
    let github = form("github");
    assert!(github.starts_with("::error title=mlp contract check::bad.csv: "), "{github}");
    for people in ["pretty", "narrated", "short"] {
        assert_eq!(form(people), "");
    }
    // one document, also where there is no contract of that name, or no package
    for args in [["D", "c.mlp"], ["C", "nowhere.mlp"]] {
        let mut command = Command::new(mlp());
        let [contract, package] = args;
        command.args(["contract", "check", contract, "bad.csv", "--format", "json", "--package", package]);
        let output = command.current_dir(folder.path()).output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.code() == Some(2) && !json["failures"][0]["message"].is_null(), "{json}");
    }
}

#[test]
fn a_program_with_errors_is_told_in_the_form_that_was_asked_for() {
    let folder = tempdir().unwrap();
    write(folder.path(), "wrong.mlp", "contract C { a: int65 }\n");
    let mut command = Command::new(mlp());
    command.args(["contract", "check", "C", "d.csv", "--package", "wrong.mlp", "--format", "json"]);
    let output = command.current_dir(folder.path()).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), json["diagnostics"][0]["code"].as_str()), (Some(1), Some("MLP201")), "{json}");
}

#[test]
fn a_page_is_that_of_the_last_check_and_replaces_pages_alone() {
    let folder = tempdir().unwrap();
    write(folder.path(), "good.csv", "id,a,b,s\n1,1,x,p\n");
    write(folder.path(), "bad.csv", "id,a,b,s\n1,1,x\n");
    write(folder.path(), "notes.txt", "mine");
    let page = |data: &str, code: i32| {
        let output = check(folder.path(), data, &["--html", "page.html"]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        fs::read_to_string(folder.path().join("page.html")).unwrap()
    };
    assert!(page("good.csv", 0).contains("the data keeps it"));
    let failed = page("bad.csv", 2);
    assert!(failed.contains("it was not checked") && failed.contains("bad.csv"), "{failed}");
    assert!(!failed.contains("the data keeps it"), "{failed}");
    assert!(page("good.csv", 0).contains("the data keeps it"));
    let refused = check(folder.path(), "good.csv", &["--html", "notes.txt", "--format", "json"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert!(text(&refused).contains("it is no page of a report"), "{}", text(&refused));
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
    let nowhere = check(folder.path(), "good.csv", &["--html", "none/page.html", "--format", "json"]);
    let json: Value = serde_json::from_slice(&nowhere.stdout).unwrap();
    let message = json["failures"][0]["message"].as_str().unwrap();
    assert_eq!(message, "cannot write `none/page.html`: there is no folder `none`; make it first");
}

#[test]
fn what_an_early_end_left_open_is_one_finding() {
    let folder = tempdir().unwrap();
    write(folder.path(), "d.csv", "id,a,b,s\n1,99,x,p\n");
    let form = |form: &str| out(&check(folder.path(), "d.csv", &["--fail-fast", "--format", form]));
    let short = form("short");
    let open: Vec<&str> = short.lines().filter(|line| line.contains("MLP905")).collect();
    let words = "c.mlp:1:10: error[MLP905]: the check ended early, when enough rows were broken: ";
    assert!(matches!(open.as_slice(), [line] if line.starts_with(words)), "{short}");
    assert!(open[0].ends_with("10 of 11 rules are not judged"), "{short}");
    let json: Value = serde_json::from_str(&form("json")).unwrap();
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 2, "{json}");
    assert_eq!(json["check"]["rules"].as_array().unwrap().len(), 11, "{json}");
    let junit = form("junit");
    assert!(junit.contains("tests=\"2\" failures=\"2\""), "{junit}");
    let pretty = form("pretty");
    assert!(!pretty.lines().any(|line| line.starts_with("unknown")), "{pretty}");
}
