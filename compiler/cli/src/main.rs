//! The `mlp` binary: arguments in, exit code out.
//!
//! **Lives here:** the command line, one file a command, and the one place that prints.
//! **Does not:** anything that another program could want to call: that is in the crates below.
//!
//! Invariants:
//! 1. Results go to stdout, progress and notes to stderr; only `output` prints.
//! 2. Exit codes: 0 done; 1 the program or the data is wrong; 2 the command could not do its work.

mod args;
mod commands;
mod history;
mod output;
mod program;
mod testing;
mod watch;

use clap::Parser as _;

/// Trees are many small values made on all cores at once, where the allocator of the system spends a third of a check.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let args = args::Args::parse();
    let output = output::Output::new(&args);
    // analysis and lowering recurse as deep as programs nest, which is more than a main thread's stack allows on some systems
    let worker = std::thread::Builder::new().stack_size(16 << 20).spawn(move || commands::run(args, &output));
    let code = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => 2,
    };
    std::process::ExitCode::from(code)
}
