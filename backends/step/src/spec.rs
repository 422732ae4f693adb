//! What a stage's process is told: one JSON file, and environment variables.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

use mlp_plan::{Artifact, Literal, SecretRef, secret_variable};
use serde_json::{Map, Value, json};

use crate::{
    input::{Placed, Resolved, element},
    node::Job,
    outcome::Failure,
};

/// Environment variables of ours that a stage sees as they are.
const ALLOWED: [&str; 5] = ["PATH", "HOME", "LANG", "TZ", "LC_ALL"];

/// The JSON file of a step: contracts, run, seed, dates, inputs, outputs, parameters.
pub(crate) fn step_json(
    job: &Job<'_>,
    placed: &BTreeMap<String, Placed>,
    outputs: &BTreeMap<String, PathBuf>,
    params: &BTreeMap<String, Literal>,
) -> Value {
    let node = job.node;
    let mut inputs = Map::new();
    for (input, resolved) in node.inputs.iter().zip(&job.inputs) {
        let paths: Vec<Value> = placed.get(&input.name).into_iter().flatten().map(|path| json!(path)).collect();
        let value = match resolved {
            Resolved::One(_) => paths.into_iter().next().unwrap_or(Value::Null),
            Resolved::Many(_) => Value::Array(paths),
        };
        inputs.insert(
            input.name.clone(),
            json!({ "kind": kind(&input.expects), "contract": contract(&input.expects), "path": value }),
        );
    }
    let outputs: Vec<Value> = node
        .outputs
        .iter()
        .filter_map(|output| {
            let path = outputs.get(&output.name)?;
            Some(json!({ "name": output.name, "kind": kind(&output.artifact), "contract": contract(&output.artifact), "path": path }))
        })
        .collect();
    let contracts: Map<String, Value> = node
        .inputs
        .iter()
        .map(|input| &input.expects)
        .chain(node.outputs.iter().map(|output| &output.artifact))
        .flat_map(|artifact| contracts_of(artifact))
        .filter_map(|name| Some((name.to_owned(), serde_json::to_value(job.index.plan.contract(name)?).ok()?)))
        .collect();
    let context = &job.run.context;
    json!({
        "format": "mlp.step/v1",
        "package": job.store.root(), "pipeline": job.index.pipeline.name, "node": node.id, "stage": node.stage, "place": node.place.to_string(),
        "run": { "id": context.id, "date": context.date, "time": format!("{}Z", context.time.format("%Y-%m-%dT%H:%M:%S%.f")) },
        "seed": seed(job, params), "inputs": inputs, "outputs": outputs, "contracts": contracts,
        "params": params.iter().map(|(name, value)| (name.clone(), plain(value))).collect::<Map<_, _>>(),
    })
}

fn kind(artifact: &Artifact) -> &'static str {
    match element(artifact) {
        Artifact::Table { .. } => "table",
        Artifact::Model { .. } => "model",
        Artifact::Report { .. } => "report",
        Artifact::File { .. } => "file",
        Artifact::Dir => "dir",
        Artifact::List(_) | Artifact::Nothing => "nothing",
    }
}

fn contract(artifact: &Artifact) -> Option<&str> {
    match element(artifact) {
        Artifact::Table { contract } => Some(contract),
        _ => None,
    }
}

fn contracts_of(artifact: &Artifact) -> Vec<&str> {
    match element(artifact) {
        Artifact::Table { contract } => vec![contract],
        Artifact::Model { input, output } => vec![input, output],
        _ => Vec::new(),
    }
}

/// The seed of a stage: its setting, or its parameter of that name.
pub(crate) fn seed(job: &Job<'_>, params: &BTreeMap<String, Literal>) -> Option<i64> {
    job.node.seed.or_else(|| params.get("seed").and_then(Literal::as_i64))
}

/// A value with its kind, so that a reader need not guess: `{"date": "2013-10-01"}`.
fn plain(value: &Literal) -> Value {
    match value {
        Literal::Null => Value::Null,
        Literal::Bool(value) => json!(value),
        Literal::Text(value) => json!(value),
        Literal::Nan => json!({ "number": "nan" }),
        Literal::Number(value) => json!({ "number": value.normalized().to_plain_string() }),
        Literal::Duration(nanoseconds) => json!({ "nanoseconds": nanoseconds }),
        Literal::Size(bytes) => json!({ "number": bytes.to_string() }),
        Literal::Date(value) => json!({ "date": value }),
        Literal::Time(value) => json!({ "time": value.format("%H:%M:%S%.f").to_string() }),
        Literal::Timestamp(value) => json!({ "timestamp": format!("{}Z", value.format("%Y-%m-%dT%H:%M:%S%.6f")) }),
        Literal::List(values) => Value::Array(values.iter().map(plain).collect()),
    }
}

/// A value as a program's environment holds it: bare text, ISO dates, durations in seconds, lists as JSON; unset where it is none.
pub(crate) fn bare(value: &Literal) -> Option<String> {
    Some(match value {
        Literal::Null => return None,
        Literal::Text(text) => text.clone(),
        Literal::Duration(nanoseconds) => {
            let (whole, part) = (nanoseconds / 1_000_000_000, (nanoseconds % 1_000_000_000).abs());
            let sign = if *nanoseconds < 0 && whole == 0 { "-" } else { "" };
            let part = format!("{part:09}");
            let part = part.trim_end_matches('0');
            if part.is_empty() { whole.to_string() } else { format!("{sign}{whole}.{part}") }
        }
        Literal::Size(bytes) => bytes.to_string(),
        Literal::List(values) => {
            let items: Vec<Value> = values.iter().map(listed).collect();
            Value::Array(items).to_string()
        }
        other => other.to_string(),
    })
}

fn listed(value: &Literal) -> Value {
    match value {
        Literal::Bool(value) => json!(value),
        Literal::Number(number) => {
            number.normalized().to_plain_string().parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
        }
        Literal::List(values) => Value::Array(values.iter().map(listed).collect()),
        other => bare(other).map_or(Value::Null, Value::String),
    }
}

/// Variables, and the values that must not show in a log.
pub(crate) type Surroundings = (BTreeMap<String, OsString>, Vec<Vec<u8>>);

/// The clean environment of a stage, without what is particular to its kind.
pub(crate) fn environment(job: &Job<'_>, work: &Path, seed: Option<i64>) -> Result<Surroundings, Failure> {
    let mut env: BTreeMap<String, OsString> =
        ALLOWED.iter().filter_map(|name| std::env::var_os(name).map(|value| ((*name).to_owned(), value))).collect();
    if let Some(programs) = job.environment.as_ref().and_then(|environment| environment.programs.as_ref()) {
        let mut path = programs.clone().into_os_string();
        path.push(":");
        path.push(env.get("PATH").cloned().unwrap_or_default());
        env.insert("PATH".to_owned(), path);
    }
    env.insert("TMPDIR".to_owned(), work.into());
    env.insert(crate::survivors::MARK.to_owned(), work.join("step.json").into());
    env.insert("MLP_RUN".to_owned(), job.run.context.id.clone().into());
    env.insert("MLP_NODE".to_owned(), job.node.id.clone().into());
    if let Some(seed) = seed {
        env.insert("MLP_SEED".to_owned(), seed.to_string().into());
    }
    let mut secrets = Vec::new();
    for name in &job.node.secrets {
        let (variable, value) = secret(job, name)?;
        secrets.push(value.as_encoded_bytes().to_vec());
        env.insert(secret_variable(name), value.clone());
        env.insert(variable, value);
    }
    Ok((env, secrets))
}

fn secret(job: &Job<'_>, name: &str) -> Result<(String, OsString), Failure> {
    let missing = |text: String| Failure::new(text, &job.node.place);
    let variable = match job.index.plan.secrets.get(name) {
        Some(SecretRef::Env(variable)) => variable.clone(),
        // On these targets the pod or task has it in its environment under the secret's own name.
        Some(SecretRef::Connection(_) | SecretRef::Kubernetes { .. }) => secret_variable(name),
        None => return Err(missing(format!("the plan has no secret `{name}`"))),
    };
    let value = std::env::var_os(&variable).ok_or_else(|| {
        missing(format!("secret `{name}`: the environment variable {variable} is not set"))
            .help(format!("set {variable} before the run"))
    })?;
    Ok((variable, value))
}
