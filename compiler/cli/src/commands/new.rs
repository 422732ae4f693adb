//! `mlp new`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use mlp_workspace::relative_to_here;

use super::Exit;
use crate::{args::Template, output::Output};

/// A file of a template: its path, and its text or bytes.
type TemplateFile = (&'static str, &'static [u8]);

const COMMON: [TemplateFile; 5] = [
    (".github/workflows/mlp.yml", include_bytes!("../../templates/common/workflow.yml")),
    (".pre-commit-config.yaml", include_bytes!("../../templates/common/pre-commit.yaml")),
    // what this repository offers to others, a package's repository offers, too
    (".pre-commit-hooks.yaml", include_bytes!("../../../../.pre-commit-hooks.yaml")),
    (".vscode/settings.json", include_bytes!("../../templates/common/settings.json")),
    (".gitignore", include_bytes!("../../templates/common/gitignore")),
];

const MINIMAL: [TemplateFile; 4] = [
    ("src/zones.mlp", include_bytes!("../../../../examples/quickstart/src/quickstart.mlp")),
    ("sql/locate.sql", include_bytes!("../../../../examples/quickstart/sql/locate.sql")),
    ("data/airports.csv", include_bytes!("../../../../examples/quickstart/data/airports.csv")),
    ("mlp.toml", include_bytes!("../../../../examples/quickstart/mlp.toml")),
];

const FLIGHTS: [TemplateFile; 8] = [
    ("src/flights.mlp", include_bytes!("../../../../examples/flights/src/flights.mlp")),
    ("src/blind.mlp", include_bytes!("../../../../examples/flights/src/blind.mlp")),
    ("sql/features.sql", include_bytes!("../../../../examples/flights/sql/features.sql")),
    ("ingest.py", include_bytes!("../../../../examples/flights/ingest.py")),
    ("model.py", include_bytes!("../../../../examples/flights/model.py")),
    ("requirements.in", include_bytes!("../../../../examples/flights/requirements.in")),
    ("requirements.txt", include_bytes!("../../../../examples/flights/requirements.txt")),
    ("mlp.toml", include_bytes!("../../../../examples/flights/mlp.toml")),
];

const AIRFLOW: [TemplateFile; 4] = [
    ("src/zones.mlp", include_bytes!("../../templates/airflow/zones.mlp")),
    ("sql/locate.sql", include_bytes!("../../../../examples/quickstart/sql/locate.sql")),
    ("data/airports.csv", include_bytes!("../../../../examples/quickstart/data/airports.csv")),
    ("mlp.toml", include_bytes!("../../templates/airflow/mlp.toml")),
];

/// Makes a package.
pub fn new(name: &str, template: Template, output: &Output) -> Exit {
    let word = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let fits = word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase() || letter.is_ascii_digit());
    if !fits {
        return Err(output.failure(
            &format!("`{word}` is no name of a package"),
            Some("small letters, digits and `_`, beginning with a letter"),
        ));
    }
    let folder = Path::new(name);
    if folder.exists() {
        return Err(output.failure(&format!("{}: is there already", folder.display()), None));
    }
    let files: &[TemplateFile] = match template {
        Template::Minimal => &MINIMAL,
        Template::Flights => &FLIGHTS,
        Template::Airflow => &AIRFLOW,
    };
    for (path, bytes) in files.iter().chain(&COMMON) {
        let text = if *path == "mlp.toml" { renamed(bytes, &word) } else { bytes.to_vec() };
        let path = folder.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        if let Err(error) = written {
            // a part of a package is none
            drop(fs::remove_dir_all(folder));
            return Err(output.failure(&format!("{}: {error}", path.display()), None));
        }
    }
    let then = match template {
        Template::Airflow => "compile --target airflow",
        Template::Minimal | Template::Flights => "run",
    };
    output.result(&format!(
        "made {}; try\n  mlp check --package {name}\n  mlp {then} --package {name}",
        folder.display()
    ));
    if let Some(top) = repository_of(folder) {
        output.note(&format!(
            "note: GitHub and pre-commit read their files at the top of a repository only: move .github, .pre-commit-config.yaml and .pre-commit-hooks.yaml of {} \
             to {}, where they hold for all packages below",
            folder.display(),
            top.display()
        ));
    }
    Ok(0)
}

/// The top of the repository that a new folder lies in, where it is in one.
fn repository_of(folder: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(folder).ok()?;
    full.ancestors().skip(1).find(|above| above.join(".git").exists()).map(relative_to_here)
}

/// The manifest under the package's own name.
fn renamed(manifest: &[u8], name: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(manifest);
    let mut done = false;
    let lines = text.lines().map(|line| {
        if !done && line.trim_start().starts_with("name") {
            done = true;
            let head = line.split('=').next().unwrap_or("name ");
            format!("{head}= {name:?}")
        } else {
            line.to_owned()
        }
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text.into_bytes()
}
