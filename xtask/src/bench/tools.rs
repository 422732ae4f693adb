//! The yardsticks, installed under `target/bench/tools`.

use std::path::{Path, PathBuf};

use crate::process::{command, python, succeeds, works};

/// A program of a Python package, in one environment for all.
pub fn from_python(home: &Path, package: &str, program: &str) -> Result<PathBuf, String> {
    let venv = home.join("tools/python");
    let found = venv.join("bin").join(program);
    let interpreter = venv.join("bin/python");
    if !interpreter.is_file() && !succeeds(command(python()?, &["-m", "venv"]).arg(&venv))? {
        return Err("cannot make an environment".to_owned());
    }
    let known = works(command(&interpreter, &["-m", "pip", "show", "--quiet"]).arg(package));
    if !known && !succeeds(command(&interpreter, &["-m", "pip", "install", "--quiet"]).arg(package))? {
        return Err(format!("`pip install {package}` failed"));
    }
    if found.is_file() { Ok(found) } else { Err(format!("{package} has no {program}")) }
}

/// A program of an npm package.
pub fn from_npm(home: &Path, package: &str, program: &str) -> Result<PathBuf, String> {
    let folder = home.join("tools/node");
    let found = folder.join("node_modules/.bin").join(program);
    if !found.is_file() {
        if !works(&mut command("npm", &["--version"])) {
            return Err("npm is not there".to_owned());
        }
        if !succeeds(command("npm", &["install", "--silent", "--prefix"]).arg(&folder).arg(package))? {
            return Err(format!("`npm install {package}` failed"));
        }
    }
    if found.is_file() { Ok(found) } else { Err(format!("{package} has no {program}")) }
}
