//! `cargo xtask fuzz`: arbitrary input through the targets in `fuzz/`, and arbitrary messages to the language server.

use std::fs;

use crate::{
    place,
    process::{cargo, complain, say, step, succeeds, works},
};

/// Runs each target for so many seconds, stopping at none; whether none found anything.
pub fn run(seconds: &str) -> Result<bool, String> {
    let seconds: u32 = seconds.parse().map_err(|_| format!("`{seconds}` is not a number of seconds"))?;
    if !works(&mut cargo(&["fuzz", "--version"])) {
        say("installing cargo-fuzz");
        if !succeeds(&mut cargo(&["install", "--locked", "cargo-fuzz"]))? {
            return Err("cargo-fuzz could not be installed".to_owned());
        }
    }
    let mut clean = true;
    for target in targets()? {
        step(&format!("fuzz {target}, {seconds} s"));
        let limit = format!("-max_total_time={seconds}");
        // no sanitizer: they need nightly, and there is no unsafe code of ours to watch; libFuzzer's coverage works on stable
        let corpus = place::root().join("fuzz/corpus").join(&target);
        fs::create_dir_all(&corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
        let mut run = cargo(&["fuzz", "run", "-s", "none", &target]);
        // what is found goes into the first folder; the programs that we have are where it begins
        run.arg(&corpus)
            .arg(place::root().join("tests/programs"))
            .arg(place::root().join("compiler/syntax/tests/fixtures"));
        if !succeeds(run.args(["--", &limit, "-timeout=10", "-rss_limit_mb=4096", "-max_len=16384"]))? {
            complain(&format!("{target}: found something, see fuzz/artifacts/{target}"));
            clean = false;
        }
    }
    Ok(messages(seconds)? && clean)
}

/// Sessions of odd messages, about as many as fit into the time.
fn messages(seconds: u32) -> Result<bool, String> {
    const A_SECOND: u32 = 100;
    step("fuzz the language server");
    let cases = seconds.saturating_mul(A_SECOND).to_string();
    let mut test = cargo(&["test", "--release", "-p", "mlp-client", "--test", "odd"]);
    succeeds(test.env("PROPTEST_CASES", cases).env("MLP_BIN", place::mlp()))
}

/// The targets, by name.
fn targets() -> Result<Vec<String>, String> {
    let folder = place::root().join("fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
