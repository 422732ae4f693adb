//! The other packages of a repository that depend on one: their stages read its contracts, too.

use std::{fs, path::Path};

use mlp_evolution::{Dependent, Unread};
use mlp_plan::{Place, Plan, Uncalled};
use mlp_workspace::{Fetching, Override, load};

use super::{
    side::{Text, read},
    sides::{Repo, Tree, inside, join, manifest},
};
use crate::{
    output::Output,
    program::{below, local, with_packages},
};

/// The packages of a tree that depend on one by its path.
#[derive(Default)]
pub struct Neighbours {
    found: Vec<Neighbour>,
    /// Those that do not check.
    pub unread: Vec<Unread>,
    /// The texts in which that shows.
    pub texts: Vec<Text>,
}

struct Neighbour {
    name: String,
    plan: Plan,
    uncalled: Vec<Uncalled>,
    alias: String,
}

impl Neighbours {
    /// Looks for them in a tree, where there is one.
    pub fn of(package: &Repo, tree: Option<&Tree>, output: &Output) -> Self {
        let mut all = Self::default();
        let Some(tree) = tree else { return all };
        let own = real(&tree.top.join(&package.inside));
        for root in below(&tree.top) {
            let Some(manifest) = manifest(&root) else { continue };
            let known = manifest.dependencies.iter().find(|(_, dependency)| {
                dependency.git.is_none() && dependency.path.as_ref().is_some_and(|path| real(&root.join(path)) == own)
            });
            let Some((alias, _)) = known else { continue };
            let (name, alias) = (manifest.package.name.clone(), alias.clone());
            match planned(&root, tree, output) {
                Ok((plan, uncalled)) => all.found.push(Neighbour { name, plan, uncalled, alias }),
                Err(fault) => {
                    let Fault { why, place, text } = *fault;
                    // places of other packages are told apart by their names
                    let place = Place { file: format!("{name}:{}", place.file), ..place };
                    all.texts.push(Text { place: place.file.clone(), ..text });
                    all.unread.push(Unread { name, why, place });
                }
            }
        }
        all
    }

    /// Those that check.
    pub fn dependents(&self) -> Vec<Dependent<'_>> {
        self.found
            .iter()
            .map(|one| Dependent { name: &one.name, plan: &one.plan, uncalled: &one.uncalled, alias: &one.alias })
            .collect()
    }
}

/// What is wrong with a neighbour first.
struct Fault {
    why: String,
    place: Place,
    text: Text,
}

/// The plan of a neighbour. It is only read: its `mlp.lock` is a matter of those who work on it.
fn planned(root: &Path, tree: &Tree, output: &Output) -> Result<(Plan, Vec<Uncalled>), Box<Fault>> {
    let fault = |why: String, file: &str, (line, column), text: String| {
        Box::new(Fault {
            why,
            place: Place { file: file.to_owned(), line, column },
            text: Text {
                place: file.to_owned(),
                name: tree.shown(&root.join(file)),
                path: Some(join(&inside(Some(&tree.top), root), file)),
                text,
            },
        })
    };
    let is_on_disk = tree.is_on_disk();
    let loaded =
        with_packages(output, |fetching| load(root, Fetching { locked: is_on_disk || fetching.locked, ..fetching }))
            .map_err(|error| {
                let manifest = fs::read_to_string(root.join("mlp.toml")).unwrap_or_default();
                fault(error.0.into_iter().next().unwrap_or_default(), "mlp.toml", (1, 1), manifest)
            })?;
    read(&loaded, local(), &Override::new()).map_err(|found| {
        let Some(first) = found.iter().find(|one| one.is_error()) else {
            return fault(String::new(), "mlp.toml", (1, 1), String::new());
        };
        let start = loaded.sources.start(first.primary);
        let file = loaded.places.get(first.primary.file.0 as usize).map_or("mlp.toml", String::as_str);
        let text = loaded.sources.get(first.primary.file).map(|source| source.text.to_string()).unwrap_or_default();
        fault(format!("{}: {}", first.code, first.message), file, (start.line, start.column), text)
    })
}

fn real(path: &Path) -> std::path::PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf())
}
