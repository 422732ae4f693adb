//! What a target may set, and what it may not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_tests::mlp;
use serde_json::{Value, json};

const PROGRAM: &str = "
const lake: string = \"s3://lake-dev\"

contract A { x: int64 key }

env dev { python = \">=3.10\" }

env gpu { python = \">=3.11\" }

stage make() -> Table<A> {
  run = python(\"work:make\")
  env = dev
}

stage keep(rows: Table<A>) -> Table<A> {
  run     = python(\"work:keep\")
  timeout = 5min
}

pipeline p(day: date = 2013-01-01) {
  let made = make()
  let kept = keep(made)
}
";

fn package(targets: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("[package]\nname = \"t\"\nversion = \"1.0.0\"\nlanguage = 1\n\n{targets}");
    fs::write(folder.path().join("mlp.toml"), manifest).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/t.mlp"), PROGRAM).unwrap();
    fs::write(folder.path().join("work.py"), "def make(): ...\ndef keep(rows): ...\n").unwrap();
    folder
}

fn plan(folder: &Path) -> Result<Value, String> {
    let done = Command::new(mlp()).args(["plan", "--target", "prod", "--package"]).arg(folder).output().unwrap();
    match done.status.code() {
        Some(0) => Ok(serde_json::from_slice(&done.stdout).unwrap()),
        code => Err(format!("{code:?} {}", String::from_utf8_lossy(&done.stderr))),
    }
}

fn node<'a>(plan: &'a Value, id: &str) -> &'a Value {
    plan["pipelines"]["p"]["nodes"].as_array().unwrap().iter().find(|node| node["id"] == id).unwrap()
}

#[test]
fn settings_of_nodes() {
    let folder = package(
        "[targets.prod]\nbackend = \"kubernetes\"\nresources = { cpu = 2, memory = \"4GiB\" }\n\n[targets.prod.set]\n\
         timeout = \"1h\"\nretries = 3\nconcurrency = 4\nday = \"2014-02-03\"\nkeep.resources = \"{ cpu: 8 }\"\nmake.env = \"gpu\"\n\
         \"keep.pod\" = \"patch.yaml\"\n",
    );
    fs::write(folder.path().join("patch.yaml"), "tolerations:\n  - operator: Exists\n").unwrap();
    let plan = plan(folder.path()).unwrap();
    let (made, kept) = (node(&plan, "made"), node(&plan, "kept"));
    assert_eq!(made["timeout"], json!(3_600_000_000_000_i64), "it says nothing itself");
    assert_eq!(kept["timeout"], json!(300_000_000_000_i64), "it says five minutes");
    assert_eq!((&made["retries"]["limit"], &kept["retries"]["limit"]), (&json!(3), &json!(3)));
    assert_eq!(made["resources"]["memory"], json!(4_u64 << 30));
    assert_eq!(kept["resources"].get("memory"), None, "its own are set whole");
    assert_eq!(made["env"], "gpu");
    assert_eq!(kept["pod"]["text"], "tolerations:\n  - operator: Exists\n");
    assert_eq!(plan["pipelines"]["p"]["concurrency"], 4);
}

#[test]
fn what_cannot_be_set_is_said() {
    for (line, why) in [
        ("colour = \"red\"", "there is nothing named `colour` to set"),
        ("made.timeout = \"1h\"", "there is nothing named `made.timeout` to set"),
        ("run = \"x\"", "there is nothing named `run` to set"),
        ("timeout = \"yesterday\"", "timeout = yesterday"),
        ("day = \"2014-02-30\"", "day = 2014-02-30"),
        ("env = \"cpu\"", "there is no such environment; the package has dev, gpu"),
        ("resources = { cores = 2 }", "resources = { cores: 2 }"),
        ("keep.pod = \"patch.yaml\"", "patch.yaml"),
    ] {
        let folder = package(&format!("[targets.prod]\nbackend = \"kubernetes\"\n\n[targets.prod.set]\n{line}\n"));
        let said = plan(folder.path()).unwrap_err();
        assert!(said.starts_with("Some(2)") && said.contains(why), "{line}: {said}");
    }
}

#[test]
fn a_pod_is_patched_where_there_are_pods() {
    let folder = package("[targets.prod]\nbackend = \"airflow\"\n\n[targets.prod.set]\nkeep.pod = \"patch.yaml\"\n");
    fs::write(folder.path().join("patch.yaml"), "tolerations: []\n").unwrap();
    let said = plan(folder.path()).unwrap_err();
    assert!(said.contains("only a kubernetes target makes pods"), "{said}");
}

#[test]
fn an_environment_in_place_of_the_default_one() {
    let folder = package("[targets.prod]\nbackend = \"local\"\n\n[targets.prod.set]\nenv = \"gpu\"\n");
    let program = PROGRAM.replace("env dev {", "env default {").replace("  env = dev\n", "");
    fs::write(folder.path().join("src/t.mlp"), program).unwrap();
    let plan = plan(folder.path()).unwrap();
    assert_eq!((&node(&plan, "made")["env"], &node(&plan, "kept")["env"]), (&json!("gpu"), &json!("gpu")));
}

#[test]
fn what_airflow_cannot_do_is_told_at_the_line_that_asks() {
    let compiled = |targets: &str| {
        let folder = package(targets);
        let program = "secret dwh = env(\"DWH\")\n\ncontract A { x: int64 key }\n\nstage make() -> Table<A> {\n  run       = command([\"true\"])\n  // the gpu\n  \
                       resources = { gpu: 1 }\n  secrets   = [dwh]\n}\n\npipeline p() {\n  schedule = cron(\"0 6 LW * *\")\n  let made = make()\n}\n";
        fs::write(folder.path().join("src/t.mlp"), program).unwrap();
        let mut command = Command::new(mlp());
        let done = command.args(["compile", "--target", "prod", "--package"]).arg(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let places = said.lines().filter_map(|line| line.split_once(": error[MLP801]: airflow target: "));
        let mut places: Vec<String> = places
            .map(|(place, what)| {
                format!("{}: {}", place.rsplit_once('/').unwrap().1, what.chars().take(10).collect::<String>())
            })
            .collect();
        places.sort();
        (done.status.code(), places)
    };
    let (code, places) = compiled("[targets.prod]\nbackend = \"airflow\"\n");
    assert_eq!(
        (code, places),
        (Some(1), vec!["t.mlp:13:3: `0 6 LW * ".to_owned(), "t.mlp:8:17: gpu needs ".to_owned()])
    );
    let (code, places) =
        compiled("[targets.prod]\nbackend = \"airflow\"\nexecutor = \"kubernetes\"\nstore = \"s3://b/p\"\n");
    assert_eq!(
        (code, places),
        (Some(1), vec!["t.mlp:13:3: `0 6 LW * ".to_owned(), "t.mlp:9:16: secret `dw".to_owned()])
    );
}

#[test]
fn a_dag_whose_pipeline_is_gone_is_told() {
    let folder = package("[targets.prod]\nbackend = \"airflow\"\n");
    let compile = |more: &[&str]| {
        let mut command = Command::new(mlp());
        command.args(["compile", "--target", "prod", "-o", "dags", "--package", "."]).args(more);
        let done = command.current_dir(folder.path()).output().unwrap();
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    assert_eq!(compile(&[]), (Some(0), String::new()));
    fs::write(folder.path().join("dags/own.py"), "from airflow.sdk import DAG\n").unwrap();
    let program = fs::read_to_string(folder.path().join("src/t.mlp")).unwrap();
    fs::write(folder.path().join("src/t.mlp"), program.replace("pipeline p(", "pipeline q(")).unwrap();
    let (code, said) = compile(&[]);
    assert_eq!(code, Some(0));
    assert!(
        said.contains("dags/p.py: the program has no such pipeline any more") && !said.contains("own.py"),
        "{said}"
    );
    assert_eq!(compile(&["--check"]).0, Some(1));
    fs::remove_file(folder.path().join("dags/p.py")).unwrap();
    assert_eq!(compile(&["--check"]), (Some(0), String::new()));
}
