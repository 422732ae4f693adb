//! Manifests: what a node of a run made, written last.

use std::{collections::BTreeMap, fs, io, path::PathBuf};

use object_store::PutMode;
use serde::{Deserialize, Serialize};

use crate::{Outputs, Result, Store, StoreError, file, with_path};

/// What a node of a run made, and from what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The run.
    pub run: String,
    /// The pipeline.
    pub pipeline: String,
    /// The node.
    pub node: String,
    /// Its key in the cache.
    pub key: String,
    /// What it made; `null` where none flowed.
    pub outputs: Outputs,
    /// What it read, by digest.
    #[serde(default)]
    pub inputs: BTreeMap<String, Vec<String>>,
    /// Interpreter, platform, seed, package versions: what the work was done with.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// The run whose result was taken, where it came from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_from: Option<String>,
    /// When it began, UTC.
    pub started: String,
    /// When it ended, UTC.
    pub finished: String,
}

impl Store {
    fn manifest_path(&self, run: &str, node: &str) -> PathBuf {
        self.run_folder(run).join(format!("{node}.json"))
    }

    /// Writes a node's manifest: from here on its outputs exist for others. `flush` waits for the disk; otherwise the next [`Store::sync`] does. In a
    /// bucket it follows the outputs' objects.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write_manifest(&self, manifest: &Manifest, flush: bool) -> Result<()> {
        if let Some(remote) = &self.remote {
            manifest.outputs.values().flatten().try_for_each(|stored| self.share(stored))?;
            let text = mlp_plan::canonical(manifest).map_err(|error| StoreError::Record(error.to_string()))?;
            let name = remote_name(&manifest.run, &manifest.node);
            return remote.put(&name, text.into_bytes(), PutMode::Overwrite).map(drop);
        }
        let path = self.manifest_path(&manifest.run, &manifest.node);
        if let Some(folder) = path.parent() {
            file::make_folder(folder)?;
        }
        let text = mlp_plan::canonical(manifest).map_err(|error| StoreError::Record(error.to_string()))?;
        if flush {
            self.sync()?;
            file::write_atomically(&path, text.as_bytes())
        } else {
            file::write_unflushed(&path, text.as_bytes())
        }
    }

    /// The manifest of a node, where it has one.
    ///
    /// # Errors
    /// Where it cannot be read or is not one.
    pub fn read_manifest(&self, run: &str, node: &str) -> Result<Option<Manifest>> {
        if let Some(remote) = &self.remote {
            // Never a copy: a node that was tried again has written another.
            let name = remote_name(run, node);
            let Some((bytes, _)) = remote.get(&name)? else { return Ok(None) };
            let wrong = |error| StoreError::Record(format!("{}: {error}", remote.name(&name)));
            return serde_json::from_slice(&bytes).map(Some).map_err(wrong);
        }
        let path = self.manifest_path(run, node);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => with_path("read", &path, other)?,
        };
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| StoreError::Record(format!("{}: {error}", path.display())))
    }
}

fn remote_name(run: &str, node: &str) -> String {
    format!("runs/{run}/{node}.json")
}
