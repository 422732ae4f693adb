//! A run from its beginning to its summary.

use std::{
    collections::{BTreeMap, HashMap},
    sync::mpsc,
    time::{Duration, Instant},
};

use mlp_plan::{Essence, Plan, RunContext};
use mlp_step::{Options, PlanIndex, RunInfo, Stop};
use mlp_store::{NodeRecord, NodeState, Outputs, RunRecord, Store, now};

use crate::{
    board::{Board, Square},
    event::Event,
    lineage,
    options::{RunError, RunOptions, login},
    params,
    pool::{Queue, Said, World, work},
    recover,
    resources::Machine,
    schedule::{Scheduler, Start},
    select::{Selection, readers, select},
    signals::Listener,
    summary::{self, RunSummary},
};

/// Runs a pipeline of the plan. Every end of a node, and of the run, is told to `events`; what went wrong with nodes stands in the summary.
///
/// # Errors
/// Where the run cannot begin (another run is at work, a parameter is missing, there is no such node) or its state cannot be kept (a full disk).
pub fn run(
    plan: &Plan,
    pipeline: &str,
    options: &RunOptions,
    events: &mut dyn FnMut(Event<'_>),
) -> Result<RunSummary, RunError> {
    let clock = Instant::now();
    let index = PlanIndex::new(plan, pipeline).map_err(RunError::Usage)?;
    let selection = select(index.pipeline, options)?;
    let store = options.store()?;
    let lock = store.lock(&format!("mlp run {pipeline}"))?;
    for said in recover(&store, &lock)? {
        events(Event::Note(&said));
    }
    let essence = options.essence.clone().or_else(|| plan.essence(pipeline)).unwrap_or_default();
    let mut record = begin(&store, &index, options, &essence)?;
    let stop = Stop::default();
    let listener = Listener::start(&stop, options.signals);
    let info = info_of(&record)?;
    let workers = options.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(2, usize::from);
    let folder = store.run_folder(&record.id);
    mlp_store::with_path("make the folder", &folder, std::fs::create_dir_all(&folder))?;
    events(Event::RunStarted { run: &record.id, pipeline, nodes: selection.nodes.len() });

    let before = if options.resume.is_some() { store.nodes(&record.id)? } else { Vec::new() };
    let before: BTreeMap<String, NodeRecord> = before.into_iter().map(|node| (node.node.clone(), node)).collect();
    let board = set_up(&index, &store, &selection, &record, &essence, &before)?;
    let step = Options { stop: stop.clone(), ..Options::default() };
    let world = World { index: &index, store: &store, run: &info, options: &step, queue: Queue::default() };
    let deadline = index.pipeline.deadline.and_then(|limit| u64::try_from(limit).ok()).map(Duration::from_nanos);
    let deadline = deadline.and_then(|limit| clock.checked_add(limit));
    let start = Start {
        world: &world,
        board,
        readers: readers(index.pipeline),
        forced: selection.forced.clone(),
        before,
        machine: Machine::new(workers),
        listener: &listener,
        deadline,
        events,
    };
    let (board, events, outcome) = go(start, workers.min(selection.nodes.len()));
    let late =
        deadline.is_some_and(|deadline| Instant::now() >= deadline) && stop.asked() && listener.signal().is_none();
    let summary = close(&store, &mut record, board, Closing { signal: listener.signal(), late, options, clock });
    // What stopped the scheduler comes first: the record may well have failed for the same reason.
    outcome?;
    let summary = summary?;
    lineage::write(&store, &index, &info, &summary, events);
    events(Event::RunEnded(&summary));
    Ok(summary)
}

type Told<'e> = &'e mut dyn FnMut(Event<'_>);

/// Lets the scheduler and its workers work.
fn go<'a, 'e>(start: Start<'a, 'e>, workers: usize) -> (Board<'a>, Told<'e>, Result<(), RunError>) {
    let world = start.world;
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel::<Said>();
        for _ in 0..workers {
            let sender = sender.clone();
            scope.spawn(move || work(world, &sender));
        }
        drop(sender);
        let mut scheduler = Scheduler::new(start);
        let outcome = scheduler.run(&receiver);
        if outcome.is_err() {
            // What is at work has nobody to report to: it ends now.
            world.options.stop.ask();
        }
        world.queue.close();
        let Scheduler { board, events, .. } = scheduler;
        (board, events, outcome.map_err(RunError::from))
    })
}

/// The record of a new run, or of the one that is resumed.
fn begin(store: &Store, index: &PlanIndex<'_>, options: &RunOptions, essence: &Essence) -> Result<RunRecord, RunError> {
    let pipeline = index.pipeline;
    let plan = index.plan.digest().map_err(|error| RunError::Usage(error.to_string()))?;
    if let Some(id) = &options.resume {
        let Some(mut record) = store.run(id)? else {
            return Err(RunError::Usage(format!("there is no run `{id}`; `mlp runs list` shows them")));
        };
        if record.pipeline != pipeline.name {
            return Err(RunError::Usage(format!(
                "run {id} is one of pipeline `{}`, not of `{}`",
                record.pipeline, pipeline.name
            )));
        }
        if !options.set.is_empty() || options.date.is_some() {
            return Err(RunError::Usage("a run that is resumed keeps its parameters and its date".to_owned()));
        }
        (record.plan, record.finished, record.error) = (plan, None, None);
        record.essence.clone_from(&essence.pipeline);
        return Ok(store.begin_run(record)?);
    }
    let params = params::resolve(pipeline, &options.set).map_err(RunError::Usage)?;
    let started = chrono::Utc::now();
    let date = options.date.unwrap_or_else(|| started.date_naive());
    let time = options.date.map_or_else(|| started.naive_utc(), mlp_plan::midnight);
    let rungs = store
        .rungs()?
        .into_iter()
        .map(|entry| (format!("{}.{}", entry.model, entry.rung), Some(entry.artifact)))
        .collect();
    let seed = format!("{}{}{}", started.timestamp_nanos_opt().unwrap_or_default(), std::process::id(), pipeline.name);
    let digest = mlp_store::digest_bytes(seed.as_bytes());
    let record = RunRecord {
        id: format!("{date}-{}", digest.get(..6).unwrap_or_default()),
        pipeline: pipeline.name.clone(),
        package: index.plan.package.name.clone(),
        plan,
        essence: essence.pipeline.clone(),
        overrides: options.overrides.clone(),
        started: now(),
        date: date.to_string(),
        time: time.to_string(),
        params,
        rungs,
        author: options.author.clone().unwrap_or_else(login),
        ..RunRecord::default()
    };
    Ok(store.begin_run(record)?)
}

fn info_of(record: &RunRecord) -> Result<RunInfo, RunError> {
    let wrong = |_| RunError::Usage(format!("the record of run {} has no date", record.id));
    let date = record.date.parse().map_err(wrong)?;
    let time = chrono::NaiveDateTime::parse_from_str(&record.time, "%Y-%m-%d %H:%M:%S%.f").map_err(wrong)?;
    let context = RunContext { params: record.params.clone(), date, time, id: record.id.clone() };
    Ok(RunInfo { context, author: record.author.clone(), rungs: record.rungs.clone() })
}

fn set_up<'a>(
    index: &PlanIndex<'a>,
    store: &Store,
    selection: &Selection<'_>,
    run: &RunRecord,
    essence: &Essence,
    before: &BTreeMap<String, NodeRecord>,
) -> Result<Board<'a>, RunError> {
    let part: std::collections::HashSet<&str> = selection.nodes.iter().copied().collect();
    let mut made: HashMap<String, Outputs> = HashMap::new();
    for given in &selection.given {
        let last = store
            .last_result(&run.pipeline, given)?
            .filter(|last| last.outputs.values().flatten().all(|stored| store.has(stored)));
        let last =
            last.ok_or_else(|| RunError::Usage(format!("`{given}` has no result to work on; run the pipeline first")))?;
        made.insert((*given).to_owned(), last.outputs);
    }
    let squares: Vec<Square<'a>> = index
        .pipeline
        .nodes
        .iter()
        .map(|node| {
            let record = NodeRecord {
                run: run.id.clone(),
                pipeline: run.pipeline.clone(),
                node: node.id.clone(),
                stage: node.stage.clone(),
                essence: essence.nodes.get(&node.id).cloned().unwrap_or_default(),
                // Logs of attempts before the interruption stay.
                attempts: before.get(&node.id).filter(|old| !old.state.is_good()).map_or(0, |old| old.attempts),
                logs: before.get(&node.id).map(|old| old.logs.clone()).unwrap_or_default(),
                ..NodeRecord::default()
            };
            let open = node.upstream().iter().filter(|upstream| part.contains(*upstream)).count();
            Square { node, part: part.contains(node.id.as_str()), open, record, ready: None, due: None }
        })
        .collect();
    let of = selection.nodes.len();
    Ok(Board {
        squares,
        made,
        ended: 0,
        of,
        troubles: Vec::new(),
        decisions: Vec::new(),
        unsaved: Vec::new(),
        entries: Vec::new(),
    })
}

struct Closing<'a> {
    signal: Option<i32>,
    late: bool,
    options: &'a RunOptions,
    clock: Instant,
}

/// Writes the run's end and sums it up.
fn close(
    store: &Store,
    record: &mut RunRecord,
    board: Board<'_>,
    closing: Closing<'_>,
) -> Result<RunSummary, RunError> {
    let Closing { signal, late, options, clock } = closing;
    let mut nodes = Vec::new();
    let mut open = Vec::new();
    for square in board.squares.into_iter().filter(|square| square.part) {
        let over = square.is_over();
        let mut node = square.record;
        if !over {
            node.state = if node.state == NodeState::Running || node.attempts > 0 {
                NodeState::Interrupted
            } else {
                NodeState::Waiting
            };
            open.push(node.clone());
        }
        nodes.push(node);
    }
    store.save_nodes(&open.iter().collect::<Vec<_>>(), &[])?;
    record.state = summary::state(&nodes, signal, late);
    record.finished = Some(now());
    record.error = board
        .troubles
        .first()
        .map(|trouble| trouble.message.clone())
        .or_else(|| late.then(|| "the pipeline's deadline has passed".to_owned()));
    record.counts = nodes.iter().fold(BTreeMap::new(), |mut counts, node| {
        *counts.entry(node.state.word().to_owned()).or_default() += 1;
        counts
    });
    store.save_run(record)?;
    Ok(RunSummary {
        exit_code: summary::exit_code(&nodes, signal, late, options.require_promotion),
        run: record.clone(),
        nodes,
        troubles: board.troubles,
        decisions: board.decisions,
        millis: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
        signal,
        state_folder: ".mlp".to_owned(),
    })
}
