//! What a stage delivered: is it there, is it what it should be, does it keep its contract; then published.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mlp_engine::{metrics::read_report, table::TableSource};
use mlp_plan::{Artifact, Format, Output};
use mlp_store::{Outputs, Stored};

use crate::{
    command::failed,
    input::file_name,
    node::{Facts, Job},
    outcome::{Breach, NodeOutcome},
    place::keep,
    table::{self, Delivered},
};

/// What a node delivered for one output.
pub(crate) enum Raw {
    /// A file or folder; of a table in Parquet.
    Path(PathBuf),
    /// A table, from wherever it comes.
    Table(TableSource),
    /// In the store already (`pick`).
    Stored(Option<Stored>),
}

/// Checks every output, and publishes them only when all of them hold.
pub(crate) fn publish(
    job: &Job<'_>,
    mut raw: BTreeMap<String, Raw>,
    checked: &Path,
    references: BTreeMap<String, Vec<PathBuf>>,
    facts: &mut Facts,
) -> Result<Outputs, NodeOutcome> {
    let python = job.node.run.python().is_some();
    let mut options = job.table_options(python);
    options.references = references;
    let mut ready: Vec<(&Output, Ready)> = Vec::new();
    for output in &job.node.outputs {
        if output.artifact == Artifact::Nothing {
            continue;
        }
        let Some(raw) = raw.remove(&output.name) else {
            return Err(failed(job, &format!("output `{}` was not delivered", output.name)));
        };
        ready.push((output, check(job, output, raw, checked, &mut options, facts)?));
    }
    let mut outputs = Outputs::new();
    for (output, ready) in ready {
        let stored = match ready {
            Ready::Stored(stored) => stored,
            Ready::Path(path, rows) => {
                let mut stored =
                    job.store.publish(&path).map_err(|error| NodeOutcome::machinery(error, &job.node.place))?;
                stored.rows = rows;
                Some(stored)
            }
        };
        facts.rows += stored.as_ref().and_then(|stored| stored.rows).unwrap_or_default();
        facts.bytes += stored.as_ref().map_or(0, |stored| stored.bytes);
        outputs.insert(output.name.clone(), stored);
    }
    Ok(outputs)
}

/// An output that holds.
enum Ready {
    Stored(Option<Stored>),
    Path(PathBuf, Option<u64>),
}

fn check(
    job: &Job<'_>,
    output: &Output,
    raw: Raw,
    checked: &Path,
    options: &mut mlp_engine::table::Options,
    facts: &mut Facts,
) -> Result<Ready, NodeOutcome> {
    let source = match raw {
        Raw::Stored(stored) => return Ok(Ready::Stored(stored)),
        Raw::Table(source) => source,
        Raw::Path(path) => {
            present(job, output, &path)?;
            match &output.artifact {
                Artifact::Table { .. } => TableSource::Files { paths: vec![path], format: Format::Parquet },
                _ => return plain(job, output, path, facts),
            }
        }
    };
    let Artifact::Table { contract: name } = &output.artifact else {
        return Err(failed(job, &format!("output `{}` is not a table", output.name)));
    };
    let Some(contract) = job.index.plan.contract(name) else {
        return Err(NodeOutcome::machinery(format!("the plan has no contract `{name}`"), &job.node.place));
    };
    let target = checked.join(file_name(&output.name, &output.artifact));
    let kept = job.store.state().join("rejected").join(&job.run.context.id).join(&job.node.id);
    let rejects = kept.join(format!("{}-rows.parquet", output.name));
    options.rejects = fs::create_dir_all(&kept).is_ok().then(|| rejects.clone());
    facts.checks += output.checks.len() as u64;
    let delivered = table::deliver(&source, contract, &output.checks, job.node.rejects.as_ref(), &target, options);
    let delivered = delivered.map_err(|error| match error.of_machine() {
        Some(machine) => {
            NodeOutcome::machinery(format!("output `{}` cannot be kept: {machine}", output.name), &job.node.place)
        }
        None => failed(job, &format!("output `{}` cannot be read: {error}", output.name)),
    })?;
    if !rejects.exists() && fs::remove_dir(&kept).is_ok() {
        let _ = kept.parent().map(fs::remove_dir);
    }
    match delivered {
        Delivered::Fine { rows, rejected, warnings } => {
            facts.rejected += rejected;
            facts.warnings.extend(warnings);
            Ok(Ready::Path(target, Some(rows)))
        }
        Delivered::Broken { violations } => {
            let files = match &source {
                TableSource::Files { paths, .. } if !matches!(job.node.run, mlp_plan::Run::Read(_)) => paths.clone(),
                _ => Vec::new(),
            };
            let whole =
                keep(job.store, &job.run.context.id, &job.node.id, &file_name(&output.name, &output.artifact), &files);
            Err(NodeOutcome::Broken(Box::new(Breach {
                contract: name.clone(),
                edge: format!("output `{}` of `{}`", output.name, job.node.id),
                violations,
                place: job.node.call.clone(),
                kept: whole.or_else(|| rejects.exists().then_some(rejects)),
            })))
        }
    }
}

fn present(job: &Job<'_>, output: &Output, path: &Path) -> Result<(), NodeOutcome> {
    let Ok(meta) = fs::metadata(path) else {
        return Err(failed(job, &format!("it ended well, but did not make its output `{}`", output.name)));
    };
    let (wants, folder) = match &output.artifact {
        Artifact::Model { .. } => ("a model is a folder", true),
        Artifact::Dir => ("it must be a folder", true),
        Artifact::File { .. } => ("it must be a file", false),
        _ => return Ok(()),
    };
    if meta.is_dir() != folder {
        let found = if meta.is_dir() { "a folder" } else { "a file" };
        return Err(failed(job, &format!("output `{}`: {wants}, the stage made {found}", output.name)));
    }
    if folder
        && matches!(output.artifact, Artifact::Model { .. })
        && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
    {
        return Err(failed(job, &format!("output `{}`: the model's folder is empty", output.name)));
    }
    Ok(())
}

/// Outputs that are no tables.
fn plain(job: &Job<'_>, output: &Output, path: PathBuf, facts: &mut Facts) -> Result<Ready, NodeOutcome> {
    if matches!(output.artifact, Artifact::Report { .. }) {
        let report = read_report(&path)
            .map_err(|error| failed(job, &format!("output `{}` is not a report: {error}", output.name)))?;
        facts.metrics.extend(report.values.iter().map(|(name, value)| (name.clone(), value.value)));
    }
    Ok(Ready::Path(path, None))
}
