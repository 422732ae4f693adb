//! `mlp contract`.

mod export;
mod find;
mod import;

use mlp_formats::{Fault, Note};

use super::Exit;
use crate::{
    args::{ContractCommand, Where},
    output::Output,
};

/// Does what is asked about contracts.
pub fn contract(at: &Where, command: ContractCommand, output: &Output) -> Exit {
    match command {
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
