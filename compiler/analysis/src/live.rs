//! A program under edits: after each, that is looked at again which an edit reaches.

use std::{collections::HashMap, sync::Arc};

use mlp_diagnostics::Diagnostic;
use mlp_ports::{Files, SqlChecker};
use mlp_source::FileId;
use mlp_syntax::tree;

use crate::{
    check::{Checked, Users},
    checker::Checker,
    contracts::Shared,
    edges::Compared,
    flow::Flow,
    memo::{Answer, Memo, Query, Read},
    metrics::MetricsInfo,
    names::{Names, Outline},
    occurrences::Occurrence,
    program::{Changed, DeclId, Program},
    scope::Found,
    sql::StageSql,
    stages::Signature,
};

/// A program that is being edited.
#[derive(Debug)]
pub struct Live {
    program: Program,
    pub(crate) names: Arc<Names>,
    pub(crate) memo: Memo,
    users: Users,
    /// For each module what its parts say about names.
    outlines: Vec<Vec<Outline>>,
}

/// What is different since the last look.
#[derive(Debug, Default)]
pub struct Changes {
    /// Modules, by their number, with all their parts; those that are the same are known by their pointer, those that stand for another under its file.
    pub modules: Vec<(usize, Vec<Arc<tree::File>>)>,
    /// Files that are no part of the program: their package and path.
    pub files: Vec<(String, String)>,
}

impl Live {
    /// Looks at a program for the first time.
    #[must_use]
    pub fn new(program: Program, sql: &dyn SqlChecker, files: &dyn Files) -> Self {
        let outlines = program.modules.iter().map(|module| outlines(&module.trees)).collect();
        let names = Arc::new(Names::new(&program));
        let mut live = Self { program, names, memo: Memo::for_edits(), users: Users::default(), outlines };
        live.checked(sql, files, |checker| checker.settle_all(&checker.questions(), true));
        live
    }

    /// The program as it is now.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// Takes in what is different.
    pub fn update(&mut self, changes: Changes, sql: &dyn SqlChecker, files: &dyn Files) {
        self.memo.begin();
        let mut questions = Vec::new();
        let mut added: Vec<DeclId> = Vec::new();
        let mut edited = Vec::new();
        let mut others = Outline::default();
        for (module, trees) in changes.modules {
            let (asked, other) = self.parts(module, &trees);
            questions.extend(asked);
            others = others.or(other);
            let (gone, new) = self.program.renew(module, trees);
            gone.into_iter().flat_map(Query::about).for_each(|query| self.memo.forget(query));
            added.extend(new);
            edited.push(module);
        }
        let names = self.names.renewed(&self.program, &edited, &others);
        added.extend(self.rename(names));
        for (package, path) in changes.files {
            self.memo.touch(&Read::File(package, path));
        }
        self.checked(sql, files, |checker| {
            questions.extend(added.iter().flat_map(|id| checker.questions_about(*id)));
            checker.settle_all(&questions, !others.is_empty());
        });
    }

    /// Marks what the parts of a module change; answers what is to be asked of new ones, and what they say about names that is another.
    fn parts(&mut self, module: usize, trees: &[Arc<tree::File>]) -> (Vec<Query>, Outline) {
        let Some(node) = self.program.modules.get(module) else { return (Vec::new(), Outline::default()) };
        let changed = Changed::between(&node.trees, trees);
        let was = node.trees.get(changed.before.clone()).unwrap_or_default();
        let mut before: HashMap<FileId, &Arc<tree::File>> = was.iter().map(|tree| (tree.span.file, tree)).collect();
        let new = trees.get(changed.after).unwrap_or_default();
        let mut questions = Vec::new();
        for tree in new {
            let file = tree.span.file;
            match before.remove(&file) {
                Some(same) if Arc::ptr_eq(same, tree) => {}
                Some(_) => self.memo.touch(&Read::Tree(file)),
                None => questions.push(Query::Part(module, file)),
            }
        }
        for file in before.into_keys() {
            self.memo.touch(&Read::Tree(file));
            self.memo.forget(Query::Part(module, file));
        }
        self.memo.touch(&Read::Module(module));
        let outlines = outlines(new);
        let Some(known) = self.outlines.get_mut(module) else { return (questions, Outline::default()) };
        let other = Outline::difference(known.get(changed.before.clone()).unwrap_or_default(), &outlines);
        known.splice(changed.before, outlines);
        (questions, other)
    }

    /// Lets names stand for something else; answers the declarations that stand in a circle no more.
    fn rename(&mut self, names: Names) -> Vec<DeclId> {
        for read in names.changes(&self.names) {
            self.memo.touch(&read);
        }
        for id in names.circular().difference(self.names.circular()) {
            // who stands in a circle stands for nothing: nobody asks
            self.memo.forget(Query::Named(*id));
            self.memo.forget(Query::Const(*id));
        }
        let free = self.names.circular().difference(names.circular()).copied().collect();
        self.names = Arc::new(names);
        free
    }

    /// Works with what is known: what somebody asks for is worked out once, as in a check.
    pub fn checked<T>(
        &mut self,
        sql: &dyn SqlChecker,
        files: &dyn Files,
        work: impl FnOnce(&mut Checker<'_>) -> T,
    ) -> T {
        let (memo, users) = (std::mem::take(&mut self.memo), std::mem::take(&mut self.users));
        let mut checker = Checker::resumed(&self.program, sql, files, Arc::clone(&self.names), memo, users);
        let answer = work(&mut checker);
        (self.memo, self.users) = (checker.memo, checker.users);
        answer
    }

    /// Works with the whole program as a check hands it on.
    pub fn whole<T>(&mut self, sql: &dyn SqlChecker, files: &dyn Files, work: impl FnOnce(&mut Checked<'_>) -> T) -> T {
        let (memo, users) = (std::mem::take(&mut self.memo), std::mem::take(&mut self.users));
        let checker = Checker::resumed(&self.program, sql, files, Arc::clone(&self.names), memo, users);
        let mut checked = Checked::of(checker);
        let answer = work(&mut checked);
        (self.memo, self.users) = (checked.checker.memo, checked.checker.users);
        answer
    }

    /// What is wrong, by file and place.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        crate::check::found(&self.program, &self.names, &self.memo)
    }

    /// What a name stands for in a module.
    #[must_use]
    pub fn named(&self, module: usize, name: &str) -> Option<DeclId> {
        match self.names.scopes.find(module, name) {
            Found::Decl(id) => Some(id),
            Found::Poisoned | Found::Nothing => None,
        }
    }

    /// The tags that something carries.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.names.tags.iter().map(String::as_str)
    }

    /// A contract, where it could be made out.
    #[must_use]
    pub fn contract(&self, id: DeclId) -> Option<&Shared> {
        match self.memo.known(Query::Contract(id)) {
            Some(Answer::Contract(contract)) => Some(contract),
            _ => None,
        }
    }

    /// What a stage, source or sink takes and gives.
    #[must_use]
    pub fn signature(&self, id: DeclId) -> Option<&Signature> {
        match self.memo.known(Query::Signature(id)) {
            Some(Answer::Signature(signature)) => signature.as_deref(),
            _ => None,
        }
    }

    /// What metrics say.
    #[must_use]
    pub fn metrics(&self, id: DeclId) -> Option<&MetricsInfo> {
        match self.memo.known(Query::Metrics(id)) {
            Some(Answer::Metrics(metrics)) => metrics.as_deref(),
            _ => None,
        }
    }

    /// A pipeline as dataflow.
    #[must_use]
    pub fn pipeline(&self, id: DeclId) -> Option<&Flow> {
        match self.memo.known(Query::Pipeline(id)) {
            Some(Answer::Pipeline(flow)) => flow.as_deref(),
            _ => None,
        }
    }

    /// The files that were asked for: their package and path.
    pub fn files_read(&self) -> impl Iterator<Item = (&str, &str)> {
        self.memo.reads().filter_map(|read| match read {
            Read::File(package, path) => Some((package.as_str(), path.as_str())),
            _ => None,
        })
    }

    /// Names, and what they stand for, in no order; some several times. The names of declarations where they are declared are not among them.
    pub fn occurrences(&self) -> impl Iterator<Item = &Occurrence> {
        self.memo.occurrences()
    }

    /// The SQL of stages.
    pub fn sql(&self) -> impl Iterator<Item = &StageSql> {
        self.memo.found().flat_map(|found| &found.sql)
    }

    /// The edges that were compared.
    pub fn edges(&self) -> impl Iterator<Item = &Compared> {
        self.memo.found().flat_map(|found| &found.edges)
    }
}

fn outlines(trees: &[Arc<tree::File>]) -> Vec<Outline> {
    trees.iter().map(|tree| Outline::of(&tree.items)).collect()
}
