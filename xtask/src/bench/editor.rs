//! How long an editor waits for `mlp lsp`, beside `ruff server`: `mlp-client` measures, since these are times between messages and not those of a command.

use std::path::Path;

use super::{cases::example, tools};
use crate::{
    place,
    process::{command, say, step, succeeds},
};

/// What it is called; what stands behind it takes the measures whose name has it.
pub const NAME: &str = "editor";

/// The version that is measured beside.
const RUFF: &str = "ruff";

/// Measures and prints a table. Whether that could be done.
pub fn run(home: &Path, filter: &str) -> Result<bool, String> {
    let ruff = tools::from_python(home, RUFF, RUFF);
    step("editor: what it waits for");
    if let Err(why) = &ruff {
        say(&format!("without ruff: {why}"));
    }
    let word = filter.strip_prefix(NAME).unwrap_or_default().trim();
    let mut latency = command(example("latency"), &[place::mlp()]);
    let well = succeeds(latency.arg(ruff.as_deref().unwrap_or(Path::new(""))).arg(word))?;
    Ok(well && ruff.is_ok())
}
