//! Programs of the project, and what they declare.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::tools::must;
use crate::{
    count::Count,
    place,
    process::{cargo, command, output, say},
};

/// What the files declare, in order, as `kind name`; of a file with errors of syntax, nothing is held against a grammar.
pub struct Declared {
    /// The files without errors of syntax, and what each declares.
    pub whole: BTreeMap<PathBuf, Vec<String>>,
    /// The files with errors.
    pub broken: Vec<PathBuf>,
}

/// Builds what tells what programs declare, as `cargo xtask test` has built it with all else.
pub fn build() -> Result<(), String> {
    must(&mut cargo(&["build", "--release", "--locked", "--package", "mlp-syntax", "--example", "items"]))
}

/// Every example, conformance program, test and file of the standard library, as the compiler reads it.
pub fn declared() -> Result<Declared, String> {
    let root = place::root();
    read(&["examples", "stdlib", "compiler", "tests", "../shared/conformance"].map(|folder| root.join(folder)))
}

/// The programs below some folders, as the compiler reads them.
pub fn read(folders: &[PathBuf]) -> Result<Declared, String> {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| find(folder, &mut files));
    files.sort();
    let said = faces(&output(&mut command(place::target().join("release/examples/items"), &files))?);
    let mut declared = Declared { whole: BTreeMap::new(), broken: Vec::new() };
    for file in files {
        let items = said.get(&file).cloned().unwrap_or_default();
        if items.iter().any(|item| item == "!") {
            declared.broken.push(file);
        } else {
            declared.whole.insert(file, items);
        }
    }
    Ok(declared)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "mlp") {
            files.push(path);
        }
    }
}

/// Lines `path<TAB>kind name`, by path.
fn faces(text: &str) -> BTreeMap<PathBuf, Vec<String>> {
    let mut all: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for (path, face) in text.lines().filter_map(|line| line.split_once('\t')) {
        all.entry(path.into()).or_default().push(face.to_owned());
    }
    all
}

impl Declared {
    /// Holds what a grammar finds in the whole files to what the compiler finds there: lines `path<TAB>kind name` of the command, to which the files are added.
    pub fn compare(&self, what: &str, command: &mut Command, count: &mut Count) -> Result<(), String> {
        let found = faces(&output(command.args(self.whole.keys()))?);
        self.hold(what, &found, count);
        Ok(())
    }

    /// The same, with what was found.
    pub fn hold(&self, what: &str, found: &BTreeMap<PathBuf, Vec<String>>, count: &mut Count) {
        let nothing = Vec::new();
        let wrong: Vec<String> = self
            .whole
            .iter()
            .filter_map(|(file, items)| {
                let other = found.get(file).unwrap_or(&nothing);
                let at = (0..items.len().max(other.len())).find(|at| items.get(*at) != other.get(*at))?;
                Some(format!("{}: the compiler reads {:?}, {what} {:?}", file.display(), items.get(at), other.get(at)))
            })
            .collect();
        wrong.iter().for_each(|line| say(line));
        count.one(
            &format!("{what}: the declarations of {} programs are the compiler's", self.whole.len()),
            wrong.is_empty(),
        );
    }
}
