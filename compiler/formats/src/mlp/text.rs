//! Names, texts and literals: the one place that quotes `.mlp`.

use std::fmt::Write as _;

use bigdecimal::BigDecimal;
use chrono::{Datelike as _, NaiveDate};
use mlp_plan::{Compatibility, DataType, Literal, duration_text};

use super::Text;

/// The longest number that the language reads.
const MAX_DIGITS: usize = 1000;

/// Whether a text is a name of the language: letters, digits and `_`, no digit first.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c == '_' || c.is_alphabetic());
    starts && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

pub(super) fn name(text: &str) -> Result<&str, String> {
    if is_name(text) {
        return Ok(text);
    }
    Err(format!("{} is no name in `.mlp`: a name has letters, digits and `_`, and no digit first", quoted(text)))
}

/// `a, b`.
pub(super) fn names(list: &[String]) -> Text {
    let names: Result<Vec<&str>, String> = list.iter().map(|text| name(text)).collect();
    Ok(names?.join(", "))
}

/// A unit: a name, or several with `/` between.
pub(super) fn unit(text: &str) -> Result<&str, String> {
    if text.split('/').all(is_name) {
        return Ok(text);
    }
    Err(format!("the unit {} cannot be written in `.mlp`: a unit is a name, or names with `/` between", quoted(text)))
}

/// As the setting `compatibility` spells it.
#[must_use]
pub const fn mode(mode: Compatibility) -> &'static str {
    match mode {
        Compatibility::None => "none",
        Compatibility::Backward => "backward",
        Compatibility::Forward => "forward",
        Compatibility::Full => "full",
        Compatibility::BackwardAll => "backward_all",
        Compatibility::ForwardAll => "forward_all",
        Compatibility::FullAll => "full_all",
    }
}

/// A text in double quotes with JSON's escapes; what cannot be seen is escaped.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // writing to a string does not fail
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters that are not seen, or that change the direction of what follows.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A regular expression between slashes.
pub(super) fn pattern(pattern: &str) -> Text {
    if tidy_pattern(pattern) != pattern {
        return Err(format!("the pattern {} cannot be written as it is on one line between slashes", quoted(pattern)));
    }
    Ok(format!("/{}/", pattern.replace('/', "\\/")))
}

/// A pattern of the same meaning that can stand between slashes: without line ends, `\/` as `/`, an empty one as a group.
#[must_use]
pub fn tidy_pattern(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            ('\n', _) => out.push_str("\\n"),
            ('\r', _) => out.push_str("\\r"),
            (_, true) => match chars.next() {
                Some('/') => out.push('/'),
                Some('\n') => out.push_str("\\n"),
                Some('\r') => out.push_str("\\r"),
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    if out.is_empty() { "(?:)".to_owned() } else { out }
}

/// Docs as a comment holds them: lines end in `\n`, without blanks before; no empty line at either end. `None` where nothing is left.
#[must_use]
pub fn tidy_doc(doc: &str) -> Option<String> {
    let lines: Vec<&str> = doc.lines().map(str::trim_end).collect();
    let text = lines.join("\n").replace('\r', " ");
    let text = text.trim_matches('\n').trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A literal of a column of that type: a member of an enum stands bare.
pub(super) fn literal_of(value: &Literal, data: &DataType) -> Text {
    match (value, data) {
        (Literal::Text(member), DataType::Enum { .. }) if is_name(member) && !is_word(member) => Ok(member.clone()),
        _ => literal(value),
    }
}

/// Names that a value reads as something else.
fn is_word(name: &str) -> bool {
    const WORDS: [&str; 12] =
        ["true", "false", "none", "nan", "not", "and", "or", "in", "matches", "self", "promote", "f"];
    WORDS.contains(&name)
}

/// Whether a column's name reads as that column in an expression.
pub(super) fn is_column(name: &str) -> bool {
    is_name(name) && !is_word(name) && !["rows", "for", "by", "pick", "without", "with", "rename"].contains(&name)
}

pub(super) fn literal(value: &Literal) -> Text {
    Ok(match value {
        Literal::Null => "none".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Number(value) => number(value)?,
        Literal::Nan => "nan".to_owned(),
        Literal::Text(value) => quoted(value),
        Literal::Duration(i64::MIN) => return Err("this duration is too long to be written".to_owned()),
        Literal::Duration(value) => duration_text(*value),
        Literal::Size(bytes) => bytes.to_string(),
        Literal::Date(value) => date(*value)?,
        Literal::Time(value) => quoted(&value.to_string()),
        Literal::Timestamp(value) => {
            format!("{}T{}Z", date(value.date())?, value.time().format("%H:%M:%S%.f"))
        }
        Literal::List(values) => {
            let values: Result<Vec<String>, String> = values.iter().map(literal).collect();
            format!("[{}]", values?.join(", "))
        }
    })
}

fn number(value: &BigDecimal) -> Text {
    let (_, exponent) = value.as_bigint_and_exponent();
    let long = usize::try_from(exponent.unsigned_abs()).map_or(true, |exponent| exponent > MAX_DIGITS);
    let text = if long { String::new() } else { value.normalized().to_plain_string() };
    if text.is_empty() || text.len() > MAX_DIGITS {
        return Err(format!("a number of more than {MAX_DIGITS} digits cannot be written"));
    }
    Ok(text)
}

fn date(value: NaiveDate) -> Text {
    if (0..=9999).contains(&value.year()) {
        Ok(value.format("%Y-%m-%d").to_string())
    } else {
        Err(format!("the date {value} cannot be written: a year has four digits"))
    }
}
