//! `mlp diff`: what changed between two versions, and for whom it breaks.

mod json;
mod markdown;
mod neighbours;
pub mod record;
mod shown;
mod side;
mod sides;
mod text;

use std::path::PathBuf;

use chrono::{Local, NaiveDate};
use mlp_diagnostics::render::{Format, render};
use mlp_evolution::{Class, Comparison, History, Options, Version, compare};
use mlp_plan::Compatibility;

use self::{
    neighbours::Neighbours,
    shown::{Shown, Told},
    side::{Side, Trouble},
    sides::{Repo, Sides},
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

impl How {
    fn today(&self) -> NaiveDate {
        self.today.unwrap_or_else(|| Local::now().date_naive())
    }
}

/// One form more than diagnostics have: a comment for a pull request.
#[derive(Clone, Copy)]
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
    let done = asked(at, form, how, output);
    if done.is_err() {
        output.result(&unable(form, how.against.as_deref().unwrap_or_default(), output));
    }
    done
}

/// What is said on stdout where nothing could be compared.
fn unable(form: Form, against: &str, output: &Output) -> String {
    let failures = output.failures();
    let options = mlp_diagnostics::render::Options { command: "diff", ..output.options() };
    match form {
        Form::Markdown => markdown::unable(against, &failures),
        Form::Diagnostics(Format::Json) => json::write(&[], true, &failures),
        Form::Diagnostics(format) => mlp_diagnostics::render::unable(&failures, format, &options),
    }
}

fn asked(at: &Where, form: Form, how: &How, output: &Output) -> Exit {
    let fail = |message: String| output.failure(&message, None);
    let Some(against) = &how.against else {
        if how.record {
            return record::record(&sides::packages(at).map_err(fail)?, form, how, output);
        }
        return Err(output.failure(
            "`mlp diff` compares with an earlier version",
            Some("--against origin/main, a folder, or a plan file"),
        ));
    };
    let sides = Sides::new(at, against, how.head.as_deref()).map_err(fail)?;
    let (compared, troubled) = all(&sides, how, output);
    let denied = how.deny == Some(DiffDeny::Governance)
        && compared.iter().any(|one| one.found.changes.iter().any(|change| change.class == Class::Governance));
    let fails = denied || compared.iter().any(|one| one.found.is_broken());
    for note in compared.iter().flat_map(|one| &one.found.notes) {
        output.note(&format!("note: {note}"));
    }
    if troubled && compared.is_empty() {
        return Err(2);
    }
    output.result(&written(&compared, form, (sides.against(), denied), fails || troubled, output));
    if how.record {
        if fails || troubled {
            output.note("note: nothing was recorded: what breaks is not released");
        } else {
            let roots: Vec<PathBuf> = sides.packages().iter().map(|package| package.root.clone()).collect();
            record::record(&roots, form, how, output)?;
        }
    }
    // what is in temporary folders is taken away; giving back the memory of two large programs takes as long as comparing them
    drop(sides);
    output.end(if troubled { 2 } else { u8::from(fails) })
}

/// All packages of both versions; one that cannot be compared keeps no other from it, and is told, and answered with `true`.
fn all(sides: &Sides, how: &How, output: &Output) -> (Vec<Compared>, bool) {
    let mut compared = Vec::new();
    let mut troubled = false;
    let several = sides.packages().len() > 1;
    let mut keep = |package: &Repo, one: Result<Option<Compared>, Trouble>| match one {
        Ok(one) => compared.extend(one),
        Err(trouble) => {
            if several {
                output.note(&format!("package {}:", package.inside));
            }
            trouble.tell(output);
            troubled = true;
        }
    };
    for package in sides.packages() {
        keep(package, one(sides, package, how, output));
    }
    for package in sides.gone() {
        keep(&package, gone(sides, &package, how, output).map(Some));
    }
    (compared, troubled)
}

/// The result as text; `denied` says whether governance makes it fail, `fails` whether anything does.
fn written(compared: &[Compared], form: Form, (against, denied): (&str, bool), fails: bool, output: &Output) -> String {
    match form {
        Form::Markdown => markdown::write(compared, against, denied) + &markdown::failed(&output.failures()),
        Form::Diagnostics(Format::Json) => json::write(compared, fails, &output.failures()),
        Form::Diagnostics(format @ (Format::Pretty | Format::Narrated | Format::Short)) => {
            text::write(compared, format, denied, output)
        }
        Form::Diagnostics(format) => {
            let (map, diagnostics) = shown::all(compared, denied, Told::Machines);
            let options = mlp_diagnostics::render::Options { command: "diff", ..output.options() };
            let text = render(&diagnostics, &map, format, &options);
            let failures = output.failures();
            // annotations are lines, and others may follow; any other document stands alone
            if format == Format::Github && !failures.is_empty() {
                text + &mlp_diagnostics::render::unable(&failures, format, &options)
            } else {
                text
            }
        }
    }
}

/// One package; none where it is new, which breaks nobody.
fn one(sides: &Sides, at: &Repo, how: &How, output: &Output) -> Result<Option<Compared>, Trouble> {
    let (new, beside) = sides.new_side(at, output)?;
    let Some(old) = sides.old_side(at, &beside, output)? else {
        output.note(&format!("note: `{}` is new: the earlier version has no such package", new.plan.package.name));
        return Ok(None);
    };
    let recorded = |side: &Side| record::history(&side.root).map_err(|why| Trouble::new(&why));
    // what was released stays a promise, whatever becomes of its record
    let history = recorded(&new)?.with(recorded(&old)?);
    let options = Options { today: how.today(), mode: how.mode, history: &history };
    let before = Neighbours::of(at, old.tree.as_ref().or(sides.old_tree()), output);
    let after = Neighbours::of(at, sides.new_tree(), output);
    let mut found = compare(&version(&old, &before), &version(&new, &after), &options);
    found.notes.extend(old.notes.iter().chain(&new.notes).cloned());
    found.notes.dedup();
    let package = new.plan.package.name.clone();
    let shown = Shown::new(old, new, sides.prefix(at).as_deref(), after.texts);
    Ok(Some(Compared { package, found, shown }))
}

fn version<'a>(side: &'a Side, beside: &'a Neighbours) -> Version<'a> {
    Version {
        plan: &side.plan,
        uncalled: &side.uncalled,
        dependents: beside.dependents(),
        unread: beside.unread.clone(),
        pods: side.pods.clone(),
    }
}

/// A package that the earlier version had, and that is no more: all of its contracts are gone.
fn gone(sides: &Sides, package: &Repo, how: &How, output: &Output) -> Result<Compared, Trouble> {
    let old = sides.revision(&package.inside, None, output)?;
    let new = Side::empty(&old);
    let options = Options { today: how.today(), mode: how.mode, history: &History::default() };
    let before = Neighbours::of(package, old.tree.as_ref().or(sides.old_tree()), output);
    let mut found = compare(&version(&old, &before), &version(&new, &Neighbours::default()), &options);
    found.notes.push(format!("the package `{}` is gone", old.plan.package.name));
    found.notes.extend(old.notes.iter().cloned());
    let package_name = old.plan.package.name.clone();
    let shown = Shown::new(old, new, sides.prefix(package).as_deref(), Vec::new());
    Ok(Compared { package: package_name, found, shown })
}
