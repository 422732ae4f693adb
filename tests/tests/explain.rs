//! The pages of `mlp explain` are true: each failing program gives its code and nothing else, each mended one gives nothing.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    fs,
    process::{Command, Output},
};

use mlp_diagnostics::{Code, examples, explain};
use mlp_tests::mlp;

/// Codes that only data, a process or a policy can give: `mlp check` finds nothing in their programs.
const AT_RUN_TIME: &[u16] = &[801, 901, 902, 903, 904, 905];

/// Runs `mlp` on a package that holds one program (or one manifest).
fn run(command: &[&str], language: &str, program: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"page\"\nversion = \"1.0.0\"\nlanguage = 1\n";
    let (manifest, program) = if language == "toml" { (program, "//! Nothing.\n") } else { (manifest, program) };
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("mlp.toml"), manifest).unwrap();
    fs::write(folder.path().join("src/page.mlp"), format!("{program}\n")).unwrap();
    Command::new(mlp()).args(command).arg("--package").arg(folder.path()).output().unwrap()
}

/// The codes that `mlp diff` reports of a program and the version before.
fn diff_codes(before: &str, program: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("before", before), ("after", program)] {
        fs::create_dir_all(folder.path().join(name).join("src")).unwrap();
        fs::write(folder.path().join(name).join("mlp.toml"), "[package]\nname = \"page\"\n").unwrap();
        fs::write(folder.path().join(name).join("src/page.mlp"), text).unwrap();
    }
    let done = Command::new(mlp())
        .args(["diff", "--against", "before", "--package", "after", "--format", "json"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    answer["changes"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str().map(str::to_owned)).collect()
}

/// The codes that `mlp check` reports.
fn codes(language: &str, program: &str) -> Vec<String> {
    let done = run(&["check", "--format", "json"], language, program);
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|error| {
        panic!("{error}: {}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
    });
    answer["diagnostics"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn failing_programs_fail_as_they_say_and_mended_ones_do_not() {
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().filter(|code| explain(**code).is_some()) {
        let programs = examples(*code).unwrap();
        if let Some(before) = programs.before {
            let failing = diff_codes(before, programs.failing);
            if !failing.contains(&code.to_string()) {
                wrong.push(format!("{code}: the failing program gives {failing:?}"));
            }
            let mended = diff_codes(before, programs.mended);
            if !mended.is_empty() {
                wrong.push(format!("{code}: the mended program gives {mended:?}"));
            }
        }
        let expected = if AT_RUN_TIME.contains(&code.number()) { Vec::new() } else { vec![code.to_string()] };
        let failing = codes(programs.language, programs.failing);
        let expected = if programs.before.is_some() { Vec::new() } else { expected };
        if failing != expected {
            wrong.push(format!("{code}: the failing program gives {failing:?}"));
        }
        let mended = codes(programs.language, programs.mended);
        if !mended.is_empty() {
            wrong.push(format!("{code}: the mended program gives {mended:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_failing_test_block_fails() {
    let programs = examples(Code::TestFailed).unwrap();
    let failing = run(&["test", "--format", "short"], programs.language, programs.failing);
    assert_eq!(failing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failing.stdout).contains("error[MLP904]"));
    assert_eq!(run(&["test"], programs.language, programs.mended).status.code(), Some(0));
}

#[test]
fn the_page_is_what_the_command_prints() {
    for name in ["MLP301", "mlp301", "301"] {
        let done = Command::new(mlp()).args(["explain", name]).output().unwrap();
        assert!(done.status.success());
        assert!(String::from_utf8_lossy(&done.stdout).contains("a column is missing"));
    }
    assert_eq!(Command::new(mlp()).args(["explain", "MLP999"]).output().unwrap().status.code(), Some(2));
}
