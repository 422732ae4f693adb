//! Two versions of a package, loaded beside each other.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, sync::Arc};

use mlp_workspace::{Fetching, Loaded, load, load_beside};

fn package(folder: &Path, files: [(&str, &str); 3]) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("mlp.toml"), "[package]\nname = \"p\"\n").unwrap();
    for (name, text) in files {
        fs::write(folder.join("src").join(name), text).unwrap();
    }
}

fn of<'l>(loaded: &'l Loaded, path: &str) -> &'l mlp_analysis::Module {
    loaded.program.modules.iter().find(|module| module.path == path).unwrap()
}

#[test]
fn files_that_say_the_same_are_parsed_once() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let (same, broken) = ("contract A {\n  id: int64\n}\n", "contract B {\n  id int64\n}\n");
    package(&old, [("a.mlp", same), ("b.mlp", broken), ("c.mlp", "contract C {\n  id: int64\n}\n")]);
    package(&new, [("a.mlp", same), ("b.mlp", broken), ("c.mlp", "contract C {\n  id: int32\n}\n")]);
    let fetching = Fetching { offline: true, locked: false, note: &|_| {} };
    let new = load(&new, fetching).unwrap();
    let beside = load_beside(&old, fetching, Some(&new)).unwrap();
    assert!(Arc::ptr_eq(&of(&new, "a").trees[0], &of(&beside, "a").trees[0]));
    assert!(!Arc::ptr_eq(&of(&new, "c").trees[0], &of(&beside, "c").trees[0]));
    // nothing is otherwise than alone, and what is wrong is told in both
    let alone = load(&old, fetching).unwrap();
    assert_eq!(format!("{:?}", alone.program.modules), format!("{:?}", beside.program.modules));
    assert_eq!(alone.diagnostics, beside.diagnostics);
    assert_eq!(beside.diagnostics.len(), 1);
}
