//! Programs of any length, and where their words and lines stand, to edit and to measure with.

use std::{fmt::Write as _, ops::Range};

/// A file of about so many lines: contracts, stages and a pipeline for each twenty; it reads the contract of `base` where it is to.
#[must_use]
pub fn program(number: usize, lines: usize, reads: bool) -> String {
    let mut text = format!("//! Part {number}.\n\n");
    // writing to a text does not fail
    if reads {
        let _ = write!(
            text,
            "use base.{{Base}}\n\nsource base_{number}() -> Table<Base> {{ from = csv(\"base.csv\") }}\n\n\
             stage use_{number}(rows: Table<Base>) -> Table<Row{number}x0> {{ run = command([\"true\"]) }}\n\n\
             pipeline shared_{number} {{\n  let rows = base_{number}()\n  let used = use_{number}(rows)\n  write_{number}x0(used)\n}}\n\n"
        );
    }
    for item in 0..lines / 20 {
        let row = format!("{number}x{item}");
        let _ = write!(
            text,
            "/// Rows of kind {item}.\ncontract Row{row} {{\n  id:     int64    key\n  at:     timestamp\n  amount: float64  unit EUR  in 0 .. 1_000\n  \
             state:  enum {{ open, paid, sent }}\n  code:   string?  length 1 .. 12\n}}\n\nstage step_{row}(rows: Table<Row{row}>, depth: int = 6) -> Table<Row{row}> {{\n  \
             run = command([\"true\"])\n}}\n\nsource read_{row}() -> Table<Row{row}> {{ from = csv(\"{row}.csv\") }}\nsink write_{row}(rows: Table<Row{row}>) {{ to = csv(\"{row}.out.csv\") }}\n\
             pipeline run_{row} {{\n  let rows = read_{row}()\n  let made = step_{row}(rows)\n  write_{row}(made)\n}}\n\n"
        );
    }
    text
}

/// Where the words of a text stand.
#[must_use]
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (letter.is_alphanumeric() || letter == '_', start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                found.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// Where the lines of a text stand, their ends among them.
#[must_use]
pub fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let line = |line: &str| {
        at += line.len();
        at - line.len()..at
    };
    text.split_inclusive('\n').map(line).collect()
}
