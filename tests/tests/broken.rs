//! `examples/broken`: each file gives what stands in the text beside it, and nothing else.

use std::{fs, process::Command};

use mlp_tests::{mlp, root};

#[test]
fn the_tour_of_mistakes_says_what_it_shows() {
    let folder = root().join("examples/broken");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".mlp"))
        .collect();
    names.sort();
    assert!(names.len() >= 10, "a tour of ten mistakes, not of {}", names.len());
    for name in names {
        let done =
            Command::new(mlp()).current_dir(&folder).args(["check", "--format", "short", &name]).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        assert_eq!(done.status.code(), Some(1), "{name}: {said}");
        assert_eq!(said.lines().count(), 1, "one mistake, one error: {name}: {said}");
        let shown = folder.join(name.replace(".mlp", ".txt"));
        if std::env::var_os("UPDATE_BROKEN").is_some() {
            fs::write(&shown, &said).unwrap();
        }
        assert_eq!(fs::read_to_string(&shown).unwrap(), said, "{name}");
    }
}
