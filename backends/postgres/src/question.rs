//! A contract is asked, and answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use mlp_engine::table::{
    Checker, Options, all_rules,
    outcome::{Outcome, Verdict},
    show,
};
use mlp_plan::{Contract, Rule};

use super::{
    PostgresError,
    column::{Column, Fit, quoted},
    condition::Columns,
    session::Session,
    statement::{Asked, Statement, read},
};

/// Most rows that are shown for a broken rule.
const EXAMPLES: usize = 5;

/// What is checked.
#[derive(Clone, Debug)]
pub enum Relation {
    /// A table or view: `flights`, `lake.flights`.
    Table(String),
    /// The rows of a query.
    Query(String),
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => f.write_str(table),
            Self::Query(_) => f.write_str("a query"),
        }
    }
}

/// A contract, and what it is asked of.
#[derive(Debug)]
pub struct Question<'q> {
    /// The contract.
    pub contract: &'q Contract,
    /// What is checked.
    pub relation: &'q Relation,
    /// The tables of contracts that are referred to.
    pub references: &'q BTreeMap<String, String>,
    /// The instant from which `freshness` counts back, UTC.
    pub now: chrono::NaiveDateTime,
    /// Only so many rows.
    pub sample: Option<u64>,
}

/// What the database says.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Every rule with its answer.
    pub outcomes: Vec<Outcome>,
    /// Rows in all.
    pub rows: u64,
}

/// Asks the database at an address.
///
/// # Errors
/// Where it cannot be reached, refuses, or goes away: then nothing is said about the rows.
pub fn ask(url: &str, question: &Question<'_>) -> Result<Answer, PostgresError> {
    let contract = question.contract;
    let mut session = Session::open(url)?;
    let whole = match question.relation {
        Relation::Table(table) => name(table),
        Relation::Query(query) => format!("({})", query.trim().trim_end_matches(';')),
    };
    let relation = match question.sample {
        Some(rows) => format!("(SELECT * FROM {whole} AS s LIMIT {rows}) AS t"),
        None => format!("{whole} AS t"),
    };
    let described = session.describe(&format!("SELECT * FROM {relation}"))?;
    let others: BTreeMap<String, String> =
        question.references.iter().map(|(contract, table)| (contract.clone(), name(table))).collect();
    let none = |_: &str, _: &[String], _: &[&mlp_plan::Column]| Ok(Err(String::new()));
    let mut checker = Checker::new(contract, &all_rules(contract), &none, false, 0, None)?;
    // what of other tables cannot be had is told by the statement
    checker.unchecked.clear();
    let (mut columns, mut unlooked) = (Columns::new(), BTreeMap::new());
    for column in &contract.columns {
        let names = [Some(column.name.as_str()), column.was.as_deref()];
        let found = names.into_iter().flatten().find_map(|name| described.iter().find(|found| found.name == name));
        match found.map(|found| (Column::new(found), found)) {
            None if column.default.is_some() => {}
            None => checker.told_refused(&column.name, "missing".to_owned()),
            Some((None, found)) => {
                let words = format!("the database has {}, which is not looked into", found.type_name());
                unlooked.insert(column.name.clone(), words);
            }
            Some((Some(found), _)) => {
                if let Fit::Never(words) = found.fit(&column.value.data) {
                    checker.told_refused(&column.name, words);
                    continue;
                }
                if let Some(words) = found.wider(&column.value.data) {
                    checker.told_wider(&column.name, words.to_owned());
                }
                columns.insert(column.name.clone(), found.of_type(&column.value.data));
            }
        }
    }
    let statement = Statement::new(contract, (&columns, &unlooked), &others, &mut checker);
    let answer = session.rows(&statement.sql(&relation))?.into_iter().flatten();
    let mut rows = 0;
    let mut broken = Vec::new();
    for ((asked, _), value) in statement.parts.iter().zip(answer) {
        let count = || value.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        match asked {
            Asked::Rows => {
                rows = count();
                checker.told_rows(rows);
            }
            Asked::Broken(rule, condition) | Asked::Repeated(rule, condition) => {
                checker.told(rule, count());
                if count() > 0 {
                    broken.push((rule.clone(), condition.replace("RELATION", &relation)));
                }
            }
            Asked::Value(expr, how) => checker.told_value(expr, read(value.as_deref(), *how)),
        }
    }
    if !broken.is_empty() {
        examples(&mut session, question, &columns, &relation, &broken, &mut checker)?;
    }
    let options = Options { now: Some(question.now), ..Options::default() };
    let mut outcomes = checker.finish(&options)?.outcomes;
    if question.sample.is_some() {
        outcomes.iter_mut().for_each(doubt);
    }
    Ok(Answer { outcomes, rows })
}

/// A rule over the set says nothing of a sample.
fn doubt(outcome: &mut Outcome) {
    let of_set = matches!(outcome.rule, Rule::Key(_) | Rule::Unique(_) | Rule::Expectation(_));
    let sure = outcome.verdict == Verdict::Fail && !matches!(outcome.rule, Rule::Expectation(_));
    if of_set && !sure {
        outcome.verdict = Verdict::Unknown;
        outcome.found = Some("a sample cannot tell".to_owned());
    }
}

/// Some of the rows that break rules, of all rules in one statement.
fn examples(
    session: &mut Session,
    question: &Question<'_>,
    columns: &Columns,
    relation: &str,
    broken: &[(Rule, String)],
    checker: &mut Checker<'_>,
) -> Result<(), PostgresError> {
    let contract = question.contract;
    let mut selects = Vec::new();
    let mut shown = Vec::new();
    for (number, (rule, condition)) in broken.iter().enumerate() {
        let about: BTreeSet<&str> = match rule {
            Rule::Type { column }
            | Rule::NotNull { column }
            | Rule::Constraint { column, .. }
            | Rule::Nested { column } => BTreeSet::from([column.as_str()]),
            Rule::Unique(index) => contract.uniques.get(*index).into_iter().flatten().map(String::as_str).collect(),
            Rule::Reference(index) => {
                contract.references.get(*index).into_iter().flat_map(|to| &to.from).map(String::as_str).collect()
            }
            Rule::Key(_) | Rule::Expectation(_) => BTreeSet::new(),
        };
        let mut names = show::telling(contract, &about.into_iter().collect::<Vec<_>>());
        names.retain(|name| columns.contains_key(name));
        let values: Vec<String> = names
            .iter()
            .map(|name| {
                let tagged = contract.column(name).is_some_and(|column| !column.tags.is_empty());
                match columns.get(name) {
                    Some(column) if !tagged => format!("{}::text", column.sql),
                    _ => "null".to_owned(),
                }
            })
            .collect();
        selects.push(format!(
            "(SELECT {number} AS rule, ARRAY[{}]::text[] AS row FROM {relation} WHERE {condition} LIMIT {EXAMPLES})",
            values.join(", ")
        ));
        shown.push(names);
    }
    let sql = format!(
        "SELECT rule, place, value FROM ({}) AS e, unnest(array_append(row, 'end')) WITH ORDINALITY AS v(value, place)",
        numbered(&selects)
    );
    let mut row: Vec<Option<String>> = Vec::new();
    for mut found in session.rows(&sql)? {
        let value = found.pop().flatten();
        let number =
            found.first().cloned().flatten().and_then(|number| number.parse::<usize>().ok()).unwrap_or_default();
        let (Some(names), Some((rule, _))) = (shown.get(number), broken.get(number)) else { continue };
        if row.len() < names.len() {
            row.push(value);
            continue;
        }
        let words = names.iter().zip(&row).map(|(name, value)| told(contract, name, value.as_deref()));
        checker.told_example(rule, words.collect::<Vec<_>>().join(", "));
        row.clear();
    }
    Ok(())
}

/// All selects behind one another, their rows in order.
fn numbered(selects: &[String]) -> String {
    format!("SELECT rule, row FROM ({}) AS u ORDER BY rule", selects.join(" UNION ALL "))
}

fn told(contract: &Contract, name: &str, value: Option<&str>) -> String {
    let column = contract.column(name);
    let value = match (column, value) {
        (Some(column), _) if !column.tags.is_empty() => show::MASK.to_owned(),
        (_, None) => "none".to_owned(),
        (Some(column), Some(value)) if column.value.data.is_text() => format!("{value:?}"),
        (_, Some(value)) => value.to_owned(),
    };
    format!("{name}={value}")
}

/// A table's name, quoted part by part where it is not quoted already.
fn name(table: &str) -> String {
    if table.contains('"') {
        return table.to_owned();
    }
    table.split('.').map(quoted).collect::<Vec<_>>().join(".")
}
