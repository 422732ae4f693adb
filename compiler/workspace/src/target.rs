//! Targets: which backend, and what they may set.

use std::collections::BTreeMap;

use mlp_analysis::{literals::from_text, secrets::secret};
use mlp_plan::{Backend, Literal, Plan, Retries, Schedule, Target, ValueType};
use mlp_syntax::tree::{Expr, ItemKind};

use crate::manifest::Manifest;

/// What a target sets, by name, as text.
pub type Override = BTreeMap<String, String>;

/// The target of that name: a table of the manifest, or one of the three that are always there; with what it sets.
///
/// # Errors
/// In words, where there is no such target, or its table is wrong.
pub fn target_of(manifest: &Manifest, name: &str) -> Result<(Target, Override), String> {
    let Some(table) = manifest.targets.get(name) else {
        let backend = backend(name).ok_or_else(|| {
            let known: Vec<&str> =
                manifest.targets.keys().map(String::as_str).chain(["local", "airflow", "kubernetes"]).collect();
            format!("there is no target `{name}`; mlp knows {}", known.join(", "))
        })?;
        return Ok((Target { name: name.to_owned(), backend, options: BTreeMap::new() }, Override::new()));
    };
    let backend = backend(&table.backend)
        .ok_or_else(|| format!("target `{name}`: backend `{}` is none of local, airflow, kubernetes", table.backend))?;
    let mut options = BTreeMap::new();
    for (key, value) in [
        ("version", &table.version),
        ("executor", &table.executor),
        ("namespace", &table.namespace),
        ("store", &table.store),
    ] {
        if let Some(value) = value {
            options.insert(key.to_owned(), value.clone());
        }
    }
    let set = table.set.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    Ok((Target { name: name.to_owned(), backend, options }, set))
}

fn backend(name: &str) -> Option<Backend> {
    match name {
        "local" => Some(Backend::Local),
        "airflow" => Some(Backend::Airflow),
        "kubernetes" => Some(Backend::Kubernetes),
        _ => None,
    }
}

fn text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Sets in a plan what a target or `--set` may set: parameters, secrets, `schedule`, `concurrency`, `timeout`, `retries`. Constants were set before the
/// check, under the names in `consts`.
///
/// # Errors
/// In words, for each name that nothing answers to, and each value that is not of the type that it sets.
pub fn apply_target(plan: &mut Plan, set: &Override, consts: &[String]) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    for (key, value) in set {
        if consts.contains(key) {
            continue;
        }
        match apply(plan, key, value) {
            Ok(true) => {}
            Ok(false) => faults.push(format!("there is nothing named `{key}` to set")),
            Err(why) => faults.push(format!("{key} = {value}: {why}")),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

fn apply(plan: &mut Plan, key: &str, value: &str) -> Result<bool, String> {
    if let Some(known) = plan.secrets.get_mut(key) {
        let expr = expression(value)
            .ok_or_else(|| "write `env(\"X\")`, `connection(\"x\")` or `kubernetes(\"x\", key: \"y\")`".to_owned())?;
        *known = secret(&expr)
            .ok_or_else(|| "write `env(\"X\")`, `connection(\"x\")` or `kubernetes(\"x\", key: \"y\")`".to_owned())?;
        return Ok(true);
    }
    let mut found = false;
    for pipeline in plan.pipelines.values_mut() {
        for param in pipeline.params.iter_mut().filter(|param| param.name == key) {
            let ty = ValueType {
                data: param.data.clone(),
                nullable: param.nullable,
                unit: None,
                constraints: param.constraints.clone(),
            };
            param.default = Some(from_text(value, &ty)?);
            found = true;
        }
        match key {
            "concurrency" => {
                pipeline.concurrency = Some(value.parse().map_err(|_| "a whole number is meant".to_owned())?)
            }
            "schedule" => pipeline.schedule = schedule(value)?,
            "timeout" => {
                let limit = duration(value)?;
                pipeline
                    .nodes
                    .iter_mut()
                    .filter(|node| node.timeout.is_none())
                    .for_each(|node| node.timeout = Some(limit));
            }
            "retries" => {
                let limit = value.parse().map_err(|_| "a whole number is meant".to_owned())?;
                let retries = Retries { limit, backoff_min: 10_000_000_000, backoff_max: 300_000_000_000 };
                pipeline
                    .nodes
                    .iter_mut()
                    .filter(|node| node.retries.is_none())
                    .for_each(|node| node.retries = Some(retries.clone()));
            }
            _ => continue,
        }
        found = true;
    }
    Ok(found)
}

fn duration(value: &str) -> Result<i64, String> {
    match from_text(value, &ValueType::plain(mlp_plan::DataType::Duration))? {
        Literal::Duration(nanoseconds) if nanoseconds > 0 => Ok(nanoseconds),
        _ => Err("a duration above zero is meant".to_owned()),
    }
}

fn schedule(value: &str) -> Result<Option<Schedule>, String> {
    if value == "none" {
        return Ok(None);
    }
    let text = format!("pipeline p {{\n  schedule = {value}\n}}\n");
    let loaded = crate::in_memory(&[("p", &text)]);
    let checked = mlp_analysis::check(&loaded.program, &mlp_ports::NoSql, &mlp_ports::NoFiles);
    match (loaded.diagnostics.first().or_else(|| checked.diagnostics().first()), checked.flows.first()) {
        (None, Some(flow)) => Ok(flow.settings.schedule.clone()),
        (fault, _) => Err(fault.map_or_else(|| "no schedule".to_owned(), |fault| fault.message.clone())),
    }
}

fn expression(text: &str) -> Option<Expr> {
    let parsed = mlp_syntax::parse(mlp_source::FileId(0), &format!("const x: int = {text}\n"));
    match parsed.file.items.into_iter().next().map(|item| item.kind) {
        Some(ItemKind::Const(decl)) if parsed.diagnostics.is_empty() => Some(decl.value),
        _ => None,
    }
}
