//! From one parsed SELECT to the engine's analysed plan: names resolved and types coerced, nothing optimised.

use std::{collections::HashMap, sync::Arc, sync::LazyLock};

use arrow::datatypes::{DataType as ArrowType, SchemaRef};
use datafusion::{
    common::{DataFusionError, Result, TableReference, config::ConfigOptions, tree_node::TreeNodeRecursion},
    execution::{SessionState, TaskContext, config::SessionConfig},
    logical_expr::{
        AggregateUDF, Expr, HigherOrderUDF, LogicalPlan, ScalarUDF, TableSource, Volatility, WindowUDF,
        planner::{ContextProvider, ExprPlanner},
    },
    optimizer::Analyzer,
    physical_plan::ExecutionPlan,
    prelude::SessionContext,
    sql::planner::{ParserOptions, SqlToRel},
};
use mlp_ports::SqlFault;

use crate::{fault, functions::Functions, overflow, parse::Parsed, text::Text};

/// How the engine is set: for checking and for running alike, or a run could mean something else than what was checked.
pub fn config() -> SessionConfig {
    let mut config = SessionConfig::new().with_target_partitions(1);
    let options = config.options_mut();
    options.execution.time_zone = Some("UTC".to_owned());
    options.execution.collect_statistics = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.collect_spans = true;
    config
}

/// Tables by the name that SQL calls them.
pub type Tables = HashMap<String, Arc<dyn TableSource>>;

/// What a name cannot mean here.
#[derive(Debug)]
pub enum Refused {
    /// A table that is not an input.
    Table(String),
    /// A function where a table belongs.
    TableFunction(String),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table(name) => write!(f, "there is no input `{name}`"),
            Self::TableFunction(name) => write!(f, "`{name}(..)` is not an input of the stage"),
        }
    }
}

impl std::error::Error for Refused {}

struct Inputs<'a> {
    tables: &'a Tables,
    functions: &'static Functions,
    options: &'static ConfigOptions,
}

impl ContextProvider for Inputs<'_> {
    fn get_table_source(&self, name: TableReference) -> Result<Arc<dyn TableSource>> {
        let table = match &name {
            TableReference::Bare { table } => self.tables.get(table.as_ref()),
            _ => None,
        };
        table.cloned().ok_or_else(|| DataFusionError::External(Box::new(Refused::Table(name.to_string()))))
    }

    fn get_table_function_source(&self, name: &str, _: Vec<Expr>) -> Result<Arc<dyn TableSource>> {
        Err(DataFusionError::External(Box::new(Refused::TableFunction(name.to_owned()))))
    }

    fn create_cte_work_table(&self, _: &str, schema: SchemaRef) -> Result<Arc<dyn TableSource>> {
        Ok(Arc::new(datafusion::logical_expr::LogicalTableSource::new(schema)))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        &self.functions.planners
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.functions.scalar.get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.functions.higher_order.get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.functions.aggregate.get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.functions.window.get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<ArrowType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.options
    }

    fn udf_names(&self) -> Vec<String> {
        self.functions.scalar.keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.functions.higher_order.keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.functions.aggregate.keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.functions.window.keys().cloned().collect()
    }
}

/// The plan of a SELECT over tables.
///
/// # Errors
/// Where a name is not there, types do not meet, or the result could differ between two runs.
pub fn plan(parsed: Parsed<'_>, tables: &Tables) -> std::result::Result<LogicalPlan, SqlFault> {
    static OPTIONS: LazyLock<Arc<ConfigOptions>> = LazyLock::new(|| Arc::clone(config().options()));
    let Parsed { text, query } = parsed;
    let inputs = Inputs { tables, functions: Functions::all(), options: &OPTIONS };
    let options = ParserOptions::default().with_collect_spans(true).with_map_string_types_to_utf8view(false);
    let statement = datafusion::sql::sqlparser::ast::Statement::Query(query);
    let raw = SqlToRel::new_with_options(&inputs, options)
        .sql_statement_to_plan(statement)
        .map_err(|error| fault::of(&error, &text, tables))?;
    refuse(&raw, &text)?;
    Analyzer::new().execute_and_check(raw, &OPTIONS, |_, _| {}).map_err(|error| fault::of(&error, &text, tables))
}

/// The plan as it is run. Made when checking too, since what the engine cannot run shows only here.
///
/// # Errors
/// The engine's.
pub async fn physical(plan: &LogicalPlan) -> Result<(Arc<dyn ExecutionPlan>, Arc<TaskContext>)> {
    static STATE: LazyLock<SessionState> = LazyLock::new(|| SessionContext::new_with_config(config()).state());
    // last of all: the optimizer knows less of our functions than of operators, and takes minutes over a thousand of them
    let plan = overflow::checked(STATE.optimize(plan)?)?;
    Ok((STATE.query_planner().create_physical_plan(&plan, &*STATE).await?, STATE.task_ctx()))
}

/// Whatever would let two runs over the same rows differ, write somewhere, or never end.
fn refuse(plan: &LogicalPlan, text: &Text<'_>) -> std::result::Result<(), SqlFault> {
    let mut found = None;
    let walk = plan.apply_with_subqueries(|node| {
        found = refused_node(node, text);
        if found.is_none() {
            node.apply_expressions(|expr| {
                use datafusion::common::tree_node::TreeNode as _;
                expr.apply(|inner| {
                    found = refused_expr(inner, text);
                    Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
                })
            })?;
        }
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    match (found, walk) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(fault::of(&error, text, &Tables::new())),
        (None, Ok(_)) => Ok(()),
    }
}

fn refused_node(node: &LogicalPlan, text: &Text<'_>) -> Option<SqlFault> {
    match node {
        LogicalPlan::RecursiveQuery(_) => Some(SqlFault {
            message: "a recursive query may never end".to_owned(),
            at: text.word("recursive"),
            help: Some("write the steps out, or loop in a Python stage".to_owned()),
        }),
        LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_) => {
            Some(SqlFault {
                message: "a stage only reads: its result is the table that the SELECT gives".to_owned(),
                at: text.word("into"),
                help: None,
            })
        }
        _ => None,
    }
}

fn refused_expr(expr: &Expr, text: &Text<'_>) -> Option<SqlFault> {
    match expr {
        Expr::ScalarFunction(call) if call.func.signature().volatility != Volatility::Immutable => {
            let clock = call.func.signature().volatility == Volatility::Stable;
            let spellings = std::iter::once(call.func.name()).chain(call.func.aliases().iter().map(String::as_str));
            let at = spellings.clone().find_map(|name| text.word(name));
            let name = at.map_or_else(|| call.func.name().to_owned(), |range| text.slice(range).to_lowercase());
            let help = if clock {
                "give the stage a column with the time, made where the data was ingested"
            } else {
                "compute it where the data is ingested, or from columns"
            };
            Some(SqlFault {
                message: format!("`{name}` gives another answer on every run, and a run must be repeatable"),
                at,
                help: Some(help.to_owned()),
            })
        }
        Expr::Placeholder(placeholder) => Some(SqlFault {
            message: format!("`{}` has no value: SQL of a stage takes no parameters", placeholder.id),
            at: text
                .tokens()
                .iter()
                .find(|token| token.token.to_string() == placeholder.id)
                .and_then(|token| text.range(token.span)),
            help: None,
        }),
        Expr::ScalarVariable(_, names) => Some(SqlFault {
            message: format!("`{}` has no value: there are no variables here", names.join(".")),
            at: None,
            help: None,
        }),
        _ => None,
    }
}
