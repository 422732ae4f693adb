//! Rows in words, for messages: `time_hour=2013-01-01T05:00:00Z, carrier="UA", distance=-1`.

use arrow::{
    array::{Array, RecordBatch},
    util::display::{ArrayFormatter, FormatOptions},
};
use mlp_plan::{Contract, duration_text};

/// What is shown in place of a value of a tagged column.
pub const MASK: &str = "•••";

/// Longest value that is shown whole, in characters.
const WIDEST: usize = 60;

/// A number as a person writes it: `336,776`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One value as a program would spell it.
#[must_use]
pub fn value(array: &dyn Array, row: usize) -> String {
    use arrow::datatypes::DataType::{Dictionary, LargeUtf8, Utf8, Utf8View};
    if array.is_null(row) || array.data_type() == &arrow::datatypes::DataType::Null {
        return "none".to_owned();
    }
    let text = match ArrayFormatter::try_new(array, &FormatOptions::new().with_null("none")) {
        Ok(formatter) => formatter.value(row).try_to_string().unwrap_or_else(|error| format!("({error})")),
        Err(error) => format!("({error})"),
    };
    let quoted = match array.data_type() {
        Utf8 | LargeUtf8 | Utf8View => true,
        Dictionary(_, values) => matches!(values.as_ref(), Utf8 | LargeUtf8 | Utf8View),
        _ => false,
    };
    let short = if text.chars().count() > WIDEST { text.chars().take(WIDEST).chain(['…']).collect() } else { text };
    if quoted { format!("{short:?}") } else { short }
}

/// Nanoseconds for people, by their two largest units: `2522d 2h`, `3min 7s`; what is shorter than a minute as it is.
#[must_use]
pub fn span(nanoseconds: i64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000)];
    let mut rest = nanoseconds.unsigned_abs();
    let Some(first) = UNITS.iter().take(3).position(|(_, size)| rest >= *size) else {
        return duration_text(nanoseconds);
    };
    let mut parts = Vec::new();
    for (unit, size) in UNITS.iter().skip(first).take(2) {
        if rest >= *size {
            parts.push(format!("{}{unit}", rest / size));
        }
        rest %= size;
    }
    let sign = if nanoseconds < 0 { "-" } else { "" };
    format!("{sign}{}", parts.join(" "))
}

/// The row with the given columns only; a tagged column is masked.
#[must_use]
pub fn row(batch: &RecordBatch, row: usize, columns: &[String], contract: &Contract) -> String {
    let shown = columns.iter().map(|name| {
        let tagged = contract.column(name).is_some_and(|column| !column.tags.is_empty());
        let text = match batch.column_by_name(name) {
            _ if tagged => MASK.to_owned(),
            Some(array) => value(array.as_ref(), row),
            None => "missing".to_owned(),
        };
        format!("{name}={text}")
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// The columns that tell a row from others, then those that the rule is about: the first key, else the first two columns.
#[must_use]
pub fn telling(contract: &Contract, about: &[&str]) -> Vec<String> {
    let mut columns: Vec<String> = match contract.keys.first() {
        Some(key) => key.clone(),
        None => contract.columns.iter().take(2).map(|column| column.name.clone()).collect(),
    };
    columns.retain(|name| !about.contains(&name.as_str()));
    columns.extend(about.iter().map(|name| (*name).to_owned()));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [(0, "0"), (12, "12"), (336_776, "336,776"), (10_103_280, "10,103,280")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn spans_are_short() {
        const SECOND: i64 = 1_000_000_000;
        for (nanoseconds, words) in [
            (217_907_771_505_505_556, "2522d 1h"),
            (-90 * 60 * SECOND, "-1h 30min"),
            (86_400 * SECOND + 5 * SECOND, "1d"),
            (187 * SECOND + 1, "3min 7s"),
            (1_500_000_000, "1500ms"),
            (0, "0s"),
        ] {
            assert_eq!(span(nanoseconds), words);
        }
    }
}
