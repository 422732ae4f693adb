//! Programs with marks: `//~ CODE` at the end of a line expects an error that begins on that line, `//~ warning CODE` a warning; nothing else may be found.

use std::{path::Path, process::Command};

use serde_json::Value;

use crate::mlp;

/// What is found in a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The name of the file, without its folder.
    pub file: String,
    /// The line on which it begins.
    pub line: u64,
    /// `error` or `warning`.
    pub severity: String,
    /// `MLP301`.
    pub code: String,
}

/// The text without its marks, and what they expect, in order.
///
/// # Panics
/// Where a mark is none.
#[must_use]
#[expect(clippy::panic, reason = "a mark that is none must be mended")]
pub fn marked(file: &str, source: &str) -> (String, Vec<Finding>) {
    let mut text = String::new();
    let mut expected = Vec::new();
    for (line, full) in (1..).zip(source.lines()) {
        let (code, mark) = full.split_once("//~").unwrap_or((full, ""));
        text.push_str(code.trim_end());
        text.push('\n');
        let finding = |severity: &str, code: &str| Finding {
            file: file.to_owned(),
            line,
            severity: severity.to_owned(),
            code: code.to_owned(),
        };
        match mark.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => {}
            [code] => expected.push(finding("error", code)),
            [severity, code] => expected.push(finding(severity, code)),
            other => panic!("a mark of {} words: {mark}", other.len()),
        }
    }
    expected.sort();
    (text, expected)
}

/// What `mlp check` finds in a program, in order, each with its message.
///
/// # Panics
/// Where its answer is no JSON: a test cannot go on.
#[must_use]
#[expect(clippy::panic, reason = "a test without an answer cannot go on")]
pub fn found(path: &Path) -> Vec<(Finding, String)> {
    let told = |error: String| -> ! { panic!("{}: {error}", path.display()) };
    let done = Command::new(mlp()).args(["check", "--format", "json"]).arg(path).output();
    let done = done.unwrap_or_else(|error| told(error.to_string()));
    let answer: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|error| told(format!("{error}: {}", String::from_utf8_lossy(&done.stderr))));
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = answer.get("diagnostics").and_then(Value::as_array);
    let mut found: Vec<(Finding, String)> = list
        .unwrap_or_else(|| told("no diagnostics".to_owned()))
        .iter()
        .map(|one| {
            let line = one.pointer("/range/start/line").and_then(Value::as_u64).unwrap_or_default();
            let file = text(one, "file");
            let file = file.rsplit('/').next().unwrap_or_default().to_owned();
            (Finding { file, line, severity: text(one, "severity"), code: text(one, "code") }, text(one, "message"))
        })
        .collect();
    found.sort();
    found
}
