//! How long it takes from a question to what could stand at a place, in programs of some lengths.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program for measuring says what it measured, or fails"
)]

use std::{sync::Arc, time::Instant};

use mlp_generate::program;
use mlp_ide::complete::complete;
use mlp_ports::NoSql;
use mlp_workspace::{Package, in_memory};

/// Where is asked: behind the first of these texts in the second half.
const PLACES: [(&str, &str); 7] = [
    ("a type", "amount: "),
    ("what follows a type", "int64    "),
    ("a contract", "Table<"),
    ("a setting", "-> Table<Row"),
    ("a value", "let made = "),
    ("an argument", "let made = step_"),
    ("a statement", ")\n  write_"),
];

fn main() {
    for lines in [1_000, 10_000] {
        let mut package = Package::open(in_memory(&[("m0", &program(0, lines, false))]), Arc::new(NoSql));
        let id = package.documents().find(|document| document.module == "m0").expect("the module is there").id;
        package.prepare(id);
        let text = package.document(id).expect("the document is there").text();
        let middle = text.floor_char_boundary(text.len() / 2);
        for (what, behind) in PLACES {
            let found = text.get(middle..).and_then(|rest| rest.find(behind)).expect("the place is there");
            let line = u32::try_from(middle + found + behind.len()).expect("it is no longer than that");
            let mut times = Vec::new();
            let mut items = 0;
            for _ in 0..100 {
                let start = Instant::now();
                let completions = complete(&mut package, id, line, &Vec::new);
                times.push(start.elapsed().as_secs_f64() * 1e3);
                items = completions.map_or(0, |completions| completions.items.len());
            }
            times.sort_by(f64::total_cmp);
            let nth = |at: usize| times.get(at).copied().unwrap_or_default();
            println!("{lines:6} lines  {what:<22} {items:4} items {:8.3} ms {:8.3} ms", nth(50), nth(95));
        }
    }
}
