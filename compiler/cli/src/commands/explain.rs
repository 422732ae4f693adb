//! `mlp explain CODE`.

use mlp_diagnostics::Code;

use super::Exit;
use crate::output::Output;

/// Prints the page of a code.
pub fn explain(code: &str, output: &Output) -> Exit {
    let Some(known) = Code::parse(code) else {
        return Err(output.failure(
            &format!("there is no code `{code}`"),
            Some("codes look like MLP301; `docs/reference/diagnostics.md` lists them"),
        ));
    };
    match mlp_diagnostics::explain(known) {
        Some(page) => output.result(page),
        None => {
            let meaning = known.meaning();
            output.result(&format!("# {known}: {}\n\nThis version does not look for it yet.\n", meaning.trim()));
        }
    }
    Ok(0)
}
