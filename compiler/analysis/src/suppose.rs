//! What would be found about a part of a module, were it another text: nothing that is known changes.
//!
//! Only what the part itself declares is looked at; what others make of it stays as it is.

use std::{collections::HashSet, sync::Arc};

use mlp_diagnostics::Diagnostic;
use mlp_ports::{Files, NoSql};
use mlp_source::FileId;
use mlp_syntax::tree::{self, ItemKind};

use crate::{
    check::Users,
    checker::Checker,
    contracts::Shared,
    live::Live,
    memo::{Answer, Memo, Query},
    occurrences::Occurrence,
    overhear::{self, Heard},
    program::{DeclId, Program},
};

/// What would be found.
#[derive(Debug)]
pub struct Supposed {
    /// The part as it would be.
    pub tree: Arc<tree::File>,
    /// What could stand in the place of the mark, by name.
    pub heard: Vec<Heard>,
    /// What would be wrong with the part.
    pub diagnostics: Vec<Diagnostic>,
    /// The names in it, and what they would stand for.
    pub occurrences: Vec<Occurrence>,
    /// The contracts that it would declare.
    pub contracts: Vec<(DeclId, Shared)>,
}

/// A part of a module that may be supposed to be another.
pub struct Suppositions<'l> {
    live: &'l mut Live,
    files: &'l dyn Files,
    program: Program,
    module: usize,
    /// The place of the part among those of the module.
    part: usize,
    file: FileId,
}

impl<'l> Suppositions<'l> {
    /// Begins to suppose something of a part, known by its file.
    #[must_use]
    pub fn about(live: &'l mut Live, files: &'l dyn Files, module: usize, file: FileId) -> Option<Self> {
        let program = live.program().clone();
        let part = program.modules.get(module)?.trees.iter().position(|tree| tree.span.file == file)?;
        Some(Self { live, files, program, module, part, file })
    }

    /// What would be found, were the part this.
    pub fn check(&mut self, tree: tree::File) -> Supposed {
        let imports = tree.items.iter().any(|item| matches!(item.kind, ItemKind::Use(_)));
        let (program, module) = (&mut self.program, self.module);
        let mut trees = program.modules.get(module).map(|module| module.trees.clone()).unwrap_or_default();
        let tree = Arc::new(tree);
        if let Some(slot) = trees.get_mut(self.part) {
            *slot = Arc::clone(&tree);
        }
        program.renew(module, trees);
        let program = &*program;
        let in_part = |id: &DeclId| program.decl(*id).is_some_and(|decl| decl.item.0 == self.part);
        let ids: Vec<DeclId> = program.ids_in(module).filter(in_part).collect();
        let part = Query::Part(module, self.file);
        let hidden: HashSet<Query> = ids.iter().flat_map(|id| Query::about(*id)).chain([part]).collect();
        let (memo, names) = (&mut self.live.memo, Arc::clone(&self.live.names));
        // who stands in a circle is worked out from nothing, or for ever
        if let Some(circle) = names.circle_through(program, module, &ids) {
            let (heard, occurrences, contracts) = (Vec::new(), Vec::new(), Vec::new());
            return Supposed { tree, heard, diagnostics: vec![circle], occurrences, contracts };
        }
        let ((diagnostics, occurrences, contracts), heard) = overhear::listening(|| {
            let names = if imports {
                let mut names = (*names).clone();
                names.scopes = names.scopes.renewed(program, &[module]);
                Arc::new(names)
            } else {
                names
            };
            let over = Memo::over(std::mem::take(memo), hidden);
            // SQL is asked for its own sake, and takes longer than all else
            let mut checker = Checker::resumed(program, &NoSql, self.files, names, over, Users::default());
            let questions: Vec<Query> = ids.iter().flat_map(|id| checker.questions_about(*id)).chain([part]).collect();
            // proofs look no name up
            questions.into_iter().filter(|query| !query.is_proof()).for_each(|query| checker.settle(query));
            let diagnostics = checker.memo.diagnostics().cloned().collect();
            let occurrences = checker.memo.occurrences().cloned().collect();
            let contracts = ids.iter().filter_map(|id| match checker.memo.known(Query::Contract(*id)) {
                Some(Answer::Contract(contract)) => Some((*id, Arc::clone(contract))),
                _ => None,
            });
            let contracts = contracts.collect();
            *memo = checker.memo.into_under();
            (diagnostics, occurrences, contracts)
        });
        Supposed { tree, heard: by_name(heard), diagnostics, occurrences, contracts }
    }
}

/// Each name once: the one that needs no import before those that do.
fn by_name(mut heard: Vec<Heard>) -> Vec<Heard> {
    let owner = |heard: &Heard| heard.import.as_ref().map(|(owner, _)| owner.clone());
    heard.sort_by(|one, two| one.name.cmp(&two.name).then_with(|| owner(one).cmp(&owner(two))));
    heard.dedup_by(|next, kept| next.name == kept.name && (kept.import.is_none() || owner(next) == owner(kept)));
    heard
}
