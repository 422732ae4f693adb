//! `contracts.lock`: read for transitive modes, written by `mlp diff --record`.

use std::path::{Path, PathBuf};

use mlp_evolution::{History, Options, compare};
use mlp_plan::Plan;
use mlp_workspace::read_text;

use super::{
    Compared, Exit, Form, How,
    neighbours::Neighbours,
    shown::Shown,
    side::{Side, side},
    version, written,
};
use crate::output::Output;

/// The released versions of a package; none where it has no record.
///
/// # Errors
/// In words with the path, where it cannot be read.
pub fn history(root: &Path) -> Result<History, String> {
    parsed(root, History::parse)
}

fn parsed(root: &Path, parse: impl Fn(&str) -> Result<History, String>) -> Result<History, String> {
    let path = root.join("contracts.lock");
    if !path.is_file() {
        return Ok(History::default());
    }
    parse(&read_text(&path)?).map_err(|why| format!("{}: {why}", path.display()))
}

/// Writes the current version of each published contract of the packages down, where it keeps what the version on record before it promised.
pub(super) fn record(roots: &[PathBuf], form: Form, how: &How, output: &Output) -> Exit {
    for root in roots {
        if !root.join("mlp.toml").is_file() {
            return Err(
                output.failure(&format!("{}: a single file has no record; make a package of it", root.display()), None)
            );
        }
        let (new, _loaded) = side(root, None, "", (None, None), output).map_err(|trouble| trouble.tell(output))?;
        let mut history = parsed(root, History::joined).map_err(|message| output.failure(&message, None))?;
        let own: Vec<_> = new.plan.contracts.values().filter(|contract| contract.is_own()).cloned().collect();
        let compared = with_the_last(new, &history, how);
        if compared.found.is_broken() {
            output.result(&written(&[compared], form, ("contracts.lock", false), true, output));
            output.note("note: nothing was recorded: what breaks the last version on record is not released");
            return Ok(1);
        }
        match history.record(&own) {
            Ok(added) => written_down(root, &history, &added, output)?,
            Err(faults) => {
                for fault in &faults {
                    output.failure(fault, None);
                }
                return Ok(1);
            }
        }
    }
    Ok(0)
}

/// Writes the record where it says something else than before.
fn written_down(root: &Path, history: &History, added: &[String], output: &Output) -> Result<(), u8> {
    let (path, text) = (root.join("contracts.lock"), history.text());
    let is_known = read_text(&path).is_ok_and(|before| before == text) || (added.is_empty() && !path.is_file());
    if is_known {
        output.note(&format!("{}: every published version is on record", root.display()));
        return Ok(());
    }
    mlp_store::write_atomically(&path, text.as_bytes()).map_err(|error| output.failure(&error.to_string(), None))?;
    let what = if added.is_empty() {
        "joined both sides of a merge".to_owned()
    } else {
        format!("recorded {}", added.join(", "))
    };
    output.note(&format!("{}: {what}", path.display()));
    Ok(())
}

/// The contracts beside their last versions on record. One that is gone stays on record, and is nobody's business here.
fn with_the_last(new: Side, history: &History, how: &How) -> Compared {
    let mut last = Plan::empty(new.plan.package.clone(), new.plan.target.clone());
    let is_declared = |name: &str| new.plan.contracts.values().any(|one| one.declared.as_deref() == Some(name));
    let known = history.newest().filter(|one| one.declared.as_deref().is_some_and(is_declared));
    last.contracts.extend(known.filter_map(|one| Some((one.declared.clone()?, one.clone()))));
    let old = Side::bare(last, new.root.clone());
    let nobody = Neighbours::default();
    let options = Options { today: how.today(), mode: how.mode, history };
    let mut found = compare(&version(&old, &nobody), &version(&new, &nobody), &options);
    // policies, pipelines and the rest have no record
    let contracts: Vec<&str> = found.contracts.iter().map(|judged| judged.name.as_str()).collect();
    found.changes.retain(|change| contracts.contains(&change.subject.as_str()));
    let package = new.plan.package.name.clone();
    Compared { package, found, shown: Shown::new(old, new, None, Vec::new()) }
}
