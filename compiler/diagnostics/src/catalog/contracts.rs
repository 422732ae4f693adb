//! 3xx: types and contracts.

use mlp_source::Span;

use crate::{Code, Diagnostic};

/// An edge on which columns are missing. `edge` says whose table meets whose parameter.
#[must_use]
pub fn missing_columns(span: Span, edge: &str, columns: &[String], owner: &str) -> Diagnostic {
    let (noun, verb) = if columns.len() == 1 { ("column", "is") } else { ("columns", "are") };
    Diagnostic::new(Code::MissingColumn, span, format!("{edge}: {noun} {} {verb} missing in {owner}", list(columns)))
        .here(format!("needs {}", list(columns)))
}

/// An edge on which a column's type is not accepted.
#[must_use]
pub fn column_type(span: Span, edge: &str, column: &str, found: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(Code::ColumnType, span, format!("{edge}: `{column}` is {found}, and {expected} is expected"))
        .here(format!("{found} is not accepted as {expected}"))
}

/// An edge on which a column may be null and must not.
#[must_use]
pub fn nullness(span: Span, edge: &str, column: &str) -> Diagnostic {
    Diagnostic::new(Code::Nullness, span, format!("{edge}: `{column}` may be null, and is expected never to be"))
        .here(format!("`{column}` may be null"))
        .help("filter or fill the nulls in a stage before, or let the reader accept them with `?`")
}

/// An edge on which no value satisfies both sides.
#[must_use]
pub fn refuted(span: Span, edge: &str, column: &str, found: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(
        Code::Refuted,
        span,
        format!("{edge}: no value of `{column}` satisfies both `{found}` and `{expected}`"),
    )
    .here("every row would be refused")
}

/// Units that differ.
#[must_use]
pub fn units(span: Span, edge: &str, column: &str, found: Option<&str>, expected: Option<&str>) -> Diagnostic {
    let word = |unit: Option<&str>| unit.map_or("no unit".to_owned(), |unit| format!("unit {unit}"));
    let mut found_here = Diagnostic::new(
        Code::UnitMismatch,
        span,
        format!("{edge}: `{column}` has {}, and {} is expected", word(found), word(expected)),
    )
    .here("the numbers would be read in another unit");
    match (found, expected) {
        (Some(found), Some(expected)) => {
            found_here.help(format!("convert `{column}` from {found} to {expected} in a stage before"))
        }
        _ => {
            found_here.severity = crate::Severity::Warning;
            found_here.help("say the unit on both sides")
        }
    }
}

/// A use of a named type that says another unit.
#[must_use]
pub fn unit_of_type(span: Span, said: &str, held: &str) -> Diagnostic {
    Diagnostic::new(Code::UnitMismatch, span, format!("this says unit {said}, and its type has unit {held}"))
        .here("a type keeps its unit")
        .help(format!("leave the unit out, or take a type that has no unit {held}"))
}

/// A use of a named type that allows more than the type.
#[must_use]
pub fn widened(span: Span, said: &str, held: &str) -> Diagnostic {
    Diagnostic::new(Code::ModifierMisfit, span, format!("`{said}` goes beyond `{held}`, which its type says"))
        .here("wider than the type")
        .help("a use of a named type may narrow it, never lose what it says")
}

/// A literal that its type or constraint does not allow.
#[must_use]
pub fn bad_literal(span: Span, what: &str, value: &str, rule: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("{} breaks `{rule}`", valued(what, value)))
        .here(format!("not allowed by `{rule}`"))
}

/// Something that must be `wanted`, in words, and is `value`; empty where it has none that could be shown.
#[must_use]
pub fn must_be(span: Span, what: &str, value: &str, wanted: &str) -> Diagnostic {
    let not = if value.is_empty() { String::new() } else { format!(", not {value}") };
    Diagnostic::new(Code::BadLiteral, span, format!("{what} must be {wanted}{not}")).here("something else is written")
}

/// A regular expression that is none.
#[must_use]
pub fn bad_pattern(span: Span, pattern: &str, fault: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("/{pattern}/ is no regular expression: {fault}"))
        .here("cannot be read as a pattern")
}

/// A comparison of values of different kinds.
#[must_use]
pub fn incomparable(span: Span, left: &str, right: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("{left} is compared with {right}"))
        .here("only values of one kind can be compared")
}

/// A value from outside of the program that its constant cannot have.
#[must_use]
pub fn bad_set(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("what the target sets `{name}` to does not fit: {why}"))
        .here("set from outside")
}

/// "the default of `x`, 300,": what has a value, with the value.
fn valued(what: &str, value: &str) -> String {
    match (what.strip_suffix(','), value) {
        (bare, "") => bare.unwrap_or(what).to_owned(),
        (Some(bare), value) => format!("{bare}, {value},"),
        (None, value) => format!("{what} {value}"),
    }
}

/// A contract that no row satisfies.
#[must_use]
pub fn unsatisfiable(span: Span, what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Unsatisfiable, span, format!("no value of `{what}` can satisfy this: {why}"))
        .here("nothing is left")
}

/// `enum { }`.
#[must_use]
pub fn empty_enum(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Unsatisfiable, span, "this `enum` has no members, so that no value is one of its values")
        .here("nothing is left")
        .help("name its members, or write `..` to leave it open")
}

/// A modifier that says nothing about its type.
#[must_use]
pub fn modifier(span: Span, modifier: &str, ty: &str, fits: &str) -> Diagnostic {
    Diagnostic::new(Code::ModifierMisfit, span, format!("`{modifier}` does not fit {ty}"))
        .here(format!("{ty} has no `{modifier}`"))
        .help(format!("`{modifier}` is for {fits}"))
}

/// A type that is not one.
#[must_use]
pub fn malformed(span: Span, message: impl Into<String>, help: &str) -> Diagnostic {
    let found = Diagnostic::new(Code::MalformedType, span, message).here("not a type");
    if help.is_empty() { found } else { found.help(help) }
}

/// Names in backticks, joined by commas.
#[must_use]
pub fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
