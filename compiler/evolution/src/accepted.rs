//! Breaks that were decided on: what an acceptance covers, which have run out, and which cover nothing or too much.

use chrono::NaiveDate;
use mlp_plan::{AcceptedBreak, Compatibility, Contract};
use semver::Version;

use crate::{
    change::{Change, Class, Verdict},
    contract,
};

/// What the mode makes of a change, and the acceptances of the new version.
pub fn judge(change: &mut Change, mode: Compatibility, is: &Contract, today: NaiveDate) {
    if !change.breaks.under(mode) {
        return;
    }
    let in_time = |accepted: &&AcceptedBreak| accepted.until.is_none_or(|until| today <= until);
    change.verdict = match is.accepts.iter().filter(in_time).find(|accepted| covers(accepted, change)) {
        Some(accepted) => Verdict::Accepted { because: accepted.because.clone(), until: accepted.until },
        None => Verdict::Broken,
    };
}

/// A note on each acceptance without an end that stood there before, and covers a break that came only now: it was decided on for another.
pub fn standing(name: &str, was: &Contract, is: &Contract, changes: &[Change]) -> Vec<String> {
    let stood = |one: &&AcceptedBreak| {
        let same = |other: &AcceptedBreak| (&other.on, &other.because) == (&one.on, &one.because);
        one.until.is_none() && was.accepts.iter().any(same)
    };
    let covered = |accepted: &AcceptedBreak| {
        let is_covered = |change: &&Change| {
            matches!(&change.verdict, Verdict::Accepted { because, until: None } if *because == accepted.because)
                && covers(accepted, change)
        };
        changes.iter().find(is_covered).map(|change| change.message.clone())
    };
    let note = |accepted: &AcceptedBreak| {
        let message = covered(accepted)?;
        Some(format!(
            "`{name}`: {message}. That is accepted since `accepts break on {}` stood there before, for a break that was decided on then, and has no end: take it out, give it one (`until ..`), or say in `because` why this break is accepted, too",
            accepted.on
        ))
    };
    is.accepts.iter().filter(stood).filter_map(note).collect()
}

/// A note on each name of a column that is new in `accepts break on` or `was`, and that no version has or had.
pub fn strays(
    subject: &str,
    (was, is): (&Contract, &Contract),
    released: &[(&Version, &Contract)],
    changes: &[Change],
) -> Vec<String> {
    let had =
        |name: &str| was.column(name).is_some() || released.iter().any(|(_, contract)| contract.column(name).is_some());
    let has = |name: &str| had(name) || is.column(name).is_some();
    let mut notes = Vec::new();
    for accepted in is.accepts.iter().filter(|one| !was.accepts.iter().any(|other| other.on == one.on)) {
        let column = contract::top(&accepted.on);
        if !has(column) && !changes.iter().any(|change| covers(accepted, change)) {
            notes.push(format!(
                "`{subject}`: `accepts break on {}` accepts nothing: neither version has a column `{column}`",
                accepted.on
            ));
        }
    }
    for column in &is.columns {
        let Some(name) = &column.was else { continue };
        let stood = was.column(&column.name).is_some_and(|old| old.was.as_ref() == Some(name));
        if !stood && !had(name) {
            notes.push(format!(
                "`{subject}.{}`: `was {name}` renames nothing: the earlier version has no column `{name}`",
                column.name
            ));
        }
    }
    notes
}

/// Acceptances that have run out, where they would cover a break.
pub fn expired(name: &str, is: &Contract, changes: &[Change], today: NaiveDate) -> Vec<Change> {
    let run_out = |accepted: &&AcceptedBreak| accepted.until.is_some_and(|until| until < today);
    let needed = |accepted: &&AcceptedBreak| {
        changes.iter().any(|change| change.verdict == Verdict::Broken && covers(accepted, change))
    };
    let expired = is.accepts.iter().filter(run_out).filter(needed);
    expired
        .map(|accepted| {
            let until = accepted.until.map(|until| until.to_string()).unwrap_or_default();
            let message = format!("the break on `{}` was accepted until {until}, which is over", accepted.on);
            let mut change = Change::new("acceptance_expired", Class::Compatible, name, &accepted.on, message)
                .at(Some(&accepted.place), None)
                .help("mend the break, or decide anew until when it is accepted");
            change.verdict = Verdict::Expired;
            change
        })
        .collect()
}

/// Whether an acceptance is about a change: its column or what is inside of it, the old name of what was renamed, or a column of a key.
fn covers(accepted: &AcceptedBreak, change: &Change) -> bool {
    let on = accepted.on.as_str();
    let is_inside = |path: &str| path == on || path.strip_prefix(on).is_some_and(|rest| rest.starts_with(['.', '[']));
    // columns of keys, references and measures stand in brackets: `key (a, b)`, `mean(a)`
    let names = |text: &Option<String>| {
        let inside = text.as_deref().unwrap_or_default().split('(').skip(1);
        inside.flat_map(|text| text.split(|c: char| !c.is_alphanumeric() && c != '_')).any(|word| word == on)
    };
    is_inside(&change.path)
        || (change.kind == "column_renamed" && change.old.as_deref() == Some(on))
        || (change.path.is_empty() && (names(&change.old) || names(&change.new)))
}
