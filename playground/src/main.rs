//! The compiler as a program of one step: a text on standard input, JSON on standard output. In a browser it is WebAssembly, started anew for each text, so that
//! neither a bug nor its memory outlives an answer.

use std::{
    io::{self, Read as _, Write as _},
    process::ExitCode,
};

fn main() -> ExitCode {
    let mut text = String::new();
    let done = io::stdin().read_to_string(&mut text).and_then(|_| {
        let answer = mlp_playground::answer(&text)?;
        io::stdout().write_all(answer.as_bytes())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // where nobody reads that either, the exit code says it
            let _ = writeln!(io::stderr(), "{fault}");
            ExitCode::from(2)
        }
    }
}
