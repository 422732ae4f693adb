//! Targets: which backend, and what they may set.

use std::collections::{BTreeMap, BTreeSet};

use mlp_analysis::{Kind, literals::from_text, secrets::secret, settings::Settings};
use mlp_plan::{Backend, Node, Plan, PodPatch, Replicas, Schedule, Target, ValueType};
use mlp_ports::{Files, NoFiles, NoSql};
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
            let known: BTreeSet<&str> =
                manifest.targets.keys().map(String::as_str).chain(["local", "airflow", "kubernetes"]).collect();
            format!("there is no target `{name}`; there is {}", known.into_iter().collect::<Vec<_>>().join(", "))
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
        ("package", &table.package),
        ("runner", &table.runner),
        ("image", &table.image),
        ("service_account", &table.service_account),
        ("pool", &table.pool),
        ("gpu_pool", &table.gpu_pool),
        ("start_date", &table.start_date),
    ] {
        if let Some(value) = value {
            options.insert(key.to_owned(), value.clone());
        }
    }
    let mut set = Override::new();
    for (key, value) in &table.set {
        match value {
            // `fit.timeout = "1h"` is a table in TOML
            toml::Value::Table(inner) if key != "resources" => {
                set.extend(inner.iter().map(|(name, value)| (format!("{key}.{name}"), text(value))));
            }
            value => {
                set.insert(key.clone(), text(value));
            }
        }
    }
    if let Some(resources) = &table.resources {
        set.entry("resources".to_owned()).or_insert_with(|| text(&toml::Value::Table(resources.clone())));
    }
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
        toml::Value::Table(table) => {
            let entries: Vec<String> = table.iter().map(|(key, value)| format!("{key}: {}", text(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Sets in a plan what a target or `--set` may set: parameters, secrets, `schedule` and `concurrency` of all pipelines; `env`, `resources`, `timeout` and
/// `retries` of every node that says nothing itself, or as `STAGE.timeout` of every call of a stage, whatever it says; `STAGE.pod`; `replicas` of every
/// deployment that says nothing itself, or as `DEPLOYMENT.replicas`. Constants were set before the check, under the names in `consts`.
///
/// # Errors
/// In words, for each name that nothing answers to, and each value that is not of the type that it sets.
pub fn apply_target(plan: &mut Plan, set: &Override, consts: &[String], files: &dyn Files) -> Result<(), Vec<String>> {
    let mut faults = Vec::new();
    for (key, value) in set {
        if consts.contains(key) {
            continue;
        }
        match apply(plan, key, value, files) {
            Ok(true) => {}
            Ok(false) => faults.push(format!("there is nothing named `{key}` to set")),
            Err(why) => faults.push(format!("{key} = {value}: {why}")),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Whether there was something to set.
fn apply(plan: &mut Plan, key: &str, value: &str, files: &dyn Files) -> Result<bool, String> {
    if let Some(known) = plan.secrets.get_mut(key) {
        *known = expression(value)
            .and_then(|expr| secret(&expr))
            .ok_or_else(|| "write `env(\"X\")`, `connection(\"x\")` or `kubernetes(\"x\", key: \"y\")`".to_owned())?;
        return Ok(true);
    }
    let param = set_param(plan, key, value)?;
    let set = match (key, key.rsplit_once('.')) {
        ("concurrency", _) => {
            let limit = value.parse().map_err(|_| "a whole number is meant".to_owned())?;
            plan.pipelines.values_mut().for_each(|pipeline| pipeline.concurrency = Some(limit));
            !plan.pipelines.is_empty()
        }
        ("schedule", _) => {
            let schedule = schedule(value)?;
            plan.pipelines.values_mut().for_each(|pipeline| pipeline.schedule = schedule.clone());
            !plan.pipelines.is_empty()
        }
        ("replicas", _) => set_replicas(plan, None, value)?,
        (_, Some((deployment, "replicas"))) => set_replicas(plan, Some(deployment), value)?,
        (_, Some((stage, name))) => set_nodes(plan, Some(stage), name, value, files)?,
        (name, None) => set_nodes(plan, None, name, value, files)?,
    };
    Ok(param || set)
}

/// The default of a parameter, in every pipeline that has it.
fn set_param(plan: &mut Plan, key: &str, value: &str) -> Result<bool, String> {
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
    }
    Ok(found)
}

/// `replicas` of all deployments that say nothing themselves, or of one, whatever it says.
fn set_replicas(plan: &mut Plan, deployment: Option<&str>, value: &str) -> Result<bool, String> {
    let replicas = replicas(value)?;
    let mut found = false;
    for known in plan.deployments.values_mut() {
        if deployment.is_none_or(|name| known.name == name) {
            found = true;
            known.replicas = known.replicas.filter(|_| deployment.is_none()).or(Some(replicas));
        }
    }
    Ok(found)
}

/// A setting of nodes: of all that say nothing themselves, or of all calls of one stage.
fn set_nodes(plan: &mut Plan, stage: Option<&str>, name: &str, value: &str, files: &dyn Files) -> Result<bool, String> {
    let Some(change) = change(plan, stage, name, value, files)? else { return Ok(false) };
    // with or without its module, as in `flights.fit` and `fit`
    let meant = |node: &Node, stage: &str| {
        node.stage == stage || node.stage.rsplit_once('.').is_some_and(|(_, last)| last == stage)
    };
    let mut found = stage.is_none();
    for node in plan.pipelines.values_mut().flat_map(|pipeline| &mut pipeline.nodes) {
        if stage.is_none_or(|stage| meant(node, stage)) {
            change(node);
            found = true;
        }
    }
    Ok(found)
}

/// What happens to one node.
type Change = Box<dyn Fn(&mut Node)>;

/// The change that a setting makes; `None` where there is no such setting. Without a stage, a node keeps what it says itself.
fn change(
    plan: &Plan,
    stage: Option<&str>,
    name: &str,
    value: &str,
    files: &dyn Files,
) -> Result<Option<Change>, String> {
    let all = stage.is_none();
    Ok(Some(match name {
        "timeout" => {
            let limit = setting(name, value, |settings| settings.timeout)?;
            Box::new(move |node| node.timeout = node.timeout.filter(|_| all).or(Some(limit)))
        }
        "retries" => {
            let retries = setting(name, value, |settings| settings.retries.clone())?;
            Box::new(move |node| node.retries = node.retries.take().filter(|_| all).or_else(|| Some(retries.clone())))
        }
        "resources" => {
            let resources = setting(name, value, |settings| Some(settings.resources.clone()))?;
            Box::new(move |node| {
                if !all || node.resources.is_empty() {
                    node.resources = resources.clone();
                }
            })
        }
        "env" => {
            if !plan.environments.contains_key(value) {
                let known: Vec<&str> = plan.environments.keys().map(String::as_str).collect();
                return Err(match known.as_slice() {
                    [] => "the package declares no `env`".to_owned(),
                    known => format!("there is no such environment; the package has {}", known.join(", ")),
                });
            }
            let env = value.to_owned();
            Box::new(move |node| {
                // who names none has the one called `default`, where there is one
                let says_nothing = match node.env.as_deref() {
                    Some(env) => env == "default",
                    None => node.run.python().is_some(),
                };
                if !all || says_nothing {
                    node.env = Some(env.clone());
                }
            })
        }
        "pod" if !all => {
            let patch = pod(plan, value, files)?;
            Box::new(move |node| node.pod = Some(patch.clone()))
        }
        _ => return Ok(None),
    }))
}

/// A patch, where a pod is made and the patch can reach it as it is written.
fn pod(plan: &Plan, file: &str, files: &dyn Files) -> Result<PodPatch, String> {
    if plan.target.backend != Backend::Kubernetes {
        return Err("only a kubernetes target makes pods".to_owned());
    }
    let text = files.read(&plan.package.name, file)?.to_string();
    if text.trim().is_empty() {
        return Err("the patch is empty".to_owned());
    }
    if text.contains("{{") {
        return Err("`{{` in it would be read as a template by the engine".to_owned());
    }
    let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
    Ok(PodPatch { file: file.to_owned(), text, digest })
}

/// The value of `replicas`, read by the checker as it stands in a program.
fn replicas(value: &str) -> Result<Replicas, String> {
    let text = format!(
        "contract R {{\n  id: int64\n}}\nmodel M: Model<R, R> {{\n  ladder = [live]\n}}\n\
         deployment D of M.live {{\n  request = R\n  replicas = {value}\n}}\n"
    );
    let loaded = crate::in_memory(&[("d", &text)]);
    let mut checked = mlp_analysis::check(&loaded.program, &NoSql, &NoFiles);
    if let Some(fault) = loaded.diagnostics.first().or_else(|| checked.diagnostics().first()) {
        return Err(fault.message.clone());
    }
    let deployment = loaded.program.of_kind(Kind::Deployment).next();
    deployment
        .and_then(|id| checked.checker.deployment(id))
        .and_then(|deployment| deployment.replicas)
        .ok_or_else(|| "no value of `replicas`".to_owned())
}

/// The value of a stage's setting, read by the checker as it stands in a program.
fn setting<T>(name: &str, value: &str, take: impl FnOnce(&Settings) -> Option<T>) -> Result<T, String> {
    let text = format!("stage s() -> () {{\n  run = command([\"true\"])\n  {name} = {value}\n}}\n");
    let loaded = crate::in_memory(&[("s", &text)]);
    let mut checked = mlp_analysis::check(&loaded.program, &NoSql, &NoFiles);
    if let Some(fault) = loaded.diagnostics.first().or_else(|| checked.diagnostics().first()) {
        return Err(fault.message.clone());
    }
    let stage =
        loaded.program.of_kind(Kind::Stage).find(|id| loaded.program.decl(*id).is_some_and(|decl| decl.name == "s"));
    stage
        .and_then(|id| checked.checker.signature(id))
        .and_then(|signature| take(&signature.settings))
        .ok_or_else(|| format!("no value of `{name}`"))
}

fn schedule(value: &str) -> Result<Option<Schedule>, String> {
    if value == "none" {
        return Ok(None);
    }
    let text = format!("pipeline p {{\n  schedule = {value}\n}}\n");
    let loaded = crate::in_memory(&[("p", &text)]);
    let checked = mlp_analysis::check(&loaded.program, &NoSql, &NoFiles);
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
