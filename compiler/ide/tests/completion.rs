//! Completion asks what would be: it changes nothing, and there is no place at which it gives up.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mlp_ide::complete::{Behind, complete, docs};
use mlp_ports::NoSql;
use mlp_workspace::{Package, in_memory};

/// A program with everything in it.
const EVERYTHING: &str = include_str!("../../syntax/tests/fixtures/everything.mlp");

fn open(text: &str) -> (Package, mlp_source::FileId) {
    let mut package = Package::open(in_memory(&[("a", text)]), Arc::new(NoSql));
    let id = package.documents().find(|document| document.module == "a").unwrap().id;
    package.prepare(id);
    (package, id)
}

#[test]
fn nothing_is_another_after_it_was_asked() {
    let (mut package, id) = open(EVERYTHING);
    let (before, edges) = (package.diagnostics(), package.edges().len());
    let mut proposed = 0;
    for offset in (0..EVERYTHING.len()).step_by(5) {
        let offset = u32::try_from(offset).unwrap();
        if let Some(found) = complete(&mut package, id, offset, &Vec::new) {
            proposed += found.items.len();
            if let Some(item) = found.items.first() {
                docs(&mut package, id, offset, &item.label, item.behind, None);
            }
        }
    }
    assert!(proposed > 5_000, "{proposed} proposals are too few for so many places");
    assert_eq!(package.diagnostics(), before);
    assert_eq!(package.edges().len(), edges);
}

#[test]
fn half_typed_texts_are_completed_too() {
    for length in (0..EVERYTHING.len()).step_by(97) {
        let half = EVERYTHING.get(..length).unwrap_or_default();
        let (mut package, id) = open(half);
        let end = u32::try_from(half.len()).unwrap();
        let found = complete(&mut package, id, end, &Vec::new);
        assert!(found.is_none_or(|found| found.place.end <= end));
        docs(&mut package, id, end, "x", Behind::Nothing, None);
    }
}
