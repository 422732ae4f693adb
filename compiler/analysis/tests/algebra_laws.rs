//! The laws of contract algebra, on random contracts read from their text.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mlp_analysis::{Kind, Module, Program, check};
use mlp_plan::Contract;
use mlp_ports::{NoFiles, NoSql};
use mlp_source::FileId;
use proptest::prelude::*;

const FIELDS: [&str; 6] = [
    "a: int64",
    "b: string? length 1 .. 5  @pii",
    "c: float64 unit km in 0 .. where self < 100",
    "d: int32 = 3 where self > 0",
    "e: list<string>",
    "f: bool label",
];

/// The contracts of a program without what sets algebra apart from its base: name and identity.
fn faces(text: &str) -> Vec<Contract> {
    let parsed = mlp_syntax::parse(FileId(0), text);
    assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
    let module =
        Module { package: "p".to_owned(), path: "p".to_owned(), file: FileId(0), trees: vec![Arc::new(parsed.file)] };
    let program = Program::new(vec![module]);
    let mut checked = check(&program, &NoSql, &NoFiles);
    assert!(checked.diagnostics().is_empty(), "{text}: {:?}", checked.diagnostics());
    let ids: Vec<_> = program.of_kind(Kind::Contract).collect();
    let bare = |contract: Contract| Contract { name: String::new(), declared: None, ..contract };
    ids.into_iter().map(|id| bare(checked.checker.contract_of(id).face.clone())).collect()
}

fn names(fields: &[&str]) -> String {
    fields.iter().map(|field| field.split(':').next().unwrap()).collect::<Vec<_>>().join(", ")
}

/// Some fields, and some of them, with at least one left and one gone.
fn halves() -> impl Strategy<Value = (Vec<&'static str>, Vec<&'static str>)> {
    prop::sample::subsequence(FIELDS.to_vec(), 2..=6).prop_flat_map(|all| {
        let some = prop::sample::subsequence(all.clone(), 1..all.len());
        (Just(all), some)
    })
}

fn base(fields: &[&str]) -> String {
    let key = if fields.first().is_some_and(|field| field.starts_with("a:")) { "\n  key (a)" } else { "" };
    format!("contract A {{\n  {}{key}\n}}\n", fields.join("\n  "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pick_and_without_are_two_ways_to_say_one_thing((all, some) in halves()) {
        let rest: Vec<&str> = all.iter().copied().filter(|field| !some.contains(field)).collect();
        let text = format!(
            "{}contract P = A pick {{ {some} }}\ncontract Q = P pick {{ {some} }}\ncontract W = A without {{ {} }}\n",
            base(&all), names(&rest), some = names(&some),
        );
        let found = faces(&text);
        prop_assert_eq!(&found[1], &found[2], "twice is once: {}", text);
        prop_assert_eq!(&found[1], &found[3], "{}", text);
        prop_assert_eq!(found[1].columns.len(), some.len());
    }

    #[test]
    fn a_rename_there_and_back_is_none((all, some) in halves()) {
        let pairs: Vec<(String, String)> =
            names(&some).split(", ").map(|name| (name.to_owned(), format!("{name}_new"))).collect();
        let list = |pairs: Vec<String>| pairs.join(", ");
        let there = list(pairs.iter().map(|(old, new)| format!("{old} -> {new}")).collect());
        let back = list(pairs.iter().map(|(old, new)| format!("{new} -> {old}")).collect());
        let text = format!(
            "{}contract Same = A pick {{ {} }}\ncontract R = A rename {{ {there} }} rename {{ {back} }}\n",
            base(&all), names(&all),
        );
        let found = faces(&text);
        prop_assert_eq!(&found[1], &found[2], "{}", text);
    }

    #[test]
    fn with_nothing_is_nothing((all, _) in halves()) {
        let text = format!("{}contract Same = A pick {{ {} }}\ncontract W = A with {{}}\n", base(&all), names(&all));
        let found = faces(&text);
        prop_assert_eq!(&found[1], &found[2], "{}", text);
    }

    #[test]
    fn with_what_is_there_replaces_it_where_it_stands((all, some) in halves()) {
        let text = format!(
            "{}contract Same = A pick {{ {} }}\ncontract W = A with {{ {} }}\n",
            base(&all), names(&all), some.join("\n"),
        );
        let found = faces(&text);
        prop_assert_eq!(&found[1], &found[2], "{}", text);
    }
}
