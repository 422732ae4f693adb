//! The metrics agree with scikit-learn to 1e-9, on real data and in every slice.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use mlp_engine::metrics::{Measured, Report};
use mlp_plan::Literal;
use serde_json::Value;

use crate::tables::{evaluate_files, params, slices, text};

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The interpreter of an environment with the locked requirements: made once for each lock, kept under the target folder.
fn python() -> PathBuf {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/requirements.txt");
    let digest = blake3::hash(&fs::read(&requirements).unwrap()).to_hex();
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{}", &digest[..16]));
    let (interpreter, done) = (root.join("bin/python"), root.join("complete"));
    if !done.exists() {
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&root));
        run(Command::new(&interpreter)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "-r",
            ])
            .arg(&requirements));
        fs::write(&done, "").unwrap();
    }
    interpreter
}

fn agree(name: &str, expected: &Value, found: &std::collections::BTreeMap<String, Measured>) -> usize {
    let expected = expected.as_object().unwrap();
    for (metric, expected) in expected {
        let (expected, found) = (
            expected.as_f64().unwrap(),
            found[metric].known().unwrap_or_else(|reason| panic!("{name} {metric}: {reason}")),
        );
        // Relative above 1: a percentage error of a truth near 0 is in the trillions.
        assert!(
            (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
            "{name} {metric}: {found}, scikit-learn says {expected}"
        );
    }
    expected.len()
}

fn evaluated(folder: &Path, case: &Value) -> Report {
    let mut asked = vec![];
    for (name, value) in case["params"].as_object().unwrap() {
        asked.push((
            name.as_str(),
            value.as_str().map_or_else(|| Literal::Number(value.to_string().parse().unwrap()), text),
        ));
    }
    let by: Vec<&str> = case["slices"].as_array().unwrap().iter().map(|slice| slice.as_str().unwrap()).collect();
    asked.push(("slices", slices(&by)));
    let file = folder.join(format!("{}.parquet", case["name"].as_str().unwrap()));
    evaluate_files(&format!("evaluate.{}", case["evaluation"].as_str().unwrap()), vec![file], &params(&asked))
        .unwrap()
        .report
}

#[test]
fn agrees_with_scikit_learn() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/metrics/reference.py");
    run(Command::new(python()).arg(script).arg(folder.path()));
    let cases: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(folder.path().join("expected.json")).unwrap()).unwrap();
    let mut compared = 0;
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let report = evaluated(folder.path(), case);
        compared += agree(name, &case["values"], &report.values);
        for (by, groups) in case["groups"].as_object().unwrap() {
            for (key, group) in groups.as_object().unwrap() {
                let slice = &report.slices[by][key];
                assert_eq!(slice.rows, group["rows"].as_u64(), "{name} {by} {key}");
                compared += agree(&format!("{name} {by}={key}"), &group["values"], &slice.values);
            }
        }
    }
    assert_eq!((cases.len(), compared), (7, 3 * 4 * 10 + 2 * 3 * 7 + 2 * 3 * 6));
}
