//! The whole check: every declaration looked at once, then the proofs over the pipelines.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use mlp_diagnostics::Diagnostic;
use mlp_ports::{Files, SqlChecker};
use mlp_source::{FileId, Span};

use crate::{
    checker::Checker,
    edges::Compared,
    flow::{Flow, Work},
    memo::{Answer, Memo, Query, Read},
    names::Names,
    program::{DeclId, Kind, Program},
    proofs::policies::underpowered,
    serving::MonitorInfo,
    tests::TestCase,
};

/// A program that was looked at.
pub struct Checked<'a> {
    /// All that was worked out.
    pub checker: Checker<'a>,
    /// The pipelines.
    pub flows: Vec<Arc<Flow>>,
    /// The monitors.
    pub monitors: Vec<Arc<MonitorInfo>>,
    /// The tests.
    pub tests: Vec<TestCase>,
    /// The edges that were compared.
    pub edges: Vec<Compared>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Checked<'a> {
    /// All that a checker has worked out.
    pub(crate) fn of(mut checker: Checker<'a>) -> Self {
        let program = checker.program;
        let flows = program.of_kind(Kind::Pipeline).filter_map(|id| checker.pipeline(id)).collect();
        let monitors = program.of_kind(Kind::Monitor).filter_map(|id| checker.monitor(id)).collect();
        let parts = program
            .modules
            .iter()
            .enumerate()
            .flat_map(|(index, module)| module.trees.iter().map(move |tree| Query::Part(index, tree.span.file)));
        let tests = parts.flat_map(|part| match checker.memo.known(part) {
            Some(Answer::Tests(tests)) => tests.to_vec(),
            _ => Vec::new(),
        });
        let tests = tests.collect();
        let edges = checker.memo.found().flat_map(|found| &found.edges).cloned().collect();
        let diagnostics = found(program, &checker.names, &checker.memo);
        Self { checker, flows, monitors, tests, edges, diagnostics }
    }

    /// What was found, sorted by file and place.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// Looks at a program.
#[must_use]
pub fn check<'a>(program: &'a Program, sql: &'a dyn SqlChecker, files: &'a dyn Files) -> Checked<'a> {
    check_with(program, sql, files, &BTreeMap::new())
}

/// Looks at a program in which a target or `--set` sets constants.
#[must_use]
pub fn check_with<'a>(
    program: &'a Program,
    sql: &'a dyn SqlChecker,
    files: &'a dyn Files,
    set: &BTreeMap<String, String>,
) -> Checked<'a> {
    let mut checker = Checker::new(program, sql, files);
    checker.set.clone_from(set);
    checker.settle_all(&checker.questions(), true);
    Checked::of(checker)
}

/// What pipelines and monitors have to do with: a pipeline asks policies and promotes models, a monitor watches a deployment.
#[derive(Debug, Default)]
pub(crate) struct Users {
    /// For each of them where that is declared.
    uses: HashMap<DeclId, Vec<Span>>,
    /// For what is declared at a place, the pipelines and monitors that have to do with it, in the order of the program.
    users: HashMap<Span, Vec<DeclId>>,
}

impl Checker<'_> {
    /// What is to be asked, so that everything was looked at once.
    pub(crate) fn questions(&self) -> Vec<Query> {
        let declared = self.program.ids().flat_map(|id| self.questions_about(id));
        let modules = self.program.modules.iter().enumerate();
        let parts =
            modules.flat_map(|(index, module)| module.trees.iter().map(move |tree| Query::Part(index, tree.span.file)));
        declared.chain(parts).collect()
    }

    pub(crate) fn questions_about(&self, id: DeclId) -> Vec<Query> {
        let circular = self.names.circular().contains(&id);
        match self.program.decl(id).map(|decl| decl.kind) {
            Some(Kind::Contract) => vec![Query::Contract(id)],
            Some(Kind::Type | Kind::Enum) if !circular => vec![Query::Named(id)],
            Some(Kind::Const) if !circular => vec![Query::Const(id)],
            Some(Kind::Metrics) => vec![Query::Metrics(id)],
            Some(Kind::Stage | Kind::Source | Kind::Sink) => vec![Query::Stage(id)],
            Some(Kind::Secret) => vec![Query::Secret(id)],
            Some(Kind::Model) => vec![Query::Model(id), Query::Timely(id)],
            Some(Kind::Policy) => vec![Query::Policy(id), Query::Judged(id)],
            Some(Kind::Pipeline) => vec![Query::Pipeline(id), Query::Flow(id)],
            Some(Kind::Deployment) => vec![Query::Deployment(id), Query::Served(id)],
            Some(Kind::Monitor) => vec![Query::Monitor(id)],
            Some(Kind::Env) => vec![Query::Environment(id)],
            Some(Kind::Type | Kind::Enum | Kind::Const) | None => Vec::new(),
        }
    }

    /// Works out the answers to some questions, and all that is in doubt; where names may stand for something else, so may the order of declarations.
    pub(crate) fn settle_all(&mut self, questions: &[Query], names_moved: bool) {
        let (proofs, before): (Vec<Query>, Vec<Query>) =
            questions.iter().copied().chain(self.memo.doubted()).partition(|query| query.is_proof());
        for query in &before {
            self.settle(*query);
        }
        let users = before.iter().filter(|query| matches!(query, Query::Pipeline(_) | Query::Monitor(_)));
        self.find_users(&users.copied().collect::<Vec<_>>(), names_moved);
        for query in proofs.into_iter().chain(self.memo.doubted()) {
            self.settle(query);
        }
    }

    /// Finds out anew what pipelines and monitors have to do with.
    fn find_users(&mut self, looked_at: &[Query], names_moved: bool) {
        let mut is_other = names_moved;
        for query in looked_at {
            let (id, uses) = match (*query, self.memo.known(*query)) {
                (Query::Pipeline(id), Some(Answer::Pipeline(Some(flow)))) => (id, uses_of(flow)),
                (Query::Monitor(id), Some(Answer::Monitor(Some(monitor)))) => (id, vec![monitor.deployment.span]),
                (Query::Pipeline(id) | Query::Monitor(id), _) => (id, Vec::new()),
                _ => continue,
            };
            is_other |= self.users.uses.get(&id) != Some(&uses);
            self.users.uses.insert(id, uses);
        }
        if !is_other {
            return;
        }
        let mut users: HashMap<Span, Vec<DeclId>> = HashMap::new();
        let program = self.program;
        self.users.uses.retain(|id, _| program.decl(*id).is_some());
        let all = program.of_kind(Kind::Pipeline).chain(program.of_kind(Kind::Monitor));
        for (id, uses) in all.filter_map(|id| Some((id, self.users.uses.get(&id)?))) {
            uses.iter().for_each(|place| users.entry(*place).or_default().push(id));
        }
        let before = std::mem::replace(&mut self.users.users, users);
        let places = before.keys().chain(self.users.users.keys());
        let changed: Vec<Span> =
            places.filter(|place| before.get(place) != self.users.users.get(place)).copied().collect();
        changed.into_iter().for_each(|place| self.memo.touch(&Read::Users(place)));
    }

    /// The pipelines that have to do with what is declared at a place.
    pub(crate) fn flows_with(&mut self, place: Span) -> Vec<Arc<Flow>> {
        self.users_of(place, Kind::Pipeline).into_iter().filter_map(|id| self.pipeline(id)).collect()
    }

    /// The monitors that watch the deployment that is declared at a place.
    pub(crate) fn monitors_of(&mut self, place: Span) -> Vec<Arc<MonitorInfo>> {
        self.users_of(place, Kind::Monitor).into_iter().filter_map(|id| self.monitor(id)).collect()
    }

    fn users_of(&self, place: Span, kind: Kind) -> Vec<DeclId> {
        self.note(|| Read::Users(place));
        let is_meant = |id: &DeclId| self.program.decl(*id).is_some_and(|decl| decl.kind == kind);
        self.users.users.get(&place).into_iter().flatten().copied().filter(is_meant).collect()
    }

    /// Works out an answer.
    pub(crate) fn work_out(&mut self, query: Query) -> Answer {
        match query {
            Query::Columns(id) => Answer::Contract(Arc::new(self.read_columns(id).unwrap_or_default())),
            Query::Contract(id) => Answer::Contract(Arc::new(self.read_contract(id).unwrap_or_default())),
            Query::Named(id) => Answer::Named(self.read_named_type(id).map(Arc::new)),
            Query::Metrics(id) => Answer::Metrics(self.read_metrics(id).map(Arc::new)),
            Query::Signature(id) => Answer::Signature(self.read_signature(id).map(Arc::new)),
            Query::Const(id) => Answer::Const(self.read_constant(id)),
            Query::Model(id) => Answer::Model(self.read_model(id).map(Arc::new)),
            Query::Policy(id) => Answer::Policy(self.read_policy(id).map(Arc::new)),
            Query::Pipeline(id) => Answer::Pipeline(self.read_pipeline(id).map(Arc::new)),
            Query::Deployment(id) => Answer::Deployment(self.read_deployment(id).map(Arc::new)),
            Query::Monitor(id) => Answer::Monitor(self.read_monitor(id).map(Arc::new)),
            Query::Judged(id) => Answer::Warnings(self.judge(id)),
            Query::Part(module, file) => Answer::Tests(Arc::new(self.part(module, file))),
            Query::Stage(id) => self.only(|checker| checker.check_stage(id)),
            Query::Secret(id) => self.only(|checker| checker.check_secret(id)),
            Query::Environment(id) => self.only(|checker| {
                checker.read_environment(id);
            }),
            Query::Flow(id) => self.only(|checker| checker.check_flow(id)),
            Query::Timely(id) => self.only(|checker| checker.check_moments(id)),
            Query::Served(id) => self.only(|checker| checker.check_deployment(id)),
        }
    }

    fn only(&mut self, work: impl FnOnce(&mut Self)) -> Answer {
        work(self);
        Answer::Findings
    }

    fn part(&mut self, module: usize, file: FileId) -> Vec<TestCase> {
        self.note(|| Read::Tree(file));
        let trees = self.program.modules.get(module).map(|module| module.trees.as_slice()).unwrap_or_default();
        let Some(tree) = trees.iter().find(|tree| tree.span.file == file) else { return Vec::new() };
        self.check_doubled_settings(tree);
        self.names_of_part(module, tree);
        self.read_tests(module, tree)
    }

    fn check_flow(&mut self, id: DeclId) {
        if let Some(flow) = self.pipeline(id) {
            self.check_evaluation(&flow);
            self.check_tags(&flow);
            self.check_promotions(&flow);
        }
    }

    /// Checks a policy; answers the warnings that those that require it say as well.
    fn judge(&mut self, id: DeclId) -> Vec<Diagnostic> {
        let Some(policy) = self.policy(id) else { return Vec::new() };
        self.check_policy(&policy);
        let flows = self.flows_with(policy.span);
        underpowered(&policy, &flows)
    }

    fn check_deployment(&mut self, id: DeclId) {
        let Some(deployment) = self.deployment(id) else { return };
        let monitors = self.monitors_of(deployment.span);
        let flows = self.flows_with(deployment.model.span);
        self.check_request(&deployment);
        self.check_release(&deployment, &flows, &monitors);
        self.check_serving(&deployment, &monitors);
    }
}

/// Where the policies that a pipeline asks and the models that it promotes are declared.
fn uses_of(flow: &Flow) -> Vec<Span> {
    let mut uses = Vec::new();
    for node in &flow.nodes {
        if let Work::Promote { model, policies, .. } = &node.work {
            uses.push(model.span);
            uses.extend(policies.iter().map(|call| call.policy.span));
        }
    }
    uses.sort_unstable();
    uses.dedup();
    uses
}

/// All that was found, sorted by file and place.
pub(crate) fn found(program: &Program, names: &Names, memo: &Memo) -> Vec<Diagnostic> {
    let mut all: Vec<Diagnostic> = names.found().chain(memo.diagnostics()).cloned().collect();
    let mut warned = HashSet::new();
    for id in program.of_kind(Kind::Policy) {
        if let Some(Answer::Warnings(warnings)) = memo.known(Query::Judged(id)) {
            all.extend(warnings.iter().filter(|found| warned.insert(found.primary)).cloned());
        }
    }
    all.sort_by_key(|found| (found.primary, found.code));
    let mut found: Vec<Diagnostic> = Vec::with_capacity(all.len());
    for one in all {
        let key = |found: &Diagnostic| (found.primary, found.code);
        if !found.iter().rev().take_while(|other| key(other) == key(&one)).any(|other| *other == one) {
            found.push(one);
        }
    }
    found
}
