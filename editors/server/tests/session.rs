//! What a session does with what it is told: texts, files on disk, settings, folders; and that it outlives whatever comes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::sync::Arc;

use mlp_ports::{SqlChecker, SqlColumn, SqlFault, SqlInput};
use mlp_server::session::Session;
use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

const ORDERS: &str = "contract Order { id: int64 }\n";
const STAGES: &str = "use orders.{Order}\n\nstage make() -> Table<Order> { run = command([\"true\"]) }\n";

/// A client that pushes are made to, with a package of two modules on its disk.
fn shop() -> Client {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/orders.mlp", ORDERS);
    common::write(folder.path(), "src/stages.mlp", STAGES);
    let mut client = Client::within(folder, json!({}));
    assert_eq!(client.findings(), [] as [String; 0]);
    client
}

fn change(client: &mut Client, name: &str, changes: Value) {
    let uri = client.uri(name);
    client
        .tell("textDocument/didChange", json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes}));
}

fn watched(client: &mut Client, name: &str) {
    let uri = client.uri(name);
    client.tell("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": uri, "type": 2}]}));
}

#[test]
fn an_edit_in_one_file_is_told_of_the_others_that_it_breaks_and_its_mend_too() {
    let mut client = shop();
    client.open("src/orders.mlp", ORDERS);
    let name = json!({"start": {"line": 0, "character": 9}, "end": {"line": 0, "character": 14}});
    change(&mut client, "src/orders.mlp", json!([{"range": name, "text": "Ordre"}]));
    assert_eq!(client.findings(), ["stages.mlp:0:12 MLP203 module `orders` declares no `Order`"]);
    change(&mut client, "src/orders.mlp", json!([{"range": name, "text": "Order"}]));
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
}

#[test]
fn edits_of_one_change_are_made_in_turn() {
    let mut client = shop();
    client.open("src/orders.mlp", "");
    let at = |line: u32, character: u32| json!({"start": {"line": line, "character": character}, "end": {"line": line, "character": character}});
    change(
        &mut client,
        "src/orders.mlp",
        json!([
            {"text": "// 😀 a comment\n"},
            {"range": at(1, 0), "text": "contract Order { }\n"},
            {"range": at(1, 17), "text": "id: int64 "},
            {"range": at(0, 5), "text": "and "},
        ]),
    );
    let uri = client.uri("src/orders.mlp");
    let text = &client.session.workspace.buffer(&uri.to_file_path().unwrap()).unwrap().text;
    assert_eq!(text, "// 😀and  a comment\ncontract Order { id: int64 }\n");
    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}})).unwrap();
    assert_eq!(symbols[0]["children"][0]["name"], "id");
}

#[test]
fn what_is_open_counts_and_not_what_is_on_disk_until_it_is_closed() {
    let mut client = shop();
    client.open("src/orders.mlp", "contract Other { id: int64 }\n");
    assert_eq!(client.findings().len(), 1, "the buffer has no `Order`");
    client.write("src/orders.mlp", "contract Third { id: int64 }\n");
    watched(&mut client, "src/orders.mlp");
    assert_eq!(client.findings(), [] as [String; 0], "nothing new: the buffer still counts");
    client.write("src/orders.mlp", ORDERS);
    let uri = client.uri("src/orders.mlp");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
}

/// An engine to which SQL is what begins with `select`.
struct Selects;

impl SqlChecker for Selects {
    fn check(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        if !sql.starts_with("select") {
            return Err(SqlFault { message: "this is no SQL".to_owned(), at: None, help: None });
        }
        let columns = inputs.iter().flat_map(|input| input.columns.iter().map(|column| (input.name, column)));
        let passed = columns.map(|(table, column)| SqlColumn {
            name: column.name.clone(),
            data: column.value.data.clone(),
            nullable: column.value.nullable,
            passes: Some((table.to_owned(), column.name.clone())),
            values: Vec::new(),
            conditions: Vec::new(),
        });
        Ok(passed.collect())
    }
}

#[test]
fn each_edit_of_a_file_that_a_stage_names_counts_at_once() {
    let mut client = shop();
    let folder = json!([{"uri": client.uri(""), "name": "test"}]);
    let params = json!({"capabilities": {}, "workspaceFolders": folder});
    client.session = Session::new(&serde_json::from_value(params).unwrap(), Arc::new(Selects));
    client.tell("initialized", json!({}));
    let stage =
        "use orders.{Order}\n\nstage make(orders: Table<Order>) -> Table<Order> { run = sql(\"sql/make.sql\") }\n";
    client.write("sql/make.sql", "select id from orders");
    client.open("src/stages.mlp", stage);
    client.pushed();
    client.open("sql/make.sql", "select id from orders");
    assert_eq!(client.pushed(), [], "it is what is on disk");
    change(&mut client, "sql/make.sql", json!([{"text": "no SQL"}]));
    let told = client.findings();
    assert!(told.len() == 1 && told[0].starts_with("stages.mlp:2:"), "{told:?}");
    let no = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 6}});
    change(&mut client, "sql/make.sql", json!([{"range": no, "text": "select id from orders"}]));
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
}

#[test]
fn files_come_and_go_on_disk() {
    let mut client = shop();
    std::fs::remove_file(client.path("src/orders.mlp")).unwrap();
    watched(&mut client, "src/orders.mlp");
    assert_eq!(client.findings(), ["stages.mlp:0:4 MLP203 there is no module `orders`"]);
    client.write("src/orders.mlp", ORDERS);
    watched(&mut client, "src/orders.mlp");
    assert_eq!(client.pushed(), [("stages.mlp".to_owned(), Vec::new())]);
}

#[test]
fn a_manifest_that_is_wrong_is_told_in_it_and_the_package_comes_back() {
    let mut client = shop();
    client.write("mlp.toml", "[package\n");
    watched(&mut client, "mlp.toml");
    let told = client.findings();
    assert!(told.len() == 1 && told[0].starts_with("mlp.toml:0:0"), "{told:?}");
    client.write("mlp.toml", MANIFEST);
    watched(&mut client, "mlp.toml");
    assert_eq!(client.pushed(), [("mlp.toml".to_owned(), Vec::new())]);
}

#[test]
fn a_file_without_a_package_is_one_and_a_text_without_a_file_too() {
    let mut client = Client::new(json!({}));
    client.open("alone.mlp", "contract A { id: int65 }\n");
    assert_eq!(client.findings().len(), 1);
    let text =
        json!({"uri": "untitled:Untitled-1", "languageId": "mlp", "version": 1, "text": "contract B { id: Nil }\n"});
    client.tell("textDocument/didOpen", json!({"textDocument": text}));
    let symbols =
        client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": "untitled:Untitled-1"}})).unwrap();
    assert_eq!(symbols[0]["name"], "B");
}

#[test]
fn a_file_without_a_package_is_forgotten_when_it_is_closed() {
    let mut client = Client::new(json!({}));
    client.write("alone.mlp", "contract A { id: int64 }\n");
    client.open("alone.mlp", "contract A { id: int65 }\n");
    assert_eq!(client.findings().len(), 1);
    let uri = client.uri("alone.mlp");
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    assert_eq!(client.pushed(), [("alone.mlp".to_owned(), Vec::new())]);
    assert_eq!(client.session.workspace.packages().count(), 0);
}

#[test]
fn a_folder_that_is_added_has_its_packages_opened_until_it_is_removed() {
    let mut client = Client::new(json!({}));
    client.write("deep/er/mlp.toml", MANIFEST);
    client.write("deep/er/src/a.mlp", "contract A { id: Nil }\n");
    let uri = client.uri("deep");
    let folder = json!([{"uri": uri, "name": "deep"}]);
    let added = json!({"event": {"added": folder, "removed": []}});
    client.tell("workspace/didChangeWorkspaceFolders", added);
    assert_eq!(client.findings().len(), 1);
    let removed = json!({"event": {"added": [], "removed": folder}});
    client.tell("workspace/didChangeWorkspaceFolders", removed);
    assert_eq!(client.pushed(), [("a.mlp".to_owned(), Vec::new())]);
}

#[test]
fn clients_that_ask_for_findings_are_not_told_them() {
    let mut client = Client::new(json!({"textDocument": {"diagnostic": {}}}));
    client.open("alone.mlp", "contract A { id: Nil }\n");
    assert_eq!(client.pushed(), []);
}

/// Answers the question for the settings that was asked last; whether hints of columns are on then.
fn answered(client: &mut Client, answer: &Value) -> bool {
    let told = client.told();
    let id = &told.iter().find(|told| told["method"] == "workspace/configuration").unwrap()["id"];
    let response = serde_json::from_value(json!({"id": id, "result": answer})).unwrap();
    client.session.answered(response);
    client.session.config.schema_hints
}

#[test]
fn settings_are_asked_for_and_odd_answers_change_nothing() {
    let mut client = Client::new(json!({"workspace": {"configuration": true}}));
    for (answer, on) in [
        (json!(null), true),
        (json!([null]), true),
        (json!([{"inlayHints": {"schema": false}}]), false),
        (json!([{"inlayHints": 5}]), true),
    ] {
        assert_eq!(answered(&mut client, &answer), on, "{answer}");
        client.tell("workspace/didChangeConfiguration", json!({"settings": null}));
    }
}

#[test]
fn a_function_is_written_behind_the_last_character_of_its_file() {
    let mut client = shop();
    client.write("stages.py", "import os\n\nx = 'é😀'");
    let stage = "use orders.{Order}\n\nstage make() -> Table<Order> { run = python(\"stages:make\") }\n";
    client.open("src/stages.mlp", stage);
    let uri = client.uri("src/stages.mlp");
    let range = json!({"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 60}});
    let params = json!({"textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []}});
    let actions = client.ask("textDocument/codeAction", params).unwrap();
    let edits = actions.as_array().unwrap().iter().find_map(|action| action["edit"]["documentChanges"].as_array());
    let edit = &edits.unwrap().last().unwrap()["edits"][0];
    assert_eq!(edit["range"]["start"], json!({"line": 2, "character": 9}), "{edit}");
}

#[test]
fn what_cannot_be_answered_is_said() {
    let mut client = shop();
    let elsewhere = json!({"textDocument": {"uri": "file:///nowhere/a.mlp"}});
    for (method, params, code) in [
        ("textDocument/documentSymbol", elsewhere, "-32803"),
        ("textDocument/documentSymbol", json!({"textDocument": 5}), "-32602"),
        ("textDocument/formatting", json!(null), "-32602"),
        ("textDocument/nothing", json!({}), "-32601"),
    ] {
        let answer = client.ask(method, params).unwrap_err();
        assert!(answer.starts_with(code), "{method}: {answer}");
    }
}
