//! SQL stages: one SELECT over the inputs, in the embedded engine.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use mlp_engine::table::TableSource;
use mlp_plan::{Artifact, Contract};

use crate::{
    command::failed,
    input::{Placed, element},
    node::Job,
    outcome::NodeOutcome,
    output::Raw,
};

/// Runs the SELECT; its rows are the node's only output.
pub(crate) fn run(
    job: &Job<'_>,
    text: &str,
    placed: &BTreeMap<String, Placed>,
) -> Result<BTreeMap<String, Raw>, NodeOutcome> {
    let mut inputs: Vec<(String, Vec<std::path::PathBuf>, &Contract)> = Vec::new();
    for input in &job.node.inputs {
        let Artifact::Table { contract } = element(&input.expects) else { continue };
        let Some(contract) = job.index.plan.contract(contract) else {
            return Err(NodeOutcome::machinery(format!("the plan has no contract `{contract}`"), &job.node.place));
        };
        let paths = placed.get(&input.name).into_iter().flatten().flatten().cloned().collect();
        inputs.push((input.name.clone(), paths, contract));
    }
    let (schema, batches) = mlp_sql::execute(text, &inputs).map_err(|text| failed(job, &text))?;
    let Some(output) = job.node.outputs.first() else {
        return Err(failed(job, "a SELECT gives a table, the stage has no output"));
    };
    // Without rows there is still a schema to check.
    let batches = if batches.is_empty() { vec![RecordBatch::new_empty(schema)] } else { batches };
    Ok(BTreeMap::from([(output.name.clone(), Raw::Table(TableSource::Batches(batches)))]))
}
