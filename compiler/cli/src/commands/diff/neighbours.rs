//! The other packages of a repository that depend on one: their stages read its contracts, too.

use std::{fs, path::Path};

use mlp_plan::Plan;
use mlp_workspace::{Fetching, Override, load};

use super::sides::{Repo, Tree, manifest};
use crate::{
    output::Output,
    program::{below, local, lowered, with_packages},
};

/// A package that depends on another.
pub struct Dependent {
    name: String,
    plan: Plan,
    alias: String,
}

/// The packages of a tree that depend on one by its path; of those that do not check, a note says so.
pub fn dependents(tree: Option<&Tree>, package: &Repo, output: &Output) -> (Vec<Dependent>, Vec<String>) {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let Some(tree) = tree else { return (found, notes) };
    let own = real(&tree.top.join(&package.inside));
    for root in below(&tree.top) {
        let Some(manifest) = manifest(&root) else { continue };
        let known = manifest.dependencies.iter().find(|(_, dependency)| {
            dependency.git.is_none() && dependency.path.as_ref().is_some_and(|path| real(&root.join(path)) == own)
        });
        let Some((alias, _)) = known else { continue };
        let name = manifest.package.name.clone();
        match planned(&root, tree.is_on_disk(), output) {
            Ok(plan) => found.push(Dependent { name, plan, alias: alias.clone() }),
            Err(why) => notes.push(format!("`{name}` depends on this package and does not check: {why}")),
        }
    }
    (found, notes)
}

/// As a comparison wants them.
pub fn listed(dependents: &[Dependent]) -> Vec<(String, &Plan, String)> {
    dependents.iter().map(|one| (one.name.clone(), &one.plan, one.alias.clone())).collect()
}

/// The plan of a neighbour. It is only read: its `mlp.lock` is a matter of those who work on it.
fn planned(root: &Path, is_on_disk: bool, output: &Output) -> Result<Plan, String> {
    let loaded =
        with_packages(output, |fetching| load(root, Fetching { locked: is_on_disk || fetching.locked, ..fetching }))
            .map_err(|error| error.0.into_iter().next().unwrap_or_default())?;
    lowered(&loaded, local(), &Override::new()).map_err(|found| {
        let first = found.iter().find(|one| one.is_error());
        first.map(|one| format!("{}: {}", one.code, one.message)).unwrap_or_default()
    })
}

fn real(path: &Path) -> std::path::PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
