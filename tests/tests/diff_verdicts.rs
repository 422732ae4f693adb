//! Two versions of a contract, and whom the change breaks: in pairs that lie close together, each held in both directions.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fs, process::Command};

use mlp_tests::{mlp, text};

/// What stands around the fields: another contract, and the settings.
fn program(fields: &str, mode: &str, version: &str) -> String {
    format!(
        "contract Q {{\n  i: int64\n  k: int64\n}}\n\ncontract C {{\n  version = \"{version}\"\n  compatibility = {mode}\n{fields}\n}}\n"
    )
}

/// The codes that a change has under a mode, with a version that rises by one minor number.
fn codes(old: &str, new: &str, mode: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.mlp"), program(old, mode, "1.0.0")).unwrap();
    fs::write(folder.path().join("new.mlp"), program(new, mode, "1.1.0")).unwrap();
    let args = ["diff", "--against", "old.mlp", "--package", "new.mlp", "--format", "json"];
    let done = Command::new(mlp()).args(args).current_dir(folder.path()).output().unwrap();
    let answer: serde_json::Value =
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}\n{old}\n{new}\n{}", text(&done)));
    let changes = answer.get("changes").and_then(serde_json::Value::as_array).unwrap();
    changes.iter().filter_map(|change| change.get("code")?.as_str().map(str::to_owned)).collect()
}

/// Old fields, new fields, whether new readers of old data are broken, and old readers of new data.
const PAIRS: &[(&str, &str, bool, bool)] = &[
    // a column that may be null enters a key, or leaves it: in a key it is never null
    ("id: int64 key", "id: int64 key\nk: int64? key", true, true),
    ("id: int64 key", "id: int64 key\nk: int64?", false, false),
    ("id: int64\nk: int64?\nkey (id, k)", "id: int64\nkey (id)", true, true),
    // a default that does not keep the rules of its own column
    ("a: int64", "a: int64\nk: int64 = 0", false, false),
    ("a: int64", "a: int64\nk: int64 = 0 unique", true, false),
    ("a: int64", "a: int64\nk: int64 = 0 where self > a", true, false),
    // who looks up a key looks for it as it was written
    ("v: map<int32, string>", "v: map<int64, string>", true, true),
    ("v: map<int32, int32>", "v: map<int32, int64>", false, true),
    // the same condition over a column that grows is the same where values are only compared
    ("s: enum { a, b }\nat: date? where s == a", "s: enum { a, b, c }\nat: date? where s == a", false, true),
    ("a: int32\nb: int64 where self > a", "a: int64\nb: int64 where self > a", false, true),
    ("a: int32\nb: int64 where self > a + 1", "a: int64\nb: int64 where self > a + 1", true, true),
    ("a: float32\nb: float64 where self > a", "a: float64\nb: float64 where self > a", true, true),
    // comparisons of the same two values
    ("a: int64\nb: int64 where self > a", "a: int64\nb: int64 where self >= a", false, true),
    ("a: int64\nb: int64 where self > a", "a: int64\nb: int64 where a < self", false, false),
    ("a: int64\nb: int64 where self > a", "a: int64\nb: int64 where self < a", true, true),
    // what columns say of the set
    ("a: int64", "a: int64\nexpect null_rate(a) <= 10%", false, false),
    ("a: int64?", "a: int64?\nexpect null_rate(a) <= 10%", true, false),
    ("a: int64\nexpect rows > 9", "a: int64\nexpect rows >= 10", false, false),
    ("a: int64\nexpect rows > 9", "a: int64\nexpect rows >= 11", true, false),
    // a column that history lacks reads as null: a null refers to nothing, is like no other, and satisfies a condition
    ("b: int64", "b: int64\na: int64?\nreferences Q(i) from (a)", false, false),
    ("b: int64\na: int64?", "b: int64\na: int64?\nreferences Q(i) from (a)", true, false),
    ("b: int64", "b: int64\na: int64?\nunique (a)", false, false),
    ("b: int64", "b: int64\na: int64? = 0\nunique (a)", true, false),
    ("b: int64", "a: int64?\nb: int64 where self > a", false, false),
    ("a: int64\nb: int64", "a: int64\nb: int64 where self > a", true, false),
    // the same pairs in another order
    (
        "a: int64\nb: int64\nreferences Q(i, k) from (a, b)",
        "a: int64\nb: int64\nreferences Q(k, i) from (b, a)",
        false,
        false,
    ),
    (
        "a: int64\nb: int64\nreferences Q(i, k) from (a, b)",
        "a: int64\nb: int64\nreferences Q(k, i) from (a, b)",
        true,
        true,
    ),
    // texts: lengths, patterns and what is left out are decided together
    ("v: string where self != \"\"", "v: string length 1 ..", false, false),
    ("v: string where self != \"a\"", "v: string length 1 ..", true, true),
    ("v: string matches /a|b/", "v: string in { \"a\", \"b\" }", false, false),
    ("v: string matches /a|b|c/", "v: string in { \"a\", \"b\" }", true, false),
    ("v: string", "v: string matches /(?s).*/", false, false),
    ("v: string", "v: string matches /.*/", true, false),
];

#[test]
fn a_change_breaks_whom_it_breaks() {
    let mut wrong = Vec::new();
    for (old, new, backward, forward) in PAIRS {
        for (mode, breaks) in [("backward", *backward), ("forward", *forward), ("full", *backward || *forward)] {
            let found = codes(old, new, mode);
            if found.contains(&"MLP310".to_owned()) != breaks {
                wrong.push(format!(
                    "{mode}, {} expected, {found:?}:\n{old}\n=>\n{new}\n",
                    if breaks { "a break" } else { "none" }
                ));
            }
            if breaks != found.contains(&"MLP311".to_owned()) {
                wrong.push(format!(
                    "{mode}: a minor version is enough only where nothing breaks, {found:?}:\n{old}\n=>\n{new}\n"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
