//! An input as the engine's table: Parquet files under a contract, streamed, only the columns that the query reads.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::SchemaRef,
};
use async_trait::async_trait;
use datafusion::{
    catalog::{Session, TableProvider},
    common::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::{Expr, TableType},
    physical_plan::{
        ExecutionPlan,
        stream::RecordBatchStreamAdapter,
        streaming::{PartitionStream, StreamingTableExec},
    },
};
use mlp_engine::table::{
    arrow_schema,
    cast::Origin,
    conform::Conformer,
    expand,
    read::{Part, Reading, open},
};
use mlp_plan::{Contract, Format};

/// Files that hold one table.
#[derive(Debug)]
pub struct ContractTable {
    contract: Arc<Contract>,
    paths: Vec<PathBuf>,
    schema: SchemaRef,
}

impl ContractTable {
    /// The table in some files, read as its contract says.
    pub fn new(contract: &Contract, paths: &[PathBuf]) -> Self {
        Self { contract: Arc::new(contract.clone()), paths: paths.to_vec(), schema: arrow_schema(contract) }
    }
}

#[async_trait]
impl TableProvider for ContractTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = match projection {
            Some(kept) => Arc::new(self.schema.project(kept)?),
            None => Arc::clone(&self.schema),
        };
        let rows =
            Rows { contract: Arc::clone(&self.contract), paths: self.paths.clone(), schema: Arc::clone(&schema) };
        Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, [], false, limit)?))
    }
}

/// The rows of the files, one after the other, cut to some columns.
#[derive(Clone, Debug)]
struct Rows {
    contract: Arc<Contract>,
    paths: Vec<PathBuf>,
    schema: SchemaRef,
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(self.clone().batches())))
    }
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

impl Rows {
    fn batches(self) -> Batches {
        let files = match expand(&self.paths, Format::Parquet) {
            Ok(files) => files,
            Err(error) => return failed(external(error)),
        };
        Box::new(files.into_iter().flat_map(move |path| self.file(&path)))
    }

    fn file(&self, path: &std::path::Path) -> Batches {
        let wanted = self.contract.columns.iter().filter(|column| self.wants(&column.name));
        let names: BTreeSet<String> =
            wanted.flat_map(|column| std::iter::once(column.name.clone()).chain(column.was.clone())).collect();
        let reading = Reading { contract: Some(&self.contract), columns: Some(&names), ..Reading::default() };
        match open(path, Format::Parquet, reading) {
            Err(error) => failed(external(error)),
            Ok(Part { schema, batches, .. }) => {
                let rows = self.clone();
                Box::new(batches.map(move |batch| rows.conform(&batch.map_err(external)?, &schema)))
            }
        }
    }

    fn wants(&self, column: &str) -> bool {
        self.schema.column_with_name(column).is_some()
    }

    /// The columns that are asked for, in their contract's types. What does not fit was refused at the edge before this stage ran, so here it is an error.
    fn conform(&self, batch: &RecordBatch, source: &SchemaRef) -> Result<RecordBatch> {
        let conformer =
            Conformer::new(&self.contract, source, Origin::default(), &|name| !self.wants(name)).map_err(external)?;
        if let Some((at, words)) = conformer.refusals().next() {
            return Err(misfit(&self.contract, at, words));
        }
        let conformed = conformer.conform(batch).map_err(external)?;
        if let Some(at) = conformed.failed.iter().position(|failed| failed.as_ref().is_some_and(|rows| rows.has_true()))
        {
            return Err(misfit(&self.contract, at, "a value is not of the contract's type"));
        }
        let mut columns = Vec::new();
        for field in self.schema.fields() {
            let column = conformed.batch.column_by_name(field.name());
            let column =
                column.ok_or_else(|| DataFusionError::Execution(format!("column `{}` is missing", field.name())))?;
            columns.push(arrow::compute::cast(column, field.data_type())?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

fn misfit(contract: &Contract, at: usize, words: &str) -> DataFusionError {
    let column = contract.columns.get(at).map_or("?", |column| column.name.as_str());
    DataFusionError::Execution(format!("column `{column}` of `{}`: {words}", contract.name))
}

fn failed(error: DataFusionError) -> Batches {
    Box::new(std::iter::once(Err(error)))
}

fn external(error: mlp_engine::EngineError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
