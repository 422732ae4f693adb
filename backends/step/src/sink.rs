//! Sinks: what the pipeline writes for others, whole or not at all.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::{BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::SchemaRef,
};
use mlp_engine::{
    EngineError,
    table::{Options, TableSource, digest::Digests, read_all, write_table},
};
use mlp_plan::{Artifact, Contract, External, Format, WriteMode};
use mlp_store::{StoreError, Written, digest_path};

use crate::{
    command::{failed, of_engine},
    input::{Placed, element},
    node::{Facts, Job},
    outcome::NodeOutcome,
    source::{copy, local, locations},
    table::{self, Delivered},
};

/// Where a sink writes in this run.
///
/// # Errors
/// In words, where a parameter is missing or the location is not one of this machine.
pub fn location(job: &Job<'_>, to: &External) -> Result<PathBuf, String> {
    match locations(&to.location, job.run)?.as_slice() {
        [one] => local(job.store.root(), one),
        many => Err(format!("a sink writes to one place, not to {}", many.len())),
    }
}

/// The path, where all that this node would write is there already, unchanged.
pub(crate) fn is_current(job: &Job<'_>, to: &External, mode: WriteMode) -> Result<Option<String>, StoreError> {
    let Ok(target) = location(job, to) else { return Ok(None) };
    let name = target.to_string_lossy().into_owned();
    let (own, last) = job.store.written(&name, &job.key.digest)?;
    let (Some(own), Some(last)) = (own, last) else { return Ok(None) };
    // What was added stays added, whoever added more since; what was replaced or merged may have been overwritten.
    if mode != WriteMode::Append && own != last {
        return Ok(None);
    }
    let there = if target.is_dir() {
        digest_path(&target).is_ok_and(|found| found.digest == last.stored.digest)
    } else {
        target.is_file() && job.store.file_digest(&target).is_ok_and(|found| found == last.stored.digest)
    };
    Ok(there.then(|| target.strip_prefix(job.store.root()).unwrap_or(&target).display().to_string()))
}

/// Writes the node's input.
pub(crate) fn write(
    job: &Job<'_>,
    to: &External,
    mode: WriteMode,
    placed: &BTreeMap<String, Placed>,
    work: &Path,
    facts: &mut Facts,
) -> Result<(), NodeOutcome> {
    let target = location(job, to).map_err(|text| failed(job, &text))?;
    let Some((input, source)) = job.node.inputs.iter().find_map(|input| {
        let path = placed.get(&input.name)?.iter().flatten().next()?;
        Some((input, path.clone()))
    }) else {
        return Err(failed(job, "a sink needs something to write"));
    };
    let shown = target.strip_prefix(job.store.root()).unwrap_or(&target).display().to_string();
    let io = |error: io::Error| NodeOutcome::machinery(words(&shown, &error), &job.node.call);
    let parent = target.parent().unwrap_or(Path::new("/")).to_owned();
    fs::create_dir_all(&parent).map_err(io)?;
    let staged = tempfile::Builder::new().prefix(".mlp-").tempdir_in(&parent).map_err(io)?;
    let whole = staged.path().join("new");
    match (to.format, element(&input.expects)) {
        (Format::Parquet | Format::Csv | Format::Jsonl, Artifact::Table { contract }) => {
            let Some(contract) = job.index.plan.contract(contract) else {
                return Err(NodeOutcome::machinery(format!("the plan has no contract `{contract}`"), &job.node.call));
            };
            let table = TableSink { job, contract, format: to.format, mode, target: &target, work };
            facts.rows = table.write(&source, &whole)?;
        }
        (Format::Postgres, _) => {
            return Err(failed(job, "a local run writes files; PostgreSQL is for targets that can reach it"));
        }
        // the rows behind a report stay in the store
        (Format::File, Artifact::Report { .. }) if source.is_dir() => {
            copy(&source.join(mlp_engine::metrics::REPORT_FILE), &whole).map_err(io)?;
        }
        (Format::Dir | Format::File, _) => copy(&source, &whole).map_err(io)?,
        (format, _) => return Err(failed(job, &format!("{format:?} holds tables only"))),
    }
    if target.is_dir() && !whole.is_dir() {
        let why = format!(
            "cannot write `{shown}`: a folder is there, and a file would take its place with all that it holds"
        );
        return Err(NodeOutcome::machinery(why, &job.node.call));
    }
    let stored = digest_path(&whole).map_err(|error| NodeOutcome::machinery(error, &job.node.call))?;
    facts.bytes = stored.bytes;
    // Recorded first: if we die before the rename, what is there is not what is recorded, and it is written again; never twice.
    let written = Written { path: target.to_string_lossy().into_owned(), key: job.key.digest.clone(), stored };
    job.store.remember_written(&written).map_err(|error| NodeOutcome::machinery(error, &job.node.call))?;
    put(&whole, &target, staged.path()).map_err(io)
}

fn words(path: &str, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "the disk is full".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    format!("cannot write `{path}`: {why}")
}

/// Moves what is whole to its place; a folder that is there makes way and goes.
fn put(whole: &Path, target: &Path, staged: &Path) -> io::Result<()> {
    flush(whole)?;
    if target.is_dir() {
        fs::rename(target, staged.join("old"))?;
    }
    fs::rename(whole, target)?;
    target.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn flush(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            flush(&entry?.path())?;
        }
    }
    File::open(path)?.sync_all()
}

struct TableSink<'a> {
    job: &'a Job<'a>,
    contract: &'a Contract,
    format: Format,
    mode: WriteMode,
    target: &'a Path,
    work: &'a Path,
}

impl TableSink<'_> {
    /// Writes the new state of the table to `whole`, and gives the rows that came in.
    fn write(&self, source: &Path, whole: &Path) -> Result<u64, NodeOutcome> {
        let wrong = |error: EngineError| of_engine(self.job, &error);
        let (schema, added) = read_all(&[source.to_owned()]).map_err(wrong)?;
        let rows = added.iter().map(|batch| batch.num_rows() as u64).sum();
        let existing = match self.mode {
            WriteMode::Replace => Vec::new(),
            WriteMode::Append => self.existing(&schema)?,
            WriteMode::Merge => {
                let key = self.contract.keys.first().ok_or_else(|| {
                    failed(self.job, &format!("`merge` needs a key, {} has none", self.contract.name))
                })?;
                without(&self.existing(&schema)?, &added, key).map_err(wrong)?
            }
        };
        let all: Vec<RecordBatch> = existing.into_iter().chain(added).collect();
        write_table(whole, self.format, &schema, &all).map_err(wrong)?;
        Ok(rows)
    }

    /// What is there, under the contract.
    fn existing(&self, schema: &SchemaRef) -> Result<Vec<RecordBatch>, NodeOutcome> {
        if !self.target.exists() {
            return Ok(Vec::new());
        }
        let source = TableSource::Files { paths: vec![self.target.to_owned()], format: self.format };
        let out = self.work.join("checked").join("existing.parquet");
        let wrong =
            |text: &str| failed(self.job, &format!("what `{}` holds does not fit: {text}", self.target.display()));
        let rules: Vec<mlp_plan::Rule> =
            self.contract.columns.iter().map(|column| mlp_plan::Rule::Type { column: column.name.clone() }).collect();
        match table::deliver(&source, self.contract, &rules, None, &out, &Options::default())
            .map_err(|error| wrong(&error.to_string()))?
        {
            Delivered::Fine { .. } => {}
            Delivered::Broken { violations } => {
                return Err(wrong(&violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")));
            }
        }
        let (_, batches) = read_all(&[out]).map_err(|error| wrong(&error.to_string()))?;
        let same = |batch: RecordBatch| batch.with_schema(Arc::clone(schema));
        batches.into_iter().map(same).collect::<Result<_, _>>().map_err(|error| wrong(&error.to_string()))
    }
}

/// The rows of `existing` whose key does not occur in `added`.
fn without(existing: &[RecordBatch], added: &[RecordBatch], key: &[String]) -> Result<Vec<RecordBatch>, EngineError> {
    let digests = |batch: &RecordBatch| -> Result<Vec<u128>, EngineError> {
        let columns: Vec<_> = key.iter().filter_map(|name| batch.column_by_name(name).cloned()).collect();
        Ok(Digests::of(&columns, batch.num_rows(), 0)?.full().collect())
    };
    let mut new = HashSet::new();
    for batch in added {
        new.extend(digests(batch)?);
    }
    let mut kept = Vec::new();
    for batch in existing {
        let keep: BooleanArray = digests(batch)?.iter().map(|digest| Some(!new.contains(digest))).collect();
        kept.push(filter_record_batch(batch, &keep)?);
    }
    Ok(kept)
}
