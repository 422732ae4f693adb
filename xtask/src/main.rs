//! `cargo xtask`: the project's own commands.
//!
//! **Lives here:** `test` (everything that must hold), `airflow` (generated files in real Airflows), `bench` (side by side with other tools), `fuzz` (bad input), `soak` (long sessions with the language server), `grammars` (those of editors, from the table of words), `playground` (the page).
//! **Does not:** anything that the product does; it only starts processes and adds up what they say.
//!
//! Invariants:
//! 1. Only the standard library (and the table of words, which uses nothing else), so that it is built within seconds on a bare machine.
//! 2. A step that could not be made counts as failed; nothing is skipped without a word.

mod airflow;
mod bench;
mod count;
mod editors;
mod fuzz;
mod grammars;
mod place;
mod playground;
mod process;
mod soak;
mod test;

use std::{env, process::ExitCode};

const HELP: &str = "\
cargo xtask test            formatting, clippy, every test, the binary, the conformance programs, the editors
cargo xtask bench [TEXT]    speed side by side with other tools; only the rows whose name holds TEXT
cargo xtask fuzz [SECONDS]  each fuzz target for SECONDS (60)
cargo xtask soak [EDITS]    long sessions at random with the language server, of EDITS (10000) edits each
cargo xtask editors [NAME]  the tests of the editors' grammars and plugins, in real editors; only those of NAME
cargo xtask airflow [2|3]   the generated files in real Airflows, with their schedulers
cargo xtask playground      the compiler as a page of static files in target/playground/site, and its test in Chromium
cargo xtask grammars        writes what the grammars of editors take from the table of words; --check only looks
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let done = match (arguments.next().as_deref(), arguments.next()) {
        (Some("test"), None) => test::run(),
        (Some("bench"), filter) => bench::run(filter.as_deref().unwrap_or_default()),
        (Some("editors"), only) => editors::run(only.as_deref()),
        (Some("airflow"), only) => airflow::run(only.as_deref()),
        (Some("playground"), None) => playground::run(),
        (Some("grammars"), None) => grammars::run(false),
        (Some("grammars"), Some(flag)) if flag == "--check" => grammars::run(true),
        (Some("fuzz"), seconds) => fuzz::run(seconds.as_deref().unwrap_or("60")),
        (Some("soak"), edits) => soak::run(edits.as_deref().unwrap_or("10000")),
        _ => Err(HELP.to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            process::complain(&message);
            ExitCode::from(2)
        }
    }
}
