//! `soak MLP EDITS SEED..`: long sessions with the language server of a binary, one for each seed (`cargo xtask soak`).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program says what came of it")]

use std::{path::PathBuf, process::ExitCode};

use mlp_client::soak::{Plan, Report, soak};

/// The memory may grow by so much.
const GROWTH: f64 = 0.1;

#[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
fn one(mlp: &str, examples: &str, plan: Plan) -> Result<bool, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    // links on the way to it would be other names of the same files
    let place = folder.path().canonicalize().map_err(|error| error.to_string())?;
    let Report { edits, asked, compared, before, after } =
        soak(&PathBuf::from(mlp), &PathBuf::from(examples), &place, plan)?;
    let growth = after as f64 / before as f64 - 1.0;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "seed {}: {edits} edits, {asked} questions, {compared} times the same as a fresh server; {:.1} MiB after {} edits, {:.1} at the end ({:+.1} %)",
        plan.seed,
        mib(before),
        plan.warm,
        mib(after),
        growth * 100.0
    );
    Ok(growth <= GROWTH)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mlp, examples, edits, every, seeds @ ..] = arguments.as_slice() else {
        eprintln!("soak MLP EXAMPLES EDITS EVERY SEED..");
        return ExitCode::from(2);
    };
    let (Ok(edits), Ok(every)) = (edits.parse::<usize>(), every.parse()) else { return ExitCode::from(2) };
    let mut well = true;
    for seed in seeds.iter().filter_map(|seed| seed.parse().ok()) {
        match one(mlp, examples, Plan { seed, edits, warm: edits / 5, every }) {
            Ok(true) => {}
            Ok(false) => {
                eprintln!("seed {seed}: more than a tenth more memory");
                well = false;
            }
            Err(fault) => {
                eprintln!("seed {seed}: {fault}");
                well = false;
            }
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
