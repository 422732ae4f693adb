//! Draws 1,000 diagnostics in 1 MB of source, 50 in each of 20 files, for `cargo xtask bench`.

use std::io::Write as _;

use mlp_diagnostics::{Code, Diagnostic, Format, Options, render};
use mlp_source::{SourceMap, Span};

const LINE: &str = "  amount: float64  unit EUR  in 0 .. 1_000    // what the customer owes, with a comment of some length behind it\n";
const LINES: u32 = 500;

fn main() -> std::io::Result<()> {
    let width = u32::try_from(LINE.len()).unwrap_or_default();
    let mut sources = SourceMap::new();
    let mut found = Vec::new();
    for file in 0..20 {
        let file = sources.add(&format!("src/part_{file}.mlp"), LINE.repeat(LINES as usize));
        for error in 0..50 {
            let start = error * (LINES / 50) * width;
            let there = Span::new(file, start + 10, start + 17);
            let message = "`rows` to `keep`: `amount` is float64, and decimal(12, 2) is expected";
            let found_here =
                Diagnostic::new(Code::ColumnType, there, message).here("float64 is not accepted as decimal(12, 2)");
            found.push(found_here.help("cast it in a stage before"));
        }
    }
    let text = render(&found, &sources, Format::Pretty, &Options { color: true, ..Options::default() });
    std::io::stdout().write_all(text.as_bytes())
}
