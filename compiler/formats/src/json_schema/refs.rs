//! `$ref`: within the document, and never in a circle.

use super::read::Reader;
use crate::{fault::Fault, read::Node};

/// What a schema is behind its references.
pub(super) enum Target<'a> {
    /// A schema, where it stands, and how many references were followed to it.
    Schema(&'a Node, String, usize),
    /// None that can be followed: why.
    None(String),
}

impl<'a> Reader<'a> {
    /// Follows `$ref` within the document. What was followed stays open: [`Self::close`] takes it back.
    pub(super) fn follow(&mut self, node: &'a Node, path: &str) -> Target<'a> {
        let (mut node, mut path, mut followed) = (node, path.to_owned(), 0);
        while let Some(reference) = node.get("$ref").and_then(Node::as_text) {
            let refused = if self.open.contains(&reference) {
                Some(format!("{reference} holds itself"))
            } else if !reference.starts_with('#') {
                Some(format!("{reference} is in another file, which is not read"))
            } else {
                None
            };
            let found = if refused.is_some() { None } else { self.at(reference) };
            let Some(found) = found else {
                self.close(followed);
                return Target::None(refused.unwrap_or_else(|| format!("there is nothing at {reference}")));
            };
            self.open.push(reference);
            followed += 1;
            path = reference.trim_start_matches(['#', '/']).to_owned();
            node = found;
        }
        Target::Schema(node, path, followed)
    }

    pub(super) fn close(&mut self, followed: usize) {
        self.open.truncate(self.open.len().saturating_sub(followed));
    }

    /// What a pointer of this document, or the name of an anchor, stands for.
    fn at(&self, reference: &str) -> Option<&'a Node> {
        let pointer = reference.strip_prefix('#')?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            let defined = ["$defs", "definitions"].iter().filter_map(|key| self.root.get(key));
            let named = |node: &&'a Node| {
                let says = |key: &str, text: &str| node.get(key).and_then(Node::as_text) == Some(text);
                says("$anchor", pointer) || says("$id", reference) || says("id", reference)
            };
            return defined.flat_map(Node::values).find(named);
        }
        let mut found = self.root;
        for part in pointer.split('/').skip(1) {
            let key = unescaped(part);
            found = match found.as_list() {
                Some(items) => items.get(key.parse::<usize>().ok()?)?,
                None => found.get(&key)?,
            };
        }
        Some(found)
    }

    /// What the whole document is behind its references.
    pub(super) fn resolve(&mut self, node: &'a Node, path: &str) -> Result<(&'a Node, String), Fault> {
        match self.follow(node, path) {
            // it stays open: what it holds cannot hold it again
            Target::Schema(found, path, _) => Ok((found, path)),
            Target::None(why) => {
                let help =
                    "import the file that names the properties, or put what is referred to into `$defs` of this one";
                Err(Fault::new(why, help).at(path).on(node.line))
            }
        }
    }
}

/// A part of a pointer: `~` and `%` escape.
fn unescaped(part: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).replace("~1", "/").replace("~0", "~")
}
