//! What is said where an edge does not fit: the words of 301 to 305, in full.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fmt::Write as _, sync::Arc};

use mlp_analysis::{Module, Program, check};
use mlp_ports::{NoFiles, NoSql};
use mlp_source::SourceMap;

/// What is found in a pipeline that gives rows of `has` to who needs `need`.
fn edge(has: &str, need: &str) -> String {
    let text = format!(
        "contract Has {{ {has} }}\ncontract Need {{ {need} }}\nstage make() -> Table<Has> {{ run = command([\"true\"]) }}\n\
         sink keep(rows: Table<Need>) {{ to = parquet(\"a.parquet\") }}\npipeline p {{ keep(make()) }}\n"
    );
    let mut sources = SourceMap::new();
    let file = sources.add("p.mlp", text.as_str());
    let parsed = mlp_syntax::parse(file, &text);
    let module = Module { package: "p".to_owned(), path: "p".to_owned(), file, trees: vec![Arc::new(parsed.file)] };
    let program = Program::new(vec![module]);
    let checked = check(&program, &NoSql, &NoFiles);
    let [found] = checked.diagnostics() else { panic!("{text}: {:?}", checked.diagnostics()) };
    let mut words = format!("{} {}\n", found.code, found.message);
    writeln!(words, "  {}: {}", sources.text(found.primary), found.label).unwrap();
    for label in &found.labels {
        writeln!(words, "  {}: {}", sources.text(label.span), label.message).unwrap();
    }
    if let Some(help) = &found.help {
        writeln!(words, "  help: {help}").unwrap();
    }
    words
}

#[test]
fn edges_that_do_not_fit() {
    let cases = [
        ("id: int64", "id: int64, name: string"),
        ("id: int64", "id: int64, name: string, age: int32"),
        ("id: int64", "id: int32"),
        ("at: date", "at: timestamp"),
        ("kind: enum { a, b, c }", "kind: enum { a, b }"),
        ("spot: struct { x: float64 }", "spot: struct { x: float64, y: float64 }"),
        ("tags: list<string?>", "tags: list<string>"),
        ("name: string?", "name: string"),
        ("n: int32 in 0 .. 5", "n: int32 in 10 .."),
        ("code: string in { \"a\" }", "code: string in { \"b\" }"),
        ("way: float64 unit mi", "way: float64 unit km"),
        ("way: float64", "way: float64 unit km"),
    ];
    let words: Vec<String> =
        cases.iter().map(|(has, need)| format!("{has}  ->  {need}\n{}", edge(has, need))).collect();
    insta::assert_snapshot!(words.join("\n"));
}
