//! Python stages: a plain function of the user's, in an environment that is made once for all tests here.
#![cfg(test)]

mod common;

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use common::{Wire as _, node, pipe, place, plan, record, row_rules, states, table, text, troubles, txt};
use mlp_local::{Event, RunOptions, RunSummary, run};
use mlp_plan::{Artifact, Environment, Literal, Node, Plan, Run, Value};

const LOCK: &str = include_str!("python/requirements.txt");

/// One package for all tests, which keeps its environment between runs of the tests; its state otherwise begins afresh.
struct Package {
    path: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

fn package(source: &str) -> Package {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("python-package");
    fs::create_dir_all(path.join(".mlp")).unwrap();
    for entry in fs::read_dir(path.join(".mlp")).unwrap().flatten() {
        if entry.file_name() != "envs" {
            let _ =
                if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
    }
    fs::write(path.join("stages.py"), source).unwrap();
    Package { path, _turn: turn }
}

impl Package {
    fn run(&self, plan: &Plan) -> RunSummary {
        let options = RunOptions { package: self.path.clone(), ..RunOptions::default() };
        run(plan, "p", &options, &mut |_: Event<'_>| {}).unwrap()
    }

    fn bytes(&self, summary: &RunSummary, node: &str, output: &str) -> Vec<u8> {
        let stored = record(summary, node).outputs[output].as_ref().unwrap();
        fs::read(mlp_store::Store::open(&self.path).unwrap().object_path(&stored.digest)).unwrap()
    }
}

fn with_environment(mut plan: Plan, python: &str, lock: &str) -> Plan {
    let environment = Environment {
        name: "default".to_owned(),
        python: Some(python.to_owned()),
        requirements: Some("requirements.txt".to_owned()),
        lock: Some(lock.to_owned()),
        image: None,
        digest: mlp_store::digest_bytes(format!("{python}\n{lock}").as_bytes()),
        place: place(7),
    };
    plan.environments.insert("default".to_owned(), environment);
    for node in &mut pipe(&mut plan).nodes {
        node.env = Some("default".to_owned());
    }
    plan
}

fn ready(nodes: Vec<Node>) -> Plan {
    with_environment(plan(nodes), ">=3.10,<3.14", LOCK)
}

fn function(name: &str) -> Node {
    node(name, Run::Python { module: "stages".to_owned(), function: name.to_owned() })
}

fn model() -> Artifact {
    Artifact::Model { input: "Row".to_owned(), output: "Row".to_owned() }
}

#[test]
fn tables_come_and_go_in_the_form_that_the_annotations_ask_for() {
    let package = package(
        r#"
from __future__ import annotations
import pandas as pd
import polars as pl
import pyarrow as pa
from pathlib import Path
from typing import Optional

def load() -> pd.DataFrame:
    return pd.DataFrame({"id": [1, 2, 3], "amount": [1.5, 2.5, 3.5], "name": ["a", None, "c"], "extra": [0, 0, 0]})

def by_pandas(rows: pd.DataFrame):
    assert type(rows).__module__.startswith("pandas"), type(rows)
    assert list(rows.columns) == ["id", "amount", "name"], rows.columns
    return rows.assign(amount=rows["amount"] + 1)

def by_polars(rows: pl.DataFrame) -> pl.DataFrame:
    assert isinstance(rows, pl.DataFrame)
    return rows.with_columns(pl.col("amount") + 1)

def by_lazy(rows: pl.LazyFrame):
    assert isinstance(rows, pl.LazyFrame)
    return rows.with_columns(pl.col("amount") + 1)

def by_arrow(rows: Optional[pa.Table]):
    assert isinstance(rows, pa.Table)
    return rows

def by_path(rows: Path):
    assert isinstance(rows, Path) and rows.suffix == ".parquet"
    return rows

def by_nothing(rows):
    assert isinstance(rows, pd.DataFrame)
    return {"id": [1], "amount": [1], "name": ["x"]}

def by_text(rows: "pandas.DataFrame"):
    assert isinstance(rows, pd.DataFrame)
    return [{"id": 1, "amount": 2.0, "name": None}]
"#,
    );
    let names = ["by_pandas", "by_polars", "by_lazy", "by_arrow", "by_path", "by_nothing", "by_text"];
    let mut nodes = vec![function("load").makes(table("Row")).checked(row_rules())];
    nodes.extend(
        names
            .iter()
            .map(|name| function(name).reads("rows", "load", table("Row")).makes(table("Row")).checked(row_rules())),
    );
    let summary = package.run(&ready(nodes.clone()));
    assert_eq!(summary.exit_code, 0, "{}", troubles(&summary));
    let digest = |name: &str| record(&summary, name).outputs["result"].as_ref().unwrap().digest.clone();
    assert_eq!(digest("by_pandas"), digest("by_polars"), "the same rows are the same bytes, whoever made them");
    assert_eq!(digest("by_polars"), digest("by_lazy"));
    assert_eq!(digest("by_arrow"), digest("load"));
    assert_eq!(digest("by_path"), digest("load"));
    assert_eq!(
        [record(&summary, "load").rows, record(&summary, "by_nothing").rows, record(&summary, "by_text").rows],
        [3, 1, 1]
    );
    assert!(package.run(&ready(nodes)).did_nothing());
    assert!(!package.path.join("__pycache__").exists(), "nothing is written beside the sources");
}

#[test]
fn parameters_models_reports_and_files() {
    let package = package(
        r#"
import datetime, decimal, os, pathlib, random
import numpy as np

class Learner:
    def __init__(self, depth): self.depth = depth

def fit(depth: int, rate: float, name, day: datetime.date, at: datetime.datetime, wait: datetime.timedelta, seed, tags: list[str], flag: bool, money: decimal.Decimal, stamp: str):
    assert (depth, rate, name, flag) == (6, 1.0, "it's", True), (depth, rate, name, flag)
    assert type(rate) is float and type(depth) is int
    assert day == datetime.date(2013, 10, 1) and type(day) is datetime.date
    assert at == datetime.datetime(2013, 10, 1, tzinfo=datetime.timezone.utc)
    assert wait == datetime.timedelta(minutes=90)
    assert tags == ["a", "b"] and money == decimal.Decimal("12.50") and stamp == "2013-10-01"
    assert seed == 7 and os.environ["PYTHONHASHSEED"] == "7" and os.environ["MLP_SEED"] == "7"
    return Learner(depth)

def score(model, also: pathlib.Path):
    assert type(model).__name__ == "Learner" and model.depth == 6
    assert (also / "model.pkl").exists()
    return {"auc": np.float64(0.75), "rows": 10, "nothing": float("nan"), "latency": {"p99": datetime.timedelta(milliseconds=80)}, "slices": {"origin": {"EWR": {"rows": 3, "auc": np.float32(0.5)}}}}

def tell(report: dict, more=5):
    assert report["auc"] == 0.75 and report["nothing"] is None and more == 5
    path = pathlib.Path(os.environ["TMPDIR"]) / "note.txt"
    path.write_text("well")
    return path

def pair():
    return {"b": b"two", "a": b"one"}

def ordered():
    return b"one", b"two"
"#,
    );
    let value = |literal: Literal| Value::Literal(literal);
    let day: chrono::NaiveDate = "2013-10-01".parse().unwrap();
    let fit = function("fit")
        .makes(model())
        .param("depth", value(Literal::Number(6.into())))
        .param("rate", value(Literal::Number(1.into())))
        .param("name", text("it's"))
        .param("day", value(Literal::Date(day)))
        .param("at", value(Literal::Timestamp(mlp_plan::midnight(day))))
        .param("wait", value(Literal::Duration(5_400_000_000_000)))
        .param("seed", value(Literal::Number(7.into())))
        .param("tags", Value::List(vec![text("a"), text("b")]))
        .param("flag", value(Literal::Bool(true)))
        .param("money", value(Literal::Number("12.50".parse().unwrap())))
        .param("stamp", value(Literal::Date(day)));
    let report = Artifact::Report { metrics: "M".to_owned() };
    let score = function("score").reads("model", "fit", model()).reads("also", "fit", model()).makes(report.clone());
    let tell = function("tell").reads("report", "score", report).makes(txt());
    let two = |name: &str| function(name).makes_named("a", txt()).makes_named("b", txt());
    let summary = package.run(&ready(vec![fit, score, tell, two("pair"), two("ordered")]));
    assert_eq!(summary.exit_code, 0, "{}", troubles(&summary));
    assert_eq!(package.bytes(&summary, "tell", "result"), b"well");
    for name in ["pair", "ordered"] {
        assert_eq!(
            (package.bytes(&summary, name, "a"), package.bytes(&summary, name, "b")),
            (b"one".to_vec(), b"two".to_vec())
        );
    }
    let metrics = &record(&summary, "score").metrics;
    assert_eq!((metrics["auc"], metrics["nothing"], metrics["latency.p99"]), (Some(0.75), None, Some(0.08)));
    assert!(summary.to_string().contains("score: auc 0.7500 latency.p99 0.0800 nothing unknown rows 10"), "{summary}");
}

#[test]
fn what_is_wrong_with_a_function_is_said_in_a_sentence() {
    let package = package(
        r#"
import pandas as pd

def fails():
    values = {}
    return values["missing"]

def wants(rows, depth): pass
def two(): return 1, 2, 3
def no_table(): return 42
def no_report(): return [1]
def no_model(): return None
def unpicklable(): return lambda: 1
def importing():
    import no_such_library
def index(): return pd.DataFrame({0: [1]})
def gone(): 
    import pathlib
    return pathlib.Path("nowhere.txt")
def nan(): return pd.DataFrame({"id": [1, 2], "amount": [1.0, float("nan")], "name": ["x", "y"]})
def wrong_type(): return pd.DataFrame({"id": ["one"], "amount": [1.0], "name": ["x"]})
"#,
    );
    fs::write(package.path.join("broken.py"), "import no_such_library\n").unwrap();
    let report = Artifact::Report { metrics: "M".to_owned() };
    let other = |id: &str, module: &str, name: &str| {
        node(id, Run::Python { module: module.to_owned(), function: name.to_owned() }).makes(txt())
    };
    let nodes = vec![
        function("fails").makes(txt()),
        function("wants").param("deepness", Value::Literal(Literal::Bool(true))).makes(txt()),
        function("two").makes_named("a", txt()).makes_named("b", txt()),
        function("no_table").makes(table("Row")).checked(row_rules()),
        function("no_report").makes(report),
        function("no_model").makes(model()),
        function("unpicklable").makes(model()),
        function("index").makes(table("Row")).checked(row_rules()),
        function("gone").makes(txt()),
        other("module", "no_module", "f"),
        other("absent", "stages", "absent"),
        other("broken", "broken", "f"),
        function("nan").makes(table("Row")).checked(row_rules()),
        function("wrong_type").makes(table("Row")).checked(row_rules()),
    ];
    let summary = package.run(&ready(nodes));
    assert_eq!(summary.exit_code, 1);
    let said: Vec<String> = summary
        .nodes
        .iter()
        .map(|node| node.error.clone().unwrap_or_default().lines().next().unwrap_or_default().to_owned())
        .collect();
    let wanted = [
        "error[MLP902]: stage `p.fails`: KeyError: 'missing' (stages.py:6)",
        "error[MLP902]: stage `p.wants`: function `wants` wants `rows`, `depth`, but the stage gives deepness",
        "error[MLP902]: stage `p.two`: function `two` gave 3 results, the stage at src/p.mlp:10:3 makes 2 outputs",
        "error[MLP902]: stage `p.no_table`: output `result` is a table, the function gave int",
        "error[MLP902]: stage `p.no_report`: output `result` is a report, the function gave list",
        "error[MLP902]: stage `p.no_model`: output `result` is a model, the function gave nothing",
        "error[MLP902]: stage `p.unpicklable`: output `result`: function cannot be pickled: ",
        "error[MLP902]: stage `p.index`: output `result`: column names must be text, 0 is not",
        "error[MLP902]: stage `p.gone`: output `result`: the function gave the path nowhere.txt, where nothing is",
        "error[MLP902]: stage `p.module`: there is no module `no_module` in the package",
        "error[MLP902]: stage `p.absent`: module `stages` has no function `absent`",
        "error[MLP902]: stage `p.broken`: module `broken` imports `no_such_library`, which is not installed",
        "error[MLP901]: output `result` of `nan` breaks Row: 1 expectation does not hold",
        "error[MLP901]: output `result` of `wrong_type` breaks Row: ",
    ];
    assert_eq!(said.len(), wanted.len());
    for (said, wanted) in said.iter().zip(wanted) {
        assert!(said.starts_with(wanted), "{said}\nwanted {wanted}");
    }
    assert!(record(&summary, "nan").error.as_ref().unwrap().contains("amount"), "NaN from pandas is null");
}

#[test]
fn environments_that_cannot_be_made_are_said() {
    let package = package("def f(): return b''");
    let one = || plan(vec![function("f").makes(txt())]);
    let summary = package.run(&with_environment(one(), "3.99", LOCK));
    let said = troubles(&summary);
    assert!(said.starts_with("error: environment `default`: no Python 3.99 on this machine (found only 3."), "{said}");
    assert!(said.contains("\n  --> src/p.mlp:7:3") && said.contains("help: install that Python"), "{said}");
    assert_eq!((states(&summary).as_str(), summary.exit_code), ("f error", 2));
    let wrong = "six==1.17.0 --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000\n";
    let summary = package.run(&with_environment(one(), ">=3.10", wrong));
    let said = troubles(&summary);
    assert!(
        said.starts_with("error: environment `default`: `requirements.txt` cannot be installed for Python 3."),
        "{said}"
    );
    assert!(said.to_lowercase().contains("hash"), "the end of the tool's output is shown: {said}");
    assert_eq!(summary.exit_code, 2);
}

#[test]
fn a_stage_without_environment_needs_none() {
    let package = package("def f():\n    print('hello')\n    return b'done'");
    let plan = plan(vec![function("f").makes(txt())]);
    let summary = package.run(&plan);
    assert_eq!(states(&summary), "f done", "{}", troubles(&summary));
    assert_eq!(package.bytes(&summary, "f", "result"), b"done");
    assert!(package.run(&plan).did_nothing());
}
