//! The checker: what it knows, what it has found, and the memo of what it has worked out.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use mlp_diagnostics::{Diagnostic, Edit, catalog};
use mlp_ports::{Files, SqlChecker};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::{self, ItemKind};

use crate::{
    check::Users,
    contracts::{Shared, info::ContractInfo},
    memo::{Findings, Memo, Read},
    moments::Moments,
    names::Names,
    occurrences::Symbol,
    overhear::{self, Heard, MARK},
    program::{DeclId, Kind, Program},
    scope::{Found, STD},
};

/// Everything that checking a program needs.
pub struct Checker<'a> {
    /// What is checked.
    pub program: &'a Program,
    /// What names stand for.
    pub(crate) names: Arc<Names>,
    /// The meaning of SQL.
    pub sql: &'a dyn SqlChecker,
    /// Files of the packages.
    files: &'a dyn Files,
    /// What a target or `--set` makes of constants of the package itself, as text.
    pub set: BTreeMap<String, String>,
    /// What was worked out so far.
    pub(crate) memo: Memo,
    /// What was found about what is being worked out.
    pub(crate) now: Findings,
    /// What it was worked out from.
    pub(crate) reads: RefCell<Vec<Read>>,
    /// What pipelines and monitors have to do with.
    pub(crate) users: Users,
    /// Whether contracts stand for their columns alone.
    pub(crate) columns_only: bool,
}

impl<'a> Checker<'a> {
    /// A checker that has bound all names.
    #[must_use]
    pub fn new(program: &'a Program, sql: &'a dyn SqlChecker, files: &'a dyn Files) -> Self {
        Self::resumed(program, sql, files, Arc::new(Names::new(program)), Memo::default(), Users::default())
    }

    /// A checker that goes on from what was worked out before.
    pub(crate) fn resumed(
        program: &'a Program,
        sql: &'a dyn SqlChecker,
        files: &'a dyn Files,
        names: Arc<Names>,
        memo: Memo,
        users: Users,
    ) -> Self {
        Self {
            program,
            names,
            sql,
            files,
            set: BTreeMap::new(),
            memo,
            now: Findings::default(),
            reads: RefCell::default(),
            users,
            columns_only: false,
        }
    }

    /// What a name stands for in a module.
    pub fn lookup(&self, module: usize, name: &str) -> Found {
        self.note(|| Read::Name(module, name.to_owned()));
        self.names.scopes.find(module, name)
    }

    /// The name of one of `kinds` that a module sees and that is most like `name`.
    pub(crate) fn nearest(&self, module: usize, name: &str, kinds: &[Kind]) -> Option<String> {
        self.note(|| Read::Scope(module));
        self.names.scopes.nearest(self.program, module, name, kinds)
    }

    /// Whether a declaration stands in a circle, so that it stands for nothing.
    pub(crate) fn is_circular(&self, id: DeclId) -> bool {
        self.note(|| Read::Circle(id));
        self.names.circular().contains(&id)
    }

    /// The order of moments.
    pub(crate) fn moments(&self) -> &Moments {
        self.note(|| Read::Moments);
        &self.names.moments
    }

    /// Whether a moment of that name is declared; reports where not.
    pub(crate) fn check_moment(&mut self, moment: &tree::Name) -> bool {
        self.occurs(moment.span, || Symbol::Moment(moment.text.clone()));
        let unknown = self.moments().unknown(&moment.text, moment.span);
        let known = unknown.is_none();
        self.now.diagnostics.extend(unknown);
        known
    }

    /// The tree of a declaration.
    pub(crate) fn item(&self, id: DeclId) -> Option<&'a tree::Item> {
        let decl = self.program.decl(id)?;
        self.note(|| Read::Tree(decl.span.file));
        self.program.item(id)
    }

    /// The text of a file of a module's package.
    pub(crate) fn file(&self, module: usize, path: &str) -> Result<Arc<str>, String> {
        let package = self.package_of(module);
        self.note(|| Read::File(package.to_owned(), path.to_owned()));
        self.files.read(package, path)
    }

    /// What stands for a file of a module's package in the places of findings.
    pub(crate) fn file_id(&self, module: usize, path: &str) -> Option<FileId> {
        self.files.id(self.package_of(module), path)
    }

    /// Adds a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.now.diagnostics.push(diagnostic);
    }

    /// The declaration that a name stands for, where it is one of `kinds`; otherwise says so, once, and answers `None`. `wanted` is what is meant, in words.
    pub fn find(&mut self, module: usize, name: &str, span: Span, wanted: &str, kinds: &[Kind]) -> Option<DeclId> {
        match self.lookup(module, name) {
            Found::Decl(id) => {
                self.occurs(span, || Symbol::Decl(id));
                let decl = self.program.decl(id)?;
                if kinds.contains(&decl.kind) {
                    return (!self.names.circular().contains(&id)).then_some(id);
                }
                self.note(|| Read::Tree(decl.span.file));
                let found = catalog::names::wrong_kind(span, name, decl.kind.word(), wanted, decl.span);
                self.report(found);
                None
            }
            Found::Poisoned => None,
            Found::Nothing => {
                let found = self.nothing(module, name, span, wanted, kinds);
                self.report(found);
                None
            }
        }
    }

    fn nothing(&self, module: usize, name: &str, span: Span, wanted: &str, kinds: &[Kind]) -> Diagnostic {
        self.note(|| Read::Decls);
        if name == MARK {
            self.hear_other_modules(module, kinds);
        }
        let elsewhere = self.program.decls().find(|decl| decl.name == name && kinds.contains(&decl.kind));
        let owner = elsewhere
            .and_then(|decl| self.program.modules.get(decl.module))
            .map(|module| module.path.as_str())
            .or_else(|| crate::scope::std_module(name, kinds));
        if let Some(owner) = owner {
            return catalog::names::not_imported(span, name, owner, self.import(module, owner, name));
        }
        let near = self.nearest(module, name, kinds);
        catalog::names::undeclared(span, wanted, name, near.as_deref())
    }

    /// Lets who listens hear what a module could import.
    fn hear_other_modules(&self, module: usize, kinds: &[Kind]) {
        let loaded = self.program.decls().filter(|decl| decl.module != module && kinds.contains(&decl.kind));
        let loaded =
            loaded.filter_map(|decl| Some((self.program.modules.get(decl.module)?.path.as_str(), &*decl.name)));
        let std = STD.iter().filter(|(_, kind, _)| kinds.contains(kind));
        let std = std.flat_map(|(owner, _, names)| names.iter().map(move |name| (*owner, *name)));
        let mut all: Vec<(&str, &str)> = loaded.chain(std).collect();
        all.sort_unstable();
        all.dedup();
        // the import of one name of a module is that of any other
        let mut imports: BTreeMap<&str, Option<Edit>> = BTreeMap::new();
        overhear::hear(all.into_iter().filter_map(|(owner, name)| {
            let import = imports.entry(owner).or_insert_with(|| self.import(module, owner, MARK)).as_ref()?;
            let import = Edit { span: import.span, text: import.text.replace(MARK, name) };
            let is_free = self.names.scopes.find(module, name) == Found::Nothing;
            is_free.then(|| Heard { name: name.to_owned(), import: Some((owner.to_owned(), import)) })
        }));
    }

    /// The edit that imports a name of another module: behind those that the file takes from there already, else before its first declaration.
    fn import(&self, module: usize, owner: &str, name: &str) -> Option<Edit> {
        self.note(|| Read::Module(module));
        let node = self.program.modules.get(module)?;
        let uses =
            || node.items().filter_map(|item| if let ItemKind::Use(import) = &item.kind { Some(import) } else { None });
        let same =
            |import: &&tree::Use| import.module.segments.iter().map(|name| name.text.as_str()).eq(owner.split('.'));
        if let Some(last) = uses().find(same).and_then(|import| import.names.last()) {
            let end = last.alias.as_ref().unwrap_or(&last.name).span;
            return Some(Edit { span: Span::at(end.file, end.end), text: format!(", {name}") });
        }
        let first = node.items().next()?;
        let start = first.lead.comments.first().map_or(first.span, |comment| comment.span);
        let gap = if matches!(first.kind, ItemKind::Use(_)) { "\n" } else { "\n\n" };
        Some(Edit { span: Span::at(start.file, start.start), text: format!("use {owner}.{{{name}}}{gap}") })
    }

    /// The module in which a declaration stands.
    #[must_use]
    pub fn module_of(&self, id: DeclId) -> usize {
        self.program.decl(id).map_or(0, |decl| decl.module)
    }

    /// The package of a module.
    #[must_use]
    pub fn package_of(&self, module: usize) -> &'a str {
        self.program.modules.get(module).map_or("", |module| &module.package)
    }

    /// Whether the module is one of the standard library's.
    #[must_use]
    pub fn is_std(&self, module: usize) -> bool {
        self.package_of(module) == "std"
    }

    /// Says where a tag is one that nothing declares.
    pub fn check_tag(&mut self, tag: &tree::Name) {
        self.occurs(tag.span, || Symbol::Tag(tag.text.clone()));
        self.note(|| Read::Tag(tag.text.clone()));
        if !self.names.tags.contains(&tag.text) {
            self.note(|| Read::Tags);
            let near = crate::scope::nearest(&tag.text, self.names.tags.iter().map(String::as_str));
            let near = near.map(|near| format!("@{near}"));
            let found = catalog::names::unknown(tag.span, "tag", &format!("@{}", tag.text), near.as_deref());
            self.report(if near.is_none() {
                found.help("a tag is known once a field or a type carries it, as in `email: string @pii`")
            } else {
                found
            });
        }
    }

    /// What stands for a contract that is not to be had.
    #[must_use]
    pub fn no_contract(&self, name: &str, span: Span) -> Shared {
        ContractInfo::broken(name, span)
    }
}
