//! `mlp runs`.

use std::path::PathBuf;

use mlp_store::{NodeRecord, RunRecord, Store, StoreError};

use super::Exit;
use crate::{
    args::{RunsCommand, Where},
    output::Output,
    program::path_of,
};

/// Tells what ran.
pub fn runs(at: &Where, command: Option<RunsCommand>, output: &Output) -> Exit {
    let store = opened(at, output)?;
    let failed = |error: StoreError| output.failure(&error.to_string(), None);
    match command.unwrap_or(RunsCommand::List { limit: 20 }) {
        RunsCommand::List { limit } => {
            let runs = store.runs(limit).map_err(failed)?;
            if runs.is_empty() {
                output.note("nothing ran here yet; `mlp run` runs a pipeline");
            }
            let rows = runs.iter().map(|run| {
                vec![
                    run.id.clone(),
                    run.pipeline.clone(),
                    run.state.word().to_owned(),
                    run.started.clone(),
                    counts(run),
                ]
            });
            output.result(&table(&["run", "pipeline", "state", "started", "nodes"], rows.collect()));
        }
        RunsCommand::Show { run } => {
            let run = found(&store, &run, output)?;
            output.result(&format!(
                "run {} of {}: {}\nstarted {} by {} on {}\n",
                run.id,
                run.pipeline,
                run.state.word(),
                run.started,
                run.author,
                run.host
            ));
            let nodes = store.nodes(&run.id).map_err(failed)?;
            output.result(&table(&["node", "state", "ms", "rows", "why"], nodes.iter().map(row).collect()));
            for node in &nodes {
                if let Some(error) = &node.error {
                    output.result(&format!("{}: {error}", node.node));
                }
                if let Some(decision) = &node.decision {
                    output.result(decision);
                }
            }
        }
        RunsCommand::Log { run, node } => {
            let run = found(&store, &run, output)?;
            let record = store.node(&run.id, &node).map_err(failed)?;
            let record = record.ok_or_else(|| output.failure(&format!("run {} has no node `{node}`", run.id), None))?;
            if record.logs.is_empty() {
                output.note(&format!("`{node}` wrote no log in this run ({})", record.cache.why));
            }
            for log in &record.logs {
                let path = store.state().join(log);
                let bytes = std::fs::read(&path)
                    .map_err(|error| output.failure(&format!("{}: {error}", path.display()), None))?;
                output.result(&String::from_utf8_lossy(&bytes));
            }
        }
        RunsCommand::Gc { keep } => {
            let lock = store.lock("mlp runs gc").map_err(failed)?;
            let collected = store.collect(keep, &lock).map_err(failed)?;
            output.result(&format!(
                "{} runs forgotten, {} objects removed, {} bytes freed",
                collected.runs, collected.objects, collected.bytes
            ));
        }
    }
    Ok(0)
}

/// The store of a package; it is not made where nothing ran.
pub fn opened(at: &Where, output: &Output) -> Result<Store, u8> {
    let path = path_of(at);
    let single = || path.is_file().then(|| path.parent().map(PathBuf::from).unwrap_or_default());
    let root = mlp_workspace::package_root(&path).or_else(single).ok_or_else(|| {
        let here = path.display();
        output.failure(&format!("{here}: there is no mlp.toml here or above; `mlp new NAME` makes a package"), None)
    })?;
    Store::open(&root).map_err(|error| output.failure(&error.to_string(), None))
}

fn found(store: &Store, id: &str, output: &Output) -> Result<RunRecord, u8> {
    let failed = |error: StoreError| output.failure(&error.to_string(), None);
    let run =
        if id == "last" { store.runs(1).map_err(failed)?.into_iter().next() } else { store.run(id).map_err(failed)? };
    run.ok_or_else(|| output.failure(&format!("there is no run `{id}`"), Some("`mlp runs list` shows them")))
}

fn counts(run: &RunRecord) -> String {
    run.counts.iter().map(|(state, count)| format!("{count} {state}")).collect::<Vec<_>>().join(", ")
}

fn row(node: &NodeRecord) -> Vec<String> {
    vec![
        node.node.clone(),
        node.state.word().to_owned(),
        node.millis.to_string(),
        node.rows.to_string(),
        node.cache.why.clone(),
    ]
}

/// Rows under their heads, in columns as wide as they need.
pub fn table(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut all = vec![heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>()];
    all.extend(rows);
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
