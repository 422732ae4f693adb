//! `mlp diff`: what changed between two versions, and for whom it breaks.

mod json;
mod markdown;
mod neighbours;
mod record;
mod shown;
mod sides;
mod text;

use std::path::PathBuf;

use chrono::{Local, NaiveDate};
use mlp_diagnostics::render::{Format, render};
use mlp_evolution::{Class, Comparison, History, Options, Version, compare};
use mlp_plan::{Compatibility, Plan};

use self::{
    shown::Shown,
    sides::{Pods, Repo, Side, Sides},
};
use super::Exit;
use crate::{
    args::{DiffDeny, Where},
    output::Output,
};

/// What a comparison is asked for.
pub struct How {
    /// A revision, a folder, or a plan file.
    pub against: Option<String>,
    /// The revision that is compared with it; what is on disk where absent.
    pub head: Option<String>,
    /// The mode of every contract.
    pub mode: Option<Compatibility>,
    /// The day on which acceptances are looked at.
    pub today: Option<NaiveDate>,
    /// What makes it fail besides breaks.
    pub deny: Option<DiffDeny>,
    /// Whether released versions are written down.
    pub record: bool,
}

/// One form more than diagnostics have: a comment for a pull request.
enum Form {
    Markdown,
    Diagnostics(Format),
}

/// A compared package.
pub struct Compared {
    /// Its name.
    package: String,
    /// What was found.
    found: Comparison,
    /// Texts and places of both versions.
    shown: Shown,
}

/// Compares packages with an earlier version of theirs.
pub fn diff(at: &Where, format: Option<&str>, how: &How, output: &Output) -> Exit {
    let form = match format {
        Some("markdown") => Form::Markdown,
        asked => Form::Diagnostics(
            output.format(asked).map_err(|message| output.failure(&format!("{message}, markdown"), None))?,
        ),
    };
    let fail = |message: String| output.failure(&message, None);
    let Some(against) = &how.against else {
        if how.record {
            return record::record(&sides::packages(at).map_err(fail)?, output);
        }
        return Err(output.failure(
            "`mlp diff` compares with an earlier version",
            Some("--against origin/main, a folder, or a plan file"),
        ));
    };
    let sides = Sides::new(at, against, how.head.as_deref()).map_err(fail)?;
    let mut compared = Vec::new();
    for package in sides.packages() {
        compared.extend(one(&sides, package, how, output)?);
    }
    for package in sides.gone() {
        compared.push(gone(&sides, &package, how, output)?);
    }
    let denied = how.deny == Some(DiffDeny::Governance)
        && compared.iter().any(|one| one.found.changes.iter().any(|change| change.class == Class::Governance));
    let fails = denied || compared.iter().any(|one| one.found.is_broken());
    for note in compared.iter().flat_map(|one| &one.found.notes) {
        output.note(&format!("note: {note}"));
    }
    let text = match form {
        Form::Markdown => markdown::write(&compared, sides.against(), denied),
        Form::Diagnostics(Format::Json) => json::write(&compared, fails),
        Form::Diagnostics(format @ (Format::Pretty | Format::Narrated | Format::Short)) => {
            text::write(&compared, format, denied, output)
        }
        Form::Diagnostics(format) => {
            let (map, diagnostics) = shown::all(&compared, denied, true);
            render(
                &diagnostics,
                &map,
                format,
                &mlp_diagnostics::render::Options { command: "diff", ..output.options() },
            )
        }
    };
    output.result(&text);
    if how.record {
        if fails {
            output.note("note: nothing was recorded: what breaks is not released");
        } else {
            let roots: Vec<PathBuf> = sides.packages().iter().map(|package| package.root.clone()).collect();
            record::record(&roots, output)?;
        }
    }
    // what is in temporary folders is taken away; giving back the memory of two large programs takes as long as comparing them
    drop(sides);
    output.end(u8::from(fails))
}

/// One package; none where it is new, which breaks nobody.
fn one(sides: &Sides, at: &Repo, how: &How, output: &Output) -> Result<Option<Compared>, u8> {
    let fail = |message: String| output.failure(&message, None);
    let (new, beside) = sides.new_side(at, output)?;
    let Some(old) = sides.old_side(at, &beside, output)? else {
        output.note(&format!("note: `{}` is new: the earlier version has no such package", new.plan.package.name));
        return Ok(None);
    };
    // what was released stays a promise, whatever becomes of its record
    let history = record::history(&new.root).map_err(fail)?.with(record::history(&old.root).map_err(fail)?);
    let today = how.today.unwrap_or_else(|| Local::now().date_naive());
    let options = Options { today, mode: how.mode, history: &history };
    let (before, mut notes) = neighbours::dependents(sides.old_tree(), at, output);
    let (after, more) = neighbours::dependents(sides.new_tree(), at, output);
    notes.extend(more);
    let mut found = compare(
        &Version { plan: &old.plan, dependents: neighbours::listed(&before), pods: old.pods.clone() },
        &Version { plan: &new.plan, dependents: neighbours::listed(&after), pods: new.pods.clone() },
        &options,
    );
    found.notes.extend(notes);
    found.notes.extend(old.notes.iter().chain(&new.notes).cloned());
    found.notes.dedup();
    let package = new.plan.package.name.clone();
    Ok(Some(Compared { package, found, shown: Shown::new(old, new, sides.prefix(at)) }))
}

/// A package that the earlier version had, and that is no more: all of its contracts are gone.
fn gone(sides: &Sides, package: &Repo, how: &How, output: &Output) -> Result<Compared, u8> {
    let old = sides.revision(&package.root, None, output)?;
    let nothing = Plan::empty(old.plan.package.clone(), old.plan.target.clone());
    let history = History::default();
    let today = how.today.unwrap_or_else(|| Local::now().date_naive());
    let options = Options { today, mode: how.mode, history: &history };
    let (before, notes) = neighbours::dependents(sides.old_tree(), package, output);
    let mut found = compare(
        &Version { plan: &old.plan, dependents: neighbours::listed(&before), pods: Pods::new() },
        &Version { plan: &nothing, dependents: Vec::new(), pods: Pods::new() },
        &options,
    );
    found.notes.extend(notes);
    found.notes.push(format!("the package `{}` is gone", old.plan.package.name));
    let name = old.plan.package.name.clone();
    let new =
        Side { plan: nothing, root: package.root.clone(), files: Vec::new(), pods: Pods::new(), notes: Vec::new() };
    Ok(Compared { package: name, found, shown: Shown::new(old, new, sides.prefix(package)) })
}
