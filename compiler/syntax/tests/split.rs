//! Parts: read one by one they give what the whole text gives, and an edit is an edit of the parts that it touches.

#![expect(clippy::unwrap_used, clippy::string_slice, reason = "a test that cannot go on fails")]

mod common;

use std::sync::LazyLock;

use common::{conformance, fixtures, in_parts, repository, whole};
use mlp_syntax::{is_open, split};
use proptest::prelude::*;

static PROGRAMS: LazyLock<Vec<(String, String)>> =
    LazyLock::new(|| fixtures().into_iter().chain(conformance()).chain(repository()).collect());

#[test]
fn every_program_reads_the_same_in_parts() {
    for (name, text) in PROGRAMS.iter() {
        assert!(in_parts(text) == whole(text), "{name}");
    }
}

fn cuts(text: &str) -> Vec<&str> {
    split(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn a_part_is_a_declaration_with_the_comments_before_it() {
    let text = "//! File.\n\n// a\ntype A = int32 // b\n\n/// c\ncontract B {\n  x: A\n}\n// d\n";
    assert_eq!(cuts(text), ["//! File.\n\n// a\ntype A = int32 // b", "\n\n/// c\ncontract B {\n  x: A\n}\n// d\n"]);
    assert_eq!(cuts(""), [""]);
}

#[test]
fn what_is_open_takes_what_follows() {
    let text = "type A = int32\n/* \ntype B = int32\n*/\ntype C = int32\n";
    assert_eq!(cuts(text), [text]);
    // a bracket is not: a declaration at the left edge ends it
    assert_eq!(
        cuts("contract A {\ntype B = list<\ntype C = int32"),
        ["contract A {", "\ntype B = list<", "\ntype C = int32"]
    );
    for (text, open) in [
        ("type A = int32", false),
        ("\ncontract A {", false),
        ("\nconst a: string = \"", false),
        ("\nconst a: string = \"\"\"", true),
        ("\ntype A = int32 // b", false),
        ("\ntype A = int32\n", true),
        ("\ntype A = int32 /* b", true),
        ("\ntype A = int32 /* b */", true),
        ("\n// b", true),
        ("", true),
    ] {
        assert_eq!(is_open(text), open, "{text:?}");
    }
}

#[test]
fn a_word_of_another_language_is_a_name_where_any_enum_of_the_file_has_it() {
    let text = "const a: E = null\nenum E { null }\n";
    assert_eq!(in_parts(text), whole(text));
    assert_eq!(split(text).len(), 2);
}

/// An edit that people and programs make, as range and new text.
fn edit() -> impl Strategy<Value = (prop::sample::Index, usize, &'static str)> {
    let put = prop::sample::select(vec![
        "",
        "",
        "(",
        ")",
        "{",
        "}",
        "\"",
        "\n",
        "\r\n",
        "//",
        "/*",
        "*/",
        "'",
        "#",
        "x",
        ":",
        "=",
        "\u{a0}",
        "é",
        "<",
        ">",
        ",",
        "[",
        "\"\"\"",
        "\ncontract B {",
        "\ntype A = int32\n",
        "contract ",
        "\n// c\n",
        "\u{feff}",
        "matches /",
        "\n//! d\n",
        "True",
        "enum E { True }",
    ]);
    (any::<prop::sample::Index>(), prop_oneof![Just(0_usize), 0_usize..6, 0_usize..300], put)
}

fn edited(text: &str, (at, length, put): &(prop::sample::Index, usize, &str)) -> String {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(at.index(text.len() + 1));
    let end = floor(start + length).max(start);
    format!("{}{put}{}", &text[..start], &text[end..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn harmed_programs_read_the_same_in_parts(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..6)) {
        let mut text = which.get(&PROGRAMS).1.clone();
        for edit in &edits {
            text = edited(&text, edit);
        }
        let (parts, whole) = (in_parts(&text), whole(&text));
        let other = parts.iter().zip(&whole).find(|(part, whole)| part != whole);
        prop_assert!(parts == whole, "{:?}\n{:?}", text, other);
    }

    /// What an editor relies on: behind parts that are not open, a text is cut as if it began there.
    #[test]
    fn a_part_that_is_not_open_ends_by_itself(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 0..6)) {
        let mut text = which.get(&PROGRAMS).1.clone();
        for edit in &edits {
            text = edited(&text, edit);
        }
        let parts = split(&text);
        for pair in parts.windows(2) {
            let alone = &text[pair[0].clone()];
            if !is_open(alone) {
                prop_assert_eq!(split(alone).len(), 1, "{}", alone);
            }
        }
        let start = parts[parts.len() / 2].start;
        let behind: Vec<_> = split(&text[start..]).into_iter().map(|range| range.start + start..range.end + start).collect();
        if start > 0 {
            prop_assert_eq!(&parts[parts.len() / 2..], behind);
        }
    }
}
