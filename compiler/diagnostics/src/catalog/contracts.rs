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

/// A literal that its type or constraint does not allow.
#[must_use]
pub fn bad_literal(span: Span, what: &str, value: &str, rule: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("{what} {value} breaks `{rule}`"))
        .here(format!("not allowed by `{rule}`"))
}

/// A contract that no row satisfies.
#[must_use]
pub fn unsatisfiable(span: Span, what: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::Unsatisfiable, span, format!("no value of `{what}` can satisfy this: {why}"))
        .here("nothing is left")
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
