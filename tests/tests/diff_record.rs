//! `contracts.lock`: what was released, and what transitive modes make of it.

use std::{fs, process::Command};

use mlp_tests::{
    mlp,
    repository::{ORDERS, change, diff, git, json, repository, with},
    text,
};

#[test]
fn transitive_modes_look_back_to_what_was_recorded() {
    let program = |version: &str, column: &str| {
        format!("contract C {{\n  version = \"{version}\"\n  compatibility = backward_all\n  a: int64\n{column}}}\n")
    };
    let folder = repository(&program("1.0.0", ""));
    let path = folder.path().join("src/orders.mlp");
    assert_eq!(diff(folder.path(), &["--record"]).status.code(), Some(0));
    fs::write(&path, program("1.1.0", "  b: int64 = 0\n")).unwrap();
    assert_eq!(diff(folder.path(), &["--against", "HEAD", "--record"]).status.code(), Some(0));
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "two"]);
    fs::write(&path, program("1.2.0", "  b: int64\n")).unwrap();
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!(code, 1);
    let broken = with("MLP310", &answer);
    assert_eq!(broken.len(), 1);
    assert!(broken[0]["message"].as_str().unwrap().contains("against version 1.0.0 on record"), "{broken:?}");
    // pairwise it passes
    assert_eq!(json(folder.path(), &["--against", "HEAD", "--mode", "backward"]).0, 0);
    // a break that was decided on needs its version all the same
    let accepted = "  b: int64\n  accepts break on b because \"agreed\"\n";
    fs::write(&path, program("1.2.0", accepted)).unwrap();
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!((code, with("MLP310", &answer).len(), with("MLP311", &answer).len()), (1, 0, 1), "{answer:#}");
    let says = "what breaks version 1.0.0 on record needs a major version after that: 2.0.0";
    assert!(with("MLP311", &answer)[0]["message"].as_str().unwrap().contains(says), "{answer:#}");
    fs::write(&path, program("2.0.0", accepted)).unwrap();
    assert_eq!(json(folder.path(), &["--against", "HEAD"]).0, 0);
    // nor is a record taken back
    fs::write(&path, program("1.2.0", "  b: int64\n")).unwrap();
    let lock = fs::read_to_string(folder.path().join("contracts.lock")).unwrap();
    fs::remove_file(folder.path().join("contracts.lock")).unwrap();
    assert_eq!(json(folder.path(), &["--against", "HEAD"]).0, 1);
    fs::write(folder.path().join("contracts.lock"), lock).unwrap();
    // what was released stays as it was
    fs::write(&path, program("1.1.0", "  b: int64 = 1\n")).unwrap();
    let done = diff(folder.path(), &["--record"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done).contains("its version is still 1.1.0"), "{}", text(&done));
}

/// A break that was accepted asks for its version once, and not of each one after it.
#[test]
fn an_accepted_break_against_the_record_asks_for_a_version_after_what_it_breaks() {
    let program = |version: &str, a: &str, rest: &str| {
        format!("contract C {{\n  version = \"{version}\"\n  compatibility = backward_all\n  a: int64{a}\n{rest}}}\n")
    };
    let accepts = "  accepts break on a because \"agreed\"\n";
    let folder = repository(&program("1.0.0", "", ""));
    let path = folder.path().join("src/orders.mlp");
    let commit = || {
        git(folder.path(), &["add", "-A"]);
        git(folder.path(), &["commit", "-qm", "next"]);
    };
    assert_eq!(diff(folder.path(), &["--record"]).status.code(), Some(0));
    commit();
    fs::write(&path, program("2.0.0", " in 0 .. 9", accepts)).unwrap();
    assert_eq!(json(folder.path(), &["--against", "HEAD", "--record"]).0, 0);
    commit();
    // nothing changed
    assert_eq!(json(folder.path(), &["--against", "HEAD"]).0, 0);
    // something small did
    fs::write(&path, program("2.1.0", " in 0 .. 9", &format!("  b: int64?\n{accepts}"))).unwrap();
    let (code, answer) = json(folder.path(), &["--against", "HEAD"]);
    assert_eq!((code, answer["contracts"][0]["required_bump"].as_str()), (0, Some("minor")), "{answer:#}");
}

/// A record is a release: it keeps what the one before promised.
#[test]
fn what_breaks_the_last_version_on_record_is_not_recorded() {
    let folder = repository(ORDERS);
    assert_eq!(diff(folder.path(), &["--record"]).status.code(), Some(0));
    let lock = || fs::read_to_string(folder.path().join("contracts.lock")).unwrap();
    let before = lock();
    change(folder.path(), "in 0 .. 1_000", "in 0 .. 500");
    change(folder.path(), "1.0.0", "2.0.0");
    let done = diff(folder.path(), &["--record"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done));
    assert!(text(&done).contains("error[MLP310]: `Order.amount`"), "{}", text(&done));
    assert!(text(&done).contains("what breaks the last version on record is not released"), "{}", text(&done));
    assert_eq!(lock(), before);
    change(folder.path(), "\n}\n", "\n  accepts break on amount because \"refunds moved\"\n}\n");
    assert_eq!(diff(folder.path(), &["--record"]).status.code(), Some(0));
    assert!(lock().contains("\"2.0.0\""), "{}", lock());
}

/// Two branches that released each something have both released it.
#[test]
fn a_record_that_a_merge_left_in_two_is_joined() {
    let folder = repository(ORDERS);
    let (root, lock) = (folder.path(), folder.path().join("contracts.lock"));
    assert_eq!(diff(root, &["--record"]).status.code(), Some(0));
    git(root, &["add", "-A"]);
    git(root, &["commit", "-qm", "two"]);
    let release = |branch: &str, name: &str| {
        git(root, &["checkout", "-q", "-b", branch, "main"]);
        let text = format!("contract {name} {{\n  version = \"1.0.0\"\n  a: int64\n}}\n");
        fs::write(root.join(format!("src/{branch}.mlp")), text).unwrap();
        assert_eq!(diff(root, &["--record"]).status.code(), Some(0));
        git(root, &["add", "-A"]);
        git(root, &["commit", "-qm", branch]);
    };
    // both behind what is there, where they meet
    release("sales", "Sale");
    release("stock", "Stock");
    let merged = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "merge", "-q", "sales"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(!merged.status.success());
    let broken = fs::read_to_string(&lock).unwrap();
    let line = broken.lines().position(|line| line.starts_with("<<<<<<<")).unwrap() + 1;
    for args in [&["diff", "--against", "main"][..], &["check"]] {
        let done = Command::new(mlp()).args(args).current_dir(root).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{}", text(&done));
        let says = format!("contracts.lock: line {line}: a merge left a conflict here; `mlp diff --record` keeps");
        assert!(text(&done).contains(&says), "{}", text(&done));
    }
    let done = diff(root, &["--record"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    assert!(text(&done).contains("joined both sides of a merge"), "{}", text(&done));
    let joined = fs::read_to_string(&lock).unwrap();
    assert!(["sales.Sale", "stock.Stock", "orders.Order"].iter().all(|name| joined.contains(name)), "{joined}");
    assert_eq!(diff(root, &["--against", "main"]).status.code(), Some(0));
    // two contents of one version cannot both stand
    fs::write(&lock, broken.replace("stock.Stock", "sales.Sale")).unwrap();
    let done = diff(root, &["--record"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(text(&done).contains("both sides of the merge released `sales.Sale` 1.0.0"), "{}", text(&done));
}
