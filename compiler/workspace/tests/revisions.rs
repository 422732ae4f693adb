//! Revisions of real repositories: what they hold, and what is said of those that are not there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, process::Command};

use mlp_workspace::git::Repository;

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository whose package lies in `risk/`: `v1` has one file, `main` another two and a link.
fn repository(at: &Path) {
    fs::create_dir_all(at.join("risk/src")).unwrap();
    git(at, &["init", "--quiet"]);
    fs::write(at.join("risk/src/a.mlp"), "first\n").unwrap();
    fs::write(at.join("risk/data.bin"), [0, 255, 10, 0]).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "one"]);
    git(at, &["tag", "v1"]);
    fs::write(at.join("risk/src/a.mlp"), "second, without a line end").unwrap();
    fs::write(at.join("risk/src/zwölf *.mlp"), "").unwrap();
    fs::create_dir(at.join("shared")).unwrap();
    fs::write(at.join("shared/b.mlp"), "linked\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../../shared/b.mlp", at.join("risk/src/b.mlp")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "two"]);
}

fn files(repository: &Repository, rev: &str, folder: &str) -> Vec<(String, String)> {
    let commit = repository.resolve(rev).unwrap();
    assert_eq!(commit.len(), 40);
    let files = repository.files_at(&commit, folder, |path| path.ends_with(".mlp")).unwrap();
    files.into_iter().map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap())).collect()
}

#[test]
fn a_revision_gives_its_files_in_a_working_tree_and_in_a_bare_repository() {
    let temp = tempfile::tempdir().unwrap();
    let tree = temp.path().join("tree");
    fs::create_dir(&tree).unwrap();
    repository(&tree);
    git(temp.path(), &["clone", "--quiet", "--bare", "tree", "bare.git"]);
    // what lies in the folder and was never committed is no part of a revision
    fs::write(tree.join("risk/src/new.mlp"), "not committed").unwrap();

    let inside = Repository::containing(&tree.join("risk/src")).unwrap();
    assert_eq!(inside.prefix(), "risk/src");
    let bare = Repository::containing(&temp.path().join("bare.git")).unwrap();
    assert_eq!(bare.prefix(), "");
    for repository in [inside, bare] {
        let pair = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        assert_eq!(files(&repository, "v1", "risk/src"), [pair("a.mlp", "first\n")]);
        assert_eq!(
            files(&repository, "main", "risk/"),
            [
                pair("src/a.mlp", "second, without a line end"),
                pair("src/b.mlp", "linked\n"),
                pair("src/zwölf *.mlp", "")
            ]
        );
        assert_eq!(files(&repository, "main~1", ""), [pair("risk/src/a.mlp", "first\n")]);
        assert_eq!(files(&repository, "v1", "nowhere"), []);
        assert_eq!(files(&repository, "v1", "ris"), []);
    }
}

#[test]
fn bytes_are_given_as_they_are() {
    let temp = tempfile::tempdir().unwrap();
    repository(temp.path());
    let at = Repository::containing(temp.path()).unwrap();
    let commit = at.resolve("v1").unwrap();
    let files = at.files_at(&commit, "risk", |path| path == "data.bin").unwrap();
    assert_eq!(files, [("data.bin".to_owned(), vec![0, 255, 10, 0])]);
}

#[test]
fn thousands_of_files_are_read_at_once() {
    let temp = tempfile::tempdir().unwrap();
    git(temp.path(), &["init", "--quiet"]);
    for number in 0..3_000 {
        fs::write(temp.path().join(format!("{number:04}.mlp")), "contract A {}\n".repeat(number % 50)).unwrap();
    }
    git(temp.path(), &["add", "."]);
    git(temp.path(), &["commit", "--quiet", "-m", "many"]);
    let read = files(&Repository::containing(temp.path()).unwrap(), "HEAD", "");
    assert_eq!(read.len(), 3_000);
    assert!(read.iter().enumerate().all(|(number, (_, text))| text.len() == number % 50 * 14));
}

#[test]
fn a_revision_that_is_not_there_is_told_with_those_that_are() {
    let temp = tempfile::tempdir().unwrap();
    let at = temp.path();
    repository(at);
    let repository = Repository::containing(at).unwrap();
    let said = |rev: &str| repository.resolve(rev).unwrap_err();
    assert_eq!(said("v2"), "there is no revision `v2`; there are main, v1");
    assert_eq!(said("HEAD:risk"), "`HEAD:risk` is no commit");
    assert_eq!(said("--all"), "`--all` is no name of a revision");
    assert_eq!(said(""), "`` is no name of a revision");
    git(at, &["remote", "add", "origin", "nowhere"]);
    assert_eq!(
        said("origin/main"),
        "there is no revision `origin/main`; there are main, v1. `git fetch origin main` brings it where the remote has it"
    );
}

#[test]
fn a_shallow_clone_and_an_empty_repository_are_told_as_such() {
    let temp = tempfile::tempdir().unwrap();
    let tree = temp.path().join("tree");
    fs::create_dir(&tree).unwrap();
    git(&tree, &["init", "--quiet"]);
    let empty = Repository::containing(&tree).unwrap();
    assert_eq!(
        empty.resolve("HEAD").unwrap_err(),
        "there is no revision `HEAD`; the repository has no branch and no tag"
    );
    repository(&tree);
    let url = format!("file://{}", tree.display());
    git(temp.path(), &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    let shallow = Repository::containing(&temp.path().join("shallow")).unwrap();
    let said = shallow.resolve("HEAD~1").unwrap_err();
    assert!(said.contains("This clone is shallow"), "{said}");
}

#[test]
fn a_folder_outside_of_any_repository_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let said = Repository::containing(temp.path()).unwrap_err();
    assert_eq!(said, format!("{}: is in no git repository", temp.path().display()));
}

#[test]
fn a_wanted_file_that_is_too_large_is_told_and_not_passed_over() {
    let temp = tempfile::tempdir().unwrap();
    let at = temp.path();
    repository(at);
    fs::write(at.join("risk/src/large.mlp"), vec![b' '; (32 << 20) + 1]).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "large"]);
    let repository = Repository::containing(at).unwrap();
    let read = |folder: &str, end: &str| {
        let commit = repository.resolve("HEAD").unwrap();
        repository.files_at(&commit, folder, |path| path.ends_with(end))
    };
    assert_eq!(
        read("risk", ".mlp").unwrap_err(),
        "`risk/src/large.mlp`: is larger than 32 MiB, and a source file is not; data has no place under such a name"
    );
    assert_eq!(read("risk", ".bin").unwrap().len(), 1, "what is not wanted may be as large as it is");
    // a link is small, what it leads to is not
    #[cfg(unix)]
    std::os::unix::fs::symlink("../risk/src/large.mlp", at.join("shared/link.mlp")).unwrap();
    git(at, &["add", "."]);
    git(at, &["commit", "--quiet", "-m", "a link"]);
    assert!(read("shared", ".mlp").unwrap_err().starts_with("`link.mlp`: is larger than 32 MiB"));
}

#[test]
fn a_tree_whose_names_lead_out_of_it_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let at = temp.path();
    repository(at);
    let made = |input: &str| {
        let mut command = Command::new("git");
        let mut child = command
            .arg("-C")
            .arg(at)
            .arg("mktree")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let repository = Repository::containing(at).unwrap();
    // the empty file, which the repository has
    let inner = made("100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\tx.mlp\n");
    let outer = made(&format!("040000 tree {inner}\t..\n"));
    let tree = made(&format!("040000 tree {outer}\trisk\n"));
    let written = Command::new("git")
        .arg("-C")
        .arg(at)
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "commit-tree", &tree, "-m", "out"])
        .output()
        .unwrap();
    let id = String::from_utf8(written.stdout).unwrap().trim().to_owned();
    let why = repository.files_at(&id, "", |_| true).unwrap_err();
    assert_eq!(why, "`risk/../x.mlp`: is no path of a file inside of a repository");
}
