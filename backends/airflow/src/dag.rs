//! The DAG file of a pipeline.

use chrono::Datelike as _;
use mlp_plan::{Pipeline, Plan, Schedule};
use mlp_write::python::Py;

use crate::{
    assets::Awaited,
    bundle::Bundle,
    docs,
    groups::Groups,
    header,
    names::Unique,
    params::param,
    tasks::{self, Tasks},
    uses::Uses,
};

/// Airflow cuts nothing off: a longer tag fails the whole file.
const LONGEST_TAG: usize = 100;
/// A worker that is lost must not fail a run, so that one retry is the least; what is wrong with the data is never tried again.
pub const RETRIES: u32 = 1;
const SECOND: i64 = 1_000_000_000;
/// Where the target names no day.
const LONG_AGO: [&str; 3] = ["2020", "1", "1"];

/// The file of a pipeline.
pub fn file(plan: &Plan, pipeline: &Pipeline, bundle: &Bundle<'_>) -> String {
    let mut out = String::with_capacity(4096 + pipeline.nodes.len() * 240);
    let awaited = Awaited::new(plan);
    let groups = Groups::of(&pipeline.nodes);
    let uses = Uses::of(plan, pipeline, groups.any());
    header::write(&mut out, plan, pipeline, &uses, bundle);
    out.push_str("\n\nwith ");
    dag(plan, pipeline, bundle.name, &awaited).write_broken(&mut out, 0);
    out.push_str(":\n");
    tasks::write(&mut out, &Tasks { plan, pipeline, uses: &uses, awaited: &awaited, groups: &groups });
    out
}

/// The id of the DAG.
pub fn id(name: &str) -> String {
    Unique::new(240).id(name)
}

fn dag(plan: &Plan, pipeline: &Pipeline, name: &str, awaited: &Awaited<'_>) -> Py {
    let id = id(name);
    let mut named = vec![("dag_id", Py::text(&id))];
    if id != name {
        named.push(("dag_display_name", Py::text(name)));
    }
    if let Some(doc) = &pipeline.doc {
        named.push(("description", Py::text(doc.lines().next().unwrap_or_default())));
    }
    named.extend(docs::of_pipeline(plan, pipeline).map(|doc| ("doc_md", docs::written(&doc))));
    named.push(("schedule", schedule(plan, pipeline, awaited)));
    let timezone = match &pipeline.schedule {
        Some(Schedule::Cron { timezone, .. }) => timezone.as_str(),
        _ => "UTC",
    };
    named.push(("start_date", start_date(plan, timezone)));
    named.push(("catchup", Py::bool(pipeline.catchup)));
    if let Some(concurrency) = pipeline.concurrency {
        named.push(("max_active_runs", Py::word(concurrency.max(1).to_string())));
    }
    if let Some(deadline) = pipeline.deadline {
        named.push(("dagrun_timeout", delta(deadline)));
    }
    if !pipeline.params.is_empty() {
        let scheduled = pipeline.schedule.is_some();
        named.push((
            "params",
            Py::Dict(pipeline.params.iter().map(|each| (each.name.clone(), param(each, scheduled))).collect()),
        ));
    }
    named.push(("tags", Py::List(tags(pipeline).into_iter().map(Py::Text).collect())));
    if pipeline.on_failure.is_some() {
        named.push(("on_failure_callback", Py::word("failed")));
    }
    named.push(("default_args", default_args(plan, pipeline)));
    Py::Call("DAG", Vec::new(), named)
}

/// From when on: the target's `start_date`, else a day long ago. Never the day of compiling, which would make each file another.
fn start_date(plan: &Plan, timezone: &str) -> Py {
    let numbers = match plan.target.options.get("start_date").and_then(|text| crate::date(text)) {
        Some(date) => [date.year().to_string(), date.month().to_string(), date.day().to_string()],
        None => LONG_AGO.map(str::to_owned),
    };
    let numbers = numbers.map(Py::word).to_vec();
    Py::Call("pendulum.datetime", numbers, vec![("tz", Py::text(timezone))])
}

fn schedule(plan: &Plan, pipeline: &Pipeline, awaited: &Awaited<'_>) -> Py {
    match &pipeline.schedule {
        None => Py::word("None"),
        // The logical date is the time of the tick on both versions; a bare cron text means the start of an interval on 2.
        Some(Schedule::Cron { expression, timezone }) => {
            Py::Call("CronTriggerTimetable", vec![Py::text(expression)], vec![("timezone", Py::text(timezone))])
        }
        Some(Schedule::Every(nanoseconds)) => {
            Py::Call("DeltaTriggerTimetable", vec![delta((*nanoseconds).max(SECOND))], Vec::new())
        }
        Some(Schedule::Update(sources)) => Py::List(sources.iter().map(|source| awaited.named(plan, source)).collect()),
    }
}

/// `mlp`, and those of the program.
pub fn tags(pipeline: &Pipeline) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::from(["mlp"]);
    let own = pipeline.tags.iter().filter(|tag| seen.insert(tag)).map(|tag| tag.chars().take(LONGEST_TAG).collect());
    std::iter::once("mlp".to_owned()).chain(own).collect()
}

fn default_args(plan: &Plan, pipeline: &Pipeline) -> Py {
    let mut entries = Vec::new();
    if let Some(owner) = pipeline.owner.as_ref().or(plan.package.owner.as_ref()) {
        entries.push(("owner", Py::text(owner)));
    }
    if let Some(queue) = &pipeline.queue {
        entries.push(("queue", Py::text(queue)));
    }
    if let Some(priority) = pipeline.priority {
        entries.push(("priority_weight", Py::word(priority.to_string())));
        entries.push(("weight_rule", Py::text("absolute")));
    }
    if let Some(pool) = plan.target.options.get("pool") {
        entries.push(("pool", Py::text(pool)));
    }
    entries.push(("retries", Py::word(RETRIES.to_string())));
    entries.push(("retry_delay", delta(30 * SECOND)));
    entries.push(("retry_exponential_backoff", Py::bool(true)));
    entries.push(("max_retry_delay", delta(600 * SECOND)));
    Py::Dict(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// `timedelta(..)` in the largest unit that divides it; below a microsecond nothing is left.
pub fn delta(nanoseconds: i64) -> Py {
    let microseconds = nanoseconds / 1_000;
    let units = [("days", 86_400_000_000), ("hours", 3_600_000_000), ("minutes", 60_000_000), ("seconds", 1_000_000)];
    let whole = units.into_iter().find(|(_, size)| microseconds != 0 && microseconds % size == 0);
    let (unit, size) = whole.unwrap_or(("microseconds", 1));
    Py::Call("timedelta", Vec::new(), vec![(unit, Py::word((microseconds / size).to_string()))])
}
