//! What takes long comes in pieces: it is shown how far it is where the client can show it, and it can be taken back.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use lsp_server::{Message, Request};
use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

const PACKAGES: usize = 3;

/// A client that shows progress and asks for findings, in a folder with some packages, one with a mistake.
fn client(shows: bool) -> Client {
    let folder = tempfile::tempdir().unwrap();
    for package in 0..PACKAGES {
        common::write(folder.path(), &format!("p{package}/mlp.toml"), MANIFEST);
        common::write(folder.path(), &format!("p{package}/src/a.mlp"), "contract A { id: int64 }\n");
    }
    common::write(folder.path(), "p1/src/a.mlp", "contract B { id: Nil }\n");
    let capabilities = json!({"window": {"workDoneProgress": shows}, "textDocument": {"diagnostic": {}}});
    Client::within(folder, capabilities)
}

/// What was sent by now, without any further work.
fn sent(client: &mut Client) -> Vec<Value> {
    let message = |message: Message| serde_json::to_value(message).unwrap();
    client.session.outgoing().into_iter().map(message).collect()
}

/// The client takes the token that is offered; which one that is.
fn take_token(client: &mut Client) -> Value {
    let offered = sent(client).into_iter().find(|sent| sent["method"] == "window/workDoneProgress/create").unwrap();
    let taken = json!({"id": offered["id"], "result": null});
    client.session.answered(serde_json::from_value(taken).unwrap());
    offered["params"]["token"].clone()
}

/// The progress of a token: kinds and messages.
fn progress(sent: &[Value], token: &Value) -> Vec<String> {
    let own = sent.iter().filter(|sent| sent["method"] == "$/progress" && sent["params"]["token"] == *token);
    let told = own.map(|sent| {
        let value = &sent["params"]["value"];
        let words = value["title"].as_str().or(value["message"].as_str()).unwrap_or_default();
        format!("{} {words}", value["kind"].as_str().unwrap_or("piece")).trim_end().to_owned()
    });
    told.collect()
}

fn ask(client: &mut Client, id: i32, method: &str, params: Value) -> Option<Value> {
    let request = Request { id: id.into(), method: method.to_owned(), params };
    client.session.take(request).map(Result::unwrap)
}

fn answer(sent: &[Value], id: i32) -> &Value {
    sent.iter().find(|sent| sent["id"] == id && sent.get("method").is_none()).unwrap()
}

#[test]
fn opening_packages_is_shown_where_the_client_can_show_it() {
    let mut client = self::client(true);
    let token = take_token(&mut client);
    while client.session.step() {}
    let sent = sent(&mut client);
    assert_eq!(
        progress(&sent, &token),
        [
            "begin mlp: opening packages",
            "report p0 (0/3)",
            "report p1 (1/3)",
            "report p2 (2/3)",
            "end all packages are open"
        ]
    );
    assert_eq!(client.session.workspace.packages().count(), PACKAGES);
    let mut client = self::client(false);
    assert!(self::sent(&mut client).iter().all(|sent| sent["method"] != "window/workDoneProgress/create"));
}

#[test]
fn a_token_that_the_client_has_not_taken_is_not_used() {
    let mut client = client(true);
    while client.session.step() {}
    let offered = sent(&mut client);
    let offer = offered.iter().find(|sent| sent["method"] == "window/workDoneProgress/create").unwrap();
    assert_eq!(progress(&offered, &offer["params"]["token"]), [] as [String; 0]);
    for late in
        [json!({"id": offer["id"], "result": null}), json!({"id": offer["id"], "error": {"code": 1, "message": ""}})]
    {
        client.session.answered(serde_json::from_value(late).unwrap());
        assert_eq!(sent(&mut client).len(), 0, "the work was done before");
    }
}

#[test]
fn opening_can_be_taken_back_and_what_is_open_goes_on() {
    let mut client = client(true);
    let token = take_token(&mut client);
    let (path, uri) = ("p2/src/a.mlp", client.uri("p2/src/a.mlp"));
    client.open(path, "contract A { id: int64 }\n");
    client.tell("window/workDoneProgress/cancel", json!({"token": token}));
    assert!(!client.session.step());
    assert_eq!(progress(&sent(&mut client), &token).last().unwrap(), "end given up");
    assert_eq!(client.session.workspace.packages().count(), 1, "the one with the open text");
    let symbols = client.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": uri}})).unwrap();
    assert_eq!(symbols[0]["name"], "A");
}

#[test]
fn what_is_about_a_document_is_answered_while_packages_are_opened_and_what_is_about_all_waits() {
    let mut client = client(false);
    client.open("p1/src/a.mlp", "contract B { id: Nil }\n");
    let document = json!({"textDocument": {"uri": client.uri("p1/src/a.mlp")}});
    assert!(ask(&mut client, 1, "textDocument/documentSymbol", document).unwrap().is_array());
    assert_eq!(ask(&mut client, 2, "workspace/symbol", json!({"query": ""})), None);
    assert_eq!(ask(&mut client, 3, "workspace/symbol", json!({"query": "A"})), None);
    assert_eq!(client.session.workspace.packages().count(), 1);
    client.tell("$/cancelRequest", json!({"id": 3}));
    assert_eq!(answer(&sent(&mut client), 3)["error"]["code"], -32800);
    while client.session.step() {}
    let names = answer(&sent(&mut client), 2)["result"].as_array().unwrap().len();
    assert_eq!(names, 2 * PACKAGES, "a contract and its column of each package");
}

#[test]
fn who_waits_is_answered_about_the_text_that_was_asked_about() {
    let mut client = client(false);
    client.open("p0/src/a.mlp", "contract A { id: int64 }\n");
    assert_eq!(ask(&mut client, 1, "workspace/symbol", json!({"query": "A"})), None);
    let uri = client.uri("p0/src/a.mlp");
    let change = json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": ""}]});
    client.tell("textDocument/didChange", change);
    let found = answer(&sent(&mut client), 1)["result"].as_array().unwrap().len();
    assert_eq!(found, 2, "p0 and p2, before the change");
}

#[test]
fn findings_of_all_documents_come_in_pieces_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    for module in 0..150 {
        common::write(folder.path(), &format!("src/m{module}.mlp"), "contract A { id: Nil }\n");
    }
    let mut client = Client::within(folder, json!({"textDocument": {"diagnostic": {}}}));
    client.told();
    let params = json!({"previousResultIds": [], "workDoneToken": "far", "partialResultToken": 7});
    assert_eq!(ask(&mut client, 1, "workspace/diagnostic", params.clone()), None);
    assert!(client.session.step());
    let first = sent(&mut client);
    assert_eq!(progress(&first, &json!("far")), ["begin mlp: findings of all documents", "report (64/150)"]);
    assert_eq!(progress(&first, &json!(7)).len(), 1);
    while client.session.step() {}
    let rest = sent(&mut client);
    assert_eq!(answer(&rest, 1)["result"], json!({"items": []}), "all of it was told");
    let items = |sent: &[Value]| -> usize {
        let pieces = sent.iter().filter(|sent| sent["params"]["token"] == 7);
        pieces.map(|piece| piece["params"]["value"]["items"].as_array().unwrap().len()).sum()
    };
    assert_eq!(items(&first) + items(&rest), 150);
    assert_eq!(progress(&rest, &json!("far")).last().unwrap(), "end");

    for (id, method, back) in
        [(2, "$/cancelRequest", json!({"id": 2})), (3, "window/workDoneProgress/cancel", json!({"token": "far"}))]
    {
        assert_eq!(ask(&mut client, id, "workspace/diagnostic", params.clone()), None);
        assert!(client.session.step());
        client.tell(method, back);
        assert!(!client.session.step(), "{method}");
        let sent = sent(&mut client);
        assert_eq!(answer(&sent, id)["error"]["code"], -32800, "{method}");
        assert_eq!(progress(&sent, &json!("far")).last().unwrap(), "end given up");
    }
}
