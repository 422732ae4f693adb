//! What is read for every code, in every form of output: one snapshot a code, so that its forms can be read together.
//!
//! The programs are the failing ones of the `explain` pages; what needs data or a process to happen has a package of its own here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{fmt::Write as _, fs, path::Path, process::Command};

use mlp_diagnostics::{Code, examples, render::Format};
use mlp_tests::{mlp, text};
use serde_json::Value;

/// A row below its range.
const BROKEN_DATA: &str = r#"contract Flight { distance: float64 in 0 .. }

source flights() -> Table<Flight> {
  from = jsonl("flights.jsonl")
}

sink publish(rows: Table<Flight>) {
  to = parquet("flights.parquet")
}

pipeline page {
  publish(flights())
}
"#;

/// A model that is too slow for its policy.
const REFUSED: &str = r#"use std.serving.{Serving}

contract Row    { x: float64 }
contract Scored { score: float64 in 0 .. 1 }

stage fit(seed: int = 1) -> Model<Row, Scored> {
  run = command(["sh", "-c", "mkdir -p $MLP_OUT && echo weights > $MLP_OUT/model"])
}
stage measure(model: Model<Row, Scored>) -> Report<Serving> {
  run = command(["sh", "-c", "echo '{\"rows\": 500, \"latency.p99\": 0.25}' > $MLP_OUT"])
}

model Churn: Model<Row, Scored> { ladder = [production] }
policy Fast(candidate: Report<Serving>) {
  require candidate.latency.p99 <= 100ms  else "too slow for the page"
}

pipeline page {
  let model = fit()
  promote model to Churn.production when Fast(measure(model))
}
"#;

/// All that `mlp` says in a package that holds one program.
fn said(folder: &Path, program: &str, args: &[&str]) -> String {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("mlp.toml"), "[package]\nname = \"page\"\nversion = \"1.0.0\"\nlanguage = 1\n").unwrap();
    fs::write(folder.join("src/page.mlp"), program).unwrap();
    fs::write(folder.join("flights.jsonl"), "{\"distance\": 12.5}\n{\"distance\": -1.0}\n").unwrap();
    text(&Command::new(mlp()).args(args).current_dir(folder).env_remove("CLICOLOR_FORCE").output().unwrap())
}

/// Without what differs from one run or version to the next, and without the page that SARIF repeats.
fn steady(format: Format, said: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(said) else { return said.to_owned() };
    match format {
        Format::Json if json.get("summary").is_some() => json["summary"]["millis"] = Value::from(0),
        Format::Sarif => {
            let driver = &mut json["runs"][0]["tool"]["driver"];
            driver["version"] = Value::from("[version]");
            for rule in driver["rules"].as_array_mut().unwrap() {
                rule["help"] = Value::from("[the page of the code]");
            }
        }
        _ => {}
    }
    serde_json::to_string_pretty(&json).unwrap()
}

/// What a command says in every form.
fn in_every_form(folder: &Path, program: &str, command: &[&str]) -> String {
    let mut all = String::new();
    for format in Format::ALL {
        let said = said(folder, program, &[command, &["--format", format.name()]].concat());
        let said = match said.rsplit_once("}\n") {
            // what is told beside the JSON of a test goes to stderr
            Some((json, _)) if matches!(format, Format::Json | Format::Sarif) => steady(*format, &format!("{json}}}")),
            _ => said,
        };
        writeln!(all, "--- {format}\n{}\n", said.trim_end()).unwrap();
    }
    all
}

/// What a run says of what went wrong: the paragraph for people, and the same in its JSON.
fn of_a_run(folder: &Path, program: &str) -> String {
    let told = said(folder, program, &["run"]);
    let told: Vec<&str> =
        told.split("\n\n").filter(|part| part.starts_with("error[") || part.contains("[MLP9")).collect();
    let told = told.join("\n\n");
    let answer = said(folder, program, &["run", "--no-cache", "--format", "json"]);
    let json: Value = serde_json::Deserializer::from_str(answer.trim_start()).into_iter().next().unwrap().unwrap();
    let what = if json["troubles"] == Value::from(Vec::<Value>::new()) { "decisions" } else { "troubles" };
    let json = serde_json::to_string_pretty(&json[what]).unwrap();
    let mut all = format!("--- pretty\n{told}\n\n--- json: {what}\n{json}\n");
    for run in fs::read_dir(folder.join(".mlp/runs")).unwrap() {
        all = all.replace(run.unwrap().file_name().to_str().unwrap(), "[run]");
    }
    let folder = folder.canonicalize().unwrap();
    all.replace(folder.to_str().unwrap(), "[package]")
}

/// Without the time that a check of data took.
fn timeless(said: &str) -> String {
    let line = |line: &str| match (line.split_once(" rows in "), line.split_once("\"millis\": ")) {
        (Some((head, tail)), _) => format!("{head} rows in [time] s{}", tail.split_once(" s").unwrap().1),
        (_, Some((head, _))) => format!("{head}\"millis\": [time],"),
        _ => line.to_owned(),
    };
    said.lines().map(|one| line(one) + "\n").collect()
}

/// What is read for a code; `None` where nothing here gives it.
fn forms(code: Code) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let program = format!("{}\n", examples(code)?.failing);
    let all = match code {
        Code::DataBreaksContract => of_a_run(folder.path(), BROKEN_DATA),
        Code::StageFailed => of_a_run(folder.path(), &program.replace("pipeline nightly", "pipeline page")),
        Code::PromotionRefused => of_a_run(folder.path(), REFUSED),
        Code::TestFailed => in_every_form(folder.path(), &program, &["test"]),
        Code::TargetCannot => said(folder.path(), &program, &["compile", "--target", "airflow", "-o", "out"]),
        Code::DataNotChecked => {
            fs::write(folder.path().join("rows.jsonl"), "{\"tailnum\": \"N14228\"}\n").unwrap();
            timeless(&in_every_form(folder.path(), &program, &["contract", "check", "Flight", "rows.jsonl"]))
        }
        _ => match examples(code)?.before {
            Some(before) => {
                said(&folder.path().join("before"), before, &["--version"]);
                in_every_form(folder.path(), &program, &["diff", "--against", "before", "--today", "2026-01-01"])
            }
            None => in_every_form(folder.path(), &program, &["check"]),
        },
    };
    all.contains(&code.to_string()).then_some(all)
}

#[test]
fn every_code_is_read_in_every_form() {
    let mut unread = Vec::new();
    for code in Code::ALL {
        match forms(*code) {
            Some(all) => insta::assert_snapshot!(code.to_string(), all),
            None => unread.push(code.to_string()),
        }
    }
    assert!(unread.is_empty(), "nothing gives {}", unread.join(", "));
}

#[test]
fn what_a_target_cannot_do_is_mended_as_its_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let page = examples(Code::TargetCannot).unwrap();
    let compile = ["compile", "--target", "airflow", "-o", "out"];
    assert!(!said(folder.path(), page.mended, &compile).contains("MLP801"));
    assert!(folder.path().join("out/nightly.py").is_file());
}
