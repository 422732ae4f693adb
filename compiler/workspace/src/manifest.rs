//! `mlp.toml`.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, de::IgnoredAny};
use toml::Spanned;

use crate::git::without_credentials;

/// The manifest of a package.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `[package]`.
    pub package: PackageTable,
    /// `[dependencies]`, by the name that `use` knows them by.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
    /// `[targets.NAME]`.
    #[serde(default)]
    pub targets: BTreeMap<String, TargetTable>,
}

/// `[package]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageTable {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The version of the language: 1.
    pub language: Option<u32>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// Where a dependency is found.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// A folder, relative to the manifest; with `git` relative to the top of the repository.
    pub path: Option<String>,
    /// A git repository.
    pub git: Option<String>,
    /// Its revision: a branch, a tag, a commit; the default branch where absent.
    pub rev: Option<String>,
    /// The line of the manifest that says so, from 1.
    #[serde(skip)]
    pub line: usize,
}

/// Where the dependencies of a manifest stand in it.
#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    dependencies: BTreeMap<String, Spanned<IgnoredAny>>,
}

/// `[targets.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// `local`, `airflow` or `kubernetes`.
    pub backend: String,
    /// Version of the engine.
    pub version: Option<String>,
    /// How tasks are run.
    pub executor: Option<String>,
    /// Namespace of the manifests.
    pub namespace: Option<String>,
    /// Where artifacts are kept.
    pub store: Option<String>,
    /// The package's folder, where tasks run.
    pub package: Option<String>,
    /// What brings `mlp` to the stages: an image; for containers beside a worker, the path of the program.
    pub runner: Option<String>,
    /// The image of stages that name none.
    pub image: Option<String>,
    /// The account of the pods.
    pub service_account: Option<String>,
    /// The pool of tasks, of which each takes as many slots as it needs cores.
    pub pool: Option<String>,
    /// The pool of tasks with GPUs, of which each takes as many slots as it needs of them.
    pub gpu_pool: Option<String>,
    /// The day from which on a schedule counts.
    pub start_date: Option<String>,
    /// Resources of every node that asks for none.
    pub resources: Option<toml::Table>,
    /// What the target sets.
    #[serde(default)]
    pub set: toml::Table,
}

impl Manifest {
    /// The package as plans name it, with the digest of its sources.
    pub(crate) fn named(&self, digest: String) -> mlp_plan::Package {
        let PackageTable { name, version, owner, .. } = self.package.clone();
        mlp_plan::Package { name, version, owner, digest }
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// In words with the path, where it is no manifest, or speaks a language version that this compiler does not know.
    pub fn parse(text: &str, path: &Path) -> Result<Self, String> {
        // the message quotes the line, and that may hold the address of a repository
        let fault = |error: toml::de::Error| format!("{}: {}", path.display(), without_credentials(&error.to_string()));
        let mut manifest: Self = toml::from_str(text).map_err(fault)?;
        if !manifest.dependencies.is_empty() {
            let places: Places = toml::from_str(text).map_err(fault)?;
            for (name, dependency) in &mut manifest.dependencies {
                let start = places.dependencies.get(name).map_or(0, |place| place.span().start);
                dependency.line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
            }
        }
        if manifest.package.name.is_empty() {
            return Err(format!("{}: the package has no name", path.display()));
        }
        match manifest.package.language {
            None | Some(1) => Ok(manifest),
            Some(other) => Err(format!("{}: language = {other}, and this mlp knows language 1", path.display())),
        }
    }
}
