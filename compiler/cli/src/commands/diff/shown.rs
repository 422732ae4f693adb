//! Changes as diagnostics, with the texts of both versions in one map.

use std::collections::BTreeMap;

use mlp_diagnostics::{Diagnostic, Severity, catalog::evolution as words};
use mlp_evolution::{Breaks, Change, Reader, Verdict};
use mlp_plan::Place;
use mlp_source::{FileId, SourceMap, Span};

use super::{Compared, sides::Side};

/// The texts of two versions.
pub struct Shown {
    new: Vec<(String, String, String)>,
    old: Vec<(String, String, String)>,
    /// The package's folder from the top of its repository, where it is in one.
    prefix: Option<String>,
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
    /// The texts of both versions of a package.
    pub fn new(old: Side, new: Side, prefix: Option<String>) -> Self {
        // the memory of two plans is not given back, as in `program::checked`
        let files = |Side { plan, files, .. }: Side| {
            std::mem::forget(plan);
            files
        };
        Self { new: files(new), old: files(old), prefix }
    }

    /// The name under which people know a file of the new version; as the plan names it where there is none.
    pub fn name<'a>(&'a self, place: &'a Place) -> &'a str {
        self.new.iter().find(|(file, ..)| *file == place.file).map_or(place.file.as_str(), |(_, name, _)| name)
    }

    /// Adds all texts to a map: the new ones, the earlier ones as people name them, and the earlier ones as if they were new.
    fn add(&self, map: &mut SourceMap, for_machines: bool) -> [BTreeMap<String, FileId>; 3] {
        // machines know the repository, and not where somebody stands in it: they are told paths from its top
        let prefix = self.prefix.as_deref().filter(|_| for_machines);
        let path = |place: &str, name: &str| match prefix {
            Some("") => place.to_owned(),
            Some(prefix) => format!("{prefix}/{place}"),
            None => name.to_owned(),
        };
        let named = |_: &str, name: &str| name.to_owned();
        let mut all = |files: &[(String, String, String)], shown: &dyn Fn(&str, &str) -> String| {
            let added = |(place, name, text): &(String, String, String)| {
                (place.clone(), map.add(&shown(place, name), text.as_str()))
            };
            files.iter().map(added).collect::<BTreeMap<_, _>>()
        };
        let (new, old) = (all(&self.new, &path), all(&self.old, &named));
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

/// Everything that asks for something, with the map of its texts.
pub fn all(compared: &[Compared], deny_governance: bool, for_machines: bool) -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::new();
    let placed: Vec<_> = compared.iter().map(|one| one.shown.add(&mut map, for_machines)).collect();
    let mut found = Vec::new();
    for (one, [new, old, gone]) in compared.iter().zip(placed) {
        let places = Places { map: &map, new, old, gone };
        found.extend(one.found.changes.iter().filter_map(|change| diagnostic(change, &places, deny_governance)));
    }
    found.sort_by_key(|one: &Diagnostic| (one.primary, one.code));
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

fn diagnostic(change: &Change, places: &Places<'_>, deny_governance: bool) -> Option<Diagnostic> {
    let new = span(places.map, &places.new, &change.place);
    let before = |files| change.old_place.as_ref().and_then(|place| span(places.map, files, place));
    let old = before(&places.old);
    // what is gone stands nowhere in the new version: the old one is shown
    let at = new.or_else(|| before(&places.gone)).unwrap_or_default();
    let (name, message) = (name(change), change.message.as_str());
    let mut found = match change.verdict {
        Verdict::Fine | Verdict::Accepted { .. } => return None,
        Verdict::Broken => words::breaking(at, &name, message, &whom(change.breaks)),
        Verdict::Underbumped => words::version(at, &change.subject, message),
        Verdict::Loosened => words::loosened(at, &name, message),
        Verdict::Expired => words::expired(at, &name, message),
    };
    if deny_governance && change.verdict == Verdict::Loosened {
        found.severity = Severity::Error;
    }
    if let (Some(old), Some(_)) = (old, new) {
        found = found.because(old, "it was here");
    }
    let help = details(change);
    Some(if help.is_empty() { found } else { found.help(help.join("\n")) })
}

/// The mend, the counter-example and the readers, a line each.
pub fn details(change: &Change) -> Vec<String> {
    let example = change.example.as_ref().map(|example| {
        let rows = if example.rows.is_empty() { String::new() } else { format!("{}: ", example.rows.join(", ")) };
        format!("for example {rows}{}", example.says)
    });
    change.help.iter().cloned().chain(example).chain(readers(change)).collect()
}

/// Who reads what breaks, and how the break would be accepted, a line each; nothing where it does not break.
pub fn readers(change: &Change) -> Vec<String> {
    if change.verdict != Verdict::Broken {
        return Vec::new();
    }
    let told = |reader: &Reader| format!("read by {reader} ({}, {})", reader.package, reader.place);
    let mut lines: Vec<String> = change.readers.iter().take(5).map(told).collect();
    if change.readers.len() > 5 {
        lines.push(format!("and by {} more", change.readers.len() - 5));
    }
    if change.readers.is_empty() && !change.path.is_empty() {
        lines.push("no pipeline, model or deployment of this repository reads it".to_owned());
    }
    lines.push(format!(
        "where it is decided on, say so in the contract: `accepts break on {} because \"..\"`",
        accepted_as(change)
    ));
    lines
}

/// What an acceptance names: the column; of a rule over the set its first column, or what it measures.
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
