//! All of a contract as one statement: a count for every rule, a value for everything that is asked of the set.

use std::collections::BTreeMap;

use mlp_engine::table::{Checker, all_rules};
use mlp_plan::{Constraint, Contract, Expr, Literal, Rule};

use super::{
    column::{Column, Fit, Kind, quoted},
    condition::{Columns, Terms, constraint, is_nested},
};

/// What a column of the answer is.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Rows in all.
    Rows,
    /// Rows that break a rule, with the condition that such a row meets.
    Broken(Rule, String),
    /// Rows that come again, with the condition that such a row meets.
    Repeated(Rule, String),
    /// The value of a function of the set, as text of that kind.
    Value(Expr, Read),
}

/// How the text of a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// A number.
    Number,
    /// An instant.
    Instant,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// Text.
    Text,
}

/// The statement, part by part.
#[derive(Debug, Default)]
pub struct Statement {
    /// What is asked, each with its SQL.
    pub parts: Vec<(Asked, String)>,
}

impl Statement {
    /// For a contract on a relation, whose columns are known, and which of them are not looked into for what reason; what cannot be asked is told to the checker.
    pub fn new(
        contract: &Contract,
        (columns, unlooked): (&Columns, &BTreeMap<String, String>),
        others: &BTreeMap<String, String>,
        checker: &mut Checker<'_>,
    ) -> Self {
        let mut statement = Self { parts: vec![(Asked::Rows, "count(*)".to_owned())] };
        for rule in all_rules(contract) {
            let hidden = columns_of(contract, &rule).into_iter().find_map(|name| unlooked.get(name));
            let asked = match hidden {
                Some(why) => Err(why.clone()),
                None => statement.rule(contract, columns, others, &rule),
            };
            match asked {
                Ok(()) => {}
                Err(why) => checker.told_unknown(rule, why),
            }
        }
        for question in checker.questions() {
            match value(&question, columns, others) {
                Ok(None) => {}
                Ok(Some((sql, read))) => statement.parts.push((Asked::Value(question, read), sql)),
                Err(why) => {
                    for (index, expectation) in contract.expectations.iter().enumerate() {
                        let mut asks = false;
                        expectation.expr.walk(&mut |part| asks |= *part == question);
                        if asks {
                            checker.told_unknown(Rule::Expectation(index), why.clone());
                        }
                    }
                }
            }
        }
        statement
    }

    fn broken(&mut self, rule: &Rule, condition: String) {
        let sql = format!("count(*) FILTER (WHERE {condition})");
        self.parts.push((Asked::Broken(rule.clone(), condition), sql));
    }

    fn rule(
        &mut self,
        contract: &Contract,
        columns: &Columns,
        others: &BTreeMap<String, String>,
        rule: &Rule,
    ) -> Result<(), String> {
        match rule {
            Rule::Type { column: name } => {
                let (Some(column), Some(found)) = (contract.column(name), columns.get(name)) else { return Ok(()) };
                match found.fit(&column.value.data) {
                    Fit::Always | Fit::Never(_) => self.broken(rule, "false".to_owned()),
                    Fit::Where(fits) => {
                        self.broken(rule, format!("{} IS NOT NULL AND NOT ({fits})", found.sql));
                    }
                    Fit::Unknown(why) => return Err(why),
                }
            }
            Rule::NotNull { column } => {
                if let Some(found) = columns.get(column) {
                    self.broken(rule, format!("{} IS NULL", found.sql));
                }
            }
            Rule::Constraint { column: name, index } => {
                let (Some(column), Some(found)) = (contract.column(name), columns.get(name)) else { return Ok(()) };
                let Some(asked) = column.value.constraints.get(*index) else { return Ok(()) };
                if *asked == Constraint::Unique {
                    return self.repeated(rule, &[name], columns);
                }
                if let Fit::Unknown(why) = found.fit(&column.value.data) {
                    return Err(why);
                }
                let keeps = constraint(asked, found, columns)?;
                self.broken(rule, format!("{} IS NOT NULL AND NOT {keeps}", found.value));
            }
            Rule::Nested { column: name } => {
                let nested = contract.column(name).is_some_and(|column| is_nested(&column.value.data));
                if nested && columns.contains_key(name) {
                    return Err("what is inside of values is not looked at in a database".to_owned());
                }
            }
            Rule::Key(index) => {
                if let Some(key) = contract.keys.get(*index) {
                    return self.repeated(rule, &key.iter().collect::<Vec<_>>(), columns);
                }
            }
            Rule::Unique(index) => {
                if let Some(unique) = contract.uniques.get(*index) {
                    return self.repeated(rule, &unique.iter().collect::<Vec<_>>(), columns);
                }
            }
            Rule::Reference(index) => {
                let Some(reference) = contract.references.get(*index) else { return Ok(()) };
                let Some(table) = others.get(&reference.contract) else {
                    return Err(absent(&reference.contract));
                };
                let ours: Option<Vec<&str>> =
                    reference.from.iter().map(|name| columns.get(name).map(|column| column.value.as_str())).collect();
                if let Some(ours) = ours {
                    let found = found(table, &reference.to, &ours);
                    self.broken(rule, format!("{} AND NOT {found}", present(&ours)));
                }
            }
            Rule::Expectation(_) => {}
        }
        Ok(())
    }

    fn repeated(&mut self, rule: &Rule, names: &[&String], columns: &Columns) -> Result<(), String> {
        let found: Option<Vec<&str>> =
            names.iter().map(|name| columns.get(*name).map(|column| column.value.as_str())).collect();
        let Some(found) = found else { return Ok(()) };
        let (all, present) = (found.join(", "), present(&found));
        let sql = format!("count(*) FILTER (WHERE {present}) - count(DISTINCT ({all})) FILTER (WHERE {present})");
        let again = format!("{present} AND ({all}) IN (SELECT {all} FROM RELATION GROUP BY {all} HAVING count(*) > 1)");
        self.parts.push((Asked::Repeated(rule.clone(), again), sql));
        Ok(())
    }

    /// The statement over a relation: a row for each part, in order, since a row has no more than 1,664 columns.
    pub fn sql(&self, relation: &str) -> String {
        let parts: Vec<String> = self.parts.iter().map(|(_, sql)| format!("({sql})::text")).collect();
        format!(
            "SELECT value FROM (SELECT ARRAY[{}] AS parts FROM {relation}) AS p, unnest(parts) WITH ORDINALITY AS v(value, place) ORDER BY place",
            parts.join(", ")
        )
    }
}

/// The columns that a rule is about; those that a condition or an expectation names are looked for where it is written down.
fn columns_of<'c>(contract: &'c Contract, rule: &'c Rule) -> Vec<&'c str> {
    let set =
        |sets: &'c [Vec<String>], index: usize| sets.get(index).into_iter().flatten().map(String::as_str).collect();
    match rule {
        Rule::Type { column }
        | Rule::NotNull { column }
        | Rule::Constraint { column, .. }
        | Rule::Nested { column } => vec![column],
        Rule::Key(index) => set(&contract.keys, *index),
        Rule::Unique(index) => set(&contract.uniques, *index),
        Rule::Reference(index) => {
            contract.references.get(*index).into_iter().flat_map(|to| &to.from).map(String::as_str).collect()
        }
        Rule::Expectation(_) => Vec::new(),
    }
}

fn absent(contract: &str) -> String {
    format!("the table of {contract} is not at hand")
}

fn present(columns: &[&str]) -> String {
    columns.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ")
}

/// Whether a row has its values in another table.
fn found(table: &str, to: &[String], ours: &[&str]) -> String {
    let same: Vec<String> = to.iter().zip(ours).map(|(to, ours)| format!("o.{} = {ours}", quoted(to))).collect();
    format!("EXISTS (SELECT 1 FROM {table} AS o WHERE {})", same.join(" AND "))
}

/// The value of a function of the set; `None` where the count of rows tells it.
fn value(
    question: &Expr,
    columns: &Columns,
    others: &BTreeMap<String, String>,
) -> Result<Option<(String, Read)>, String> {
    let Expr::Call { function, args } = question else { return Ok(None) };
    let column = |at: usize| match args.get(at) {
        Some(Expr::Column(name)) => columns.get(name).ok_or_else(|| format!("`{name}` cannot be had")),
        _ => Err(format!("`{question}` cannot be asked of a database")),
    };
    let number = |sql: String| Ok(Some((sql, Read::Number)));
    let unasked = || Err(format!("PostgreSQL cannot be asked `{question}` as it is meant here"));
    let share = || match args.get(1) {
        Some(Expr::Literal(Literal::Number(share))) => Ok(share.normalized().to_plain_string()),
        _ => Err(format!("PostgreSQL cannot be asked `{question}` as it is meant here")),
    };
    let instant = |sql: String| (format!("to_char({sql}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"), Read::Instant);
    let of_day = |sql: String| (format!("({sql})::text"), Read::Time);
    if let ("mean" | "quantile", Some((span, kind))) = (function.as_str(), column(0).ok().and_then(since)) {
        let between = match function.as_str() {
            "mean" => format!("avg({span})"),
            _ => format!("percentile_cont({}) WITHIN GROUP (ORDER BY {span})", share()?),
        };
        return Ok(Some(match kind {
            Kind::Time => of_day(format!("time '00:00' + {between}")),
            _ => instant(format!("timestamp 'epoch' + {between}")),
        }));
    }
    // NaN is passed over
    let real = |at: usize| -> Result<(String, String), String> {
        let column = column(at)?;
        match column.kind {
            Kind::Int | Kind::Numeric => Ok((format!("{}::float8", column.value), String::new())),
            Kind::Float(_) => {
                Ok((format!("{}::float8", column.value), format!(" FILTER (WHERE {} <> 'NaN')", column.value)))
            }
            _ => Err(format!("PostgreSQL cannot be asked `{question}` as it is meant here")),
        }
    };
    match function.as_str() {
        "rows" => Ok(None),
        "null_rate" => {
            let column = column(0)?;
            number(format!(
                "coalesce((count(*) FILTER (WHERE {} IS NULL))::float8 / nullif(count(*), 0), 0)",
                column.sql
            ))
        }
        "distinct" if column(0)?.kind == Kind::Json => unasked(),
        "distinct" => number(format!("count(DISTINCT {})", column(0)?.value)),
        "mean" | "stddev" => {
            let (sql, filter) = real(0)?;
            // a NaN among them makes the mean one that has no value
            if !filter.is_empty() {
                let column = column(0)?;
                let function = if function == "mean" { "avg" } else { "stddev_samp" };
                return number(format!("nullif({function}({}::float8), 'NaN')", column.value));
            }
            let function = if function == "mean" { "avg" } else { "stddev_samp" };
            number(format!("{function}({sql})"))
        }
        "sum" => match column(0)?.kind {
            Kind::Int | Kind::Numeric => number(format!("coalesce(sum({}::numeric), 0)", column(0)?.value)),
            Kind::Float(_) => number(format!("coalesce(sum({}::float8), 0)", column(0)?.value)),
            _ => unasked(),
        },
        "quantile" => {
            let ((sql, filter), share) = (real(0)?, share()?);
            number(format!("percentile_cont({share}) WITHIN GROUP (ORDER BY {sql}){filter}"))
        }
        "min" | "max" | "freshness" => {
            let column = column(0)?;
            let word = if function == "min" { "min" } else { "max" };
            Ok(Some(match column.kind {
                Kind::Int | Kind::Numeric => (format!("{word}({})", column.value), Read::Number),
                Kind::Float(_) => {
                    (format!("{word}({}) FILTER (WHERE {} <> 'NaN')", column.value, column.value), Read::Number)
                }
                Kind::Text => (format!("{word}({})", column.value), Read::Text),
                Kind::Date => (format!("{word}({})", column.value), Read::Date),
                Kind::Naive => instant(format!("{word}({})", column.value)),
                Kind::Instant => instant(format!("{word}({} AT TIME ZONE 'UTC')", column.value)),
                Kind::Time => of_day(format!("{word}({})", column.value)),
                // as text, of which it is one everywhere else
                Kind::Uuid => (format!("{word}({}::text COLLATE \"C\")", column.value), Read::Text),
                _ => return unasked(),
            }))
        }
        "fraction" => {
            let condition = args.first().map_or_else(unasked_text, |expr| Terms { columns, this: None }.truth(expr))?;
            number(format!(
                "(count(*) FILTER (WHERE {condition}))::float8 / nullif(count(*) FILTER (WHERE ({condition}) IS NOT NULL), 0)"
            ))
        }
        "correlation" => {
            let ((a, _), (b, _)) = (real(0)?, real(1)?);
            number(format!("corr({a}, {b}) FILTER (WHERE {a} <> 'NaN' AND {b} <> 'NaN')"))
        }
        "referenced" => {
            let ours = column(0)?;
            let (Some(Expr::Literal(Literal::Text(other))), Some(Expr::Literal(Literal::Text(to)))) =
                (args.get(1), args.get(2))
            else {
                return unasked();
            };
            let Some(table) = others.get(other) else { return Err(absent(other)) };
            let found = found(table, std::slice::from_ref(to), &[&ours.value]);
            number(format!("(count(*) FILTER (WHERE {found}))::float8 / nullif(count({}), 0)", ours.value))
        }
        _ => unasked(),
    }
}

/// A point of time as the span since the first of all, since spans have means.
fn since(column: &Column) -> Option<(String, Kind)> {
    let sql = &column.value;
    let span = match column.kind {
        Kind::Date => format!("({sql}::timestamp - timestamp 'epoch')"),
        Kind::Naive => format!("({sql} - timestamp 'epoch')"),
        Kind::Instant => format!("({sql} AT TIME ZONE 'UTC' - timestamp 'epoch')"),
        Kind::Time => format!("({sql} - time '00:00')"),
        _ => return None,
    };
    Some((span, column.kind))
}

fn unasked_text() -> Result<String, String> {
    Err("a condition is missing".to_owned())
}

/// The text of a value as a literal; null where it has none.
pub fn read(text: Option<&str>, how: Read) -> Literal {
    let Some(text) = text else { return Literal::Null };
    match how {
        Read::Number => text.parse().map_or(Literal::Null, Literal::Number),
        Read::Instant => text.parse().map_or(Literal::Null, Literal::Timestamp),
        Read::Date => text.parse().map_or(Literal::Null, Literal::Date),
        Read::Time => text.parse().map_or(Literal::Null, Literal::Time),
        Read::Text => Literal::Text(text.to_owned()),
    }
}
