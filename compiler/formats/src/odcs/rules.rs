//! Sets of values, bounds, lengths and patterns.

use mlp_plan::ValueType;

use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
    pattern,
    read::{Map, Node},
    rules::{self, Bounds},
    values,
};

/// `enum`: a type of its own where its values are names, a set otherwise.
pub(super) fn members(node: &Node, value: &mut ValueType, path: &str, notes: &mut Vec<Note>) -> Result<(), Fault> {
    let items = node.as_list().ok_or_else(|| node.wrong(path, "a list"))?;
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut member = item.map(path.as_str())?;
        let node = member.take("value");
        match node.and_then(|node| values::literal(node, &value.data)) {
            Some(literal) => found.push(literal),
            None => {
                let text = node.map_or_else(|| "without a value".to_owned(), |node| mlp_write::json::flat(&node.doc()));
                let what = format!("the member {text}, which is no {}", value.data);
                notes.push(Note::new(Outcome::Lost, Thing::Constraint, path, what));
            }
        }
        member.finish(notes);
    }
    rules::listed(found, value);
    Ok(())
}

/// Bounds, lengths and the pattern.
pub(super) fn bounds(
    options: &mut Map<'_>,
    value: &mut ValueType,
    at: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    value.constraints.extend(Bounds::take(options, &value.data, true, at, notes).rules());
    value.constraints.extend(rules::lengths(options)?);
    if let Some(text) = options.text("pattern")? {
        value.constraints.extend(pattern::imported(text, at, notes));
    }
    Ok(())
}
