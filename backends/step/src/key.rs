//! The key of a node's result: everything that may change it, each component by name.

use std::collections::BTreeMap;

use mlp_plan::{Artifact, Literal, Node, Run, Value};
use mlp_store::Store;

use crate::{
    context::{PlanIndex, RunInfo, digest_json},
    environment::PythonEnvironment,
    input::{Resolved, element},
    outcome::Failure,
    source,
};

/// Raised when the engine gives other results for the same key.
const EPOCH: &str = "1";

/// A key with its components.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeKey {
    /// blake3 of the components, in hex.
    pub digest: String,
    /// Everything that went into it, by name: `code`, `param depth`, `input rows`, `environment`, ..
    pub components: BTreeMap<String, String>,
}

/// The key of a node's result. `environment` is needed by nodes that have one, and by Python.
///
/// # Errors
/// Where a parameter has no value in this run, or a source's files cannot be read.
pub fn key_of(
    index: &PlanIndex<'_>,
    store: &Store,
    node: &Node,
    run: &RunInfo,
    inputs: &[Resolved],
    environment: Option<&PythonEnvironment>,
) -> Result<NodeKey, Failure> {
    let mut parts = BTreeMap::new();
    let mut add = |name: String, value: String| {
        parts.insert(name, value);
    };
    add("engine".to_owned(), EPOCH.to_owned());
    add("code".to_owned(), node.code.clone());
    let fail = |text: String| Failure::new(format!("`{}`: {text}", node.id), &node.call);
    for (name, value) in &node.params {
        add(format!("param {name}"), text_of(value, run).map_err(fail)?);
    }
    for (input, resolved) in node.inputs.iter().zip(inputs) {
        let digests: Vec<&str> =
            resolved.each().map(|stored| stored.map_or("none", |stored| stored.digest.as_str())).collect();
        add(format!("input {}", input.name), digests.join(" "));
        add(format!("contract of input {}", input.name), artifact(index, &input.expects));
        if !input.checks.is_empty() {
            add(format!("checks of input {}", input.name), digest_json(&input.checks));
        }
    }
    for output in &node.outputs {
        add(format!("contract of output {}", output.name), artifact(index, &output.artifact));
        if !output.checks.is_empty() {
            add(format!("checks of output {}", output.name), digest_json(&output.checks));
        }
    }
    if let Some(environment) = environment {
        add("environment".to_owned(), environment.digest.clone());
        add("interpreter".to_owned(), format!("{} {}", environment.version, environment.platform));
    }
    if let Some(seed) = node.seed {
        add("seed".to_owned(), seed.to_string());
    }
    if let Some(rejects) = &node.rejects {
        add("rejects".to_owned(), rejects.to_string());
    }
    if !node.secrets.is_empty() {
        add("secrets".to_owned(), node.secrets.join(" "));
    }
    add_run(&mut add, index, store, node, run).map_err(|failure| Failure { place: node.call.clone(), ..failure })?;
    Ok(sealed(parts))
}

fn add_run(
    add: &mut dyn FnMut(String, String),
    index: &PlanIndex<'_>,
    store: &Store,
    node: &Node,
    run: &RunInfo,
) -> Result<(), Failure> {
    let fail = |text: String| Failure::new(format!("`{}`: {text}", node.id), &node.call);
    let values = |argv: &[Value]| {
        argv.iter().map(|value| text_of(value, run)).collect::<Result<Vec<_>, _>>().map(|all| all.join(" "))
    };
    match &node.run {
        Run::Python { module, function } => add("run".to_owned(), format!("python {module}:{function}")),
        Run::Ask { module, function } => add("run".to_owned(), format!("ask {module}:{function}")),
        Run::Command { argv } => add("run".to_owned(), format!("command {}", values(argv).map_err(fail)?)),
        Run::Container { image, argv } => {
            add("run".to_owned(), format!("container {image} {}", values(argv).map_err(fail)?))
        }
        Run::Sql { text } => add("run".to_owned(), format!("sql {}", mlp_store::digest_bytes(text.as_bytes()))),
        Run::Builtin { name } => add("run".to_owned(), format!("builtin {name}")),
        Run::Read(external) => {
            add("run".to_owned(), format!("read {:?}", external.format));
            add("files".to_owned(), source::digests(store, node, external, run)?.join(" "));
        }
        Run::Write { to, mode } => {
            add("run".to_owned(), format!("write {:?} {mode:?}", to.format));
            add("location".to_owned(), text_of(&to.location, run).map_err(fail)?);
        }
        Run::Promote(promote) => {
            add("run".to_owned(), format!("promote {}.{}", promote.model, promote.rung));
            for policy in &promote.policies {
                add(format!("policy {}", policy.policy), index.policy_digest(&policy.policy).to_owned());
                for (name, value) in &policy.params {
                    add(format!("param {}.{name}", policy.policy), text_of(value, run).map_err(fail)?);
                }
            }
        }
    }
    Ok(())
}

fn text_of(value: &Value, run: &RunInfo) -> Result<String, String> {
    Ok(match value.evaluate(&run.context)? {
        Literal::Text(text) => text,
        other => other.to_string(),
    })
}

/// An artifact's kind, with the digests of what its contracts ask.
fn artifact(index: &PlanIndex<'_>, artifact: &Artifact) -> String {
    match element(artifact) {
        Artifact::Table { contract } => format!("table {}", index.contract_digest(contract)),
        Artifact::Model { input, output } => {
            format!("model {} {}", index.contract_digest(input), index.contract_digest(output))
        }
        Artifact::Report { metrics } => format!("report {metrics}"),
        Artifact::File { extension } => format!("file {extension}"),
        Artifact::Dir => "dir".to_owned(),
        Artifact::List(_) | Artifact::Nothing => "nothing".to_owned(),
    }
}

fn sealed(components: BTreeMap<String, String>) -> NodeKey {
    let mut hasher = blake3::Hasher::new();
    for (name, value) in &components {
        for text in [name, value] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    NodeKey { digest: hasher.finalize().to_hex().to_string(), components }
}

/// The components that differ between a node's last result and now: why it runs again.
#[must_use]
pub fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut changed: Vec<String> =
        now.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect();
    changed.extend(before.keys().filter(|name| !now.contains_key(*name)).cloned());
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn no_two_sets_of_components_share_a_key() {
        assert_ne!(sealed(parts(&[("a", "bc")])).digest, sealed(parts(&[("ab", "c")])).digest);
        assert_ne!(sealed(parts(&[("a", ""), ("b", "")])).digest, sealed(parts(&[("a", "b")])).digest);
    }

    #[test]
    fn what_changed_is_named() {
        let before = parts(&[("code", "1"), ("seed", "7"), ("param depth", "6")]);
        let now = parts(&[("code", "2"), ("param depth", "6"), ("param rate", "0.1")]);
        assert_eq!(changes(&before, &now), ["code", "param rate", "seed"]);
    }
}
