//! Changes as diagnostics, with the texts of both versions in one map.

use std::collections::BTreeMap;

use mlp_diagnostics::{Diagnostic, Severity, catalog::evolution as words};
use mlp_evolution::{Breaks, Change, Reader, Verdict};
use mlp_plan::Place;
use mlp_source::{FileId, SourceMap, Span};

use super::{
    Compared,
    side::{Side, Text},
    sides::join,
};

/// The texts of two versions.
pub struct Shown {
    new: Vec<Text>,
    old: Vec<Text>,
}

/// Where places of one package are found in the map of all texts.
struct Places<'m> {
    map: &'m SourceMap,
    new: BTreeMap<String, FileId>,
    old: BTreeMap<String, FileId>,
    /// The earlier texts by the paths that machines know: where that stands which is no more.
    gone: BTreeMap<String, FileId>,
}

impl Shown {
    /// The texts of both versions of a package, which is in the folder `prefix` of its repository, where it is in one; and others that the new one points into.
    pub fn new(old: Side, new: Side, prefix: Option<&str>, others: Vec<Text>) -> Self {
        // the memory of two plans is not given back, as in `program::checked`
        let files = |Side { plan, files, .. }: Side| {
            std::mem::forget(plan);
            let path = |file: &Text| prefix.map(|prefix| join(prefix, &file.place));
            files.into_iter().map(|file| Text { path: path(&file), ..file }).collect::<Vec<_>>()
        };
        let (old, mut new) = (files(old), files(new));
        new.extend(others);
        Self { new, old }
    }

    /// The name under which people know a file of the new version; as the plan names it where there is none.
    pub fn name<'a>(&'a self, place: &'a Place) -> &'a str {
        self.new.iter().find(|text| text.place == place.file).map_or(place.file.as_str(), |text| &text.name)
    }

    /// Adds all texts to a map: the new ones, the earlier ones as people name them, and the earlier ones as if they were new. Machines know the repository,
    /// and not where somebody stands in it: they are told paths from its top.
    fn add(&self, map: &mut SourceMap, for_machines: bool) -> [BTreeMap<String, FileId>; 3] {
        let path = |text: &Text| text.path.clone().filter(|_| for_machines).unwrap_or_else(|| text.name.clone());
        let mut all = |texts: &[Text], shown: &dyn Fn(&Text) -> String| {
            texts
                .iter()
                .map(|text| (text.place.clone(), map.add(&shown(text), text.text.as_str())))
                .collect::<BTreeMap<_, _>>()
        };
        let (new, old) = (all(&self.new, &path), all(&self.old, &|text: &Text| text.name.clone()));
        let gone = if for_machines { all(&self.old, &path) } else { old.clone() };
        [new, old, gone]
    }

    /// The texts in a map of their own, with where a place of the new version is in it.
    pub fn ranges(&self) -> (SourceMap, impl Fn(&Place) -> Option<Span>) {
        let mut map = SourceMap::new();
        let [new, ..] = self.add(&mut map, false);
        let inner = map.clone();
        (map, move |place: &Place| span(&inner, &new, place))
    }
}

/// How findings are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// To people, at length.
    Long,
    /// To people, a line each: who reads what breaks stands in it.
    Short,
    /// To machines, with paths from the top of the repository.
    Machines,
}

/// Everything that asks for something, with the map of its texts.
pub fn all(compared: &[Compared], deny_governance: bool, told: Told) -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::new();
    let placed: Vec<_> = compared.iter().map(|one| one.shown.add(&mut map, told == Told::Machines)).collect();
    let mut found = Vec::new();
    for (one, [new, old, gone]) in compared.iter().zip(placed) {
        let places = Places { map: &map, new, old, gone };
        for change in &one.found.changes {
            let Some(mut diagnostic) = diagnostic(one, change, &places) else { continue };
            if deny_governance && change.verdict == Verdict::Loosened {
                diagnostic.severity = Severity::Error;
            }
            if told == Told::Short {
                diagnostic.message.push_str(&read_by(change));
            }
            found.push(diagnostic);
        }
    }
    // what breaks comes before the version that it asks for
    found.sort_by_key(|one: &Diagnostic| (one.primary.file, one.code, one.primary));
    (map, found)
}

/// The name of what changed: `Order.amount`.
pub fn name(change: &Change) -> String {
    let is_clause = change.path.contains(' ');
    if change.path.is_empty() || is_clause {
        change.subject.clone()
    } else {
        format!("{}.{}", change.subject, change.path)
    }
}

/// Whom a change breaks, in words.
pub fn whom(breaks: Breaks) -> Vec<&'static str> {
    [(breaks.backward, "new readers of old data"), (breaks.forward, "old readers of new data")]
        .into_iter()
        .filter_map(|(holds, words)| holds.then_some(words))
        .collect()
}

/// Whether a break that its mode permits is nobody's alone: another package of the repository reads what changed.
pub fn hurts_others(one: &Compared, change: &Change) -> bool {
    let is_permitted = change.verdict == Verdict::Fine && change.breaks.any();
    is_permitted && change.readers.iter().any(|reader| reader.package != one.package)
}

fn diagnostic(one: &Compared, change: &Change, places: &Places<'_>) -> Option<Diagnostic> {
    let new = span(places.map, &places.new, &change.place);
    let before = |files| change.old_place.as_ref().and_then(|place| span(places.map, files, place));
    let old = before(&places.old);
    // what is gone stands nowhere in the new version: the old one is shown
    let at = new.or_else(|| before(&places.gone)).unwrap_or_default();
    let (name, message) = (name(change), change.message.as_str());
    let mut found = match change.verdict {
        Verdict::Fine if hurts_others(one, change) => {
            let mut found = words::breaking(at, &name, message, &whom(change.breaks));
            found.message.push_str(", which its mode permits, and they are in this repository");
            found.severity = Severity::Warning;
            found
        }
        Verdict::Fine | Verdict::Accepted { .. } => return None,
        Verdict::Broken => words::breaking(at, &name, message, &whom(change.breaks)),
        Verdict::Underbumped => words::version(at, &change.subject, message),
        Verdict::Loosened => words::loosened(at, &name, message),
        Verdict::Expired => words::expired(at, &name, message),
    };
    if let (Some(old), Some(_)) = (old, new) {
        found = found.because(old, "it was here");
    }
    let help = details(one, change);
    Some(if help.is_empty() { found } else { found.help(help.join("\n")) })
}

/// The mend, the counter-example and the readers, a line each.
pub fn details(one: &Compared, change: &Change) -> Vec<String> {
    let example = change.example.as_ref().map(|example| {
        let rows = if example.rows.is_empty() { String::new() } else { format!("{}: ", example.rows.join(", ")) };
        format!("for example {rows}{}", example.says)
    });
    change.help.iter().cloned().chain(example).chain(readers(one, change)).collect()
}

/// ` (read by Order → train.fit, and by 2 more)`; empty where nobody is known to.
pub fn read_by(change: &Change) -> String {
    let Some(first) = change.readers.first() else { return String::new() };
    let more = match change.readers.len() {
        1 => String::new(),
        all => format!(", and by {} more", all - 1),
    };
    format!(" (read by {first}{more})")
}

/// Who reads what breaks, and how the break would be accepted, a line each; nothing where it breaks nobody.
pub fn readers(one: &Compared, change: &Change) -> Vec<String> {
    let is_broken = change.verdict == Verdict::Broken;
    if !is_broken && !hurts_others(one, change) {
        return Vec::new();
    }
    let told = |reader: &Reader| {
        let idle = if reader.runs { "" } else { ", which nothing calls" };
        format!("read by {reader}{idle} ({}, {})", reader.package, reader.place)
    };
    let mut lines: Vec<String> = change.readers.iter().take(5).map(told).collect();
    if change.readers.len() > 5 {
        lines.push(format!("and by {} more", change.readers.len() - 5));
    }
    if !change.path.is_empty() {
        let unread = one.found.unread.iter().map(|name| {
            format!("whether `{name}` reads it is not known: it depends on this package and does not check")
        });
        lines.extend(unread);
        if lines.is_empty() {
            lines.push("no stage, model or deployment of this repository reads it".to_owned());
        }
    }
    let accepted = accepted_as(change);
    if is_broken && !accepted.is_empty() {
        lines.push(format!(
            "where it is decided on, say so in the contract: `accepts break on {accepted} because \"..\"`"
        ));
    }
    lines
}

/// What an acceptance names: the column; of a rule over the set its first column, or what it measures; nothing where no contract is left that could say so.
fn accepted_as(change: &Change) -> &str {
    if !change.path.is_empty() {
        return change.path.split(['.', '[']).next().unwrap_or_default();
    }
    let text = change.old.as_deref().or(change.new.as_deref()).unwrap_or_default();
    let inside = text.rsplit_once('(').map(|(_, rest)| rest);
    let words = inside.unwrap_or_else(|| text.split_once(' ').map_or("", |(_, rest)| rest));
    words.split([',', ')', ' ', '.']).next().unwrap_or_default()
}

/// From a place to the end of its line.
fn span(map: &SourceMap, files: &BTreeMap<String, FileId>, place: &Place) -> Option<Span> {
    let file = *files.get(&place.file)?;
    let source = map.get(file)?;
    let line = source.line_range(place.line.checked_sub(1)? as usize)?;
    let text = source.text.get(line.clone())?;
    let before: usize = text.chars().take(place.column.saturating_sub(1) as usize).map(char::len_utf8).sum();
    let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    let (start, end) = (line.start + before, line.start + text.trim_end().len());
    Some(Span::new(file, narrow(start), narrow(end.max(start))))
}
