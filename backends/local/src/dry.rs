//! What a run would do, without doing it.

use std::collections::{BTreeMap, HashMap, HashSet};

use mlp_plan::{CachePolicy, Plan, Run, RunContext};
use mlp_step::{Job, Options, PlanIndex, RunInfo, changes, key_of, made_environment, resolve, shortcut, skip_reason};
use mlp_store::{Outputs, Store};
use serde::Serialize;

use crate::{
    options::{RunError, RunOptions, login},
    params,
    select::select,
};

/// What would happen to a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The node.
    pub node: String,
    /// `run`, `cached`, `skip`, or `unknown` where it depends on what comes before.
    pub verdict: &'static str,
    /// Why.
    pub why: String,
}

/// Tells for every node that would take part whether it would run, and why. Starts no process, makes no environment, writes nothing but the state's own
/// folder where there is none yet.
///
/// # Errors
/// As [`run`](crate::run).
pub fn dry_run(plan: &Plan, pipeline: &str, options: &RunOptions) -> Result<Vec<Planned>, RunError> {
    let index = PlanIndex::new(plan, pipeline).map_err(RunError::Usage)?;
    let selection = select(index.pipeline, options)?;
    let store = options.store()?;
    let started = chrono::Utc::now();
    let date = options.date.unwrap_or_else(|| started.date_naive());
    let context = RunContext {
        params: params::resolve(index.pipeline, &options.set).map_err(RunError::Usage)?,
        date,
        time: options.date.map_or_else(|| started.naive_utc(), mlp_plan::midnight),
        id: "dry-run".to_owned(),
    };
    let rungs = store
        .rungs()?
        .into_iter()
        .map(|entry| (format!("{}.{}", entry.model, entry.rung), Some(entry.artifact)))
        .collect();
    let info = RunInfo { context, author: login(), rungs };
    let step = Options::default();
    let world = Dry { index: &index, store: &store, info: &info, options: &step, forced: selection.forced.clone() };
    let mut made: HashMap<String, Outputs> = HashMap::new();
    for given in &selection.given {
        if let Some(last) = store.last_result(pipeline, given)? {
            made.insert((*given).to_owned(), last.outputs);
        }
    }
    let part: HashSet<&str> = selection.nodes.iter().copied().collect();
    let mut planned = Vec::new();
    for node in index.pipeline.nodes.iter().filter(|node| part.contains(node.id.as_str())) {
        let (verdict, why, outputs) = world.look(node, &made)?;
        if let Some(outputs) = outputs {
            made.insert(node.id.clone(), outputs);
        }
        planned.push(Planned { node: node.id.clone(), verdict, why });
    }
    Ok(planned)
}

struct Dry<'a> {
    index: &'a PlanIndex<'a>,
    store: &'a Store,
    info: &'a RunInfo,
    options: &'a Options,
    forced: HashSet<&'a str>,
}

type Looked = (&'static str, String, Option<Outputs>);

impl Dry<'_> {
    fn look(&self, node: &mlp_plan::Node, made: &HashMap<String, Outputs>) -> Result<Looked, RunError> {
        let lookup = |name: &str| made.get(name);
        let inputs: Result<Vec<_>, String> =
            node.inputs.iter().map(|input| resolve(&input.from, self.info, &lookup)).collect();
        let Ok(inputs) = inputs else {
            let upstream: Vec<&str> = node.upstream().into_iter().filter(|name| !made.contains_key(*name)).collect();
            return Ok(("unknown", format!("depends on what {} will make", upstream.join(", ")), None));
        };
        if let Some(because) = skip_reason(node, &inputs) {
            return Ok((
                "skip",
                because,
                Some(node.outputs.iter().map(|output| (output.name.clone(), None)).collect()),
            ));
        }
        if self.forced.contains(node.id.as_str()) && !matches!(node.run, Run::Promote(_)) {
            return Ok(("run", "asked for".to_owned(), None));
        }
        let environment = match made_environment(self.index.plan, self.store, node) {
            Ok(environment) => environment,
            Err(why) => return Ok(("run", why, None)),
        };
        let key = match key_of(self.index, self.store, node, self.info, &inputs, environment.as_ref()) {
            Ok(key) => key,
            Err(failure) => return Ok(("run", format!("it would fail: {}", failure.message), None)),
        };
        let Self { index, store, info, options, .. } = *self;
        let job =
            Job { index, node, store, run: info, options, inputs, key, environment, attempt: 1, notes: &|_: &str| {} };
        if let Ok(Some((outputs, why))) = shortcut(&job) {
            return Ok(("cached", why, Some(outputs)));
        }
        if node.cache == CachePolicy::Never || matches!(node.run, Run::Write { .. }) {
            return Ok(("run", "its results are never taken from the cache".to_owned(), None));
        }
        if let Some(entry) = store.lookup(&[&job.key.digest])?.into_iter().next().flatten() {
            return Ok(("cached", format!("made by run {}", entry.run), Some(entry.outputs)));
        }
        let before: Option<BTreeMap<String, String>> = store.last_components(&index.pipeline.name, &node.id)?;
        let why = before.map_or_else(
            || "it has no result yet".to_owned(),
            |before| format!("changed: {}", changes(&before, &job.key.components).join(", ")),
        );
        Ok(("run", why, None))
    }
}
