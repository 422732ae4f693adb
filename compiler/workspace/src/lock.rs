//! `mlp.lock`: which dependencies a package was checked with, by content.

use std::{fmt::Write as _, fs, path::Path};

use crate::{disk, manifest::Manifest};

/// Writes `mlp.lock` beside the manifest where there are dependencies and it says something else than what is there.
///
/// # Errors
/// In words, where a dependency cannot be read or the file cannot be written.
pub fn write(root: &Path, manifest: &Manifest) -> Result<(), String> {
    let path = root.join("mlp.lock");
    if manifest.dependencies.is_empty() {
        return Ok(());
    }
    let mut text = String::from(
        "# Written by mlp: what the dependencies of this package were when it was last checked.\nversion = 1\n",
    );
    for (name, dependency) in &manifest.dependencies {
        let Some(place) = &dependency.path else { continue };
        let digest = digest(&root.join(place))?;
        let written = write!(text, "\n[[package]]\nname = {name:?}\npath = {place:?}\ndigest = \"{digest}\"\n");
        if written.is_err() {
            return Err("the lock file could not be written".to_owned());
        }
    }
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let fault = |error: std::io::Error| format!("{}: {}", path.display(), disk::io_words(&error));
    let temporary = root.join(".mlp.lock.new");
    fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(fault)
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
