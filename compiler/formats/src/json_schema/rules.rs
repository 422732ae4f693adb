//! Sets of values, bounds, lengths and patterns.

use mlp_plan::{DataType, Literal, ValueType};

use super::{read::Reader, whole_bounds};
use crate::{
    fault::Fault,
    note::{Outcome, Thing},
    pattern,
    read::{Kind, Map, Node},
    rules::{self, Bounds},
    values,
};

impl<'a> Reader<'a> {
    /// `enum` and `const`; answers whether null is among them.
    pub(super) fn members(&mut self, map: &mut Map<'a>, value: &mut ValueType, at: &str) -> bool {
        let Some(items) = listed(map) else { return false };
        map.take("enum");
        map.take("const");
        let null = items.iter().any(|item| item.kind == Kind::Null);
        if items.len() == usize::from(null) {
            return null;
        }
        let found = self.set(&items, &value.data, at);
        rules::listed(found, value);
        null
    }

    /// Members of a set of values of that type, null left out; the others are lost.
    pub(super) fn set(&mut self, items: &[&'a Node], data: &DataType, at: &str) -> Vec<Literal> {
        let mut found: Vec<Literal> = Vec::new();
        if !holds_members(data) {
            let texts: Vec<String> = items.iter().map(|item| mlp_write::json::flat(&item.doc())).collect();
            self.note(Outcome::Lost, Thing::Constraint, at, format!("in {{ {} }}", texts.join(", ")));
            return found;
        }
        for item in items.iter().filter(|item| item.kind != Kind::Null) {
            match values::literal(item, data) {
                Some(member) => found.push(member),
                None => {
                    let text = mlp_write::json::flat(&item.doc());
                    self.note(Outcome::Lost, Thing::Constraint, at, format!("the member {text}, which is no {data}"));
                }
            }
        }
        found
    }

    pub(super) fn bounds(&mut self, map: &mut Map<'a>, value: &mut ValueType, at: &str) -> Result<(), Fault> {
        let data = value.data.clone();
        let mut bounds = Bounds::take(map, &data, data.is_numeric(), at, &mut self.notes);
        if let Some((least, most)) = whole_bounds(&data) {
            bounds.low = bounds.low.filter(|low| *low != Literal::Number(least));
            bounds.high = bounds.high.filter(|high| *high != Literal::Number(most));
        }
        value.constraints.extend(bounds.rules());
        let lengths = rules::lengths(map)?;
        // of a vector they were its length
        if !matches!(data, DataType::Vector { .. }) {
            value.constraints.extend(lengths);
        }
        if let Some(text) = map.text("pattern")? {
            if data == DataType::String {
                value.constraints.extend(pattern::imported(text, at, &mut self.notes));
            } else {
                self.note(Outcome::Lost, Thing::Constraint, at, format!("pattern: {text}"));
            }
        }
        Ok(())
    }
}

/// Whether values of a type can be listed.
const fn holds_members(data: &DataType) -> bool {
    !matches!(
        data,
        DataType::Json | DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. }
    )
}

/// The values of `enum`, or the one of `const`.
pub(super) fn listed<'a>(map: &Map<'a>) -> Option<Vec<&'a Node>> {
    let find = |key: &str| map.entries().iter().find(|(name, _)| name == key).map(|(_, node)| node);
    match find("enum").and_then(Node::as_list) {
        Some(items) => Some(items.iter().collect()),
        None => find("const").map(|only| vec![only]),
    }
}

/// The type that all members of a set have, null left out.
pub(super) fn of_members(members: &[&Node]) -> Option<&'static str> {
    let word = |node: &&&Node| match &node.kind {
        Kind::Bool(_) => Some("boolean"),
        Kind::Text(_) => Some("string"),
        Kind::Number(text) if text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) => Some("integer"),
        Kind::Number(_) => Some("number"),
        Kind::Null | Kind::List(_) | Kind::Map(_) => None,
    };
    let mut words: Vec<Option<&str>> =
        members.iter().filter(|node| node.kind != Kind::Null).map(|node| word(&node)).collect();
    words.sort_unstable();
    words.dedup();
    match words.as_slice() {
        [only] => *only,
        [Some("integer"), Some("number")] => Some("number"),
        _ => None,
    }
}
