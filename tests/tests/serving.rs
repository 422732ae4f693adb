//! Deployments and monitors in the plan, and a model under load.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use mlp_tests::{mlp, root};
use serde_json::{Value, json};

const SERVED: &str = "
use std.evaluate.{binary}
use std.tables.{join_truth}

contract Row {
  id: int64 key
  x:  float64
  y:  bool label
}

contract Scored  = Row with { score: float64 in 0 .. 1 }
contract Request = Row pick { id, x }
contract Truth   = Row pick { id, y }

env default {
  python = \">=3.10\"
}

stage online(rows: Table<Request>) -> Table<Row without label> {
  run = sql(\"\"\"select id, x * 2 as x from rows\"\"\")
}

source arrivals(day: date) -> Table<Truth> {
  from = parquet(f\"truth/{day}.parquet\")
}

model M: Model<Row, Scored> {
  ladder = [production]
}

pipeline again(depth: int = 6) {
  let truth = arrivals(run.date)
}

deployment Api of M.production {
  request  = Request
  features = online
  serve    = python(\"work:score\")
  replicas = 2 .. 10
  traffic  = rate(50, per: 1s)
  rollout  = canary [5% for 10min, 25% for 30min, 100%]
  rollback when error_rate > 1% over 5min
  rollback when latency.p99 > 80ms and error_rate > 0.1% over 5min else \"slow\"
}

deployment Quiet of M.production {
  request = Request
  serve   = command([\"serve\", \"--port=80\"])
  rollout = blue_green [10min]
}

monitor Drift of Api {
  schedule = every(1d)
  let live = binary(join_truth(served, arrivals(run.date)), truth: .y, score: .score)
  alert   when psi(x) > 0.2 or psi(score, bins: 20) > 0.1 over 7d
  retrain again(depth: 8) when max(psi by column) > 0.25 or live.auc < 0.62  cooldown 7d at most 4 per 30d
}
";

fn package(program: &str, targets: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let manifest = format!("[package]\nname = \"t\"\nversion = \"1.0.0\"\nlanguage = 1\n\n{targets}");
    fs::write(folder.path().join("mlp.toml"), manifest).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/t.mlp"), program).unwrap();
    folder
}

fn called(args: &[&str], folder: &Path) -> Output {
    Command::new(mlp()).args(args).arg("--package").arg(folder).output().unwrap()
}

/// In the package's folder, which `registry` and `runs` look for.
fn inside(args: &[&str], folder: &Path) -> String {
    let done = Command::new(mlp()).args(args).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

fn plan(folder: &Path, target: &str) -> Result<Value, String> {
    let done = called(&["plan", "--target", target], folder);
    match done.status.code() {
        Some(0) => Ok(serde_json::from_slice(&done.stdout).unwrap()),
        code => Err(format!("{code:?} {}", String::from_utf8_lossy(&done.stderr))),
    }
}

#[test]
fn a_plan_holds_deployments_and_monitors() {
    let folder = package(SERVED, "");
    fs::write(folder.path().join("work.py"), "def score(model, rows): ...\n").unwrap();
    let plan = plan(folder.path(), "local").unwrap();
    insta::assert_json_snapshot!(plan["deployments"]);
    insta::assert_json_snapshot!(plan["monitors"]);
    let columns = |contract: &str| -> Vec<&str> {
        plan["contracts"][contract]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect()
    };
    assert_eq!(columns("Api.served"), ["id", "x", "score", "served_at", "version"], "no label: nobody knows it yet");
    assert_eq!(columns("Api.served beside Truth"), ["id", "x", "score", "served_at", "version", "y"]);
}

#[test]
fn a_target_sets_replicas() {
    let set = |line: &str| {
        let targets = format!("[targets.prod]\nbackend = \"kubernetes\"\n\n[targets.prod.set]\n{line}\n");
        let folder = package(SERVED, &targets);
        fs::write(folder.path().join("work.py"), "def score(model, rows): ...\n").unwrap();
        plan(folder.path(), "prod")
            .map(|plan| ["Api", "Quiet"].map(|name| plan["deployments"][name]["replicas"].clone()))
    };
    let own = json!({ "min": 2, "max": 10 });
    assert_eq!(set("replicas = 3").unwrap(), [own.clone(), json!({ "min": 3, "max": 3 })], "Api says so itself");
    assert_eq!(set("Api.replicas = \"1 .. 2\"").unwrap(), [json!({ "min": 1, "max": 2 }), Value::Null]);
    for (line, why) in [
        ("replicas = 0", "replicas = 0"),
        ("replicas = \"5 .. 2\"", "replicas = 5 .. 2"),
        ("Apy.replicas = 2", "there is nothing named `Apy.replicas` to set"),
    ] {
        let said = set(line).unwrap_err();
        assert!(said.starts_with("Some(2)") && said.contains(why), "{line}: {said}");
    }
}

const LOADED: &str = "
use std.serving.{load_test, Serving}

contract Row {
  id: int64 key
  x:  float64
}

contract Scored = Row with { score: float64 }

env default {
  python       = \">=3.10\"
  requirements = \"requirements.txt\"
}

stage rows() -> Table<Row> {
  run = python(\"work:rows\")
}

stage fit(rows: Table<Row>) -> Model<Row, Scored> {
  run           = python(\"work:fit\")
  deterministic = false
}

model M: Model<Row, Scored> {
  ladder = [production]
}

policy Fast(load: Report<Serving>) {
  require load.rows >= 200
  require load.error_rate  <= 10%
  require load.latency.p99 <= 5s     at 95% confidence
  require load.latency.p50 >= 1ms    else \"nothing answers as fast as that\"
}

pipeline t {
  let given = rows()
  let model = fit(given)
  let load  = load_test(model, given, serve: \"work:score\", requests: 200, clients: 2, warmup: 3)
  promote model to M.production when Fast(load)
}
";

const WORK: &str = r#"
import time
import pandas as pd

def rows() -> pd.DataFrame:
    return pd.DataFrame({"id": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "x": [float(n) for n in range(10)]})

def fit(rows: pd.DataFrame):
    return {"factor": 2.0}

def score(model, rows: pd.DataFrame) -> pd.DataFrame:
    time.sleep(0.002)
    assert len(rows) == 1, len(rows)
    if rows["x"].iloc[0] == 3.0:
        raise ValueError("three is too much")
    return rows.assign(score=rows["x"] * model["factor"])
"#;

#[test]
fn a_model_under_load() {
    let folder = package(LOADED, "");
    fs::write(folder.path().join("work.py"), WORK).unwrap();
    let lock = root().join("backends/local/tests/python/requirements.txt");
    fs::copy(lock, folder.path().join("requirements.txt")).unwrap();
    let direction = plan(folder.path(), "local").unwrap_err();
    assert!(direction.contains("MLP602"), "a lower bound on a latency: {direction}");
    let program = LOADED.lines().filter(|line| !line.contains("latency.p50")).collect::<Vec<_>>().join("\n");
    fs::write(folder.path().join("src/t.mlp"), program).unwrap();

    let done = called(&["run", "--format", "json"], folder.path());
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(0), "{out}\n{err}");
    let registry = inside(&["registry", "list"], folder.path());
    assert!(
        registry.contains("production"),
        "one request in ten fails: just allowed
{out}"
    );
    let log = inside(&["runs", "log", "last", "load-ask"], folder.path());
    assert!(log.contains("three is too much"), "the first errors are told: {log}");

    let again = called(&["run"], folder.path());
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing to do"), "{again:?}");
}

#[test]
fn what_is_asked_is_a_function_of_the_package() {
    let fine = LOADED.lines().filter(|line| !line.contains("latency.p50")).collect::<Vec<_>>().join("\n");
    let folder = package(&fine.replace("work:score", "work:skore"), "");
    fs::write(folder.path().join("work.py"), WORK).unwrap();
    fs::write(folder.path().join("requirements.txt"), "pandas==3.1.1\n").unwrap();
    let said = plan(folder.path(), "local").unwrap_err();
    assert!(said.contains("MLP402") && said.contains("has no function `skore`"), "{said}");
    let folder = package(&fine.replace("\"work:score\"", "\"score\""), "");
    fs::write(folder.path().join("work.py"), WORK).unwrap();
    fs::write(folder.path().join("requirements.txt"), "pandas==3.1.1\n").unwrap();
    let said = plan(folder.path(), "local").unwrap_err();
    assert!(said.contains("MLP402") && said.contains("`module:function`"), "{said}");
}
