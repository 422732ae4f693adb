//! What the grammar would go on with, behind texts that are being typed.

use mlp_syntax::expected;

/// The words that could follow, in one line.
fn words(text: &str) -> String {
    expected(text).words.join(", ")
}

#[test]
fn declarations_begin_at_the_left() {
    let all = words("");
    assert!(all.starts_with("const, contract, deployment, enum, env, metrics, model, moments"), "{all}");
    assert_eq!(words("contract A { id: int64 }\n"), all);
    assert!(expected("").begins);
}

#[test]
fn entries_begin_on_a_line_of_their_own() {
    assert_eq!(words("contract A {\n  "), "accepts break on, expect, key, references, unique, warn");
    assert_eq!(words("contract A {\n  id: int64 key\n  "), words("contract A {\n  "));
    assert_eq!(words("contract A { id: int64, "), words("contract A {\n  "));
    assert_eq!(words("stage f() {\n  "), "drops, let, predicts at, uses");
    assert_eq!(words("policy P(r: Report<B>) {\n  "), "approve by, require, warn, when");
    assert_eq!(words("policy P(r: Report<B>) {\n  when r {\n    "), "approve by, require, warn, when");
    assert_eq!(words("pipeline p {\n  let a = f()\n  "), "alert when, expect, let, promote, retrain");
    assert_eq!(words("deployment D of M.p {\n  "), "rollback when");
}

#[test]
fn a_column_goes_on_with_what_is_said_of_it() {
    let modifiers =
        "deprecated, in, key, known at, label, length, matches, pick, rename, unique, unit, was, where, with, without";
    assert_eq!(words("contract A {\n  id: int64 "), modifiers);
    assert_eq!(
        words("contract A {\n  id: int64 key "),
        modifiers.replace("pick, rename, ", "").replace(", with, without", "")
    );
    assert_eq!(words("contract A {\n  id: int64 known "), "at");
    assert_eq!(words("contract A = B "), "pick, rename, with, without");
}

#[test]
fn clauses_go_on() {
    let clause = words("policy P(r: Report<B>) {\n  require r.auc >= 0.5 ");
    for word in ["and", "at 95% confidence", "else", "or"] {
        assert!(clause.split(", ").any(|found| found == word), "{word} in {clause}");
    }
    assert_eq!(words("policy P(r: Report<B>) {\n  approve by 2 "), "by, of");
    assert_eq!(words("stage f() {\n  drops @pii "), "because");
    assert_eq!(words("deployment D "), "of");
    assert!(words("pipeline p {\n  promote m ").contains("to"));
    assert!(words("test \"t\" {\n  expect P(r) ").contains("fails, "));
}

#[test]
fn values_and_types_are_told_apart() {
    assert!(expected("pipeline p {\n  let a = ").value);
    assert!(expected("pipeline p {\n  let a = f(").value);
    assert!(expected("stage f(rows: ").ty);
    assert!(expected("stage f(rows: Table<").ty);
    assert!(expected("contract A {\n  id: ").ty);
    let name = expected("pipeline p {\n  let ");
    assert_eq!((name.words.len(), name.value, name.ty, name.begins), (0, false, false, false));
}
