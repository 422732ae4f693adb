//! A plan becomes Kubernetes manifests for Argo Workflows.
//!
//! **Lives here:** workflow templates and schedules (`workflow`), the pods that they start (`pod`), what surrounds them (`package`), cutting
//! large pipelines into what the API server takes (`split`), names (`names`), and the one writer of YAML (`yaml`).
//! **Does not:** running a node (`mlp step` does), checking a program, writing to disk, talking to a cluster.
//!
//! Invariants:
//! 1. Nothing that a user wrote stands where Argo reads templates; the plan travels in a ConfigMap, and no `{{` in any file is a user's.
//! 2. The same plan gives the same bytes, in time linear in its nodes.
//! 3. Every object keeps within Argo's caps (200 templates, 200 tasks of a DAG) and 900 KiB; every pod meets Pod Security `restricted`.

mod names;
mod package;
mod pod;
mod split;
mod workflow;
mod yaml;

use mlp_plan::{Place, Plan, Schedule};

/// A file that the compiler writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where to, relative to the output folder, with `/`.
    pub path: String,
    /// What it holds, UTF-8.
    pub content: String,
}

/// Something in a plan that these manifests cannot do, for MLP801.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line that asks for it.
    pub place: Place,
    /// What cannot be done, and what could be done instead.
    pub message: String,
}

/// The manifests: `package.yaml` with what all pipelines share, one file for each pipeline, and `kustomization.yaml`.
///
/// A plan above 900 KiB is written beside them as `plans/DIGEST.json`, to be copied to the same path of the store, where the pods look for it.
/// A plan that [`refusals`] objects to still compiles to valid manifests, without the parts that cannot be done.
#[must_use]
pub fn compile(plan: &Plan) -> Vec<GeneratedFile> {
    let Some(context) = package::Context::new(plan) else { return Vec::new() };
    let mut files = context.shared();
    let mut stems = names::Unique::new(52, &["package", "kustomization"]);
    for (name, pipeline) in &plan.pipelines {
        let stem = stems.name(name);
        let objects = workflow::objects(&context, pipeline, name, &stem);
        files.push(GeneratedFile { path: format!("{stem}.yaml"), content: context.file(&objects) });
    }
    files.push(context.kustomization(&files));
    files
}

/// What the plan asks for that the manifests cannot do.
#[must_use]
pub fn refusals(plan: &Plan) -> Vec<Refusal> {
    let mut found = Vec::new();
    for pipeline in plan.pipelines.values() {
        let mut refuse = |message: &str| {
            found.push(Refusal { place: pipeline.place.clone(), message: format!("kubernetes target: {message}") })
        };
        match &pipeline.schedule {
            Some(Schedule::Update(_)) => {
                refuse("`schedule = update(..)` needs an event source; set a cron schedule for this target")
            }
            Some(schedule) if workflow::cron(schedule).is_none() => {
                refuse("this schedule is not one of five fields that Argo reads")
            }
            _ => {}
        }
        if pipeline.catchup && pipeline.schedule.is_some() {
            refuse("`catchup` makes up for one missed run at most");
        }
        if pipeline.schedule.is_some() {
            for param in pipeline.params.iter().filter(|param| param.default.is_none() && !param.nullable) {
                let message = format!(
                    "kubernetes target: `{}` has no default, and a scheduled run has nobody to ask",
                    param.name
                );
                found.push(Refusal { place: param.place.clone(), message });
            }
        }
    }
    found
}
