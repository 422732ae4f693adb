//! Random programs, and random harm to programs: parsing never fails, formatting keeps every token and settles at once.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on fails")]

mod common;

use common::{fixtures, in_parts, read, whole};
use mlp_syntax::{format, tokens};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9_]{0,6}",
        "[A-Z][a-z]{0,5}",
        prop::sample::select(vec![
            "key", "in", "where", "expect", "contract", "model", "at", "else", "unit", "and", "known", "to"
        ])
        .prop_map(str::to_owned),
    ]
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 1 => Just("  // a ( comment".to_owned()), 1 => Just("\n  /// docs \"".to_owned())]
}

fn literal() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "1",
        "-1_000",
        "0.5",
        "20%",
        "30min",
        "4GiB",
        "2013-10-01",
        "\"a, (b\"",
        "true",
        "none",
        ".col",
        "1e-6",
        "f\"a/{day}\"",
        "@tag",
    ])
    .prop_map(str::to_owned)
}

fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![name(), literal()];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (
                inner.clone(),
                prop::sample::select(vec!["+", "-", "*", "/", "==", "<", ">=", "and", "or", "\n  +", "+\n", "\n and"]),
                inner.clone()
            )
                .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (name(), prop::collection::vec(inner.clone(), 0..3), prop::bool::ANY)
                .prop_map(|(f, args, broken)| format!("{f}({})", args.join(if broken { ",\n  " } else { ", " }))),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} .. {b}")),
            (name(), inner.clone(), prop::bool::ANY).prop_map(|(n, v, broken)| if broken {
                format!("{{\n {n}: {v}\n }}")
            } else {
                format!("{{ {n}: {v} }}")
            }),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("not {a}")),
            (name(), inner).prop_map(|(n, v)| format!("Row {{ {n}: {v}, .. }}")),
        ]
    })
}

fn ty() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "int32",
        "string?",
        "decimal(12, 2)",
        "enum { A, B, .. }",
        "enum {\n a\n in }",
        "File<\"x\">",
        "A",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("list<{a}>")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("Model<{a}, {b}>")),
            (name(), inner.clone()).prop_map(|(n, t)| format!("struct {{ {n}: {t} }}")),
            (name(), inner).prop_map(|(n, t)| format!("A without label with {{ {n}: {t} }}")),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let modifier = prop::sample::select(vec![
        "",
        " key",
        " unit mi",
        " in 0 ..",
        " length 3",
        "\n    @pii",
        " matches /[(]/",
        " known at x",
        " = 3",
    ]);
    (name(), ty(), modifier.clone(), modifier, comment()).prop_map(|(n, t, a, b, c)| format!("{n}: {t}{a}{b}{c}"))
}

fn entries(of: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (
        prop::collection::vec((of, prop::sample::select(vec!["\n", ",\n", "\n\n\n", ", ", "\n  // c\n"])), 0..5),
        prop::bool::ANY,
    )
        .prop_map(|(all, first)| {
            let mut out = String::from(if first { "{\n" } else { "{ " });
            for (entry, end) in all {
                let end = if entry.contains("//") && end == ", " { "\n" } else { end };
                out.push_str(&entry);
                out.push_str(end);
            }
            out.push('}');
            out
        })
}

fn item() -> impl Strategy<Value = String> {
    let clause = (expr(), prop::sample::select(vec!["", " at 95% confidence", " else \"x\"", "\n    else \"y\""]))
        .prop_map(|(e, s)| format!("require {e}{s}"));
    let bound = (name(), expr()).prop_map(|(n, e)| format!("let {n} = {e}"));
    let setting = (name(), expr()).prop_map(|(n, e)| format!("{n} = {e}"));
    prop_oneof![
        (name(), entries(field())).prop_map(|(n, b)| format!("contract {n} {b}")),
        (name(), field(), ty(), entries(setting)).prop_map(|(n, p, r, b)| format!("stage {n}({p}\n) -> {r} {b}")),
        (name(), entries(clause)).prop_map(|(n, b)| format!("policy {n}() {b}")),
        (name(), entries(bound)).prop_map(|(n, b)| format!("pipeline {n} {b}")),
        (name(), ty()).prop_map(|(n, t)| format!("type {n} = {t}")),
        (name(), expr()).prop_map(|(n, e)| format!("stage {n}() -> A =\n  {e}")),
    ]
}

fn program() -> impl Strategy<Value = String> {
    prop::collection::vec((item(), prop::sample::select(vec!["\n", "\n\n", "\n\n\n// c\n", "  // d\n"])), 0..4)
        .prop_map(|items| items.into_iter().map(|(item, end)| item + end).collect())
}

fn check(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(in_parts(text), whole(text));
    let parsed = read(text);
    let once = format(&parsed.file, text);
    prop_assert_eq!(tokens(&once), tokens(text));
    let again = read(&once);
    prop_assert_eq!(&format(&again.file, &once), &once);
    if parsed.diagnostics.is_empty() {
        prop_assert_eq!(again.diagnostics.len(), 0, "formatted:\n{}\n{:?}", once, again.diagnostics);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_programs(text in program()) {
        check(&text)?;
    }

    #[test]
    fn harmed_programs(which in 0_usize..3, cut in 0.0..1.0, length in 0_usize..30, put in prop::sample::select(vec!["", "(", ")", "{", "}", "\"", "\n", "//", "'", "#", "x", ":", "=", "\u{a0}", "é", "<", "/*", "contract B {", "\"\"\"", "["])) {
        let fixtures = fixtures();
        let (_, text) = &fixtures[which % fixtures.len()];
        let mut start = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (start + length).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        check(&format!("{}{put}{}", &text[..start], &text[end.max(start)..]))?;
    }

    #[test]
    fn soup(text in "[a-z(){}\\[\\]<>\"'/=:,.@ \n?0-9#éA]{0,80}") {
        check(&text)?;
    }
}

/// Texts that a fuzzer found: broken text that is read otherwise once what is whole around it has moved.
#[test]
fn found_by_fuzzing() {
    check(include_str!("harmed/moves.mlp")).unwrap();
}
