//! What was found out so far, and the line that says it.

use std::env;

use crate::process::{say, step, watched};

/// What was found out so far.
#[derive(Default)]
pub struct Count {
    passed: usize,
    failed: usize,
    notes: Vec<String>,
}

impl Count {
    /// One thing that holds, or does not.
    pub fn one(&mut self, what: &str, passed: bool) {
        if passed {
            self.passed += 1;
        } else {
            self.fail(format!("FAILED: {what}"));
        }
    }

    /// What the tests of a program counted, and whether it ended well.
    pub fn tests(&mut self, what: &str, passed: usize, failed: usize, well: bool) {
        self.passed += passed;
        self.failed += failed;
        if failed > 0 {
            self.notes.push(format!("FAILED: {failed} of {what}"));
        } else if !well {
            self.fail(format!("FAILED: {what} (did not end well)"));
        }
    }

    /// A program that says `ok ..` and `not ok ..` of each thing that it looked at; `not tested: ..` of what it could not look at.
    pub fn script(&mut self, what: &str, command: &mut std::process::Command) -> Result<(), String> {
        let (mut passed, mut failed) = (0, 0);
        let mut notes = Vec::new();
        let well = watched(command, |line| {
            passed += usize::from(line.starts_with("ok "));
            failed += usize::from(line.starts_with("not ok "));
            if line.starts_with("not tested: ") {
                notes.push(line.to_owned());
            }
        })?;
        self.notes.append(&mut notes);
        self.tests(what, passed, failed, well && passed + failed > 0);
        Ok(())
    }

    /// What failed as a whole.
    pub fn fail(&mut self, note: String) {
        self.failed += 1;
        self.notes.push(note);
    }

    /// What could not be tested here: in CI a failure, elsewhere a line that is not overlooked.
    pub fn missing(&mut self, what: &str, why: &str) {
        if in_ci() {
            self.fail(format!("FAILED: {what}: {why}"));
        } else {
            self.notes.push(format!("NOT TESTED: {what}: {why}"));
        }
    }

    /// A remark for the end.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Prints all that was found out, `N passed, N failed` at the very end. Whether all passed.
    pub fn result(self) -> bool {
        step("result");
        for note in &self.notes {
            say(note);
        }
        say(&format!("{} passed, {} failed", self.passed, self.failed));
        self.failed == 0
    }
}

/// Whether this is CI, where nothing may be left out.
pub fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}
