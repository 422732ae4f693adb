//! What is answered about the examples that the page offers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use mlp_playground::answer;
use serde_json::Value;

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn about(text: &str) -> Value {
    serde_json::from_str(&answer(text).unwrap()).unwrap()
}

/// The examples as the page imports them, with what they are called.
fn examples() -> Vec<(String, String)> {
    let list = std::fs::read_to_string(here().join("page/examples.js")).unwrap();
    let imported = list.lines().filter(|line| line.starts_with("import ")).map(|line| {
        let path = line.split('\'').nth(1).unwrap();
        (path.to_owned(), std::fs::read_to_string(here().join("page").join(path)).unwrap())
    });
    imported.collect()
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

#[test]
fn examples_are_whole_or_broken_as_they_say() {
    let all = examples();
    assert!(all.len() >= 4);
    for (path, text) in all {
        let found = about(&text);
        let errors = found["check"]["summary"]["errors"].as_u64().unwrap();
        assert_eq!(errors > 0, path.contains("broken"), "{path}: {:#}", found["check"]);
        assert_eq!(errors == 0, found.get("made").is_some(), "{path}");
        assert_eq!(answer(&text).unwrap(), answer(&text).unwrap());
    }
}

#[test]
fn a_whole_text_becomes_pictures_and_files() {
    let (_, text) = examples().into_iter().find(|(path, _)| path.ends_with("flights.mlp")).unwrap();
    let found = about(&text);
    let made = &found["made"];
    assert_eq!(names(&made["pipelines"], "name"), ["late"]);
    let pipeline = &made["pipelines"][0];
    assert!(pipeline["svg"].as_str().unwrap().starts_with("<svg "));
    let called = |call: &Value| {
        let offset = |at: usize| usize::try_from(call[at].as_u64().unwrap()).unwrap();
        text.get(offset(0)..offset(1)).unwrap().to_owned()
    };
    let calls: Vec<String> = pipeline["calls"].as_array().unwrap().iter().map(called).collect();
    assert!(calls.contains(&"load_weather()".to_owned()), "{calls:?}");
    for (target, file) in [("airflow", ".py"), ("kubernetes", ".yaml"), ("local", "plan.json")] {
        let files = names(&made["targets"][target]["files"], "path");
        assert!(files.iter().any(|path| path.ends_with(file)), "{target}: {files:?}");
        assert_eq!(made["targets"][target]["refusals"], serde_json::json!([]), "{target}");
    }
    assert!(found["frame"].as_str().unwrap().contains("addEventListener(\"message\""));
}

#[test]
fn what_stages_in_sql_and_python_declare_is_believed() {
    let stage = |sql: &str| {
        format!(
            "contract A {{ id: int64 key }}\ncontract B {{ id: int64 key, n: int32 in 0 .. 9 }}\n\
             stage b(a: Table<A>) -> Table<B> {{ run = sql(\"{sql}\") }}\n\
             source a() -> Table<A> {{ from = csv(\"a.csv\") }}\nsink keep(b: Table<B>) {{ to = csv(\"b.csv\") }}\n\
             pipeline p {{ keep(b(a())) }}\n"
        )
    };
    let python = "contract A { id: int64 }\nstage a() -> Table<A> { run = python(\"no.where:a\") }\n";
    assert_eq!(about(python)["check"]["diagnostics"], serde_json::json!([]));
    for sql in ["select id, 1 as n from a", "select anything from nowhere"] {
        assert_eq!(about(&stage(sql))["check"]["diagnostics"], serde_json::json!([]), "{sql}");
    }
}

#[test]
fn any_text_has_an_answer() {
    for text in
        ["", "}", "contract", "pipeline p {}\n", "// é 😀\ncontract A { id: Nil }\n", "use std.split.{by_time}\n"]
    {
        assert!(about(text)["check"]["diagnostics"].is_array(), "{text}");
    }
}
