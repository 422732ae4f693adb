//! Types of values, level by level: each difference is held against what `<:` says of that level in both directions.

use mlp_analysis::subtype::{Planted, Problem, ProblemKind, values};
use mlp_plan::{Constraint, DataType, StructField, ValueType};

use crate::{
    change::{Breaks, Change, Class, Direction},
    contract::{Both, Level, is_filled},
    example,
};

/// One level of a type in both directions.
pub struct Levels<'a> {
    /// The column, with the path into it.
    pub path: &'a str,
    /// What was, where what is is expected.
    pub backward: Level,
    /// What is, where what was is expected.
    pub forward: Level,
}

impl Levels<'_> {
    /// Whom something breaks that is looked for among the problems, or among what was left to the run.
    fn breaks(&self, problem: impl Fn(&ProblemKind) -> bool, planted: impl Fn(&Planted) -> bool) -> Breaks {
        let broken = |level: &Level| level.0.iter().any(|one| problem(&one.kind)) || planted(&level.1);
        Breaks { backward: broken(&self.backward), forward: broken(&self.forward) }
    }

    /// Whether the types of both are so different that their constraints were not compared.
    fn is_apart(&self) -> Breaks {
        self.breaks(|kind| matches!(kind, ProblemKind::Type { .. }), |_| false)
    }
}

/// The differences of one level, without what is inside of the values.
pub fn compare_level(both: &Both<'_>, levels: &Levels<'_>, old: &ValueType, new: &ValueType) -> Vec<Change> {
    let mut found = Vec::new();
    found.extend(data(both, levels, old, new));
    found.extend(nullness(both, levels, old, new));
    found.extend(unit(both, levels, old, new));
    found.extend(constraints(both, levels, old, new));
    leftover(both, levels, &mut found);
    found
}

fn data(both: &Both<'_>, levels: &Levels<'_>, old: &ValueType, new: &ValueType) -> Option<Change> {
    if is_same_shape(&old.data, &new.data) {
        return None;
    }
    let path = levels.path;
    let breaks = levels.breaks(|kind| matches!(kind, ProblemKind::Type { .. }), |planted| planted.cast);
    let enums = matches!((&old.data, &new.data), (DataType::Enum { .. }, DataType::Enum { .. }));
    let kind = if enums { "enum_changed" } else { "type_changed" };
    let message = match (&old.data, &new.data) {
        (DataType::Enum { members, open }, DataType::Enum { members: now, open: is_open }) => {
            members_changed(path, (members, *open), (now, *is_open))
        }
        (old, new) => format!("`{path}` was {old}, and is {new}"),
    };
    let mut change = both
        .change(kind, Class::Compatible, path, message)
        .from_to(Some(old.data.to_string()), Some(new.data.to_string()))
        .breaking(direction(breaks), breaks);
    if breaks.backward {
        change.example = both.old_rows.value(path, old, new, None);
        change = change.help(format!("let `{path}` take what was written before: {}", old.data));
    } else if breaks.forward {
        change.example = both.new_rows.value(path, new, old, None);
        change = change
            .help(format!("add a column of type {}, and let `{path}` be as it was until nobody reads it", new.data));
    }
    Some(change)
}

fn members_changed(path: &str, (old, was_open): (&[String], bool), (new, is_open): (&[String], bool)) -> String {
    let list = |from: &[String], without: &[String]| {
        from.iter().filter(|member| !without.contains(member)).map(|member| format!("`{member}`")).collect::<Vec<_>>()
    };
    let (gone, came) = (list(old, new), list(new, old));
    let mut parts = Vec::new();
    if !came.is_empty() {
        parts.push(format!("may be {}", came.join(", ")));
    }
    if !gone.is_empty() {
        parts.push(format!("is never {} any more", gone.join(", ")));
    }
    match (was_open, is_open) {
        (true, false) => parts.push("may be no other any more".to_owned()),
        (false, true) => parts.push("may be others as well".to_owned()),
        _ => {}
    }
    format!("`{path}` {}", parts.join(", and "))
}

fn nullness(both: &Both<'_>, levels: &Levels<'_>, old: &ValueType, new: &ValueType) -> Option<Change> {
    if old.nullable == new.nullable {
        return None;
    }
    let path = levels.path;
    let word = |nullable: bool| Some(if nullable { "may be null" } else { "never null" }.to_owned());
    let breaks = Breaks { backward: old.nullable, forward: new.nullable };
    let (kind, message) = if new.nullable {
        ("became_nullable", format!("`{path}` may be null now"))
    } else {
        ("became_required", format!("`{path}` may not be null any more"))
    };
    let mut change = both
        .change(kind, Class::Compatible, path, message)
        .from_to(word(old.nullable), word(new.nullable))
        .breaking(direction(breaks), breaks);
    change.example = if old.nullable { &both.old_rows } else { &both.new_rows }.null(path);
    Some(change.help(if old.nullable {
        format!("let `{path}` be null (`?`), and fill it where it is read")
    } else {
        format!("fill the nulls of `{path}` before they are written")
    }))
}

fn unit(both: &Both<'_>, levels: &Levels<'_>, old: &ValueType, new: &ValueType) -> Option<Change> {
    let path = levels.path;
    let change = |kind, message: String, breaks: Breaks| {
        let text = |unit: &Option<String>| unit.as_ref().map(|unit| format!("unit {unit}"));
        both.change(kind, Class::Compatible, path, message)
            .from_to(text(&old.unit), text(&new.unit))
            .breaking(Direction::Meaning, breaks)
    };
    match (&old.unit, &new.unit) {
        (was, is) if was == is => None,
        (None, Some(is)) => Some(change("unit_declared", format!("`{path}` is said to be in {is}"), Breaks::NONE)),
        (was, is) => {
            let was = was.as_deref().unwrap_or_default();
            let (kind, message, read_as) = match is {
                Some(is) => ("unit_changed", format!("`{path}` was in {was}, and is in {is}"), format!("1 {is}")),
                None => (
                    "unit_lost",
                    format!("`{path}` was in {was}, and no unit is said any more"),
                    "1 of anything".to_owned(),
                ),
            };
            let mut made = change(kind, message, Breaks::BOTH);
            made.example = Some(example::meaning(format!("1 {was} would be read as {read_as}")));
            Some(made.help(format!("let `{path}` be in {was}, and add a column for the other unit")))
        }
    }
}

const WORDS: [(&str, &str); 5] = [
    ("in", "range_changed"),
    ("length", "length_changed"),
    ("matches", "pattern_changed"),
    ("where", "condition_changed"),
    ("unique", "unique_changed"),
];

/// Constraints by their word. What is only said in other words is one change of docs.
fn constraints(both: &Both<'_>, levels: &Levels<'_>, old: &ValueType, new: &ValueType) -> Vec<Change> {
    let apart = levels.is_apart();
    let mut found = Vec::new();
    for (word, kind) in WORDS {
        let of = |value: &ValueType| -> Vec<(usize, Constraint)> {
            value.constraints.iter().cloned().enumerate().filter(|(_, one)| one.word() == word).collect()
        };
        let (was, is) = (of(old), of(new));
        if is_same_set(&was, &is) {
            continue;
        }
        let broken = |level: &Level, wanted: &[(usize, Constraint)]| {
            wanted.iter().map(|(index, _)| *index).filter(|index| is_broken(level, *index)).collect::<Vec<_>>()
        };
        let (back, ahead) = (broken(&levels.backward, &is), broken(&levels.forward, &was));
        let breaks =
            Breaks { backward: !back.is_empty() && !apart.backward, forward: !ahead.is_empty() && !apart.forward };
        found.push(constraint(both, levels.path, kind, (old, &was, &ahead), (new, &is, &back), breaks));
    }
    let is_respelled = !found.is_empty() && found.iter().all(|change| !change.breaks.any()) && !apart.any();
    let is_proven_both_ways = levels.backward.1.constraints.is_empty() && levels.forward.1.constraints.is_empty();
    if is_respelled && is_proven_both_ways && old.data == new.data {
        let all =
            |value: &ValueType| text_of(&value.constraints.iter().map(|one| (0, one.clone())).collect::<Vec<_>>());
        let message = format!("what holds of `{}` is said in other words", levels.path);
        found = vec![both.change("respelled", Class::Docs, levels.path, message).from_to(all(old), all(new))];
    }
    found
}

type Side<'a> = (&'a ValueType, &'a [(usize, Constraint)], &'a [usize]);

fn constraint(both: &Both<'_>, path: &str, kind: &'static str, old: Side<'_>, new: Side<'_>, breaks: Breaks) -> Change {
    let (was, is) = (text_of(old.1), text_of(new.1));
    let message = match (&was, &is) {
        (Some(was), Some(is)) => format!("`{path}` was `{was}`, and is `{is}`"),
        (None, Some(is)) => format!("`{path}` must satisfy `{is}` now"),
        (Some(was), None) => format!("`{path}` need not satisfy `{was}` any more"),
        (None, None) => String::new(),
    };
    let way = if breaks.any() { direction(breaks) } else { way_of_sets(&was, &is) };
    let mut change =
        both.change(kind, Class::Compatible, path, message).from_to(was.clone(), is.clone()).breaking(way, breaks);
    let refused = |side: Side<'_>| side.2.first().and_then(|index| side.0.constraints.get(*index)).cloned();
    if breaks.backward {
        let wanted = refused(new);
        change.example = both.old_rows.value(path, old.0, new.0, wanted.as_ref());
        if change.example.as_ref().is_none_or(|example| example.rows.is_empty()) && breaks.backward != breaks.forward {
            change.direction = Direction::Unknown;
        }
        change.help(match was {
            Some(was) => format!("let `{path}` be `{was}`, or clean what was written before"),
            None => format!("check it with `warn` first, or clean what was written before; then `{path}` can be narrowed in a new major version"),
        })
    } else if breaks.forward {
        let wanted = refused(old);
        change.example = both.new_rows.value(path, new.0, old.0, wanted.as_ref());
        if change.example.as_ref().is_none_or(|example| example.rows.is_empty()) {
            change.direction = Direction::Unknown;
        }
        change.help(format!("let `{path}` be as it was until its readers take more"))
    } else {
        change
    }
}

/// What is broken at this level and belongs to no difference in its text: a condition whose other columns have another type now.
fn leftover(both: &Both<'_>, levels: &Levels<'_>, found: &mut Vec<Change>) {
    let told = found.iter().fold(Breaks::NONE, |all, change| Breaks {
        backward: all.backward || change.breaks.backward,
        forward: all.forward || change.breaks.forward,
    });
    let counts = |problem: &Problem| !problem.is_warning();
    let broken = |level: &Level| level.0.iter().any(counts) || level.1.cast || !level.1.constraints.is_empty();
    let left = Breaks {
        backward: broken(&levels.backward) && !told.backward,
        forward: broken(&levels.forward) && !told.forward,
    };
    if left.any() {
        let message = format!("what holds of `{}` depends on columns that are of another type now", levels.path);
        found.push(
            both.change("condition_changed", Class::Breaking, levels.path, message).breaking(Direction::Unknown, left),
        );
    }
}

/// What is inside of values of two types: elements, keys and values of maps, fields of structs.
pub fn inside(both: &Both<'_>, path: &str, old: &DataType, new: &DataType) -> Vec<Change> {
    match (old, new) {
        (DataType::List(was), DataType::List(is))
        | (DataType::Vector { element: was, .. }, DataType::Vector { element: is, .. } | DataType::List(is))
        | (DataType::List(was), DataType::Vector { element: is, .. }) => deeper(both, &format!("{path}[]"), was, is),
        (DataType::Map(key, was), DataType::Map(new_key, is)) if key.data == new_key.data => {
            let mut found = deeper(both, &format!("{path}.key"), key, new_key);
            found.extend(deeper(both, &format!("{path}.value"), was, is));
            found
        }
        (DataType::Struct(was), DataType::Struct(is)) => fields(both, path, was, is),
        _ => Vec::new(),
    }
}

fn deeper(both: &Both<'_>, path: &str, old: &ValueType, new: &ValueType) -> Vec<Change> {
    let level = |from: &ValueType, to: &ValueType| {
        let (mut problems, mut planted) = (Vec::new(), Planted::default());
        values::level(path, from, to, &mut problems, &mut planted);
        (problems, planted)
    };
    let levels = Levels { path, backward: level(old, new), forward: level(new, old) };
    let mut found = compare_level(both, &levels, old, new);
    found.extend(inside(both, path, &old.data, &new.data));
    found
}

fn fields(both: &Both<'_>, path: &str, old: &[StructField], new: &[StructField]) -> Vec<Change> {
    let mut found = Vec::new();
    for field in new {
        let inner = format!("{path}.{}", field.name);
        match old.iter().find(|have| have.name == field.name) {
            Some(have) => {
                found.extend(deeper(both, &inner, &have.value, &field.value));
                if have.default != field.default {
                    let text = |default: &Option<mlp_plan::Literal>| default.as_ref().map(ToString::to_string);
                    let message = format!("what `{inner}` is where it is missing has changed");
                    let change = both.change("default_changed", Class::Compatible, &inner, message);
                    found.push(change.from_to(text(&have.default), text(&field.default)).towards(Direction::Meaning));
                }
            }
            None => {
                let breaks = Breaks { backward: !is_filled(field.default.is_some(), &field.value), forward: false };
                let message = format!("`{inner}: {}` is new", field.value);
                let change = both.change("field_added", Class::Additive, &inner, message);
                let mut change = change
                    .from_to(None, Some(format!("{}: {}", field.name, field.value)))
                    .breaking(if breaks.any() { Direction::Tighter } else { Direction::Looser }, breaks);
                if breaks.any() {
                    change.example = both.old_rows.without(&inner);
                    change =
                        change.help(format!("let it be null (`{}?`), or give it a default (`= ..`)", field.value.data));
                }
                found.push(change);
            }
        }
    }
    for field in old.iter().filter(|have| new.iter().all(|field| field.name != have.name)) {
        let inner = format!("{path}.{}", field.name);
        let breaks = Breaks { backward: false, forward: !is_filled(field.default.is_some(), &field.value) };
        let change =
            both.change("field_removed", Class::Compatible, &inner, format!("`{inner}: {}` is gone", field.value));
        let mut change =
            change.from_to(Some(format!("{}: {}", field.name, field.value)), None).breaking(Direction::Looser, breaks);
        if breaks.any() {
            change.example = both.new_rows.without(&inner);
            change = change.help("keep it until nobody reads it");
        }
        found.push(change);
    }
    found
}

/// Whether two types are one but for what is inside of their values, and for the order of an enum's members.
fn is_same_shape(old: &DataType, new: &DataType) -> bool {
    match (old, new) {
        (DataType::List(_), DataType::List(_)) => true,
        (DataType::Map(key, _), DataType::Map(new_key, _)) => key.data == new_key.data,
        (DataType::Struct(_), DataType::Struct(_)) => true,
        (DataType::Vector { length: a, .. }, DataType::Vector { length: b, .. }) => a == b,
        (DataType::Enum { members: a, open: x }, DataType::Enum { members: b, open: y }) => {
            x == y && a.len() == b.len() && a.iter().all(|member| b.contains(member))
        }
        (a, b) => a == b,
    }
}

fn is_broken(level: &Level, index: usize) -> bool {
    let refuted = |problem: &Problem| matches!(problem.kind, ProblemKind::Refuted { index: at, .. } if at == index);
    level.1.constraints.contains(&index) || level.0.iter().any(refuted)
}

fn is_same_set(old: &[(usize, Constraint)], new: &[(usize, Constraint)]) -> bool {
    let within = |some: &[(usize, Constraint)], all: &[(usize, Constraint)]| {
        some.iter().all(|(_, one)| all.iter().any(|(_, other)| one == other))
    };
    within(old, new) && within(new, old)
}

fn text_of(constraints: &[(usize, Constraint)]) -> Option<String> {
    let texts: Vec<String> = constraints.iter().map(|(_, one)| one.to_string()).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// The way of what breaks somebody.
pub const fn direction(breaks: Breaks) -> Direction {
    match (breaks.backward, breaks.forward) {
        (true, true) => Direction::Both,
        (true, false) => Direction::Tighter,
        (false, true) => Direction::Looser,
        (false, false) => Direction::Same,
    }
}

fn way_of_sets(old: &Option<String>, new: &Option<String>) -> Direction {
    match (old, new) {
        (None, Some(_)) => Direction::Tighter,
        (Some(_), None) => Direction::Looser,
        _ => Direction::Same,
    }
}
