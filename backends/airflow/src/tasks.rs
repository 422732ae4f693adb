//! The tasks of a DAG: one for each node, and their order.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use mlp_plan::{Literal, Node, Pipeline, Plan, Retries, Run, SecretRef, secret_variable};
use mlp_write::{kubernetes::quantity, python::Py};

use crate::{
    assets::Awaited,
    dag::delta,
    docs,
    groups::Groups,
    header,
    names::Unique,
    uses::{Executor, Uses, approval},
};

/// The id and the variable of each node.
type Names<'a> = HashMap<&'a str, (String, String)>;
type Named = Vec<(&'static str, Py)>;

/// How long a promotion is looked at beyond the time that people have: then its refusal is on record.
const MARGIN: i64 = 3_600_000_000_000;

/// What the tasks are made from.
pub struct Tasks<'a> {
    pub plan: &'a Plan,
    pub pipeline: &'a Pipeline,
    pub uses: &'a Uses,
    pub awaited: &'a Awaited<'a>,
    pub groups: &'a Groups<'a>,
}

/// The id of each node's task.
pub fn ids(nodes: &[Node]) -> HashMap<&str, String> {
    let mut ids = Unique::new(240);
    nodes.iter().map(|node| (node.id.as_str(), ids.id(&node.id))).collect()
}

/// What stands below `with DAG(..):`.
pub fn write(out: &mut String, tasks: &Tasks<'_>) {
    let nodes = &tasks.pipeline.nodes;
    if nodes.is_empty() {
        out.push_str("    pass\n");
        return;
    }
    let ids = ids(nodes);
    let mut groups = Unique::but(ids.values().cloned());
    let mut variables = Unique::new(64);
    let names: Names<'_> = nodes
        .iter()
        .filter_map(|node| Some((node.id.as_str(), (ids.get(node.id.as_str())?.clone(), variables.variable(&node.id)))))
        .collect();
    let mut written: HashSet<&str> = HashSet::new();
    for node in nodes {
        match tasks.groups.of_node(node) {
            None => tasks.assigned(out, node, &names, 4),
            Some((group, members)) if written.insert(group) => {
                let call =
                    Py::Call("TaskGroup", vec![Py::text(groups.id(group))], vec![("prefix_group_id", Py::bool(false))]);
                out.push_str("    with ");
                call.write(out, 4, 9, 1);
                out.push_str(":\n");
                members.iter().for_each(|node| tasks.assigned(out, node, &names, 8));
            }
            Some(_) => {}
        }
    }
    let mut edges = Vec::new();
    for node in nodes {
        let Some((_, target)) = names.get(node.id.as_str()) else { continue };
        let known = node.upstream().into_iter().filter_map(|from| names.get(from));
        edges.extend(known.filter(|(_, from)| from != target).map(|(_, from)| format!("    {from} >> {target}\n")));
    }
    if !edges.is_empty() {
        out.push('\n');
        out.extend(edges);
    }
}

impl Tasks<'_> {
    fn assigned(&self, out: &mut String, node: &Node, names: &Names<'_>, indent: usize) {
        let Some((id, variable)) = names.get(node.id.as_str()) else { return };
        let _ = write!(out, "{:indent$}{variable} = ", "");
        self.task(node, id).write(out, indent, indent + 3 + variable.len(), 0);
        out.push('\n');
    }

    fn task(&self, node: &Node, id: &str) -> Py {
        let mut named = vec![("task_id", Py::text(id))];
        if id != node.id {
            named.push(("node", Py::text(&node.id)));
        }
        if let Some(doc) = docs::of_node(self.plan, node) {
            named.push(("doc_md", docs::written(&doc)));
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
        named.extend(pool(self.plan, node));
        named.extend(self.place(node));
        named.extend(self.awaited.inlets(self.plan, node).map(|assets| ("inlets", assets)));
        named.extend(self.awaited.outlets(self.plan, node).map(|assets| ("outlets", assets)));
        if matches!(node.run, Run::Promote(_)) {
            named.push(("skip_on_exit_code", Py::word("99")));
        }
        match approval(self.plan, node) {
            None => Py::Call("Step", Vec::new(), named),
            Some(within) => {
                named.push(("mode", Py::text("reschedule")));
                named.extend(within.map(|within| ("timeout", delta(within.saturating_add(MARGIN)))));
                Py::Call("Gate", Vec::new(), named)
            }
        }
    }

    /// What the executor must know of the node.
    fn place(&self, node: &Node) -> Named {
        match self.uses.executor {
            Executor::Bash => connections(self.plan, node).into_iter().collect(),
            Executor::Kubernetes => [image(self.plan, node), pod(self.plan, node)].concat(),
            Executor::Docker => {
                let found = connections(self.plan, node).into_iter().collect();
                [image(self.plan, node), container(self.plan, node), found].concat()
            }
        }
    }
}

/// The image of the node or the environment that has one; neither where it runs in the image of `mlp`.
fn image(plan: &Plan, node: &Node) -> Named {
    match &node.run {
        Run::Container { image, .. } => vec![("image", Py::text(image))],
        _ => header::environment(plan, node).into_iter().map(|(name, _)| ("env", Py::text(name))).collect(),
    }
}

/// Resources and secrets of a pod, as Kubernetes has them.
fn pod(plan: &Plan, node: &Node) -> Named {
    let wanted = &node.resources;
    let cpu = wanted.cpu.as_ref().and_then(Literal::as_f64).filter(|cores| *cores > 0.0);
    let gpu = wanted.gpu.filter(|count| *count > 0);
    let needs = [
        ("cpu", cpu.map(cores)),
        ("memory", wanted.memory.map(quantity)),
        ("ephemeral-storage", wanted.disk.map(quantity)),
        ("nvidia.com/gpu", gpu.map(|count| count.to_string())),
    ];
    let needs: Vec<(String, Py)> =
        needs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Py::text(value?)))).collect();
    let secrets: Vec<(String, Py)> = node
        .secrets
        .iter()
        .filter_map(|name| match plan.secrets.get(name) {
            Some(SecretRef::Kubernetes { name: object, key }) => {
                Some((secret_variable(name), Py::List(vec![Py::text(object), Py::text(key)])))
            }
            _ => None,
        })
        .collect();
    let mut named = Vec::new();
    if !needs.is_empty() {
        named.push(("needs", Py::Dict(needs)));
    }
    if let Some(kind) = &wanted.accelerator {
        named.push(("accelerator", Py::text(kind)));
    }
    if !secrets.is_empty() {
        named.push(("secret_keys", Py::Dict(secrets)));
    }
    named
}

/// Resources of a container, and the variables of the worker that it sees.
fn container(plan: &Plan, node: &Node) -> Named {
    let mut named = Vec::new();
    if let Some(cores) = node.resources.cpu.as_ref().and_then(Literal::as_f64).filter(|cores| *cores > 0.0) {
        named.push(("cpus", Py::word(format!("{cores:?}"))));
    }
    if let Some(bytes) = node.resources.memory {
        named.push(("mem_limit", Py::word(bytes.to_string())));
    }
    if let Some(count) = node.resources.gpu.filter(|count| *count > 0) {
        named.push(("gpus", Py::word(count.to_string())));
    }
    let variables = node.secrets.iter().filter_map(|name| match plan.secrets.get(name) {
        Some(SecretRef::Env(variable)) => Some(Py::text(variable)),
        _ => None,
    });
    let variables: Vec<Py> = variables.collect();
    if !variables.is_empty() {
        named.push(("variables", Py::List(variables)));
    }
    named
}

/// Secrets that are connections of Airflow, by the variable in which `mlp step` looks for them.
fn connections(plan: &Plan, node: &Node) -> Option<(&'static str, Py)> {
    let found = node.secrets.iter().filter_map(|name| match plan.secrets.get(name) {
        Some(SecretRef::Connection(connection)) => Some((secret_variable(name), Py::text(connection))),
        _ => None,
    });
    let found: Vec<(String, Py)> = found.collect();
    (!found.is_empty()).then_some(("connections", Py::Dict(found)))
}

/// Cores as a quantity of Kubernetes: `2`, `500m`.
fn cores(cores: f64) -> String {
    if cores.fract() == 0.0 { format!("{cores:.0}") } else { format!("{:.0}m", (cores * 1000.0).ceil()) }
}

/// What a node takes of a pool: GPUs of the target's `gpu_pool`, else cores of its `pool`. Without those options there is only Airflow's default.
fn pool(plan: &Plan, node: &Node) -> Named {
    let option = |key: &str| plan.target.options.get(key);
    let gpus = node.resources.gpu.filter(|count| *count > 0);
    if let (Some(count), Some(name)) = (gpus, option("gpu_pool")) {
        return vec![("pool", Py::text(name)), ("pool_slots", Py::word(count.to_string()))];
    }
    let cores = node.resources.cpu.as_ref().and_then(Literal::as_f64).map_or(1.0, f64::ceil);
    if option("pool").is_none() || cores <= 1.0 {
        Vec::new()
    } else {
        vec![("pool_slots", Py::word(format!("{cores:.0}")))]
    }
}
