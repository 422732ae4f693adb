//! Packages in real repositories, and what `mlp diff` says of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    reason = "a test that cannot go on fails"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::{mlp, text};

/// A contract that is promised in both directions.
pub const ORDERS: &str = r#"contract Order {
  version       = "1.0.0"
  compatibility = full

  id:     int64 key
  amount: float64 unit EUR in 0 .. 1_000
  email:  string @pii
}
"#;

/// A package of one module.
pub fn package(folder: &Path, name: &str, program: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("mlp.toml"), format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n")).unwrap();
    fs::write(folder.join("src").join(format!("{name}.mlp")), program).unwrap();
}

/// Runs git in a folder.
pub fn git(folder: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").arg("-C").arg(folder).args(identity).args(args).output().unwrap();
    assert!(done.status.success(), "git {args:?}: {}", text(&done));
}

/// A repository with a package in it, committed.
pub fn repository(program: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), "orders", program);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "one"]);
    folder
}

/// Changes the contracts of [`repository`].
pub fn change(folder: &Path, from: &str, to: &str) {
    let path = folder.join("src/orders.mlp");
    let before = fs::read_to_string(&path).unwrap();
    assert!(before.contains(from), "{from}");
    fs::write(&path, before.replace(from, to)).unwrap();
}

/// Runs `mlp diff` in a folder.
pub fn diff(folder: &Path, args: &[&str]) -> Output {
    Command::new(mlp()).arg("diff").args(args).current_dir(folder).output().unwrap()
}

/// The exit code and the JSON of `mlp diff`, which is as the published schema says.
pub fn json(folder: &Path, args: &[&str]) -> (i32, Value) {
    let done = diff(folder, &[args, &["--format", "json"]].concat());
    let answer = serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&done)));
    keeps_its_schema(&answer);
    (done.status.code().unwrap(), answer)
}

/// Every answer of these tests is as the published schema says.
pub fn keeps_its_schema(answer: &Value) {
    let path = crate::root().join("docs/reference/schemas/diff.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let faults: Vec<_> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(answer).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}: {answer:#}");
}

/// Who uses the contracts, and reads nothing of them.
pub const LINE: &str = "use contracts.orders.{Order}\ncontract Line { id: int64 }\n";

/// Contracts in one folder, and who uses them in another.
pub fn neighbours(consumer: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    package(&folder.path().join("contracts"), "orders", ORDERS);
    let shop = folder.path().join("shop");
    package(&shop, "shop", consumer);
    fs::write(
        shop.join("mlp.toml"),
        "[package]\nname = \"shop\"\n\n[dependencies]\ncontracts = { path = \"../contracts\" }\n",
    )
    .unwrap();
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-A"]);
    git(folder.path(), &["commit", "-qm", "one"]);
    folder
}

/// Kind and code of every change.
pub fn kinds(answer: &Value) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let all = answer["changes"].as_array().unwrap().iter();
    all.map(|change| (text(&change["kind"]).unwrap(), text(&change["code"]))).collect()
}

/// The changes of a code.
pub fn with(code: &str, answer: &Value) -> Vec<Value> {
    answer["changes"].as_array().unwrap().iter().filter(|change| change["code"] == code).cloned().collect()
}
