//! `mlp contract check` at the edges of what data can be: what looks like a pass and is none.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use mlp_tests::{mlp, text};
use serde_json::Value;

fn check(folder: &Path, contract: &str, data: &str, args: &[&str]) -> Output {
    fs::write(folder.join("c.mlp"), contract).unwrap();
    let mut check = Command::new(mlp());
    check.args(["contract", "check", "C", data, "--package", "c.mlp"]).args(args).current_dir(folder);
    check.output().unwrap()
}

/// Broken rules, each with how many rows break it.
fn broken(contract: &str, name: &str, data: &str) -> Vec<(String, u64)> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), data).unwrap();
    let output = check(folder.path(), contract, name, &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    let rules = report.pointer("/check/rules").unwrap().as_array().unwrap();
    let failed = rules.iter().filter(|rule| rule.get("verdict").is_none_or(|verdict| verdict != "pass"));
    let told = |rule: &Value| Some((rule.get("rule")?.as_str()?.to_owned(), rule.get("rows")?.as_u64()?));
    failed.map(|rule| told(rule).unwrap()).collect()
}

#[test]
fn inside_of_json_values_nothing_is_rounded_or_read_as_another_kind() {
    let contract = "contract C { g: struct { n: int32, t: string, b: bool, f: uint8, at: date }, l: list<int8> }";
    let good = r#"{"g":{"n":1,"t":"5","b":true,"f":2,"at":"2020-01-01"},"l":[1,-128]}"#;
    assert_eq!(broken(contract, "d.jsonl", good), []);
    let wrong = [
        ("\"n\":1", "\"n\":1.5"),
        ("\"n\":1", "\"n\":\"7\""),
        ("\"n\":1", "\"n\":9999999999"),
        ("\"t\":\"5\"", "\"t\":5"),
        ("\"b\":true", "\"b\":\"true\""),
        ("\"f\":2", "\"f\":256"),
        ("\"at\":\"2020-01-01\"", "\"at\":18262"),
        ("\"at\":\"2020-01-01\"", "\"at\":\"20200101\""),
        ("[1,-128]", "[1.9]"),
        ("[1,-128]", "[\"3\"]"),
        ("[1,-128]", "[300]"),
        ("[1,-128]", "{}"),
    ];
    for (from, to) in wrong {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        let found = broken(contract, "d.jsonl", &format!("{good}\n{bad}\n{good}\n"));
        assert!(
            matches!(found.as_slice(), [(rule, 1)] if rule.starts_with(if to.starts_with(['[', '{']) { "l:" } else { "g:" })),
            "{bad}: {found:?}"
        );
    }
}

#[test]
fn an_empty_line_of_a_csv_file_with_one_column_is_a_missing_value() {
    let contract = "contract C { a: int64 }";
    let missing = [("a is never null".to_owned(), 1)];
    for data in ["a\n1\n\n2\n", "a\n1\n2\n\n", "a\r\n1\r\n\r\n2\r\n", "a\n\n1\n2", "a\n1\n\"\"\n2\n"] {
        assert_eq!(broken(contract, "d.csv", data), missing, "{data:?}");
    }
    for data in ["a\n1\n2\n", "\n\na\n1\n2"] {
        assert_eq!(broken(contract, "d.csv", data), [], "{data:?}");
    }
    assert_eq!(broken("contract C { a: string }", "d.csv", "a\n\"x\n\ny\"\n"), []);
    assert_eq!(broken("contract C { a: int64, b: int64 }", "d.csv", "a,b\n1,2\n\n3,4\n"), []);
}

#[test]
fn days_and_times_have_one_form() {
    for (data, good, bad) in [
        (
            "date",
            ["2020-02-29", "0001-01-01"].as_slice(),
            ["20240101", "2024-1-1", "2024-01-01 ", "2023-02-29"].as_slice(),
        ),
        (
            "time",
            &["05:00:00", "05:00", "23:59:59.123456", "05:00:00.120000000"],
            &["5:00 PM", "23:59:60", "05:00:00.1234567", "5:00", "24:00:00"],
        ),
    ] {
        let contract = format!("contract C {{ a: {data}, b: int64 }}");
        for (texts, wanted) in [(good, 0), (bad, 1)] {
            for text in texts {
                let found = broken(&contract, "d.csv", &format!("a,b\n{text},1\n"));
                assert_eq!(found.len(), wanted, "{data} {text:?}: {found:?}");
            }
        }
    }
}

#[test]
fn a_link_that_leads_back_is_followed_once_and_a_pipe_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("d/x")).unwrap();
    fs::write(folder.path().join("d/a.csv"), "a,b\n1,2\n").unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("d/x/up")).unwrap();
    let contract = "contract C { a: int64 key, b: int64, expect rows == 1 }";
    let once = check(folder.path(), contract, "d", &[]);
    assert_eq!(once.status.code(), Some(0), "{}", text(&once));
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.csv")).status().unwrap().success());
    let pipe = check(folder.path(), contract, "pipe.csv", &[]);
    assert!(pipe.status.code() == Some(2) && text(&pipe).contains("no regular file"), "{}", text(&pipe));
}

#[test]
fn a_sample_of_nothing_is_no_sample() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), "a\n99\n").unwrap();
    let none = check(folder.path(), "contract C { a: int64 in 0 .. 10 }", "d.csv", &["--sample", "0"]);
    assert_eq!(none.status.code(), Some(2), "{}", text(&none));
}

#[test]
fn the_ends_of_a_tagged_column_are_masked_and_a_correlation_lies_within_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), "s,a,b\nTOPSECRET,0,0\nHUSH,0,0\nHUSH,1,1\n").unwrap();
    let contract = "contract C {\n  s: string @pii\n  a: int64\n  b: int64\n  expect min(s) >= \"zzz\"\n  expect max(s) <= \"a\"\n  expect correlation(a, b) <= 1\n  expect max(a) <= 1\n}\n";
    for form in ["short", "pretty", "json", "sarif", "junit", "github"] {
        let output = check(folder.path(), contract, "d.csv", &["--format", form]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains("TOPSECRET") && !said.contains("HUSH"), "{form}: {said}");
        assert!(form != "json" || (said.contains("\u{2022}") && said.contains("max(a) is 1")), "{said}");
    }
    assert_eq!(broken(contract, "d.csv", "s,a,b\nx,0,0\ny,0,0\nz,1,1\n").len(), 2);
}
