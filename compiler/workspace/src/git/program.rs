//! Running the git program: never with a prompt, a hook, or an argument that could be read as an option.

use std::{
    io::{BufRead, BufReader, Read as _, Write as _},
    path::Path,
    process::{Command, Output, Stdio},
    thread,
};

use super::{TreeFile, too_large};
use crate::disk::{MAX_BYTES, io_words};

/// What the environment may say of another repository than the one that is meant: hooks run with it.
const PLACES: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE"];

/// The git program in a folder.
pub(super) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    // a person cannot answer here, and what a repository brings along is not run
    command.arg("-C").arg(folder).args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    command.args(["-c", "core.askPass=", "-c", "credential.interactive=false"]);
    for name in PLACES {
        command.env_remove(name);
    }
    command
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "")
        .env("GCM_INTERACTIVE", "never")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_LITERAL_PATHSPECS", "1")
        .env("LC_ALL", "C")
        .env("LANGUAGE", "C")
        .stdin(Stdio::null());
    if std::env::var_os("GIT_SSH").is_none() && std::env::var_os("GIT_SSH_COMMAND").is_none() {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    command
}

/// Runs a command to its end.
///
/// # Errors
/// Where there is no git program, or it cannot be started.
pub(super) fn output(command: &mut Command) -> Result<Output, String> {
    command.output().map_err(|error| not_started(&error))
}

/// Runs a command that has to succeed, and gives what it printed.
///
/// # Errors
/// In git's own words, where it does not.
pub(super) fn stdout(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = output(command)?;
    if output.status.success() { Ok(output.stdout) } else { Err(words(&output.stderr)) }
}

/// What git says went wrong, without its prefixes and hints.
pub(super) fn words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let fatal = text.lines().find_map(|line| line.strip_prefix("fatal: "));
    let error = || text.lines().find_map(|line| line.strip_prefix("error: "));
    let last = || text.lines().rfind(|line| !line.trim().is_empty());
    format!("git says: {}", fatal.or_else(error).or_else(last).unwrap_or("nothing").trim())
}

fn not_started(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        return "there is no `git` program on the PATH; install git".to_owned();
    }
    format!("git cannot be started: {}", io_words(error))
}

/// Reads objects in order, and hands each file with its bytes on.
///
/// # Errors
/// Where an object cannot be read, and what `each` answers.
pub(super) fn read_objects(
    folder: &Path,
    files: &[TreeFile],
    mut each: impl FnMut(&TreeFile, Vec<u8>) -> Result<(), String>,
) -> Result<(), String> {
    let mut command = git(folder);
    command.args(["cat-file", "--batch", "--buffer", "--follow-symlinks"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| not_started(&error))?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("git cannot be talked to".to_owned());
    };
    let asked: String = files.iter().map(|file| format!("{}\n", file.object)).collect();
    let result = thread::scope(|scope| {
        // git answers while it is asked: one thread for both would stand still when the pipes are full
        scope.spawn(move || drop(stdin.write_all(asked.as_bytes())));
        let mut stdout = BufReader::new(stdout);
        files.iter().try_for_each(|file| each(file, read_object(&mut stdout, &file.path)?))
    });
    // where reading ended early git is still writing
    drop(child.kill());
    drop(child.wait());
    result
}

/// One answer of `cat-file --batch`: a line with name, kind and size, the bytes, a line end.
fn read_object(from: &mut BufReader<impl std::io::Read>, path: &str) -> Result<Vec<u8>, String> {
    let cut = |_| format!("`{path}`: git ended before it was read");
    let mut head = String::new();
    from.read_line(&mut head).map_err(cut)?;
    let mut parts = head.trim_end().rsplit(' ');
    let (size, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Ok(size) = size.parse::<u64>() else {
        return Err(format!("`{path}`: the repository lacks this object"));
    };
    match kind {
        "blob" => {}
        "tree" => return Err(format!("`{path}`: is a link to a folder, and a file is meant here")),
        _ => return Err(format!("`{path}`: is a link that leads to no file of the repository")),
    }
    // a listing has the size of a link, not of what it leads to
    if size > MAX_BYTES {
        return Err(too_large(path));
    }
    let mut bytes = Vec::new();
    from.by_ref().take(size).read_to_end(&mut bytes).map_err(cut)?;
    let mut end = [0];
    from.read_exact(&mut end).map_err(cut)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(format!("`{path}`: git ended before it was read")) }
}
