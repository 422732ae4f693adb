//! Which names each module sees: its own and those that it imports.

use std::{collections::HashMap, sync::Arc};

use mlp_diagnostics::{Diagnostic, catalog::names};
use mlp_source::Span;
use mlp_syntax::tree::{Broken, ItemKind, Use};
use petgraph::{algo::tarjan_scc, graph::DiGraph};

use crate::{
    overhear::{self, MARK},
    program::{Decl, DeclId, Kind, Program},
};

/// The names of each module.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    modules: Vec<Arc<Scope>>,
}

/// The names that one module sees.
#[derive(Clone, Debug, Default)]
struct Scope {
    names: HashMap<String, Binding>,
    /// The modules that it imports from.
    imports: Vec<usize>,
    found: Vec<Diagnostic>,
}

/// What a name is bound to; `None` where its import failed, which was reported.
#[derive(Clone, Copy, Debug)]
struct Binding {
    decl: Option<DeclId>,
    /// Whether it is the module's own declaration, which others may import.
    is_own: bool,
    /// The part of the module that binds it.
    part: usize,
    span: Span,
}

/// The answer to a look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is this declaration.
    Decl(DeclId),
    /// It was meant to be there, and why it is not was reported.
    Poisoned,
    /// Nothing has that name.
    Nothing,
}

impl Scopes {
    /// Binds names and imports of all modules.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        let modules: Vec<usize> = (0..program.modules.len()).collect();
        let none = Self { modules: vec![Arc::default(); modules.len()] };
        none.renewed(program, &modules)
    }

    /// Binds the names of some modules anew, and those of modules that import from them, where they declare others.
    #[must_use]
    pub fn renewed(&self, program: &Program, edited: &[usize]) -> Self {
        let mut next = self.clone();
        let mut open = edited.to_vec();
        for module in edited {
            let declared = Scope::declared(program, *module);
            let before = self.modules.get(*module);
            if !before.is_some_and(|before| before.declares_as(&declared)) {
                let importers = self.modules.iter().enumerate().filter(|(_, scope)| scope.imports.contains(module));
                open.extend(importers.map(|(importer, _)| importer));
            }
            next.put(*module, declared);
        }
        open.sort_unstable();
        open.dedup();
        for module in open {
            let mut scope = match edited.contains(&module) {
                true => next.modules.get(module).map(|scope| (**scope).clone()).unwrap_or_default(),
                false => Scope::declared(program, module),
            };
            let trees = program.modules.get(module).into_iter().flat_map(|module| module.trees.iter().enumerate());
            for (part, item) in trees.flat_map(|(part, tree)| tree.items.iter().map(move |item| (part, item))) {
                match &item.kind {
                    ItemKind::Use(import) => next.import(program, (module, part), import, &mut scope),
                    ItemKind::Broken(broken) => scope.broken(part, broken),
                    _ => {}
                }
            }
            next.put(module, scope);
        }
        next
    }

    fn put(&mut self, module: usize, scope: Scope) {
        if let Some(slot) = self.modules.get_mut(module) {
            *slot = Arc::new(scope);
        }
    }

    /// What was found.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Diagnostic> {
        self.modules.iter().flat_map(|scope| &scope.found)
    }

    fn import(&self, program: &Program, (index, part): (usize, usize), import: &Use, scope: &mut Scope) {
        let path = path_of(import);
        let target = resolve_module(program, index, &path);
        scope.imports.extend(target);
        if target.is_none() {
            let known =
                || program.modules.iter().map(|module| module.path.as_str()).chain(STD.map(|(module, ..)| module));
            let is_within = |module: &&str| module.strip_prefix(&path).is_some_and(|rest| rest.starts_with('.'));
            let mut within: Vec<&str> = known().filter(is_within).collect();
            within.sort_unstable();
            within.dedup();
            let near = nearest(&path, known());
            scope.found.push(names::unknown_module(import.module.span, &path, near.as_deref(), &within));
        }
        for name in &import.names {
            let decl = target.and_then(|target| {
                let own = if target == index { scope.own(&name.name.text) } else { self.own(target, &name.name.text) };
                if own.is_none() {
                    let near = nearest(
                        &name.name.text,
                        program.ids_in(target).filter_map(|id| program.decl(id)).map(|decl| decl.name.as_str()),
                    );
                    scope.found.push(names::unknown_import(name.name.span, &path, &name.name.text, near.as_deref()));
                }
                own
            });
            let local = name.alias.as_ref().unwrap_or(&name.name);
            if let Some(first) = scope.names.get(&local.text) {
                let same = first.decl == decl && decl.is_some();
                let (first, second) = if (first.part, first.span.start) <= (part, local.span.start) {
                    (first.span, local.span)
                } else {
                    (local.span, first.span)
                };
                if !same && target.is_some() {
                    scope.found.push(names::declared_twice(second, "name", &local.text, first));
                }
            } else {
                scope.names.insert(local.text.clone(), Binding { decl, is_own: false, part, span: local.span });
            }
        }
    }

    /// What a module itself declares under `name`.
    fn own(&self, module: usize, name: &str) -> Option<DeclId> {
        self.modules.get(module)?.own(name)
    }

    /// Names that stand for something else than before, with their module; and the modules that see others.
    pub(crate) fn changes<'s>(&'s self, before: &'s Self) -> Vec<(usize, Vec<&'s str>)> {
        let pairs = self.modules.iter().zip(&before.modules).enumerate();
        let changed = pairs.filter(|(_, (one, two))| !Arc::ptr_eq(one, two)).map(|(module, (one, two))| {
            let all = one.names.keys().chain(two.names.keys());
            let other = |name: &&String| self.find(module, name) != before.find(module, name);
            (module, all.filter(other).map(String::as_str).collect::<Vec<_>>())
        });
        changed.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// The names that stand for a declaration, with their module.
    pub(crate) fn names_of(&self, id: DeclId) -> impl Iterator<Item = (usize, &str)> {
        let modules = self.modules.iter().enumerate();
        modules.flat_map(move |(module, scope)| {
            let bound = scope.names.iter().filter(move |(_, binding)| binding.decl == Some(id));
            bound.map(move |(name, _)| (module, name.as_str()))
        })
    }

    /// What `name` stands for in a module.
    #[must_use]
    pub fn find(&self, module: usize, name: &str) -> Found {
        match self.modules.get(module).and_then(|scope| scope.names.get(name)) {
            Some(Binding { decl: Some(id), .. }) => Found::Decl(*id),
            Some(Binding { decl: None, .. }) => Found::Poisoned,
            None => Found::Nothing,
        }
    }

    /// The visible name of one of `kinds` that is most like `name`.
    #[must_use]
    pub fn nearest(&self, program: &Program, module: usize, name: &str, kinds: &[Kind]) -> Option<String> {
        let scope = self.modules.get(module)?;
        let mut candidates: Vec<&str> = scope
            .names
            .iter()
            .filter(|(_, binding)| {
                binding.decl.and_then(|id| program.decl(id)).is_some_and(|decl| kinds.contains(&decl.kind))
            })
            .map(|(name, _)| name.as_str())
            .collect();
        candidates.sort_unstable();
        nearest(name, candidates)
    }
}

impl Scope {
    /// What a module declares itself.
    fn declared(program: &Program, module: usize) -> Self {
        let mut scope = Self::default();
        for (id, decl) in program.ids_in(module).filter_map(|id| Some((id, program.decl(id)?))) {
            style(decl, &mut scope.found);
            if let Some(first) = scope.names.get(&decl.name) {
                scope.found.push(names::declared_twice(decl.span, decl.kind.word(), &decl.name, first.span));
            } else {
                let binding = Binding { decl: Some(id), is_own: true, part: decl.item.0, span: decl.span };
                scope.names.insert(decl.name.clone(), binding);
            }
        }
        scope
    }

    fn own(&self, name: &str) -> Option<DeclId> {
        self.names.get(name).filter(|binding| binding.is_own)?.decl
    }

    /// Whether it declares the same under the same names.
    fn declares_as(&self, declared: &Self) -> bool {
        let own = self.names.values().filter(|binding| binding.is_own).count();
        own == declared.names.len() && declared.names.keys().all(|name| self.own(name) == declared.own(name))
    }

    /// A name that broken text seems to declare was meant to be there: nobody is told that it is unknown.
    fn broken(&mut self, part: usize, broken: &Broken) {
        for name in broken.declares() {
            let binding = Binding { decl: None, is_own: false, part, span: broken.span };
            self.names.entry(name.to_owned()).or_insert(binding);
        }
    }
}

fn path_of(import: &Use) -> String {
    import.module.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

/// What the standard library has, for suggestions where it is not loaded: module, kind, names. A test of `workspace` holds it to the library's texts.
pub const STD: [(&str, Kind, &[&str]); 7] = [
    ("std.split", Kind::Stage, &["by_time", "at_random", "by_key"]),
    ("std.evaluate", Kind::Stage, &["binary", "regression", "multiclass"]),
    ("std.evaluate", Kind::Metrics, &["Binary", "Regression", "Multiclass"]),
    ("std.tables", Kind::Stage, &["concat", "sample", "deduplicate", "join_truth"]),
    ("std.serving", Kind::Metrics, &["Serving"]),
    ("std.serving", Kind::Contract, &["Answer"]),
    ("std.serving", Kind::Stage, &["ask", "measure", "load_test"]),
];

/// The module of the standard library that declares a name of one of `kinds`.
#[must_use]
pub fn std_module(name: &str, kinds: &[Kind]) -> Option<&'static str> {
    STD.iter().find(|(_, kind, names)| kinds.contains(kind) && names.contains(&name)).map(|(module, ..)| *module)
}

/// The module that `path` names when written in module `from`: `std`, a module of the same package, or one of a dependency.
fn resolve_module(program: &Program, from: usize, path: &str) -> Option<usize> {
    let package = program.modules.get(from).map(|module| module.package.as_str()).unwrap_or_default();
    let own = |index: &&usize| program.modules.get(**index).is_some_and(|module| module.package == package);
    let inside = format!("{package}.{path}");
    program
        .by_path
        .get(path)
        .filter(own)
        .or_else(|| program.by_path.get(&inside).filter(own))
        .or_else(|| program.by_path.get(path))
        .copied()
}

/// The module that an import names.
pub(crate) fn module_named(program: &Program, from: usize, import: &Use) -> Option<usize> {
    resolve_module(program, from, &path_of(import))
}

/// Reports each circle of imports once, at the first `use` of it in the first of its modules.
pub(crate) fn import_cycles(program: &Program) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut graph = DiGraph::<usize, Span>::new();
    let nodes: Vec<_> = (0..program.modules.len()).map(|index| graph.add_node(index)).collect();
    for (index, module) in program.modules.iter().enumerate() {
        for item in module.items() {
            let ItemKind::Use(import) = &item.kind else { continue };
            if let Some(target) = resolve_module(program, index, &path_of(import))
                && let (Some(from), Some(to)) = (nodes.get(index), nodes.get(target))
            {
                graph.add_edge(*from, *to, import.module.span);
            }
        }
    }
    for mut component in tarjan_scc(&graph) {
        component.sort_unstable();
        let Some(&first) = component.first() else { continue };
        let inner = graph.edges(first).find(|edge| component.contains(&petgraph::visit::EdgeRef::target(edge)));
        if let Some(edge) = inner {
            let names = component
                .iter()
                .filter_map(|node| graph.node_weight(*node))
                .filter_map(|index| program.modules.get(*index));
            let mut names: Vec<String> = names.map(|module| format!("`{}`", module.path)).collect();
            names.extend(names.first().cloned());
            diagnostics.push(mlp_diagnostics::catalog::stages::cycle(*edge.weight(), "modules", &names, &[]));
        }
    }
    diagnostics
}

/// The candidate that is most like `name`, where one is like it at all; none where several are equally like it, since an edit is made of the answer.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if name.ends_with(MARK) {
        overhear::offer(name, candidates);
        return None;
    }
    let lower = name.to_lowercase();
    let limit = (name.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        // one letter is near to any other
        .filter(|(distance, _)| *distance <= limit && *distance < name.chars().count())
        .collect();
    near.sort_unstable();
    near.dedup();
    match near.as_slice() {
        [(first, _), (second, _), ..] if first == second => None,
        [(_, nearest), ..] => Some((*nearest).to_owned()),
        [] => None,
    }
}

fn style(decl: &Decl, diagnostics: &mut Vec<Diagnostic>) {
    if decl.kind.is_camel() {
        check_camel(decl.span, decl.kind.word(), &decl.name, diagnostics);
    } else {
        check_snake(decl.span, decl.kind.word(), &decl.name, diagnostics);
    }
}

/// Warns where a name is not `snake_case`.
pub fn check_snake(span: Span, kind: &str, name: &str, diagnostics: &mut Vec<Diagnostic>) {
    if name.chars().any(|letter| letter.is_ascii_uppercase()) {
        diagnostics.push(names::style(span, kind, name, "snake_case", &snake(name)));
    }
}

/// Warns where a name is not `UpperCamelCase`.
pub fn check_camel(span: Span, kind: &str, name: &str, diagnostics: &mut Vec<Diagnostic>) {
    if name.contains('_') || !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        diagnostics.push(names::style(span, kind, name, "UpperCamelCase", &camel(name)));
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    let mut previous_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && previous_lower {
            text.push('_');
        }
        previous_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn camel(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}
