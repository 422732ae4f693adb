//! Two versions of a package as a whole: contracts under their modes, versions and acceptances; readers; governance; pipelines.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use mlp_plan::{Compatibility, Contract, Place, Plan, PodPatch, Uncalled};
use semver::Version as Semver;

use crate::{
    accepted,
    bump::{Asked, Bump},
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
    /// Its stages that nothing calls.
    pub uncalled: &'a [Uncalled],
    /// Packages that depend on it.
    pub dependents: Vec<Dependent<'a>>,
    /// Packages that depend on it and do not check, so that nobody knows what they read.
    pub unread: Vec<Unread>,
    /// Patches on pods, by the target and the stage.
    pub pods: BTreeMap<(String, String), PodPatch>,
}

/// A package that depends on another.
#[derive(Clone, Copy, Debug)]
pub struct Dependent<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it does.
    pub plan: &'a Plan,
    /// Its stages that nothing calls.
    pub uncalled: &'a [Uncalled],
    /// The name under which it knows the other package.
    pub alias: &'a str,
}

/// A package that depends on another and does not check.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Its name.
    pub name: String,
    /// What is wrong with it first, in words.
    pub why: String,
    /// Where that is.
    pub place: Place,
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
    /// Packages of which nobody knows what they read.
    pub unread: Vec<String>,
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
    for unread in &new.unread {
        if old.dependents.iter().any(|one| one.name == unread.name) {
            found.changes.push(dependent_broken(unread));
        } else {
            found.notes.push(format!(
                "what `{}` reads is not known: it depends on this package and does not check: {}",
                unread.name, unread.why
            ));
            found.unread.push(unread.name.clone());
        }
    }
    found.changes.extend(governance::changes(old, new));
    found.changes.extend(pipelines::changes(old.plan, new.plan));
    found
}

/// The package of a version, and those that depend on it.
fn packages<'a>(version: &'a Version<'a>) -> impl Iterator<Item = Package<'a>> {
    let of = version.plan;
    let own = Package { name: &of.package.name, plan: of, alias: None, of, uncalled: version.uncalled };
    let others = version.dependents.iter().map(|one| Package {
        name: one.name,
        plan: one.plan,
        alias: Some(one.alias),
        of,
        uncalled: one.uncalled,
    });
    std::iter::once(own).chain(others)
}

/// A package of the repository that checked before and no longer does: no mode permits that, and it is mended in the same change.
fn dependent_broken(unread: &Unread) -> Change {
    let message = format!("it depends on this package and does not check any more: {}", unread.why);
    let mut change = Change::new("dependent_broken", Class::Breaking, &unread.name, "", message)
        .breaking(Direction::Looser, Breaks { backward: false, forward: true })
        .at(Some(&unread.place), None)
        .help(format!("mend `{}` in the same change, or keep what it reads", unread.name));
    change.verdict = Verdict::Broken;
    change
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
            accepted::judge(change, mode, is, self.options.today);
        }
        self.found.notes.extend(accepted::standing(self.name, was, is, &changes));
        let released = was.declared.as_deref().map(|declared| self.records.of(declared)).unwrap_or_default();
        self.found.notes.extend(accepted::strays(self.name, (was, is), &released, &changes));
        let mut asked = Asked::by_changes(&changes, mode, parsed(was));
        if mode.is_transitive() {
            let (more, broken) = self.history(was, is, mode, &changes);
            changes.extend(more);
            asked = asked.or_by_record(broken);
        }
        changes.extend(accepted::expired(self.name, is, &changes, self.options.today));
        if was.declared != is.declared {
            let declared = |one: &Contract| one.declared.clone();
            let message = format!("it is declared in another module: {}", declared(is).unwrap_or_default());
            let change = Change::new("contract_moved", Class::Docs, self.name, "", message);
            changes.push(change.from_to(declared(was), declared(is)).at(is.place("", ""), was.place("", "")));
        }
        let (old, new) = (parsed(was), parsed(is));
        let declared = old.as_ref().zip(new.as_ref()).map_or(Bump::None, |(old, new)| Bump::between(old, new));
        if let (Some(old), Some(new), Some(least)) = (&old, &new, &asked.least)
            && Semver::new(new.major, new.minor, new.patch) < *least
        {
            changes.push(self.underbumped(is, (old, new, least), &asked));
        }
        self.found.contracts.push(Judged {
            name: self.name.to_owned(),
            mode,
            broken: changes.iter().any(|change| matches!(change.verdict, Verdict::Broken | Verdict::Expired)),
            required: asked.bump,
            declared,
            least: asked.least,
        });
        self.found.changes.extend(changes);
    }

    fn underbumped(&self, is: &Contract, (old, new, least): (&Semver, &Semver, &Semver), asked: &Asked) -> Change {
        let what = match &asked.recorded {
            Some(recorded) => format!("what breaks version {recorded} on record needs a major version after that"),
            None => format!("these changes need a {} version", asked.bump),
        };
        let message = if new < old {
            format!("its version is {new}, and was {old}: it never falls")
        } else if new == old {
            format!("its version is still {new}, and {what}: {least}")
        } else {
            format!("its version is {new} after {old}, and {what}: {least}")
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
            let readers = change.readers.iter().filter(|reader| reader.runs).count();
            if goes && !change.breaks.any() && readers > 0 {
                let breaks = Breaks { backward: false, forward: true };
                let made = change.clone().breaking(Direction::Looser, breaks);
                *change = made.help(format!("keep it until nobody reads `{}`", change.path));
                change
                    .message
                    .push_str(&format!(", and {} would find nothing in it", pipelines::count(readers, "reader")));
            }
        }
    }

    /// Breaks against older versions on record that the version before does not show, and the newest version that is broken so.
    fn history(
        &mut self,
        was: &Contract,
        is: &Contract,
        mode: Compatibility,
        known: &[Change],
    ) -> (Vec<Change>, Option<Semver>) {
        let declared = was.declared.as_deref().unwrap_or_default();
        let (mut found, mut broken): (Vec<Change>, Option<Semver>) = (Vec::new(), None);
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
                accepted::judge(&mut change, mode, is, self.options.today);
                found.push(change);
                // the newest comes first
                broken.get_or_insert_with(|| version.clone());
            }
        }
        if versions == 0 {
            self.found.notes.push(format!(
                "`{}` is {} and no version of it is on record, so that it was compared with the version before alone; `mlp diff --record` records released versions in contracts.lock",
                self.name,
                mode.word()
            ));
        }
        (found, broken)
    }
}

fn parsed(contract: &Contract) -> Option<Semver> {
    Semver::parse(contract.version.as_deref()?).ok()
}
