//! Edits of a document, and the layout of it as edits.

use mlp_source::FileId;
use similar::{ChangeTag, TextDiff};

use crate::view::{Place, View};

/// A replacement of one place of a document by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// What is replaced; an empty place inserts.
    pub place: Place,
    /// The new text.
    pub text: String,
}

/// What brings a document into the one layout of the language: whole lines, those that touch `within` alone where it is given.
#[must_use]
pub fn layout(view: &View<'_>, within: Option<&Place>) -> Vec<TextEdit> {
    let parsed = mlp_syntax::parse(FileId(0), view.text);
    let formatted = mlp_syntax::format(&parsed.file, view.text);
    let touches =
        |edit: &TextEdit| within.is_none_or(|within| edit.place.start <= within.end && within.start <= edit.place.end);
    changes(view.text, &formatted).into_iter().filter(touches).collect()
}

/// The lines in which two texts differ, as edits of the first.
fn changes(before: &str, after: &str) -> Vec<TextEdit> {
    let mut found: Vec<TextEdit> = Vec::new();
    let mut at = 0_u32;
    let mut open = false;
    for change in TextDiff::from_lines(before, after).iter_all_changes() {
        let length = u32::try_from(change.value().len()).unwrap_or(u32::MAX);
        if change.tag() == ChangeTag::Equal {
            open = false;
            at += length;
            continue;
        }
        if !std::mem::replace(&mut open, true) {
            found.push(TextEdit { place: at..at, text: String::new() });
        }
        let Some(edit) = found.last_mut() else { continue };
        match change.tag() {
            ChangeTag::Delete => {
                at += length;
                edit.place.end = at;
            }
            _ => edit.text.push_str(change.value()),
        }
    }
    found
}
