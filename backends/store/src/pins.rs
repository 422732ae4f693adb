//! What the rungs held when a run began.

use std::{collections::BTreeMap, fs, io::Write as _};

use object_store::PutMode;

use crate::{
    Result, Store, StoreError, Stored,
    file::{make_folder, temporary},
    remote::Remote,
    with_path,
};

/// What each `Model.rung` held.
type Pins = BTreeMap<String, Option<Stored>>;

const FILE: &str = "rungs.json";

impl Store {
    /// What the rungs held when the first node of the run asked: written once, read by all that follow.
    ///
    /// # Errors
    /// Where it cannot be read or written.
    pub fn pin_rungs(&self, run: &str) -> Result<Pins> {
        if let Some(remote) = &self.remote {
            return self.pin_there(remote, &format!("runs/{run}/{FILE}"));
        }
        let folder = self.run_folder(run);
        let path = folder.join(FILE);
        if !path.exists() {
            make_folder(&folder)?;
            let mut file = with_path("write", &path, temporary(&folder))?;
            with_path("write", &path, file.write_all(self.held_now()?.as_bytes()))?;
            // Whoever comes second reads what the first wrote.
            let _ = file.persist_noclobber(&path);
        }
        let text = with_path("read", &path, fs::read_to_string(&path))?;
        serde_json::from_str(&text).map_err(|error| StoreError::Record(format!("{}: {error}", path.display())))
    }

    fn pin_there(&self, remote: &Remote, name: &str) -> Result<Pins> {
        let wrong = |why: String| StoreError::Record(format!("{}: {why}", remote.name(name)));
        let read = || Ok(remote.get(name)?.map(|(bytes, _)| bytes));
        let bytes = match read()? {
            Some(bytes) => bytes,
            None => {
                let held = self.held_now()?.into_bytes();
                // Whoever comes second reads what the first wrote.
                if remote.put(name, held.clone(), PutMode::Create)? {
                    held
                } else {
                    read()?.ok_or_else(|| wrong("another wrote it at the same time; try again".to_owned()))?
                }
            }
        };
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))
    }

    fn held_now(&self) -> Result<String> {
        let rungs = self.rungs()?.into_iter();
        let held: Pins = rungs.map(|entry| (format!("{}.{}", entry.model, entry.rung), Some(entry.artifact))).collect();
        mlp_plan::canonical(&held).map_err(|error| StoreError::Record(error.to_string()))
    }
}
