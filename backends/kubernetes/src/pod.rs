//! The pods that nodes run in: one template for each distinct shape, whatever the number of nodes.

use mlp_plan::{Format, FormatPiece, Literal, Node, Resources, Retries, Run, SecretRef, Value as Computed};
use mlp_write::kubernetes::quantity;
use serde_json::{Map, Value, json};

use crate::{
    names::{digest, is_plain, label},
    package::{Context, image, key, network},
    yaml::template,
};

const SECOND: i64 = 1_000_000_000;

/// All that tells the pods of two nodes apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    image: Option<String>,
    resources: Resources,
    timeout: Option<i64>,
    retries: Option<Retries>,
    /// What the target adds in words of Kubernetes.
    patch: Option<String>,
    secrets: Vec<String>,
    network: Option<String>,
    gate: bool,
    /// Whether the pod's image is the one that the stage names.
    contained: bool,
    /// Whether the node's id stands in the settings, because Argo would not take it.
    named_elsewhere: bool,
    /// Whether it needs to know for which time the run is made.
    pub timed: bool,
}

impl Shape {
    /// The shape of a node's pod.
    pub fn of(context: &Context<'_>, node: &Node) -> Self {
        let environment = node.env.as_ref().and_then(|name| context.plan.environments.get(name));
        let chosen = match &node.run {
            Run::Container { image, .. } => Some(image),
            _ => environment.and_then(|environment| environment.image.as_ref()),
        };
        let mut secrets = node.secrets.clone();
        if let Run::Read(external) | Run::Write { to: external, .. } = &node.run {
            secrets.extend(external.secret.clone().filter(|_| external.format == Format::Postgres));
        }
        secrets.sort_unstable();
        secrets.dedup();
        Self {
            image: chosen.map(|reference| image(reference)),
            resources: node.resources.clone(),
            patch: node.pod.as_ref().map(|patch| patch.text.clone()),
            timeout: node.timeout,
            retries: node.retries.clone(),
            secrets,
            network: network(node).map(|(name, _)| name),
            gate: matches!(node.run, Run::Promote(_)),
            contained: matches!(node.run, Run::Container { .. }),
            named_elsewhere: !is_plain(&node.id),
            timed: timed(node),
        }
    }

    /// The template, under a name made from what it holds.
    pub fn template(&self, context: &Context<'_>, pipeline: &str, sets: &[String]) -> (String, Value) {
        let mut body = Map::new();
        let mut inputs = vec![json!({"name": "node"})];
        inputs.extend(self.timed.then(|| json!({"name": "time"})));
        body.insert("inputs".to_owned(), json!({"parameters": inputs}));
        if let Some(network) = &self.network {
            body.insert("metadata".to_owned(), json!({"labels": {"mlp.dev/network": network}}));
        }
        if let Some(timeout) = self.timeout {
            body.insert("activeDeadlineSeconds".to_owned(), json!(seconds(timeout)));
        }
        body.extend(self.retry().map(|retry| ("retryStrategy".to_owned(), retry)));
        body.insert("volumes".to_owned(), self.volumes(context));
        body.insert("initContainers".to_owned(), json!([runner(context)]));
        body.insert("container".to_owned(), self.container(context, pipeline, sets));
        if let Some(patch) = &self.patch {
            body.insert("podSpecPatch".to_owned(), json!(patch));
        }
        self.place(&mut body);
        let name = format!("run-{}", digest(&Value::Object(body.clone()).to_string(), 8));
        body.insert("name".to_owned(), json!(name));
        (name, Value::Object(body))
    }

    /// Exit code 1 says that a contract is broken or a stage failed, 99 that a gate refused: neither changes by trying again.
    fn retry(&self) -> Option<Value> {
        let Some(Retries { limit, backoff_min, backoff_max }) = &self.retries else {
            return Some(json!({"limit": "1", "retryPolicy": "OnError"}));
        };
        let code = "asInt(lastRetry.exitCode)";
        let backoff = json!({"duration": format!("{}s", seconds(*backoff_min)), "factor": "2", "cap": format!("{}s", seconds((*backoff_max).max(*backoff_min)))});
        let expression = format!("{code} != 1 && {code} != 99");
        (*limit > 0).then(|| json!({"limit": limit.to_string(), "retryPolicy": "Always", "backoff": backoff, "expression": expression}))
    }

    fn volumes(&self, context: &Context<'_>) -> Value {
        let scratch = self.resources.disk.map_or(json!({}), |bytes| json!({"sizeLimit": quantity(bytes)}));
        let mut volumes =
            vec![json!({"name": "mlp-bin", "emptyDir": {}}), json!({"name": "mlp-scratch", "emptyDir": scratch})];
        if !context.plan_in_store() {
            volumes.push(json!({"name": "mlp-plan", "configMap": {"name": context.plan_name()}}));
        }
        json!(volumes)
    }

    fn container(&self, context: &Context<'_>, pipeline: &str, sets: &[String]) -> Value {
        let mut env =
            vec![json!({"name": "HOME", "value": "/tmp"}), from_settings("MLP_STORE", context, &json!("store"))];
        if self.gate {
            // A refusal is an answer: what is behind the gate gets none, and passes itself over.
            env.push(json!({"name": "MLP_REFUSED_EXIT_CODE", "value": "0"}));
        }
        if self.contained {
            // The program is started where it is: no container in the container.
            env.push(json!({"name": "MLP_INSIDE_IMAGE", "value": "1"}));
        }
        let mut args = vec![json!("step"), json!(format!("--plan={}", context.plan_path()))];
        if is_plain(pipeline) {
            args.push(json!(format!("--pipeline={pipeline}")));
        } else {
            args.push(json!("--pipeline=$(MLP_PIPELINE)"));
            env.push(from_settings("MLP_PIPELINE", context, &json!(format!("pipeline.{}", key(pipeline)))));
        }
        if self.named_elsewhere {
            args.push(json!("--node=$(MLP_NODE)"));
            env.push(from_settings("MLP_NODE", context, &template("{{inputs.parameters.node}}")));
        } else {
            args.push(template("--node={{inputs.parameters.node}}"));
        }
        args.push(template("--run={{workflow.uid}}"));
        args.push(json!("--store=$(MLP_STORE)"));
        if self.timed {
            args.push(template("--time={{inputs.parameters.time}}"));
        }
        args.extend(sets.iter().map(|name| template(&format!("--set={name}={{{{workflow.parameters.{name}}}}}"))));
        env.extend(self.secrets.iter().filter_map(|name| secret(context, name)));
        let mut mounts = vec![
            json!({"name": "mlp-bin", "mountPath": "/mlp/bin", "readOnly": true}),
            json!({"name": "mlp-scratch", "mountPath": "/tmp"}),
        ];
        if !context.plan_in_store() {
            mounts.push(json!({"name": "mlp-plan", "mountPath": "/mlp/plan", "readOnly": true}));
        }
        json!({
            "image": self.image.as_ref().unwrap_or(&context.runner),
            "command": ["/mlp/bin/mlp"],
            "args": args,
            "env": env,
            "resources": self.resources(),
            "securityContext": restricted(),
            "volumeMounts": mounts,
        })
    }

    fn resources(&self) -> Value {
        let (mut requests, mut limits) = (Map::new(), Map::new());
        let Resources { cpu, memory, gpu, disk, .. } = &self.resources;
        let cpu = cpu
            .as_ref()
            .and_then(Literal::as_f64)
            .filter(|cores| *cores > 0.0)
            .map_or_else(|| "100m".to_owned(), |cores| format!("{:.0}m", (cores * 1000.0).ceil()));
        requests.insert("cpu".to_owned(), json!(cpu));
        let memory = memory.map_or_else(|| "256Mi".to_owned(), quantity);
        requests.insert("memory".to_owned(), json!(memory));
        if self.resources.memory.is_some() {
            limits.insert("memory".to_owned(), json!(memory));
        }
        if let Some(disk) = disk {
            requests.insert("ephemeral-storage".to_owned(), json!(quantity(*disk)));
        }
        if let Some(count) = gpu.filter(|count| *count > 0) {
            limits.insert("nvidia.com/gpu".to_owned(), json!(count.to_string()));
        }
        if limits.is_empty() { json!({"requests": requests}) } else { json!({"requests": requests, "limits": limits}) }
    }

    /// Nodes with the accelerator, and the taint that keeps others off them.
    fn place(&self, body: &mut Map<String, Value>) {
        if self.resources.gpu.is_some_and(|count| count > 0) {
            body.insert(
                "tolerations".to_owned(),
                json!([{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]),
            );
        }
        if let Some(kind) = &self.resources.accelerator {
            body.insert("nodeSelector".to_owned(), json!({"nvidia.com/gpu.product": label_value(kind)}));
        }
    }
}

/// Whether a value of the node depends on the time of the run.
fn timed(node: &Node) -> bool {
    fn within(value: &Computed) -> bool {
        match value {
            Computed::RunDate | Computed::RunTime => true,
            Computed::List(values) => values.iter().any(within),
            Computed::Arithmetic(_, left, right) | Computed::Range(left, right) => within(left) || within(right),
            Computed::Format(pieces) => {
                pieces.iter().any(|piece| matches!(piece, FormatPiece::Value { value, .. } if within(value)))
            }
            Computed::Literal(_) | Computed::Param(_) | Computed::RunId | Computed::Column(_) => false,
        }
    }
    let of_run = match &node.run {
        Run::Command { argv } | Run::Container { argv, .. } => argv.iter().any(within),
        Run::Read(external) => within(&external.location) || external.freshness.is_some(),
        Run::Write { to, .. } => within(&to.location),
        Run::Promote(promote) => promote.policies.iter().flat_map(|used| used.params.values()).any(within),
        // Their parameters say what they are told.
        Run::Python { .. } | Run::Ask { .. } | Run::Builtin { .. } | Run::Sql { .. } => false,
    };
    of_run || node.params.values().any(within)
}

/// The container that brings `mlp` to an image that has nothing of ours.
fn runner(context: &Context<'_>) -> Value {
    json!({
        "name": "mlp-runner",
        "image": context.runner,
        "command": ["cp", "/usr/local/bin/mlp", "/mlp/bin/mlp"],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        "securityContext": restricted(),
        "volumeMounts": [{"name": "mlp-bin", "mountPath": "/mlp/bin"}],
    })
}

/// What Pod Security `restricted` asks of a container.
pub fn restricted() -> Value {
    json!({
        "allowPrivilegeEscalation": false,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": true,
        "runAsNonRoot": true,
        "seccompProfile": {"type": "RuntimeDefault"},
    })
}

fn from_settings(name: &str, context: &Context<'_>, key: &Value) -> Value {
    json!({"name": name, "valueFrom": {"configMapKeyRef": {"name": context.settings_name(), "key": key}}})
}

/// The key of a Kubernetes secret as `MLP_SECRET_NAME`. How other secrets reach a pod is the cluster's business.
fn secret(context: &Context<'_>, name: &str) -> Option<Value> {
    let SecretRef::Kubernetes { name: object, key } = context.plan.secrets.get(name)? else { return None };
    let variable: String =
        name.chars().take(60).map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let variable = if is_plain(name) { variable } else { format!("{variable}_{}", digest(name, 8).to_uppercase()) };
    let dotted = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let key = if !key.is_empty() && key.len() <= 253 && key.chars().all(dotted) && !key.starts_with('.') {
        key.clone()
    } else {
        label(key, 60)
    };
    Some(
        json!({"name": format!("MLP_SECRET_{variable}"), "valueFrom": {"secretKeyRef": {"name": label(object, 63), "key": key}}}),
    )
}

/// A duration in whole seconds, at least one.
pub fn seconds(nanoseconds: i64) -> i64 {
    nanoseconds.max(1).saturating_add(SECOND - 1) / SECOND
}

fn label_value(text: &str) -> String {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if text.len() <= 63 && text.chars().all(good) && ends(text.chars().next()) && ends(text.chars().last()) {
        text.to_owned()
    } else {
        label(text, 63)
    }
}
