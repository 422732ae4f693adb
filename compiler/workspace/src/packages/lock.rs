//! `mlp.lock`: which dependencies a package was checked with, by content; those from git are held to it.

use std::{fs, path::Path};

use serde::Deserialize;

use crate::{disk, manifest::Manifest};

/// A package from git, as it is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// As `use` knows it.
    pub name: String,
    /// The address of its repository, without credentials.
    pub git: String,
    /// The revision that a manifest asks for.
    pub rev: Option<String>,
    /// Its folder in the repository; its top where absent.
    pub path: Option<String>,
    /// The full id of the commit.
    pub commit: String,
    /// The digest of the package's files.
    pub digest: String,
}

#[derive(Deserialize)]
struct Document {
    version: u32,
    #[serde(default)]
    package: Vec<Entry>,
}

/// An entry: of a package by path, which nothing is held to, or of one from git.
#[derive(Deserialize)]
struct Entry {
    name: String,
    git: Option<String>,
    rev: Option<String>,
    path: Option<String>,
    commit: Option<String>,
    digest: String,
}

/// The packages from git that `mlp.lock` pins; none where there is no such file.
///
/// # Errors
/// In words with the path, where it cannot be read, or is no lock file of this version.
pub(crate) fn read(root: &Path) -> Result<Vec<Pin>, String> {
    let path = root.join("mlp.lock");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let place = crate::load::relative_to_here(&path);
    let text = disk::read_text(&path)?;
    let broken =
        |why: String| format!("{}: {why}; after a merge, take one side whole and run `mlp check`", place.display());
    let document: Document = toml::from_str(&text).map_err(|error| broken(error.to_string().trim_end().to_owned()))?;
    if document.version != 1 {
        return Err(format!("{}: is of version {}, and this mlp knows version 1", place.display(), document.version));
    }
    let mut pins = Vec::new();
    for Entry { name, git, rev, path, commit, digest } in document.package {
        let (Some(git), Some(commit)) = (git, commit) else { continue };
        if !matches!(commit.len(), 40 | 64) || !commit.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(broken(format!("`{commit}` of `{name}` is no full id of a commit")));
        }
        pins.push(Pin { name, git, rev, path, commit, digest });
    }
    Ok(pins)
}

/// Writes `mlp.lock` beside the manifest where there are dependencies and it says something else than what is there.
///
/// # Errors
/// In words, where a dependency cannot be read or the file cannot be written.
pub(crate) fn write(root: &Path, manifest: &Manifest, pins: &[Pin]) -> Result<(), String> {
    let path = root.join("mlp.lock");
    if manifest.dependencies.is_empty() {
        return Ok(());
    }
    let mut entries: Vec<(String, String)> = pins.iter().map(|pin| (pin.name.clone(), of_git(pin))).collect();
    for (name, dependency) in &manifest.dependencies {
        let (None, Some(place)) = (&dependency.git, &dependency.path) else { continue };
        let digest = digest(&root.join(place))?;
        entries.push((name.clone(), lines(&[("name", Some(name)), ("path", Some(place)), ("digest", Some(&digest))])));
    }
    entries.sort();
    let mut text = String::from(
        "# Written by mlp: what the dependencies of this package were when it was last checked.\nversion = 1\n",
    );
    for (_, entry) in entries {
        text.push_str(&entry);
    }
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let fault = |error: std::io::Error| format!("{}: {}", path.display(), disk::io_words(&error));
    let temporary = root.join(format!(".mlp.lock.{}", std::process::id()));
    fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(|error| {
        drop(fs::remove_file(&temporary));
        fault(error)
    })
}

fn of_git(pin: &Pin) -> String {
    lines(&[
        ("name", Some(&pin.name)),
        ("git", Some(&pin.git)),
        ("rev", pin.rev.as_ref()),
        ("path", pin.path.as_ref()),
        ("commit", Some(&pin.commit)),
        ("digest", Some(&pin.digest)),
    ])
}

/// An entry of those members that it has.
fn lines(members: &[(&str, Option<&String>)]) -> String {
    let mut text = String::from("\n[[package]]\n");
    for (name, value) in members {
        if let Some(value) = value {
            text.push_str(&format!("{name} = {}\n", toml::Value::String((*value).clone())));
        }
    }
    text
}

/// Digest of the manifest and sources of a package.
fn digest(root: &Path) -> Result<String, String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(disk::read_text(&root.join("mlp.toml"))?.as_bytes());
    for path in disk::sources(&root.join("src"))? {
        hasher.update(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().as_bytes());
        hasher.update(&[0]);
        hasher.update(disk::read_text(&path)?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}
