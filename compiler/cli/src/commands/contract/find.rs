//! A contract of the package, by its name.

use mlp_analysis::{Checked, DeclId, Kind, Program, scope::nearest};
use mlp_diagnostics::{Diagnostic, render::render};
use mlp_plan::Contract;
use mlp_workspace::{Loaded, Override};

use crate::{
    args::Where,
    output::Output,
    program::{checked, loaded, path_of},
};

/// The contract of that name (`Flight`, `risk.contracts.Flight`), and behind it those that it refers to, directly or not.
pub fn with_references(at: &Where, name: &str, output: &Output) -> Result<Vec<Contract>, u8> {
    let loaded = loaded(&path_of(at), output)?;
    checked(&loaded, &Override::new(), |checked, diagnostics| {
        if diagnostics.iter().any(Diagnostic::is_error) {
            let format = output.format(None).unwrap_or(mlp_diagnostics::render::Format::Short);
            output.note(render(&diagnostics, &loaded.sources, format, &output.options()).trim_end());
            return Err(1);
        }
        let id = named(checked, &loaded, name, output)?;
        Ok(closure(checked, id))
    })
}

/// The declaration of that name. Own contracts go before those of other packages; one that two modules declare has to be named with its module.
pub fn named(checked: &Checked<'_>, loaded: &Loaded, name: &str, output: &Output) -> Result<DeclId, u8> {
    let program = checked.checker.program;
    let all: Vec<DeclId> = program.of_kind(Kind::Contract).collect();
    let own = |id: &DeclId| program.decl(*id).is_some_and(|decl| loaded.own.contains(&decl.span.file));
    let is = |id: &DeclId| program.qualified(*id) == name || program.decl(*id).is_some_and(|decl| decl.name == name);
    let mut found: Vec<DeclId> = all.iter().copied().filter(is).collect();
    if found.iter().any(own) {
        found.retain(own);
    }
    match found.as_slice() {
        [id] => Ok(*id),
        [] => {
            let own: Vec<DeclId> = all.iter().copied().filter(own).collect();
            let names: Vec<String> = own.iter().map(|id| pasted(program, *id, &own)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let help = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "the package declares no contract".to_owned(),
                None => format!("the package has {}", names.join(", ")),
            };
            Err(output.failure(&format!("there is no contract `{name}`"), Some(&help)))
        }
        many => {
            let names: Vec<String> = many.iter().map(|id| program.qualified(*id)).collect();
            let help = format!("one of {}", names.join(", "));
            Err(output.failure(&format!("`{name}` is declared more than once"), Some(&help)))
        }
    }
}

/// The name of a contract that means it and no other: with its module where two modules declare one of that name.
fn pasted(program: &Program, id: DeclId, all: &[DeclId]) -> String {
    let name = |id: DeclId| program.decl(id).map(|decl| decl.name.as_str());
    let is_one = all.iter().filter(|other| name(**other) == name(id)).count() == 1;
    name(id).filter(|_| is_one).map_or_else(|| program.qualified(id), str::to_owned)
}

/// A contract and what it refers to; names are looked up where the contract that says them stands.
fn closure(checked: &mut Checked<'_>, first: DeclId) -> Vec<Contract> {
    let program = checked.checker.program;
    let mut ids = vec![first];
    let mut contracts = Vec::new();
    while let Some(id) = ids.get(contracts.len()).copied() {
        let contract = checked.checker.contract_of(id).face.clone();
        let module = program.decl(id).map_or(0, |decl| decl.module);
        for reference in &contract.references {
            if let mlp_analysis::scope::Found::Decl(other) = checked.checker.lookup(module, &reference.contract)
                && !ids.contains(&other)
            {
                ids.push(other);
            }
        }
        contracts.push(contract);
    }
    contracts
}
