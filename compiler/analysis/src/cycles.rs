//! Circles among declarations: contracts, types, stages made of stages, policies and constants that need each other.

use std::collections::HashSet;

use mlp_diagnostics::{Diagnostic, catalog};
use mlp_syntax::tree::{self, Expr, ExprKind, ItemKind, TypeExpr, TypeKind};
use petgraph::{algo::tarjan_scc, graph::DiGraph};

use crate::{
    program::{DeclId, Kind, Program},
    scope::{Found, Scopes},
};

/// The declarations that stand in a circle; each circle is reported once, at the first of its declarations in the file.
#[must_use]
pub fn find(program: &Program, scopes: &Scopes, diagnostics: &mut Vec<Diagnostic>) -> HashSet<DeclId> {
    let mut graph = DiGraph::<DeclId, ()>::new();
    let nodes: Vec<_> = program.ids().map(|id| graph.add_node(id)).collect();
    for id in program.ids() {
        let Some((decl, item)) = program.decl(id).zip(program.item(id)) else { continue };
        let mut names = Names::default();
        names.of_item(&item.kind);
        for name in names.0 {
            if let Found::Decl(target) = scopes.find(decl.module, name)
                && program.decl(target).is_some_and(|found| may_circle(decl.kind, found.kind))
                && let (Some(from), Some(to)) = (nodes.get(id.0), nodes.get(target.0))
            {
                graph.update_edge(*from, *to, ());
            }
        }
    }
    let mut circular = HashSet::new();
    let mut found = Vec::new();
    for component in tarjan_scc(&graph) {
        let looped =
            component.len() > 1 || component.first().is_some_and(|node| graph.find_edge(*node, *node).is_some());
        if looped {
            let mut ids: Vec<DeclId> = component.iter().filter_map(|node| graph.node_weight(*node)).copied().collect();
            ids.sort_unstable();
            circular.extend(ids.iter().copied());
            found.push(ids);
        }
    }
    found.sort_unstable();
    for ids in found {
        let mut names: Vec<String> =
            ids.iter().filter_map(|id| program.decl(*id)).map(|decl| format!("`{}`", decl.name)).collect();
        names.extend(names.first().cloned());
        if let Some(decl) = ids.first().and_then(|id| program.decl(*id)) {
            let others: Vec<_> = ids.iter().skip(1).filter_map(|id| program.decl(*id)).map(|decl| decl.span).collect();
            diagnostics.push(catalog::stages::cycle(decl.span, "these declarations", &names, &others));
        }
    }
    circular
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
