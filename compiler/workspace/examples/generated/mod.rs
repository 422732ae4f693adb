//! Programs of any length, to measure with.

use std::fmt::Write as _;

/// A file of about so many lines, with contracts, stages and a pipeline for each ten of them; it reads a contract of another module where one is given.
pub fn file(number: usize, lines: usize, shared: bool) -> String {
    let mut text = format!("//! Part {number}.\n\n");
    if shared {
        text.push_str("use base.{Base}\n\n");
        let _ = write!(
            text,
            "source base_{number}() -> Table<Base> {{ from = csv(\"base.csv\") }}\n\nstage use_{number}(rows: Table<Base>) -> Table<Row{number}x0> {{ run = command([\"true\"]) }}\n\n\
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
