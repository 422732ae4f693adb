//! Starting processes, and the one place that prints.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader, Write, stderr, stdout},
    path::Path,
    process::{Command, Stdio},
};

use crate::place;

/// A line to standard output.
pub fn say(text: &str) {
    // a reader that went away is no reason to stop testing
    let _ = writeln!(stdout(), "{text}");
    let _ = stdout().flush();
}

/// A line to standard error.
pub fn complain(text: &str) {
    let _ = writeln!(stderr(), "{}", text.trim_end());
}

/// The head of a step.
pub fn step(name: &str) {
    say(&format!("\n== {name}"));
}

/// A command in the project's root, without standard input.
pub fn command<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: &[S]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(place::root()).stdin(Stdio::null());
    command
}

/// The cargo that started us.
///
/// What the cargo that runs us says of ourselves is taken back: build scripts that read it (that of ring does) would run again, and the SQL engine behind
/// them be built anew, whenever `cargo xtask` follows a plain `cargo build`.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments);
    let of_ours =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR";
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_ours)) {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end; whether it ended well.
pub fn succeeds(command: &mut Command) -> Result<bool, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.status().map(|status| status.success()).map_err(|error| format!("cannot start {name}: {error}"))
}

/// Whether it can be started and ends well, without a sound.
pub fn works(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs it, passes its standard output through line by line, and gives each line to `see`; whether it ended well.
pub fn watched(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = String::from_utf8_lossy(&line.map_err(failed)?).into_owned();
            say(&line);
            see(&line);
        }
    }
    child.wait().map(|status| status.success()).map_err(failed)
}

/// Standard output of a command that must end well.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|error| format!("cannot start {name}: {error}"))?;
    if !done.status.success() {
        return Err(format!("{name} failed ({}): {}", done.status, String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Python 3.10 or later, as the command to start it.
pub fn python() -> Result<&'static str, String> {
    const NEW_ENOUGH: &str = "import sys; sys.exit(sys.version_info < (3, 10))";
    ["python3", "python"]
        .into_iter()
        .find(|name| works(&mut command(name, &["-c", NEW_ENOUGH])))
        .ok_or_else(|| "Python 3.10 or later is needed, and neither `python3` nor `python` is one".to_owned())
}

/// A folder, empty.
pub fn fresh(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Writes a file.
pub fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
