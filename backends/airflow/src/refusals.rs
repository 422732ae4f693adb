//! What Airflow, a version of it or an executor lacks (MLP801).

use mlp_plan::{Node, Pipeline, Place, Plan, Schedule, SecretRef};

use crate::{
    Refusal, date,
    uses::{Executor, Version},
};

/// Everything that a plan asks for and the generated files cannot do.
pub fn of(plan: &Plan) -> Vec<Refusal> {
    let mut found = Found(Vec::new());
    let first = plan.pipelines.values().next().map(|pipeline| pipeline.place.clone()).unwrap_or_default();
    of_target(plan, &first, &mut found);
    let executor = Executor::of(plan).unwrap_or(Executor::Bash);
    for pipeline in plan.pipelines.values() {
        of_pipeline(pipeline, &mut found);
        pipeline.nodes.iter().for_each(|node| of_node(plan, executor, node, &mut found));
    }
    found.0
}

struct Found(Vec<Refusal>);

impl Found {
    /// Each thing once, however many nodes call the stage that asks for it.
    fn add(&mut self, place: &Place, word: &str, message: &str) {
        let message = format!("airflow target: {message}");
        let refusal = Refusal { place: place.clone(), word: word.to_owned(), message };
        if !self.0.contains(&refusal) {
            self.0.push(refusal);
        }
    }
}

fn of_target(plan: &Plan, place: &Place, found: &mut Found) {
    let option = |key: &str| plan.target.options.get(key).map(String::as_str);
    if let (None, Some(version)) = (Version::of(plan), option("version")) {
        found.add(
            place,
            "",
            &format!("version `{version}` is unknown; write `2` or `3`, or nothing for files that load on both"),
        );
    }
    if let (None, Some(executor)) = (Executor::of(plan), option("executor")) {
        let known = "`bash` runs `mlp` on the worker, `kubernetes` in a pod for each stage, `docker` in a container";
        found.add(place, "", &format!("executor `{executor}` is unknown; {known}"));
    }
    if Executor::of(plan) == Some(Executor::Kubernetes) && !option("store").is_some_and(|store| store.contains("://")) {
        found.add(place, "", "pods share no folder; set `store` to the address of a bucket, as in `s3://bucket/mlp`");
    }
    if let Some(text) = option("start_date")
        && date(text).is_none()
    {
        found.add(place, "", &format!("start_date `{text}` is no date; write it as in `2026-01-31`"));
    }
}

fn of_pipeline(pipeline: &Pipeline, found: &mut Found) {
    let required = pipeline.params.iter().filter(|param| param.default.is_none() && !param.nullable);
    for param in required.filter(|_| pipeline.schedule.is_some()) {
        found.add(&param.place, "", &format!("`{}` has no default, and a scheduled run has nobody to ask", param.name));
    }
    if let Some(Schedule::Every(nanoseconds)) = &pipeline.schedule
        && *nanoseconds < 1_000_000_000
    {
        found.add(&pipeline.place, "schedule", "a schedule below one second");
    }
    if let Some(Schedule::Cron { expression, .. }) = &pipeline.schedule
        && expression.split_whitespace().nth(2).is_some_and(|days| days.contains(['W', 'w']))
    {
        found.add(&pipeline.place, "schedule", &format!("`{expression}`: Airflow knows no nearest weekday (`W`)"));
    }
}

fn of_node(plan: &Plan, executor: Executor, node: &Node, found: &mut Found) {
    let gpu = node.resources.gpu.is_some_and(|count| count > 0);
    if gpu && executor == Executor::Bash && !plan.target.options.contains_key("gpu_pool") {
        let ways = "`executor = \"kubernetes\"` or `\"docker\"`, or a `gpu_pool` whose workers have them";
        found.add(&node.place, "gpu", &format!("gpu needs {ways}"));
    }
    for name in &node.secrets {
        let fault = match (plan.secrets.get(name), executor) {
            (Some(SecretRef::Kubernetes { .. }), Executor::Bash | Executor::Docker) => {
                "is of Kubernetes, which only `executor = \"kubernetes\"` reads; set it to `connection(..)` or `env(..)` for this target"
            }
            (Some(SecretRef::Connection(_)), Executor::Kubernetes) => {
                "is a connection, and its value would stand in the pod for all to read; set it to `kubernetes(.., key: ..)` for this target"
            }
            (Some(SecretRef::Env(_)), Executor::Kubernetes) => {
                "is a variable of a machine, and a pod has none; set it to `kubernetes(.., key: ..)` for this target"
            }
            _ => continue,
        };
        found.add(&node.place, name, &format!("secret `{name}` {fault}"));
    }
}
