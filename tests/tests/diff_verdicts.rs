//! Two versions of a contract, and whom the change breaks: in pairs that lie close together, each held in both directions.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

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
    let changes = changes(folder.path());
    changes.iter().filter_map(|change| change.get("code")?.as_str().map(str::to_owned)).collect()
}

/// Every change between `old.mlp` and `new.mlp` of a folder.
fn changes(folder: &Path) -> Vec<serde_json::Value> {
    let args = ["diff", "--against", "old.mlp", "--package", "new.mlp", "--format", "json"];
    let done = Command::new(mlp()).args(args).current_dir(folder).output().unwrap();
    let answer: serde_json::Value =
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}\n{}", text(&done)));
    answer.get("changes").and_then(serde_json::Value::as_array).unwrap().clone()
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
    ("a: int64\nexpect not rows < 10", "a: int64\nexpect rows >= 10", false, false),
    (
        "a: int64\nexpect not (rows < 10 or distinct(a) < 5)",
        "a: int64\nexpect rows > 9 and distinct(a) > 4",
        false,
        false,
    ),
    ("a: int64\nexpect not mean(a) > 5", "a: int64\nexpect mean(a) <= 5", false, false),
    // a measure lies between the ends of its column, wherever there is a value to measure
    ("a: int64 in 1 .. 5", "a: int64 in 1 .. 5\nexpect max(a) <= 5", true, false),
    ("a: int64 in 1 .. 5\nexpect rows >= 1", "a: int64 in 1 .. 5\nexpect rows >= 1\nexpect max(a) <= 5", false, false),
    (
        "a: int64 in 1 .. 5\nexpect min(a) >= 2",
        "a: int64 in 1 .. 5\nexpect min(a) >= 2\nexpect mean(a) <= 5",
        false,
        false,
    ),
    ("a: int64? in 1 .. 5\nexpect rows >= 1", "a: int64? in 1 .. 5\nexpect rows >= 1\nexpect max(a) <= 5", true, false),
    ("a: int64 in 1 .. 5\nexpect rows >= 1", "a: int64 in 1 .. 5\nexpect rows >= 1\nexpect max(a) <= 4", true, false),
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

/// Other contracts before and after.
const REFERRED: &[(&str, &str, bool)] = &[
    // a column that says what it was called is the same to those who refer to it
    ("id: int64 key", "ident: int64 key was id", false),
    ("id: int64 key\nident: int64?", "id: int64\nident: int64 key", true),
];

#[test]
fn references_follow_the_other_contract_to_its_new_names() {
    for (old, new, breaks) in REFERRED {
        let folder = tempfile::tempdir().unwrap();
        for (file, other, column) in [("old", old, "id"), ("new", new, "ident")] {
            let program = format!(
                "contract Other {{\n{other}\n}}\ncontract C {{\n  version = \"1.0.0\"\n  compatibility = full\n  a: int64\n  references Other({column}) from (a)\n  expect referenced(a, Other.{column}) >= 90%\n}}\n"
            );
            fs::write(folder.path().join(file).with_extension("mlp"), program).unwrap();
        }
        let told: Vec<_> = changes(folder.path()).into_iter().filter(|change| change["subject"] == "C").collect();
        let broken: Vec<_> = told.iter().filter(|change| change["code"] == "MLP310").collect();
        assert_eq!(!broken.is_empty(), *breaks, "{told:#?}");
    }
}

/// Old fields, new fields, and the row that shows the break.
const SHOWN: &[(&str, &str, &str)] = &[
    ("a: bytes", "a: bytes length 4", "C { a: \"\" }"),
    ("a: bytes length 2 .. 8", "a: bytes length 4 .. 8", "C { a: \"aa\" }"),
    ("a: json", "a: json length 5 ..", "C { a: \"null\" }"),
    ("a: enum { x, y, .. }", "a: enum { x, y }", "C { a: \"xx\" }"),
    ("a: string", "a: enum { x, y, .. }", "C { a: \"a\" }"),
    ("a: timestamp", "a: timestamp(naive)", "C { a: 2000-01-01T00:00:00Z }"),
    ("a: timestamp(naive)", "a: timestamp", "C { a: 2000-01-01T00:00:00 }"),
    ("a: map<string, int64>", "a: map<string, int64> length 1 .. 3", "C { a: {} }"),
    ("a: map<string, int64> length 1 ..", "a: map<string, int64> length 1 .. 1", "C { a: { \"a\": 0, \"ax\": 0 } }"),
    ("a: map<bool, int64>", "a: map<bool, int64> length 0 .. 1", "C { a: { false: 0, true: 0 } }"),
    ("s: struct { m: map<string, int64> }", "s: struct { m: map<string, int64> length 1 .. }", "C { s: { m: {} } }"),
    ("a: map<string, int32>", "a: map<int32, int32>", "C { a: { \"a\": 0 } }"),
    ("a: uuid", "a: string", "C { a: \"00000000-0000-0000-0000-000000000000\" }"),
];

#[test]
fn every_break_of_a_value_is_shown_by_a_row() {
    let folder = tempfile::tempdir().unwrap();
    for (old, new, row) in SHOWN {
        for (file, fields) in [("old.mlp", old), ("new.mlp", new)] {
            fs::write(folder.path().join(file), program(fields, "full", "1.0.0")).unwrap();
        }
        let found = changes(folder.path());
        let broken = found.iter().find(|change| change["code"] == "MLP310").unwrap_or_else(|| panic!("{old} => {new}"));
        assert_eq!(broken["example"]["rows"][0], *row, "{old} => {new}: {broken:#}");
    }
}

/// What a measure of data cannot be is not shown.
#[test]
fn an_example_of_data_is_one_that_may_be() {
    let folder = tempfile::tempdir().unwrap();
    for (old, new, says) in [
        ("a: int64 in 1 .. 5", "a: int64 in 1 .. 5\nexpect max(a) <= 5", "data without any value of `a`"),
        ("a: int64 in 1 .. 5", "a: int64 in 1 .. 5\nexpect max(a) <= 3", "data with max(a) = 4"),
        ("a: int64 in 10 .. 50", "a: int64 in 10 .. 50\nexpect mean(a) <= 5", "data with mean(a) = 10"),
    ] {
        for (file, fields) in [("old.mlp", old), ("new.mlp", new)] {
            fs::write(folder.path().join(file), program(fields, "full", "1.0.0")).unwrap();
        }
        let found = changes(folder.path());
        let broken = found.iter().find(|change| change["code"] == "MLP310").unwrap_or_else(|| panic!("{old} => {new}"));
        let told = broken["example"]["says"].as_str().unwrap();
        assert!(told.starts_with(says), "{told}");
    }
}

/// Who says `was` mends the reading of old data, and nothing else: the help does not promise more.
#[test]
fn the_help_on_a_rename_says_who_still_breaks() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old.mlp"), program("amount: float64", "full", "1.0.0")).unwrap();
    fs::write(folder.path().join("new.mlp"), program("amount_eur: float64", "full", "1.0.0")).unwrap();
    let found = changes(folder.path());
    let help = found.iter().find(|change| change["kind"] == "column_added").unwrap()["help"].as_str().unwrap();
    assert!(help.contains("`amount_eur: .. was amount`") && help.contains("who looks for `amount` breaks"), "{help}");
}
