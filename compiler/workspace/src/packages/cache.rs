//! Packages from git on this machine: a folder for each commit, written once and held to its digest on every use.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::Source;
use crate::{
    disk::io_words,
    git::{Repository, is_text},
};

/// Where packages from git are kept: `git` in the user's [`cache`](crate::cache).
///
/// # Errors
/// In words, where the environment names neither, or the folder cannot be made.
pub(super) fn folder() -> Result<PathBuf, String> {
    let cache = crate::cache().ok_or("packages from git have no place: set HOME, or XDG_CACHE_HOME")?;
    let folder = cache.join("git");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {}", folder.display(), io_words(&error)))?;
    Ok(folder)
}

/// The folder of a package: a name that people know it by, the commit, and a digest of where it is from.
pub(super) fn place(cache: &Path, source: &Source, commit: &str) -> PathBuf {
    let last = source.folder.rsplit('/').next().filter(|name| !name.is_empty());
    let name = last.unwrap_or_else(|| source.address.name());
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' }).collect();
    let mut hasher = blake3::Hasher::new();
    for part in [&source.address.identity(), commit, &source.folder] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize().to_hex();
    let start = |text: &str| text.chars().take(12).collect::<String>();
    cache.join(format!("{plain}-{}-{}", start(commit), start(&digest)))
}

/// Writes the texts of a package to its place: elsewhere first, so that what is there is whole, whoever else does the same.
///
/// # Errors
/// In words, where the commit has no package in that folder, or a file cannot be read or written.
pub(super) fn write(repository: &Repository, source: &Source, commit: &str, place: &Path) -> Result<(), String> {
    let files = repository.files_at(commit, &source.folder, is_text)?;
    if !files.iter().any(|(path, _)| path == "mlp.toml") {
        return Err(no_package(repository, source, commit));
    }
    let cache = place.parent().unwrap_or(place);
    let fault = |path: &Path, error: &std::io::Error| format!("{}: {}", path.display(), io_words(error));
    let made = tempfile::Builder::new().prefix(".new-").tempdir_in(cache).map_err(|error| fault(cache, &error))?;
    let inside = made.path().join("package");
    for (path, bytes) in files {
        let full = inside.join(&path);
        let written = full.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| whole(&full, &bytes));
        written.map_err(|error| fault(&full, &error))?;
    }
    if place.is_dir() {
        // another process was faster, or nothing vouches for what lies there
        if digest(place).is_ok_and(|there| digest(&inside) == Ok(there)) {
            return Ok(());
        }
        fs::rename(place, made.path().join("before")).map_err(|error| fault(place, &error))?;
    }
    match fs::rename(&inside, place) {
        Err(_) if digest(place).is_ok_and(|there| digest(&inside) == Ok(there)) => Ok(()),
        done => done.map_err(|error| fault(place, &error)),
    }
}

fn whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn no_package(repository: &Repository, source: &Source, commit: &str) -> String {
    let manifests = repository.files_at(commit, "", |path| path == "mlp.toml" || path.ends_with("/mlp.toml"));
    let folder = |path: String| path.strip_suffix("mlp.toml").map(|folder| folder.trim_end_matches('/').to_owned());
    let there: Vec<String> = manifests.unwrap_or_default().into_iter().filter_map(|(path, _)| folder(path)).collect();
    let named = |folder: &String| if folder.is_empty() { "its top".to_owned() } else { format!("`{folder}`") };
    let place = if source.folder.is_empty() { "its top" } else { &format!("the folder `{}`", source.folder) };
    let short: String = commit.chars().take(12).collect();
    let there = match there.as_slice() {
        [] => "and nowhere else".to_owned(),
        there => format!("but in {}: `path` says which", there.iter().map(named).collect::<Vec<_>>().join(", ")),
    };
    format!("{} has no mlp.toml in {place} at {short}, {there}", source.address)
}

/// The digest of all that lies in the folder of a package: each file's path and bytes.
///
/// # Errors
/// In words with the path, where it cannot be read, or holds what was never written there.
pub(super) fn digest(place: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    let mut open = vec![place.to_path_buf()];
    while let Some(folder) = open.pop() {
        let fault = |error: std::io::Error| format!("{}: {}", folder.display(), io_words(&error));
        for entry in fs::read_dir(&folder).map_err(fault)? {
            let entry = entry.map_err(fault)?;
            let kind = entry.file_type().map_err(fault)?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            } else {
                return Err(format!("{}: is no file of the package", entry.path().display()));
            }
        }
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|error| format!("{}: {}", path.display(), io_words(&error)))?;
        let inside = path.strip_prefix(place).unwrap_or(&path);
        let name: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        for part in [name.join("/").as_bytes(), &bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// A path from a folder of a repository, as one from its top, with `/`.
///
/// # Errors
/// Where it leads out of the repository.
pub(super) fn inside(folder: &str, path: &str) -> Result<String, String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let out = || format!("the path `{path}` leads out of the repository");
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) => parts.push(name.to_str().ok_or_else(out)?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop().ok_or_else(out)?),
            Component::RootDir | Component::Prefix(_) => return Err(out()),
        }
    }
    Ok(parts.join("/"))
}
