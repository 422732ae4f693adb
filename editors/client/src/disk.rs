//! Packages to work on, on disk: the examples of the repository, and one of many files that read one contract.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

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
    let part = |number: usize| (format!("src/m{number}.mlp"), file(number, lines, number < readers));
    texts.extend((0..files).map(part));
    texts
}

/// A file of about so many lines: contracts, stages and a pipeline for each twenty; it reads the contract of `base` where it is to.
#[must_use]
pub fn file(number: usize, lines: usize, reads: bool) -> String {
    let mut text = format!("//! Part {number}.\n\n");
    // writing to a text does not fail
    if reads {
        let _ = write!(
            text,
            "use base.{{Base}}\n\nsource base_{number}() -> Table<Base> {{ from = csv(\"base.csv\") }}\n\n\
             stage use_{number}(rows: Table<Base>) -> Table<Row{number}x0> {{ run = command([\"true\"]) }}\n\n\
             pipeline shared_{number} {{\n  let rows = base_{number}()\n  let used = use_{number}(rows)\n  write_{number}x0(used)\n}}\n\n"
        );
    }
    for item in 0..lines / 20 {
        let row = format!("{number}x{item}");
        let _ = write!(
            text,
            "/// Rows of kind {item}.\ncontract Row{row} {{\n  id:     int64    key\n  at:     timestamp\n  amount: float64  unit EUR  in 0 .. 1_000\n  \
             state:  enum {{ open, paid, sent }}\n  code:   string?  length 1 .. 12\n}}\n\nstage step_{row}(rows: Table<Row{row}>, depth: int = 6) -> Table<Row{row}> {{\n  \
             run = command([\"true\"])\n}}\n\nsource read_{row}() -> Table<Row{row}> {{ from = csv(\"{row}.csv\") }}\nsink write_{row}(rows: Table<Row{row}>) {{ to = csv(\"{row}.out.csv\") }}\n\
             pipeline run_{row} {{\n  let rows = read_{row}()\n  let made = step_{row}(rows)\n  write_{row}(made)\n}}\n\n"
        );
    }
    text
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
