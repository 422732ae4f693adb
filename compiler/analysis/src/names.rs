//! What names stand for, in all modules: worked out from what is declared, not from what it says.

use std::{
    collections::{BTreeSet, HashMap, HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
};

use mlp_diagnostics::{Diagnostic, catalog::names as words};
use mlp_source::Span;
use mlp_syntax::tree::{self, ItemKind};

use crate::{
    cycles::{self, Cycles},
    memo::Read,
    moments::Moments,
    program::{Decl, DeclId, Kind, Module, Program, declared},
    scope::{Scopes, import_cycles},
};

/// What names stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Which names each module sees.
    pub scopes: Scopes,
    /// The order of moments.
    pub moments: Arc<Moments>,
    /// All tags that some field, type or setting declares.
    pub tags: Arc<BTreeSet<String>>,
    /// Circles among declarations.
    cycles: Cycles,
    /// For each package its environment `default`.
    pub environments: Arc<HashMap<String, DeclId>>,
    /// All declarations, in order.
    decls: Arc<Vec<DeclId>>,
    /// What was found on the way: circles of modules, moments, names that two modules have.
    found: [Arc<Vec<Diagnostic>>; 3],
}

impl Names {
    /// Binds all names.
    pub(crate) fn new(program: &Program) -> Self {
        let modules: Vec<usize> = (0..program.modules.len()).collect();
        let names = Self { scopes: Scopes::new(program), ..Self::default() };
        names.completed(program, &Outline::everything(), &modules)
    }

    /// Binds names anew after edits of some modules, where these say something else about them.
    pub(crate) fn renewed(&self, program: &Program, edited: &[usize], others: &Outline) -> Self {
        if others.is_empty() {
            return self.clone();
        }
        let scopes = self.scopes.renewed(program, edited);
        let moved = scopes.changes(&self.scopes).into_iter().map(|(module, _)| module);
        let changed: Vec<usize> = edited.iter().copied().chain(moved).collect();
        Self { scopes, ..self.clone() }.completed(program, others, &changed)
    }

    fn completed(mut self, program: &Program, others: &Outline, changed: &[usize]) -> Self {
        let [modules, moments, doubles] = &mut self.found;
        if others.uses != 0 {
            *modules = Arc::new(import_cycles(program));
        }
        if others.moments != 0 {
            let mut found = Vec::new();
            self.moments = Arc::new(Moments::new(program, &mut found));
            *moments = Arc::new(found);
        }
        self.cycles = self.cycles.renewed(program, &self.scopes, changed);
        if others.decls != 0 {
            let mut found = Vec::new();
            doubled(program, &mut found);
            *doubles = Arc::new(found);
            self.environments = Arc::new(environments(program));
            self.decls = Arc::new(program.ids().collect());
        }
        if others.tags != 0 {
            self.tags = Arc::new(declared_tags(program));
        }
        self
    }

    /// What was found on the way.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Diagnostic> {
        self.scopes.found().chain(self.found.iter().chain([&self.cycles.found]).flat_map(|found| found.iter()))
    }

    /// Declarations in a circle: they stand for nothing, and that was said.
    pub(crate) fn circular(&self) -> &HashSet<DeclId> {
        &self.cycles.circular
    }

    /// What is to be said where some declarations of a module are now worked out from each other, while all others are as they were.
    pub(crate) fn circle_through(&self, program: &Program, module: usize, ids: &[DeclId]) -> Option<Diagnostic> {
        let id = self.cycles.closed_by(program, &self.scopes, module, ids)?;
        cycles::told(program, &[id])
    }

    /// What stands for something else than before.
    pub(crate) fn changes(&self, before: &Self) -> Vec<Read> {
        let mut changed = Vec::new();
        for (module, names) in self.scopes.changes(&before.scopes) {
            changed.push(Read::Scope(module));
            changed.extend(names.into_iter().map(|name| Read::Name(module, name.to_owned())));
        }
        for id in self.circular().symmetric_difference(before.circular()) {
            changed.push(Read::Circle(*id));
            let bound = self.scopes.names_of(*id).map(|(module, name)| Read::Name(module, name.to_owned()));
            changed.extend(bound);
        }
        let tags = self.tags.symmetric_difference(&before.tags).map(|tag| Read::Tag(tag.clone()));
        changed.extend(tags);
        let wholes = [
            (Read::Tags, self.tags != before.tags),
            (Read::Decls, self.decls != before.decls),
            (Read::Moments, self.moments != before.moments),
            (Read::Environments, self.environments != before.environments),
        ];
        changed.extend(wholes.into_iter().filter(|(_, is_other)| *is_other).map(|(read, _)| read));
        changed
    }
}

/// What a part of a program says about names, as digests: where one is another, that is worked out anew. Nothing has the digest 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// What it declares, and where.
    decls: u64,
    /// What it imports, and what in it cannot be read.
    uses: u64,
    /// Its moments.
    moments: u64,
    /// Names that its declarations are worked out from.
    needs: u64,
    /// Tags that its declarations carry.
    tags: u64,
}

impl Outline {
    const fn everything() -> Self {
        Self { decls: 1, uses: 1, moments: 1, needs: 1, tags: 1 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What some declarations say about names.
    pub(crate) fn of(items: &[tree::Item]) -> Self {
        let mut outline = Self::default();
        for item in items {
            match &item.kind {
                ItemKind::Use(import) => outline.uses = digest(outline.uses, import),
                ItemKind::Broken(broken) => outline.uses = digest(outline.uses, (broken.span, broken.declares())),
                ItemKind::Moments(moments) => outline.moments = digest(outline.moments, (item.span, moments)),
                kind => {
                    let mut tags = BTreeSet::new();
                    tags_of_item(kind, &mut tags);
                    let needs = cycles::names_in(kind);
                    outline.decls = declared(kind).map_or(outline.decls, |decl| digest(outline.decls, decl));
                    outline.needs = if needs.is_empty() { outline.needs } else { digest(outline.needs, needs) };
                    outline.tags = if tags.is_empty() { outline.tags } else { digest(outline.tags, tags) };
                }
            }
        }
        outline
    }

    /// What is another in some parts.
    pub(crate) fn difference(before: &[Self], after: &[Self]) -> Self {
        let of = |outlines: &[Self], one: fn(&Self) -> u64| -> Vec<u64> {
            outlines.iter().map(one).filter(|digest| *digest != 0).collect()
        };
        let is_other = |one: fn(&Self) -> u64| u64::from(of(before, one) != of(after, one));
        Self {
            decls: is_other(|outline| outline.decls),
            uses: is_other(|outline| outline.uses),
            moments: is_other(|outline| outline.moments),
            needs: is_other(|outline| outline.needs),
            tags: is_other(|outline| outline.tags),
        }
    }

    /// What is another here or there.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self {
            decls: self.decls | other.decls,
            uses: self.uses | other.uses,
            moments: self.moments | other.moments,
            needs: self.needs | other.needs,
            tags: self.tags | other.tags,
        }
    }
}

fn digest(before: u64, what: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (before, what).hash(&mut hasher);
    hasher.finish().max(1)
}

/// Runs, registries, gates and other tools know these by their bare name: two modules must not have one of them each. What a package runs (and where),
/// serves and watches is its own matter; models and policies are used across packages.
fn doubled(program: &Program, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(Kind, &str, &str), (usize, Span)> = HashMap::new();
    let module = |decl: &Decl| program.modules.get(decl.module).map(|module| module.path.as_str());
    let mut decls: Vec<&Decl> = program.decls().collect();
    // an editor may have opened them in another order
    decls.sort_by_key(|decl| module(decl));
    for decl in decls {
        let known_outside = matches!(
            decl.kind,
            Kind::Pipeline | Kind::Model | Kind::Policy | Kind::Deployment | Kind::Monitor | Kind::Env
        );
        if !known_outside {
            continue;
        }
        let is_shared = matches!(decl.kind, Kind::Model | Kind::Policy);
        let package = program.modules.get(decl.module).filter(|_| !is_shared).map_or("", |module| &module.package);
        match seen.get(&(decl.kind, package, decl.name.as_str())) {
            // in one module that was said where names are bound
            Some((module, first)) if *module != decl.module => {
                found.push(words::declared_twice(decl.span, decl.kind.word(), &decl.name, *first));
            }
            Some(_) => {}
            None => {
                seen.insert((decl.kind, package, &decl.name), (decl.module, decl.span));
            }
        }
    }
}

fn environments(program: &Program) -> HashMap<String, DeclId> {
    let mut found = HashMap::new();
    for id in program.of_kind(Kind::Env) {
        let Some(decl) = program.decl(id).filter(|decl| decl.name == "default") else { continue };
        let Some(module) = program.modules.get(decl.module) else { continue };
        found.entry(module.package.clone()).or_insert(id);
    }
    found
}

/// Tags that fields and types carry, and `@protected`, which the language itself knows.
fn declared_tags(program: &Program) -> BTreeSet<String> {
    let mut tags = BTreeSet::from(["protected".to_owned()]);
    program.modules.iter().flat_map(Module::items).for_each(|item| tags_of_item(&item.kind, &mut tags));
    tags
}

fn tags_of_item(kind: &ItemKind, tags: &mut BTreeSet<String>) {
    match kind {
        ItemKind::Contract(decl) => match &decl.body {
            tree::ContractBody::Block(block) => {
                for entry in block.entries.iter().filter_map(tree::Entry::ok) {
                    if let tree::ContractEntry::Field(field) = entry {
                        tags_of_field(field, tags);
                    }
                }
            }
            tree::ContractBody::Expr(ty) => tags_of_type(ty, tags),
        },
        ItemKind::Type(decl) => tags_of_modifiers(&decl.modifiers, tags),
        _ => {}
    }
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
