//! Tests for those who keep the generated files in their repository: pytest loads each DAG and compares it with the program.

use std::collections::{BTreeMap, BTreeSet};

use mlp_plan::{Pipeline, Plan};
use mlp_write::python::Py;

use crate::{GeneratedFile, dag, names::Unique, tasks};

const HEADER: &str = "\
# Made by mlp: do not edit, change the program and run mlp compile --dag-tests.
import json
from inspect import signature
from pathlib import Path

import pytest

try:  # Airflow 3
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow 2
    from airflow.models import DagBag

FOLDER = Path(__file__).resolve().parent.parent
";

/// `tests/test_dags.py`, and the file that keeps Airflow from reading it as a DAG.
pub fn files(plan: &Plan) -> Vec<GeneratedFile> {
    let mut stems = Unique::new(200);
    let dags = plan.pipelines.iter().map(|(name, pipeline)| {
        let stem = stems.file(name);
        (format!("{stem}.py"), expected(pipeline, name, &stem))
    });
    let mut content = format!("{HEADER}DAGS = ");
    Py::Dict(dags.collect()).write(&mut content, 0, 7, 0);
    content.push_str("\n\n\n");
    content.push_str(include_str!("python/test_dags.py"));
    let ignored = GeneratedFile { path: "tests/.airflowignore".to_owned(), content: "test_dags.py\n".to_owned() };
    vec![GeneratedFile { path: "tests/test_dags.py".to_owned(), content }, ignored]
}

fn expected(pipeline: &Pipeline, name: &str, stem: &str) -> Py {
    let ids = tasks::ids(&pipeline.nodes);
    let mut behind: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut retries = Vec::new();
    for node in &pipeline.nodes {
        let Some(id) = ids.get(node.id.as_str()) else { continue };
        behind.entry(id).or_default();
        for from in node.upstream().into_iter().filter(|from| *from != node.id).filter_map(|from| ids.get(from)) {
            behind.entry(from).or_default().insert(id);
        }
        let limit = node.retries.as_ref().map_or(dag::RETRIES, |retries| retries.limit);
        retries.push((id.clone(), Py::word(limit.to_string())));
    }
    let texts = |texts: &mut dyn Iterator<Item = &str>| Py::List(texts.map(Py::text).collect());
    let order = behind.iter().map(|(id, next)| ((*id).to_owned(), texts(&mut next.iter().copied())));
    let params: BTreeSet<&str> = pipeline.params.iter().map(|param| param.name.as_str()).collect();
    let tags: BTreeSet<String> = dag::tags(pipeline).into_iter().collect();
    let entries = [
        ("dag_id", Py::text(dag::id(name))),
        ("pipeline", Py::text(name)),
        ("plan", Py::text(format!("{stem}.plan.json"))),
        ("catchup", Py::bool(pipeline.catchup)),
        ("params", texts(&mut params.into_iter())),
        ("tags", texts(&mut tags.iter().map(String::as_str))),
        ("tasks", Py::Dict(order.collect())),
        ("retries", Py::Dict(retries)),
    ];
    Py::Dict(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
