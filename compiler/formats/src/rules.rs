//! Rules that ODCS spells with the words of JSON Schema: sets of names, bounds, lengths.

use std::collections::HashSet;

use mlp_plan::{CompareOp, Constraint, DataType, Expr, Literal, ValueType};

use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
    read::Map,
    values,
};

/// Adds a set of values to a type: a closed enum where they are names and nothing else is said of the text, else a rule.
pub(crate) fn listed(members: Vec<Literal>, value: &mut ValueType) {
    let name = |member: &Literal| match member {
        Literal::Text(text) if crate::mlp::is_name(text) => Some(text.clone()),
        _ => None,
    };
    match members.iter().map(name).collect::<Option<Vec<_>>>() {
        _ if members.is_empty() => {}
        Some(mut names) if value.data == DataType::String && value.constraints.is_empty() => {
            let mut seen = HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
            value.data = DataType::Enum { members: names, open: false };
        }
        _ => value.constraints.push(Constraint::OneOf(members)),
    }
}

/// The ends of a range of values; those of `above` and `below` are no members of it.
pub(crate) struct Bounds {
    pub(crate) low: Option<Literal>,
    pub(crate) high: Option<Literal>,
    pub(crate) above: Option<Literal>,
    pub(crate) below: Option<Literal>,
}

impl Bounds {
    /// Takes `minimum`, `maximum`, `exclusiveMinimum` and `exclusiveMaximum`; what is no value of the type is lost, and all are where it has no `order`.
    pub(crate) fn take(map: &mut Map<'_>, data: &DataType, order: bool, at: &str, notes: &mut Vec<Note>) -> Self {
        // before draft-06 of JSON Schema, and in ODCS 3.0, that an end is left out was said beside it
        let (open_low, open_high) = (map.bare_flag("exclusiveMinimum"), map.bare_flag("exclusiveMaximum"));
        let mut end = |map: &mut Map<'_>, key: &str| {
            let node = map.take(key)?;
            let end = values::literal(node, data).filter(|_| order);
            if end.is_none() {
                let what = format!("{key}: {}, which is no bound of a {data}", mlp_write::json::flat(&node.doc()));
                notes.push(Note::new(Outcome::Lost, Thing::Constraint, at, what));
            }
            end
        };
        let (mut low, mut high) = (end(map, "minimum"), end(map, "maximum"));
        let above = match open_low {
            None => end(map, "exclusiveMinimum"),
            Some(open) => low.take_if(|_| open),
        };
        let below = match open_high {
            None => end(map, "exclusiveMaximum"),
            Some(open) => high.take_if(|_| open),
        };
        Self { low, high, above, below }
    }

    /// The rules that they are.
    pub(crate) fn rules(self) -> Vec<Constraint> {
        let Self { low, high, above, below } = self;
        let range = (low.is_some() || high.is_some()).then_some(Constraint::Range { low, high });
        let open = [(CompareOp::Gt, above), (CompareOp::Lt, below)].into_iter().filter_map(|(op, bound)| {
            let bound = Expr::Literal(bound?);
            Some(Constraint::Where(Expr::Compare(op, Box::new(Expr::This), Box::new(bound))))
        });
        range.into_iter().chain(open).collect()
    }
}

/// Takes the lengths of texts and lists.
///
/// # Errors
/// Where one is no count.
pub(crate) fn lengths(map: &mut Map<'_>) -> Result<Vec<Constraint>, Fault> {
    let mut rules = Vec::new();
    for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems")] {
        let (min, max) = (map.count(least)?, map.count(most)?);
        if min.is_some() || max.is_some() {
            rules.push(Constraint::Length { min: min.unwrap_or(0), max });
        }
    }
    Ok(rules)
}
