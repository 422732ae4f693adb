//! `tests/programs/*.mlp`: small programs with what must be found in them, each beside near misses in which nothing must be found.
//!
//! `//~ CODE` at the end of a line expects an error that begins on that line, `//~ warning CODE` a warning; nothing else may be reported. Programs with
//! `test` blocks must pass `mlp test` where no error is expected.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::{mlp, root};

/// Line, severity, code.
type Finding = (u64, String, String);

/// The text without its marks, and what they expect.
fn marked(source: &str) -> (String, Vec<Finding>) {
    let mut text = String::new();
    let mut expected = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let (code, mark) = line.split_once("//~").unwrap_or((line, ""));
        text.push_str(code.trim_end());
        text.push('\n');
        let words: Vec<&str> = mark.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [code] => expected.push((index as u64 + 1, "error".to_owned(), (*code).to_owned())),
            [severity, code] => expected.push((index as u64 + 1, (*severity).to_owned(), (*code).to_owned())),
            other => panic!("a mark of {} words: {mark}", other.len()),
        }
    }
    expected.sort();
    (text, expected)
}

fn found(path: &Path) -> Vec<Finding> {
    let done = Command::new(mlp()).args(["check", "--format", "json"]).arg(path).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}: {}", path.display(), String::from_utf8_lossy(&done.stderr)));
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut found: Vec<Finding> = answer
        .get("diagnostics")
        .and_then(|list| list.as_array())
        .unwrap()
        .iter()
        .map(|one| {
            let line = one.pointer("/range/start/line").and_then(serde_json::Value::as_u64).unwrap();
            (line, text(&one["severity"]), text(&one["code"]))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn programs_give_what_their_marks_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/programs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (text, expected) = marked(&fs::read_to_string(&path).unwrap());
        let copy = folder.path().join(&name);
        fs::write(&copy, &text).unwrap();
        let got = found(&copy);
        count += 1;
        if got != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {got:?}"));
        }
        let sound = expected.iter().all(|(_, severity, _)| severity == "warning");
        if text.contains("test \"") && sound {
            let tested = Command::new(mlp()).arg("test").arg(&copy).output().unwrap();
            if !tested.status.success() {
                wrong.push(format!("{name}: mlp test: {}", String::from_utf8_lossy(&tested.stdout)));
            }
        }
    }
    assert!(count >= 25, "only {count} programs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
