//! Packages to work on, on disk: the examples of the repository, and one of many files that read one contract.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mlp_generate::program;

/// What all files of the generated package read.
pub const BASE: &str = "/// What all read.\ncontract Base {\n  id: int64 key\n  amount: float64 in 0 .. 1_000\n}\n";

/// Copies what is written by hand of the examples into a folder, and makes a package of some files there, and a file of none; all texts, by their paths.
///
/// # Errors
/// Where a file cannot be read or written.
pub fn furnish(folder: &Path, examples: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let mut texts = BTreeMap::new();
    for name in ["flights", "quickstart"] {
        gather(&examples.join(name), &folder.join(name), &mut texts)?;
    }
    for (name, text) in package("parts", 10, 60, 10) {
        texts.insert(folder.join("parts").join(name), text);
    }
    let alone = "/// A file without a package.\ncontract Alone {\n  id: int64 key\n  name: string? length 1 .. 9\n}\n";
    texts.insert(folder.join("alone.mlp"), alone.to_owned());
    for (path, text) in &texts {
        write(path, text)?;
    }
    Ok(texts)
}

/// The texts of a package: `base.mlp`, and so many files of about so many lines, the first of which read it.
#[must_use]
pub fn package(name: &str, files: usize, lines: usize, readers: usize) -> Vec<(String, String)> {
    let manifest = format!("[package]\nname     = \"{name}\"\nversion  = \"1.0.0\"\nlanguage = 1\n");
    let mut texts = vec![("mlp.toml".to_owned(), manifest), ("src/base.mlp".to_owned(), BASE.to_owned())];
    let part = |number: usize| (format!("src/m{number}.mlp"), program(number, lines, number < readers));
    texts.extend((0..files).map(part));
    texts
}

/// Writes a file, and the folders that it needs.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|error| format!("{}: {error}", path.display()))
}

/// The texts of a folder, as they will stand in another.
fn gather(from: &Path, to: &Path, texts: &mut BTreeMap<PathBuf, String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name().filter(|name| !name.to_string_lossy().starts_with('.')) else { continue };
        let written = ["mlp", "toml", "sql", "py"].iter().any(|kind| path.extension().is_some_and(|end| end == *kind));
        if path.is_dir() && name != "out" && name != "data" {
            gather(&path, &to.join(name), texts)?;
        } else if written {
            texts.insert(to.join(name), fs::read_to_string(&path).map_err(failed)?);
        }
    }
    Ok(())
}
