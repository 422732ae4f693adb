//! The standard library: the engine's stages, and `pick`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use mlp_engine::metrics::read_report;
use mlp_plan::{Artifact, Literal, Node, Run};

use crate::{
    command::{failed, of_engine},
    input::{Placed, element, file_name},
    node::Job,
    outcome::NodeOutcome,
    output::Raw,
};

/// Whether a node is `pick`.
pub(crate) fn is_pick(node: &Node) -> bool {
    matches!(&node.run, Run::Builtin { name } if name == "pick" || name.ends_with(".pick"))
}

/// Runs one stage of the standard library.
pub(crate) fn run(
    job: &Job<'_>,
    name: &str,
    placed: &BTreeMap<String, Placed>,
    params: &BTreeMap<String, Literal>,
    out: &Path,
) -> Result<BTreeMap<String, Raw>, NodeOutcome> {
    if is_pick(job.node) {
        return pick(job, placed, params);
    }
    let inputs: BTreeMap<String, Vec<PathBuf>> =
        placed.iter().map(|(name, paths)| (name.clone(), paths.iter().flatten().cloned().collect())).collect();
    let outputs: BTreeMap<String, PathBuf> = job
        .node
        .outputs
        .iter()
        .map(|output| {
            // An evaluation fills a folder.
            let report = matches!(output.artifact, Artifact::Report { .. });
            (
                output.name.clone(),
                out.join(if report { output.name.clone() } else { file_name(&output.name, &output.artifact) }),
            )
        })
        .collect();
    mlp_engine::builtins::run_builtin(name, &inputs, params, &outputs).map_err(|error| of_engine(job, &error))?;
    Ok(outputs.into_iter().map(|(name, path)| (name, Raw::Path(path))).collect())
}

/// The best candidate by a metric of its report: the first of equals; unknown is passed over.
fn pick(
    job: &Job<'_>,
    placed: &BTreeMap<String, Placed>,
    params: &BTreeMap<String, Literal>,
) -> Result<BTreeMap<String, Raw>, NodeOutcome> {
    let (metric, highest) =
        wanted(params).ok_or_else(|| failed(job, "`pick` needs `highest` or `lowest`, and a metric"))?;
    let is_report = |name: &str| {
        job.node
            .inputs
            .iter()
            .any(|input| input.name == name && matches!(element(&input.expects), Artifact::Report { .. }))
    };
    // Candidates may be reports themselves: then the input is the one called so.
    let named =
        |wanted: &str| job.node.inputs.iter().find(|input| input.name == wanted).map(|input| input.name.clone());
    let reports = named("reports")
        .or_else(|| job.node.inputs.iter().map(|input| input.name.clone()).find(|name| is_report(name)));
    let reports = reports.ok_or_else(|| failed(job, "`pick` needs reports"))?;
    let candidates = job.node.inputs.iter().map(|input| input.name.clone()).find(|name| *name != reports);
    let candidates =
        candidates.and_then(|name| job.resolved(&name)).ok_or_else(|| failed(job, "`pick` needs candidates"))?;
    let paths = placed.get(&reports).map(Vec::as_slice).unwrap_or_default();
    let mut best: Option<(f64, usize)> = None;
    for (number, (path, candidate)) in paths.iter().zip(candidates.each()).enumerate() {
        let (Some(path), Some(_)) = (path, candidate) else { continue };
        let report = read_report(path).map_err(|error| of_engine(job, &error))?;
        let Ok(value) = report.value(&metric) else { continue };
        if best.is_none_or(|(known, _)| if highest { value > known } else { value < known }) {
            best = Some((value, number));
        }
    }
    let Some((value, number)) = best else {
        return Err(failed(job, &format!("`{metric}` is unknown in every report, so that no candidate is the best")));
    };
    (job.notes)(&format!("{}: candidate {} of {} with {metric} = {value}", job.node.id, number + 1, paths.len()));
    let stored = candidates.each().nth(number).flatten().cloned();
    let name = job.node.outputs.first().map_or_else(|| "result".to_owned(), |output| output.name.clone());
    Ok(BTreeMap::from([(name, Raw::Stored(stored))]))
}

/// `highest: auc` as parameters: `{metric: "auc", direction: "highest"}`, or `{highest: "auc"}`.
fn wanted(params: &BTreeMap<String, Literal>) -> Option<(String, bool)> {
    let text = |name: &str| match params.get(name) {
        Some(Literal::Text(text)) => Some(text.clone()),
        _ => None,
    };
    if let Some(metric) = text("highest") {
        return Some((metric, true));
    }
    if let Some(metric) = text("lowest") {
        return Some((metric, false));
    }
    match text("direction")?.as_str() {
        "highest" | "higher" | "max" => Some((text("metric")?, true)),
        "lowest" | "lower" | "min" => Some((text("metric")?, false)),
        _ => None,
    }
}
