//! Rows in words, for messages: `time_hour=2013-01-01T05:00:00Z, carrier="UA", distance=-1`.

use arrow::{
    array::{Array, RecordBatch},
    util::display::{ArrayFormatter, FormatOptions},
};
use mlp_plan::Contract;

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
}
