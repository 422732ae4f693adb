//! Names that the world outside goes by, across the modules of a package.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{fs, process::Command};

use mlp_tests::{mlp, text};

fn checked(first: &str, second: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("mlp.toml"), "[package]\nname = \"two\"\nlanguage = 1\n").unwrap();
    for (name, pipeline) in [("a", first), ("b", second)] {
        let program = format!(
            "contract Row {{ id: int64 key }}\nsource rows() -> Table<Row> {{ from = parquet(\"{name}.parquet\") }}\n\
             sink keep(rows: Table<Row>) {{ to = parquet(\"{name}_kept.parquet\") }}\npipeline {pipeline} {{ keep(rows()) }}\n"
        );
        fs::write(folder.path().join(format!("src/{name}.mlp")), program).unwrap();
    }
    let done = Command::new(mlp()).args(["check", "--format", "short"]).current_dir(folder.path()).output().unwrap();
    text(&done)
}

#[test]
fn two_modules_have_no_pipeline_of_one_name() {
    let said = checked("daily", "daily");
    assert_eq!(said, "src/b.mlp:4:10: error[MLP202]: the pipeline `daily` is declared twice\n");
}

#[test]
fn contracts_and_stages_of_one_name_are_those_of_their_module() {
    assert_eq!(checked("daily", "weekly"), "");
}
