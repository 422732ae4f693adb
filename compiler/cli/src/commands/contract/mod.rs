//! `mlp contract`.

mod check;
mod data;
mod page;
mod report;

use super::Exit;
use crate::{
    args::{ContractCommand, Where},
    output::Output,
};

/// Does what is asked about contracts and data.
pub fn contract(at: &Where, command: ContractCommand, output: &Output) -> Exit {
    match command {
        ContractCommand::Check(args) => check::check(at, &args, output),
    }
}
