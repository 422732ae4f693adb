//! `mlp contract export`.

use std::io::{IsTerminal as _, Write as _};

use mlp_formats::{Format, format_names};

use super::{Exit, find, is_free, refused, tell, write};
use crate::{
    args::{ContractExportArgs, Where},
    output::Output,
};

/// Writes a contract in another format, to stdout or into a file.
pub fn export(at: &Where, args: &ContractExportArgs, output: &Output) -> Exit {
    let name = &args.format;
    let format = Format::of_name(name).ok_or_else(|| {
        let names = format_names(false);
        let near = mlp_analysis::scope::nearest(name, names.split(", "));
        let help = near.map_or_else(|| format!("one of {names}"), |near| format!("did you mean `{near}`?"));
        output.failure(&format!("`{name}` is no format that is written"), Some(&help))
    })?;
    if format.is_binary() && args.to.out.is_none() && std::io::stdout().is_terminal() {
        return Err(output.failure(&format!("{format} is no text for a terminal"), Some("name a file with -o")));
    }
    is_free(&args.to, output)?;
    let mut contracts = find::with_references(at, &args.contract, output)?;
    if matches!(format, Format::Sql(_)) {
        // a table stands before those that refer to it
        contracts.reverse();
    }
    let exported = format.export(&contracts).map_err(|fault| refused(&args.contract, &fault, output))?;
    match &args.to.out {
        Some(_) => write(&exported.bytes, &args.to, output)?,
        // who closed the pipe has read enough
        None if format.is_binary() => drop(std::io::stdout().lock().write_all(&exported.bytes)),
        None => output.result(&String::from_utf8_lossy(&exported.bytes)),
    }
    tell(&exported.notes, output);
    Ok(0)
}
