//! One node from the command line: what an Airflow task or a Kubernetes pod calls.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use mlp_plan::{CachePolicy, Node, Plan, Run};
use mlp_store::{CacheEntry, Manifest, Outputs, Store, StoreError, now, with_path};

use crate::{
    context::{Notes, Options, PlanIndex, RunInfo},
    environment,
    input::resolve,
    key::{NodeKey, key_of},
    lineage::{self, Ending, Worked},
    node::{Attempt, Facts, Job, attempt, shortcut},
    outcome::{Failure, NodeOutcome},
};

/// Which node of which run.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The pipeline.
    pub pipeline: String,
    /// The node.
    pub node: String,
    /// The run: id, date, time, parameters; who started it. Rungs are read here.
    pub run: RunInfo,
}

/// How it went.
#[derive(Debug)]
pub struct StepResult {
    /// How it ended.
    pub outcome: NodeOutcome,
    /// What is worth knowing.
    pub facts: Facts,
    /// Why nothing had to be done, where nothing had.
    pub cached: Option<String>,
    /// Attempts made.
    pub attempts: u32,
}

/// Runs one node: inputs from the manifests of the run's other nodes, the cache, the attempts that the plan allows, its own manifest.
pub fn run_node(plan: &Plan, request: &StepRequest, store: &Store, options: &Options, notes: Notes<'_>) -> StepResult {
    let mut result = StepResult { outcome: NodeOutcome::Stopped, facts: Facts::default(), cached: None, attempts: 0 };
    result.outcome = step(plan, request, store, options, notes, &mut result).unwrap_or_else(|outcome| outcome);
    result
}

fn step(
    plan: &Plan,
    request: &StepRequest,
    store: &Store,
    options: &Options,
    notes: Notes<'_>,
    result: &mut StepResult,
) -> Result<NodeOutcome, NodeOutcome> {
    let nowhere = mlp_plan::Place::default();
    let index = PlanIndex::new(plan, &request.pipeline).map_err(|text| NodeOutcome::machinery(text, &nowhere))?;
    let Some(node) = plan.node(&request.pipeline, &request.node) else {
        return Err(NodeOutcome::machinery(
            format!("pipeline `{}` has no node `{}`", request.pipeline, request.node),
            &nowhere,
        ));
    };
    let fail = |error: StoreError| NodeOutcome::machinery(error, &node.call);
    let mut run = request.run.clone();
    let folder = store.run_folder(&run.context.id);
    with_path("make the folder", &folder, fs::create_dir_all(&folder)).map_err(fail)?;
    run.rungs = store.pin_rungs(&run.context.id).map_err(fail)?;
    let mut made = BTreeMap::new();
    for upstream in node.upstream() {
        if let Some(manifest) = store.read_manifest(&run.context.id, upstream).map_err(fail)? {
            made.insert(upstream.to_owned(), manifest.outputs);
        }
    }
    let lookup = |name: &str| made.get(name);
    let inputs: Result<Vec<_>, String> = node.inputs.iter().map(|input| resolve(&input.from, &run, &lookup)).collect();
    let inputs =
        inputs.map_err(|text| NodeOutcome::machinery(format!("{text} in run {}", run.context.id), &node.call))?;
    let environment = environment_of(plan, store, node, notes).map_err(NodeOutcome::Infrastructure)?;
    let key = key_of(&index, store, node, &run, &inputs, environment.as_ref()).map_err(NodeOutcome::Failed)?;
    let mut job = Job { index: &index, node, store, run: &run, options, inputs, key, environment, attempt: 1, notes };
    if let Some((outputs, why)) = reusable(&job).map_err(NodeOutcome::Infrastructure)? {
        result.cached = Some(why);
        return Ok(NodeOutcome::Done(outputs));
    }
    let attempted = with_retries(&mut job, result);
    trace(&job, &attempted);
    if let (NodeOutcome::Done(outputs), CachePolicy::Content) = (&attempted.outcome, node.cache) {
        let entry = cache_entry(&job.key, &request.pipeline, node, &run, outputs);
        store.remember(&[entry]).map_err(fail)?;
    }
    result.facts = attempted.facts;
    Ok(attempted.outcome)
}

/// The environment of a node: its own, or any Python for a Python stage that names none.
///
/// # Errors
/// As [`environment::prepare`].
pub fn environment_of(
    plan: &Plan,
    store: &Store,
    node: &Node,
    notes: Notes<'_>,
) -> Result<Option<environment::PythonEnvironment>, Failure> {
    let named = node.env.as_ref().and_then(|name| plan.environments.get(name));
    match (&node.run, named) {
        (run, named) if run.python().is_some() => environment::prepare(store, named, notes).map(Some),
        (Run::Command { .. }, Some(named)) if named.image.is_none() => {
            environment::prepare(store, Some(named), notes).map(Some)
        }
        _ => Ok(None),
    }
}

/// As [`environment_of`], but makes nothing: says why not where it is not made yet.
///
/// # Errors
/// In words.
pub fn made_environment(
    plan: &Plan,
    store: &Store,
    node: &Node,
) -> Result<Option<environment::PythonEnvironment>, String> {
    match node.env.as_ref().and_then(|name| plan.environments.get(name)) {
        Some(named)
            if node.run.python().is_some() || (matches!(node.run, Run::Command { .. }) && named.image.is_none()) =>
        {
            environment::made(store, named)
                .map(Some)
                .ok_or_else(|| format!("environment `{}` is to be made first", named.name))
        }
        _ => environment_of(plan, store, node, &|_: &str| {}).map_err(|failure| failure.message),
    }
}

/// A result that may be taken without doing anything, with why.
fn reusable(job: &Job<'_>) -> Result<Option<(Outputs, String)>, Failure> {
    let fail = |error: StoreError| Failure::new(error.to_string(), &job.node.call);
    let found = match shortcut(job)? {
        Some(found) => Some((found, None)),
        None if job.node.cache == CachePolicy::Never || matches!(job.node.run, Run::Write { .. } | Run::Promote(_)) => {
            None
        }
        None => {
            let entry = job.store.lookup(&[&job.key.digest]).map_err(fail)?.into_iter().next().flatten();
            entry.map(|entry| ((entry.outputs, format!("cached from run {}", entry.run)), Some(entry.run)))
        }
    };
    let Some(((outputs, why), cached_from)) = found else { return Ok(None) };
    let manifest = Manifest {
        run: job.run.context.id.clone(),
        pipeline: job.index.pipeline.name.clone(),
        node: job.node.id.clone(),
        key: job.key.digest.clone(),
        outputs: outputs.clone(),
        inputs: BTreeMap::new(),
        environment: BTreeMap::new(),
        cached_from,
        started: now(),
        finished: now(),
    };
    job.store.write_manifest(&manifest, job.options.flush).map_err(fail)?;
    Ok(Some((outputs, why)))
}

/// What the cache remembers of a node that is done.
#[must_use]
pub fn cache_entry(key: &NodeKey, pipeline: &str, node: &Node, run: &RunInfo, outputs: &Outputs) -> CacheEntry {
    CacheEntry {
        key: key.digest.clone(),
        pipeline: pipeline.to_owned(),
        node: node.id.clone(),
        run: run.context.id.clone(),
        made: now(),
        outputs: outputs.clone(),
        components: key.components.clone(),
    }
}

/// Writes down what the node read and made. A failure to do so is told, and hides nothing.
fn trace(job: &Job<'_>, attempted: &Attempt) {
    let none = Outputs::new();
    let (ending, outputs) = match &attempted.outcome {
        NodeOutcome::Done(outputs) => (Ending::Complete, outputs),
        NodeOutcome::Decided(judged) => (Ending::Complete, &judged.outputs),
        NodeOutcome::Failed(failure) | NodeOutcome::Infrastructure(failure) => (Ending::Fail(&failure.message), &none),
        NodeOutcome::Broken(_) => (Ending::Fail("the data breaks its contract"), &none),
        NodeOutcome::Stopped => (Ending::Abort, &none),
        NodeOutcome::Skipped { .. } => return,
    };
    let worked = Worked { started: &attempted.started, finished: &now(), ending, outputs };
    let events = lineage::events(job.index, job.store.root(), job.node, job.run, worked);
    let file = format!("runs/{}/lineage/{}.jsonl", job.run.context.id, job.node.id);
    let written = lineage::tell(&job.store.state().join(&file), &events, job.notes).map_err(|error| error.to_string());
    if let Err(why) = written.and_then(|()| job.store.mirror(&file).map_err(|error| error.to_string())) {
        (job.notes)(&format!("{}: lineage was not kept: {why}", job.node.id));
    }
}

fn with_retries(job: &mut Job<'_>, result: &mut StepResult) -> Attempt {
    loop {
        let attempted = attempt(job);
        result.attempts = job.attempt;
        let again = matches!(attempted.outcome, NodeOutcome::Failed(_)).then_some(job.node.retries.as_ref()).flatten();
        let Some(retries) = again.filter(|retries| job.attempt <= retries.limit) else { return attempted };
        let pause = backoff(retries, job.attempt, &job.key.digest);
        (job.notes)(&format!("{}: attempt {} failed, again in {:.1} s", job.node.id, job.attempt, pause.as_secs_f64()));
        let until = Instant::now() + pause;
        while Instant::now() < until && !job.options.stop.asked() {
            std::thread::sleep(Duration::from_millis(50).min(until.saturating_duration_since(Instant::now())));
        }
        job.attempt += 1;
    }
}

/// The pause before the next attempt: doubles each time, up to the most, and half of it is left to chance so that many do not come at once.
/// Chance is the digest of who asks: no clock, no generator.
#[must_use]
pub fn backoff(retries: &mlp_plan::Retries, attempt: u32, who: &str) -> Duration {
    let nanoseconds = |value: i64| u64::try_from(value).unwrap_or_default();
    let full = nanoseconds(retries.backoff_min)
        .saturating_mul(1_u64 << attempt.saturating_sub(1).min(32))
        .min(nanoseconds(retries.backoff_max));
    let chance = blake3::hash(format!("{who} {attempt}").as_bytes()).as_bytes().first().copied().unwrap_or_default();
    Duration::from_nanos(full / 2 + (full / 2 / 255).saturating_mul(u64::from(chance)))
}
