//! `<:` between types of values, as deep as they go.

use std::collections::HashSet;

use mlp_plan::{Column, Constraint, DataType, Literal, TimeUnit, ValueType};

use super::{Answer, Planted, Problem, ProblemKind, constraints::implies};

/// Compares two types of values at `path`; `Planted` rules name the top column.
pub fn compare(path: &str, from: &ValueType, to: &ValueType, problems: &mut Vec<Problem>, planted: &mut Planted) {
    if level(path, from, to, problems, planted) {
        inner(path, &from.data, &to.data, problems, planted);
    }
}

/// The same without elements, values of maps and fields of structs; whether these are left to compare.
pub fn level(path: &str, from: &ValueType, to: &ValueType, problems: &mut Vec<Problem>, planted: &mut Planted) -> bool {
    if from.nullable && !to.nullable {
        problems.push(Problem::new(path, ProblemKind::Null));
    }
    match accepts(&from.data, &to.data) {
        Some(Answer::Proven) => {}
        Some(_) => planted.cast = !counts_in_nanoseconds(from, to),
        None => {
            problems.push(Problem::new(path, ProblemKind::Type { found: from.to_string(), expected: to.to_string() }));
            return false;
        }
    }
    units(path, from, to, problems);
    for (index, wanted) in to.constraints.iter().enumerate() {
        match implies(from, to, wanted) {
            Answer::Proven => {}
            Answer::Unknown => planted.constraints.push(index),
            Answer::Refuted => {
                let found = from.constraints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let found = if found.is_empty() { from.data.to_string() } else { found };
                problems.push(Problem::new(path, ProblemKind::Refuted { index, found, expected: wanted.to_string() }));
            }
        }
    }
    true
}

/// Elements, values of maps and fields of structs; what must be checked inside is checked as a whole.
fn inner(path: &str, from: &DataType, to: &DataType, problems: &mut Vec<Problem>, planted: &mut Planted) {
    let mut deeper = Planted::default();
    match (from, to) {
        (DataType::List(a), DataType::List(b))
        | (DataType::Vector { element: a, .. }, DataType::List(b) | DataType::Vector { element: b, .. }) => {
            compare(&format!("{path}[]"), a, b, problems, &mut deeper);
        }
        (DataType::Map(key, a), DataType::Map(wanted, b)) => {
            compare(&format!("{path}.key"), key, wanted, problems, &mut deeper);
            compare(&format!("{path}.value"), a, b, problems, &mut deeper);
        }
        (DataType::Struct(fields), DataType::Struct(wanted)) => {
            for field in wanted {
                let path = format!("{path}.{}", field.name);
                match fields.iter().find(|have| have.name == field.name) {
                    Some(have) => compare(&path, &have.value, &field.value, problems, &mut deeper),
                    None if field.default.is_some() => {}
                    None => problems.push(Problem::new(&path, ProblemKind::Missing)),
                }
            }
        }
        _ => return,
    }
    planted.nested |= deeper != Planted::default();
}

fn units(path: &str, from: &ValueType, to: &ValueType, problems: &mut Vec<Problem>) {
    if from.unit != to.unit {
        problems.push(Problem::new(path, ProblemKind::Unit { found: from.unit.clone(), expected: to.unit.clone() }));
    }
}

/// Whether values of `from` are accepted as `to`, whatever their elements: `None` where not, `Unknown` where a cast may fail on some values.
#[must_use]
pub fn accepts(from: &DataType, to: &DataType) -> Option<Answer> {
    use DataType::{Date, Decimal, Enum, Float, Int, List, Map, Struct, Timestamp, Uint, Vector};
    let proven = Some(Answer::Proven);
    match (from, to) {
        (a, b) if a == b => proven,
        (Int(a), Int(b)) | (Uint(a), Uint(b)) | (Float(a), Float(b)) if a <= b => proven,
        (Uint(a), Int(b)) if a < b => proven,
        (Int(a) | Uint(a), Float(b)) if whole_bits(*b) >= *a => proven,
        (Decimal { precision, scale }, Decimal { precision: wider, scale: finer }) => {
            let digits = i16::from(*precision) - i16::from(*scale);
            let room = i16::from(*wider) - i16::from(*finer);
            (digits <= room && scale <= finer).then_some(Answer::Proven)
        }
        (Timestamp { unit, naive }, Timestamp { unit: wanted, naive: zone }) if naive == zone => match (unit, wanted) {
            (a, b) if a > b => None,
            (TimeUnit::Ns, TimeUnit::Ns) => proven,
            (_, TimeUnit::Ns) => Some(Answer::Unknown),
            _ => proven,
        },
        (Enum { members, open }, Enum { members: wanted, open: any }) => {
            (*any || (!open && all_within(members, wanted))).then_some(Answer::Proven)
        }
        (Enum { open: false, .. }, DataType::String) => proven,
        // who looks a key up looks for it as it was written
        (Map(key, _), Map(wanted, _)) => (key.data == wanted.data).then_some(Answer::Proven),
        (List(_), List(_)) | (Struct(_), Struct(_)) | (Vector { .. }, List(_)) => proven,
        (Vector { length, .. }, Vector { length: wanted, .. }) if length == wanted => proven,
        (Date, Timestamp { .. }) => None,
        _ => None,
    }
}

fn all_within(members: &[String], wanted: &[String]) -> bool {
    let wanted: HashSet<&String> = wanted.iter().collect();
    members.iter().all(|member| wanted.contains(member))
}

/// Whether all instants of a type lie between those that a count of nanoseconds reaches.
fn counts_in_nanoseconds(from: &ValueType, to: &ValueType) -> bool {
    let end = |count: i64| Literal::Timestamp(chrono::DateTime::from_timestamp_nanos(count).naive_utc());
    let reach = Constraint::Range { low: Some(end(i64::MIN)), high: Some(end(i64::MAX)) };
    implies(from, to, &reach) == Answer::Proven
}

/// Whether values of a type have values inside of them.
#[must_use]
pub const fn is_nested(data: &DataType) -> bool {
    matches!(data, DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. })
}

/// Whole numbers up to this many bits (of the ladder 8, 16, 32, 64) fit a float of `bits` without loss.
const fn whole_bits(bits: u8) -> u8 {
    if bits == 64 { 32 } else { 16 }
}

/// A column as `<:` sees it: in a key, never null.
#[must_use]
pub fn effective(contract: &mlp_plan::Contract, column: &Column) -> ValueType {
    let mut value = column.value.clone();
    value.nullable = contract.may_be_null(column);
    value
}
