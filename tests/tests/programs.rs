//! `tests/programs/*.mlp`: small programs with what must be found in them, each beside near misses in which nothing must be found.
//!
//! Their marks are those of `mlp_tests::marks`. Programs with `test` blocks must pass `mlp test` where no error is expected.

use std::{fs, process::Command};

use mlp_tests::{
    marks::{found, marked},
    mlp, root,
};

#[test]
fn programs_give_what_their_marks_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(root().join("tests/programs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (text, expected) = marked(&name, &fs::read_to_string(&path).unwrap());
        let copy = folder.path().join(&name);
        fs::write(&copy, &text).unwrap();
        let got: Vec<_> = found(&copy).into_iter().map(|(finding, _)| finding).collect();
        count += 1;
        if got != expected {
            wrong.push(format!("{name}: expected {expected:?}, found {got:?}"));
        }
        let sound = expected.iter().all(|finding| finding.severity == "warning");
        if text.contains("test \"") && sound {
            let tested = Command::new(mlp()).arg("test").arg(&copy).output().unwrap();
            if !tested.status.success() {
                wrong.push(format!("{name}: mlp test: {}", String::from_utf8_lossy(&tested.stdout)));
            }
        }
    }
    assert!(count >= 25, "only {count} programs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
