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

#[test]
fn two_modules_have_no_environment_of_one_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("mlp.toml"), "[package]\nname = \"two\"\nlanguage = 1\n").unwrap();
    for (name, python) in [("a", "3.10"), ("b", "3.11")] {
        let program = format!("env default {{ python = \"{python}\" }}\n");
        fs::write(folder.path().join(format!("src/{name}.mlp")), program).unwrap();
    }
    let done = Command::new(mlp()).args(["check", "--format", "short"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(text(&done), "src/b.mlp:1:5: error[MLP202]: the environment `default` is declared twice\n");
}

/// What a dependency runs is its own matter, and its stages keep their environment.
#[test]
fn a_dependency_may_have_names_that_the_package_has() {
    let folder = tempfile::tempdir().unwrap();
    for (name, dependencies, uses, python) in [
        ("one", "", "", "3.10"),
        ("two", "\n[dependencies]\none = { path = \"../one\" }\n", "use one.all.{tidy, Row}\n", "3.11"),
    ] {
        let root = folder.path().join(name);
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("mlp.toml"), format!("[package]\nname = \"{name}\"\nlanguage = 1\n{dependencies}"))
            .unwrap();
        fs::write(root.join("code.py"), "def tidy(rows):\n    return rows\n").unwrap();
        let own = "contract Row { id: int64 key }\nstage tidy(rows: Table<Row>) -> Table<Row> { run = python(\"code:tidy\") }\n";
        let program = format!(
            "{uses}env default {{ python = \"{python}\" }}\n{}source rows() -> Table<Row> {{ from = parquet(\"in.parquet\") }}\n\
             stage again(rows: Table<Row>) -> Table<Row> {{ run = python(\"code:tidy\") }}\n\
             sink keep(rows: Table<Row>) {{ to = parquet(\"out.parquet\") }}\npipeline daily {{ keep(again(tidy(rows()))) }}\n",
            if uses.is_empty() { own } else { "" },
        );
        fs::write(root.join("src/all.mlp"), program).unwrap();
    }
    let done = Command::new(mlp()).arg("plan").current_dir(folder.path().join("two")).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let plan: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(plan["pipelines"].as_object().unwrap().len(), 1);
    let pythons = [&plan["environments"]["default"]["python"], &plan["environments"]["one.default"]["python"]];
    assert_eq!(pythons, ["3.11", "3.10"]);
    let nodes = plan["pipelines"]["daily"]["nodes"].as_array().unwrap();
    let env = |stage: &str| {
        nodes.iter().find(|node| node["stage"].as_str().unwrap().ends_with(stage)).unwrap()["env"].clone()
    };
    assert_eq!([env("tidy"), env("again")], ["one.default", "default"]);
}

/// Who names a package has its modules told: with one, it is what was meant.
#[test]
fn a_package_is_named_with_its_module() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path().join("shop");
    let risk = folder.path().join("risk");
    for (root, name, more) in
        [(&shop, "shop", ""), (&risk, "risk", "\n[dependencies]\nshop = { path = \"../shop\" }\n")]
    {
        fs::create_dir_all(root.join("src")).unwrap();
        fs::write(root.join("mlp.toml"), format!("[package]\nname = \"{name}\"\nlanguage = 1\n{more}")).unwrap();
    }
    fs::write(shop.join("src/orders.mlp"), "contract Order { id: int64 key }\n").unwrap();
    fs::write(risk.join("src/risk.mlp"), "use shop.{Order}\n\ncontract Own = Order\n").unwrap();
    let said = || {
        let args = ["check", "--format", "pretty", "--package"];
        text(&Command::new(mlp()).args(args).arg(&risk).output().unwrap())
    };
    let one = said();
    assert!(one.contains("there is no module `shop`") && one.contains("did you mean `shop.orders`?"), "{one}");

    fs::write(shop.join("src/refunds.mlp"), "contract Refund { id: int64 key }\n").unwrap();
    let two = said();
    assert!(two.contains("help: there are `shop.orders`, `shop.refunds`"), "{two}");
}
