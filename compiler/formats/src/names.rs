//! Names of the outside in the language.

use crate::{
    mlp::{is_name, quoted},
    note::{Note, Outcome, Thing},
};

/// What a contract is called whose file has no name for it.
pub const UNNAMED: &str = "Imported";

/// A contract's name: `flights_daily` and `flights daily` become `FlightsDaily`; what begins with a capital stays.
#[must_use]
pub fn contract(text: &str) -> String {
    if is_name(text) && text.starts_with(char::is_uppercase) {
        return text.to_owned();
    }
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let camel: String = parts
        .map(|part| {
            let mut letters = part.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
        })
        .collect();
    if camel.is_empty() {
        UNNAMED.to_owned()
    } else if is_name(&camel) {
        camel
    } else {
        format!("Contract{camel}")
    }
}

/// A column's name, which is that of the data and cannot be another: a column (or a field of a struct) whose name the language cannot spell is
/// left out, with a note at what it is a part of.
pub(crate) fn column(text: &str, of: &str, notes: &mut Vec<Note>) -> Option<String> {
    if is_name(text) {
        return Some(text.to_owned());
    }
    let what = format!(
        "the column {}, whose name `.mlp` cannot spell: to keep it, rename it to letters, digits and `_`, in the data as well",
        quoted(text)
    );
    notes.push(Note::new(Outcome::Lost, Thing::Name, of, what));
    None
}

/// Tags that the language can spell; the others are lost.
pub(crate) fn tags(texts: impl IntoIterator<Item = String>, at: &str, notes: &mut Vec<Note>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for text in texts {
        if is_name(&text) {
            tags.push(text);
        } else {
            notes.push(Note::new(
                Outcome::Lost,
                Thing::Tag,
                at,
                format!("the tag {}, which is no name", quoted(&text)),
            ));
        }
    }
    tags.sort();
    tags.dedup();
    tags
}

/// A version that the language takes: `1.2.0`, also from `v1.2`; others are lost.
pub(crate) fn version(text: &str, at: &str, notes: &mut Vec<Note>) -> Option<String> {
    let bare = text.trim().trim_start_matches('v');
    let mut parts: Vec<&str> = bare.split('.').collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if digits && parts.len() <= 3 {
        parts.resize(3, "0");
        return Some(parts.join("."));
    }
    notes.push(Note::new(
        Outcome::Lost,
        Thing::Version,
        at,
        format!("version = {}, which is not three numbers", quoted(text)),
    ));
    None
}
