//! `mlp test`: contracts, stages of every kind, policies with intervals and slices, `<:`; its forms, its filter and its coverage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};

use mlp_tests::{mlp, root, text};

const PROGRAM: &str = r#"use std.evaluate.{Binary}
use std.tables.{deduplicate}

env default {
  python       = ">=3.10"
  requirements = "requirements.txt"
}

contract Order   { id: int64 key, amount: float64 in 0.7 .., country: string }
contract Taxed   = Order with { tax: float64 }
contract Flagged = Order with { big: bool }

stage tax(orders: Table<Order>) -> Table<Taxed> { run = sql("select *, amount * 0.2 as tax from orders order by id") }
stage flag(orders: Table<Order>, least: float64 = 100) -> Table<Flagged> { run = python("flags:flag") }
stage both(orders: Table<Order>) -> Table<Flagged> = flag(orders, least: 5)
stage kept(orders: Table<Order>) -> Table<Order> = deduplicate(orders, by: [.country])

policy Release(candidate: Report<Binary>, champion: Report<Binary>?) {
  require candidate.auc >= 0.7 at 95% confidence
  require min(candidate.recall by country) >= 0.5
  when champion { require candidate.auc >= champion.auc - 0.005 }
}

test "rows are held to their contract" {
  expect Order { amount: 0.7, .. } passes
  expect Order { amount: 0.5, .. } fails at amount
  expect Taxed <: Order
  expect not Order <: Taxed
}
test "sql is run on rows, and what is not given is made up" {
  expect tax([Order { id: 2, amount: 10, .. }, Order { id: 1, .. }]) == [Taxed { id: 1, .. }, Taxed { tax: 2, .. }]
}
test "python is run on rows, also from a stage made of stages" {
  expect flag([Order { id: 1, amount: 10, .. }], least: 5) == [Flagged { big: true, .. }]
  expect flag([Order { id: 1, amount: 10, .. }]) == [Flagged { big: false, .. }]
  expect both([Order { id: 1, amount: 10, .. }]) == [Flagged { big: true, .. }]
}
test "a stage made of the standard library's is run on rows" {
  let first = Order { id: 1, amount: 1, country: "DE" }
  expect kept([first, Order { id: 2, country: "DE", .. }]) == [first]
}
test "policies decide by intervals and slices" {
  let good = Report<Binary> { auc: 0.8 [0.75 .. 0.85], recall by country { DE: 0.6, FR: 0.7 }, .. }
  expect Release(good, none) passes
  expect Release(Report<Binary> { auc: 0.8 [0.65 .. 0.95], recall by country { DE: 0.6 }, .. }, none) fails at auc
  expect Release(Report<Binary> { recall by country { DE: 0.6 }, .. }, none) unknown at auc
  expect Release(Report<Binary> { auc: 0.8 [0.75 .. 0.85], recall by country { DE: 0.6, FR: 0.4 }, .. }, none) fails at recall
}
"#;

const PYTHON: &str = r#"import pandas as pd


def flag(orders: pd.DataFrame, least: float) -> pd.DataFrame:
    return orders.assign(big=orders["amount"] > least)
"#;

/// A package with the program and one more test.
fn package(more: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("shop");
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("mlp.toml"), "[package]\nname = \"shop\"\nlanguage = 1\n").unwrap();
    fs::write(package.join("src/shop.mlp"), format!("{PROGRAM}{more}")).unwrap();
    fs::write(package.join("flags.py"), PYTHON).unwrap();
    fs::copy(root().join("backends/local/tests/python/requirements.txt"), package.join("requirements.txt")).unwrap();
    (folder, package)
}

fn test(package: &PathBuf, args: &[&str]) -> Output {
    Command::new(mlp()).arg("test").args(args).current_dir(package).output().unwrap()
}

#[test]
fn stages_of_every_kind_are_run_on_rows() {
    let (_folder, package) = package("");
    let done = test(&package, &["--format", "short"]);
    assert_eq!(text(&done).trim(), "5 passed, 0 failed");
    assert_eq!(done.status.code(), Some(0));
    let runs = Command::new(mlp()).args(["runs"]).current_dir(&package).output().unwrap();
    assert!(!text(&runs).contains("mlp_test"), "what tests run is no run of the package: {}", text(&runs));
}

#[test]
fn a_test_that_fails_says_which_row_and_why() {
    let more = r#"
test "a wrong tax" {
  expect tax([Order { id: 1, amount: 10, .. }]) == [Taxed { tax: 3, .. }]
  expect tax([Order { id: 1, amount: 10, .. }]) == []
  expect tax([Order { id: 1, amount: 0.1, .. }]) == [Taxed { tax: 3, .. }]
}
"#;
    let (_folder, package) = package(more);
    let done = test(&package, &["--filter", "wrong", "--format", "short"]);
    let said = text(&done);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("row 1: `tax` is 2.0, and 3 was expected"), "{said}");
    assert!(said.contains("it gives 1 rows, and 0 were expected"), "{said}");
    assert!(said.contains("amount") && said.contains("0.7"), "rows that break their contract are told: {said}");
    assert!(said.ends_with("0 passed, 1 failed\n"), "only what the filter leaves is run: {said}");
}

#[test]
fn json_and_junit_name_each_test() {
    let (_folder, package) = package("test \"no\" { expect Order { amount: 0.1, .. } passes }\n");
    let args = ["--filter", "o", "--format"];
    let json = test(&package, &[args[0], args[1], args[2], "json"]);
    let answer: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let tests = answer["tests"].as_array().unwrap();
    let failed: Vec<&str> =
        tests.iter().filter(|test| test["passed"] == false).map(|test| test["name"].as_str().unwrap()).collect();
    assert_eq!(failed, ["no"]);
    assert_eq!(answer["diagnostics"][0]["code"], "MLP904");
    let junit = test(&package, &[args[0], args[1], args[2], "junit"]);
    let junit = String::from_utf8_lossy(&junit.stdout).into_owned();
    assert!(junit.contains("<testcase classname=\"shop\" name=\"rows are held to their contract\"/>"), "{junit}");
    assert!(junit.contains("name=\"no\">") && junit.contains("<failure type=\"MLP904\""), "{junit}");
}

#[test]
fn coverage_names_the_clauses_that_no_test_makes_fail() {
    let (_folder, package) = package("");
    let args = ["--filter", "policies", "--coverage", "--format"];
    let told = text(&test(&package, &[&args[..], &["short"]].concat()));
    insta::assert_snapshot!(told);
    let json = test(&package, &[&args[..], &["json"]].concat());
    let answer: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let fails: Vec<bool> =
        answer["coverage"].as_array().unwrap().iter().map(|clause| clause["fails"].as_bool().unwrap()).collect();
    assert_eq!(fails, [true, true, false]);
}
