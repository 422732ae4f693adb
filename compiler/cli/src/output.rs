//! The one printer, and what else holds for the whole of a command.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
};

use mlp_diagnostics::render::{Failure, Format, Options, failure, unable};

use crate::{
    args::{Args, Color},
    commands::Exit,
};

/// Where results and notes go, whether they are coloured, and whether packages may be fetched.
#[derive(Debug)]
pub struct Output {
    color: Option<bool>,
    /// Why the command could not do its work, as far as it was said.
    failures: Mutex<Vec<Failure>>,
    /// `--offline`.
    pub offline: bool,
    /// `--locked`.
    pub locked: bool,
}

impl Output {
    /// By `--color`, `NO_COLOR` and `CLICOLOR_FORCE`.
    pub fn new(args: &Args) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = match args.color {
            Color::Always => Some(true),
            Color::Never => Some(false),
            Color::Auto if set("NO_COLOR") => Some(false),
            Color::Auto if set("CLICOLOR_FORCE") => Some(true),
            Color::Auto => None,
        };
        Self { color, failures: Mutex::default(), offline: args.offline, locked: args.locked }
    }

    /// Prints a result, ending with a line end.
    pub fn result(&self, text: &str) {
        if !text.is_empty() {
            let mut out = io::stdout().lock();
            let end = if text.ends_with('\n') { "" } else { "\n" };
            // who closed the pipe has read enough
            drop(write!(out, "{text}{end}"));
        }
    }

    /// Prints a note.
    pub fn note(&self, text: &str) {
        drop(writeln!(io::stderr().lock(), "{text}"));
    }

    /// Says why the command could not do its work; answers exit code 2.
    pub fn failure(&self, message: &str, help: Option<&str>) -> u8 {
        let options = Options { color: self.color.unwrap_or_else(|| io::stderr().is_terminal()), ..self.options() };
        self.note(failure(message, &[], help, &options).trim_end());
        let said = Failure { message: message.to_owned(), help: help.map(str::to_owned) };
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(said);
        2
    }

    /// Why the command could not do its work, as far as it was said.
    pub fn failures(&self) -> Vec<Failure> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers how a command ended that reports in some form. Where it could not do its work, stdout gets a document that says why, if programs read that
    /// form: an empty file would look like one without findings.
    pub fn reported(&self, format: Format, command: &'static str, exit: Exit) -> Exit {
        let failures = self.failures();
        if exit.is_err() && !failures.is_empty() {
            self.result(&unable(&failures, format, &Options { command, ..self.options() }));
        }
        exit
    }

    /// Ends the process when all is printed, without giving back its memory piece by piece.
    pub fn end(&self, code: u8) -> ! {
        drop(io::stdout().lock().flush());
        std::process::exit(i32::from(code))
    }

    /// The form that is asked for, or the one that fits where stdout goes.
    pub fn format(&self, asked: Option<&str>) -> Result<Format, String> {
        match asked {
            Some(name) => name.parse(),
            None if io::stdout().is_terminal() => Ok(Format::Pretty),
            None => Ok(Format::Short),
        }
    }

    /// How diagnostics are drawn on stdout.
    pub fn options(&self) -> Options {
        let terminal = io::stdout().is_terminal();
        Options { color: self.color.unwrap_or(terminal), ..Options::default() }
    }
}
