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
        self.now.edges.push(Compared {
            span,
            what: what.to_owned(),
            from: Comes::Shared(from.clone()),
            to: to.clone(),
        });
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
            crate::scope::nearest(column, extra).map(|near| (column, near))
        });
        let nullable = |name: &String| to.face.column(name).is_some_and(|column| column.value.nullable);
        let defaults: Vec<(String, Span)> = missing
            .iter()
            .filter(|name| nullable(name))
            .filter_map(|name| Some((name.clone(), to.type_span(name)?)))
            .collect();
        diagnostic = diagnostic.because(from.span, "this is what comes");
        found.push(match near {
            Some((column, near)) => words::was_renamed(diagnostic, column, &from.face.name, &near),
            None if defaults.len() == missing.len() => words::may_be_missing(diagnostic, &defaults),
            None => diagnostic,
        });
    }
    for problem in &edge.problems {
        let (ours, theirs) = (from.column_span(problem.column()), to.column_span(problem.column()));
        let path = &problem.path;
        let diagnostic = match &problem.kind {
            ProblemKind::Missing => continue,
            ProblemKind::Type { found, expected } => words::column_type(span, what, path, found, expected)
                .because(theirs, format!("{expected} is expected here"))
                .because(ours, format!("{found} comes from here")),
            ProblemKind::Null => {
                let found = words::nullness(span, what, path)
                    .because(theirs, "must never be null here")
                    .because(ours, "may be null here");
                match nullable_at(to, path) {
                    Some(ty) => words::may_be_null(found, &[(path.clone(), ty)]),
                    None => found,
                }
            }
            ProblemKind::Refuted { index, found, expected } => words::refuted(span, what, path, found, expected)
                .because(to.constraint_span(problem.column(), *index), format!("`{expected}` is expected here"))
                .because(ours, format!("`{found}` is what comes")),
            ProblemKind::Unit { found, expected } => {
                let told = words::units(span, what, path, found.as_deref(), expected.as_deref())
                    .because(theirs, format!("read as {}", unit_text(expected.as_deref())))
                    .because(ours, format!("comes as {}", unit_text(found.as_deref())));
                let silent = match (found, expected) {
                    (None, Some(unit)) => Some((from, unit)),
                    (Some(unit), None) => Some((to, unit)),
                    _ => None,
                };
                match silent.and_then(|(silent, unit)| Some((silent, unit, silent.type_span(path)?))) {
                    Some((silent, unit, ty)) => words::say_unit(told, &silent.face.name, path, unit, ty),
                    None => told,
                }
            }
        };
        found.push(diagnostic);
    }
    found
}

/// Behind what a `?` lets a column be null; no key can be.
pub(crate) fn nullable_at(contract: &Shared, column: &str) -> Option<Span> {
    contract.type_span(column).filter(|_| !contract.face.keys.iter().flatten().any(|key| key == column))
}

fn unit_text(unit: Option<&str>) -> String {
    unit.map_or_else(|| "a number without a unit".to_owned(), |unit| format!("a number of {unit}"))
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
