//! `contracts.lock`: read for transitive modes, written by `mlp diff --record`.

use std::path::{Path, PathBuf};

use mlp_evolution::History;
use mlp_workspace::{Override, read_text};

use super::Exit;
use crate::{
    output::Output,
    program::{loaded, local, lowered},
};

/// The released versions of a package; none where it has no record.
///
/// # Errors
/// In words with the path, where it cannot be read.
pub fn history(root: &Path) -> Result<History, String> {
    let path = root.join("contracts.lock");
    if !path.is_file() {
        return Ok(History::default());
    }
    History::parse(&read_text(&path)?).map_err(|why| format!("{}: {why}", path.display()))
}

/// Writes the current version of each published contract of the packages down.
pub fn record(roots: &[PathBuf], output: &Output) -> Exit {
    for root in roots {
        if !root.join("mlp.toml").is_file() {
            return Err(
                output.failure(&format!("{}: a single file has no record; make a package of it", root.display()), None)
            );
        }
        let loaded = loaded(root, output)?;
        let plan = lowered(&loaded, local(), &Override::new()).map_err(|_| {
            output.failure(
                &format!("{}: does not check, so that nothing is recorded", root.display()),
                Some("`mlp check` tells more"),
            )
        })?;
        let mut history = history(root).map_err(|message| output.failure(&message, None))?;
        let own = plan.contracts.values().filter(|contract| contract.is_own());
        match history.record(own) {
            Ok(added) if added.is_empty() => {
                output.note(&format!("{}: every published version is on record", root.display()))
            }
            Ok(added) => {
                let path = root.join("contracts.lock");
                mlp_store::write_atomically(&path, history.text().as_bytes())
                    .map_err(|error| output.failure(&error.to_string(), None))?;
                output.note(&format!("{}: recorded {}", path.display(), added.join(", ")));
            }
            Err(faults) => {
                for fault in &faults {
                    output.failure(fault, None);
                }
                return Ok(1);
            }
        }
    }
    Ok(0)
}
