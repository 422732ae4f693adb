//! `examples/quickstart`, as a user runs it: a first run, a second that does nothing, and inputs that break their contract.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use mlp_tests::{copy, mlp, root, text};

/// A copy of the example in a folder of its own.
fn package() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("quickstart");
    copy(&root().join("examples/quickstart"), &package);
    (folder, package)
}

fn run(package: &Path, args: &[&str]) -> Output {
    Command::new(mlp()).args(args).arg("--package").arg(package).output().unwrap()
}

/// Runs the example on a CSV whose lines were changed.
fn run_on(change: impl Fn(usize, &str) -> String) -> (tempfile::TempDir, PathBuf, Output) {
    let (folder, package) = package();
    let csv = package.join("data/airports.csv");
    let changed: Vec<String> =
        fs::read_to_string(&csv).unwrap().lines().enumerate().map(|(index, line)| change(index, line)).collect();
    fs::write(&csv, changed.join("\n") + "\n").unwrap();
    let done = run(&package, &["run"]);
    (folder, package, done)
}

fn refused(change: impl Fn(usize, &str) -> String, column: &str) {
    let (_folder, package, done) = run_on(change);
    let said = text(&done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("MLP901") && said.contains(column), "{said}");
    assert!(said.contains("quickstart.mlp:"), "the line of the program: {said}");
    assert!(!package.join("out").exists(), "nothing was published");
}

#[test]
fn a_second_run_does_nothing() {
    let (_folder, package) = package();
    let first = run(&package, &["run"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    assert!(package.join("out").is_dir(), "the sinks wrote");
    let second = run(&package, &["run", "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    let states: Vec<&str> =
        summary["nodes"].as_array().unwrap().iter().map(|node| node["state"].as_str().unwrap()).collect();
    assert!(states.len() >= 5 && states.iter().all(|state| *state == "cached"), "{states:?}");
}

#[test]
fn the_tests_in_the_example_pass_and_it_is_formatted() {
    let (_folder, package) = package();
    let tested = run(&package, &["test"]);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested));
    let formatted = Command::new(mlp()).args(["fmt", "--check"]).arg(package.join("src")).output().unwrap();
    assert_eq!(formatted.status.code(), Some(0), "{}", text(&formatted));
}

#[test]
fn plans_are_the_same_bytes_each_time() {
    let (_folder, package) = package();
    let first = run(&package, &["plan"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first));
    assert_eq!(first.stdout, run(&package, &["plan"]).stdout);
}

#[test]
fn a_null_in_a_key_is_refused() {
    refused(|index, line| if index == 1 { line.replacen("04G,", ",", 1) } else { line.to_owned() }, "faa");
}

#[test]
fn a_value_out_of_range_is_refused() {
    refused(
        |index, line| if index == 1 { line.replacen(",41.1304722,", ",-41.1304722,", 1) } else { line.to_owned() },
        "lat",
    );
}

#[test]
fn an_unknown_member_is_refused() {
    refused(
        |index, line| if index == 1 { line.replacen(",A,America", ",X,America", 1) } else { line.to_owned() },
        "dst",
    );
}

#[test]
fn a_missing_column_is_refused() {
    let without = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        cells.iter().enumerate().filter(|(index, _)| *index != 4).map(|(_, cell)| *cell).collect::<Vec<_>>().join(",")
    };
    refused(|_, line| without(line), "alt");
}

#[test]
fn a_missing_column_is_told_once_though_other_rules_read_it() {
    let (_folder, _package, done) =
        run_on(|index, line| if index == 0 { line.replace("tzone", "zone") } else { line.to_owned() });
    let said = text(&done);
    assert!(said.contains("tzone: string?: missing"), "{said}");
    assert!(!said.contains("null_rate"), "{said}");
}

#[test]
fn a_broken_key_points_at_the_key() {
    let (_folder, package, done) =
        run_on(|index, line| if index == 2 { line.replacen("06A", "04G", 1) } else { line.to_owned() });
    let said = text(&done);
    let program = fs::read_to_string(package.join("src/quickstart.mlp")).unwrap();
    let line = 1 + program.lines().position(|line| line.contains("key  matches")).unwrap();
    assert!(said.contains("key (faa): 1 of"), "{said}");
    assert!(said.contains(&format!("quickstart.mlp:{line}:")), "{said}");
}
