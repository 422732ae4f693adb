//! Whether an `expect` of a test holds: contracts are asked of the engine, policies of its judge, `<:` of the checker, stages of a run.

use std::{collections::BTreeSet, fs};

use mlp_analysis::{
    contracts::Shared,
    subtype,
    tests::{GivenReport, GivenRow, TestExpect, TestKind},
};
use mlp_engine::{
    metrics::Report,
    policy::{Approvals, Decision, Judgement, Verdict as ClauseVerdict, judge},
    table::{Options, TableSource, check_file},
};
use mlp_plan::{Constraint, Format, Place, Rule};
use mlp_syntax::tree::Verdict;
use mlp_workspace::Loaded;

use super::{
    rows::{json, json_text},
    stages::Stages,
};
use crate::program::{context, local};

/// What expectations are tried on.
pub struct Bench<'l> {
    loaded: &'l Loaded,
    stages: Stages,
    failed: BTreeSet<Place>,
}

impl<'l> Bench<'l> {
    /// For the tests of a checked package; `stages` holds those of its stages.
    pub const fn new(loaded: &'l Loaded, stages: Stages) -> Self {
        Self { loaded, stages, failed: BTreeSet::new() }
    }

    /// Where the clauses stand that some test made fail.
    pub const fn failed(&self) -> &BTreeSet<Place> {
        &self.failed
    }

    /// `Ok` where the expectation holds; otherwise why not, in words.
    pub fn verdict(&mut self, expect: &TestExpect) -> Result<(), String> {
        match &expect.kind {
            TestKind::Subtype { negated, left, right } => subtype_holds(*negated, left, right),
            TestKind::Row { contract, row, passes, at } => row_holds(contract, row, *passes, at.as_deref()),
            TestKind::Policy { policy, reports, params, verdict, at, .. } => {
                let policy = mlp_lower::policy(&context(self.loaded, local()), policy);
                let reports = reports.iter().map(|(name, given)| (name.clone(), given.as_ref().map(report))).collect();
                let judgement = judge(&policy, &reports, params, &Approvals::default());
                let failed = judgement.clauses.iter().filter(|clause| clause.verdict == ClauseVerdict::Fail);
                self.failed.extend(failed.map(|clause| clause.place.clone()));
                policy_holds(&judgement, *verdict, at.as_deref())
            }
            TestKind::Stage { expected, .. } => self.stages.verdict(expect.span, expected),
        }
    }
}

fn subtype_holds(negated: bool, left: &Shared, right: &Shared) -> Result<(), String> {
    let edge = subtype::contracts(&left.face, &right.face);
    let (left, right) = (&left.face.name, &right.face.name);
    match (edge.is_proven(), negated) {
        (true, false) | (false, true) => Ok(()),
        (true, true) => Err(format!("{left} <: {right} holds")),
        (false, false) => {
            let first = edge.problems.iter().find(|problem| !problem.is_warning());
            let why =
                first.map_or_else(|| format!("rules that are not proven: {}", edge.planted.len()), ToString::to_string);
            Err(format!("{left} <: {right} is not proven: {why}"))
        }
    }
}

fn report(given: &GivenReport) -> Report {
    let mut report = Report::by_hand();
    for (metric, value) in &given.values {
        report = report.with(metric, value.value, value.interval);
    }
    for (by, members) in &given.slices {
        for (member, values) in members {
            for (metric, value) in values {
                report = report.with_slice(by, member, metric, value.value, value.interval);
            }
        }
    }
    report
}

fn policy_holds(judgement: &Judgement, wanted: Verdict, at: Option<&str>) -> Result<(), String> {
    let got = match judgement.verdict {
        Decision::Promoted => Verdict::Passes,
        Decision::Refused => Verdict::Fails,
        Decision::Held => Verdict::Unknown,
    };
    if got != wanted {
        let first = judgement
            .clauses
            .iter()
            .find(|clause| !matches!(clause.verdict, ClauseVerdict::Pass | ClauseVerdict::Skipped));
        let why = first.map_or_else(String::new, |clause| {
            format!(
                ": {}{}",
                clause.text,
                clause.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"))
            )
        });
        return Err(format!("`{}` {}, and {} was expected{why}", judgement.policy, word(got), word(wanted)));
    }
    let Some(at) = at else { return Ok(()) };
    let state = if wanted == Verdict::Fails { ClauseVerdict::Fail } else { ClauseVerdict::Unknown };
    let there = judgement.clauses.iter().filter(|clause| clause.verdict == state);
    if there.clone().any(|clause| clause.text.contains(at)) {
        return Ok(());
    }
    let texts: Vec<&str> = there.map(|clause| clause.text.as_str()).collect();
    Err(format!("`{}` {} at {}, not at {at}", judgement.policy, word(got), texts.join(", ")))
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passes => "passes",
        Verdict::Fails => "fails",
        Verdict::Unknown => "is unknown",
    }
}

/// Row rules on the fields that are given; what is not given is any valid value, and breaks nothing.
fn row_holds(contract: &Shared, row: &GivenRow, passes: bool, at: Option<&str>) -> Result<(), String> {
    let given = |name: &str| row.fields.iter().any(|(field, _)| field == name);
    let mut face = contract.face.clone();
    face.columns.retain(|column| given(&column.name));
    (face.keys, face.uniques, face.references, face.expectations) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut rules = Vec::new();
    for column in &mut face.columns {
        let null = !contract.face.column(&column.name).is_some_and(|column| contract.face.may_be_null(column));
        column.value.nullable = true;
        column.value.constraints.retain(|constraint| match constraint {
            Constraint::Where(expr) => {
                expr.columns().iter().all(|path| given(path.split('.').next().unwrap_or_default()))
            }
            Constraint::Unique => false,
            _ => true,
        });
        rules.push(Rule::Type { column: column.name.clone() });
        if null {
            rules.push(Rule::NotNull { column: column.name.clone() });
        }
        rules.extend(
            (0..column.value.constraints.len()).map(|index| Rule::Constraint { column: column.name.clone(), index }),
        );
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let lines = folder.path().join("row.jsonl");
    let fields: Vec<String> =
        row.fields.iter().map(|(name, value)| format!("{}:{}", json_text(name), json(value))).collect();
    fs::write(&lines, format!("{{{}}}\n", fields.join(","))).map_err(|error| error.to_string())?;
    let source = TableSource::Files { paths: vec![lines], format: Format::Jsonl };
    let checked = check_file(&source, &face, &rules, &Options::default()).map_err(|error| error.to_string())?;
    let broken: Vec<String> = checked.violations.iter().map(ToString::to_string).collect();
    match (broken.is_empty(), passes) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("the row satisfies {}, and was expected to fail", contract.face.name)),
        (false, true) => Err(format!("the row breaks {}: {}", contract.face.name, broken.join("; "))),
        (false, false) => match at {
            Some(at) if !checked.violations.iter().any(|violation| rule_column(&violation.rule) == Some(at)) => {
                Err(format!("the row fails at {}, not at {at}", broken.join("; ")))
            }
            _ => Ok(()),
        },
    }
}

fn rule_column(rule: &Rule) -> Option<&str> {
    match rule {
        Rule::Type { column }
        | Rule::NotNull { column }
        | Rule::Constraint { column, .. }
        | Rule::Nested { column } => Some(column),
        _ => None,
    }
}
