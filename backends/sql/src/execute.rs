//! Runs a SELECT over Parquet files.

use std::{path::PathBuf, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    compute::{CastOptions, cast_with_options},
    datatypes::{Fields, Schema, SchemaRef},
    error::ArrowError,
};
use datafusion::{
    catalog::default_table_source::provider_as_source, common::DataFusionError, logical_expr::LogicalPlan,
};
use futures::StreamExt as _;
use mlp_engine::table::arrow_type;
use mlp_plan::{Column, Contract};
use mlp_ports::{SqlColumn, SqlFault, SqlInput};

use crate::{
    checker::{checked, deep},
    fault, planner,
    planner::Tables,
    table::ContractTable,
};

/// The rows that a SELECT gives over its inputs: name in SQL, Parquet files (or folders of them), the contract by which they are read.
///
/// The schema is exactly what [`DataFusionChecker`](crate::DataFusionChecker) infers, in the Arrow types of the language; the rows and their order are the same on
/// every run. Inputs are streamed, the result is held in memory.
///
/// # Errors
/// In words: where the SELECT does not check, a file cannot be read or does not fit its contract, a computation fails (a division by zero, text that is no
/// date), or a null stands in a column that was proven to have none.
pub fn execute(
    sql: &str,
    inputs: &[(String, Vec<PathBuf>, &Contract)],
) -> Result<(SchemaRef, Vec<RecordBatch>), String> {
    deep(|| run(sql, inputs)).unwrap_or_else(|| Err("the SQL engine gave up on this query".to_owned()))
}

fn run(sql: &str, inputs: &[(String, Vec<PathBuf>, &Contract)]) -> Result<(SchemaRef, Vec<RecordBatch>), String> {
    let columns: Vec<Vec<Column>> = inputs.iter().map(|(_, _, contract)| effective(contract)).collect();
    let known: Vec<SqlInput<'_>> =
        inputs.iter().zip(&columns).map(|((name, _, _), columns)| SqlInput { name, columns }).collect();
    let mut tables = Tables::new();
    for (name, paths, contract) in inputs {
        tables.insert(name.clone(), provider_as_source(Arc::new(ContractTable::new(contract, paths))));
    }
    let (plan, given) = checked(sql, &known, &tables).map_err(said)?;
    let schema = schema_of(&given);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let batches = runtime.block_on(collect(&plan, &schema))?;
    Ok((schema, batches))
}

/// The columns with the null-ness that holds: a key is never null.
fn effective(contract: &Contract) -> Vec<Column> {
    let mut columns = contract.columns.clone();
    for column in &mut columns {
        column.value.nullable = contract.may_be_null(column);
    }
    columns
}

fn said(fault: SqlFault) -> String {
    fault.help.map_or_else(|| fault.message.clone(), |help| format!("{}; {help}", fault.message))
}

fn schema_of(columns: &[SqlColumn]) -> SchemaRef {
    let field =
        |column: &SqlColumn| arrow::datatypes::Field::new(&column.name, arrow_type(&column.data), column.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Fields>()))
}

async fn collect(plan: &LogicalPlan, schema: &SchemaRef) -> Result<Vec<RecordBatch>, String> {
    let (physical, context) = planner::physical(plan).await.map_err(|error| words(&error))?;
    let mut batches = Vec::new();
    // One after the other, never merged as they come: the order of rows is part of the result.
    for partition in 0..physical.properties().partitioning.partition_count() {
        let mut stream = physical.execute(partition, Arc::clone(&context)).map_err(|error| words(&error))?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| words(&error))?;
            if batch.num_rows() > 0 {
                batches.push(finished(&batch, schema)?);
            }
        }
    }
    Ok(batches)
}

/// The batch in the types and under the names that were inferred.
fn finished(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let mut columns = Vec::new();
    for (column, field) in batch.columns().iter().zip(schema.fields()) {
        if !field.is_nullable() && column.logical_null_count() > 0 {
            return Err(format!(
                "column `{}` holds a null, though by the rules it cannot: please report this query",
                field.name()
            ));
        }
        let cast = cast_with_options(column, field.data_type(), &exact);
        columns.push(cast.map_err(|error| format!("column `{}`: {error}", field.name()))?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options).map_err(|error| error.to_string())
}

fn words(error: &DataFusionError) -> String {
    match error.find_root() {
        DataFusionError::ArrowError(error, _) if matches!(**error, ArrowError::ArithmeticOverflow(_)) => {
            let said = error.to_string();
            let sum = said.rsplit(": ").next().unwrap_or_default();
            format!("{sum} does not fit its type; cast one side to a wider one, as in `cast(x as bigint)`")
        }
        DataFusionError::ArrowError(error, _) => fault::in_our_words(&error.to_string()),
        root => fault::in_our_words(&root.strip_backtrace()),
    }
}
