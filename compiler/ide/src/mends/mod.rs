//! What an editor can do to a program beside the fixes that findings bring along: mends that somebody has to choose, since they change what the program
//! says.

mod cast;
mod columns;
mod create;
mod extract;
mod imports;
mod tags;
mod verdict;

use mlp_diagnostics::{Diagnostic, Edit};
use mlp_source::{FileId, Span};
use mlp_syntax::tree::{Block, ContractBody, ContractEntry, Entry, Item, ItemKind, Lead, StageBody, StageEntry};
use mlp_workspace::Package;

pub use self::verdict::say_verdicts;
use crate::view::{Place, View};

/// What kind of mend it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MendKind {
    /// It mends a finding.
    Fix,
    /// It makes a declaration of something.
    Extract,
    /// It puts imports in order.
    Imports,
}

/// A mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What it does, in words.
    pub title: String,
    /// What kind it is.
    pub kind: MendKind,
    /// What is written instead, at places of whole documents.
    pub edits: Vec<Edit>,
    /// A file of the package, with the text that comes at its end.
    pub file: Option<(String, String)>,
    /// The finding that it mends, by its number among those that were given.
    pub finding: Option<usize>,
}

impl Mend {
    fn new(kind: MendKind, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), kind, edits, file: None, finding: None }
    }
}

/// Where is asked.
pub struct Asked<'a, 'p> {
    /// The package.
    pub package: &'p Package,
    /// The document.
    pub document: FileId,
    /// The document as features see it.
    pub view: &'a View<'p>,
    /// What is selected in it, or where the cursor is.
    pub range: Place,
    /// The findings there.
    pub findings: &'a [Diagnostic],
}

impl Asked<'_, '_> {
    /// A place in the document.
    fn span(&self, place: &Place) -> Span {
        Span::new(self.document, place.start, place.end)
    }

    /// Whether a place is that of a text that is the package's own to change.
    fn is_ours(&self, place: Span) -> bool {
        let own = &self.package.manifest.package.name;
        self.package.document(place.file).is_some_and(|document| document.package == *own)
    }
}

/// What can be done at a place.
#[must_use]
pub fn mends(asked: &Asked<'_, '_>) -> Vec<Mend> {
    let mut found = columns::mends(asked);
    found.extend(cast::mends(asked));
    found.extend(tags::mends(asked));
    found.extend(create::mends(asked));
    found.extend(extract::mends(asked));
    found.extend(imports::mends(asked));
    found.retain(|mend| mend.edits.iter().all(|edit| asked.is_ours(edit.span)));
    found
}

/// Where a line can be added to the block of a declaration, and what it begins and ends with. Places are those of the part.
fn line_in(item: &Item) -> Option<(Span, &'static str, &'static str)> {
    match &item.kind {
        ItemKind::Contract(tree) => match &tree.body {
            ContractBody::Block(block) => Some(behind(block, |entry| match entry {
                ContractEntry::Setting(setting) => (setting.span, &setting.lead),
                ContractEntry::Field(field) => (field.span, &field.lead),
                ContractEntry::Rule(rule) => (rule.span, &rule.lead),
            })),
            ContractBody::Expr(_) => None,
        },
        ItemKind::Stage(tree) | ItemKind::Source(tree) | ItemKind::Sink(tree) => match &tree.body {
            StageBody::Block(block) => Some(behind(block, |entry| match entry {
                StageEntry::Setting(setting) => (setting.span, &setting.lead),
                StageEntry::Let(binding) => (binding.span, &binding.lead),
                StageEntry::Because(rule) => (rule.span, &rule.lead),
                StageEntry::PredictsAt(rule) => (rule.span, &rule.lead),
            })),
            StageBody::Expr(_) => None,
        },
        _ => None,
    }
}

/// Where a line can be added behind the last of a block.
fn behind<T>(block: &Block<Entry<T>>, place: impl Fn(&T) -> (Span, &Lead)) -> (Span, &'static str, &'static str) {
    let last = block.entries.last().map(|entry| match entry {
        Entry::Ok(entry) => place(entry),
        Entry::Broken(broken) => (broken.span, &broken.lead),
    });
    // a comment on the line of the last entry stays with it
    let last = last.map(|(span, lead)| lead.trailing.as_ref().map_or(span, |comment| comment.span));
    match last {
        Some(last) if block.inline => (Span::at(last.file, last.end), ", ", ""),
        Some(last) => (Span::at(last.file, last.end), "\n  ", ""),
        None => (Span::at(block.span.file, block.span.start + 1), "\n  ", "\n"),
    }
}
