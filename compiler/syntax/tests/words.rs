//! The table of words against the grammar and the parser: no word in one and not in the other.

use std::collections::BTreeSet;

use mlp_source::FileId;
use mlp_syntax::{parse, words};

/// Words that the grammar names though they are names of settings: it looks whether `=` was forgotten behind them.
const SETTINGS: [&str; 3] = ["compatibility", "owner", "version"];

/// Keywords of the table that the grammar has as literals.
fn of_the_table() -> BTreeSet<&'static str> {
    let roles = [words::ITEMS, words::ENTRIES, words::MODIFIERS, words::CLAUSES, words::ALGEBRA, words::OPERATORS];
    roles.into_iter().flatten().copied().chain(["struct"]).collect()
}

/// Words in quotes in the grammar, each with the blank that the copy puts behind a word.
fn of_the_grammar() -> BTreeSet<&'static str> {
    let words = include_str!("../src/grammar.pest").split('"').filter_map(|text| text.strip_suffix(' '));
    let words = words.filter(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    words.filter(|word| !SETTINGS.contains(word)).collect()
}

#[test]
fn the_keywords_are_those_of_the_grammar() {
    let (table, grammar) = (of_the_table(), of_the_grammar());
    assert!(grammar.len() > 70, "too few words were found for this to be the grammar");
    assert_eq!(table.difference(&grammar).collect::<Vec<_>>(), Vec::<&&str>::new(), "in the table alone");
    assert_eq!(grammar.difference(&table).collect::<Vec<_>>(), Vec::<&&str>::new(), "in the grammar alone");
}

#[test]
fn a_word_has_one_role() {
    let roles = [words::ITEMS, words::ENTRIES, words::MODIFIERS, words::CLAUSES, words::ALGEBRA, words::OPERATORS];
    let all: Vec<&str> = roles.into_iter().flatten().copied().collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn words_that_go_on_are_keywords() {
    let table = of_the_table();
    assert!(words::CONTINUING.iter().all(|word| table.contains(word)));
}

#[test]
fn constants_are_literals_and_other_words_are_names() {
    let kind = |word: &str| format!("{:?}", parse(FileId(0), &format!("const x: bool = {word}\n")).file.items);
    for word in words::CONSTANTS {
        assert!(kind(word).contains("Literal"), "{word}");
    }
    assert!(!kind("nothing").contains("Literal"));
}

#[test]
fn units_are_units_and_others_are_not() {
    let clean = |value: &str| parse(FileId(0), &format!("const x: duration = {value}\n")).diagnostics.is_empty();
    for unit in words::DURATIONS.iter().chain(words::SIZES) {
        assert!(clean(&format!("1{unit}")), "{unit}");
    }
    for other in ["sec", "m", "y", "KB", "GB"] {
        assert!(!clean(&format!("1{other}")), "{other}");
    }
}

#[test]
fn every_declaration_can_begin_with_its_word() {
    let everything = include_str!("fixtures/everything.mlp");
    for item in words::ITEMS {
        assert!(everything.lines().any(|line| line.split(' ').next() == Some(item)), "{item}");
    }
}
