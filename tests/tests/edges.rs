//! `mlp check --explain-checks`: what was proven, refuted and left to the run, edge by edge.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, process::Command};

use mlp_tests::{mlp, text};

const PROGRAM: &str = r#"
contract Raw   { id: int64, age: int32 in 0 .. 150, dose: float64?, name: string, at: timestamp(ms) }
contract Clean { id: int64 key, age: int64 in 0 .. 120, dose: float64 in 0 .. 10, name: string matches /[a-z]+/, at: timestamp, site: string = "main" }
contract Short { id: int64, years: int64 in 200 .. }
contract Named { id: int64, years: int64 in 0 .. 100 }
stage load() -> Table<Raw> { run = command(["true"]) }
stage aged(raw: Table<Raw>) -> Table<Named> { run = sql("select id, age as years from raw") }
sink keep(rows: Table<Clean>) { to = parquet("clean.parquet") }
sink old(rows: Table<Short>) { to = parquet("old.parquet") }
pipeline p {
  let raw = load()
  keep(raw)
  old(aged(raw))
}
"#;

fn explained(format: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("p.mlp"), PROGRAM).unwrap();
    let args = ["check", "--explain-checks", "--format", format, "p.mlp"];
    Command::new(mlp()).args(args).current_dir(folder.path()).output().unwrap()
}

#[test]
fn every_rule_of_an_edge_is_listed() {
    insta::assert_snapshot!(text(&explained("short")));
}

#[test]
fn programs_read_them_as_json() {
    let answer: serde_json::Value = serde_json::from_slice(&explained("json").stdout).unwrap();
    let edges = answer["edges"].as_array().unwrap();
    assert_eq!(edges.len(), 4, "three arguments and one SELECT");
    let of = |outcome: &str| {
        let rules = edges.iter().flat_map(|edge| edge["rules"].as_array().unwrap());
        rules.filter(|rule| rule["outcome"] == outcome).count()
    };
    assert!(of("proven") > of("planted") && of("planted") > 0 && of("refuted") == 2, "{answer}");
    assert_eq!(answer["diagnostics"].as_array().unwrap().len(), 2, "what is refuted is reported, too");
}

#[test]
fn forms_that_have_no_room_for_it_say_so() {
    let done = explained("sarif");
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done).contains("--format pretty, narrated, short or json"), "{}", text(&done));
}
