//! Clients that do what the protocol forbids, or leaves open: the server answers, keeps what it knows, and goes on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

const TEXT: &str = "contract A { id: int64 }\n";

fn shop() -> Client {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/a.mlp", TEXT);
    let mut client = Client::within(folder, json!({"workspace": {"configuration": true}}));
    client.told();
    client
}

fn names(client: &mut Client, uri: &str) -> Vec<String> {
    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}})).unwrap();
    symbols.as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap().to_owned()).collect()
}

fn change(client: &mut Client, uri: &str, version: i32, changes: Value) {
    let document = json!({"uri": uri, "version": version});
    client.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
}

fn range(start: (u32, u32), end: (u32, u32)) -> Value {
    json!({"start": {"line": start.0, "character": start.1}, "end": {"line": end.0, "character": end.1}})
}

#[test]
fn notifications_that_nobody_knows_or_can_read_are_passed_over() {
    let mut client = shop();
    for (method, params) in [
        ("$/setTrace", json!({"value": "verbose"})),
        ("$/nothing", json!(null)),
        ("textDocument/willSave", json!({})),
        ("textDocument/didOpen", json!({"textDocument": null})),
        ("textDocument/didChange", json!([])),
        ("textDocument/didSave", json!({"textDocument": {"uri": "no address"}})),
        ("workspace/didChangeWatchedFiles", json!({"changes": [{"uri": 5, "type": 99}]})),
        ("workspace/didRenameFiles", json!({"files": [{"oldUri": "no address", "newUri": ""}]})),
        ("workspace/didChangeConfiguration", json!(null)),
        ("window/workDoneProgress/cancel", json!({"token": {}})),
        ("window/workDoneProgress/cancel", json!({"token": "unknown"})),
        ("$/cancelRequest", json!({"id": 99})),
        ("$/cancelRequest", json!({"id": null})),
    ] {
        client.tell(method, params);
    }
    let uri = client.uri("src/a.mlp").to_string();
    assert_eq!(names(&mut client, &uri), ["A"]);
}

#[test]
fn a_change_of_a_text_that_was_never_opened_changes_nothing() {
    let mut client = shop();
    let uri = client.uri("src/a.mlp").to_string();
    change(&mut client, &uri, 2, json!([{"text": "contract B { id: int64 }\n"}]));
    assert_eq!(names(&mut client, &uri), ["A"]);
    client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    client.tell("textDocument/didSave", json!({"textDocument": {"uri": uri}}));
    assert_eq!(names(&mut client, &uri), ["A"]);
}

#[test]
fn what_is_opened_twice_is_what_came_last_and_versions_may_go_back() {
    let mut client = shop();
    let uri = client.uri("src/a.mlp").to_string();
    client.open("src/a.mlp", "contract B { id: int64 }\n");
    client.open("src/a.mlp", "contract C { id: int64 }\n");
    assert_eq!(names(&mut client, &uri), ["C"]);
    change(&mut client, &uri, -7, json!([{"range": range((0, 9), (0, 10)), "text": "D"}]));
    assert_eq!(names(&mut client, &uri), ["D"]);
    for _ in 0..2 {
        client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
    }
    assert_eq!(names(&mut client, &uri), ["A"], "what is on disk");
}

#[test]
fn ranges_that_are_not_there_are_brought_to_the_text() {
    let mut client = shop();
    let path = client.path("src/a.mlp");
    let uri = client.uri("src/a.mlp").to_string();
    let far = u32::MAX;
    for (range, text) in [
        (range((0, 24), (far, far)), "contract A { id: int64 }+"),
        (range((far, 0), (far, far)), "contract A { id: int64 }\n+"),
        (range((0, far), (0, far)), "contract A { id: int64 }+\n"),
        (range((0, 9), (0, 2)), "contract +A { id: int64 }\n"),
        (range((1, 0), (0, 0)), "contract A { id: int64 }\n+"),
    ] {
        client.open("src/a.mlp", TEXT);
        change(&mut client, &uri, 2, json!([{"range": range, "text": "+"}]));
        assert_eq!(client.session.workspace.buffer(&path).unwrap().text, text, "{range}");
        let everywhere = json!({"textDocument": {"uri": uri}, "range": range, "position": range["end"], "context": {"diagnostics": [], "triggerKind": 1}});
        for method in ["hover", "completion", "codeAction", "inlayHint", "documentHighlight", "definition"] {
            client.ask(&format!("textDocument/{method}"), everywhere.clone()).unwrap();
        }
    }
}

#[test]
fn addresses_of_every_kind_are_texts_of_their_own() {
    let mut client = shop();
    let escaped = client.uri("src/a.mlp").to_string().replace("/a.mlp", "/%61%2Emlp");
    for uri in [
        escaped.as_str(),
        "file:///c%3A/Users/me/a%20b.mlp",
        "file:///C:/Users/me/a.mlp",
        "file://server/share/a.mlp",
        "untitled:Untitled-1",
        "untitled:/tmp/new.mlp",
        "vscode-remote://ssh-remote%2Bhost/home/me/a.mlp",
        "git:/home/me/a.mlp?%7B%22ref%22%3A%22HEAD%22%7D",
        "vscode-notebook-cell:/a.ipynb#W0sZmlsZQ",
        "zipfile:///a.zip::a.mlp",
    ] {
        let document = json!({"uri": uri, "languageId": "mlp", "version": 1, "text": "contract Other { id: Nil }\n"});
        client.tell("textDocument/didOpen", json!({"textDocument": document}));
        assert_eq!(names(&mut client, uri), ["Other"], "{uri}");
        let told = client.told();
        let pushed = told.iter().find(|told| told["method"] == "textDocument/publishDiagnostics").unwrap();
        assert_eq!(pushed["params"]["uri"], uri, "as the client spells it");
        assert_eq!(pushed["params"]["diagnostics"].as_array().unwrap().len(), 1);
        change(&mut client, uri, 2, json!([{"text": TEXT}]));
        assert_eq!(names(&mut client, uri), ["A"], "{uri}");
        client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
        client.told();
    }
}

#[test]
fn settings_that_never_come_or_come_as_an_error_leave_them_as_they_are() {
    let mut client = Client::new(json!({"workspace": {"configuration": true}}));
    let told = client.told();
    let id = told.iter().find(|told| told["method"] == "workspace/configuration").unwrap()["id"].clone();
    client.session.config.schema_hints = false;
    let error = json!({"id": id, "error": {"code": -32601, "message": "no such method"}});
    for _ in 0..2 {
        client.session.answered(serde_json::from_value(error.clone()).unwrap());
        assert!(!client.session.config.schema_hints);
    }
    let unasked = json!({"id": 12345, "result": [{"inlayHints": {"schema": true}}]});
    client.session.answered(serde_json::from_value(unasked).unwrap());
    assert!(!client.session.config.schema_hints, "nobody asked");
}
