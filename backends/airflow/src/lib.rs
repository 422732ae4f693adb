//! A plan becomes Airflow DAGs: for each pipeline one static Python file and the plan that its tasks follow.
//!
//! **Lives here:** the DAG file (`header`, `dag`, `tasks`, `groups`), its operators (`python/`), parameters as JSON Schema (`params`), docs (`docs`),
//! names that Airflow accepts (`names`), the plan beside it (`bundle`), and what cannot be done (`refusals`).
//! **Does not:** running a node (`mlp step` does), checking a program, writing to disk.
//!
//! Invariants:
//! 1. Nothing that a user wrote becomes code, a comment or a template: it goes through `mlp_write::python::Py::Text`, and the operator has no templated fields.
//! 2. The same plan gives the same bytes, in time and size linear in its nodes; a change of one setting changes the lines of that setting.
//! 3. One file loads on Airflow 2.11 and 3; the target's `version` narrows it to one of them.

mod assets;
mod bundle;
mod checks;
mod dag;
mod docs;
mod groups;
mod header;
mod names;
mod params;
mod refusals;
mod tasks;
mod uses;

use chrono::{Datelike as _, NaiveDate};
use mlp_plan::{Place, Plan};

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
    /// The declaration that asks for it.
    pub place: Place,
    /// The word in it that does: a setting, a secret; empty where the declaration as a whole does.
    pub word: String,
    /// What cannot be done, and what could be done instead.
    pub message: String,
}

/// The DAG and the plan of every pipeline: `P.py` and `P.plan.json`, in the order of the pipelines' names; for pods also the plan as a ConfigMap.
///
/// A plan that [`refusals`] objects to still compiles to files that load, without the parts that Airflow does not have.
#[must_use]
pub fn compile(plan: &Plan) -> Vec<GeneratedFile> {
    let Ok(json) = plan.to_json() else { return Vec::new() };
    let shared = bundle::Shared::new(&json);
    let mut stems = names::Unique::new(200);
    let mut files = Vec::new();
    for (name, pipeline) in &plan.pipelines {
        let stem = stems.file(name);
        let bundle = bundle::Bundle::new(name, &stem, &shared);
        files.push(GeneratedFile { path: format!("{stem}.py"), content: dag::file(plan, pipeline, &bundle) });
        files.push(GeneratedFile { path: bundle.plan_file, content: json.clone() });
    }
    if uses::Executor::of(plan) == Some(uses::Executor::Kubernetes) && !files.is_empty() {
        files.push(shared.for_pods(plan, &names::Unique::new(200).file(&plan.package.name)));
    }
    files
}

/// The package whose compiler wrote a DAG file, as its header has it; `None` of any other file.
#[must_use]
pub fn package_of(text: &str) -> Option<&str> {
    header::package_of(text)
}

/// Tests for pytest of what [`compile`] gives, which load each DAG and compare it with the plan.
#[must_use]
pub fn dag_tests(plan: &Plan) -> Vec<GeneratedFile> {
    checks::files(plan)
}

/// What the plan asks for that the generated DAGs cannot do.
#[must_use]
pub fn refusals(plan: &Plan) -> Vec<Refusal> {
    refusals::of(plan)
}

/// The day of `2026-01-31`.
fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| (1970..=9999).contains(&date.year()))
}
