//! The slips that people make, and what they are told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::findings;

const SLIPS: &[(&str, &str)] = &[
    ("missing colon of a field", "contract A {\n  y string\n  z: bool\n}"),
    ("missing colon of a parameter", "stage f(a Table<A>) -> Table<A> { run = command([\"true\"]) }"),
    ("equals for colon", "contract A {\n  x = int32\n}"),
    ("colon for equals in a stage", "stage f() -> Dir {\n  run: command([\"true\"])\n}"),
    ("colon for equals in a contract", "contract A {\n  owner: \"me\"\n  version: \"1.0.0\"\n  compatibility: full\n}"),
    ("colon for equals in a let", "pipeline p {\n  let x: f()\n}"),
    ("misspelt declaration", "contrct A {\n  x: int32\n}\ncontract B { y: bool }"),
    ("misspelt clause", "policy P(a: Report<B>) {\n  requir a.auc >= 0.5\n}"),
    ("misspelt let", "pipeline p {\n  lett x = f()\n}"),
    ("misspelt modifier", "contract A {\n  x: int32 uniqe\n}"),
    ("misspelt rule", "contract A {\n  x: int32\n  exepct rows >= 1\n}"),
    ("missing bracket", "contract A {\n  x: int32\n\ncontract B { y: bool }"),
    (
        "an acceptance without a reason",
        "contract A {\n  x: int32\n  accepts break on x.y\n  accepts break on x until 2030-01-01\n}",
    ),
    (
        "an acceptance without `break on`",
        "contract A {\n  x: int32\n  accepts on x because \"y\"\n  accepts break x because \"y\"\n}",
    ),
    (
        "conflicts of a merge",
        "contract A {\n<<<<<<< HEAD\n  x: int32\n=======\n  x: int64\n  y: bool\n>>>>>>> theirs\n}\n<<<<<<< HEAD\ncontract B { x: bool }\ncontract C { x: bool }\n||||||| base\n=======\ncontract B { y: bool }\n>>>>>>> theirs\ncontract D { x: bool }",
    ),
    (
        "a conflict that lacks marks",
        "contract A {\n=======\n  x: int32\n>>>>>>> theirs\n}\ncontract B {\n  x: bool\n>>>>>>> theirs\n}",
    ),
    ("missing parenthesis", "pipeline p {\n  let x = f(a, b\n  let y = g(x)\n}"),
    (
        "missing parenthesis in a head",
        "stage f(a: Table<A> -> Table<A> {\n  run = command([\"true\"])\n}\ncontract B { y: bool }",
    ),
    ("missing brace of an enum", "contract A {\n  x: enum { A, B\n  y: int32\n}"),
    ("missing angle bracket", "stage f(a: Table<A) -> Table<A> { run = command([\"true\"]) }"),
    ("missing angle bracket in a field", "contract A {\n  x: list<int32\n  y: bool\n}"),
    ("missing type", "contract A {\n  x:\n  y: bool\n}"),
    ("missing type of a parameter", "stage f(rows) -> Dir { run = command([\"true\"]) }"),
    ("missing value", "stage f() -> Dir {\n  run =\n  timeout = 3s\n}"),
    ("missing comma in arguments", "pipeline p {\n  let x = f(a b)\n}"),
    ("missing comma in a list", "model M: Model<A, B> {\n  ladder = [staging production]\n}"),
    ("missing comma between fields", "contract A { x: int32 y: bool }"),
    ("missing comma between parameters", "stage f(a: int b: int) -> Dir { run = command([\"true\"]) }"),
    ("missing arrow", "stage f(a: Table<A>) Table<A> { run = command([\"true\"]) }"),
    ("missing result", "stage f(a: Table<A>) { run = command([\"true\"]) }"),
    ("missing equals", "stage f() -> Dir {\n  run command([\"true\"])\n}"),
    ("missing equals of a let", "pipeline p {\n  let x f(1)\n}"),
    ("single quotes", "stage f() -> Dir { run = python('a:b') }"),
    ("open text", "contract A {\n  owner = \"me\n  x: int32\n}"),
    ("open text in brackets", "stage f() -> Dir { run = command([\"true]) }\ncontract B { x: bool }"),
    ("open long text", "stage f() -> Dir {\n  run = sql(\"\"\"select 1\n}\ncontract B { x: bool }"),
    ("open regular expression", "contract A {\n  x: string matches /abc\n  y: bool\n}"),
    ("hash comment", "# a comment\ncontract A { x: int32 } # behind"),
    ("block comment", "/* a comment\n of lines */\ncontract A { x: int32 }"),
    ("open block comment", "/* a comment\ncontract A { x: int32 }"),
    ("python literals", "stage f(a: bool = True, b: string? = None) -> Dir {\n  deterministic = False\n}"),
    ("an enum with None", "contract A { x: enum { None, Some } = None }"),
    (
        "foreign operators",
        "contract A {\n  x: int32 where a > 1 && a < 5\n  y: int32 where a > 1 || a < 5\n  z: bool where !a\n}",
    ),
    ("semicolon", "pipeline p {\n  let x = f();\n}"),
    ("chained comparison", "contract A { x: int32 where 0 < self < 5 }"),
    ("mixed logic", "contract A { x: int32 where a and b or c }"),
    ("bare fraction", "contract A { x: float64 in .5 .. 1 }"),
    ("bare fraction in a setting", "stage f() -> Dir {\n  rejects = .5\n}"),
    ("range without end", "contract A {\n  x: int32 in\n  y: bool\n}"),
    ("range of one number", "contract A { x: int32 in 5 }"),
    ("operator at the end", "contract A {\n  x: int32 where self >\n}"),
    ("operator at the end, a field below", "contract A {\n  x: int32 where self > 0 and\n  y: bool\n}"),
    ("operator at the end, a clause below", "policy P(a: Report<B>) {\n  require a.auc >=\n  require a.ece <= 5%\n}"),
    ("equals at the end, a declaration below", "type A =\ncontract B { y: bool }"),
    ("no name before equals", "contract A {\n  = 3\n}"),
    ("no type argument", "contract A {\n  w: list<>\n}"),
    ("not a date", "contract A { d: date in 2013-02-30 .. }"),
    ("not a timestamp", "contract A { d: timestamp in 2013-02-03T25:00:00Z .. }"),
    ("duration too long", "stage f() -> Dir { timeout = 300_000w }"),
    ("unknown unit", "stage f() -> Dir { timeout = 30minutes, resources = { memory: 4GB } }"),
    ("long exponent", "contract A { x: float64 in 0 .. 1e1000 }"),
    ("bad escape", "contract A { owner = \"a\\qb\" }"),
    ("brace in a format", "source s(day: date) -> Dir { from = parquet(f\"a}b/{day/x\") }"),
    ("bad value in a format", "source s(day: date) -> Dir { from = parquet(f\"a/{day +}\") }"),
    ("import of python", "import pandas\nfrom a import b\ncontract A { x: int32 }"),
    ("def of python", "def f(x):\n  return x\ncontract A { x: int32 }"),
    ("class for contract", "class A {\n  x: int32\n}"),
    ("use without braces", "use std.split.by_time\ncontract A { x: int32 }"),
    ("contract without a name", "contract {\n  x: int32\n}"),
    ("contract without a body", "contract A\ncontract B { x: int32 }"),
    ("stray brace", "contract A { x: int32 }\n}\ncontract B { x: int32 }"),
    ("stray parenthesis", "contract A {\n  x: int32)\n  y: bool\n}"),
    ("two declarations on a line", "contract A { x: int32 } foo"),
    ("two statements on a line", "pipeline p {\n  let a = f() let b = g()\n}"),
    ("test without quotes", "test a { expect A <: B }"),
    ("expectation without a verdict", "test \"a\" {\n  expect P(x)\n}"),
    ("promote without to", "pipeline p {\n  promote x M.production\n}"),
    ("statement that is a name", "pipeline p {\n  rows\n}"),
    ("confidence without a word", "policy P(a: Report<B>) {\n  require a.auc >= 0.5 at 95%\n}"),
    ("because without a reason", "stage f() -> Dir {\n  drops @pii\n}"),
    ("tag without its sign", "stage f() -> Dir {\n  drops pii because \"x\"\n}"),
    ("mixed record", "stage f() -> Dir { resources = { cpu: 2, 4GiB } }"),
    ("no-break space", "contract A {\n  x:\u{a0}int32\n}"),
    ("strange character", "contract A {\n  x: int32 $\n  y: bool\n}"),
    ("smart quotes", "contract A {\n  owner = “me”\n  y: bool\n}"),
    (
        "five errors in a file",
        "contract A {\n  x: int32 in\n  y string\n  z: bool\n}\nstage f(a Table<A>) -> Table<A> { run = command([\"true\"]) }\ncontract B {\n  = 3\n  w: list<>\n}",
    ),
];

#[test]
fn each_slip_is_told_in_the_users_words() {
    let mut shown = String::new();
    for (name, text) in SLIPS {
        shown.push_str(&format!("## {name}\n{text}\n"));
        for found in findings(text) {
            shown.push_str(&format!("=> {found}\n"));
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn no_message_speaks_of_the_grammar() {
    for (name, text) in SLIPS {
        for found in findings(text) {
            let words = ["something else", "Rule", "_block", "k_", "EOI", "operand"];
            assert!(!words.iter().any(|word| found.contains(word)), "{name}: {found}");
        }
    }
}

#[test]
fn fixes_mend_what_they_are_offered_for() {
    for (name, text) in SLIPS {
        let parsed = common::read(text);
        for found in &parsed.diagnostics {
            let Some(fix) = &found.fix else { continue };
            let mut mended = (*text).to_owned();
            for edit in fix.edits.iter().rev() {
                mended.replace_range(edit.span.range(), &edit.text);
            }
            assert!(findings(&mended).len() < parsed.diagnostics.len(), "{name}: {mended}\n{:?}", findings(&mended));
        }
    }
}
