//! Documents as they are read: with lines, in order, numbers as they are spelled. One form for JSON and YAML.

mod json;
mod yaml;

use std::collections::HashSet;

use mlp_write::Doc;

use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
};

/// How deep a document may nest.
const MAX_DEPTH: usize = 128;

/// A part of a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    /// 1-based.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as it is spelled.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in its order.
    Map(Vec<(String, Node)>),
}

/// Reads JSON where the text begins as JSON does, YAML otherwise.
pub(crate) fn document(text: &str) -> Result<Node, Fault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[', '"']) { json::read(text) } else { yaml::read(text) }
}

/// Reads JSON.
pub(crate) fn json(text: &str) -> Result<Node, Fault> {
    json::read(text.strip_prefix('\u{feff}').unwrap_or(text))
}

impl Node {
    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The entry of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// The items, where it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Kind::List(items) = &self.kind { Some(items) } else { None }
    }

    /// What the entries of a mapping are.
    pub fn values(&self) -> impl Iterator<Item = &Self> {
        let entries = if let Kind::Map(entries) = &self.kind { entries.as_slice() } else { &[] };
        entries.iter().map(|(_, node)| node)
    }

    /// A scalar as it is spelled.
    pub fn spelled(&self) -> Option<String> {
        match &self.kind {
            Kind::Bool(flag) => Some(flag.to_string()),
            Kind::Number(text) | Kind::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// A mapping, whose entries are taken one by one.
    pub fn map(&self, path: impl Into<String>) -> Result<Map<'_>, Fault> {
        let path = path.into();
        match &self.kind {
            Kind::Map(entries) => Ok(Map { line: self.line, path, entries, taken: HashSet::new() }),
            _ => Err(self.wrong(path, "a mapping")),
        }
    }

    /// A fault: something else was expected here.
    pub fn wrong(&self, path: impl Into<String>, expected: &str) -> Fault {
        Fault::new(format!("{expected} is expected here, and this is {}", self.words()), "").at(path).on(self.line)
    }

    /// A document that was made here, as if it were read; `None` of templates, which are none.
    pub fn of(doc: &Doc) -> Option<Self> {
        let kind = match doc {
            Doc::Null => Kind::Null,
            Doc::Bool(flag) => Kind::Bool(*flag),
            Doc::Number(number) => Kind::Number(number.clone()),
            Doc::Text(text) => Kind::Text(text.clone()),
            Doc::Template(_) => return None,
            Doc::List(items) => Kind::List(items.iter().map(Self::of).collect::<Option<_>>()?),
            Doc::Map(entries) => Kind::Map(
                entries.iter().map(|(key, value)| Some((key.clone(), Self::of(value)?))).collect::<Option<_>>()?,
            ),
        };
        Some(Self { line: 0, kind })
    }

    /// The same as a document to be written.
    pub fn doc(&self) -> Doc {
        match &self.kind {
            Kind::Null => Doc::Null,
            Kind::Bool(flag) => Doc::Bool(*flag),
            Kind::Number(number) => Doc::Number(number.clone()),
            Kind::Text(text) => Doc::text(text),
            Kind::List(items) => Doc::List(items.iter().map(Self::doc).collect()),
            Kind::Map(entries) => Doc::Map(entries.iter().map(|(key, node)| (key.clone(), node.doc())).collect()),
        }
    }
}

/// A mapping, and which of its entries were understood.
pub(crate) struct Map<'a> {
    /// Its line.
    pub line: usize,
    /// Where it stands in the document.
    pub path: String,
    entries: &'a [(String, Node)],
    taken: HashSet<&'a str>,
}

impl<'a> Map<'a> {
    /// One without entries.
    pub fn none() -> Self {
        Self { line: 0, path: String::new(), entries: &[], taken: HashSet::new() }
    }

    /// Takes an entry; `null` counts as absent.
    pub fn take(&mut self, key: &str) -> Option<&'a Node> {
        let (name, node) = self.entries.iter().find(|(name, _)| name == key)?;
        self.taken.insert(name);
        (node.kind != Kind::Null).then_some(node)
    }

    /// Whether it has an entry, without taking it.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(name, _)| name == key)
    }

    /// Takes a text.
    pub fn text(&mut self, key: &str) -> Result<Option<&'a str>, Fault> {
        let Some(node) = self.take(key) else { return Ok(None) };
        node.as_text().map(Some).ok_or_else(|| node.wrong(self.at(key), "text"))
    }

    /// Takes a scalar as it is spelled: versions are often written as numbers.
    pub fn spelled(&mut self, key: &str) -> Result<Option<String>, Fault> {
        let Some(node) = self.take(key) else { return Ok(None) };
        node.spelled().map(Some).ok_or_else(|| node.wrong(self.at(key), "text"))
    }

    /// Takes `true` or `false`.
    pub fn flag(&mut self, key: &str) -> Result<Option<bool>, Fault> {
        let Some(node) = self.take(key) else { return Ok(None) };
        match node.kind {
            Kind::Bool(flag) => Ok(Some(flag)),
            _ => Err(node.wrong(self.at(key), "true or false")),
        }
    }

    /// Takes an entry only where it is `true` or `false`.
    pub fn bare_flag(&mut self, key: &str) -> Option<bool> {
        match self.entries.iter().find(|(name, _)| name == key) {
            Some((name, Node { kind: Kind::Bool(flag), .. })) => {
                self.taken.insert(name);
                Some(*flag)
            }
            _ => None,
        }
    }

    /// Takes all that is left: it goes with what it is a part of, which is lost with a note of its own.
    pub fn skip(&mut self) {
        self.taken.extend(self.entries.iter().map(|(name, _)| name.as_str()));
    }

    /// Takes a whole number that is not negative.
    pub fn count(&mut self, key: &str) -> Result<Option<u64>, Fault> {
        let Some(node) = self.take(key) else { return Ok(None) };
        let number = if let Kind::Number(text) = &node.kind { text.parse().ok() } else { None };
        number.map(Some).ok_or_else(|| node.wrong(self.at(key), "a whole number"))
    }

    /// Takes a list; an absent one is empty.
    pub fn list(&mut self, key: &str) -> Result<&'a [Node], Fault> {
        let Some(node) = self.take(key) else { return Ok(&[]) };
        node.as_list().ok_or_else(|| node.wrong(self.at(key), "a list"))
    }

    /// Takes a list of texts.
    pub fn texts(&mut self, key: &str) -> Result<Vec<String>, Fault> {
        let path = self.at(key);
        let one = |node: &Node| node.spelled().ok_or_else(|| node.wrong(path.clone(), "text"));
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(node) => match node.as_list() {
                Some(items) => items.iter().map(one).collect(),
                None => one(node).map(|text| vec![text]),
            },
        }
    }

    /// The entries, all of them.
    pub const fn entries(&self) -> &'a [(String, Node)] {
        self.entries
    }

    /// The path of an entry.
    pub fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A fault of this mapping.
    pub fn fault(&self, what: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::new(what, help).at(self.path.clone()).on(self.line)
    }

    /// Says what was left: each entry that nobody took is lost.
    pub fn finish(self, notes: &mut Vec<Note>) {
        for (key, node) in self.entries {
            if self.taken.contains(key.as_str()) || node.kind == Kind::Null {
                continue;
            }
            let value = mlp_write::json::flat(&node.doc());
            let short: String = value.chars().take(60).collect();
            let dots = if short.len() < value.len() { ".." } else { "" };
            notes.push(Note::new(
                Outcome::Lost,
                Thing::Foreign,
                if self.path.is_empty() {
                    format!("line {}", node.line)
                } else {
                    format!("{}, line {}", self.path, node.line)
                },
                format!("{key}: {short}{dots}"),
            ));
        }
    }
}
