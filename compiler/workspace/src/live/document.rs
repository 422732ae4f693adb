//! A text that is open: in parts, each of which is a file of its own to the checker, so that an edit moves no places but those of the part that it is in.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    path::PathBuf,
    sync::Arc,
};

use mlp_diagnostics::{Diagnostic, Edit, Fix, Label};
use mlp_source::{FileId, Position, Span};
use mlp_syntax::{Faults, is_open, parse_part, split, tree};

use crate::load::std_of;

/// A source file of a package.
#[derive(Debug)]
pub struct Document {
    /// What stands for it in the places of diagnostics.
    pub id: FileId,
    /// The path on this machine; none of a module of the standard library.
    pub path: Option<PathBuf>,
    /// As diagnostics name it.
    pub name: Arc<str>,
    /// As plans name it.
    pub place: String,
    /// Its package.
    pub package: String,
    /// Its module.
    pub module: String,
    /// Its parts, in order; one until it is edited.
    parts: Vec<Part>,
    /// Where each part begins.
    starts: HashMap<FileId, u32>,
    /// What the parser has to say.
    syntax: Vec<Diagnostic>,
    /// Modules of the standard library that it imports.
    pub(super) std: BTreeSet<String>,
}

/// A part of a text.
#[derive(Debug)]
struct Part {
    text: Arc<str>,
    tree: Arc<tree::File>,
    faults: Faults,
    /// Whether what follows may be a part of it, once it is edited.
    is_open: bool,
}

impl Part {
    fn new(file: FileId, text: &str, is_first: bool) -> Self {
        let (tree, faults) = parse_part(file, text, is_first);
        Self { text: text.into(), tree: Arc::new(tree), faults, is_open: is_open(text) }
    }

    fn file(&self) -> FileId {
        self.tree.span.file
    }
}

/// Numbers for the parts of texts.
#[derive(Debug)]
pub(super) struct Ids(u32);

impl Ids {
    /// Numbers from here on.
    pub(super) const fn from(first: u32) -> Self {
        Self(first)
    }

    pub(super) fn next(&mut self) -> FileId {
        self.0 += 1;
        FileId(self.0 - 1)
    }
}

/// What a document is, beside its text.
pub(super) struct Head {
    pub path: Option<PathBuf>,
    pub name: Arc<str>,
    pub place: String,
    pub package: String,
    pub module: String,
}

impl Document {
    /// A text that was read as a whole.
    pub(super) fn whole(head: Head, text: &Arc<str>, tree: Arc<tree::File>, syntax: Vec<Diagnostic>) -> Self {
        let Head { path, name, place, package, module } = head;
        let (id, std) = (tree.span.file, tree.items.iter().filter_map(std_of).collect());
        let part = Part { text: Arc::clone(text), tree, faults: Faults::default(), is_open: false };
        let (parts, starts) = (vec![part], HashMap::from([(id, 0)]));
        Self { id, path, name, place, package, module, parts, starts, syntax, std }
    }

    /// A text that is not in our language.
    pub(super) fn other(head: Head, id: FileId, text: &Arc<str>) -> Self {
        let span = Span::new(id, 0, narrow(text.len()));
        let tree = tree::File { span, docs: Vec::new(), items: Vec::new(), dangling: Vec::new() };
        Self::whole(head, text, Arc::new(tree), Vec::new())
    }

    /// The trees of its parts.
    pub(super) fn trees(&self) -> Vec<Arc<tree::File>> {
        self.parts.iter().map(|part| Arc::clone(&part.tree)).collect()
    }

    /// The files that its parts are to the checker.
    pub(super) fn files(&self) -> impl Iterator<Item = FileId> {
        self.parts.iter().map(Part::file)
    }

    /// Its parts as trees, each with the offset that the places in it count from.
    pub fn trees_from(&self) -> impl Iterator<Item = (u32, &tree::File)> {
        self.parts.iter().map(|part| (self.starts.get(&part.file()).copied().unwrap_or_default(), &*part.tree))
    }

    /// All of its text.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| &*part.text).collect()
    }

    /// The number of its bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.text.len()).sum()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.text.is_empty())
    }

    /// What the parser has to say, at places of the whole text.
    #[must_use]
    pub fn syntax(&self) -> &[Diagnostic] {
        &self.syntax
    }

    /// Cuts the text into parts, if it was read as a whole.
    pub(super) fn open(&mut self, ids: &mut Ids) {
        if let [whole] = self.parts.as_slice()
            && whole.file() == self.id
        {
            let text = Arc::clone(&whole.text);
            let new = split(&text).into_iter().map(|range| text.get(range).unwrap_or_default().to_owned()).collect();
            // the whole is never one of the parts, even where there is but one
            self.parts.clear();
            self.put(0..0, new, ids);
            self.settle();
        }
    }

    /// Puts a text in the place of a range, and reads the parts that it touches. A range that is none of the text is made one.
    pub(super) fn edit(&mut self, range: Range<usize>, with: &str, ids: &mut Ids) {
        self.open(ids);
        let (first, start) = self.part_at(range.start, false);
        let (last, _) = self.part_at(range.end.max(range.start), true);
        // what was a part may now be the end of the one before it
        let before = self.parts.iter().position(|part| part.is_open).unwrap_or(usize::MAX);
        let from = first.saturating_sub(1).min(before);
        let skipped: usize = self.parts.get(from..first).into_iter().flatten().map(|part| part.text.len()).sum();
        let mut text: String = self.parts.get(from..=last).into_iter().flatten().map(|part| &*part.text).collect();
        let at = |offset: usize| floor(&text, (offset + skipped).saturating_sub(start));
        let (begin, end) = (at(range.start), at(range.end));
        text.replace_range(begin..end.max(begin), with);
        let mut until = last + 1;
        while until < self.parts.len() && is_open(&text) {
            // it goes on: with one more part, two, four, ..
            let more = (until - last).min(self.parts.len() - until);
            self.parts.get(until..until + more).into_iter().flatten().for_each(|part| text.push_str(&part.text));
            until += more;
        }
        let new = split(&text).into_iter().map(|range| text.get(range).unwrap_or_default().to_owned()).collect();
        self.put(from..until, new, ids);
        self.settle();
    }

    /// Puts texts in the place of parts; those at both ends that say the same stay what they are, those between keep their numbers.
    fn put(&mut self, range: Range<usize>, mut new: Vec<String>, ids: &mut Ids) {
        let Range { mut start, mut end } = range;
        let same = |part: Option<&Part>, text: Option<&String>| matches!((part, text), (Some(part), Some(text)) if *part.text == **text);
        let kept = (start..end).zip(&new).take_while(|(at, text)| same(self.parts.get(*at), Some(text))).count();
        start += kept;
        new.drain(..kept);
        while end > start && same(self.parts.get(end - 1), new.last()) {
            // a part that is now the first is read otherwise: comments at its top may be those of the file
            if start == 0 && new.len() == 1 {
                break;
            }
            end -= 1;
            new.pop();
        }
        let mut numbers: Vec<FileId> = self.parts.get(start..end).into_iter().flatten().map(Part::file).collect();
        numbers.reverse();
        let parts: Vec<Part> = new
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let file = numbers.pop().unwrap_or_else(|| ids.next());
                Part::new(file, text, start + index == 0)
            })
            .collect();
        self.parts.splice(start..end, parts);
    }

    /// Finds out what follows from the parts.
    fn settle(&mut self) {
        self.starts.clear();
        let mut start = 0_u32;
        for part in &self.parts {
            self.starts.insert(part.file(), start);
            start += narrow(part.text.len());
        }
        let members: Vec<&str> = self.parts.iter().flat_map(|part| part.faults.members()).map(String::as_str).collect();
        let told = self.parts.iter().flat_map(|part| part.faults.diagnostics(|word| members.contains(&word)));
        self.syntax = told.map(|found| moved(found, &|span| self.outside(span))).collect();
        self.std = self.parts.iter().flat_map(|part| &part.tree.items).filter_map(std_of).collect();
    }

    /// The part that holds an offset, and where it begins; of two that meet there the first, or the last.
    fn part_at(&self, offset: usize, last: bool) -> (usize, usize) {
        let (mut at, mut start) = (0, 0);
        for (index, before) in self.parts.iter().enumerate().take(self.parts.len() - 1) {
            let begins = start + before.text.len();
            if begins > offset || (begins == offset && !last) {
                break;
            }
            (at, start) = (index + 1, begins);
        }
        (at, start)
    }

    /// Where a place of a part stands in the whole text.
    pub(super) fn outside(&self, span: Span) -> Span {
        let start = self.starts.get(&span.file).copied().unwrap_or_default();
        Span::new(self.id, start + span.start, start + span.end)
    }

    /// The part that holds an offset of the whole text, and where in it.
    #[must_use]
    pub fn inside(&self, offset: u32) -> Span {
        let (part, start) = self.part_at(offset as usize, false);
        let file = self.parts.get(part).map_or(self.id, Part::file);
        Span::at(file, offset - narrow(start))
    }

    /// The text of the part that holds an offset, where it begins, the file that it is to the checker, and whether it is the first.
    pub(super) fn part_text(&self, offset: u32) -> Option<(Arc<str>, u32, FileId, bool)> {
        let (index, start) = self.part_at(offset as usize, false);
        let part = self.parts.get(index)?;
        Some((Arc::clone(&part.text), narrow(start), part.file(), index == 0))
    }

    /// The place of an offset, as people read it.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.len());
        let (mut line, mut column, mut before) = (1, 1, 0);
        for part in &self.parts {
            let text = part.text.get(..(offset - before).min(part.text.len())).unwrap_or_default();
            line += narrow(text.bytes().filter(|byte| *byte == b'\n').count());
            let behind = text.rfind('\n').map(|line_end| line_end + 1);
            let in_line = text.get(behind.unwrap_or(0)..).unwrap_or_default().chars().count();
            column = behind.map_or(column, |_| 1) + narrow(in_line);
            before += part.text.len();
            if before >= offset {
                break;
            }
        }
        Position { line, column, offset: narrow(offset) }
    }

    /// Where a line begins, from 0, and its text without the line end; none behind the last.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<(u32, String)> {
        let (mut left, mut start) = (line, 0_usize);
        let mut found: Option<(usize, String)> = (line == 0).then(|| (0, String::new()));
        for part in &self.parts {
            let mut at = 0;
            for piece in part.text.split_inclusive('\n') {
                if let Some((_, text)) = &mut found {
                    text.push_str(piece);
                }
                at += piece.len();
                if piece.ends_with('\n') {
                    if let Some((begins, text)) = found {
                        return Some((narrow(begins), text.trim_end_matches(['\n', '\r']).to_owned()));
                    }
                    left -= 1;
                    found = (left == 0).then(|| (start + at, String::new()));
                }
            }
            start += part.text.len();
        }
        found.map(|(begins, text)| (narrow(begins), text))
    }
}

/// A diagnostic at other places.
pub(super) fn moved(found: Diagnostic, to: &impl Fn(Span) -> Span) -> Diagnostic {
    let label = |label: Label| Label { span: to(label.span), ..label };
    let edit = |edit: Edit| Edit { span: to(edit.span), ..edit };
    Diagnostic {
        primary: to(found.primary),
        labels: found.labels.into_iter().map(label).collect(),
        fix: found.fix.map(|fix| Fix { edits: fix.edits.into_iter().map(edit).collect(), ..fix }),
        ..found
    }
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// The nearest place at or before an offset at which a text can be cut.
fn floor(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset)
}
