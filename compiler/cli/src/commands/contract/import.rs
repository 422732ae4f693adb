//! `mlp contract import`.

use std::path::Path;

use mlp_formats::{Fault, Format, Imported, Note, Outcome, Thing, format_names, mlp::Module};
use mlp_plan::Contract;

use super::{Exit, contract_name, put, refused, tell};
use crate::{args::ContractImportArgs, output::Output};

/// Writes the contracts of a file as `.mlp`, to stdout or into a new file.
pub fn import(args: &ContractImportArgs, output: &Output) -> Exit {
    let file = args.file.display().to_string();
    let bytes = std::fs::read(&args.file).map_err(|error| output.failure(&format!("{file}: {error}"), None))?;
    let fault = |fault: Fault| refused(&file, &with_formats(fault, args.from.as_deref()), output);
    let format = match &args.from {
        Some(name) => named(name, output)?,
        None => Format::of_file(&file, &bytes).map_err(fault)?,
    };
    let mut imported = format.import(bytes).map_err(fault)?;
    if args.from.is_none() && matches!(format, Format::Sql(_)) {
        let what = format!("read as {format}; --from names another dialect");
        imported.notes.push(Note::new(Outcome::Chosen, Thing::Foreign, file.as_str(), what));
    }
    name(&mut imported, args.name.as_deref(), &args.file, output)?;
    resolve(&mut imported);
    let text = Module::of(imported.contracts)
        .print()
        .map_err(|found| output.failure(&format!("{file}: {found}"), Some("mend it in the file, and import again")))?;
    put(&text, &args.to, output)?;
    tell(&imported.notes, output);
    Ok(0)
}

/// Of a file that may be of another format, the help says how to name it, or that it was named.
fn with_formats(mut fault: Fault, from: Option<&str>) -> Fault {
    if fault.other_format {
        let names = format_names(true);
        let formats = match from {
            None => format!("if it is of another format, say so with --from: {names}"),
            Some(from) => format!("it was read as --from {from} says; the others are {names}"),
        };
        fault.help = if fault.help.is_empty() { formats } else { format!("{}; {formats}", fault.help) };
    }
    fault
}

/// The format of that name, to be read.
fn named(name: &str, output: &Output) -> Result<Format, u8> {
    Format::of_name(name).filter(|format| format.is_read()).ok_or_else(|| {
        let names = format_names(true);
        let near = mlp_analysis::scope::nearest(name, names.split(", "));
        let help = near.map_or_else(|| format!("one of {names}"), |near| format!("did you mean `{near}`?"));
        output.failure(&format!("`{name}` is no format that is read"), Some(&help))
    })
}

/// The name that was asked for; a file that names nothing gives its own.
fn name(imported: &mut Imported, asked: Option<&str>, file: &Path, output: &Output) -> Result<(), u8> {
    let many = imported.contracts.len();
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let unnamed = |contract: &Contract| contract.name == mlp_formats::UNNAMED;
    match (asked, imported.contracts.as_mut_slice()) {
        (Some(asked), [only]) => {
            contract_name(asked, output)?;
            let old = std::mem::replace(&mut only.name, asked.to_owned());
            for reference in only.references.iter_mut().filter(|reference| reference.contract == old) {
                asked.clone_into(&mut reference.contract);
            }
        }
        (Some(_), _) => {
            let help = "leave --name out, and rename the contracts in the result";
            return Err(output.failure(&format!("the file holds {many} contracts, and --name is for one"), Some(help)));
        }
        (None, [only]) if unnamed(only) => only.name = mlp_formats::contract_name(&stem),
        (None, _) => {}
    }
    Ok(())
}

/// Leaves out references to what the result does not hold: the text would not check.
fn resolve(imported: &mut Imported) {
    let known: Vec<(String, Vec<String>)> = imported
        .contracts
        .iter()
        .map(|contract| (contract.name.clone(), contract.columns.iter().map(|column| column.name.clone()).collect()))
        .collect();
    for contract in &mut imported.contracts {
        let name = contract.name.clone();
        contract.references.retain(|reference| {
            let other = known.iter().find(|(name, _)| *name == reference.contract);
            let there = other.is_some_and(|(_, columns)| reference.to.iter().all(|to| columns.contains(to)));
            if !there {
                let (to, from) = (reference.to.join(", "), reference.from.join(", "));
                let what =
                    format!("references {}({to}) from ({from}), which the file does not hold", reference.contract);
                imported.notes.push(Note::new(Outcome::Lost, Thing::Reference, name.as_str(), what));
            }
            there
        });
    }
}
