//! Sets of values, bounds, lengths and patterns.

use mlp_plan::{CompareOp, Constraint, DataType, Expr, Literal, ValueType};

use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
    pattern,
    read::{Map, Node},
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
    if found.is_empty() {
        return Ok(());
    }
    let names: Option<Vec<String>> = found
        .iter()
        .map(|member| match member {
            Literal::Text(text) if crate::mlp::is_name(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    match names {
        Some(members) if value.data == DataType::String && value.constraints.is_empty() => {
            value.data = DataType::Enum { members, open: false };
        }
        _ => value.constraints.push(Constraint::OneOf(found)),
    }
    Ok(())
}

/// Bounds, lengths and the pattern.
pub(super) fn bounds(
    options: &mut Map<'_>,
    value: &mut ValueType,
    at: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Fault> {
    let data = value.data.clone();
    let (open_low, open_high) = (options.bare_flag("exclusiveMinimum"), options.bare_flag("exclusiveMaximum"));
    let mut end = |options: &mut Map<'_>, key: &str| {
        let node = options.take(key)?;
        let end = values::literal(node, &data);
        if end.is_none() {
            let what = format!("{key}: {}, which is no {data}", mlp_write::json::flat(&node.doc()));
            notes.push(Note::new(Outcome::Lost, Thing::Constraint, at, what));
        }
        end
    };
    let (mut low, mut high) = (end(options, "minimum"), end(options, "maximum"));
    // in ODCS 3.0 that a bound is left out was said beside it
    let above = match open_low {
        None => end(options, "exclusiveMinimum"),
        Some(open) => low.take_if(|_| open),
    };
    let below = match open_high {
        None => end(options, "exclusiveMaximum"),
        Some(open) => high.take_if(|_| open),
    };
    if low.is_some() || high.is_some() {
        value.constraints.push(Constraint::Range { low, high });
    }
    for (op, bound) in [(CompareOp::Gt, above), (CompareOp::Lt, below)] {
        if let Some(bound) = bound {
            let expr = Expr::Compare(op, Box::new(Expr::This), Box::new(Expr::Literal(bound)));
            value.constraints.push(Constraint::Where(expr));
        }
    }
    for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems")] {
        let (min, max) = (options.count(least)?, options.count(most)?);
        if min.is_some() || max.is_some() {
            value.constraints.push(Constraint::Length { min: min.unwrap_or(0), max });
        }
    }
    if let Some(text) = options.text("pattern")? {
        value.constraints.extend(pattern::imported(text, at, notes));
    }
    Ok(())
}
