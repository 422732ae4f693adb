//! A home folder for an editor: the clone is `~/mlp`, and `mlp` on the `PATH` is the binary behind a script that writes down how it is started.

use std::{
    env, fs,
    io::{BufRead as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use super::tools;
use crate::{
    place,
    process::{command, write},
};

/// A home folder.
pub struct Home {
    folder: PathBuf,
    /// The package that is opened, with a mistake in it.
    pub package: PathBuf,
    /// What the language server says that it can do, as JSON.
    server: String,
}

/// An empty one, but for the clone, the program and a package.
pub fn make(name: &str) -> Result<Home, String> {
    let folder = tools::work(name)?;
    let binary = env::var_os("MLP_BIN").map_or_else(place::mlp, |given| place::root().join(given));
    if !binary.is_file() {
        return Err(format!("there is no {}: `cargo build --release` makes it", binary.display()));
    }
    link(&place::root(), &folder.join("mlp"))?;
    let package = folder.join("package");
    tools::copy(&place::root().join("editors/testing/package"), &package)?;
    let server = capabilities(&binary)?;
    let home = Home { folder, package, server };
    home.script("mlp", &format!("echo \"$@\" >> \"$MLP_STARTS\"\nexec '{}' \"$@\"", binary.display()))?;
    Ok(home)
}

/// What the language server of a binary answers to a greeting.
fn capabilities(binary: &Path) -> Result<String, String> {
    let fault = |error: std::io::Error| format!("{} lsp: {error}", binary.display());
    let pipe = || std::process::Stdio::piped();
    let mut server = command(binary, &["lsp"]).stdin(pipe()).stdout(pipe()).spawn().map_err(fault)?;
    let greeting = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}"#;
    let mut input = server.stdin.take();
    if let Some(input) = &mut input {
        write!(input, "Content-Length: {}\r\n\r\n{greeting}", greeting.len()).map_err(fault)?;
    }
    let mut lines = std::io::BufReader::new(server.stdout.take().ok_or("the server has no output")?);
    let mut head = String::new();
    lines.read_line(&mut head).map_err(fault)?;
    let length = head.trim().strip_prefix("Content-Length: ").and_then(|length| length.parse::<u64>().ok());
    let length = length.ok_or_else(|| format!("the server answers {head:?}"))?;
    let mut answer = String::new();
    // an empty line is between the two
    lines.read_line(&mut head).map_err(fault)?;
    lines.take(length).read_to_string(&mut answer).map_err(fault)?;
    drop(input);
    server.wait().map_err(fault)?;
    Ok(answer)
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> Result<(), String> {
    std::os::unix::fs::symlink(to, from).map_err(|error| format!("{}: {error}", from.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<(), String> {
    Err("editors are tested on Unix only".to_owned())
}

impl Home {
    /// Itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A script on its `PATH`.
    pub fn script(&self, name: &str, text: &str) -> Result<(), String> {
        let file = self.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{text}\n"))?;
        tools::must(command("chmod", &["+x"]).arg(file))
    }

    /// A program at home in it.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[S]) -> Command {
        let mut made = command(program, arguments);
        self.settle(&mut made);
        made
    }

    /// Its own programs, Node.js where the machine's is too old, and the machine's.
    fn path(&self) -> std::ffi::OsString {
        let own = self.folder.join("bin");
        let node = tools::node().ok().flatten();
        tools::before_path(std::iter::once(own.as_path()).chain(node.as_deref()))
    }

    /// Makes a command one of this home.
    pub fn settle(&self, command: &mut Command) {
        command.current_dir(&self.package).env("HOME", &self.folder).env("PATH", self.path());
        command.env("MLP_STARTS", self.folder.join("starts")).env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
        for (name, below) in
            [("CONFIG", ".config"), ("DATA", ".local/share"), ("STATE", ".local/state"), ("CACHE", ".cache")]
        {
            command.env(format!("XDG_{name}_HOME"), self.folder.join(below));
        }
        // the tests look at what the server has
        command.env("MLP_SERVER", &self.server);
    }

    /// Writes a box of docs/editors.md into a file of the home.
    pub fn paste(&self, name: &str, path: &str) -> Result<PathBuf, String> {
        self.write(path, &pasted(name)?)
    }

    /// Writes a file of the home.
    pub fn write(&self, path: &str, text: &str) -> Result<PathBuf, String> {
        let file = self.folder.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        write(&file, text)?;
        Ok(file)
    }

    /// Runs a box of docs/editors.md in a shell.
    pub fn shell(&self, name: &str) -> Result<(), String> {
        tools::must(&mut self.command("sh", &["-euc", &pasted(name)?]))
    }
}

/// The box below `<!-- name -->` in docs/editors.md.
pub fn pasted(name: &str) -> Result<String, String> {
    let path = place::root().join("docs/editors.md");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let missing = || format!("docs/editors.md has no box `{name}`");
    let (_, behind) = text.split_once(&format!("<!-- {name} -->\n```")).ok_or_else(missing)?;
    let (_, inside) = behind.split_once('\n').ok_or_else(missing)?;
    let (inside, _) = inside.split_once("\n```").ok_or_else(missing)?;
    Ok(format!("{inside}\n"))
}

#[cfg(test)]
mod tests {
    use super::pasted;

    #[test]
    fn boxes_are_found() {
        assert!(pasted("vim").is_ok_and(|text| text.contains("runtimepath") && text.ends_with("enable\n")));
        assert!(pasted("nano").is_err());
    }
}
