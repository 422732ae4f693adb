//! `mlp contract`.

mod check;
mod data;
mod export;
mod find;
mod import;
mod infer;
mod page;
mod report;

use mlp_formats::{Fault, Note};
use mlp_source::SourceMap;

use super::Exit;
use crate::{
    args::{ContractCommand, OutArgs, Where},
    output::Output,
};

/// Does what is asked about contracts and data.
pub fn contract(at: &Where, command: ContractCommand, output: &Output) -> Exit {
    match command {
        ContractCommand::Check(args) => check::check(at, &args, output),
        ContractCommand::Infer(args) => infer::infer(&args, output),
        ContractCommand::Import(args) => import::import(&args, output),
        ContractCommand::Export(args) => export::export(at, &args, output),
    }
}

/// Says what did not come along, a line each.
fn tell(notes: &[Note], output: &Output) {
    for note in notes {
        output.note(&format!("note: {note}"));
    }
}

/// Says why a file could not be read or written, with its place.
fn refused(file: &str, fault: &Fault, output: &Output) -> u8 {
    let place = fault.line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
    let help = Some(fault.help.as_str()).filter(|help| !help.is_empty());
    output.failure(&format!("{place}: {fault}"), help)
}

/// Refuses what is no name.
fn contract_name(name: &str, output: &Output) -> Result<(), u8> {
    if mlp_formats::mlp::is_name(name) {
        return Ok(());
    }
    let help = "a name has letters, digits and `_`, and no digit first";
    Err(output.failure(&format!("{name:?} is no name of a contract"), Some(help)))
}

/// Refuses a file that is there, unless it may be replaced.
fn is_free(to: &OutArgs, output: &Output) -> Result<(), u8> {
    let Some(out) = to.out.as_deref().filter(|out| !to.force && out.exists()) else { return Ok(()) };
    let help = "name a new file with -o, or let it take the place of this one with --force";
    Err(output.failure(&format!("{}: there is a file already", out.display()), Some(help)))
}

/// Prints source as `mlp fmt` lays it out, or writes it to a file.
fn put(text: &str, to: &OutArgs, output: &Output) -> Result<(), u8> {
    let mut sources = SourceMap::new();
    let file = sources.add("contract.mlp", text);
    let text = mlp_syntax::format(&mlp_syntax::parse(file, text).file, text);
    if to.out.is_none() {
        output.result(&text);
    }
    write(text.as_bytes(), to, output)
}

/// Writes to the file that was named, if one was.
fn write(bytes: &[u8], to: &OutArgs, output: &Output) -> Result<(), u8> {
    let Some(out) = &to.out else { return Ok(()) };
    is_free(to, output)?;
    mlp_store::write_atomically(out, bytes).map_err(|error| output.failure(&error.to_string(), None))?;
    output.note(&format!("wrote {}", out.display()));
    Ok(())
}
