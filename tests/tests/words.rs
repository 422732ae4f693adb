//! The table of words, of which the grammars of editors are made, against the checker: each type in it is one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, process::Command};

use mlp_syntax::words;
use mlp_tests::mlp;

/// What `mlp check` says of a program.
fn check(program: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("program.mlp");
    fs::write(&file, program).unwrap();
    let said = Command::new(mlp()).args(["check", "--format", "short"]).arg(&file).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

/// A type as it is written where it stands for values.
fn written(name: &str) -> String {
    let arguments = match name {
        "decimal" => "(12, 2)",
        "enum" => " { a }",
        "struct" => " { a: int8 }",
        "list" => "<int8>",
        "map" => "<string, int8>",
        "vector" => "<float32, 3>",
        _ => "",
    };
    format!("{name}{arguments}")
}

#[test]
fn every_type_of_the_table_is_one() {
    let values = words::TYPES.iter().filter(|name| **name != "field");
    let fields: String = values.enumerate().map(|(at, name)| format!("  c{at}: {}\n", written(name))).collect();
    let program = format!(
        "contract All {{\n{fields}}}\n\
         stage by(rows: Table<All>, on: field<All>) -> Table<All> {{ run = command([\"true\"]) }}\n\
         stage see(folder: Dir, file: File<\"csv\">) -> Dir {{ run = command([\"true\"]) }}\n\
         metrics Quality {{ auc: ratio better higher }}\n\
         stage judge(model: Model<All, All>) -> Report<Quality> {{ run = command([\"true\"]) }}\n"
    );
    assert_eq!(check(&program), "", "{program}");
    for artifact in words::ARTIFACTS {
        assert!(program.contains(artifact), "{artifact} is not tried");
    }
}

#[test]
fn what_is_not_in_the_table_is_no_type() {
    assert!(check("contract Other { a: varchar }\n").contains("MLP201"));
}
