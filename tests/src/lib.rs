//! End-to-end tests, and what they share.
//!
//! **Lives here:** where the project and its binary are. The tests themselves are the files in `tests/`.
//! **Does not:** anything that the product does.
//!
//! Invariants:
//! 1. The product is used as a user uses it: through the binary, on files.

pub mod marks;
pub mod postgres;
pub mod repository;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Output,
};

/// The project's root.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The `mlp` binary: `MLP_BIN`, or the one that was built beside this test.
///
/// # Panics
/// Where neither is there: `cargo build --release --workspace --all-targets` makes it.
#[must_use]
#[expect(clippy::panic, reason = "a test without the binary cannot go on, and must say so")]
pub fn mlp() -> PathBuf {
    let beside = || Some(env::current_exe().ok()?.parent()?.parent()?.join(format!("mlp{}", env::consts::EXE_SUFFIX)));
    let found = env::var_os("MLP_BIN").map(PathBuf::from).or_else(beside).filter(|path| path.is_file());
    found.unwrap_or_else(|| panic!("the mlp binary is not built: cargo build --release --workspace --all-targets"))
}

/// Holds a page that is made from the code to what the code says; writes it anew where `UPDATE_DOCS` is set.
///
/// # Panics
/// Where the page is another.
#[expect(clippy::panic, reason = "a page that is not true must be written anew")]
pub fn page_holds(page: &str, wanted: &str, test: &str) {
    let path = root().join(page);
    if env::var_os("UPDATE_DOCS").is_some()
        && let Err(error) = fs::write(&path, wanted)
    {
        panic!("{page}: {error}");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{page} is not what the code says; UPDATE_DOCS=1 cargo test --release -p mlp-tests --test {test} writes it"
    );
}

/// Copies a package, or a folder in one, without what runs left in it.
///
/// # Panics
/// Where it cannot be read or written: a test cannot go on.
#[expect(clippy::unwrap_used, reason = "a test without its package cannot go on")]
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().filter(|name| *name != ".mlp" && *name != "out") else { continue };
        if path.is_dir() { copy(&path, &to.join(name)) } else { fs::copy(&path, to.join(name)).map(|_| ()).unwrap() }
    }
}

/// All that a process said: its results, then its notes.
#[must_use]
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
