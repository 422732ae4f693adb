//! What stands above the DAG: where the file comes from, imports, constants, and the operators of its tasks.

use std::{collections::BTreeMap, fmt::Write as _};

use mlp_plan::{Node, Pipeline, Plan, Run, Schedule};
use mlp_write::python::{Py, comment};

use crate::{
    bundle::Bundle,
    uses::{Executor, Uses, Version},
};

/// All that comes before `with DAG(`.
pub fn write(out: &mut String, plan: &Plan, pipeline: &Pipeline, uses: &Uses, bundle: &Bundle<'_>) {
    origin(out, plan, pipeline, bundle.stem);
    imports(out, pipeline, uses);
    constants(out, plan, pipeline, uses, bundle);
    let operator = match uses.executor {
        Executor::Bash => include_str!("python/bash.py"),
        Executor::Kubernetes => include_str!("python/kubernetes.py"),
        Executor::Docker => include_str!("python/docker.py"),
    };
    let mut parts = vec![include_str!("python/step.py"), operator];
    parts.extend(uses.gates.then_some(include_str!("python/gate.py")));
    parts.extend(uses.tells().then_some(include_str!("python/notify.py")));
    for part in parts {
        out.push_str("\n\n");
        out.push_str(&uses.part(part));
    }
}

fn origin(out: &mut String, plan: &Plan, pipeline: &Pipeline, stem: &str) {
    let version = plan.package.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let _ = writeln!(out, "# Made by mlp: do not edit, change the program and run mlp compile.");
    let _ = writeln!(
        out,
        "# source:  {} (package {}{})",
        comment(&pipeline.place.file),
        comment(&plan.package.name),
        comment(&version)
    );
    let _ = writeln!(out, "# digest:  blake3:{}", comment(&plan.package.digest));
    let _ = writeln!(out, "# plan:    {stem}.plan.json\n");
}

/// The package that [`origin`] names.
pub fn package_of(text: &str) -> Option<&str> {
    let mut lines = text.lines();
    lines.next().filter(|line| line.starts_with("# Made by mlp: do not edit, "))?;
    let (_, package) = lines.next()?.strip_prefix("# source:  ")?.rsplit_once(" (package ")?;
    package.strip_suffix(')')?.split(' ').next()
}

fn imports(out: &mut String, pipeline: &Pipeline, uses: &Uses) {
    let mut first = vec!["import json"];
    first.extend(uses.tells().then_some("import logging"));
    first.extend(["import os", "from datetime import timedelta"]);
    first.extend(uses.mail().then_some("from html import escape"));
    first.extend((uses.executor != Executor::Kubernetes).then_some("from pathlib import Path"));
    first.extend(uses.webhook().then_some("from urllib.request import Request, urlopen"));
    let mut common = vec!["import pendulum".to_owned()];
    match uses.executor {
        Executor::Bash => {}
        Executor::Kubernetes => {
            common.push("from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator".to_owned())
        }
        Executor::Docker => {
            common.push("from airflow.providers.docker.operators.docker import DockerOperator".to_owned())
        }
    }
    match &pipeline.schedule {
        Some(Schedule::Cron { .. }) => {
            common.push("from airflow.timetables.trigger import CronTriggerTimetable".to_owned())
        }
        Some(Schedule::Every(_)) => {
            common.push("from airflow.timetables.trigger import DeltaTriggerTimetable".to_owned())
        }
        Some(Schedule::Update(_)) | None => {}
    }
    common.extend(uses.mail().then(|| "from airflow.utils.email import send_email".to_owned()));
    if uses.executor == Executor::Docker {
        common.push("from docker.types import DeviceRequest, Mount".to_owned());
    }
    let lines = |lines: &[String], indent: &str| {
        lines.iter().flat_map(|line| line.lines()).map(|line| format!("{indent}{line}\n")).collect::<String>()
    };
    let _ = write!(out, "{}\n\n", first.join("\n"));
    let _ = match uses.version {
        Version::Two => write!(out, "{}", lines(&sorted(common, imports_of_two(uses)), "")),
        Version::Three => write!(out, "{}", lines(&sorted(common, imports_of_three(uses)), "")),
        Version::Both => write!(
            out,
            "{}\ntry:  # Airflow 3\n{}except ImportError:  # Airflow 2\n{}",
            lines(&common, ""),
            lines(&imports_of_three(uses), "    "),
            lines(&imports_of_two(uses), "    ")
        ),
    };
}

/// `import x` before `from y import z`, each by module, as formatters have it.
fn sorted(mut lines: Vec<String>, more: Vec<String>) -> Vec<String> {
    lines.extend(more);
    lines.sort_by_key(|line| (line.starts_with("from "), line.starts_with("from docker"), line.clone()));
    lines
}

fn imports_of_three(uses: &Uses) -> Vec<String> {
    let mut names = vec!["DAG"];
    names.extend(uses.assets.then_some("Asset"));
    names.extend(uses.connections.then_some("BaseHook"));
    names.extend((uses.executor == Executor::Bash).then_some("BaseOperator"));
    names.extend(uses.gates.then_some("BaseSensorOperator"));
    names.extend(uses.params.then_some("Param"));
    names.extend(uses.groups.then_some("TaskGroup"));
    let mut lines = Vec::new();
    if uses.executor == Executor::Bash {
        lines.push("from airflow.providers.standard.hooks.subprocess import SubprocessHook".to_owned());
    }
    lines.push(from("airflow.sdk", &names, if uses.version == Version::Both { 4 } else { 0 }));
    lines.push(exceptions("airflow.sdk.exceptions"));
    lines
}

fn imports_of_two(uses: &Uses) -> Vec<String> {
    let bash = uses.executor == Executor::Bash;
    let parts = [
        (true, "from airflow import DAG"),
        (uses.assets, "from airflow.datasets import Dataset as Asset"),
        (true, ""),
        (uses.connections, "from airflow.hooks.base import BaseHook"),
        (bash, "from airflow.hooks.subprocess import SubprocessHook"),
        (bash, "from airflow.models.baseoperator import BaseOperator"),
        (uses.params, "from airflow.models.param import Param"),
        (uses.gates, "from airflow.sensors.base import BaseSensorOperator"),
        (uses.groups, "from airflow.utils.task_group import TaskGroup"),
    ];
    let used = parts.into_iter().filter(|(used, _)| *used);
    used.map(|(_, line)| if line.is_empty() { exceptions("airflow.exceptions") } else { line.to_owned() }).collect()
}

fn exceptions(module: &str) -> String {
    from(module, &["AirflowException", "AirflowFailException", "AirflowSkipException"], 0)
}

/// `from module import a, b`, a name a line where that is too wide.
fn from(module: &str, names: &[&str], indent: usize) -> String {
    let line = format!("from {module} import {}", names.join(", "));
    if line.len() + indent <= 88 {
        return line;
    }
    let names: String = names.iter().map(|name| format!("    {name},\n")).collect();
    format!("from {module} import (\n{names})")
}

/// `os.environ.get("KEY", otherwise)`: what a deployment may say better than a program.
fn of_environment(key: &str, otherwise: Option<Py>) -> Py {
    Py::Call("os.environ.get", [Py::text(key)].into_iter().chain(otherwise).collect(), Vec::new())
}

fn constants(out: &mut String, plan: &Plan, pipeline: &Pipeline, uses: &Uses, bundle: &Bundle<'_>) {
    let option = |key: &str| plan.target.options.get(key).map(Py::text);
    let mut set = |name: &str, value: &Py| {
        let _ = write!(out, "{name} = ");
        value.write(out, 0, name.len() + 3, 0);
        out.push('\n');
    };
    set("\nPIPELINE", &Py::text(bundle.name));
    let here = || Py::word("HERE / \".mlp\"");
    match uses.executor {
        Executor::Bash => {
            set("HERE", &Py::word("Path(__file__).resolve().parent"));
            set("PLAN", &Py::Call("Path", vec![Py::word("HERE"), Py::text(&bundle.plan_file)], Vec::new()));
            // Relative paths and Python modules of the program are found from the package's folder.
            set("PACKAGE", &of_environment("MLP_PACKAGE", option("package").or_else(|| Some(Py::word("HERE")))));
            set("STORE", &of_environment("MLP_STORE", option("store").or_else(|| Some(here()))));
        }
        Executor::Docker => {
            set("HERE", &Py::word("Path(__file__).resolve().parent"));
            set("PLAN_FILE", &Py::text(&bundle.plan_file));
            set("PLAN", &Py::text("/mlp/plan.json"));
            set("PACKAGE", &option("package").unwrap_or_else(|| Py::word("None")));
            set("STORE", &of_environment("MLP_STORE", option("store").or_else(|| Some(here()))));
            set(
                "RUNNER",
                &of_environment("MLP_RUNNER", option("runner").or_else(|| Some(Py::text("/usr/local/bin/mlp")))),
            );
            set("IMAGE", &option("image").unwrap_or_else(|| Py::text("debian:stable-slim")));
        }
        Executor::Kubernetes => {
            set("PACKAGE", &option("package").unwrap_or_else(|| Py::word("None")));
            set("STORE", &of_environment("MLP_STORE", Some(option("store").unwrap_or_else(|| Py::text("")))));
            set("RUNNER", &option("runner").unwrap_or_else(|| Py::text("mlp:latest")));
            set("NAMESPACE", &option("namespace").unwrap_or_else(|| Py::word("None")));
            set("SERVICE_ACCOUNT", &option("service_account").unwrap_or_else(|| Py::word("None")));
            let (plan, map) = bundle.in_pods();
            set("PLAN", &plan);
            set("PLAN_CONFIG_MAP", &map);
        }
    }
    if uses.executor != Executor::Bash {
        set("IMAGES", &images(plan, pipeline));
    }
    if uses.gates {
        set("HELD", &Py::word("98"));
    }
    if let Some(whom) = &pipeline.on_failure {
        set("ON_FAILURE", &Py::text(whom));
    }
}

/// The images of the environments that nodes name: one line for each, wherever it is used.
fn images(plan: &Plan, pipeline: &Pipeline) -> Py {
    let named = pipeline.nodes.iter().filter_map(|node| environment(plan, node));
    let found: BTreeMap<&str, &str> = named.collect();
    Py::Dict(found.into_iter().map(|(name, image)| (name.to_owned(), Py::text(image))).collect())
}

/// The environment of a node that has an image, unless the node names an image itself.
pub fn environment<'a>(plan: &'a Plan, node: &'a Node) -> Option<(&'a str, &'a str)> {
    if matches!(node.run, Run::Container { .. }) {
        return None;
    }
    let name = node.env.as_deref()?;
    Some((name, plan.environments.get(name)?.image.as_deref()?))
}
