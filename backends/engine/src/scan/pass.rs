//! The pass itself: workers, what they find put together in order, and the second look.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    ops::Range,
    path::Path,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use bytes::Bytes;
use mlp_plan::{Column, Contract, Rule};

use super::{
    feed::{Feed, Item, only},
    input::Input,
};
use crate::{
    EngineError,
    table::{
        Checker, Options, all_rules,
        among::{Known, add_values},
        blob::Blob,
        conform::Conformer,
        csv::Dialect,
        outcome::{OfParts, Outcome, Verdict},
        set::Facts,
        uniqueness::Distinct128,
    },
};

/// Digests of which a second look is taken; where more came twice, they are counted as they are.
const CANDIDATES: usize = 1 << 20;

/// How much is looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// Only so many rows, the first.
    pub sample: Option<u64>,
    /// Only until so many rows break a rule.
    pub errors: Option<u64>,
    /// Workers; as many as there are cores where absent.
    pub threads: Option<NonZeroUsize>,
}

/// A data set, and what it is checked against.
pub struct Scan<'s> {
    /// The contract, all of whose rules are asked.
    pub contract: &'s Contract,
    /// The data.
    pub inputs: &'s [Input],
    /// How CSV is written.
    pub dialect: Dialect,
    /// The tables of contracts that are referred to, where they are at hand.
    pub references: &'s BTreeMap<String, Vec<Input>>,
    /// The instant from which `freshness` counts back, UTC.
    pub now: chrono::NaiveDateTime,
    /// How much is looked at.
    pub bounds: Bounds,
    /// Told now and then how many rows were looked at.
    pub progress: &'s (dyn Fn(u64) + Sync),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// Every rule with its answer. A column that is not there is one of them, and takes the rules about it away.
    pub outcomes: Vec<Outcome>,
    /// Rows that were looked at, by footer or one by one.
    pub rows: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether it ended before its end, since enough was broken.
    pub stopped: bool,
    /// Whether only a sample was looked at.
    pub sampled: bool,
}

/// What all workers share.
struct Shared<'s> {
    feed: Mutex<Feed<'s>>,
    merged: Mutex<Merged<'s>>,
    turn: Condvar,
    bytes: Arc<AtomicU64>,
    rows: AtomicU64,
    broken: AtomicU64,
    stop: AtomicBool,
    ahead: usize,
}

/// What was found so far, in order.
struct Merged<'s> {
    total: Checker<'s>,
    next: usize,
    waiting: BTreeMap<usize, Checker<'s>>,
    /// The first error, by item.
    failed: Option<(usize, EngineError)>,
}

impl Scan<'_> {
    /// Looks at the data.
    ///
    /// # Errors
    /// Where any of it cannot be read to its end, or is not what its format says.
    pub fn run(&self) -> Result<Report, EngineError> {
        let bytes = Arc::new(AtomicU64::new(0));
        let others = |contract: &str, to: &[String], ours: &[&Column]| self.known(contract, to, ours, &bytes);
        let total = Checker::new(self.contract, &all_rules(self.contract), &others, false, 0, None)?;
        let threads = self.threads();
        let shared = Shared {
            feed: Mutex::new(Feed::new(self.inputs)),
            merged: Mutex::new(Merged { total, next: 0, waiting: BTreeMap::new(), failed: None }),
            turn: Condvar::new(),
            bytes: Arc::clone(&bytes),
            rows: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            ahead: threads * 2,
        };
        let fresh: Vec<Checker<'_>> = (0..threads).map(|_| locked(&shared.merged).total.fresh()).collect();
        std::thread::scope(|scope| {
            for checker in fresh {
                scope.spawn(|| self.work(checker, &shared));
            }
        });
        let stopped = shared.stop.load(Ordering::Relaxed);
        let merged = shared.merged.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, error)) = merged.failed {
            return Err(error);
        }
        let rows = merged.total.rows;
        let options = Options { now: Some(self.now), ..Options::default() };
        let finished = merged.total.finish(&options)?;
        let mut outcomes = finished.outcomes;
        if !stopped && finished.candidates.iter().any(|candidates| !candidates.is_empty()) {
            self.look_again(finished.candidates, &mut outcomes, &shared.bytes)?;
        }
        let sampled = self.bounds.sample.is_some();
        for outcome in &mut outcomes {
            self.name_files(outcome);
            self.doubt(outcome, stopped, sampled);
        }
        Ok(Report { outcomes, rows, bytes: bytes.load(Ordering::Relaxed), stopped, sampled })
    }

    fn threads(&self) -> usize {
        // the first rows are found in order
        if self.bounds.sample.is_some() {
            return 1;
        }
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.bounds.threads.map_or_else(cores, NonZeroUsize::get)
    }

    /// One worker.
    fn work<'s>(&'s self, prototype: Checker<'s>, shared: &Shared<'s>) {
        loop {
            let mut feed = locked(&shared.feed);
            if shared.stop.load(Ordering::Relaxed) || locked(&shared.merged).failed.is_some() {
                return;
            }
            let item = feed.next(&|blob| Arc::new(Counted { blob, bytes: Arc::clone(&shared.bytes) }));
            drop(feed);
            match item {
                Ok(Some(item)) => {
                    let number = item.number;
                    let mut checker = prototype.fresh();
                    let done = self.check(&item, &mut checker, shared).map(|()| checker);
                    shared.put(number, done);
                }
                Ok(None) => return,
                Err(error) => {
                    shared.put(usize::MAX, Err(error));
                    return;
                }
            }
        }
    }

    fn check(&self, item: &Item<'_>, checker: &mut Checker<'_>, shared: &Shared<'_>) -> Result<(), EngineError> {
        let (schema, origin) = item.schema(self.contract, &self.dialect)?;
        let conformer = Conformer::with_constants(self.contract, &schema, origin, &|_| false, item.partitions)?;
        checker.begin_part(&conformer, Some((item.input, item.before)));
        if let Some(rows) = item.rows().filter(|_| self.bounds.sample.is_none()) {
            let mut known: BTreeMap<&str, Facts> = BTreeMap::new();
            for column in &self.contract.columns {
                if let Some(field) = conformer.source_of(&column.name).and_then(|at| schema.fields().get(at)) {
                    known.insert(&column.name, item.facts(field.name(), &column.value.data)?);
                }
            }
            checker.settle(&conformer, rows, &|column| known.get(column).cloned().unwrap_or_default())?;
            if checker.needs_of(&conformer).is_empty() {
                checker.pass_over(rows);
                shared.count(rows, self);
                return Ok(());
            }
        }
        let needs = checker.needs_of(&conformer);
        self.each_batch(item, &schema, &conformer, &needs, &mut |conformer, batch| {
            let batch = match self.bounds.sample {
                Some(most) => {
                    let left = most.saturating_sub(shared.rows.load(Ordering::Relaxed));
                    batch.slice(0, batch.num_rows().min(usize::try_from(left).unwrap_or(usize::MAX)))
                }
                None => batch,
            };
            let conformed = conformer.conform(&batch)?;
            let before = checker.broken;
            checker.check(conformer, &batch, &conformed)?;
            let broken = shared.broken.fetch_add(checker.broken - before, Ordering::Relaxed) + checker.broken - before;
            if self.bounds.errors.is_some_and(|most| broken >= most) {
                shared.stop.store(true, Ordering::Relaxed);
            }
            shared.count(batch.num_rows() as u64, self);
            let enough = self.bounds.sample.is_some_and(|most| shared.rows.load(Ordering::Relaxed) >= most);
            Ok(!enough && !shared.stop.load(Ordering::Relaxed))
        })
    }

    /// The batches of an item, with no more columns than are needed; until `take` says that it has enough.
    fn each_batch(
        &self,
        item: &Item<'_>,
        schema: &SchemaRef,
        whole: &Conformer<'_>,
        needs: &BTreeSet<String>,
        take: &mut dyn FnMut(&Conformer<'_>, RecordBatch) -> Result<bool, EngineError>,
    ) -> Result<(), EngineError> {
        let field = |name: &String| schema.fields().get(whole.source_of(name)?).map(|field| field.name().clone());
        let wanted: BTreeSet<String> = needs.iter().filter_map(field).collect();
        let (_, origin) = (schema, whole.origin());
        let reader = item.read(self.contract, &self.dialect, schema, &wanted)?;
        let skipped = |name: &str| !needs.contains(name) && whole.source_of(name).is_some();
        let conformer = Conformer::with_constants(self.contract, &reader.schema, origin, &skipped, item.partitions)?;
        for batch in reader.batches {
            if !take(&conformer, batch?)? {
                break;
            }
        }
        Ok(())
    }

    /// The rows whose keys may come twice, compared in full and in order.
    fn look_again(
        &self,
        candidates: Vec<Vec<u64>>,
        outcomes: &mut [Outcome],
        bytes: &Arc<AtomicU64>,
    ) -> Result<(), EngineError> {
        let of_sets = |rule: &Rule| match rule {
            Rule::Key(_) | Rule::Unique(_) => true,
            Rule::Constraint { column, index } => self
                .contract
                .column(column)
                .and_then(|column| column.value.constraints.get(*index))
                .is_some_and(|constraint| *constraint == mlp_plan::Constraint::Unique),
            _ => false,
        };
        let rules: Vec<Rule> = all_rules(self.contract).into_iter().filter(of_sets).collect();
        let candidates = candidates.into_iter().map(|mut digests| {
            digests.truncate(CANDIDATES);
            digests
        });
        let none = |_: &str, _: &[String], _: &[&Column]| Ok(Err(String::new()));
        let mut checker = Checker::new(self.contract, &rules, &none, false, 0, Some(candidates.collect()))?;
        checker.only_sets();
        let mut feed = Feed::new(self.inputs);
        let mut left = self.bounds.sample.unwrap_or(u64::MAX);
        while let Some(item) = feed.next(&|blob| Arc::new(Counted { blob, bytes: Arc::clone(bytes) }))? {
            let (schema, origin) = item.schema(self.contract, &self.dialect)?;
            let conformer = Conformer::with_constants(self.contract, &schema, origin, &|_| false, item.partitions)?;
            checker.begin_part(&conformer, Some((item.input, item.before)));
            let needs = checker.needs();
            self.each_batch(&item, &schema, &conformer, &needs, &mut |conformer, batch| {
                let rows = batch.num_rows().min(usize::try_from(left).unwrap_or(usize::MAX));
                left -= rows as u64;
                let batch = batch.slice(0, rows);
                checker.check(conformer, &batch, &conformer.conform(&batch)?)?;
                Ok(left > 0)
            })?;
            if left == 0 {
                break;
            }
        }
        for again in checker.finish(&Options::default())?.outcomes {
            if let Some(outcome) =
                outcomes.iter_mut().find(|outcome| outcome.rule == again.rule && of_sets(&again.rule))
            {
                outcome.verdict = again.verdict;
                outcome.rows = again.rows;
                outcome.examples = again.examples;
            }
        }
        Ok(())
    }

    /// Says in which files it is so, where it is not so of all of them.
    fn name_files(&self, outcome: &mut Outcome) {
        let all = self.inputs.len();
        if outcome.of_parts.iter().all(|of| of.count == all) {
            return;
        }
        let name = |part: &usize| Some(self.inputs.get(*part)?.shown(self.contract));
        outcome.found = Some(OfParts::found(&outcome.of_parts, outcome.verdict, |of| {
            let names: Vec<String> = of.first.iter().filter_map(name).collect();
            let more = match of.count - names.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{} in {}{more} ({} of {all} files)", of.words, names.join(", "), of.count)
        }));
    }

    /// What cannot be said of all rows when not all were looked at.
    fn doubt(&self, outcome: &mut Outcome, stopped: bool, sampled: bool) {
        let of_set = match &outcome.rule {
            Rule::Key(_) | Rule::Unique(_) | Rule::Expectation(_) => true,
            Rule::Constraint { column, index } => self
                .contract
                .column(column)
                .and_then(|column| column.value.constraints.get(*index))
                .is_some_and(|constraint| *constraint == mlp_plan::Constraint::Unique),
            _ => false,
        };
        let expectation = matches!(outcome.rule, Rule::Expectation(_));
        let sure = outcome.verdict == Verdict::Fail && !expectation;
        let why = match (stopped, sampled) {
            (true, _) if !sure => "the check ended early, when enough rows were broken",
            (false, true) if of_set && !sure => "a sample cannot tell",
            _ => return,
        };
        outcome.verdict = Verdict::Unknown;
        outcome.found = Some(match outcome.found.take() {
            Some(found) if !found.is_empty() => format!("{why}; so far {found}"),
            _ => why.to_owned(),
        });
    }

    /// The values of another contract's table.
    fn known(
        &self,
        contract: &str,
        to: &[String],
        ours: &[&Column],
        bytes: &Arc<AtomicU64>,
    ) -> Result<Result<Known, String>, EngineError> {
        let Some(inputs) = self.references.get(contract) else {
            return Ok(Err(format!("the table of {contract} is not at hand")));
        };
        let reading = only(to, ours);
        let mut values = Distinct128::default();
        let mut feed = Feed::new(inputs);
        let wanted: BTreeSet<String> = to.iter().cloned().collect();
        while let Some(item) = feed.next(&|blob| Arc::new(Counted { blob, bytes: Arc::clone(bytes) }))? {
            let (schema, origin) = item.schema(&reading, &self.dialect)?;
            for batch in item.read(&reading, &self.dialect, &schema, &wanted)?.batches {
                if let Err(why) = add_values(&mut values, &batch?, to, ours, origin)? {
                    return Ok(Err(format!("the table of {contract}: {why}")));
                }
            }
        }
        Ok(Ok(Known::new(values)))
    }
}

impl<'s> Shared<'s> {
    fn count(&self, rows: u64, scan: &Scan<'_>) {
        let rows = self.rows.fetch_add(rows, Ordering::Relaxed) + rows;
        (scan.progress)(rows);
    }

    /// Takes what one item gave; who is far ahead waits, so that little has to be kept.
    fn put(&self, number: usize, done: Result<Checker<'s>, EngineError>) {
        let mut merged = locked(&self.merged);
        match done {
            Err(error) => {
                if merged.failed.as_ref().is_none_or(|(first, _)| number < *first) {
                    merged.failed = Some((number, error));
                }
            }
            Ok(checker) => {
                let far = |merged: &Merged<'_>| {
                    number > merged.next + self.ahead && merged.failed.is_none() && !self.stop.load(Ordering::Relaxed)
                };
                while far(&merged) {
                    merged = self.turn.wait(merged).unwrap_or_else(PoisonError::into_inner);
                }
                merged.waiting.insert(number, checker);
                while let Some(checker) = merged.next_in_line() {
                    if let Err(error) = merged.total.merge(checker) {
                        merged.failed = Some((merged.next, error));
                    }
                    merged.next += 1;
                }
            }
        }
        self.turn.notify_all();
    }
}

impl<'s> Merged<'s> {
    fn next_in_line(&mut self) -> Option<Checker<'s>> {
        self.waiting.remove(&self.next)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts the bytes that are read.
#[derive(Debug)]
struct Counted {
    blob: Arc<dyn Blob>,
    bytes: Arc<AtomicU64>,
}

impl Blob for Counted {
    fn name(&self) -> &Path {
        self.blob.name()
    }

    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        let bytes = self.blob.read(range)?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }

    fn window(&self) -> u64 {
        self.blob.window()
    }
}
