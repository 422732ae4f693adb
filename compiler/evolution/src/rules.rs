//! Rules over the set: keys, unique columns, references. `<:` on edges leaves the last out, and what is expected of the data as a whole; between versions
//! they count.

use mlp_analysis::subtype::{is_always_null, is_unique, keeps_unique};
use mlp_plan::{Contract, Place, Reference};

use crate::{
    change::{Breaks, Change, Class, Example},
    contract::Both,
    example::Side,
    expectations::expectations,
    values::direction,
};

/// Every change of rules over the set.
pub fn changes(both: &Both<'_>) -> Vec<Change> {
    let mut found = sets(both, "key", |contract| &contract.keys);
    found.extend(sets(both, "unique", |contract| &contract.uniques));
    found.extend(references(both));
    found.extend(expectations(both));
    found
}

/// Keys, or sets of unique columns.
fn sets(both: &Both<'_>, word: &'static str, of: impl Fn(&Contract) -> &Vec<Vec<String>>) -> Vec<Change> {
    let sorted = |columns: &Vec<String>| {
        let mut columns = columns.clone();
        columns.sort();
        columns
    };
    let differ = |some: &[Vec<String>], all: &[Vec<String>]| -> Vec<(usize, Vec<String>)> {
        let known: Vec<Vec<String>> = all.iter().map(sorted).collect();
        some.iter().cloned().enumerate().filter(|(_, columns)| !known.contains(&sorted(columns))).collect()
    };
    let (gone, came) = (differ(of(both.old), of(both.new)), differ(of(both.new), of(both.old)));
    let count = gone.len().max(came.len());
    (0..count).map(|index| set(both, word, gone.get(index), came.get(index))).collect()
}

type Columns = (usize, Vec<String>);

fn set(both: &Both<'_>, word: &'static str, gone: Option<&Columns>, came: Option<&Columns>) -> Change {
    let text = |columns: Option<&Columns>| columns.map(|(_, columns)| format!("{word} ({})", columns.join(", ")));
    let proven = |from: &Contract, to: &Contract, columns: Option<&Columns>| {
        columns.is_none_or(
            |(_, columns)| {
                if word == "key" { is_unique(from, columns) } else { keeps_unique(from, to, columns) }
            },
        )
    };
    let breaks = Breaks {
        backward: !proven(both.old, &both.new_reader, came),
        forward: !proven(both.new, &both.old_reader, gone),
    };
    let (was, is) = (text(gone), text(came));
    let (kind, message) = match (&was, &is) {
        (Some(was), Some(is)) => {
            (if word == "key" { "key_changed" } else { "unique_changed" }, format!("`{was}` is `{is}` now"))
        }
        (None, Some(is)) => (if word == "key" { "key_added" } else { "unique_added" }, format!("`{is}` is new")),
        (was, _) => (
            if word == "key" { "key_removed" } else { "unique_removed" },
            format!("`{}` is gone", was.as_deref().unwrap_or_default()),
        ),
    };
    let place = |contract: &Contract, columns: Option<&Columns>| -> Option<Place> {
        let word = Contract::nth(word, columns?.0);
        contract.place("", &word).cloned()
    };
    // what follows from the rest is only said in other words; a key is more than what is unique in it
    let class = if word == "unique" && !breaks.any() { Class::Docs } else { Class::Compatible };
    let mut change = both.change(kind, class, "", message).from_to(was, is).breaking(direction(breaks), breaks).at(
        place(both.new, came).as_ref().or_else(|| both.place(both.new, "")),
        place(both.old, gone).as_ref().or_else(|| both.place(both.old, "")),
    );
    if let (true, Some((_, columns))) = (breaks.backward, came) {
        change.example = both.old_rows.twice(columns);
        change = change.help("let rows repeat, or make them unique before they are written");
    } else if let (true, Some((_, columns))) = (breaks.forward, gone) {
        change.example = both.new_rows.twice(columns);
        change = change.help("keep it: who joins on it expects each row once");
    }
    change
}

fn references(both: &Both<'_>) -> Vec<Change> {
    let text =
        |one: &Reference| format!("references {}({}) from ({})", one.contract, one.to.join(", "), one.from.join(", "));
    let mut found = Vec::new();
    let pairs = |one: &Reference| -> (String, Vec<(String, String)>) {
        let mut pairs: Vec<_> = one.from.iter().cloned().zip(one.to.iter().cloned()).collect();
        pairs.sort();
        (one.contract.clone(), pairs)
    };
    let has = |all: &[Reference], one: &Reference| all.iter().any(|other| pairs(other) == pairs(one));
    let place = |contract: &Contract, one: &Reference| {
        let at = contract.references.iter().position(|other| other == one)?;
        contract.place("", &Contract::nth("references", at)).cloned()
    };
    let mut tell = |kind, message: String, one: &Reference, breaks: Breaks, side: Side| {
        let (was, is) = if side == Side::Old { (None, Some(text(one))) } else { (Some(text(one)), None) };
        let mut change =
            both.change(kind, Class::Compatible, "", message).from_to(was, is).breaking(direction(breaks), breaks);
        match side {
            Side::Old => change = change.at(place(both.new, one).as_ref(), None),
            Side::New => change = change.at(both.place(both.new, ""), place(both.old, one).as_ref()),
        }
        if !breaks.any() {
            found.push(change);
            return;
        }
        let permits = if side == Side::Old { "was permitted before" } else { "is permitted now" };
        change.example = Some(Example {
            rows: Vec::new(),
            says: format!("a row whose ({}) no `{}` has {permits}", one.from.join(", "), one.contract),
        });
        found.push(change.help(if side == Side::Old {
            "say it once the data hold it, in a new major version"
        } else {
            "keep it: who joins with the other table expects to find each row"
        }));
    };
    // a row with a null in it refers to nothing
    let is_null =
        |from: &Contract, to: &Contract, one: &Reference| one.from.iter().any(|name| is_always_null(from, to, name));
    for one in both.new.references.iter().filter(|one| !has(&both.old.references, one)) {
        let breaks = Breaks { backward: !is_null(both.old, &both.new_reader, one), forward: false };
        tell("reference_added", format!("`{}` is new", text(one)), one, breaks, Side::Old);
    }
    for one in both.old.references.iter().filter(|one| !has(&both.new.references, one)) {
        let breaks = Breaks { backward: false, forward: !is_null(both.new, &both.old_reader, one) };
        tell("reference_removed", format!("`{}` is gone", text(one)), one, breaks, Side::New);
    }
    found
}
