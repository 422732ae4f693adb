//! `docs/contracts.md` as a reader follows it: every file on it is written, every command is run, and what the page shows is what they print.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use mlp_tests::{mlp, page_holds, root};

const PAGE: &str = "docs/contracts.md";

/// What a shell prints, and its exit code where it is not 0.
fn printed(command: &str, folder: &Path) -> String {
    let beside = mlp().parent().unwrap().to_path_buf();
    let path = format!("{}:{}", beside.display(), env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(folder).stdin(Stdio::null());
    shell.env("PATH", path).env("HOME", folder).env("NO_COLOR", "1").env("COLUMNS", "100");
    for (role, name) in [("AUTHOR", "ada"), ("COMMITTER", "ada")] {
        shell.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), "ada@example.com");
    }
    let output = shell.output().unwrap();
    let mut text = timeless(&String::from_utf8(output.stdout).unwrap());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match output.status.code() {
        Some(0) => text,
        code => format!("{text}[exit code {}]\n", code.unwrap_or(-1)),
    }
}

/// The text with dots for how long something took: `1,458 rows in .. s`.
fn timeless(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let shown = |(at, is): (usize, &&str)| {
        let is_time = at > 0 && word(at - 1) == "in" && word(at + 1).starts_with("s,") && is.parse::<f64>().is_ok();
        if is_time { "..".to_owned() } else { (*is).to_owned() }
    };
    words.iter().enumerate().map(shown).collect::<Vec<_>>().join(" ")
}

/// The page with what its commands print now. A block of `mlp FILE` is a file; a line of `console` behind `$ ` is a command.
fn told(page: &str, folder: &Path) -> String {
    let (mut out, mut block, mut file) = (String::new(), "", String::new());
    for line in page.lines() {
        let opens = line.strip_prefix("```").filter(|_| block.is_empty());
        let command = line.strip_prefix("$ ").filter(|_| block == "console");
        if block != "console" || command.is_some() || line == "```" {
            out.push_str(line);
            out.push('\n');
        }
        if let Some(kind) = opens {
            block = if kind.is_empty() { "text" } else { kind };
            file.clear();
        } else if let Some(command) = command {
            out.push_str(&printed(command, folder));
        } else if line == "```" {
            if let Some(path) = block.strip_prefix("mlp ") {
                fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
                fs::write(folder.join(path), &file).unwrap();
            }
            block = "";
        } else if !block.is_empty() {
            file.push_str(line);
            file.push('\n');
        }
    }
    out
}

#[test]
fn the_guide_shows_what_happens() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::copy(root().join("examples/quickstart/data/airports.csv"), folder.path().join("data/airports.csv")).unwrap();
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    page_holds(PAGE, &told(&page, folder.path()), "guide");
}
