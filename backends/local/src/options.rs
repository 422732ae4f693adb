//! How a run is asked for.

use std::{collections::BTreeMap, num::NonZeroUsize, path::PathBuf};

use chrono::NaiveDate;
use mlp_plan::Essence;
use mlp_store::{Store, StoreError};

/// How a run is asked for.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The package's folder.
    pub package: PathBuf,
    /// Where the state is; `.mlp` of the package where absent. Python environments are the package's in any case.
    pub state: Option<PathBuf>,
    /// Parameters of the pipeline, as text; read by their types.
    pub set: BTreeMap<String, String>,
    /// `run.date`; today in UTC where absent.
    pub date: Option<NaiveDate>,
    /// Nodes at once; as many as there are cores where absent.
    pub jobs: Option<NonZeroUsize>,
    /// Runs this node and all behind it, whatever the cache says.
    pub from: Option<String>,
    /// Runs this node alone, on the newest results of what it reads from.
    pub only: Option<String>,
    /// Goes on with this run: its parameters, its date, its champions.
    pub resume: Option<String>,
    /// Takes nothing from the cache.
    pub no_cache: bool,
    /// Whether a refused or held promotion makes the exit code 1.
    pub require_promotion: bool,
    /// What was set beside the text, by name: kept with the run.
    pub overrides: BTreeMap<String, String>,
    /// What the text comes to, where something was set beside it; the plan's own where absent.
    pub essence: Option<Essence>,
    /// Who starts the run; the user's login where absent.
    pub author: Option<String>,
    /// Whether signals to this process end the run; off in tests, which share one process.
    pub signals: bool,
}

impl RunOptions {
    /// A run of the package in a folder, with signals.
    #[must_use]
    pub fn new(package: impl Into<PathBuf>) -> Self {
        Self { package: package.into(), signals: true, ..Self::default() }
    }

    /// The store of the run.
    pub(crate) fn store(&self) -> Result<Store, StoreError> {
        match (&self.state, std::fs::canonicalize(&self.package)) {
            (Some(state), Ok(root)) => {
                Ok(Store::open_at(&root, state)?.with_environments(root.join(".mlp").join("envs")))
            }
            _ => Store::open(&self.package),
        }
    }
}

/// Why a run did not begin, or could not go on. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The state cannot be written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was asked for is not there, or does not fit.
    #[error("{0}")]
    Usage(String),
}

impl RunError {
    /// The exit code.
    #[must_use]
    pub const fn exit_code(&self) -> i32 {
        2
    }
}

/// Who starts runs on this machine.
pub(crate) fn login() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}
