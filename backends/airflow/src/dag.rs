//! The DAG file of a pipeline.

use std::{collections::HashMap, fmt::Write as _};

use mlp_plan::{Node, Pipeline, Plan, Retries, Run, Schedule};
use mlp_write::python::{Py, comment};

use crate::{
    assets::{self, Awaited},
    names::Unique,
    params::param,
};

/// Airflow cuts nothing off: a longer tag fails the whole file.
const LONGEST_TAG: usize = 100;
const SECOND: i64 = 1_000_000_000;

/// The file `stem.py` for the pipeline that goes by `name`.
pub fn file(plan: &Plan, pipeline: &Pipeline, name: &str, stem: &str) -> String {
    let mut out = String::with_capacity(4096 + pipeline.nodes.len() * 240);
    let awaited = Awaited::new(plan);
    header(&mut out, plan, pipeline, stem);
    imports(&mut out, plan, pipeline);
    constants(&mut out, plan, pipeline, name, stem);
    out.push_str("\n\n");
    out.push_str(include_str!("step.py"));
    if pipeline.on_failure.is_some() {
        out.push_str("\n\n");
        out.push_str(include_str!("notify.py"));
    }
    out.push_str("\n\nwith ");
    dag(plan, pipeline, name).write_broken(&mut out, 0);
    out.push_str(":\n");
    tasks(&mut out, plan, pipeline, &awaited);
    out
}

fn header(out: &mut String, plan: &Plan, pipeline: &Pipeline, stem: &str) {
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

/// Which Airflow the file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Two,
    Three,
    Both,
}

fn version(plan: &Plan) -> Version {
    match plan.target.options.get("version").and_then(|version| version.chars().next()) {
        Some('2') => Version::Two,
        Some('3') => Version::Three,
        _ => Version::Both,
    }
}

fn uses_assets(pipeline: &Pipeline) -> bool {
    matches!(pipeline.schedule, Some(Schedule::Update(_)))
        || pipeline.nodes.iter().any(|node| matches!(node.run, Run::Write { .. }))
}

fn imports(out: &mut String, plan: &Plan, pipeline: &Pipeline) {
    let tell = pipeline.on_failure.is_some();
    out.push_str("import json\n");
    out.push_str(if tell { "import logging\n" } else { "" });
    out.push_str("import os\nfrom datetime import timedelta\nfrom pathlib import Path\n");
    out.push_str(if tell { "from urllib.request import Request, urlopen\n" } else { "" });
    out.push_str("\nimport pendulum\n");
    let timetable = match &pipeline.schedule {
        Some(Schedule::Cron { .. }) => Some("from airflow.timetables.trigger import CronTriggerTimetable\n"),
        Some(Schedule::Every(_)) => Some("from airflow.timetables.trigger import DeltaTriggerTimetable\n"),
        Some(Schedule::Update(_)) | None => None,
    }
    .unwrap_or_default();
    let (two, three) = (imports_of_two(pipeline), imports_of_three(pipeline));
    let lines =
        |lines: &[String], indent: &str| lines.iter().map(|line| format!("{indent}{line}\n")).collect::<String>();
    let _ = match version(plan) {
        Version::Two => write!(out, "{}{timetable}", lines(&two, "")),
        Version::Three => write!(out, "{}{timetable}", lines(&three, "")),
        Version::Both => write!(
            out,
            "{timetable}\ntry:  # Airflow 3\n{}except ImportError:  # Airflow 2\n{}",
            lines(&three, "    "),
            lines(&two, "    ")
        ),
    };
}

fn imports_of_three(pipeline: &Pipeline) -> Vec<String> {
    let mut names = vec!["DAG"];
    names.extend(uses_assets(pipeline).then_some("Asset"));
    names.push("BaseOperator");
    names.extend((!pipeline.params.is_empty()).then_some("Param"));
    let mut lines = vec![
        "from airflow.providers.standard.hooks.subprocess import SubprocessHook".to_owned(),
        format!("from airflow.sdk import {}", names.join(", ")),
    ];
    lines.extend(exceptions("airflow.sdk.exceptions"));
    lines
}

fn imports_of_two(pipeline: &Pipeline) -> Vec<String> {
    let mut lines = vec!["from airflow import DAG".to_owned()];
    if uses_assets(pipeline) {
        lines.push("from airflow.datasets import Dataset as Asset".to_owned());
    }
    lines.extend(exceptions("airflow.exceptions"));
    lines.push("from airflow.hooks.subprocess import SubprocessHook".to_owned());
    lines.push("from airflow.models.baseoperator import BaseOperator".to_owned());
    if !pipeline.params.is_empty() {
        lines.push("from airflow.models.param import Param".to_owned());
    }
    lines
}

fn exceptions(module: &str) -> [String; 5] {
    let names = ["AirflowException", "AirflowFailException", "AirflowSkipException"];
    let [first, second, third] = names.map(|name| format!("    {name},"));
    [format!("from {module} import ("), first, second, third, ")".to_owned()]
}

fn constants(out: &mut String, plan: &Plan, pipeline: &Pipeline, name: &str, stem: &str) {
    let option = |key: &str| plan.target.options.get(key).map(Py::text);
    let mut set = |name: &str, value: &Py| {
        let _ = write!(out, "{name} = ");
        value.write(out, 0, name.len() + 3, 0);
        out.push('\n');
    };
    let of_environment =
        |key: &str, otherwise: Py| Py::Call("os.environ.get", vec![Py::text(key), otherwise], Vec::new());
    set("\nPIPELINE", &Py::text(name));
    set("HERE", &Py::word("Path(__file__).resolve().parent"));
    set("PLAN", &Py::Call("Path", vec![Py::word("HERE"), Py::text(format!("{stem}.plan.json"))], Vec::new()));
    // Relative paths and Python modules of the program are found from the package's folder.
    set("PACKAGE", &of_environment("MLP_PACKAGE", option("package").unwrap_or_else(|| Py::word("HERE"))));
    set("STORE", &of_environment("MLP_STORE", option("store").unwrap_or_else(|| Py::word("HERE / \".mlp\""))));
    if let Some(whom) = &pipeline.on_failure {
        set("ON_FAILURE", &Py::text(whom));
    }
}

fn dag(plan: &Plan, pipeline: &Pipeline, name: &str) -> Py {
    let id = Unique::new(240).id(name);
    let mut named = vec![("dag_id", Py::text(&id))];
    if id != name {
        named.push(("dag_display_name", Py::text(name)));
    }
    if let Some(doc) = &pipeline.doc {
        named.push(("description", Py::text(doc.lines().next().unwrap_or_default())));
        named.push(("doc_md", docs(doc)));
    }
    named.push(("schedule", schedule(plan, pipeline)));
    let timezone = match &pipeline.schedule {
        Some(Schedule::Cron { timezone, .. }) => timezone.as_str(),
        _ => "UTC",
    };
    let numbers = ["2020", "1", "1"].map(Py::word).to_vec();
    named.push(("start_date", Py::Call("pendulum.datetime", numbers, vec![("tz", Py::text(timezone))])));
    named.push(("catchup", Py::bool(pipeline.catchup)));
    if let Some(concurrency) = pipeline.concurrency {
        named.push(("max_active_runs", Py::word(concurrency.max(1).to_string())));
    }
    if let Some(deadline) = pipeline.deadline {
        named.push(("dagrun_timeout", delta(deadline)));
    }
    if !pipeline.params.is_empty() {
        let scheduled = pipeline.schedule.is_some();
        named.push((
            "params",
            Py::Dict(pipeline.params.iter().map(|each| (each.name.clone(), param(each, scheduled))).collect()),
        ));
    }
    named.push(("tags", Py::List(tags(pipeline))));
    if pipeline.on_failure.is_some() {
        named.push(("on_failure_callback", Py::word("failed")));
    }
    named.push(("default_args", default_args(plan, pipeline)));
    Py::Call("DAG", Vec::new(), named)
}

/// Docs end with a newline: Airflow reads a `doc_md` that ends with `.md` as the path of a file.
fn docs(text: &str) -> Py {
    Py::Prose(format!("{}\n", text.trim_end_matches('\n')))
}

fn schedule(plan: &Plan, pipeline: &Pipeline) -> Py {
    match &pipeline.schedule {
        None => Py::word("None"),
        // The logical date is the time of the tick on both versions; a bare cron text means the start of an interval on 2.
        Some(Schedule::Cron { expression, timezone }) => {
            Py::Call("CronTriggerTimetable", vec![Py::text(expression)], vec![("timezone", Py::text(timezone))])
        }
        Some(Schedule::Every(nanoseconds)) => {
            Py::Call("DeltaTriggerTimetable", vec![delta((*nanoseconds).max(SECOND))], Vec::new())
        }
        Some(Schedule::Update(sources)) => Py::List(
            sources
                .iter()
                .map(|source| Py::Call("Asset", vec![Py::text(assets::uri(plan, source))], Vec::new()))
                .collect(),
        ),
    }
}

fn tags(pipeline: &Pipeline) -> Vec<Py> {
    let mut seen = std::collections::BTreeSet::from(["mlp"]);
    let own = pipeline
        .tags
        .iter()
        .filter(|tag| seen.insert(tag))
        .map(|tag| Py::text(tag.chars().take(LONGEST_TAG).collect::<String>()));
    std::iter::once(Py::text("mlp")).chain(own).collect()
}

fn default_args(plan: &Plan, pipeline: &Pipeline) -> Py {
    let mut entries = Vec::new();
    if let Some(owner) = pipeline.owner.as_ref().or(plan.package.owner.as_ref()) {
        entries.push(("owner", Py::text(owner)));
    }
    if let Some(queue) = &pipeline.queue {
        entries.push(("queue", Py::text(queue)));
    }
    if let Some(priority) = pipeline.priority {
        entries.push(("priority_weight", Py::word(priority.to_string())));
        entries.push(("weight_rule", Py::text("absolute")));
    }
    if let Some(pool) = plan.target.options.get("pool") {
        entries.push(("pool", Py::text(pool)));
    }
    // A worker that is lost must not fail a run, so that one retry is the least; what is wrong with the data is never tried again.
    entries.push(("retries", Py::word("1")));
    entries.push(("retry_delay", delta(30 * SECOND)));
    entries.push(("retry_exponential_backoff", Py::bool(true)));
    entries.push(("max_retry_delay", delta(600 * SECOND)));
    Py::Dict(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// `timedelta(..)` in the largest unit that divides it; below a microsecond nothing is left.
fn delta(nanoseconds: i64) -> Py {
    let microseconds = nanoseconds / 1_000;
    let units = [("days", 86_400_000_000), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000)];
    let whole = units.into_iter().find(|(_, size)| microseconds != 0 && microseconds % size == 0);
    let (unit, size) = whole.unwrap_or(("microseconds", 1));
    Py::Call("timedelta", Vec::new(), vec![(unit, Py::word((microseconds / size).to_string()))])
}

fn tasks(out: &mut String, plan: &Plan, pipeline: &Pipeline, awaited: &Awaited<'_>) {
    if pipeline.nodes.is_empty() {
        out.push_str("    pass\n");
        return;
    }
    let (mut ids, mut variables) = (Unique::new(240), Unique::new(64));
    let mut by_node: HashMap<&str, String> = HashMap::with_capacity(pipeline.nodes.len());
    for node in &pipeline.nodes {
        let variable = variables.variable(&node.id);
        let _ = write!(out, "    {variable} = ");
        task(plan, node, &ids.id(&node.id), awaited).write(out, 4, 7 + variable.len(), 0);
        out.push('\n');
        by_node.insert(&node.id, variable);
    }
    let mut edges = Vec::new();
    for node in &pipeline.nodes {
        let Some(target) = by_node.get(node.id.as_str()) else { continue };
        let known = node.upstream().into_iter().filter_map(|from| by_node.get(from));
        edges.extend(known.filter(|from| *from != target).map(|from| format!("    {from} >> {target}\n")));
    }
    if !edges.is_empty() {
        out.push('\n');
        out.extend(edges);
    }
}

fn task(plan: &Plan, node: &Node, id: &str, awaited: &Awaited<'_>) -> Py {
    let mut named = vec![("task_id", Py::text(id))];
    if id != node.id {
        named.push(("node", Py::text(&node.id)));
    }
    if let Some(doc) = task_docs(plan, node) {
        named.push(("doc_md", docs(&doc)));
    }
    if let Some(owner) = &node.owner {
        named.push(("owner", Py::text(owner)));
    }
    if let Some(timeout) = node.timeout {
        named.push(("execution_timeout", delta(timeout)));
    }
    if let Some(Retries { limit, backoff_min, backoff_max }) = &node.retries {
        named.push(("retries", Py::word(limit.to_string())));
        if *limit > 0 {
            named.push(("retry_delay", delta(*backoff_min)));
            named.push(("max_retry_delay", delta((*backoff_max).max(*backoff_min))));
        }
    }
    named.extend(pool(plan, node));
    let outlets = awaited.outlets(plan, node);
    if !outlets.is_empty() {
        named.push((
            "outlets",
            Py::List(outlets.iter().map(|uri| Py::Call("Asset", vec![Py::text(uri)], Vec::new())).collect()),
        ));
    }
    if matches!(node.run, Run::Promote(_)) {
        named.push(("skip_on_exit_code", Py::word("99")));
    }
    Py::Call("Step", Vec::new(), named)
}

/// What a node takes of a pool: GPUs of the target's `gpu_pool`, else cores of its `pool`. Without those options there is only Airflow's default.
fn pool(plan: &Plan, node: &Node) -> Vec<(&'static str, Py)> {
    let option = |key: &str| plan.target.options.get(key);
    let gpus = node.resources.gpu.filter(|count| *count > 0);
    if let (Some(count), Some(name)) = (gpus, option("gpu_pool")) {
        return vec![("pool", Py::text(name)), ("pool_slots", Py::word(count.to_string()))];
    }
    let cores = node.resources.cpu.as_ref().and_then(mlp_plan::Literal::as_f64).map_or(1.0, f64::ceil);
    if option("pool").is_none() || cores <= 1.0 {
        Vec::new()
    } else {
        vec![("pool_slots", Py::word(format!("{cores:.0}")))]
    }
}

fn task_docs(plan: &Plan, node: &Node) -> Option<String> {
    let Run::Promote(promote) = &node.run else { return node.doc.clone() };
    let mut text = node.doc.clone().map(|doc| format!("{doc}\n\n")).unwrap_or_default();
    let _ = writeln!(text, "Moves `{}.{}` when all of this holds:\n", promote.model, promote.rung);
    for used in &promote.policies {
        let clauses = plan.policies.get(&used.policy).map(|policy| policy.clauses.as_slice()).unwrap_or_default();
        let _ = writeln!(text, "- **{}**", used.policy);
        for clause in clauses {
            let when: String = clause.when.iter().map(|report| format!(" (when there is a {report})")).collect();
            let _ = writeln!(text, "  - `{}`{when}", clause.text);
        }
    }
    Some(text)
}
