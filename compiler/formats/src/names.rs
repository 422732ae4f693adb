//! Names of the outside in the language.

use crate::{
    fault::Fault,
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

/// A column's name, which is that of the data and cannot be another.
pub(crate) fn column(text: &str) -> Result<String, Fault> {
    if is_name(text) {
        return Ok(text.to_owned());
    }
    Err(Fault::new(
        format!("the column {} has a name that `.mlp` cannot spell", quoted(text)),
        "a name has letters, digits and `_`, and no digit first: rename the column, in the data as well",
    ))
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
