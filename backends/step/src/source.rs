//! Sources: what others write, read as it stands.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use mlp_engine::table::{TableSource, expand};
use mlp_plan::{External, Format, FormatPiece, Literal, Node, Value};
use mlp_store::Store;

use crate::{
    command::failed,
    context::RunInfo,
    node::Job,
    outcome::{Failure, NodeOutcome},
    output::Raw,
};

/// Every location that a value means: a range of days in an f-string gives one for each.
pub(crate) fn locations(value: &Value, run: &RunInfo) -> Result<Vec<String>, String> {
    let mut open = vec![value.clone()];
    if let Value::Format(pieces) = value {
        open = vec![Value::Format(Vec::new())];
        for piece in pieces {
            let choices = choices(piece, run)?;
            open = open
                .iter()
                .flat_map(|so_far| choices.iter().map(|choice| with_piece(so_far, choice.clone())))
                .collect();
        }
    }
    let mut found = Vec::new();
    for value in open {
        match value.evaluate(&run.context)? {
            Literal::Text(text) => found.push(text),
            Literal::List(items) => found.extend(items.iter().map(|item| match item {
                Literal::Text(text) => text.clone(),
                other => other.to_string(),
            })),
            other => return Err(format!("a location is text, not {other}")),
        }
    }
    Ok(found)
}

fn choices(piece: &FormatPiece, run: &RunInfo) -> Result<Vec<FormatPiece>, String> {
    let FormatPiece::Value { value, format } = piece else { return Ok(vec![piece.clone()]) };
    Ok(match value.evaluate(&run.context)? {
        Literal::List(items) => items
            .into_iter()
            .map(|item| FormatPiece::Value { value: Value::Literal(item), format: format.clone() })
            .collect(),
        one => vec![FormatPiece::Value { value: Value::Literal(one), format: format.clone() }],
    })
}

fn with_piece(so_far: &Value, piece: FormatPiece) -> Value {
    let mut pieces = match so_far {
        Value::Format(pieces) => pieces.clone(),
        _ => Vec::new(),
    };
    pieces.push(piece);
    Value::Format(pieces)
}

/// A location on this machine, relative to the package.
pub(crate) fn local(root: &Path, location: &str) -> Result<PathBuf, String> {
    let location = location.strip_prefix("file://").unwrap_or(location);
    if let Some((scheme, _)) = location.split_once("://") {
        return Err(format!("`{location}`: a local run reads and writes files of this machine, not `{scheme}://`"));
    }
    Ok(root.join(location))
}

/// The files behind a source, checked to be there and fresh.
fn files(node: &Node, root: &Path, external: &External, run: &RunInfo) -> Result<Vec<PathBuf>, Failure> {
    let fail = |text: String| Failure::new(format!("source `{}`: {text}", node.stage), &node.call);
    let mut paths = Vec::new();
    for location in locations(&external.location, run).map_err(fail)? {
        paths.push(local(root, &location).map_err(fail)?);
    }
    let relative = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let found = match external.format {
        Format::Parquet | Format::Csv | Format::Jsonl => expand(&paths, external.format).map_err(|error| {
            let named = paths
                .iter()
                .find(|path| !path.exists())
                .or(paths.first())
                .map(|path| relative(path))
                .unwrap_or_default();
            match error {
                mlp_engine::EngineError::Io { error, .. } if error.kind() == std::io::ErrorKind::NotFound => {
                    fail(format!("`{named}` does not exist"))
                }
                other => fail(other.to_string()),
            }
        })?,
        Format::File => {
            let mut found = Vec::new();
            for path in &paths {
                found.extend(globbed(path).map_err(fail)?);
            }
            if found.len() != 1 {
                return Err(fail(format!("one file is read, {} match", found.len())));
            }
            found
        }
        Format::Dir => {
            if let Some(missing) = paths.iter().find(|path| !path.is_dir()) {
                return Err(fail(format!("`{}` is not a folder", relative(missing))));
            }
            paths
        }
        Format::Postgres => {
            return Err(fail("a local run reads files; PostgreSQL is for targets that can reach it".to_owned()));
        }
    };
    fresh(external, &found).map_err(fail)?;
    Ok(found)
}

fn globbed(path: &Path) -> Result<Vec<PathBuf>, String> {
    if path.exists() {
        return Ok(vec![path.to_owned()]);
    }
    let text = path.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Err(format!("`{text}` does not exist"));
    }
    let mut found: Vec<PathBuf> = glob::glob(&text).map_err(|error| error.to_string())?.flatten().collect();
    found.sort();
    if found.is_empty() { Err(format!("nothing matches `{text}`")) } else { Ok(found) }
}

/// `freshness`: the newest file must not be older.
fn fresh(external: &External, files: &[PathBuf]) -> Result<(), String> {
    let Some(limit) = external.freshness else { return Ok(()) };
    let newest = files.iter().filter_map(|file| fs::metadata(file).ok()?.modified().ok()).max();
    let age = newest.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
    let age = i64::try_from(age.as_nanos()).unwrap_or(i64::MAX);
    if age <= limit {
        return Ok(());
    }
    let whole = age - age % 1_000_000_000;
    Err(format!(
        "its newest data is {} old, more than its freshness of {}",
        mlp_plan::duration_text(whole),
        mlp_plan::duration_text(limit)
    ))
}

/// Digests of a source's files, in order: what its key is made of.
pub(crate) fn digests(store: &Store, node: &Node, external: &External, run: &RunInfo) -> Result<Vec<String>, Failure> {
    let fail = |error: mlp_store::StoreError| Failure::new(format!("source `{}`: {error}", node.stage), &node.call);
    let mut found = Vec::new();
    for path in files(node, store.root(), external, run)? {
        if external.format == Format::Dir {
            let mut inside = Vec::new();
            inside_of(&path, &mut inside);
            inside.sort();
            for file in inside {
                let name = file.strip_prefix(&path).unwrap_or(&file).display().to_string();
                found.push(format!("{name}={}", store.file_digest(&file).map_err(fail)?));
            }
        } else {
            found.push(store.file_digest(&path).map_err(fail)?);
        }
    }
    Ok(found)
}

fn inside_of(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            inside_of(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Reads a source.
pub(crate) fn read(job: &Job<'_>, external: &External, out: &Path) -> Result<BTreeMap<String, Raw>, NodeOutcome> {
    let paths = files(job.node, job.store.root(), external, job.run).map_err(NodeOutcome::Failed)?;
    let Some(output) = job.node.outputs.first() else { return Ok(BTreeMap::new()) };
    let raw = match external.format {
        Format::Dir | Format::File => {
            let target = out.join(crate::input::file_name(&output.name, &output.artifact));
            for path in &paths {
                copy(path, &target)
                    .map_err(|error| failed(job, &format!("cannot read `{}`: {error}", path.display())))?;
            }
            Raw::Path(target)
        }
        format => Raw::Table(TableSource::Files { paths, format }),
    };
    Ok(BTreeMap::from([(output.name.clone(), raw)]))
}

/// Copies a file or folder.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Fails where what was read changed while it was: the digest in the key would be another's.
pub(crate) fn still_the_same(job: &Job<'_>, external: &External) -> Result<(), NodeOutcome> {
    let now = digests(job.store, job.node, external, job.run).map_err(NodeOutcome::Failed)?.join(" ");
    if job.key.components.get("files").is_some_and(|then| *then != now) {
        return Err(NodeOutcome::Infrastructure(
            Failure::new(
                format!("source `{}`: its files changed while they were read", job.node.stage),
                &job.node.call,
            )
            .help("write to a new name and rename it when it is whole"),
        ));
    }
    Ok(())
}
