//! Two versions of one contract: every difference, with the side on which `<:` is not proven because of it.

use mlp_analysis::subtype::{Planted, Problem, column_level, fills, values::effective};
use mlp_plan::{Column, Compatibility, Constraint, Contract, Literal, Place, ValueType};

use crate::{
    change::{Breaks, Change, Class, Direction},
    example::{Rows, Side},
    rules,
    values::{Levels, compare_level, inside},
};

/// The old contract as the new one sees it: columns that say `was` have their new names.
#[must_use]
pub fn renamed(old: &Contract, new: &Contract) -> Contract {
    let mut seen = old.clone();
    let pairs: Vec<(String, String)> = renames(old, new);
    let name =
        |name: &str| pairs.iter().find(|(was, _)| was == name).map_or_else(|| name.to_owned(), |(_, is)| is.clone());
    for column in &mut seen.columns {
        column.name = name(&column.name);
        for constraint in &mut column.value.constraints {
            if let Constraint::Where(expr) = constraint {
                expr.rename_columns(&name);
            }
        }
    }
    for columns in
        seen.keys.iter_mut().chain(&mut seen.uniques).chain(seen.references.iter_mut().map(|one| &mut one.from))
    {
        columns.iter_mut().for_each(|column| *column = name(column));
    }
    seen.expectations.iter_mut().for_each(|one| one.expr.rename_columns(&name));
    seen
}

/// Old and new names of columns that say what they were called.
#[must_use]
pub fn renames(old: &Contract, new: &Contract) -> Vec<(String, String)> {
    let was = |column: &Column| {
        let was = column.was.clone()?;
        let moved = old.column(&was).is_some() && old.column(&column.name).is_none() && new.column(&was).is_none();
        moved.then(|| (was, column.name.clone()))
    };
    new.columns.iter().filter_map(was).collect()
}

/// Every change between two versions of a contract, without what is to be done about them.
#[must_use]
pub fn changes(subject: &str, old: &Contract, new: &Contract) -> Vec<Change> {
    if says_the_same(old, new) {
        return Vec::new();
    }
    let seen = renamed(old, new);
    let pairs = renames(old, new);
    let both = Both {
        subject,
        old: &seen,
        new,
        old_reader: reader(&seen),
        new_reader: reader(new),
        old_rows: Rows::new(subject, &seen, Side::Old),
        new_rows: Rows::new(subject, new, Side::New),
    };
    let mut found = Vec::new();
    for column in &new.columns {
        let was = pairs.iter().find(|(_, is)| *is == column.name).map(|(was, _)| was.as_str());
        match seen.column(&column.name) {
            Some(have) => {
                if let Some(was) = was {
                    found.push(both.was(old, was, column));
                }
                found.extend(both.column(have, column));
            }
            None => found.push(both.added(column)),
        }
    }
    found.extend(
        seen.columns.iter().filter(|column| new.column(&column.name).is_none()).map(|column| both.removed(column)),
    );
    suggest_renames(&mut found, &both);
    found.extend(rules::changes(&both));
    found.extend(both.settings());
    found
}

/// Whether two contracts say the same to the letter, wherever it stands: most do, so that most are done with here.
fn says_the_same(old: &Contract, new: &Contract) -> bool {
    let expectations = |contract: &Contract| {
        contract.expectations.iter().map(|one| (one.warn, one.expr.clone(), one.message.clone())).collect::<Vec<_>>()
    };
    old.columns == new.columns
        && (&old.keys, &old.uniques, &old.references) == (&new.keys, &new.uniques, &new.references)
        && (&old.doc, &old.owner, &old.version, old.compatibility)
            == (&new.doc, &new.owner, &new.version, new.compatibility)
        && expectations(old) == expectations(new)
}

/// Two versions of one contract, the old one with the names of the new.
pub struct Both<'a> {
    /// As changes name it.
    pub subject: &'a str,
    /// The old version.
    pub old: &'a Contract,
    /// The new version.
    pub new: &'a Contract,
    /// The old version, as its readers take what others wrote.
    pub old_reader: Contract,
    /// The new version, as its readers take what others wrote.
    pub new_reader: Contract,
    /// Rows that the old version permits.
    pub old_rows: Rows<'a>,
    /// Rows that the new version permits.
    pub new_rows: Rows<'a>,
}

/// A contract as its readers take data of another version: a column that may be null and is not there reads as null.
fn reader(contract: &Contract) -> Contract {
    let mut reader = contract.clone();
    for column in &mut reader.columns {
        if column.value.nullable && column.default.is_none() {
            column.default = Some(Literal::Null);
        }
    }
    reader
}

/// Whether a reader that does not find a column goes on for sure.
fn does_without(reader: &Contract, name: &str) -> bool {
    reader.column(name).is_some_and(|column| fills(reader, column))
}

impl Both<'_> {
    /// A change of this contract.
    pub fn change(&self, kind: &'static str, class: Class, path: &str, message: impl Into<String>) -> Change {
        Change::new(kind, class, self.subject, path, message).at(self.place(self.new, path), self.place(self.old, path))
    }

    /// Where a path stands in one version: its column, else the contract.
    pub fn place<'p>(&self, contract: &'p Contract, path: &str) -> Option<&'p Place> {
        contract.place(top(path), "")
    }

    fn added(&self, column: &Column) -> Change {
        let text = declaration(column);
        let name = &column.name;
        let change = self.change("column_added", Class::Additive, name, format!("`{name}: {}` is new", column.value));
        let change = change.from_to(None, Some(text)).towards(Direction::Looser).at(self.place(self.new, name), None);
        if does_without(&self.new_reader, name) {
            return change;
        }
        let mut change = change.breaking(Direction::Tighter, Breaks { backward: true, forward: false });
        change.example = self.old_rows.without(name);
        if is_filled(column.default.is_some(), &column.value) {
            let missing = column.default.as_ref().map_or("null".to_owned(), ToString::to_string);
            change.message = format!(
                "`{name}: {}` is new, and {missing} in all data written before, which its own rules do not allow for sure",
                column.value
            );
            return change.help(format!("let `{name}` keep its rules where it is missing, or leave them out at first"));
        }
        change.message = format!("`{name}: {}` is new, and data written before does not have it", column.value);
        change.help(format!("let it be null (`{}?`), or give it a default (`= ..`)", column.value.data))
    }

    fn removed(&self, column: &Column) -> Change {
        let name = &column.name;
        let change =
            self.change("column_removed", Class::Compatible, name, format!("`{name}: {}` is gone", column.value));
        let change = change.from_to(Some(declaration(column)), None).towards(Direction::Looser);
        if does_without(&self.old_reader, name) {
            return change;
        }
        let mut change = change.breaking(Direction::Looser, Breaks { backward: false, forward: true });
        change.message = format!("`{name}: {}` is gone, and who reads it finds nothing", column.value);
        change.example = self.new_rows.without(name);
        change.help(format!("keep it, and say `deprecated \"..\"` until nobody reads `{name}`"))
    }

    fn was(&self, old: &Contract, was: &str, column: &Column) -> Change {
        let name = &column.name;
        let breaks = Breaks { backward: false, forward: true };
        let mut change = self
            .change("column_renamed", Class::Compatible, name, format!("`{was}` is called `{name}` now"))
            .from_to(Some(was.to_owned()), Some(name.clone()))
            .breaking(Direction::Both, breaks);
        change.old_place = self.place(old, was).cloned();
        change.example = self.new_rows.without(was);
        change.help(format!("readers that are not changed at once need `{was}` beside `{name}` for a while"))
    }

    fn column(&self, have: &Column, column: &Column) -> Vec<Change> {
        let (ours, theirs) = (effective(self.old, have), effective(self.new, column));
        let levels = Levels {
            path: &column.name,
            backward: column_level(self.old, have, &self.new_reader, column),
            forward: column_level(self.new, column, &self.old_reader, have),
        };
        let mut found = compare_level(self, &levels, &ours, &theirs);
        found.extend(inside(self, &column.name, &ours.data, &theirs.data));
        found.extend(self.meaning(have, column));
        found.extend(self.words(have, column));
        found
    }

    /// What the same values mean: label, moment, default.
    fn meaning(&self, have: &Column, column: &Column) -> Vec<Change> {
        let name = &column.name;
        let mut found = Vec::new();
        if have.label != column.label {
            let message = if column.label {
                format!("`{name}` is a label now: it is the truth, and no feature")
            } else {
                format!("`{name}` is no label any more: models may be fed it as a feature")
            };
            let word = |label: bool| Some(if label { "label" } else { "feature" }.to_owned());
            let change = self.change("label_changed", Class::Breaking, name, message);
            found.push(
                change
                    .from_to(word(have.label), word(column.label))
                    .breaking(Direction::Meaning, Breaks::BOTH)
                    .help("let the column be as it was, and add one of another name"),
            );
        }
        if have.known_at != column.known_at {
            let moment = |at: &Option<String>| at.as_ref().map_or("always".to_owned(), |moment| format!("at {moment}"));
            let (was, is) = (moment(&have.known_at), moment(&column.known_at));
            let message = format!("`{name}` was known {was}, and is known {is}");
            let change = self.change("moment_changed", Class::Breaking, name, message);
            found.push(
                change
                    .from_to(Some(was), Some(is))
                    .breaking(Direction::Meaning, Breaks::BOTH)
                    .help("let the column be as it was, and add one of another name"),
            );
        }
        if have.default != column.default {
            let text = |default: &Option<mlp_plan::Literal>| default.as_ref().map(ToString::to_string);
            let (was, is) = (text(&have.default), text(&column.default));
            let (kind, message) = match (&was, &is) {
                (None, Some(is)) => ("default_added", format!("`{name}` is {is} where it is missing")),
                (Some(was), None) => ("default_removed", format!("`{name}` was {was} where it was missing")),
                (was, is) => (
                    "default_changed",
                    format!(
                        "`{name}` was {} where it was missing, and is {}",
                        was.as_deref().unwrap_or_default(),
                        is.as_deref().unwrap_or_default()
                    ),
                ),
            };
            let change = self.change(kind, Class::Compatible, name, message);
            found.push(change.from_to(was, is).towards(Direction::Meaning));
        }
        found
    }

    /// Tags, docs and notes.
    fn words(&self, have: &Column, column: &Column) -> Vec<Change> {
        let name = &column.name;
        let mut found = Vec::new();
        for tag in have.tags.iter().filter(|tag| !column.tags.contains(tag)) {
            let message = format!("`{name}` has lost @{tag}, and may go where that may not");
            let change = self.change("tag_lost", Class::Governance, name, message);
            found.push(change.from_to(Some(format!("@{tag}")), None).towards(Direction::Looser));
        }
        for tag in column.tags.iter().filter(|tag| !have.tags.contains(tag)) {
            let message = format!("`{name}` is @{tag} now, and goes only where that may");
            let change = self.change("tag_added", Class::Compatible, name, message);
            found.push(change.from_to(None, Some(format!("@{tag}"))).towards(Direction::Tighter));
        }
        let mut docs = |kind: &'static str, old: &Option<String>, new: &Option<String>, what: &str| {
            if old != new {
                let change = self.change(kind, Class::Docs, name, format!("{what} of `{name}` reads otherwise"));
                found.push(change.from_to(old.clone(), new.clone()));
            }
        };
        docs("docs_changed", &have.doc, &column.doc, "the text");
        docs("deprecation_changed", &have.deprecated, &column.deprecated, "the deprecation");
        if self.old.column(&column.name).is_some_and(|old| old.was.is_some()) && column.was.is_none() {
            docs("was_removed", &have.was, &column.was, "the old name");
        }
        found
    }

    /// Owner, docs and mode.
    fn settings(&self) -> Vec<Change> {
        let (old, new) = (self.old, self.new);
        let mut found = Vec::new();
        if old.doc != new.doc {
            let change = self.change("docs_changed", Class::Docs, "", "the text of the contract reads otherwise");
            found.push(change.from_to(old.doc.clone(), new.doc.clone()));
        }
        if old.owner != new.owner {
            let message = match &new.owner {
                Some(owner) => format!("{owner} answers for it now"),
                None => "nobody answers for it any more".to_owned(),
            };
            let change = self.change("owner_changed", Class::Docs, "", message);
            found.push(change.from_to(old.owner.clone(), new.owner.clone()));
        }
        if old.compatibility != new.compatibility {
            found.push(self.mode(old.compatibility, new.compatibility));
        }
        if old.version.is_some() && new.version.is_none() {
            let message = "it has no version any more: what it promises is no longer checked";
            let change = self.change("version_removed", Class::Governance, "", message);
            found.push(change.from_to(old.version.clone(), None).towards(Direction::Looser));
        }
        found
    }

    fn mode(&self, old: Compatibility, new: Compatibility) -> Change {
        let (class, direction, message) = if new.covers(old) {
            (Class::Compatible, Direction::Tighter, format!("it promises more: {} after {}", new.word(), old.word()))
        } else {
            (Class::Governance, Direction::Looser, format!("it promises less: {} after {}", new.word(), old.word()))
        };
        self.change("compatibility_changed", class, "", message)
            .from_to(Some(old.word().to_owned()), Some(new.word().to_owned()))
            .towards(direction)
            .at(self.new.place("", "compatibility"), self.old.place("", "compatibility"))
    }
}

/// Whether a reader that finds no such column goes on: with the default, or with null.
pub fn is_filled(has_default: bool, value: &ValueType) -> bool {
    has_default || value.nullable
}

/// The first segment of a path.
pub fn top(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// A column as a program declares it.
fn declaration(column: &Column) -> String {
    let default = column.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
    format!("{}: {}{default}", column.name, column.value)
}

/// A column that went and one that came, of one type and not too unlike in name, were perhaps one.
fn suggest_renames(found: &mut [Change], both: &Both<'_>) {
    let gone: Vec<String> =
        found.iter().filter(|change| change.kind == "column_removed").map(|change| change.path.clone()).collect();
    let came: Vec<String> =
        found.iter().filter(|change| change.kind == "column_added").map(|change| change.path.clone()).collect();
    for was in &gone {
        let alike = |is: &&String| {
            let types = (both.old.column(was), both.new.column(is));
            matches!(types, (Some(old), Some(new)) if old.value.data == new.value.data && old.value.unit == new.value.unit)
        };
        let mut fitting = came.iter().filter(alike);
        let (Some(is), None) = (fitting.next(), fitting.next()) else { continue };
        // what it mends is the reading of old data; nothing but the old name helps who looks for that
        let help = format!(
            "renamed? say `{is}: .. was {was}`: then data written before are still read, and only who looks for `{was}` breaks, unless it stays beside `{is}` for a while"
        );
        for change in found.iter_mut().filter(|change| change.path == *is || change.path == *was) {
            change.help = Some(help.clone());
        }
    }
}

/// What was found of one level, in both directions.
pub type Level = (Vec<Problem>, Planted);
