//! `mlp graph`.

use mlp_workspace::Override;

use super::Exit;
use crate::{
    args::{Drawing, Where},
    output::Output,
    program::{loaded, path_of, pipeline_of, planned},
};

/// Draws a pipeline.
pub fn graph(pipeline: Option<&str>, at: &Where, format: Drawing, output: &Output) -> Exit {
    let loaded = loaded(&path_of(at), output)?;
    let plan = planned(&loaded, "local", &Override::new(), output)?;
    let name = pipeline_of(&plan, pipeline, output)?;
    let drawn = match format {
        Drawing::Svg => mlp_graph::svg(&plan, &name),
        Drawing::Html => mlp_graph::html(&plan, &name),
        Drawing::Mermaid => mlp_graph::mermaid(&plan, &name),
        Drawing::Dot => mlp_graph::dot(&plan, &name),
    };
    output.result(&drawn.unwrap_or_default());
    Ok(0)
}
