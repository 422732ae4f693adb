//! The checker's side: columns of a SELECT against contracts.

use std::{collections::BTreeSet, sync::Arc};

use datafusion::{
    catalog::default_table_source::provider_as_source,
    logical_expr::{LogicalPlan, TableSource},
};
use mlp_plan::{Contract, DataType};
use mlp_ports::{SqlChecker, SqlColumn, SqlEdit, SqlFault, SqlInput, SqlName, SqlSymbol};

use crate::{
    facts::{self, Source, Sources},
    fault, names,
    parse::{self, parse},
    planner::{self, Tables},
    table::ContractTable,
    text::Text,
    types,
};

/// How much stack the engine may use: it descends once for every operator of an expression.
const STACK: usize = 256 << 20;

/// Answers what a SELECT gives, with DataFusion. Free to make: the engine's functions are loaded at the first question of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataFusionChecker;

impl SqlChecker for DataFusionChecker {
    fn check(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        deep(|| {
            let tables = inputs.iter().map(|input| (input.name.to_owned(), empty(input))).collect();
            let (plan, columns) = checked(sql, inputs, &tables)?;
            match futures::executor::block_on(planner::physical(&plan)) {
                Ok(_) => Ok(columns),
                Err(error) => Err(fault::of(&error, &parse(sql)?.text, &tables)),
            }
        })
        .unwrap_or_else(|| Err(broken()))
    }

    fn names(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Vec<SqlName> {
        deep(|| names::names(sql, inputs)).unwrap_or_default()
    }

    fn renamed(
        &self,
        sql: &str,
        inputs: &[SqlInput<'_>],
        what: &[SqlSymbol],
        new: &str,
    ) -> Result<Vec<SqlEdit>, SqlFault> {
        deep(|| names::renamed(sql, inputs, what, new)).unwrap_or_else(|| Err(broken()))
    }

    fn gives(&self, sql: &str, column: &str) -> Option<(usize, usize)> {
        deep(|| names::gives(sql, column)).flatten()
    }

    fn cast(&self, sql: &str, inputs: &[SqlInput<'_>], column: &str, to: &DataType) -> Option<Vec<SqlEdit>> {
        deep(|| names::cast(sql, inputs, column, to)).flatten()
    }
}

/// Runs something that may descend deeply, on a thread with the stack for it. `None` where it panicked.
pub fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name("sql".to_owned()).stack_size(STACK).spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}

fn broken() -> SqlFault {
    SqlFault {
        message: "the SQL engine gave up on this query".to_owned(),
        at: None,
        help: Some("write it in smaller steps, each a stage of its own".to_owned()),
    }
}

/// A table that is never read.
fn empty(input: &SqlInput<'_>) -> Arc<dyn TableSource> {
    let contract = Contract { name: input.name.to_owned(), columns: input.columns.to_vec(), ..Contract::default() };
    provider_as_source(Arc::new(ContractTable::new(&contract, &[])))
}

/// The plan of a SELECT over tables, and what it gives.
///
/// # Errors
/// As [`SqlChecker::check`].
pub fn checked(sql: &str, inputs: &[SqlInput<'_>], tables: &Tables) -> Result<(LogicalPlan, Vec<SqlColumn>), SqlFault> {
    let parsed = parse(sql)?;
    let text = Text::new(sql).with_tokens(parsed.text.tokens());
    let plan = planner::plan(parsed, tables)?;
    let facts = facts::of_plan(&plan, inputs, None);
    let mut names = BTreeSet::new();
    let mut columns = Vec::new();
    for (fact, field) in facts.into_iter().zip(plan.schema().fields()) {
        let name = field.name();
        if !parse::is_name(name) {
            return Err(parse::misnamed(name, &text));
        }
        if !names.insert(name.as_str()) {
            return Err(fault::twice(name, &text));
        }
        let data = match &fact.data {
            Some(data) => DataType::clone(data),
            None => types::from_arrow(field.data_type()).ok_or_else(|| no_type(name, field.data_type(), &text))?,
        };
        columns.push(SqlColumn {
            name: name.clone(),
            data,
            nullable: fact.nullable,
            passes: fact.passes.and_then(|source| named(source, inputs)),
            values: all_named(&fact.values, inputs),
            conditions: all_named(&fact.conditions, inputs),
        });
    }
    Ok((plan, columns))
}

fn no_type(name: &str, arrow: &arrow::datatypes::DataType, text: &Text<'_>) -> SqlFault {
    let at = text.word(name);
    match arrow {
        arrow::datatypes::DataType::Null => SqlFault {
            message: format!("column `{name}` is nothing but null: it has no type"),
            at,
            help: Some("say which: `cast(null as double)`".to_owned()),
        },
        arrow::datatypes::DataType::Interval(_) => SqlFault {
            message: format!(
                "column `{name}` is an interval, which is no type of a column: a month has no fixed length"
            ),
            at,
            help: Some("add it to a time, or keep a number of days or seconds".to_owned()),
        },
        other => SqlFault {
            message: format!(
                "column `{name}` has a type that no column may have: {}",
                fault::in_our_words(&other.to_string())
            ),
            at,
            help: None,
        },
    }
}

fn named((table, column): Source, inputs: &[SqlInput<'_>]) -> Option<(String, String)> {
    let input = inputs.get(table)?;
    input.columns.get(column).map(|column| (input.name.to_owned(), column.name.clone()))
}

fn all_named(sources: &Sources, inputs: &[SqlInput<'_>]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = sources.iter().filter_map(|source| named(*source, inputs)).collect();
    names.sort();
    names
}
