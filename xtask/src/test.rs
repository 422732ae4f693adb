//! `cargo xtask test`: everything that must hold, in one command.

use crate::{
    airflow,
    count::{Count, in_ci},
    editors, grammars, place, playground,
    process::{cargo, command, python, step, succeeds, watched, works},
};

/// Runs all steps, the quick ones first, and prints `N passed, N failed` at the very end. Whether all passed.
pub fn run() -> Result<bool, String> {
    let mut count = Count::default();
    formatting(&mut count)?;
    count.one("generated parts of the editors' grammars (cargo xtask grammars)", grammars::run(true)?);
    if let Some(linted) = build(&mut count)? {
        airflow::install_all();
        tests(linted, &mut count)?;
        conformance(&mut count)?;
        editors::all(&mut count, None)?;
        playground::all(&mut count)?;
    }
    Ok(count.result())
}

/// A component of the toolchain, installed where rustup can do that.
fn component(name: &str, probe: &[&str], count: &mut Count) -> Result<bool, String> {
    if works(&mut cargo(probe))
        || (succeeds(&mut command("rustup", &["component", "add", name])).unwrap_or(false) && works(&mut cargo(probe)))
    {
        return Ok(true);
    }
    count.fail(format!(
        "FAILED: {name} is not installed and rustup could not add it; install your distribution's package of it"
    ));
    Ok(false)
}

fn formatting(count: &mut Count) -> Result<(), String> {
    step("formatting");
    if component("rustfmt", &["fmt", "--version"], count)? {
        let passed = succeeds(&mut cargo(&["fmt", "--all", "--check"]))?;
        count.one("formatting (cargo fmt --all)", passed);
    }
    Ok(())
}

/// The binary and all tests in one go, with clippy in the compiler's place: checking and building apart would go through the large dependencies twice.
/// Answers whether there is something to run, built under the same settings as the tests will be.
fn build(count: &mut Count) -> Result<Option<Linted>, String> {
    step("clippy and build");
    let linted = component("clippy", &["clippy", "--version"], count)?.then_some(Linted(true));
    for linted in linted.into_iter().chain([Linted(false)]) {
        let built =
            succeeds(linted.set(&mut cargo(&["build", "--release", "--workspace", "--all-targets", "--locked"])))?;
        count.one(if linted.0 { "clippy, all crates and targets" } else { "build" }, built);
        if built {
            return Ok(Some(linted));
        }
    }
    Ok(None)
}

/// Whether clippy stands in the compiler's place for the crates of the workspace, as `cargo clippy` does it, warnings being errors.
#[derive(Clone, Copy)]
struct Linted(bool);

impl Linted {
    fn set(self, cargo: &mut std::process::Command) -> &mut std::process::Command {
        if self.0 {
            cargo.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", "-Dwarnings__CLIPPY_HACKERY__");
        }
        cargo
    }
}

fn tests(linted: Linted, count: &mut Count) -> Result<(), String> {
    step("tests");
    let mut tests = cargo(&["test", "--release", "--workspace", "--locked", "--no-fail-fast"]);
    linted.set(&mut tests).env("INSTA_UPDATE", "no").env("MLP_BIN", place::mlp());
    let (mut passed, mut failed) = (0, 0);
    let well = watched(&mut tests, |line| {
        if let Some(result) = line.strip_prefix("test result: ") {
            passed += before(result, " passed");
            failed += before(result, " failed");
        }
    })?;
    count.tests("cargo's tests", passed, failed, well);
    Ok(())
}

/// The number that stands before `word`: 12 in `ok. 12 passed; ..`.
fn before(line: &str, word: &str) -> usize {
    line.split_once(word)
        .and_then(|(head, _)| head.rsplit([' ', ';']).next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// The runners of the conformance programs.
const RUNNERS: [&str; 2] = ["run.py", "diff.py"];

fn conformance(count: &mut Count) -> Result<(), String> {
    step("conformance");
    let home = place::root().join("../shared/conformance");
    if !RUNNERS.iter().all(|runner| home.join(runner).is_file()) {
        if in_ci() {
            count.fail("FAILED: the conformance programs (../shared/conformance) are not there".to_owned());
        } else {
            count.note(
                "skipped: the conformance programs (../shared/conformance) are not part of this clone".to_owned(),
            );
        }
        return Ok(());
    }
    for name in RUNNERS {
        let mut runner = command(python()?, &[home.join(name)]);
        runner.arg("--mlp").arg(place::mlp());
        let (mut passed, mut failed) = (0, 0);
        let well = watched(&mut runner, |line| {
            if line.ends_with(" failed") {
                (passed, failed) = (before(line, " passed"), before(line, " failed"));
            }
        })?;
        count.tests(&format!("the conformance programs ({name})"), passed, failed, well);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn counts_are_read_from_closing_lines() {
        let line = "ok. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!((before(line, " passed"), before(line, " failed")), (12, 3));
        assert_eq!((before("7 passed, 1 failed", " passed"), before("7 passed, 1 failed", " failed")), (7, 1));
        assert_eq!(before("nothing of the kind", " passed"), 0);
    }
}
