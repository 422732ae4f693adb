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
        ("\"n\":1", "\"n\":1.00000000000000000001"),
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
    for option in ["--sample", "--max-errors", "--jobs"] {
        let none = check(folder.path(), "contract C { a: int64 in 0 .. 10 }", "d.csv", &[option, "0"]);
        assert_eq!(none.status.code(), Some(2), "{}", text(&none));
        assert!(text(&none).contains("a whole number is meant, 1 or more"), "{}", text(&none));
    }
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

#[test]
fn inside_of_json_values_durations_and_decimals_are_read_as_in_a_column() {
    let contract = "contract C { o: struct { d: duration, n: decimal(38, 10), at: timestamp, f: float64 }, l: list<duration>, v: vector<float32, 2>, m: map<string, time> }";
    let good = r#"{"o":{"d":"90min","n":12345678901234567890.1234567891,"at":"2020-01-01T00:00:00+02:00","f":1e3},"l":["PT1S",5,null],"v":[1,0.5],"m":{"a":"05:00"}}"#;
    assert_eq!(broken(&contract.replace("list<duration>", "list<duration?>"), "d.jsonl", good), []);
    for (from, to, of) in [
        ("\"90min\"", "\"90 parsecs\"", "o:"),
        ("\"90min\"", "true", "o:"),
        ("+02:00", "", "o:"),
        // floats would not tell it from what fits
        ("90.1234567891", "90.12345678911", "o:"),
        ("\"f\":1e3", "\"f\":\"1e3\"", "o:"),
        ("\"PT1S\"", "\"\"", "l:"),
        ("[1,0.5]", "[1]", "v:"),
        ("[1,0.5]", "[1,\"0.5\"]", "v:"),
        ("\"05:00\"", "\"5:00\"", "m:"),
    ] {
        let bad = good.replace(from, to).replace(",null", "");
        let found = broken(contract, "d.jsonl", &format!("{}\n{bad}\n", good.replace(",null", "")));
        assert!(matches!(found.as_slice(), [(rule, 1)] if rule.starts_with(of)), "{bad}: {found:?}");
    }
}

#[test]
fn digits_beyond_a_float_are_no_infinity() {
    for (ty, value, holds) in [
        ("float64", "1e999", false),
        ("float64", "-1e999", false),
        ("float64", "1e308", true),
        ("float64", "inf", true),
        ("float32", "1e39", false),
        ("float32", "1e38", true),
    ] {
        let found = broken(&format!("contract C {{ a: {ty} }}"), "d.csv", &format!("a\n1\n{value}\n"));
        assert_eq!(found.is_empty(), holds, "{ty} {value}: {found:?}");
    }
}

#[test]
fn inside_of_json_values_documents_are_whole_and_numbers_beyond_a_float_are_told() {
    let contract =
        "contract C { o: struct { j: json, f: float64 }, l: list<json?>, m: map<string, json>, d: decimal(4, 2) }";
    let good = r#"{"o":{"j":{"a":[1,{"b":null}]},"f":1e3},"l":[[1],{},"{\"x\":1}",1e999,null,true],"m":{"k":{"a":1},"\u0061":[]},"d":"1.5"}"#;
    assert_eq!(broken(contract, "d.jsonl", good), []);
    for (from, to, of) in [
        ("\"f\":1e3", "\"f\":1e999", "o:"),
        ("\"f\":1e3", "\"f\":{}", "o:"),
        ("{\"a\":[1,{\"b\":null}]}", "\"no document\"", "o:"),
        ("[[1],", "[\"no document\",", "l:"),
        ("{\"k\":", "[[\"k\"],", "m:"),
    ] {
        let bad = good.replace(from, to).replace(",\"\\u0061\":[]}", if to.starts_with("[[") { "]" } else { "}" });
        let found = broken(contract, "d.jsonl", &format!("{good}\n{bad}\n{good}\n"));
        assert!(matches!(found.as_slice(), [(rule, 1)] if rule.starts_with(of)), "{bad}: {found:?}");
    }
}

#[test]
fn quantiles_and_means_of_whole_numbers_are_exact() {
    let most = i64::MAX;
    for (rule, data, holds) in [
        ("quantile(a, 1) <= 9007199254740992", "9007199254740993".to_owned(), false),
        ("quantile(a, 1) <= 9007199254740993", "9007199254740993".to_owned(), true),
        ("mean(a) <= 9223372036854775807", format!("{most}\n{most}\n{most}"), true),
        ("mean(a) <= 9223372036854775806", format!("{most}\n{}", most - 1), false),
        ("mean(a) < 9223372036854775807", format!("{most}\n{}", most - 1), true),
        ("mean(a) == 2.5", "1\n4".to_owned(), true),
        ("quantile(a, 50%) == 2.5", "1\n4".to_owned(), true),
    ] {
        let contract = format!("contract C {{ a: int64, expect {rule} }}");
        let found = broken(&contract, "d.csv", &format!("a\n{data}\n"));
        assert_eq!(found.is_empty(), holds, "{rule}: {found:?}");
    }
}

#[test]
fn means_and_quantiles_of_times_are_times() {
    for (ty, rule, data, holds) in [
        ("date", "mean(a) == 2020-01-01T12:00:00Z", "2020-01-01\n2020-01-02", true),
        ("date", "quantile(a, 50%) == 2020-01-02", "2020-01-01\n2020-01-02\n2020-03-01", true),
        ("date", "quantile(a, 25%) > 2020-01-01", "2020-01-01\n2020-01-02\n2020-03-01", true),
        ("timestamp", "mean(a) == 2020-01-01T00:00:01.5Z", "2020-01-01T00:00:01Z\n2020-01-01T00:00:02Z", true),
        ("timestamp", "mean(a) < 2020-01-01T00:00:01.5Z", "2020-01-01T00:00:01Z\n2020-01-01T00:00:02Z", false),
        (
            "timestamp(ns)",
            "quantile(a, 100%) < 2020-01-01T00:00:00.000000002Z",
            "2020-01-01T00:00:00.000000001Z\n2020-01-01T00:00:00Z",
            true,
        ),
        ("time", "quantile(a, 50%) == \"05:30\"", "05:00\n06:00", true),
        ("duration", "mean(a) <= 90s", "1min\n2min", true),
        ("duration", "mean(a) < 90s", "1min\n2min", false),
        ("duration", "sum(a) == 3min", "1min\n2min", true),
        ("duration", "stddev(a) <= 43s and stddev(a) >= 42s", "1min\n2min", true),
    ] {
        let found = broken(&format!("contract C {{ a: {ty}, expect {rule} }}"), "d.csv", &format!("a\n{data}\n"));
        assert_eq!(found.is_empty(), holds, "{ty} {rule}: {found:?}");
    }
}

#[test]
fn what_is_worked_out_of_one_tagged_value_is_masked_and_so_is_the_folder_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), "a,b,t\n7777,1,2020-01-01T00:00:00Z\n,2,2020-01-01T00:00:00Z\n").unwrap();
    let contract = "contract C {\n  a: int64? @pii\n  b: int64\n  t: timestamp @pii\n  expect sum(a) <= 1\n  expect mean(a) <= 1\n  expect sum(b) <= 1\n  expect freshness(t) <= 1h\n}\n";
    let said = text(&check(folder.path(), contract, "d.csv", &[]));
    assert!(!said.contains("7777") && said.contains("sum(a) is •••") && said.contains("freshness(t) is •••"), "{said}");
    assert!(said.contains("sum(b) is 3"), "{said}");

    for day in ["d/s=HUSH/k=open", "d/s=QUIET/k=open"] {
        fs::create_dir_all(folder.path().join(day)).unwrap();
        fs::write(folder.path().join(day).join("a.csv"), "a\nx\n").unwrap();
    }
    let contract = "contract C { s: string @pii, k: string, a: int64 }";
    for form in ["short", "pretty", "json", "sarif", "junit", "github"] {
        let output = check(folder.path(), contract, "d", &["--format", form, "--html", "page.html"]);
        let said = text(&output) + &fs::read_to_string(folder.path().join("page.html")).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains("HUSH") && said.contains("s=•••/k=open/a.csv"), "{form}: {said}");
    }
}

#[test]
fn an_age_is_told_in_units_of_people() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), "t,b\n2020-01-01T00:00:00Z,1\n").unwrap();
    let said = text(&check(folder.path(), "contract C { t: timestamp, expect freshness(t) <= 1h }", "d.csv", &[]));
    let age = said.split("freshness(t) is ").nth(1).unwrap().lines().next().unwrap();
    assert!(age.len() < 10 && age.contains('d'), "{said}");
}

#[test]
fn a_delimiter_is_no_quote_and_columns_have_names() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.csv"), "a,b\n1,2\n").unwrap();
    fs::write(folder.path().join("e.csv"), "a,b,,\n1,2,,\n").unwrap();
    fs::write(folder.path().join("f.csv"), "a,b,\n1,2,\n").unwrap();
    let contract = "contract C { a: int64, b: int64 }";
    for (data, args, words) in [
        ("d.csv", ["--quote", ","].as_slice(), "it is the delimiter too"),
        ("d.csv", &["--quote", "\n"], "no line end"),
        ("d.csv", &["--delimiter", "\""], "it is the delimiter too"),
        ("e.csv", &[], "columns 3, 4 have no name"),
    ] {
        let output = check(folder.path(), contract, data, args);
        assert!(output.status.code() == Some(2) && text(&output).contains(words), "{args:?}: {}", text(&output));
    }
    for (data, args) in [("d.csv", ["--quote", "'"].as_slice()), ("f.csv", &[])] {
        let output = check(folder.path(), contract, data, args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
}

#[test]
fn no_byte_is_read_twice_to_know_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    for (name, data) in [
        ("d.csv", "a,b\n1,2\n3,4\n".to_owned()),
        ("long.csv", format!("a,b\n{}", "1234567,7654321\n".repeat(200_000))),
        ("d.jsonl", "{\"a\":1,\"b\":2}\n".to_owned()),
    ] {
        fs::write(folder.path().join(name), &data).unwrap();
        let output = check(folder.path(), "contract C { a: int64, b: int64 }", name, &["--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report.pointer("/check/bytes").unwrap().as_u64(), Some(data.len() as u64), "{name}");
    }
}

#[test]
fn a_file_that_two_names_lead_to_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/a.csv"), "a,b\n1,2\n").unwrap();
    fs::write(folder.path().join("d/c.csv"), "a,b\n1,2\n").unwrap();
    std::os::unix::fs::symlink("a.csv", folder.path().join("d/b.csv")).unwrap();
    let output = check(folder.path(), "contract C { a: int64, b: int64, expect rows == 2 }", "d", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

/// Which rows belong to the second value cannot be told: neither are they passed over nor taken twice.
#[test]
fn one_file_below_folders_of_two_values_is_an_error_with_both() {
    let contract = "contract C { day: date, a: int64, expect rows == 1 }";
    for (link, to) in [("d/day=2020-01-02", "day=2020-01-01"), ("d/day=2020-01-02/b.csv", "../day=2020-01-01/a.csv")] {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("d/day=2020-01-01");
        fs::create_dir_all(&first).unwrap();
        fs::write(first.join("a.csv"), "a\n1\n").unwrap();
        let link = folder.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        // the same value again, and a link that leads back, are no second value
        std::os::unix::fs::symlink("a.csv", first.join("c.csv")).unwrap();
        std::os::unix::fs::symlink("..", first.join("up")).unwrap();
        let once = check(folder.path(), contract, "d", &[]);
        assert_eq!(once.status.code(), Some(0), "{}", text(&once));
        std::os::unix::fs::symlink(to, &link).unwrap();
        for data in ["d", "d/day=*", "d/*/*.csv"] {
            let twice = check(folder.path(), contract, data, &[]);
            let said = text(&twice).split_whitespace().collect::<String>().replace('\u{2502}', "");
            assert_eq!(twice.status.code(), Some(2), "{said}");
            assert!(said.contains("day=2020-01-01") && said.contains("day=2020-01-02"), "{said}");
        }
    }
}

#[test]
fn compressed_texts_are_unpacked_as_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let rows = 200_000;
    let csv: String =
        std::iter::once("a,b\n".to_owned()).chain((0..rows).map(|row| format!("{row},x{row}\n"))).collect();
    let jsonl: String = (0..rows).map(|row| format!("{{\"a\":{row},\"b\":\"x{row}\"}}\n")).collect();
    let contract = "contract C { a: int64 key, b: string length 1 .., expect rows == 200_000 }";
    for (name, data) in [("d.csv", &csv), ("d.jsonl", &jsonl)] {
        let plain = at.join(name);
        fs::write(&plain, data).unwrap();
        for (program, end) in [("gzip", "gz"), ("zstd", "zst")] {
            let packed = format!("{name}.{end}");
            let Ok(done) = Command::new(program).arg("-c").arg(&plain).output() else {
                assert_ne!(program, "gzip");
                continue;
            };
            fs::write(at.join(&packed), &done.stdout).unwrap();
            let output = check(at, contract, &packed, &["--format", "json"]);
            assert_eq!(output.status.code(), Some(0), "{packed}: {}", text(&output));
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(report.pointer("/check/bytes").unwrap().as_u64(), Some(done.stdout.len() as u64), "{packed}");
            for cut in [3, done.stdout.len() / 2, done.stdout.len() - 1] {
                fs::write(at.join(&packed), &done.stdout[..cut]).unwrap();
                let output = check(at, contract, &packed, &[]);
                assert_eq!(output.status.code(), Some(2), "{packed} {cut}: {}", text(&output));
                assert!(output.stdout.is_empty(), "{packed} {cut}: {}", text(&output));
            }
            fs::remove_file(at.join(&packed)).unwrap();
        }
    }
}
