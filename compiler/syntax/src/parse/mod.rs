//! From pest's pairs to the tree.

mod expected;
mod exprs;
mod grammar;
mod items;
mod lists;
mod literals;
mod operators;
mod policies;
mod recovery;
mod statements;
mod trivia;
mod types;
mod words;

use mlp_diagnostics::{Diagnostic, catalog::syntax as say};
use mlp_source::{FileId, Span};

pub use self::expected::{Expected, expected};
use self::grammar::Rule;
use crate::copy::Copy;
use crate::layout::{Layout, lay_out};
use crate::tree::{File, Name, Path};

/// A pair of pest's.
type Pair<'i> = pest::iterators::Pair<'i, Rule>;

/// The text of a word, number or tag, without the blank that the copy puts behind it.
fn word<'i>(pair: &Pair<'i>) -> &'i str {
    pair.as_str().trim_end_matches(' ')
}

/// What [`parse`] answers.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree: what is broken stands in it verbatim.
    pub file: File,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text. It never fails: what cannot be read is kept verbatim in the tree and reported.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Parsed {
    let (file, faults) = parse_part(file, text, true);
    let diagnostics = faults.diagnostics(|word| faults.members.iter().any(|member| member == word));
    Parsed { file, diagnostics }
}

/// What is wrong with a part of a text, as far as the part tells.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    found: Vec<Diagnostic>,
    members: Vec<String>,
    /// Words of other languages that were read as names.
    foreign: Vec<(String, Diagnostic)>,
}

impl Faults {
    /// The members of enums that are named like a word of other languages, as `null`: where a text has one, such a word is a name in all of it.
    #[must_use]
    pub fn members(&self) -> &[String] {
        &self.members
    }

    /// What is wrong, in the order of the text; `is_member` says whether an enum of the whole text has a member of that name.
    #[must_use]
    pub fn diagnostics(&self, is_member: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let foreign = self.foreign.iter().filter(|(word, _)| !is_member(word)).map(|(_, found)| found);
        let mut diagnostics: Vec<Diagnostic> = self.found.iter().chain(foreign).cloned().collect();
        diagnostics.sort_by_key(|found| (found.primary.start, found.primary.end));
        diagnostics.dedup_by_key(|found| found.primary.start);
        diagnostics
    }
}

/// Reads one part of a text, as [`split`](crate::split()) cuts it; a whole text is its own first part.
#[must_use]
pub fn parse_part(file: FileId, text: &str, is_first: bool) -> (File, Faults) {
    let layout = lay_out(file, text);
    let mut lower = Lower::new(file, text, &layout);
    let tree = lower.file(is_first);
    let foreign = lower.foreign_words();
    let (mut found, members) = (lower.diagnostics, lower.foreign_members);
    found.extend(layout.diagnostics);
    (tree, Faults { found, members, foreign })
}

/// The state of lowering.
struct Lower<'t> {
    file: FileId,
    text: &'t str,
    layout: &'t Layout,
    /// Ranges in which nothing more is reported, in order and apart.
    silent: Vec<(usize, usize)>,
    diagnostics: Vec<Diagnostic>,
    /// Behind the last entry (or its comment): comments from here on belong to the next.
    floor: usize,
    /// Words of other languages that were read as names: `True`, `null`.
    foreign: Vec<(Span, String, &'static str)>,
    /// Whether an enum of this file has a member with the name of such a word.
    foreign_members: Vec<String>,
    /// The copy of the value of `f".."` under the parser; the layout's copy where there is none.
    inner: Option<Copy>,
    /// The broken text found last.
    last_broken: Option<Span>,
    /// The expression found too deep last.
    last_deep: Option<Span>,
    /// Where the piece under the parser begins in the copy.
    base: usize,
}

impl<'t> Lower<'t> {
    fn new(file: FileId, text: &'t str, layout: &'t Layout) -> Self {
        let mut ranges = layout.silent.clone();
        ranges.sort_unstable();
        let mut silent: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
        for (start, end) in ranges {
            match silent.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => silent.push((start, end)),
            }
        }
        Self {
            file,
            text,
            layout,
            silent,
            diagnostics: Vec::new(),
            floor: 0,
            foreign: Vec::new(),
            foreign_members: Vec::new(),
            inner: None,
            last_broken: None,
            last_deep: None,
            base: 0,
        }
    }

    /// A span of the original text.
    fn make(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, offset(start), offset(end.max(start)))
    }

    /// The range of a pair in the copy, without the blank behind it.
    fn range(&self, pair: &Pair<'_>) -> (usize, usize) {
        let span = pair.as_span();
        (self.base + span.start(), self.base + span.end() - usize::from(span.as_str().ends_with(' ')))
    }

    /// The copy under the parser.
    fn copy(&self) -> &Copy {
        self.inner.as_ref().unwrap_or(&self.layout.copy)
    }

    /// Where a pair stands in the original text.
    fn span(&self, pair: &Pair<'_>) -> Span {
        let (start, end) = self.range(pair);
        let (start, end) = self.copy().original(start, end);
        Span::new(self.file, start, end)
    }

    /// The original text of a span.
    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.range()).unwrap_or_default()
    }

    fn name(&self, pair: &Pair<'_>) -> Name {
        Name { text: word(pair).to_owned(), span: self.span(pair) }
    }

    /// A name for which the text holds none; what it belongs to is broken.
    fn no_name(&self, span: Span) -> Name {
        Name { text: String::new(), span }
    }

    /// The names of an atomic `a.b.c`.
    fn path(&self, pair: &Pair<'_>) -> Path {
        let span = self.span(pair);
        let mut at = span.start as usize;
        let mut segments = Vec::with_capacity(word(pair).matches('.').count() + 1);
        segments.extend(word(pair).split('.').map(|segment| {
            let name = Name { text: segment.to_owned(), span: self.make(at, at + segment.len()) };
            at += segment.len() + 1;
            name
        }));
        Path { segments, span }
    }

    /// Whether something was already reported that overlaps the range.
    fn is_silent(&self, start: usize, end: usize) -> bool {
        let before = self.silent.partition_point(|range| range.0 < end.max(start + 1));
        before.checked_sub(1).and_then(|at| self.silent.get(at)).is_some_and(|range| range.1 > start)
    }

    /// What is to be said of `True` and the like, unless an enum of this file has such a member.
    fn foreign_words(&mut self) -> Vec<(String, Diagnostic)> {
        let words = std::mem::take(&mut self.foreign).into_iter();
        let told = words.filter(|(span, ..)| !self.is_silent(span.start as usize, span.start as usize));
        told.map(|(span, word, ours)| {
            let found = say::foreign_literal(span, &word, ours);
            (word, found)
        })
        .collect()
    }

    fn report(&mut self, found: Diagnostic) {
        if !self.is_silent(found.primary.start as usize, found.primary.start as usize) {
            self.diagnostics.push(found);
        }
    }
}
