//! `cargo xtask bench`: speed, side by side with other tools, as ratios of cpu time.
//!
//! The cpu of a command is user plus system time of it and all of its children. The cheapest of several runs, ours and theirs in turn, so that a
//! busy machine is busy for both. Nothing here is asserted in a test: time is not a property of the code alone.

mod airflow;
mod cases;
mod contracts;
mod editor;
mod inputs;
mod measure;
mod tools;

use crate::{
    place,
    process::{cargo, say, step, succeeds},
};
use measure::Times;

/// How often each command is measured.
const RUNS: usize = 5;

/// One thing to measure.
pub struct Case {
    /// What is measured.
    pub name: String,
    /// Our command.
    pub ours: Work,
    /// The yardstick: its name and command, or why it is not there.
    pub theirs: Option<(String, Result<Work, String>)>,
    /// What we hold ourselves to.
    pub goal: Goal,
}

/// A command to measure.
#[derive(Clone, Default)]
pub struct Work {
    /// Program and arguments.
    pub command: Vec<String>,
    /// Where it runs.
    pub folder: std::path::PathBuf,
    /// Removed before each run, so that it begins from nothing.
    pub remove: Option<std::path::PathBuf>,
    /// Made once before all runs.
    pub before: Vec<String>,
    /// Exit codes that are fine.
    pub codes: Vec<i32>,
    /// Whether it measures itself, and prints the seconds of cpu that count.
    pub tells: bool,
}

/// A bound.
#[derive(Clone, Copy)]
pub enum Goal {
    /// At most so many seconds of cpu.
    Seconds(f64),
    /// At most so many times the yardstick's cpu.
    Ratio(f64),
    /// At most so many megabytes of memory at once.
    Megabytes(f64),
    /// At most so many times the bytes that the yardstick writes.
    Bytes(f64),
}

/// Measures the cases whose name holds `filter` and prints a table. Whether all could be measured.
pub fn run(filter: &str) -> Result<bool, String> {
    step("build");
    const PARTS: [&str; 8] = ["-p", "mlp-cli", "-p", "mlp-diagnostics", "-p", "mlp-client", "--bins", "--examples"];
    if !succeeds(cargo(&["build", "--release", "--locked"]).args(PARTS))? {
        return Err("the build failed".to_owned());
    }
    let home = place::target().join("bench");
    std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    step("inputs and yardsticks");
    let cases = cases::all(&home, filter)?;
    if filter.starts_with(editor::NAME) {
        return editor::run(&home, filter);
    }
    step("cpu seconds, the least of 5");
    say(&format!("{:<44} {:>9} {:>9} {:>7}  {:<24} goal", "", "mlp", "theirs", "ratio", "yardstick"));
    let mut whole = true;
    for case in &cases {
        whole &= report(case);
    }
    if filter.is_empty() {
        whole &= editor::run(&home, editor::NAME)?;
    }
    Ok(whole)
}

#[expect(clippy::cast_precision_loss, reason = "files have less than 2^53 bytes")]
fn report(case: &Case) -> bool {
    let (ours, theirs) = match measure_both(case) {
        Ok(times) => times,
        Err(why) => {
            say(&format!("{:<44} could not be measured: {why}", case.name));
            return false;
        }
    };
    let ratio = theirs.as_ref().map(|theirs| ours.cpu / theirs.cpu.max(1e-6));
    let (goal, met) = match case.goal {
        Goal::Seconds(limit) => (format!("{limit} s"), Some(ours.cpu <= limit)),
        Goal::Megabytes(limit) => (format!("{:.0} of {limit} MB", ours.peak), Some(ours.peak <= limit)),
        Goal::Bytes(limit) => {
            let written = |work: &Work| measure::written(work).ok();
            let theirs = case.theirs.as_ref().and_then(|(_, work)| written(work.as_ref().ok()?));
            let ratio = written(&case.ours).zip(theirs).map(|(ours, theirs)| ours as f64 / theirs as f64);
            let told = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
            (format!("{told} of {limit} x the bytes"), ratio.map(|ratio| ratio <= limit))
        }
        Goal::Ratio(limit) => (format!("{limit} x"), ratio.map(|ratio| ratio <= limit)),
    };
    let yardstick = match &case.theirs {
        None => String::new(),
        Some((name, Ok(_))) => name.clone(),
        Some((name, Err(why))) => format!("{name}: {why}"),
    };
    let verdict = match met {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "unknown",
    };
    say(&format!(
        "{:<44} {:>9.4} {:>9} {:>7}  {:<24} {goal}: {verdict}",
        case.name,
        ours.cpu,
        theirs.map_or("-".to_owned(), |theirs| format!("{:.4}", theirs.cpu)),
        ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
        yardstick,
    ));
    true
}

/// The least of both, measured in turn.
fn measure_both(case: &Case) -> Result<(Times, Option<Times>), String> {
    let theirs = case.theirs.as_ref().and_then(|(_, work)| work.as_ref().ok());
    measure::prepare(&case.ours)?;
    if let Some(theirs) = theirs {
        measure::prepare(theirs)?;
    }
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        our_times.push(measure::once(&case.ours)?);
        if let Some(theirs) = theirs {
            their_times.push(measure::once(theirs)?);
        }
    }
    Ok((measure::least(&our_times), theirs.map(|_| measure::least(&their_times))))
}
