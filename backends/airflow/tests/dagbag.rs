//! The generated files in a real Airflow: loaded, serialised, and their operator executed.
//!
//! Each version is tested where it is installed: `cargo xtask test` and `cargo xtask airflow` do that.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is skipped says so"
)]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use mlp_airflow::{compile, dag_tests};
use mlp_plan::{Plan, SecretRef};
use serde_json::{Value, json};

mod support;

/// Python with that Airflow, as it is installed under the target folder.
fn airflow(version: char) -> Option<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/airflow-{version}.txt"));
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("airflow-{version}"));
    let (python, stamp) = (venv.join("bin/python"), venv.join("requirements.txt"));
    let wanted = fs::read_to_string(&requirements).unwrap();
    if fs::read_to_string(&stamp).ok().as_deref() == Some(wanted.as_str()) {
        return Some(python);
    }
    eprintln!("skipped: Airflow {version} is not installed (cargo xtask airflow {version} installs it)");
    None
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Loads what the plans compile to; `mlp` is a stand-in that writes down its arguments and ends with each of `codes` in turn.
fn load(python: &Path, home: &Path, plans: &[Plan], codes: &[&str]) -> Value {
    let (dags, bin) = (home.join("dags"), home.join("bin"));
    fs::create_dir_all(&bin).unwrap();
    for (n, plan) in plans.iter().enumerate() {
        let folder = dags.join(n.to_string());
        fs::create_dir_all(&folder).unwrap();
        for file in compile(plan) {
            fs::write(folder.join(file.path), file.content).unwrap();
        }
    }
    let stand_in = format!("#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{0}/args'\nexit $(cat '{0}/code')\n", home.display());
    fs::write(bin.join("mlp"), stand_in).unwrap();
    fs::set_permissions(bin.join("mlp"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dagbag.py")).arg(&dags).args(codes).current_dir(home);
    command.envs([("PATH", path), ("AIRFLOW_HOME", home.join("airflow").display().to_string())]);
    command.env("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", format!("sqlite:///{}", home.join("airflow.db").display()));
    command.envs([("AIRFLOW__CORE__LOAD_EXAMPLES", "False"), ("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False")]);
    command.env("AIRFLOW__DAG_PROCESSOR__DAG_VERSION_INFLATION_CHECK_LEVEL", "error");
    // A busy machine takes longer than the default of 30 seconds to import Airflow's own clients of Kubernetes.
    command.env("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "600");
    let said = run(&mut command);
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

#[test]
fn airflow_3_loads_every_file_and_runs_its_tasks() {
    loads_and_runs('3');
}

#[test]
fn airflow_2_loads_every_file_and_runs_its_tasks() {
    loads_and_runs('2');
}

#[test]
fn tests_for_pytest_pass_on_what_was_compiled_and_fail_on_anything_else() {
    for version in ['2', '3'] {
        let Some(python) = airflow(version) else { continue };
        let home = tempfile::tempdir().unwrap();
        let plan = support::flights();
        for file in compile(&plan).into_iter().chain(dag_tests(&plan)) {
            let path = home.path().join("dags").join(file.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file.content).unwrap();
        }
        let pytest = || {
            let mut command = Command::new(&python);
            command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "dags/tests"]).current_dir(home.path());
            command.env("AIRFLOW_HOME", home.path().join("airflow"));
            String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
        };
        let said = pytest();
        assert!(said.contains("12 passed"), "{said}");
        let path = home.path().join("dags/late.py");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("    rows >> parts\n", "")).unwrap();
        let said = pytest();
        assert!(said.contains("1 failed, 11 passed"), "{said}");
        assert!(said.contains("test_tasks_and_their_order[late.py]"), "{said}");
    }
}

/// The program whose promotion people approve, and the one with a list, on an executor and under names of their own.
fn on(executor: &'static str) -> [Plan; 2] {
    [(support::approved(), 0), (support::trials(), 1)].map(|(mut plan, n)| {
        let options =
            [("executor", executor), ("store", "s3://bucket/store"), ("namespace", "ml"), ("gpu_pool", "gpus")];
        plan.target.options = options.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        if executor != "kubernetes" {
            plan.secrets.insert("dwh".to_owned(), SecretRef::Env("DWH_URL".to_owned()));
        }
        let pipeline = plan.pipelines.remove("late").unwrap();
        plan.pipelines.insert(format!("{executor}-{n}"), pipeline);
        plan
    })
}

fn loads_and_runs(version: char) {
    let Some(python) = airflow(version) else { return };
    let home = tempfile::tempdir().unwrap();
    let reads: Vec<Vec<usize>> = (0..200).map(|n: usize| if n < 10 { vec![] } else { vec![n - 10] }).collect();
    let nasty = ["{{ ds }} \"'\\\n{% raw %}", "🙂\u{202e}.md", "run.sh"].map(support::hostile);
    // Only one folder has `late` and `weekly`, as DAGs' ids are of the whole Airflow.
    let nasty = nasty.map(|mut plan| {
        plan.pipelines.retain(|name, _| !["late", "weekly"].contains(&name.as_str()));
        plan
    });
    let executors = ["bash", "kubernetes", "docker"].into_iter().flat_map(on);
    let plans: Vec<Plan> =
        [support::flights(), support::wide(&reads)].into_iter().chain(nasty).chain(executors).collect();
    let found = load(&python, home.path(), &plans, &["0", "1", "2", "99"]);

    assert_eq!(found["errors"], json!({}));
    assert_eq!(found["warned"], json!([]));
    assert_eq!(found["dags"].as_object().unwrap().len(), 12);
    let late = &found["dags"]["late"];
    assert_eq!(late["tasks"]["parts"], json!(["before-score", "model", "report-score"]));
    assert_eq!(late["tasks"].as_object().unwrap().len(), 11);
    assert_eq!(late["timetable"], "CronTriggerTimetable");
    assert_eq!(late["params"], json!({"cutoff": "2013-10-01T00:00:00Z", "depth": 6}));
    assert_eq!((&late["retries"]["model"], &late["retries"]["rows"]), (&json!(2), &json!(1)));
    for dag in found["dags"].as_object().unwrap().values() {
        assert_eq!(dag["templated"], json!([]), "no field is a template");
    }
    let docs: Vec<&str> = found["dags"].as_object().unwrap().values().filter_map(|dag| dag["docs"].as_str()).collect();
    assert!(docs.contains(&"{{ ds }} \"'\\\n{% raw %}\n"), "{docs:?}");
    assert_eq!(
        found["ended"],
        json!({
            "rows 0": "done", "rows 1": "AirflowFailException", "rows 2": "AirflowException", "rows 99": "AirflowException",
            "promote-LateModel 0": "done", "promote-LateModel 1": "AirflowFailException", "promote-LateModel 2": "AirflowException",
            "promote-LateModel 99": "AirflowSkipException",
        })
    );
    assert_eq!(found["pods"], found["ended"], "whatever runs a task, it ends the same");
    assert_eq!(found["containers"], found["ended"]);
    let looked = json!([true, false, "AirflowFailException", "AirflowSkipException", ["reschedule", 176_400.0]]);
    for looks in found["looked"].as_array().unwrap().chunks(5) {
        assert_eq!(looks, looked.as_array().unwrap());
    }
    assert_eq!((&found["groups"]["docker-1"], &found["groups"]["late"]), (&json!("trials"), &Value::Null));
    insta::assert_json_snapshot!("pod", found["pod"]);
    insta::assert_json_snapshot!("container", found["container"]);
    let args = fs::read_to_string(home.path().join("args")).unwrap();
    let first: Vec<&str> = args.lines().take(12).collect();
    let plan = fs::canonicalize(home.path().join("dags/0/late.plan.json")).unwrap();
    assert_eq!(first[..2], ["step", &format!("--plan={}", plan.display())]);
    assert_eq!(first[2..5], ["--pipeline=late", "--node=rows", "--run=late.run {{ ds }}"]);
    assert_eq!(first[6], format!("--package={}", plan.parent().unwrap().display()));
    assert_eq!(first[7..], ["--time=2026-01-02T03:04:05+00:00", "--set", "cutoff=\"x; {{ y }}\"", "--set", "depth=7"]);
}
