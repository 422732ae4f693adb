//! Which names each module sees: its own and those that it imports.

use std::collections::HashMap;

use mlp_diagnostics::{Diagnostic, catalog::names};
use mlp_source::Span;
use mlp_syntax::tree::{Broken, ItemKind, Use};
use petgraph::{algo::tarjan_scc, graph::DiGraph};

use crate::program::{Decl, DeclId, Kind, Program};

/// The names of each module.
#[derive(Debug, Default)]
pub struct Scopes {
    modules: Vec<Scope>,
}

/// The names that one module sees.
#[derive(Debug, Default)]
struct Scope {
    names: HashMap<String, Binding>,
}

/// What a name is bound to; `None` where its import failed, which was reported.
#[derive(Clone, Copy, Debug)]
struct Binding {
    decl: Option<DeclId>,
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
    pub fn new(program: &Program, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut scopes = Self { modules: Vec::new() };
        scopes.modules.resize_with(program.modules.len(), Scope::default);
        for id in program.ids() {
            scopes.declare(program, id, diagnostics);
        }
        for (index, module) in program.modules.iter().enumerate() {
            for item in &module.tree.items {
                match &item.kind {
                    ItemKind::Use(import) => scopes.import(program, index, import, diagnostics),
                    ItemKind::Broken(broken) => scopes.broken(index, broken),
                    _ => {}
                }
            }
        }
        import_cycles(program, diagnostics);
        scopes
    }

    fn declare(&mut self, program: &Program, id: DeclId, diagnostics: &mut Vec<Diagnostic>) {
        let Some(decl) = program.decl(id) else { return };
        style(decl, diagnostics);
        let Some(scope) = self.modules.get_mut(decl.module) else { return };
        if let Some(first) = scope.names.get(&decl.name) {
            diagnostics.push(names::declared_twice(decl.span, decl.kind.word(), &decl.name, first.span));
        } else {
            scope.names.insert(decl.name.clone(), Binding { decl: Some(id), span: decl.span });
        }
    }

    /// A name that broken text seems to declare was meant to be there: nobody is told that it is unknown.
    fn broken(&mut self, index: usize, broken: &Broken) {
        if let Some(scope) = self.modules.get_mut(index) {
            for name in broken.declares() {
                scope.names.entry(name.to_owned()).or_insert(Binding { decl: None, span: broken.span });
            }
        }
    }

    fn import(&mut self, program: &Program, index: usize, import: &Use, diagnostics: &mut Vec<Diagnostic>) {
        let path = import.module.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
        let target = resolve_module(program, index, &path);
        if target.is_none() {
            let near = nearest(
                &path,
                program.modules.iter().map(|module| module.path.as_str()).chain(STD.map(|(module, ..)| module)),
            );
            diagnostics.push(names::unknown_module(import.module.span, &path, near.as_deref()));
        }
        for name in &import.names {
            let decl = target.and_then(|target| {
                let found = self.own(program, target, &name.name.text);
                if found.is_none() {
                    let near = nearest(
                        &name.name.text,
                        program.decls.iter().filter(|decl| decl.module == target).map(|decl| decl.name.as_str()),
                    );
                    diagnostics.push(names::unknown_import(name.name.span, &path, &name.name.text, near.as_deref()));
                }
                found
            });
            let local = name.alias.as_ref().unwrap_or(&name.name);
            let Some(scope) = self.modules.get_mut(index) else { continue };
            if let Some(first) = scope.names.get(&local.text) {
                let same = first.decl == decl && decl.is_some();
                let (first, second) = if first.span.start <= local.span.start {
                    (first.span, local.span)
                } else {
                    (local.span, first.span)
                };
                if !same && target.is_some() {
                    diagnostics.push(names::declared_twice(second, "name", &local.text, first));
                }
            } else {
                scope.names.insert(local.text.clone(), Binding { decl, span: local.span });
            }
        }
    }

    /// What a module itself declares under `name`.
    fn own(&self, program: &Program, module: usize, name: &str) -> Option<DeclId> {
        let id = self.modules.get(module)?.names.get(name)?.decl?;
        program.decl(id).is_some_and(|decl| decl.module == module).then_some(id)
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

/// Reports each circle of imports once, at the first `use` of it in the first of its modules.
fn import_cycles(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    let mut graph = DiGraph::<usize, Span>::new();
    let nodes: Vec<_> = (0..program.modules.len()).map(|index| graph.add_node(index)).collect();
    for (index, module) in program.modules.iter().enumerate() {
        for item in &module.tree.items {
            let ItemKind::Use(import) = &item.kind else { continue };
            let path = import.module.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".");
            if let Some(target) = resolve_module(program, index, &path)
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
}

/// The candidate that is most like `name`, where one is like it at all; none where several are equally like it, since an edit is made of the answer.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
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
