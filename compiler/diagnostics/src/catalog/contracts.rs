//! 3xx: types and contracts.

use mlp_source::Span;

use crate::{Code, Diagnostic, Edit};

/// An edge on which columns are missing. `edge` says whose table meets whose parameter.
#[must_use]
pub fn missing_columns(span: Span, edge: &str, columns: &[String], owner: &str) -> Diagnostic {
    let (noun, verb) = if columns.len() == 1 { ("column", "is") } else { ("columns", "are") };
    Diagnostic::new(Code::MissingColumn, span, format!("{edge}: {noun} {} {verb} missing in {owner}", list(columns)))
        .here(format!("needs {}", list(columns)))
        .help(format!("let {owner} carry {0}, or take {0} out of what is expected", list(columns)))
}

/// Gives columns that may be null a default of `none`, each behind its type: they may then be missing altogether.
#[must_use]
pub fn may_be_missing(found: Diagnostic, columns: &[(String, Span)]) -> Diagnostic {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let edits = columns.iter().map(|(_, ty)| Edit { span: Span::at(ty.file, ty.end), text: " = none".to_owned() });
    let title = format!("let {} be `none` where it is missing", list(&names));
    found
        .help(format!("where {} may be missing altogether, give it a default: `= none`", list(&names)))
        .edits(title, edits.collect())
}

/// A column of nearly the same name: it was probably renamed on one side only.
#[must_use]
pub fn was_renamed(found: Diagnostic, column: &str, owner: &str, near: &str) -> Diagnostic {
    found.help(format!("`{owner}` has `{near}`: if `{column}` was renamed, rename it on both sides"))
}

/// An edge on which a column's type is not accepted.
#[must_use]
pub fn column_type(span: Span, edge: &str, column: &str, found: &str, expected: &str) -> Diagnostic {
    Diagnostic::new(Code::ColumnType, span, format!("{edge}: `{column}` is {found}, and {expected} is expected"))
        .here(format!("{found} is not accepted as {expected}"))
        .help(format!(
            "convert `{column}` to {expected} in a stage between the two, or let both contracts say one type"
        ))
}

/// An edge on which a column may be null and must not.
#[must_use]
pub fn nullness(span: Span, edge: &str, column: &str) -> Diagnostic {
    Diagnostic::new(Code::Nullness, span, format!("{edge}: `{column}` may be null, and must never be null there"))
        .here(format!("`{column}` may be null"))
        .help("filter or fill the nulls in a stage before, or let the reader accept them with `?` behind the type")
}

/// Lets columns be null, each by a `?` behind its type.
#[must_use]
pub fn may_be_null(found: Diagnostic, columns: &[(String, Span)]) -> Diagnostic {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let edits = columns.iter().map(|(_, ty)| Edit { span: Span::at(ty.file, ty.end), text: "?".to_owned() });
    found.edits(format!("let {} be null", list(&names)), edits.collect())
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
    .help(format!("correct the side that is wrong, or convert `{column}` in a stage between the two"))
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
            found_here.label = "nobody can tell whether these are the same numbers".to_owned();
            found_here.help("say the unit on both sides")
        }
    }
}

/// Says a unit where none is said; `owner` is the contract.
#[must_use]
pub fn say_unit(found: Diagnostic, owner: &str, column: &str, unit: &str, ty: Span) -> Diagnostic {
    found.help(format!("if the numbers are in {unit}, say `unit {unit}` on both sides")).fix(
        format!("say `unit {unit}` of `{column}` in `{owner}`"),
        Span::at(ty.file, ty.end),
        format!(" unit {unit}"),
    )
}

/// A use of a named type that says another unit.
#[must_use]
pub fn unit_of_type(span: Span, said: &str, held: &str) -> Diagnostic {
    Diagnostic::new(Code::UnitMismatch, span, format!("this says unit {said}, and its type has unit {held}"))
        .here("the unit of a named type cannot be changed where it is used")
        .help(format!("leave `unit {said}` out, or use a type that is not in {held}"))
}

/// A use of a named type that allows more than the type; `both` is what satisfies the two, where it can be written.
#[must_use]
pub fn widened(span: Span, said: &str, held: &str, both: Option<&str>) -> Diagnostic {
    let found =
        Diagnostic::new(Code::ModifierMisfit, span, format!("`{said}` allows more than `{held}`, which its type says"))
            .here("wider than the type");
    match both {
        Some(both) => found.help(format!("a use of a named type may narrow it, never widen it: write `{both}`")).fix(
            format!("narrow `{said}` to `{both}`"),
            span,
            both,
        ),
        None => found.help("a use of a named type may narrow it, never widen it: stay within what the type says"),
    }
}

/// A literal that its type or constraint does not allow.
#[must_use]
pub fn bad_literal(span: Span, what: &str, value: &str, rule: &str) -> Diagnostic {
    let found = Diagnostic::new(Code::BadLiteral, span, format!("{} does not fit `{rule}`", valued(what, value)))
        .here(format!("not allowed by `{rule}`"));
    match value.parse::<f64>() {
        Ok(percent) if rule == "in 0 .. 1" && percent > 1.0 && percent <= 100.0 => {
            found.help(format!("a share lies between 0 and 1: write `{value}%` if {value} percent are meant"))
        }
        _ => found.help("write a value that it allows, or change what it allows"),
    }
}

/// Widens the range of a field or parameter so that its own default lies within.
#[must_use]
pub fn widen_to_default(found: Diagnostic, range: Span, said: &str, wide: &str) -> Diagnostic {
    let help = format!("write another default, or widen `{said}` to `{wide}`");
    found.help(help).fix(format!("widen `{said}` to `{wide}`, so that it allows the default"), range, wide)
}

/// Something that must be `wanted`, in words, and is `value`; empty where it has none that could be shown.
#[must_use]
pub fn must_be(span: Span, what: &str, value: &str, wanted: &str) -> Diagnostic {
    let not = if value.is_empty() { String::new() } else { format!(", not {value}") };
    Diagnostic::new(Code::BadLiteral, span, format!("{what} must be {wanted}{not}"))
        .here("not that")
        .help(format!("write {wanted}"))
}

/// A regular expression that is none.
#[must_use]
pub fn bad_pattern(span: Span, pattern: &str, fault: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("/{pattern}/ is no regular expression: {fault}"))
        .here("cannot be read as a pattern")
        .help("the whole value must match; `\\` takes the meaning from a sign, as in `/a\\.b/`")
}

/// A comparison of values of different kinds.
#[must_use]
pub fn incomparable(span: Span, left: &str, right: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("{left} is compared with {right}"))
        .here("only values of one kind can be compared")
        .help("compare numbers with numbers, dates with dates, text with text")
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
        .here("no value is left")
        .help("change or remove one of its rules, so that some value satisfies all of them")
}

/// A range whose ends stand the wrong way round; `turned` is the range as it is meant.
#[must_use]
pub fn turned_range(found: Diagnostic, span: Span, turned: &str) -> Diagnostic {
    found.help(format!("the lower end comes first: write `{turned}`")).fix(
        format!("turn it round: `{turned}`"),
        span,
        turned,
    )
}

/// `enum { }`.
#[must_use]
pub fn empty_enum(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Unsatisfiable, span, "this `enum` has no members, so no value fits it")
        .here("no value is left")
        .help("name its members, or write `..` to leave it open")
}

/// A modifier that says nothing about its type.
#[must_use]
pub fn modifier(span: Span, modifier: &str, ty: &str, fits: &str) -> Diagnostic {
    Diagnostic::new(Code::ModifierMisfit, span, format!("`{modifier}` says nothing about a value of type {ty}"))
        .here(format!("does not fit {ty}"))
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
