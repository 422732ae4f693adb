//! The folder of an evaluation, and reports that users' stages write.

use std::{fs, path::PathBuf};

use mlp_engine::metrics::{Report, read_report};

use crate::tables::{binary, evaluate, evaluate_files, flags, floats, params, slices, text, texts, write};

fn read(json: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, json).unwrap();
    let by_file = read_report(&file).unwrap();
    assert_eq!(by_file.values, read_report(folder.path()).unwrap().values, "a folder with the file is the same report");
    by_file
}

/// Logarithms differ in the last digit between machines.
fn rounded(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(object) => object.into_iter().map(|(key, value)| (key, rounded(value))).collect(),
        Value::Number(number) if number.is_f64() => Value::from((number.as_f64().unwrap() * 1e9).round() / 1e9),
        other => other,
    }
}

#[test]
fn the_report_of_an_evaluation() {
    let columns = vec![
        ("late", flags([true, false, true, false])),
        ("score", floats([0.9, 0.8, 0.5, 0.1])),
        ("origin", texts(["EWR", "EWR", "JFK", "JFK"])),
    ];
    let found = evaluate(
        "evaluate.binary",
        columns,
        &params(&[("truth", text("late")), ("score", text("score")), ("slices", slices(&["origin"]))]),
    )
    .unwrap();
    let text = fs::read_to_string(found.folder.path().join("report/report.json")).unwrap();
    assert_eq!(text, mlp_plan::canonical(&found.json).unwrap());
    insta::assert_snapshot!(mlp_plan::canonical(&rounded(found.json.clone())).unwrap());
    assert_eq!(found.report.metrics.as_deref(), Some("std.evaluate.Binary"));
    assert_eq!(found.report.evidence(), found.json["evidence"].as_str());
    assert_eq!(found.report.value("rows"), Ok(4.0));
    let names: Vec<&String> = found.report.values.keys().collect();
    assert_eq!(
        names,
        ["accuracy", "ap", "auc", "brier", "ece", "f1", "fpr", "log_loss", "precision", "recall", "rows"]
    );
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let bytes = || {
        let found = binary(&[true, false, true], &[0.9, 0.8, 0.5]);
        let file = |name: &str| fs::read(found.folder.path().join("report").join(name)).unwrap();
        (file("report.json"), file("rows.parquet"))
    };
    assert_eq!(bytes(), bytes());
}

#[test]
fn evidence_is_about_rows_not_about_scores() {
    let one = binary(&[true, false, true], &[0.9, 0.8, 0.5]);
    let other_scores = binary(&[true, false, true], &[0.1, 0.2, 0.3]);
    let other_rows = binary(&[true, true, false], &[0.9, 0.8, 0.5]);
    assert_eq!(one.report.evidence(), other_scores.report.evidence());
    assert_ne!(one.report.evidence(), other_rows.report.evidence());
    let sliced = |origins: [&'static str; 3]| {
        let columns =
            vec![("truth", flags([true, false, true])), ("score", floats([0.9, 0.8, 0.5])), ("origin", texts(origins))];
        evaluate(
            "evaluate.binary",
            columns,
            &params(&[("truth", text("truth")), ("score", text("score")), ("slices", slices(&["origin"]))]),
        )
        .unwrap()
        .report
    };
    assert_eq!(sliced(["a", "b", "a"]).evidence(), sliced(["a", "b", "a"]).evidence());
    assert_ne!(sliced(["a", "b", "a"]).evidence(), sliced(["a", "a", "b"]).evidence());
}

#[test]
fn several_files_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, truth: [bool; 2], score: [f64; 2]| -> PathBuf {
        let file = folder.path().join(name);
        write(&file, vec![("score", floats(score)), ("truth", flags(truth)), ("unused", texts(["x", "y"]))]);
        file
    };
    let parts = vec![part("b.parquet", [true, false], [0.9, 0.8]), part("a.parquet", [true, false], [0.5, 0.1])];
    let asked = params(&[("truth", text("truth")), ("score", text("score"))]);
    let found = evaluate_files("evaluate.binary", parts, &asked).unwrap();
    assert_eq!(found.report.values, binary(&[true, false, true, false], &[0.9, 0.8, 0.5, 0.1]).report.values);
    let by_folder = evaluate_files("evaluate.binary", vec![folder.path().to_path_buf()], &asked).unwrap();
    assert_eq!(by_folder.report.value("auc"), Ok(0.75));
}

#[test]
fn a_users_report_is_an_object_of_metrics() {
    let report = read(
        r#"{"auc": 0.7, "latency": {"p99": 0.08, "p50": 0.01}, "rows": 120, "slices": {"origin": {"EWR": {"rows": 100, "recall": 0.4}, "JFK": {"recall": 0.5}}}}"#,
    );
    assert_eq!(report.value("auc"), Ok(0.7));
    assert_eq!(report.value("latency.p99"), Ok(0.08));
    assert_eq!(report.value("rows"), Ok(120.0));
    assert_eq!(report.slices["origin"]["EWR"].rows, Some(100));
    assert_eq!(report.slices["origin"]["EWR"].values["recall"].value, Some(0.4));
    assert_eq!(report.slices["origin"]["JFK"].rows, None);
    assert_eq!(report.evidence(), None);
    assert!(!report.is_by_hand());
}

#[test]
fn what_is_no_number_is_unknown() {
    let report = read(
        r#"{"auc": NaN, "ap": null, "loss": Infinity, "f1": "high", "ok": true, "values": 3, "latency": {"p99": -Infinity}}"#,
    );
    assert_eq!(report.value("auc"), Err("NaN".to_owned()));
    assert_eq!(report.value("ap"), Err("null".to_owned()));
    assert_eq!(report.value("loss"), Err("infinite".to_owned()));
    assert_eq!(report.value("latency.p99"), Err("infinite".to_owned()));
    assert_eq!(report.value("f1"), Err("\"high\" is no number".to_owned()));
    assert_eq!(report.value("ok"), Err("true is no number".to_owned()));
    assert_eq!(report.value("values"), Ok(3.0));
    assert_eq!(report.value("recall"), Err("not measured".to_owned()));
}

#[test]
fn what_is_no_report_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    for (text, expected) in [("[1]", "a report is a JSON object of metrics"), ("{", "not JSON"), ("", "not JSON")] {
        fs::write(&file, text).unwrap();
        let error = read_report(&file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(read_report(&folder.path().join("none.json")).is_err());
}
