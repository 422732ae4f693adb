//! Columns that an SQL gives as another type than declared: they are cast.

use mlp_analysis::{
    StageSql,
    edges::Comes,
    subtype::{self, ProblemKind},
};
use mlp_diagnostics::Code;
use mlp_source::Span;

use super::{Asked, Mend, MendKind};
use crate::sql;

/// The casts that mend findings at the place.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Vec<Mend> {
    let findings = asked.findings.iter().enumerate().filter(|(_, finding)| finding.code == Code::SqlOutput);
    findings
        .flat_map(|(index, finding)| {
            let all = asked.package.live().sql().filter(|sql| is_at(asked, sql, finding.primary));
            all.flat_map(|sql| casts(asked, sql)).map(move |mend| Mend { finding: Some(index), ..mend })
        })
        .collect()
}

/// Where the program runs an SQL.
fn run(asked: &Asked<'_, '_>, sql: &StageSql) -> Option<Span> {
    asked.package.live().signature(sql.stage)?.settings.run.as_ref().map(|(_, run)| *run)
}

/// Whether a finding about an SQL is about this one.
fn is_at(asked: &Asked<'_, '_>, sql: &StageSql, at: Span) -> bool {
    let all = asked.package.outside(sql.place.whole());
    let is_within = all.file == at.file && all.start <= at.start && at.end <= all.end;
    is_within || run(asked, sql).is_some_and(|run| asked.package.outside(run) == at)
}

fn casts(asked: &Asked<'_, '_>, sql: &StageSql) -> Vec<Mend> {
    let package = asked.package;
    let run = run(asked, sql);
    let Some(edge) = package.live().edges().find(|edge| Some(edge.span) == run) else { return Vec::new() };
    let Comes::Made(given) = &edge.from else { return Vec::new() };
    let problems = subtype::contracts(given, &edge.to.face).problems;
    let typed = problems.iter().filter(|problem| matches!(problem.kind, ProblemKind::Type { .. }));
    let cast = |column: &str| {
        let wanted = &edge.to.face.column(column)?.value.data;
        let edits = package.sql().cast(&sql.text, &sql.tables(), column, wanted)?;
        let title = format!("Cast `{column}` to {wanted}");
        Some(Mend::new(MendKind::Fix, title, sql::edits(package, sql, &edits)))
    };
    typed.filter_map(|problem| cast(&problem.path)).collect()
}
