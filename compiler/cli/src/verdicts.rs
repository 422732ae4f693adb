//! Whether an `expect` of a test holds: contracts are asked of the engine, policies of its judge, `<:` of the checker.

use std::{collections::BTreeMap, fs, path::PathBuf};

use mlp_analysis::{
    Checked,
    contracts::Shared,
    run::RunKind,
    stages::Signature,
    subtype,
    tests::{GivenReport, GivenRow, TestKind},
};
use mlp_engine::{
    metrics::Report,
    policy::{Approvals, Decision, Judgement, Verdict as ClauseVerdict, judge},
    table::{Options, TableSource, check_file, deliver},
};
use mlp_plan::{Constraint, Contract, DataType, Format, Literal, Package, Rule, Target, ValueType};
use mlp_syntax::tree::Verdict;
use mlp_workspace::Loaded;

/// What expectations are tried on.
pub struct Bench<'l, 'c, 'p> {
    loaded: &'l Loaded,
    checked: &'c mut Checked<'p>,
}

impl<'l, 'c, 'p> Bench<'l, 'c, 'p> {
    /// For the tests of a checked package.
    pub const fn new(loaded: &'l Loaded, checked: &'c mut Checked<'p>) -> Self {
        Self { loaded, checked }
    }

    /// `Ok` where the expectation holds; otherwise why not, in words.
    pub fn verdict(&mut self, kind: &TestKind) -> Result<(), String> {
        match kind {
            TestKind::Subtype { negated, left, right } => subtype_holds(*negated, left, right),
            TestKind::Row { contract, row, passes, at } => row_holds(contract, row, *passes, at.as_deref()),
            TestKind::Policy { policy, reports, params, verdict, at, .. } => {
                let target =
                    Target { name: "local".to_owned(), backend: mlp_plan::Backend::Local, options: BTreeMap::new() };
                let package = Package { name: String::new(), version: None, owner: None, digest: String::new() };
                let context = mlp_lower::Context {
                    sources: &self.loaded.sources,
                    places: &self.loaded.places,
                    package,
                    target,
                    files: &self.loaded.files,
                };
                let policy = mlp_lower::policy(&context, policy);
                let reports = reports.iter().map(|(name, given)| (name.clone(), given.as_ref().map(report))).collect();
                let judgement = judge(&policy, &reports, params, &Approvals::default());
                policy_holds(&judgement, *verdict, at.as_deref())
            }
            TestKind::Stage { signature, inputs, params, expected } => {
                self.stage_holds(signature, inputs, params, expected)
            }
        }
    }

    /// A stage on a few rows: SQL is run in the embedded engine.
    fn stage_holds(
        &mut self,
        signature: &Signature,
        inputs: &[(String, Shared, Vec<GivenRow>)],
        _: &BTreeMap<String, Literal>,
        expected: &[GivenRow],
    ) -> Result<(), String> {
        let run = self.checked.checker.quietly(|checker| checker.run_kind(signature));
        let Some(RunKind::Sql { text, .. }) = run else {
            return Err(format!("`{}` is no SQL stage, and only those are run on rows of a test", signature.name));
        };
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut tables: Vec<(String, Vec<PathBuf>, &Contract)> = Vec::new();
        for (name, contract, rows) in inputs {
            let lines = folder.path().join(format!("{name}.jsonl"));
            let table = folder.path().join(format!("{name}.parquet"));
            let rows: Result<Vec<String>, String> = rows.iter().map(|row| full_row(contract, row)).collect();
            fs::write(&lines, rows?.join("\n")).map_err(|error| error.to_string())?;
            let source = TableSource::Files { paths: vec![lines], format: Format::Jsonl };
            let rules: Vec<Rule> =
                contract.face.columns.iter().map(|column| Rule::Type { column: column.name.clone() }).collect();
            let made = deliver(&source, &contract.face, &rules, 0.0, &table, &Options::default())
                .map_err(|error| error.to_string())?;
            if let Some(violation) = made.violations.first() {
                return Err(format!("the rows of `{name}` are none of {}: {violation}", contract.face.name));
            }
            tables.push((name.clone(), vec![table], &contract.face));
        }
        let (_, batches) = mlp_sql::execute(&text, &tables)?;
        let got = mlp_engine::table::json_rows(&batches).map_err(|error| error.to_string())?;
        same_rows(&got, expected)
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

/// A row as JSON, the fields that are not given filled with a valid value, always the same one.
fn full_row(contract: &Shared, row: &GivenRow) -> Result<String, String> {
    let mut fields = Vec::new();
    for column in &contract.face.columns {
        let given = row.fields.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone());
        let value = match given.or_else(|| column.default.clone()) {
            Some(value) => value,
            None if column.value.nullable => Literal::Null,
            None => any(&column.value)
                .ok_or_else(|| format!("give `{}` a value: none can be made up for `{}`", column.name, column.value))?,
        };
        fields.push(format!("{}:{}", json_text(&column.name), json(&value)));
    }
    Ok(format!("{{{}}}", fields.join(",")))
}

/// A value that satisfies a type's constraints, where one can be read off.
fn any(value: &ValueType) -> Option<Literal> {
    let domain = subtype::domain::Domain::of(value);
    let start = |data: &DataType| match data {
        DataType::Bool => Some(Literal::Bool(false)),
        DataType::Int(_) | DataType::Uint(_) | DataType::Float(_) | DataType::Decimal { .. } => {
            Some(Literal::Number(0.into()))
        }
        DataType::String => Some(Literal::Text("a".repeat(usize::try_from(domain.shortest.max(1)).unwrap_or(1)))),
        DataType::Date => chrono::NaiveDate::from_ymd_opt(2000, 1, 1).map(Literal::Date),
        DataType::Timestamp { .. } => {
            chrono::NaiveDate::from_ymd_opt(2000, 1, 1).map(|day| Literal::Timestamp(mlp_plan::midnight(day)))
        }
        _ => None,
    };
    let listed = domain.set.as_ref().and_then(|set| set.first().cloned());
    let ends =
        [&domain.low, &domain.high].into_iter().flatten().filter(|bound| !bound.open).map(|bound| bound.value.clone());
    let spelled = |value: Literal| domain.spelled(&value);
    listed
        .into_iter()
        .chain(start(&value.data))
        .chain(ends)
        .map(spelled)
        .find(|candidate| mlp_plan::holds::broken(&value.constraints, candidate).is_none())
}

fn same_rows(got: &[serde_json::Value], expected: &[GivenRow]) -> Result<(), String> {
    if got.len() != expected.len() {
        return Err(format!("it gives {} rows, and {} were expected", got.len(), expected.len()));
    }
    for (index, (row, wanted)) in got.iter().zip(expected).enumerate() {
        for (name, value) in &wanted.fields {
            let found = row.get(name).cloned().unwrap_or(serde_json::Value::Null);
            let want: serde_json::Value = serde_json::from_str(&json(value)).unwrap_or(serde_json::Value::Null);
            if !same_value(&found, &want) {
                return Err(format!("row {}: `{name}` is {found}, and {want} was expected", index + 1));
            }
        }
    }
    Ok(())
}

/// Numbers by value; instants by their text, however many zeros stand behind the second.
fn same_value(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), ..) => (a - b).abs() <= f64::EPSILON * a.abs().max(b.abs()),
        (.., Some(a), Some(b)) => a.trim_end_matches('Z') == b.trim_end_matches('Z'),
        _ => a == b,
    }
}

fn json(value: &Literal) -> String {
    match value {
        Literal::Null | Literal::Nan => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => value.normalized().to_plain_string(),
        Literal::Size(value) => value.to_string(),
        Literal::Duration(value) => value.to_string(),
        Literal::Text(text) => json_text(text),
        Literal::Date(value) => json_text(&value.to_string()),
        Literal::Time(value) => json_text(&value.to_string()),
        Literal::Timestamp(value) => json_text(&format!("{}Z", value.format("%Y-%m-%dT%H:%M:%S%.f"))),
        Literal::List(values) => format!("[{}]", values.iter().map(json).collect::<Vec<_>>().join(",")),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
