//! The checker: what it knows, what it has found, and the memo of what it has worked out.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use mlp_diagnostics::{Diagnostic, Edit, catalog};
use mlp_ports::{Files, SqlChecker};
use mlp_source::Span;
use mlp_syntax::tree::{self, ItemKind};

use crate::{
    contracts::{Shared, info::ContractInfo},
    edges::Compared,
    moments::Moments,
    program::{DeclId, Kind, Program},
    scope::{Found, Scopes},
    types::NamedType,
};

/// Everything that checking a program needs.
pub struct Checker<'a> {
    /// What is checked.
    pub program: &'a Program,
    /// Which names each module sees.
    pub scopes: Scopes,
    /// The order of moments.
    pub moments: Moments,
    /// All tags that some field, type or setting declares.
    pub tags: BTreeSet<String>,
    /// The meaning of SQL.
    pub sql: &'a dyn SqlChecker,
    /// Files of the packages.
    pub files: &'a dyn Files,
    /// What was found.
    pub diagnostics: Vec<Diagnostic>,
    /// The edges that were compared.
    pub edges: Vec<Compared>,
    /// Declarations in a circle: they stand for nothing, and that was said.
    pub circular: HashSet<DeclId>,
    /// Contracts worked out so far.
    pub contracts: HashMap<DeclId, Shared>,
    /// Named types worked out so far.
    pub named: HashMap<DeclId, Arc<NamedType>>,
    /// Metrics worked out so far.
    pub metrics: HashMap<DeclId, Arc<crate::metrics::MetricsInfo>>,
    /// Signatures worked out so far.
    pub signatures: HashMap<DeclId, Arc<crate::stages::Signature>>,
    /// Policies worked out so far.
    pub policies: HashMap<DeclId, Arc<crate::policies::PolicyInfo>>,
    /// Models worked out so far.
    pub models: HashMap<DeclId, Arc<crate::models::ModelInfo>>,
    /// Deployments worked out so far; none where one could not be made out.
    pub deployments: HashMap<DeclId, Option<Arc<crate::serving::DeploymentInfo>>>,
    /// What a target or `--set` makes of constants of the package itself, as text.
    pub set: std::collections::BTreeMap<String, String>,
    /// Constants worked out so far.
    pub consts: HashMap<DeclId, Option<(mlp_plan::ValueType, mlp_plan::Literal)>>,
}

impl<'a> Checker<'a> {
    /// A checker that has bound all names.
    #[must_use]
    pub fn new(program: &'a Program, sql: &'a dyn SqlChecker, files: &'a dyn Files) -> Self {
        let mut diagnostics = Vec::new();
        let scopes = Scopes::new(program, &mut diagnostics);
        let moments = Moments::new(program, &mut diagnostics);
        let circular = crate::cycles::find(program, &scopes, &mut diagnostics);
        Self {
            program,
            scopes,
            moments,
            tags: declared_tags(program),
            sql,
            files,
            diagnostics,
            edges: Vec::new(),
            circular,
            contracts: HashMap::new(),
            named: HashMap::new(),
            metrics: HashMap::new(),
            signatures: HashMap::new(),
            policies: HashMap::new(),
            models: HashMap::new(),
            deployments: HashMap::new(),
            set: std::collections::BTreeMap::new(),
            consts: HashMap::new(),
        }
    }

    /// Adds a finding.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The declaration that a name stands for, where it is one of `kinds`; otherwise says so, once, and answers `None`. `wanted` is what is meant, in words.
    pub fn find(&mut self, module: usize, name: &str, span: Span, wanted: &str, kinds: &[Kind]) -> Option<DeclId> {
        match self.scopes.find(module, name) {
            Found::Decl(id) => {
                let decl = self.program.decl(id)?;
                if kinds.contains(&decl.kind) {
                    return (!self.circular.contains(&id)).then_some(id);
                }
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
        let elsewhere = self.program.decls.iter().find(|decl| decl.name == name && kinds.contains(&decl.kind));
        let owner = elsewhere
            .and_then(|decl| self.program.modules.get(decl.module))
            .map(|module| module.path.as_str())
            .or_else(|| crate::scope::std_module(name, kinds));
        if let Some(owner) = owner {
            return catalog::names::not_imported(span, name, owner, self.import(module, owner, name));
        }
        let near = self.scopes.nearest(self.program, module, name, kinds);
        catalog::names::undeclared(span, wanted, name, near.as_deref())
    }

    /// The edit that imports a name of another module: behind those that the file takes from there already, else before its first declaration.
    fn import(&self, module: usize, owner: &str, name: &str) -> Option<Edit> {
        let items = &self.program.modules.get(module)?.tree.items;
        let uses =
            || items.iter().filter_map(|item| if let ItemKind::Use(import) = &item.kind { Some(import) } else { None });
        let same =
            |import: &&tree::Use| import.module.segments.iter().map(|name| name.text.as_str()).eq(owner.split('.'));
        if let Some(last) = uses().find(same).and_then(|import| import.names.last()) {
            let end = last.alias.as_ref().unwrap_or(&last.name).span;
            return Some(Edit { span: Span::at(end.file, end.end), text: format!(", {name}") });
        }
        let first = items.first()?;
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
        if !self.tags.contains(&tag.text) {
            let near = crate::scope::nearest(&tag.text, self.tags.iter().map(String::as_str));
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

/// Tags that fields and types carry, and `@protected`, which the language itself knows.
fn declared_tags(program: &Program) -> BTreeSet<String> {
    let mut tags = BTreeSet::from(["protected".to_owned()]);
    for item in program.modules.iter().flat_map(|module| &module.tree.items) {
        match &item.kind {
            ItemKind::Contract(decl) => match &decl.body {
                tree::ContractBody::Block(block) => {
                    for entry in block.entries.iter().filter_map(tree::Entry::ok) {
                        if let tree::ContractEntry::Field(field) = entry {
                            tags_of_field(field, &mut tags);
                        }
                    }
                }
                tree::ContractBody::Expr(ty) => tags_of_type(ty, &mut tags),
            },
            ItemKind::Type(decl) => tags_of_modifiers(&decl.modifiers, &mut tags),
            _ => {}
        }
    }
    tags
}

fn tags_of_field(field: &tree::FieldDecl, tags: &mut BTreeSet<String>) {
    tags_of_modifiers(&field.modifiers, tags);
    tags_of_type(&field.ty, tags);
}

fn tags_of_modifiers(modifiers: &[tree::Modifier], tags: &mut BTreeSet<String>) {
    for modifier in modifiers {
        if let tree::ModifierKind::Tag(tag) = &modifier.kind {
            tags.insert(tag.text.clone());
        }
    }
}

fn tags_of_type(ty: &tree::TypeExpr, tags: &mut BTreeSet<String>) {
    match &ty.kind {
        tree::TypeKind::Algebra { base, ops } => {
            tags_of_type(base, tags);
            for op in ops {
                if let tree::AlgebraKind::With(block) = &op.kind {
                    block.entries.iter().filter_map(tree::Entry::ok).for_each(|field| tags_of_field(field, tags));
                }
            }
        }
        tree::TypeKind::Nullable(inner) => tags_of_type(inner, tags),
        _ => {}
    }
}
