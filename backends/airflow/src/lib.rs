//! A plan becomes Airflow DAGs: for each pipeline one static Python file and the plan that its tasks follow.
//!
//! **Lives here:** the DAG file (`dag`), parameters as JSON Schema (`params`), names that Airflow accepts (`names`), and the one writer of
//! Python literals (`mlp-write`).
//! **Does not:** running a node (`mlp step` does), checking a program, writing to disk.
//!
//! Invariants:
//! 1. Nothing that a user wrote becomes code, a comment or a template: it goes through `mlp_write::python::Py::Text`, and the operator has no templated fields.
//! 2. The same plan gives the same bytes, in time and size linear in its nodes; a change of one setting changes the lines of that setting.
//! 3. One file loads on Airflow 2.11 and 3; the target's `version` narrows it to one of them.

mod assets;
mod dag;
mod names;
mod params;

use mlp_plan::{Backend, Place, Plan, Schedule};

/// A file that the compiler writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where to, relative to the output folder, with `/`.
    pub path: String,
    /// What it holds, UTF-8.
    pub content: String,
}

/// Something in a plan that Airflow cannot do, for MLP801.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line that asks for it.
    pub place: Place,
    /// What cannot be done, and what could be done instead.
    pub message: String,
}

/// The DAG and the plan of every pipeline: `P.py` and `P.plan.json`, in the order of the pipelines' names.
///
/// A plan that [`refusals`] objects to still compiles to files that load, without the parts that Airflow does not have.
#[must_use]
pub fn compile(plan: &Plan) -> Vec<GeneratedFile> {
    let Ok(json) = plan.to_json() else { return Vec::new() };
    let mut stems = names::Unique::new(200);
    let mut files = Vec::new();
    for (name, pipeline) in &plan.pipelines {
        let stem = stems.file(name);
        files.push(GeneratedFile { path: format!("{stem}.py"), content: dag::file(plan, pipeline, name, &stem) });
        files.push(GeneratedFile { path: format!("{stem}.plan.json"), content: json.clone() });
    }
    files
}

/// What the plan asks for that the generated DAGs cannot do.
#[must_use]
pub fn refusals(plan: &Plan) -> Vec<Refusal> {
    let mut found = Vec::new();
    let executor = plan.target.options.get("executor").map_or("bash", String::as_str);
    if plan.target.backend == Backend::Airflow && executor != "bash" {
        let place = plan.pipelines.values().next().map(|pipeline| pipeline.place.clone()).unwrap_or_default();
        found.push(Refusal {
            place,
            message: format!("airflow target: executor `{executor}` is unknown; `bash` runs `mlp` on the worker"),
        });
    }
    for pipeline in plan.pipelines.values() {
        let required = pipeline.params.iter().filter(|param| param.default.is_none() && !param.nullable);
        for param in required.filter(|_| pipeline.schedule.is_some()) {
            let message =
                format!("airflow target: `{}` has no default, and a scheduled run has nobody to ask", param.name);
            found.push(Refusal { place: param.place.clone(), message });
        }
        if let Some(Schedule::Every(nanoseconds)) = &pipeline.schedule
            && *nanoseconds < 1_000_000_000
        {
            found.push(Refusal {
                place: pipeline.place.clone(),
                message: "airflow target: a schedule below one second".to_owned(),
            });
        }
    }
    found
}
