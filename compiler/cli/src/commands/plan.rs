//! `mlp plan`.

use mlp_plan::Plan;
use mlp_workspace::Override;

use super::Exit;
use crate::{
    args::Where,
    output::Output,
    program::{loaded, path_of, pipeline_of, planned},
};

/// Prints the plan.
pub fn plan(pipeline: Option<&str>, at: &Where, target: &str, schema: bool, output: &Output) -> Exit {
    let json = if schema {
        mlp_plan::canonical(&Plan::json_schema())
    } else {
        let loaded = loaded(&path_of(at), output)?;
        let mut plan = planned(&loaded, target, &Override::new(), output)?;
        if pipeline.is_some() {
            let name = pipeline_of(&plan, pipeline, output)?;
            plan.pipelines.retain(|known, _| *known == name);
        }
        plan.to_json()
    };
    output.result(&json.map_err(|error| output.failure(&format!("the plan cannot be written: {error}"), None))?);
    Ok(0)
}
