//! `mlp registry`.

use std::path::PathBuf;

use mlp_store::{Decided, Store, StoreError};

use super::{
    Exit,
    runs::{opened, table},
};
use crate::{
    args::{RegistryCommand, Where},
    output::Output,
};

/// Tells what the registry holds, or moves a rung: the package's own, or that of a store which deployed pipelines share.
pub fn registry(at: &Where, shared: Option<&str>, command: Option<RegistryCommand>, output: &Output) -> Exit {
    let store = match shared {
        None => opened(at, output)?,
        // no package is needed for it
        Some(url) => {
            if let Some(folder) = mlp_store::folder_of(url).filter(|folder| !folder.is_dir()) {
                return Err(output.failure(&format!("{}: there is no store here", folder.display()), None));
            }
            let root = at.package.clone().unwrap_or_else(|| PathBuf::from("."));
            Store::open_url(&root, url).map_err(|error| output.failure(&error.to_string(), None))?
        }
    };
    let failed = |error: StoreError| output.failure(&error.to_string(), None);
    match command.unwrap_or(RegistryCommand::List) {
        RegistryCommand::List => {
            let rungs = store.rungs().map_err(failed)?;
            if rungs.is_empty() {
                output.note("no model was promoted yet");
            }
            let rows = rungs.iter().map(|rung| {
                vec![
                    format!("{}.{}", rung.model, rung.rung),
                    rung.version.to_string(),
                    rung.since.clone(),
                    short(&rung.artifact.digest),
                ]
            });
            output.result(&table(&["rung", "version", "since", "artifact"], rows.collect()));
        }
        RegistryCommand::Show { model } => {
            let versions = store.versions(Some(&model)).map_err(failed)?;
            if versions.is_empty() {
                return Err(output.failure(&format!("the registry has no version of `{model}`"), None));
            }
            let rows = versions.iter().map(|version| {
                vec![
                    version.version.to_string(),
                    version.at.clone(),
                    version.run.clone(),
                    version.node.clone(),
                    short(&version.artifact.digest),
                ]
            });
            output.result(&table(&["version", "made", "run", "node", "artifact"], rows.collect()));
        }
        RegistryCommand::History { model } => {
            let moves = store.rung_history(&model).map_err(failed)?;
            if moves.is_empty() {
                output.note(&format!("no rung of `{model}` ever moved"));
            }
            let rows = moves.iter().map(|step| {
                let from = step.previous.map_or("-".to_owned(), |version| version.to_string());
                vec![
                    step.at.clone(),
                    format!("{}.{}", step.model, step.rung),
                    from,
                    step.version.to_string(),
                    step.audit.to_string(),
                    step.why.clone(),
                ]
            });
            output.result(&table(&["at", "rung", "from", "to", "audit", "why"], rows.collect()));
        }
        RegistryCommand::Verify => return verify(&store, output),
        RegistryCommand::Approve { rung, by, because } => {
            let (model, rung) = split(&rung, output)?;
            let by = by.or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "unknown".to_owned());
            told(store.approve(model, rung, &by, &because).map_err(failed)?, output);
        }
        RegistryCommand::Rollback { rung, to, because } => {
            let (model, name) = split(&rung, output)?;
            let by = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
            let history = store.rung_history(model).map_err(failed)?;
            let before = history.iter().rev().find(|step| step.rung == name).and_then(|step| step.previous);
            let Some(version) = to.or(before) else {
                return Err(output.failure(&format!("`{rung}` held no version before"), Some("name one with --to")));
            };
            told(store.set_rung(model, name, Some(version), &by, &because).map_err(failed)?, output);
        }
    }
    Ok(0)
}

fn verify(store: &Store, output: &Output) -> Exit {
    match store.verify_audit() {
        Ok(report) => {
            for fault in &report.faults {
                output.result(fault);
            }
            output.result(&format!(
                "{} entries, {}",
                report.entries,
                if report.is_sound() { "the chain is whole" } else { "the chain is broken" }
            ));
            Ok(u8::from(!report.is_sound()))
        }
        Err(error) => Err(output.failure(&error.to_string(), None)),
    }
}

fn told(decided: Decided, output: &Output) {
    output.result(&match decided {
        Decided::Moved(step) => {
            format!("{}.{} holds version {} (audit entry {})", step.model, step.rung, step.version, step.audit)
        }
        Decided::Already { version } => format!("it holds version {version} already"),
        Decided::Recorded { audit } => format!("on record as audit entry {audit}; the rung stays"),
    });
}

fn split<'a>(rung: &'a str, output: &Output) -> Result<(&'a str, &'a str), u8> {
    rung.split_once('.').ok_or_else(|| output.failure(&format!("`{rung}` is no rung"), Some("write Model.rung")))
}

/// Enough of a digest to tell artifacts apart.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}
