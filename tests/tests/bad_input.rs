//! What nobody writes on purpose: a clear error, the right exit code, no panic.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::CommandExt as _,
    },
    path::Path,
    process::{Command, Output},
};

use mlp_tests::mlp;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn package(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let manifest: (&str, &[u8]) = ("mlp.toml", b"[package]\nname = \"p\"\nversion = \"1.0.0\"\nlanguage = 1\n");
    folder(&[&[manifest], files].concat())
}

fn check(folder: &Path, args: &[&str]) -> Output {
    Command::new(mlp()).current_dir(folder).arg("check").args(args).output().unwrap()
}

/// The exit code and everything that was printed, for which nothing panicked.
fn said(done: &Output) -> (Option<i32>, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(!text.contains("panicked"), "{text}");
    (done.status.code(), text)
}

fn refused(done: &Output, code: i32, words: &[&str]) {
    let (found, text) = said(done);
    assert!(found == Some(code) && words.iter().all(|word| text.contains(word)), "{found:?}: {text}");
}

#[test]
fn not_utf8() {
    let folder = package(&[("src/a.mlp", b"contract A {\n  x: int64 \xff\n}\n")]);
    refused(&check(folder.path(), &[]), 2, &["src/a.mlp", "is not UTF-8 (line 2)"]);
}

#[test]
fn a_hundred_megabytes() {
    let folder = package(&[("src/a.mlp", "// words\n".repeat(12 << 20).as_bytes())]);
    refused(&check(folder.path(), &[]), 2, &["src/a.mlp", "has 108 MiB; a source file has at most 32 MiB"]);
}

#[test]
fn a_hundred_thousand_brackets() {
    let many = 100_000;
    for text in [
        format!("const x: int = {}1{}\n", "(".repeat(many), ")".repeat(many)),
        format!("const x: int = {}\n", "(".repeat(many)),
        format!("contract A {{ x: {}int64{} }}\n", "list<".repeat(many), ">".repeat(many)),
        format!("pipeline p {{ let x = {}{} }}\n", "[".repeat(many), "]".repeat(many)),
        format!("stage s() -> () {{ run = {}1{} }}\n", "{ a: ".repeat(many), " }".repeat(many)),
        format!("const x: bool = {}true\n", "not ".repeat(many)),
        format!("const x: int = {}1\n", "1 + ".repeat(many)),
    ] {
        let folder = folder(&[("a.mlp", text.as_bytes())]);
        refused(&check(folder.path(), &["a.mlp"]), 1, &["MLP103"]);
        let formatted = Command::new(mlp()).current_dir(folder.path()).args(["fmt", "a.mlp"]).output().unwrap();
        said(&formatted);
    }
}

#[test]
fn a_folder_in_place_of_a_file() {
    let folder = folder(&[("a.mlp/b.txt", b"")]);
    refused(&check(folder.path(), &["a.mlp"]), 2, &["a.mlp", "no mlp.toml"]);
    refused(&check(folder.path(), &["none.mlp"]), 2, &["none.mlp", "no such file"]);
}

#[test]
fn links_in_a_circle() {
    let folder = package(&[("src/a.mlp", b"contract A { x: int64 }\n")]);
    symlink(".", folder.path().join("src/again")).unwrap();
    refused(&check(folder.path(), &[]), 2, &["symbolic links go in a circle"]);
}

#[test]
fn imports_in_a_circle() {
    let folder = package(&[
        ("src/a.mlp", b"use b.{B}\ncontract A { x: int64 }\n"),
        ("src/b.mlp", b"use a.{A}\ncontract B { x: int64 }\n"),
    ]);
    refused(&check(folder.path(), &[]), 1, &["MLP406", "`a`", "`b`"]);
}

/// The superuser may read everything, so that the suite becomes somebody else where it runs as that.
#[test]
fn what_may_not_be_read() {
    const NOBODY: u32 = 65_534;
    let folder = package(&[("src/a.mlp", b"contract A { x: int64 }\n")]);
    // somebody else may not come to where the binary was built
    let (program, root) = (folder.path().join("mlp"), fs::read_dir("/root").is_ok());
    fs::copy(mlp(), &program).unwrap();
    let closed = |path: &Path| {
        let before = fs::metadata(path).unwrap().permissions();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
        let mut command = Command::new(&program);
        command.current_dir(folder.path()).arg("check");
        if root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let done = command.output().unwrap();
        fs::set_permissions(path, before).unwrap();
        done
    };
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["src/a.mlp", "src", "mlp.toml"] {
        refused(&closed(&folder.path().join(name)), 2, &[name, "permission denied"]);
    }
}

#[test]
fn a_manifest_that_is_none() {
    for (text, word) in [("[package\n", "mlp.toml"), ("[package]\nname = \"p\"\nlanguage = 9\n", "language")] {
        let folder = folder(&[("mlp.toml", text.as_bytes()), ("src/a.mlp", b"")]);
        refused(&check(folder.path(), &[]), 2, &[word]);
    }
}

/// Damage in a footer, at which the library panics in places, is told in our words alone.
#[test]
fn a_damaged_parquet_file() {
    let whole = fs::read(mlp_tests::root().join("backends/engine/tests/table/checksums.parquet")).unwrap();
    let folder = package(&[("src/a.mlp", b"contract A { id: int64 }\n")]);
    let footer = whole.len() - 600;
    for at in (footer..whole.len() - 8).step_by(7) {
        let mut damaged = whole.clone();
        *damaged.get_mut(at).unwrap() ^= 0xff;
        fs::write(folder.path().join("rows.parquet"), damaged).unwrap();
        let mut command = Command::new(mlp());
        command.current_dir(folder.path()).args(["contract", "check", "A", "rows.parquet"]);
        let (code, text) = said(&command.output().unwrap());
        assert!(code == Some(1) || (code == Some(2) && text.contains("rows.parquet: ")), "byte {at}: {code:?}: {text}");
    }
}
