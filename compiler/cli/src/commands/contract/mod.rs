//! `mlp contract`.

mod check;
mod data;
mod export;
mod find;
mod import;
mod page;
mod report;

use mlp_formats::{Fault, Note};

use super::Exit;
use crate::{
    args::{ContractCommand, Where},
    output::Output,
};

/// Does what is asked about contracts and data.
pub fn contract(at: &Where, command: ContractCommand, output: &Output) -> Exit {
    match command {
        ContractCommand::Check(args) => check::check(at, &args, output),
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
