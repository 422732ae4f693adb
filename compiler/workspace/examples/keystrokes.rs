//! How long it takes from a typed character to the diagnostics of the whole package; a word as argument takes the packages whose name has it.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a program for measuring says what it measured, or fails"
)]

use std::{sync::Arc, time::Instant};

use mlp_generate::program;
use mlp_ports::NoSql;
use mlp_workspace::{Package, in_memory};

/// Types some characters at a place, and takes each back; the middle and the slowest but one in twenty of the times, in ms.
fn typed(package: &mut Package, module: &str, at: &str, behind: &str) -> (f64, f64) {
    let id = package.documents().find(|document| document.module == module).expect("the module is there").id;
    package.prepare(id);
    let text = package.document(id).expect("the document is there").text();
    let middle = text.floor_char_boundary(text.len() / 2);
    let near =
        text.get(middle..).and_then(|rest| rest.find(at)).map_or_else(|| text.find(at), |place| Some(middle + place));
    let place = near.expect("the place is there") + at.len();
    let mut times = Vec::new();
    for letter in behind.chars().cycle().take(60) {
        let letter = letter.to_string();
        for (range, with) in [(place..place, letter.as_str()), (place..place + letter.len(), "")] {
            let start = Instant::now();
            package.edit(id, &[(range, with)]);
            let found = package.diagnostics();
            times.push(start.elapsed().as_secs_f64() * 1e3);
            drop(found);
        }
    }
    times.sort_by(f64::total_cmp);
    let nth = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or_default();
    (nth(0.5), nth(0.95))
}

fn measure(name: &str, texts: &[(String, String)], places: &[(&str, &str, &str)]) {
    if std::env::args().nth(1).is_some_and(|word| !name.contains(&word)) {
        return;
    }
    let borrowed: Vec<(&str, &str)> = texts.iter().map(|(module, text)| (module.as_str(), text.as_str())).collect();
    let start = Instant::now();
    let mut package = Package::open(in_memory(&borrowed), Arc::new(NoSql));
    let found = package.diagnostics().len();
    println!("{name:<24} open {:8.2} ms, {found} findings", start.elapsed().as_secs_f64() * 1e3);
    for (module, at, behind) in places {
        let (middle, slow) = typed(&mut package, module, at, behind);
        println!("{name:<24} {:<28} {middle:8.3} ms {slow:8.3} ms", format!("{:?}", at.trim()));
    }
}

fn main() {
    let places = [
        ("m0", " .. 1_000", "0"),
        ("m0", "command([\"true", "x"),
        ("m0", "/// Rows of", "x"),
        ("m0", "contract Row", "x"),
        ("m0", "pipeline run_", "x"),
    ];
    for lines in [1_000, 10_000] {
        measure(&format!("{lines} lines"), &[("m0".to_owned(), program(0, lines, false))], &places);
    }
    for files in [100, 1_000] {
        let base = "/// What all read.\ncontract Base {\n  id: int64 key\n  amount: float64 in 0 .. 1_000\n}\n";
        let mut texts = vec![("base".to_owned(), base.to_owned())];
        texts.extend((0..files).map(|number| (format!("m{number}"), program(number, 100, number < 100))));
        let mut places = places.to_vec();
        places.extend([("base", " .. 1_000", "0"), ("base", "amount", "x"), ("base", "/// What", "x")]);
        measure(&format!("{files} files"), &texts, &places);
    }
}
