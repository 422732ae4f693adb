//! Edges: what comes against what is expected, with both ends shown.

use mlp_diagnostics::{Diagnostic, catalog::contracts as words};
use mlp_plan::Rule;
use mlp_source::Span;

use crate::{
    checker::Checker,
    contracts::Shared,
    edges::{Comes, Compared},
    subtype::{self, Edge, ProblemKind},
    types::Ty,
};

impl Checker<'_> {
    /// Compares the table that comes with the one that is expected; reports what is refuted, answers what could not be decided.
    pub fn edge(&mut self, span: Span, what: &str, from: &Shared, to: &Shared) -> (Vec<Rule>, usize) {
        self.edges.push(Compared { span, what: what.to_owned(), from: Comes::Shared(from.clone()), to: to.clone() });
        if std::sync::Arc::ptr_eq(from, to) {
            return (Vec::new(), to.face.columns.len() * 2);
        }
        let edge = subtype::contracts(&from.face, &to.face);
        for found in edge_diagnostics(span, what, from, to, &edge) {
            self.report(found);
        }
        (edge.planted, edge.proven)
    }
}

/// What is wrong with an edge, column by column; missing columns together.
fn edge_diagnostics(span: Span, what: &str, from: &Shared, to: &Shared, edge: &Edge) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let missing: Vec<String> = edge
        .problems
        .iter()
        .filter(|problem| problem.kind == ProblemKind::Missing)
        .map(|problem| problem.path.clone())
        .collect();
    let known_missing = !missing.is_empty() && !from.partial && !to.partial;
    if known_missing {
        let owner = format!("`{}`", from.face.name);
        let mut diagnostic = words::missing_columns(span, what, &missing, &owner);
        for column in missing.iter().take(3) {
            diagnostic = diagnostic.because(to.column_span(top(column)), "expected here");
        }
        let near = missing.iter().find_map(|column| {
            let extra = from
                .face
                .columns
                .iter()
                .filter(|have| to.face.column(&have.name).is_none())
                .map(|have| have.name.as_str());
            crate::scope::nearest(column, extra)
                .map(|near| format!("`{}` has `{near}`: was `{column}` renamed?", from.face.name))
        });
        let nullable = missing.iter().find(|column| to.face.column(column).is_some_and(|column| column.value.nullable));
        diagnostic = match (near, nullable) {
            (Some(near), _) => diagnostic.help(near),
            (None, Some(column)) => {
                diagnostic.help(format!("if `{column}` may be missing altogether, say `{column}: .. = none`"))
            }
            (None, None) => diagnostic.because(from.span, "this is what comes"),
        };
        found.push(diagnostic);
    }
    for problem in &edge.problems {
        let (ours, theirs) = (from.column_span(problem.column()), to.column_span(problem.column()));
        let path = &problem.path;
        let diagnostic = match &problem.kind {
            ProblemKind::Missing => continue,
            ProblemKind::Type { found, expected } => words::column_type(span, what, path, found, expected)
                .because(theirs, format!("{expected} is expected here"))
                .because(ours, format!("it is {found} here")),
            ProblemKind::Null => {
                let found = words::nullness(span, what, path)
                    .because(theirs, "never null here")
                    .because(ours, "may be null here");
                match to.type_span(path).filter(|_| !to.face.keys.iter().flatten().any(|key| key == path)) {
                    Some(ty) => found.fix(format!("let `{path}` be null"), Span::at(ty.file, ty.end), "?"),
                    None => found,
                }
            }
            ProblemKind::Refuted { index, found, expected } => words::refuted(span, what, path, found, expected)
                .because(to.constraint_span(problem.column(), *index), "this is expected")
                .because(ours, "this is what comes"),
            ProblemKind::Unit { found, expected } => {
                words::units(span, what, path, found.as_deref(), expected.as_deref())
                    .because(theirs, "expected here")
                    .because(ours, "this is what comes")
            }
        };
        found.push(diagnostic);
    }
    found
}

fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// Whether an artifact that is no table is accepted where another is expected.
#[must_use]
pub fn accepted(from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (Ty::Error, _) | (_, Ty::Error) => true,
        (Ty::Table(a), Ty::Table(b)) => a.partial || b.partial || rows(a, b),
        (Ty::Model(input, output), Ty::Model(wanted_input, wanted_output)) => {
            (input.partial || wanted_input.partial || rows(wanted_input, input))
                && (output.partial || wanted_output.partial || rows(output, wanted_output))
        }
        (Ty::Report(a), Ty::Report(b)) => a.accepted_as(b),
        (Ty::File(a), Ty::File(b)) => a == b,
        (Ty::Dir, Ty::Dir) | (Ty::Unit, Ty::Unit) => true,
        (Ty::List(a), Ty::List(b)) => accepted(a, b),
        (Ty::Optional(a), Ty::Optional(b)) => accepted(a, b),
        (a, Ty::Optional(b)) => accepted(a, b),
        _ => false,
    }
}

/// Whether nothing is refuted between two contracts.
fn rows(from: &Shared, to: &Shared) -> bool {
    subtype::contracts(&from.face, &to.face).problems.iter().all(subtype::Problem::is_warning)
}
