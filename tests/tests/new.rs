//! `mlp new`: a package that checks, is formatted, tests and runs as it stands.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{path::Path, process::Command};

use mlp_tests::{mlp, text};

/// Runs `mlp` in a folder; answers its exit code and all that it said.
fn said(at: &Path, args: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(mlp()).args(args).current_dir(at).output().unwrap();
    (done.status.code(), text(&done))
}

fn fine(at: &Path, args: &[&str]) -> String {
    let (code, text) = said(at, args);
    assert_eq!(code, Some(0), "mlp {}: {text}", args.join(" "));
    text
}

#[test]
fn a_new_package_checks_tests_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    fine(folder.path(), &["new", "churn"]);
    let package = folder.path().join("churn");
    let manifest = std::fs::read_to_string(package.join("mlp.toml")).unwrap();
    assert!(manifest.contains("\"churn\""), "{manifest}");
    fine(&package, &["check", "--deny", "warnings"]);
    fine(&package, &["fmt", "--check"]);
    assert!(fine(&package, &["test"]).contains("3 passed, 0 failed"));
    fine(&package, &["run"]);
    assert!(package.join("out/zones.csv").is_file());
    // also from elsewhere
    assert!(fine(folder.path(), &["runs", "list", "--package", "churn"]).contains("zones"));
}

#[test]
fn a_new_package_from_flights_checks_and_tests() {
    let folder = tempfile::tempdir().unwrap();
    fine(folder.path(), &["new", "late", "--template", "flights"]);
    let package = folder.path().join("late");
    fine(&package, &["check", "--deny", "warnings"]);
    fine(&package, &["fmt", "--check"]);
    fine(&package, &["test"]);
}

#[test]
fn a_new_package_for_airflow_compiles_to_dags() {
    let folder = tempfile::tempdir().unwrap();
    fine(folder.path(), &["new", "ports", "--template", "airflow"]);
    let package = folder.path().join("ports");
    fine(&package, &["check", "--deny", "warnings"]);
    fine(&package, &["fmt", "--check"]);
    assert!(fine(&package, &["test"]).contains("3 passed, 0 failed"));
    fine(&package, &["run", "zones"]);
    fine(&package, &["run", "highlights"]);
    let compile = ["compile", "--target", "airflow", "-o", "dags", "--dag-tests"];
    fine(&package, &compile);
    fine(&package, &[&compile[..], &["--check"]].concat());
    let read = |path: &str| std::fs::read_to_string(package.join("dags").join(path)).unwrap();
    assert!(
        read("zones.py").contains("outlets=[Asset(\"mlp://ports/written\"), Asset(\"mlp://ports/zones.publish\")]")
    );
    assert!(read("highlights.py").contains("schedule=[Asset(\"mlp://ports/written\")]"));
    assert!(read("tests/test_dags.py").contains("\"highlights.py\""));
}

#[test]
fn nothing_is_written_over_and_names_are_names() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("churn")).unwrap();
    let (code, text) = said(folder.path(), &["new", "churn"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("is there already"), "{text}");
    let (code, text) = said(folder.path(), &["new", "Churn Model"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("is no name of a package"), "{text}");
    assert!(!folder.path().join("Churn Model").exists());
}

#[test]
fn a_registry_is_not_made_where_a_store_is_mistyped() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = said(folder.path(), &["registry", "list", "--store", "stroe"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("there is no store"), "{text}");
    assert!(!folder.path().join("stroe").exists());
}
