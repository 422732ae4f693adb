//! Edges on which columns do not fit: the column is added where it comes from, or widened where it is expected.

use mlp_analysis::{
    Kind,
    contracts::info::ContractInfo,
    edges::{Comes, Compared},
    subtype::{self, ProblemKind},
};
use mlp_diagnostics::{Code, Edit};
use mlp_source::Span;
use mlp_syntax::tree::{ContractBody, ItemKind};

use super::{Asked, Mend, MendKind, line_in};
use crate::show;

/// What can be done about the edges at the place.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Vec<Mend> {
    let mut found: Vec<Mend> = Vec::new();
    for (index, finding) in asked.findings.iter().enumerate() {
        let here = asked.package.live().edges().filter(|edge| asked.package.outside(edge.span) == finding.primary);
        let mends = here.flat_map(|edge| of_edge(asked, edge)).filter(|(code, _)| *code == finding.code);
        for (_, mend) in mends {
            let is_new = !found.iter().any(|known| known.title == mend.title);
            found.extend(is_new.then_some(Mend { finding: Some(index), ..mend }));
        }
    }
    found
}

/// What can be done about an edge, each with the code of what it mends.
fn of_edge(asked: &Asked<'_, '_>, edge: &Compared) -> Vec<(Code, Mend)> {
    let Comes::Shared(from) = &edge.from else { return Vec::new() };
    let to = &edge.to;
    let outside = |span: Span| asked.package.outside(span);
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for problem in subtype::contracts(&from.face, &to.face).problems {
        let (have, wanted) = (from.face.column(&problem.path), to.face.column(&problem.path));
        match (&problem.kind, have, wanted) {
            (ProblemKind::Missing, _, Some(wanted)) => missing.push(show::column(wanted)),
            (ProblemKind::Type { .. }, Some(have), Some(wanted)) => {
                let Some(ty) = to.type_span(&wanted.name) else { continue };
                let nullable = have.value.nullable || wanted.value.nullable;
                let wide = format!("{}{}", have.value.data, if nullable { "?" } else { "" });
                let title = format!("Let `{}` of `{}` be {wide}", wanted.name, to.face.name);
                let edit = Edit { span: outside(ty), text: wide };
                found.push((Code::ColumnType, Mend::new(MendKind::Fix, title, vec![edit])));
            }
            (ProblemKind::Refuted { index, found: said, expected }, Some(have), Some(wanted)) => {
                let is_rule = have.value.constraints.iter().any(|rule| rule.to_string() == *said);
                let rule = outside(to.constraint_span(&wanted.name, *index));
                let title =
                    format!("Let `{}` of `{}` say `{said}` in place of `{expected}`", wanted.name, to.face.name);
                let mend = Mend::new(MendKind::Fix, title, vec![Edit { span: rule, text: said.clone() }]);
                found.extend(is_rule.then_some((Code::Refuted, mend)));
            }
            _ => {}
        }
    }
    found.extend(added(asked, from, &missing).map(|mend| (Code::MissingColumn, mend)));
    found
}

/// Columns that are added to what comes.
fn added(asked: &Asked<'_, '_>, from: &ContractInfo, columns: &[String]) -> Option<Mend> {
    let (first, more) = columns.split_first()?;
    let program = asked.package.program();
    let declared =
        program.of_kind(Kind::Contract).find(|id| program.decl(*id).is_some_and(|decl| decl.span == from.span));
    let item = declared.and_then(|id| program.item(id));
    let edit = match item.map(|item| (&item.kind, line_in(item))) {
        Some((_, Some((at, before, behind)))) => {
            let lines: String = columns.iter().map(|column| format!("{before}{column}")).collect();
            Edit { span: asked.package.outside(at), text: format!("{lines}{behind}") }
        }
        of_others => {
            // a contract of others: they are added with the algebra
            let expr = match of_others {
                Some((ItemKind::Contract(tree), None)) => match &tree.body {
                    ContractBody::Expr(expr) => expr.span,
                    ContractBody::Block(_) => return None,
                },
                _ => from.span,
            };
            let end = asked.package.outside(expr).end;
            let span = Span::at(asked.package.outside(expr).file, end);
            Edit { span, text: format!(" with {{ {} }}", columns.join(", ")) }
        }
    };
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    let name = first.split(':').next().unwrap_or_default();
    Some(Mend::new(MendKind::Fix, format!("Add `{name}`{more} to `{}`", from.face.name), vec![edit]))
}
