//! One attempt at one node, from its inputs to its manifest.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use mlp_plan::{Artifact, Literal, Node, Run};
use mlp_store::{Manifest, Outputs, Store, now};
use tempfile::TempDir;

use crate::{
    builtin, command,
    command::World,
    context::{Notes, Options, PlanIndex, RunInfo},
    environment::PythonEnvironment,
    input::{Placed, Resolved, file_name, place_inputs},
    key::NodeKey,
    outcome::{Failure, NodeOutcome},
    output::{self, Raw},
    process::find_program,
    promote,
    python::{self, Call},
    sink, source, spec, sql, table,
};

/// A node with all that an attempt at it needs.
pub struct Job<'a> {
    /// The plan and the pipeline.
    pub index: &'a PlanIndex<'a>,
    /// The node.
    pub node: &'a Node,
    /// The store.
    pub store: &'a Store,
    /// The run.
    pub run: &'a RunInfo,
    /// How nodes are run.
    pub options: &'a Options,
    /// Its inputs, in the order of the node's.
    pub inputs: Vec<Resolved>,
    /// The key of its result.
    pub key: NodeKey,
    /// Its environment, where it has one; of Python always.
    pub environment: Option<PythonEnvironment>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What a person may want to see.
    pub notes: Notes<'a>,
}

/// What is worth knowing about an attempt, however it ended.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Rows made, of all tables.
    pub rows: u64,
    /// Bytes made.
    pub bytes: u64,
    /// Checks made on data.
    pub checks: u64,
    /// Rows set aside.
    pub rejected: u64,
    /// Metrics of reports; `None` where unknown.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// Warnings of contracts.
    pub warnings: Vec<String>,
    /// Interpreter, platform, packages.
    pub environment: BTreeMap<String, String>,
    /// Its log, relative to the state's folder.
    pub log: Option<String>,
}

/// An attempt, over.
#[derive(Debug)]
pub struct Attempt {
    /// How it ended.
    pub outcome: NodeOutcome,
    /// What is worth knowing.
    pub facts: Facts,
    /// When it began, UTC.
    pub started: String,
    /// How long it took.
    pub millis: u64,
}

/// The private folder of an attempt, removed with it: `in` and `out` where the node has inputs and outputs, `checked` for what held.
pub(crate) struct Work(TempDir);

impl Work {
    fn new(job: &Job<'_>) -> Result<Self, mlp_store::StoreError> {
        let work = Self(job.store.staging("step")?);
        let outputs = !job.node.outputs.is_empty();
        // A thousand stages that read and make nothing should not make four thousand folders.
        for (folder, wanted) in
            [("in", !job.node.inputs.is_empty()), ("out", outputs), ("checked", outputs || job.is_sink())]
        {
            if wanted {
                let path = work.path().join(folder);
                mlp_store::with_path("make the folder", &path, fs::create_dir(&path))?;
            }
        }
        Ok(work)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Job<'_> {
    const fn is_sink(&self) -> bool {
        matches!(self.node.run, Run::Write { .. })
    }

    /// The artifacts of an input.
    pub(crate) fn resolved(&self, name: &str) -> Option<&Resolved> {
        self.node.inputs.iter().zip(&self.inputs).find(|(input, _)| input.name == name).map(|(_, resolved)| resolved)
    }

    /// How tables are checked in this run.
    pub(crate) fn table_options(&self, nan_is_null: bool) -> mlp_engine::table::Options {
        mlp_engine::table::Options {
            now: Some(self.run.context.time),
            nan_is_null,
            ..mlp_engine::table::Options::default()
        }
    }

    /// The node's parameters in this run.
    pub(crate) fn params(&self) -> Result<BTreeMap<String, Literal>, NodeOutcome> {
        self.node
            .params
            .iter()
            .map(|(name, value)| Ok((name.clone(), value.evaluate(&self.run.context)?)))
            .collect::<Result<_, String>>()
            .map_err(|text| command::failed(self, &text))
    }
}

/// Why a node is skipped: none flows into an input that takes a value. A `pick` passes over candidates that are none.
#[must_use]
pub fn skip_reason(node: &Node, inputs: &[Resolved]) -> Option<String> {
    let pick = builtin::is_pick(node);
    let none = |resolved: &Resolved| match resolved {
        Resolved::One(one) => one.is_none(),
        Resolved::Many(many) => many.iter().all(Option::is_none) || (!pick && resolved.lacks()),
    };
    let found = node.inputs.iter().zip(inputs).find(|(input, resolved)| !input.optional && none(resolved));
    found.map(|(input, _)| format!("`{}` is none", input.name))
}

/// Whether nothing is to be done though the node has an effect: a sink whose data is still there, a rung that holds the candidate. Says why.
///
/// # Errors
/// Where the database fails.
pub fn shortcut(job: &Job<'_>) -> Result<Option<(Outputs, String)>, Failure> {
    let fail = |error: mlp_store::StoreError| Failure::new(error.to_string(), &job.node.call);
    match &job.node.run {
        Run::Write { to, mode } => {
            let current = sink::is_current(job, to, *mode).map_err(fail)?;
            Ok(current.map(|path| (Outputs::new(), format!("`{path}` holds it already"))))
        }
        Run::Promote(promote) => promote::already(job, promote).map_err(fail),
        _ => Ok(None),
    }
}

/// Makes one attempt. What it made is published, and its manifest written, when this returns [`NodeOutcome::Done`].
#[must_use]
pub fn attempt(job: &Job<'_>) -> Attempt {
    let (started, clock) = (now(), Instant::now());
    let mut facts = Facts::default();
    let outcome = work(job, &mut facts).unwrap_or_else(|outcome| outcome);
    let outcome = match manifest(job, &outcome, &facts, &started) {
        Ok(()) => outcome,
        Err(error) => NodeOutcome::machinery(error, &job.node.call),
    };
    show(job, &facts);
    Attempt { outcome, facts, started, millis: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

/// Puts what a person wants to see where it can be seen when this machine is gone; that it cannot be shown never hides how the attempt ended.
fn show(job: &Job<'_>, facts: &Facts) {
    let rejected = format!("rejected/{}/{}", job.run.context.id, job.node.id);
    for relative in facts.log.iter().chain([&rejected]) {
        if let Err(error) = job.store.mirror(relative) {
            (job.notes)(&format!("{}: {error}", job.node.id));
        }
    }
}

fn manifest(job: &Job<'_>, outcome: &NodeOutcome, facts: &Facts, started: &str) -> Result<(), mlp_store::StoreError> {
    let outputs = match outcome {
        NodeOutcome::Done(outputs) => outputs.clone(),
        NodeOutcome::Decided(judged) => judged.outputs.clone(),
        NodeOutcome::Skipped { .. } => Outputs::new(),
        _ => return Ok(()),
    };
    if outputs.is_empty() && !job.options.flush {
        return Ok(());
    }
    let mut environment = facts.environment.clone();
    if let Some(seed) = job.node.seed {
        environment.insert("seed".to_owned(), seed.to_string());
    }
    let digests = |resolved: &Resolved| resolved.each().flatten().map(|stored| stored.digest.clone()).collect();
    let manifest = Manifest {
        run: job.run.context.id.clone(),
        pipeline: job.index.pipeline.name.clone(),
        node: job.node.id.clone(),
        key: job.key.digest.clone(),
        outputs,
        inputs: job
            .node
            .inputs
            .iter()
            .zip(&job.inputs)
            .map(|(input, resolved)| (input.name.clone(), digests(resolved)))
            .collect(),
        environment,
        cached_from: None,
        started: started.to_owned(),
        finished: now(),
    };
    job.store.write_manifest(&manifest, job.options.flush)
}

fn work(job: &Job<'_>, facts: &mut Facts) -> Result<NodeOutcome, NodeOutcome> {
    if let Some(because) = skip_reason(job.node, &job.inputs) {
        return Ok(NodeOutcome::Skipped { because });
    }
    if job.options.stop.asked() {
        return Ok(NodeOutcome::Stopped);
    }
    needs(job)?;
    let work = Work::new(job).map_err(|error| NodeOutcome::machinery(error, &job.node.place))?;
    let placed = place_inputs(job, &work.path().join("in"), facts)?;
    if let Run::Promote(promote) = &job.node.run {
        return promote::run(job, promote, &placed).map(|judged| NodeOutcome::Decided(Box::new(judged)));
    }
    if let Run::Write { to, mode } = &job.node.run {
        sink::write(job, to, *mode, &placed, work.path(), facts)?;
        return Ok(NodeOutcome::Done(Outputs::new()));
    }
    let raw = produce(job, &work, &placed, facts)?;
    let references = table::references(job.node, &placed);
    let outputs = output::publish(job, raw, &work.path().join("checked"), references, facts)?;
    if let Run::Read(external) = &job.node.run {
        source::still_the_same(job, external)?;
    }
    Ok(NodeOutcome::Done(outputs))
}

/// Programs that the stage says it needs.
fn needs(job: &Job<'_>) -> Result<(), NodeOutcome> {
    let path = std::env::var("PATH").unwrap_or_default();
    match job.node.needs.iter().find(|program| find_program(program, &path).is_none()) {
        None => Ok(()),
        Some(program) => Err(NodeOutcome::Infrastructure(
            Failure::new(
                format!("stage `{}` needs `{program}`, which is not on the path", job.node.stage),
                &job.node.place,
            )
            .help(format!("install `{program}`")),
        )),
    }
}

fn produce(
    job: &Job<'_>,
    work: &Work,
    placed: &BTreeMap<String, Placed>,
    facts: &mut Facts,
) -> Result<BTreeMap<String, Raw>, NodeOutcome> {
    let params = job.params()?;
    match &job.node.run {
        Run::Sql { text } => return sql::run(job, text, placed),
        Run::Builtin { name } => return builtin::run(job, name, placed, &params, &work.path().join("out")),
        Run::Read(external) => return source::read(job, external, &work.path().join("out")),
        _ => {}
    }
    let outputs: BTreeMap<String, PathBuf> = job
        .node
        .outputs
        .iter()
        .filter(|output| output.artifact != Artifact::Nothing)
        .map(|output| (output.name.clone(), work.path().join("out").join(file_name(&output.name, &output.artifact))))
        .collect();
    let told = spec::step_json(job, placed, &outputs, &params).to_string();
    let file = work.path().join("step.json");
    mlp_store::with_path("write", &file, fs::write(&file, told))
        .map_err(|error| NodeOutcome::machinery(error, &job.node.place))?;
    let world = World { work, placed, outputs: &outputs, params: &params };
    let before = marks(placed);
    match &job.node.run {
        Run::Python { module, function } => python::run(job, Call::Once, module, function, &world, facts)?,
        Run::Ask { module, function } => python::run(job, Call::UnderLoad, module, function, &world, facts)?,
        Run::Command { argv } => command::run(job, argv, &world, facts)?,
        // A pod that was started from the image says so: the program is there, and no container is in a container.
        Run::Container { argv, .. } if std::env::var_os("MLP_INSIDE_IMAGE").is_some() => {
            command::run(job, argv, &world, facts)?;
        }
        Run::Container { image, argv } => command::run_container(job, image, argv, &world, facts)?,
        _ => {}
    }
    unchanged(job, &before, &marks(placed))?;
    Ok(outputs.into_iter().map(|(name, path)| (name, Raw::Path(path))).collect())
}

/// Size, time and inode of every file that a stage was given to read.
type Marks = BTreeMap<String, Vec<(PathBuf, u64, i64, i64, u64)>>;

fn marks(placed: &BTreeMap<String, Placed>) -> Marks {
    fn add(path: &Path, found: &mut Vec<(PathBuf, u64, i64, i64, u64)>) {
        let Ok(meta) = fs::symlink_metadata(path) else { return };
        if meta.is_dir() {
            fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| add(&entry.path(), found));
        } else {
            found.push((path.to_owned(), meta.size(), meta.mtime(), meta.mtime_nsec(), meta.ino()));
        }
    }
    let mut marks = Marks::new();
    for (name, paths) in placed {
        let found = marks.entry(name.clone()).or_default();
        paths.iter().flatten().for_each(|path| add(path, found));
        found.sort();
    }
    marks
}

/// A stage that writes into what it reads would change what others have read already.
fn unchanged(job: &Job<'_>, before: &Marks, after: &Marks) -> Result<(), NodeOutcome> {
    let Some((name, _)) = before.iter().find(|(name, marks)| after.get(*name) != Some(marks)) else { return Ok(()) };
    for stored in job.resolved(name).into_iter().flat_map(Resolved::each).flatten() {
        // Drops the object where its bytes are no longer its own.
        let _ = job.store.verify(stored);
    }
    Err(command::failed(job, &format!("it changed its input `{name}`; inputs are for reading")))
}
