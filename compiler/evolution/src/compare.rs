//! Two versions of a package as a whole: contracts under their modes, versions and acceptances; readers; governance; pipelines.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mlp_plan::{AcceptedBreak, Compatibility, Contract, Place, Plan, PodPatch};
use semver::Version as Semver;

use crate::{
    bump::Bump,
    change::{Breaks, Change, Class, Direction, Verdict},
    contract, governance,
    history::{History, Records},
    pairs::{Names, Renamed, pairs},
    pipelines,
    readers::{Package, Readers},
};

/// One version of a package, with the other packages of its repository.
#[derive(Clone, Debug)]
pub struct Version<'a> {
    /// What the package does.
    pub plan: &'a Plan,
    /// Packages that depend on it: the name, the plan, and the name under which it knows this package.
    pub dependents: Vec<(String, &'a Plan, String)>,
    /// Patches on pods, by the target and the stage.
    pub pods: BTreeMap<(String, String), PodPatch>,
}

/// How versions are compared.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// The day on which acceptances are looked at.
    pub today: NaiveDate,
    /// The mode of every contract, whatever it says.
    pub mode: Option<Compatibility>,
    /// Released versions, for transitive modes.
    pub history: &'a History,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Every change: contracts in the order of their names, then governance, then pipelines.
    pub changes: Vec<Change>,
    /// Every contract of both versions.
    pub contracts: Vec<Judged>,
    /// What could not be looked at, in words.
    pub notes: Vec<String>,
}

/// A contract under its mode.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its name; with its module where another has the same.
    pub name: String,
    /// The mode that counts: the old version's.
    pub mode: Compatibility,
    /// Whether it breaks what its mode protects.
    pub broken: bool,
    /// How far its version must rise.
    pub required: Bump,
    /// How far it rose.
    pub declared: Bump,
    /// The least version that is enough, where it has one.
    pub least: Option<Semver>,
}

impl Comparison {
    /// Whether something must be mended: a break, a version that says too little, an acceptance that has run out.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change.verdict, Verdict::Broken | Verdict::Underbumped | Verdict::Expired))
    }
}

/// Compares two versions of a package.
#[must_use]
pub fn compare(old: &Version<'_>, new: &Version<'_>, options: &Options<'_>) -> Comparison {
    let mut found = Comparison::default();
    let names = Names::of(old.plan, new.plan);
    let readers = Readers::new([old, new].into_iter().flat_map(packages).collect());
    let pairs = pairs(old.plan, new.plan);
    let renamed = Renamed::of(&pairs);
    let records = options.history.beside(new.plan);
    for (was, is) in pairs {
        let Some(one) = is.or(was) else { continue };
        let name = names.shown(one);
        let mut work =
            Work { name: &name, readers: &readers, renamed: &renamed, records: &records, options, found: &mut found };
        match (was, is) {
            (Some(was), Some(is)) => work.both(was, is),
            (None, Some(is)) => work.added(is),
            (Some(was), None) => work.removed(was),
            (None, None) => {}
        }
    }
    let own = |plan: &'_ Plan| -> Vec<(String, Place)> {
        let own = plan.contracts.values().filter(|one| one.is_own());
        own.filter_map(|one| Some((names.shown(one), one.places.get("")?.clone()))).collect()
    };
    let places: BTreeMap<String, Place> = own(old.plan).into_iter().chain(own(new.plan)).collect();
    forget_repetitions(&mut found.changes, &places);
    found.changes.extend(governance::changes(old, new));
    found.changes.extend(pipelines::changes(old.plan, new.plan));
    found
}

/// The package of a version, and those that depend on it.
fn packages<'a>(version: &'a Version<'a>) -> impl Iterator<Item = Package<'a>> {
    let of = version.plan;
    let own = Package { name: &of.package.name, plan: of, alias: None, of };
    let others = version.dependents.iter().map(|(name, plan, alias)| Package { name, plan, alias: Some(alias), of });
    std::iter::once(own).chain(others)
}

/// What an expression takes over from another contract is told there, unless a promise of its own is broken by it.
fn forget_repetitions(changes: &mut Vec<Change>, places: &BTreeMap<String, Place>) {
    let key = |change: &Change| (change.kind, change.path.clone(), change.place.clone(), change.message.clone());
    let is_own = |change: &Change| change.place.file.is_empty() || change.path.is_empty();
    let mut tellers: BTreeMap<(&'static str, String, Place, String), Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| !is_own(change)) {
        tellers.entry(key(change)).or_default().push(change);
    }
    // a contract that is broken itself comes before those that take over from it, and then the one in which the column stands
    let teller = |told: &[&Change]| {
        let line = |change: &Change| {
            let begins = places.get(&change.subject)?;
            (begins.file == change.place.file && begins.line <= change.place.line).then_some(begins.line)
        };
        let best =
            |from: &[&Change]| from.iter().rev().max_by_key(|change| line(change)).map(|one| one.subject.clone());
        let broken: Vec<&Change> = told.iter().copied().filter(|change| change.verdict == Verdict::Broken).collect();
        if broken.is_empty() { best(told) } else { best(&broken) }
    };
    let tellers: BTreeMap<_, String> = tellers
        .into_iter()
        .filter(|(_, told)| told.len() > 1)
        .filter_map(|(key, told)| Some((key, teller(&told)?)))
        .collect();
    changes.retain(|change| {
        is_own(change)
            || change.verdict == Verdict::Broken
            || tellers.get(&key(change)).is_none_or(|teller| *teller == change.subject)
    });
}

/// The comparison of one contract.
struct Work<'w> {
    name: &'w str,
    readers: &'w Readers<'w>,
    renamed: &'w Renamed<'w>,
    records: &'w Records<'w>,
    options: &'w Options<'w>,
    found: &'w mut Comparison,
}

impl Work<'_> {
    fn both(&mut self, was: &Contract, is: &Contract) {
        let mode = self.options.mode.unwrap_or(was.compatibility);
        let mut changes = contract::changes(self.name, &self.renamed.apply(was), is);
        self.add_readers(was, &mut changes);
        for change in &mut changes {
            self.judge(change, mode, is);
        }
        self.found.notes.extend(self.standing(was, is, &changes));
        if mode.is_transitive() {
            let more = self.history(was, is, mode, &changes);
            changes.extend(more);
        }
        let required = required(&changes, mode);
        changes.extend(self.expired(is, &changes));
        if was.declared != is.declared {
            let declared = |one: &Contract| one.declared.clone();
            let message = format!("it is declared in another module: {}", declared(is).unwrap_or_default());
            let change = Change::new("contract_moved", Class::Docs, self.name, "", message);
            changes.push(change.from_to(declared(was), declared(is)).at(is.place("", ""), was.place("", "")));
        }
        let (old, new) = (parsed(was), parsed(is));
        let declared = old.as_ref().zip(new.as_ref()).map_or(Bump::None, |(old, new)| Bump::between(old, new));
        let least = old.as_ref().map(|old| required.least(old));
        if let (Some(old), Some(new), Some(least)) = (&old, &new, &least)
            && Semver::new(new.major, new.minor, new.patch) < *least
        {
            changes.push(self.underbumped(is, (old, new, least), required));
        }
        self.found.contracts.push(Judged {
            name: self.name.to_owned(),
            mode,
            broken: changes.iter().any(|change| matches!(change.verdict, Verdict::Broken | Verdict::Expired)),
            required,
            declared,
            least,
        });
        self.found.changes.extend(changes);
    }

    fn underbumped(&self, is: &Contract, (old, new, least): (&Semver, &Semver, &Semver), required: Bump) -> Change {
        let message = if new < old {
            format!("its version is {new}, and was {old}: it never falls")
        } else if new == old {
            format!("its version is still {new}, and these changes need a {required} version: {least}")
        } else {
            format!("its version is {new} after {old}, and these changes need a {required} version: {least}")
        };
        let mut change = Change::new("version_not_bumped", Class::Compatible, self.name, "", message)
            .from_to(Some(old.to_string()), Some(new.to_string()))
            .at(is.place("", "version"), None)
            .help(format!("write `version = \"{least}\"`"));
        change.verdict = Verdict::Underbumped;
        change
    }

    fn added(&mut self, is: &Contract) {
        let change = Change::new("contract_added", Class::Additive, self.name, "", "the contract is new");
        self.found.changes.push(change.towards(Direction::Looser).at(is.place("", ""), None));
        self.found.contracts.push(Judged {
            name: self.name.to_owned(),
            mode: self.options.mode.unwrap_or(is.compatibility),
            broken: false,
            required: Bump::None,
            declared: Bump::None,
            least: None,
        });
    }

    fn removed(&mut self, was: &Contract) {
        let mode = self.options.mode.unwrap_or(was.compatibility);
        let mut change = Change::new("contract_removed", Class::Breaking, self.name, "", "the contract is gone")
            .breaking(Direction::Looser, Breaks { backward: false, forward: true })
            .at(None, was.place("", ""))
            .help("keep it until nobody reads such data");
        if change.breaks.under(mode) {
            change.verdict = Verdict::Broken;
        }
        self.found.contracts.push(Judged {
            name: self.name.to_owned(),
            mode,
            broken: change.verdict == Verdict::Broken,
            required: Bump::None,
            declared: Bump::None,
            least: None,
        });
        self.found.changes.push(change);
    }

    /// Who reads what went or got otherwise. A column that may be missing breaks its readers all the same when it goes: they would find nothing in it.
    fn add_readers(&self, was: &Contract, changes: &mut [Change]) {
        let Some(declared) = was.declared.as_deref() else { return };
        for change in changes.iter_mut() {
            let goes = matches!(change.kind, "column_removed" | "field_removed");
            if !goes && !change.breaks.any() {
                continue;
            }
            let column = if change.kind == "column_renamed" { change.old.clone() } else { None };
            let column = column.unwrap_or_else(|| contract::top(&change.path).to_owned());
            if column.is_empty() {
                continue;
            }
            change.readers = self.readers.of_column(declared, &column);
            if goes && !change.breaks.any() && !change.readers.is_empty() {
                let readers = change.readers.len();
                let breaks = Breaks { backward: false, forward: true };
                let made = change.clone().breaking(Direction::Looser, breaks);
                *change = made.help(format!("keep it until nobody reads `{}`", change.path));
                change
                    .message
                    .push_str(&format!(", and {} would find nothing in it", pipelines::count(readers, "reader")));
            }
        }
    }

    /// What the mode makes of a change.
    fn judge(&self, change: &mut Change, mode: Compatibility, is: &Contract) {
        if !change.breaks.under(mode) {
            return;
        }
        let in_time = |accepted: &&AcceptedBreak| accepted.until.is_none_or(|until| self.options.today <= until);
        change.verdict = match is.accepts.iter().filter(in_time).find(|accepted| covers(accepted, change)) {
            Some(accepted) => Verdict::Accepted { because: accepted.because.clone(), until: accepted.until },
            None => Verdict::Broken,
        };
    }

    /// A note on each acceptance without an end that stood there before, and covers a break that came only now: it was decided on for another.
    fn standing(&self, was: &Contract, is: &Contract, changes: &[Change]) -> Vec<String> {
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
                "`{}`: {message}. That is accepted since `accepts break on {}` stood there before, for a break that was decided on then, and has no end; take it out once it is released, or give it one: `until ..`",
                self.name, accepted.on
            ))
        };
        is.accepts.iter().filter(stood).filter_map(note).collect()
    }

    /// Breaks against older versions on record that the version before does not show.
    fn history(&mut self, was: &Contract, is: &Contract, mode: Compatibility, known: &[Change]) -> Vec<Change> {
        let declared = was.declared.as_deref().unwrap_or_default();
        let mut found: Vec<Change> = Vec::new();
        let mut versions = 0;
        for (version, released) in self.records.of(declared) {
            versions += 1;
            let mut changes = contract::changes(self.name, &self.renamed.apply(released), is);
            self.add_readers(released, &mut changes);
            for mut change in changes.into_iter().filter(|change| change.breaks.under(mode)) {
                let is_same = |other: &Change| (other.kind, &other.path) == (change.kind, &change.path);
                if known.iter().filter(|other| other.breaks.under(mode)).chain(&found).any(is_same) {
                    continue;
                }
                change.message = format!("against version {version} on record: {}", change.message);
                change.old_place = None;
                self.judge(&mut change, mode, is);
                found.push(change);
            }
        }
        if versions == 0 {
            self.found.notes.push(format!(
                "`{}` is {} and no version of it is on record, so that it was compared with the version before alone; `mlp diff --record` records released versions in contracts.lock",
                self.name,
                mode.word()
            ));
        }
        found
    }

    /// Acceptances that have run out, where they would cover a break.
    fn expired(&self, is: &Contract, changes: &[Change]) -> Vec<Change> {
        let today = self.options.today;
        let run_out = |accepted: &&AcceptedBreak| accepted.until.is_some_and(|until| until < today);
        let needed = |accepted: &&AcceptedBreak| {
            changes.iter().any(|change| change.verdict == Verdict::Broken && covers(accepted, change))
        };
        let expired = is.accepts.iter().filter(run_out).filter(needed);
        expired
            .map(|accepted| {
                let until = accepted.until.map(|until| until.to_string()).unwrap_or_default();
                let message = format!("the break on `{}` was accepted until {until}, which is over", accepted.on);
                let place: &Place = &accepted.place;
                let mut change = Change::new("acceptance_expired", Class::Compatible, self.name, &accepted.on, message)
                    .at(Some(place), None)
                    .help("mend the break, or decide anew until when it is accepted");
                change.verdict = Verdict::Expired;
                change
            })
            .collect()
    }
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

/// How far a version must rise for these changes under a mode; `none` asks for nothing.
fn required(changes: &[Change], mode: Compatibility) -> Bump {
    if mode == Compatibility::None {
        return Bump::None;
    }
    let of = |change: &Change| match change.class {
        _ if change.breaks.under(mode) => Bump::Major,
        Class::Additive | Class::Compatible | Class::Breaking => Bump::Minor,
        Class::Docs => Bump::Patch,
        Class::Governance => Bump::None,
    };
    changes.iter().map(of).max().unwrap_or_default()
}

fn parsed(contract: &Contract) -> Option<Semver> {
    Semver::parse(contract.version.as_deref()?).ok()
}
