//! Circles among declarations: contracts, types, stages made of stages, policies and constants that need each other.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use mlp_diagnostics::{Diagnostic, catalog};
use mlp_syntax::tree::{self, Expr, ExprKind, ItemKind, TypeExpr, TypeKind};
use petgraph::{algo::tarjan_scc, graph::DiGraph};

use crate::{
    program::{DeclId, Kind, Program},
    scope::{Found, Scopes},
};

/// A declaration, and those that it is worked out from.
type Edges = (DeclId, Vec<DeclId>);

/// Which declarations are worked out from which, and those that stand in a circle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cycles {
    /// For each module its declarations that are worked out from others that may be worked out from them.
    edges: Vec<Arc<Vec<Edges>>>,
    /// Declarations in a circle: they stand for nothing.
    pub circular: Arc<HashSet<DeclId>>,
    /// Each circle, told once, at the first of its declarations in the order of the program.
    pub found: Arc<Vec<Diagnostic>>,
}

impl Cycles {
    /// Looks again at some modules, whose declarations or names are others.
    pub(crate) fn renewed(&self, program: &Program, scopes: &Scopes, changed: &[usize]) -> Self {
        let mut edges = self.edges.clone();
        edges.resize_with(program.modules.len(), Arc::default);
        for module in changed {
            if let Some(slot) = edges.get_mut(*module) {
                *slot = Arc::new(edges_in(program, scopes, *module));
            }
        }
        if edges == self.edges && self.circular.is_empty() {
            return Self { edges, ..self.clone() };
        }
        let (circular, found) = circles(program, edges.iter().flat_map(|edges| edges.iter()));
        Self { edges, circular: Arc::new(circular), found: Arc::new(found) }
    }

    /// The first of some declarations of a module that is now worked out from one of them, while all others are as they were looked at.
    pub(crate) fn closed_by(
        &self,
        program: &Program,
        scopes: &Scopes,
        module: usize,
        ids: &[DeclId],
    ) -> Option<DeclId> {
        let leads_back = |id: &DeclId| {
            let mut open = edges_of(program, scopes, module, *id).map(|(_, targets)| targets).unwrap_or_default();
            let mut seen = HashSet::new();
            while let Some(next) = open.pop() {
                if ids.contains(&next) {
                    return true;
                }
                if seen.insert(next) {
                    let home = program.decl(next).and_then(|decl| self.edges.get(decl.module));
                    let known = home.into_iter().flat_map(|edges| edges.iter()).find(|(from, _)| *from == next);
                    open.extend(known.into_iter().flat_map(|(_, targets)| targets));
                }
            }
            false
        };
        ids.iter().copied().find(leads_back)
    }
}

fn edges_in(program: &Program, scopes: &Scopes, module: usize) -> Vec<Edges> {
    program.ids_in(module).filter_map(|id| edges_of(program, scopes, module, id)).collect()
}

/// What a declaration is worked out from, where that is something.
fn edges_of(program: &Program, scopes: &Scopes, module: usize, id: DeclId) -> Option<Edges> {
    let (decl, item) = program.decl(id).zip(program.item(id))?;
    let targets = names_in(&item.kind).into_iter().filter_map(|name| match scopes.find(module, name) {
        Found::Decl(target) => program.decl(target).filter(|found| may_circle(decl.kind, found.kind)).map(|_| target),
        _ => None,
    });
    let targets: Vec<DeclId> = targets.collect();
    (!targets.is_empty()).then_some((id, targets))
}

fn circles<'e>(program: &Program, edges: impl Iterator<Item = &'e Edges>) -> (HashSet<DeclId>, Vec<Diagnostic>) {
    let mut graph = DiGraph::<DeclId, ()>::new();
    let mut nodes = HashMap::new();
    for (from, targets) in edges {
        let from = *nodes.entry(*from).or_insert_with(|| graph.add_node(*from));
        for target in targets {
            let to = *nodes.entry(*target).or_insert_with(|| graph.add_node(*target));
            graph.update_edge(from, to, ());
        }
    }
    let mut circular = HashSet::new();
    let mut found = Vec::new();
    for component in tarjan_scc(&graph) {
        let looped =
            component.len() > 1 || component.first().is_some_and(|node| graph.find_edge(*node, *node).is_some());
        if looped {
            let mut ids: Vec<DeclId> = component.iter().filter_map(|node| graph.node_weight(*node)).copied().collect();
            ids.sort_unstable_by_key(|id| program.place(*id));
            circular.extend(ids.iter().copied());
            found.push(ids);
        }
    }
    found.sort_unstable_by_key(|ids| ids.first().map(|id| program.place(*id)));
    (circular, found.iter().filter_map(|ids| told(program, ids)).collect())
}

/// What is to be said of declarations that need each other.
pub(crate) fn told(program: &Program, ids: &[DeclId]) -> Option<Diagnostic> {
    let decls: Vec<_> = ids.iter().filter_map(|id| program.decl(*id)).collect();
    let first = decls.first()?;
    let names: Vec<String> = decls.iter().chain([first]).map(|decl| format!("`{}`", decl.name)).collect();
    let others: Vec<_> = decls.iter().skip(1).map(|decl| decl.span).collect();
    Some(catalog::stages::cycle(first.span, "these declarations", &names, &others))
}

/// Whether a declaration of the one kind is worked out from one of the other, so that a circle has no end.
fn may_circle(from: Kind, to: Kind) -> bool {
    let types = |kind| matches!(kind, Kind::Contract | Kind::Type | Kind::Enum);
    match from {
        Kind::Contract | Kind::Type => types(to),
        Kind::Stage => matches!(to, Kind::Stage),
        Kind::Policy => matches!(to, Kind::Policy),
        Kind::Const => matches!(to, Kind::Const),
        _ => false,
    }
}

/// The names that a declaration is worked out from.
pub(crate) fn names_in(kind: &ItemKind) -> Vec<&str> {
    let mut names = Names::default();
    names.of_item(kind);
    names.0
}

/// Names that a declaration is worked out from.
#[derive(Default)]
struct Names<'a>(Vec<&'a str>);

impl<'a> Names<'a> {
    fn of_item(&mut self, kind: &'a ItemKind) {
        match kind {
            ItemKind::Contract(decl) => match &decl.body {
                tree::ContractBody::Expr(ty) => self.of_type(ty),
                tree::ContractBody::Block(block) => {
                    for entry in block.entries.iter().filter_map(tree::Entry::ok) {
                        if let tree::ContractEntry::Field(field) = entry {
                            self.of_type(&field.ty);
                        }
                    }
                }
            },
            ItemKind::Type(decl) => self.of_type(&decl.ty),
            ItemKind::Stage(decl) => match &decl.body {
                tree::StageBody::Expr(expr) => self.of_expr(expr),
                tree::StageBody::Block(block) => {
                    for entry in block.entries.iter().filter_map(tree::Entry::ok) {
                        if let tree::StageEntry::Let(binding) = entry {
                            self.of_expr(&binding.value);
                        }
                    }
                }
            },
            ItemKind::Const(decl) => self.of_expr(&decl.value),
            ItemKind::Policy(decl) => self.of_clauses(&decl.body),
            _ => {}
        }
    }

    fn of_clauses(&mut self, block: &'a tree::Block<tree::Entry<tree::Clause>>) {
        for clause in block.entries.iter().filter_map(tree::Entry::ok) {
            match &clause.kind {
                tree::ClauseKind::Require { expr, .. } | tree::ClauseKind::Warn { expr, .. } => self.of_expr(expr),
                tree::ClauseKind::When { body, .. } => self.of_clauses(body),
                _ => {}
            }
        }
    }

    fn of_type(&mut self, ty: &'a TypeExpr) {
        match &ty.kind {
            TypeKind::Named { path, args, .. } => {
                if let [only] = path.segments.as_slice() {
                    self.0.push(&only.text);
                }
                args.iter().for_each(|arg| self.of_type(arg));
            }
            TypeKind::Struct(block) => {
                block.entries.iter().filter_map(tree::Entry::ok).for_each(|field| self.of_type(&field.ty))
            }
            TypeKind::Nullable(inner) => self.of_type(inner),
            TypeKind::Algebra { base, ops } => {
                self.of_type(base);
                for op in ops {
                    if let tree::AlgebraKind::With(block) = &op.kind {
                        block.entries.iter().filter_map(tree::Entry::ok).for_each(|field| self.of_type(&field.ty));
                    }
                }
            }
            _ => {}
        }
    }

    fn of_expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.0.push(&name.text),
            ExprKind::Call { callee, args } => {
                self.of_expr(callee);
                args.iter().for_each(|arg| self.of_expr(&arg.value));
            }
            ExprKind::Field(inner, _) | ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => self.of_expr(inner),
            ExprKind::List(items) | ExprKind::Set(items) => items.iter().for_each(|item| self.of_expr(item)),
            ExprKind::Comprehension { body, loops } => {
                self.of_expr(body);
                loops.iter().for_each(|(_, list)| self.of_expr(list));
            }
            ExprKind::Record(args) => args.iter().for_each(|arg| self.of_expr(&arg.value)),
            ExprKind::Binary { left, right, .. } => {
                self.of_expr(left);
                self.of_expr(right);
            }
            ExprKind::Format(parts) => {
                for part in parts {
                    if let tree::FormatPart::Value { expr, .. } = part {
                        self.of_expr(expr);
                    }
                }
            }
            _ => {}
        }
    }
}
