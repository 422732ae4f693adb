//! Inclusion of regular languages, against the words of both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::Cell;

use mlp_analysis::subtype::regular::{disjoint, included};
use mlp_generate::fixed;
use mlp_plan::holds::whole;
use proptest::{prelude::*, strategy::ValueTree as _, string::string_regex, test_runner::TestRunner};
use regex_automata::meta::Regex;

/// What the finite patterns tell apart: `x` stands for any other letter, and `.` has no newline.
const LETTERS: [char; 5] = ['a', 'b', 'ä', 'x', '\n'];
/// No finite pattern below has a longer word.
const LONGEST: usize = 4;

/// The whole-value match of a pattern, as the definition has it.
fn regex(pattern: &str) -> Regex {
    Regex::new(&whole(pattern)).unwrap()
}

/// Every word over the letters, up to the longest.
fn words() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..LONGEST {
        last = last.iter().flat_map(|word| LETTERS.map(|letter| format!("{word}{letter}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// A pattern over the letters, and how long its longest word is.
fn finite() -> impl Strategy<Value = (String, usize)> {
    let leaf = prop::sample::select(vec![
        ("a", 1),
        ("b", 1),
        ("ä", 1),
        ("[ab]", 1),
        ("[^a]", 1),
        ("", 0),
        (".", 1),
        ("ab", 2),
    ])
    .prop_map(|(text, length)| (text.to_owned(), length));
    let deep = leaf.prop_recursive(3, 8, 3, |inner| {
        let or = prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| {
            let longest = parts.iter().map(|part| part.1).max().unwrap_or_default();
            (format!("(?:{})", parts.into_iter().map(|part| part.0).collect::<Vec<_>>().join("|")), longest)
        });
        let then = prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| {
            (parts.iter().map(|part| part.0.as_str()).collect(), parts.iter().map(|part| part.1).sum())
        });
        let some = (inner, 0_usize..2, 0_usize..3).prop_map(|((text, length), least, more)| {
            (format!("(?:{text}){{{least},{}}}", least + more), length * (least + more))
        });
        prop_oneof![2 => or, 2 => then, 1 => some]
    });
    deep.prop_filter("no longer word", |(_, longest)| *longest <= LONGEST)
}

/// A pattern that may go on for ever, with what a program writes.
fn endless() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a", "b", "ä", "[ab]", ".", r"\w", r"\d", "[^a]", "(?i:a)", "(?i:ä)", r"\pL", "[0-9a-f]", "é|e", r"\s",
        "(?s:.)", "",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| parts.concat()),
            1 => (inner.clone(), prop::sample::select(vec!["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"]))
                .prop_map(|(part, times)| format!("(?:{part}){times}")),
            1 => inner.prop_map(|part| format!("^{part}$")),
        ]
    })
}

/// Some words of a pattern's language.
fn drawn(pattern: &str, runner: &mut TestRunner) -> Vec<String> {
    // the generator of texts knows no anchors
    let bare = pattern.replace("[^a]", "[b-z]").replace(['^', '$'], "");
    let Ok(texts) = string_regex(&bare) else { return Vec::new() };
    (0..12).filter_map(|_| texts.new_tree(runner).ok()).map(|tree| tree.current()).collect()
}

#[test]
fn finite_languages_are_decided() {
    let words = words();
    let counts = [const { Cell::new(0_u32) }; 4];
    let count = |at: usize, was: bool| {
        if let Some(one) = counts.get(2 * at + usize::from(was)) {
            one.set(one.get() + 1);
        }
    };
    let tried = fixed(600).run(&(finite(), finite()), |((a, _), (b, _))| {
        let [ours, theirs] = [&a, &b].map(|pattern| {
            let regex = regex(pattern);
            words.iter().map(|word| regex.is_match(word)).collect::<Vec<_>>()
        });
        let within = ours.iter().zip(&theirs).all(|(ours, theirs)| !ours || *theirs);
        let apart = ours.iter().zip(&theirs).all(|(ours, theirs)| !(*ours && *theirs));
        prop_assert_eq!(included(&a, &b), Some(within), "{} in {}", a, b);
        prop_assert_eq!(disjoint(&a, &b), Some(apart), "{} and {}", a, b);
        count(0, within);
        count(1, apart);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = counts.map(|one| one.get());
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}

#[test]
fn what_is_drawn_from_a_pattern_keeps_what_was_proven_of_it() {
    let (proven, refuted, apart, drawn_words) =
        (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let up = |one: &Cell<u32>| one.set(one.get() + 1);
    let mut texts = fixed(1);
    let texts = std::cell::RefCell::new(&mut texts);
    let pairs = (endless(), endless(), any::<bool>()).prop_map(|(a, b, wider)| {
        let b = if wider { format!("{a}|{b}") } else { b };
        (a, b)
    });
    let tried = fixed(250).run(&pairs, |(a, b)| {
        let (within, never) = (included(&a, &b), disjoint(&a, &b));
        let words = drawn(&a, &mut texts.borrow_mut());
        let (ours, theirs) = (regex(&a), regex(&b));
        for word in words.iter().filter(|word| ours.is_match(word.as_str())) {
            up(&drawn_words);
            let both = theirs.is_match(word.as_str());
            prop_assert!(both || within != Some(true), "{:?} in {:?}: {:?}", a, b, word);
            prop_assert!(!both || never != Some(true), "{:?} apart from {:?}: {:?}", a, b, word);
        }
        match within {
            Some(true) => up(&proven),
            Some(false) => up(&refuted),
            None => {}
        }
        if never == Some(true) {
            up(&apart);
        }
        // a language lies within itself, and within what it is a part of
        prop_assert_ne!(included(&a, &a), Some(false), "{:?}", a);
        prop_assert_ne!(included(&a, &format!("{a}|{b}")), Some(false), "{:?} {:?}", a, b);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [proven, refuted, apart, drawn_words].map(|one| one.get());
    assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
}
