//! The memo: what was worked out, from what, and what was found on the way.
//!
//! Everything that the checker works out about a declaration is the [`Answer`] to a [`Query`], a pure function of what it read: trees, names, files and
//! other answers. Each keeps its own findings. For an editor each also keeps its [`Read`]s, so that after an edit only that is worked out again which read
//! something that is different now; an answer that comes out the same goes no further.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use mlp_diagnostics::Diagnostic;
use mlp_plan::{Literal, ValueType};
use mlp_source::{FileId, Span};

use crate::{
    checker::Checker,
    contracts::Shared,
    edges::Compared,
    flow::Flow,
    metrics::MetricsInfo,
    models::ModelInfo,
    occurrences::Occurrence,
    policies::PolicyInfo,
    program::DeclId,
    serving::{DeploymentInfo, MonitorInfo},
    sql::StageSql,
    stages::Signature,
    tests::TestCase,
    types::NamedType,
};

/// What can be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Query {
    /// The columns of a contract, without its rules.
    Columns(DeclId),
    /// A contract.
    Contract(DeclId),
    /// A named type.
    Named(DeclId),
    /// Metrics.
    Metrics(DeclId),
    /// What a stage, source or sink takes and gives.
    Signature(DeclId),
    /// What else can be said about it without a call.
    Stage(DeclId),
    /// A constant.
    Const(DeclId),
    /// Whether a secret is one.
    Secret(DeclId),
    /// A model.
    Model(DeclId),
    /// A policy.
    Policy(DeclId),
    /// A pipeline.
    Pipeline(DeclId),
    /// A deployment.
    Deployment(DeclId),
    /// A monitor.
    Monitor(DeclId),
    /// Whether an environment is one.
    Environment(DeclId),
    /// The tests and doubled settings of a part of a module.
    Part(usize, FileId),
    /// The proofs over a pipeline.
    Flow(DeclId),
    /// What a model sees is known when it predicts.
    Timely(DeclId),
    /// The proofs about a policy.
    Judged(DeclId),
    /// The proofs about a deployment.
    Served(DeclId),
}

impl Query {
    /// All that is asked about a declaration.
    pub(crate) fn about(id: DeclId) -> [Self; 18] {
        [
            Self::Columns(id),
            Self::Contract(id),
            Self::Named(id),
            Self::Metrics(id),
            Self::Signature(id),
            Self::Stage(id),
            Self::Const(id),
            Self::Secret(id),
            Self::Model(id),
            Self::Policy(id),
            Self::Pipeline(id),
            Self::Deployment(id),
            Self::Monitor(id),
            Self::Environment(id),
            Self::Flow(id),
            Self::Timely(id),
            Self::Judged(id),
            Self::Served(id),
        ]
    }

    /// Whether it is a proof over what the pipelines and monitors are, which must be known before.
    pub(crate) const fn is_proof(self) -> bool {
        matches!(self, Self::Flow(_) | Self::Timely(_) | Self::Judged(_) | Self::Served(_))
    }
}

/// What was worked out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// Nothing but findings.
    Findings,
    /// Warnings, each of which another declaration may say as well.
    Warnings(Vec<Diagnostic>),
    Contract(Shared),
    Named(Option<Arc<NamedType>>),
    Metrics(Option<Arc<MetricsInfo>>),
    Signature(Option<Arc<Signature>>),
    Const(Option<(ValueType, Literal)>),
    Model(Option<Arc<ModelInfo>>),
    Policy(Option<Arc<PolicyInfo>>),
    Pipeline(Option<Arc<Flow>>),
    Deployment(Option<Arc<DeploymentInfo>>),
    Monitor(Option<Arc<MonitorInfo>>),
    Tests(Arc<Vec<TestCase>>),
}

/// Something that an answer was worked out from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Read {
    /// The tree of a part.
    Tree(FileId),
    /// Anything in a module.
    Module(usize),
    /// What a name stands for in a module.
    Name(usize, String),
    /// Every name that a module sees.
    Scope(usize),
    /// Which declarations there are.
    Decls,
    /// Whether a declaration stands in a circle.
    Circle(DeclId),
    /// The order of moments.
    Moments,
    /// Whether something carries a tag.
    Tag(String),
    /// All tags.
    Tags,
    /// The default environments.
    Environments,
    /// A file of a package.
    File(String, String),
    /// What the pipelines and monitors are that have to do with what is declared there.
    Users(Span),
    /// Another answer.
    Answer(Query),
}

/// What was found while something was worked out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub diagnostics: Vec<Diagnostic>,
    pub edges: Vec<Compared>,
    pub occurrences: Vec<Occurrence>,
    pub sql: Vec<StageSql>,
}

/// An answer with what it was worked out from.
#[derive(Debug)]
struct Entry {
    answer: Answer,
    found: Findings,
    reads: Vec<Read>,
    /// The round in which it last came out different.
    changed: u64,
}

/// Why an answer may not hold any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// Something that it read is different.
    Stale,
    /// An answer that it read may be different.
    Maybe,
}

/// All answers.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    entries: HashMap<Query, Entry>,
    /// Those that something is wrong with.
    told: BTreeSet<Query>,
    /// Whether what is read is kept: who checks once needs none of it.
    keeps_reads: bool,
    readers: HashMap<Read, HashSet<Query>>,
    doubts: HashMap<Query, Doubt>,
    round: u64,
    under: Option<Box<Under>>,
}

/// What holds besides, where somebody asks what would be found (`suppose`): all but some answers, which are worked out anew.
#[derive(Debug)]
struct Under {
    memo: Memo,
    hidden: HashSet<Query>,
}

impl Memo {
    /// A memo over another, of which these answers do not count. What is worked out stays in it, and the other is as it was.
    pub(crate) fn over(memo: Self, hidden: HashSet<Query>) -> Self {
        Self { under: Some(Box::new(Under { memo, hidden })), ..Self::for_edits() }
    }

    /// The memo that this one was laid over.
    pub(crate) fn into_under(self) -> Self {
        self.under.map(|under| under.memo).unwrap_or_default()
    }

    /// A memo that knows after an edit what still holds.
    pub(crate) fn for_edits() -> Self {
        Self { keeps_reads: true, ..Self::default() }
    }

    /// Whether somebody will ask what an edit reaches, and what stands where.
    pub(crate) const fn is_for_edits(&self) -> bool {
        self.keeps_reads
    }

    /// Begins a round: what is worked out from here on is new.
    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    /// What is read, of all that was worked out.
    pub(crate) fn reads(&self) -> impl Iterator<Item = &Read> {
        self.readers.keys()
    }

    /// Something is different: all that was worked out from it is in doubt.
    pub(crate) fn touch(&mut self, read: &Read) {
        let stale: Vec<Query> = self.readers.get(read).into_iter().flatten().copied().collect();
        for query in stale {
            self.doubt(query, Doubt::Stale);
        }
    }

    fn doubt(&mut self, query: Query, doubt: Doubt) {
        let mut open = vec![(query, doubt)];
        while let Some((query, doubt)) = open.pop() {
            let known = self.doubts.get(&query).copied();
            if known.is_none() || (known == Some(Doubt::Maybe) && doubt == Doubt::Stale) {
                self.doubts.insert(query, doubt);
            }
            if known.is_none() {
                let readers = self.readers.get(&Read::Answer(query)).into_iter().flatten();
                open.extend(readers.map(|reader| (*reader, Doubt::Maybe)));
            }
        }
    }

    /// Forgets an answer that nobody is to ask for.
    pub(crate) fn forget(&mut self, query: Query) {
        if let Some(entry) = self.entries.remove(&query) {
            self.told.remove(&query);
            self.doubts.remove(&query);
            self.unlink(query, &entry.reads);
            self.touch(&Read::Answer(query));
        }
    }

    /// What is in doubt, in order.
    pub(crate) fn doubted(&self) -> Vec<Query> {
        let mut doubted: Vec<Query> = self.doubts.keys().copied().collect();
        doubted.sort_unstable();
        doubted
    }

    /// Whether an answer came out different in this round.
    pub(crate) fn is_new(&self, query: Query) -> bool {
        self.entries.get(&query).is_none_or(|entry| entry.changed == self.round)
    }

    /// An answer that was worked out.
    pub(crate) fn known(&self, query: Query) -> Option<&Answer> {
        let under = || {
            let under = self.under.as_ref().filter(|under| !under.hidden.contains(&query))?;
            under.memo.entries.get(&query)
        };
        self.entries.get(&query).or_else(under).map(|entry| &entry.answer)
    }

    /// What is wrong, in the order of the queries.
    pub(crate) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.told.iter().filter_map(|query| self.entries.get(query)).flat_map(|entry| &entry.found.diagnostics)
    }

    /// Names, and what they stand for, in no order.
    pub(crate) fn occurrences(&self) -> impl Iterator<Item = &Occurrence> {
        self.entries.values().flat_map(|entry| &entry.found.occurrences)
    }

    /// What was found, in the order of the queries.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Findings> {
        let mut found: Vec<_> = self.entries.iter().map(|(query, entry)| (*query, &entry.found)).collect();
        found.sort_unstable_by_key(|(query, _)| *query);
        found.into_iter().map(|(_, found)| found)
    }

    fn unlink(&mut self, query: Query, reads: &[Read]) {
        for read in reads {
            if let Some(readers) = self.readers.get_mut(read) {
                readers.remove(&query);
                if readers.is_empty() {
                    self.readers.remove(read);
                }
            }
        }
    }

    fn keep(&mut self, query: Query, answer: Answer, found: Findings, reads: Vec<Read>) {
        let mut changed = self.round;
        let mut answer = answer;
        if let Some(before) = self.entries.remove(&query) {
            self.unlink(query, &before.reads);
            // what is the same stays the same thing: some ask whether two contracts are one
            if before.answer == answer {
                (answer, changed) = (before.answer, before.changed);
            }
        }
        if found.diagnostics.is_empty() {
            self.told.remove(&query);
        } else {
            self.told.insert(query);
        }
        for read in &reads {
            self.readers.entry(read.clone()).or_default().insert(query);
        }
        self.entries.insert(query, Entry { answer, found, reads, changed });
    }
}

impl Checker<'_> {
    /// The answer to a query; each is worked out, and reported on, once.
    pub(crate) fn ask(&mut self, query: Query) -> Answer {
        self.note(|| Read::Answer(query));
        self.settle(query);
        self.memo.known(query).cloned().unwrap_or(Answer::Findings)
    }

    /// Makes sure that an answer holds: works it out where there is none, or where something that it was worked out from is different.
    pub(crate) fn settle(&mut self, query: Query) {
        let doubt = self.memo.doubts.remove(&query);
        if self.memo.known(query).is_some() {
            match doubt {
                None => return,
                Some(Doubt::Maybe) if self.still_holds(query) => return,
                _ => {}
            }
        }
        let outer = (std::mem::take(&mut self.now), self.reads.take(), std::mem::take(&mut self.columns_only));
        let answer = self.work_out(query);
        self.columns_only = outer.2;
        let found = std::mem::replace(&mut self.now, outer.0);
        let mut reads = self.reads.replace(outer.1);
        let mut seen = HashSet::with_capacity(reads.len());
        reads.retain(|read| seen.insert(read.clone()));
        self.memo.keep(query, answer, found, reads);
    }

    /// Whether all answers are the same that an answer was worked out from; they are looked at in the order in which they were asked for, since which is asked
    /// for next may hang on the one before.
    fn still_holds(&mut self, query: Query) -> bool {
        let reads = self.memo.entries.get(&query).map(|entry| entry.reads.clone()).unwrap_or_default();
        let asked = reads.iter().filter_map(|read| if let Read::Answer(asked) = read { Some(*asked) } else { None });
        for asked in asked {
            if self.memo.entries.contains_key(&asked) {
                self.settle(asked);
            }
            if self.memo.is_new(asked) {
                return false;
            }
        }
        true
    }

    /// Remembers that what is being worked out hangs on this.
    pub(crate) fn note(&self, read: impl FnOnce() -> Read) {
        if self.memo.keeps_reads {
            self.reads.borrow_mut().push(read());
        }
    }
}
