//! The loop over a real connection: greetings and goodbyes, requests taken back, and a bug of ours in the middle of a session.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{sync::Arc, thread::JoinHandle, time::Duration};

use lsp_server::{Connection, Message, Notification, Request};
use mlp_ports::{SqlChecker, SqlColumn, SqlFault, SqlInput};
use mlp_server::history::NoHistory;
use serde_json::{Value, json};

/// A part of the compiler with a bug: it panics over some texts.
struct Buggy;

impl SqlChecker for Buggy {
    fn check(&self, sql: &str, _inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        assert!(!sql.contains("boom"), "a bug");
        Ok(Vec::new())
    }
}

/// The client's end of a connection, and the server at the other.
struct Client {
    connection: Connection,
    server: JoinHandle<Result<(), String>>,
}

impl Client {
    fn new() -> Self {
        let (server, connection) = Connection::memory();
        let server = std::thread::spawn(move || mlp_server::converse(&server, Arc::new(Buggy), Box::new(NoHistory)));
        Self { connection, server }
    }

    fn send(&self, message: impl Into<Message>) {
        self.connection.sender.send(message.into()).unwrap();
    }

    fn tell(&self, method: &str, params: Value) {
        self.send(Notification { method: method.to_owned(), params });
    }

    fn ask(&self, id: i32, method: &str, params: Value) {
        self.send(Request { id: id.into(), method: method.to_owned(), params });
    }

    /// The next message of the server, which must come.
    fn next(&self) -> Value {
        let message = self.connection.receiver.recv_timeout(Duration::from_secs(60));
        serde_json::to_value(message.unwrap_or_else(|_| panic!("the server says nothing"))).unwrap()
    }

    /// The answer to a request, whatever is told before it.
    fn answer(&self, id: i32) -> Value {
        loop {
            let message = self.next();
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn greet(&self) {
        self.ask(0, "initialize", json!({"capabilities": {}}));
        assert_eq!(self.answer(0)["result"]["serverInfo"]["name"], "mlp");
        self.tell("initialized", json!({}));
    }

    fn open(&self, text: &str) {
        let document = json!({"uri": "file:///nowhere/a.mlp", "languageId": "mlp", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn end(self) -> Result<(), String> {
        drop(self.connection);
        self.server.join().unwrap()
    }
}

const SYMBOLS: &str = "textDocument/documentSymbol";

fn document() -> Value {
    json!({"textDocument": {"uri": "file:///nowhere/a.mlp"}})
}

#[test]
fn a_session_ends_as_the_protocol_says() {
    let client = Client::new();
    client.greet();
    client.ask(1, "shutdown", json!(null));
    assert_eq!(client.answer(1)["result"], json!(null));
    client.ask(2, SYMBOLS, document());
    assert_eq!(client.answer(2)["error"]["code"], -32600, "it is shutting down");
    client.tell("exit", json!(null));
    assert_eq!(client.end(), Ok(()));
}

#[test]
fn who_hangs_up_is_told_of_to_the_process_that_waits() {
    let client = Client::new();
    client.greet();
    assert!(client.end().unwrap_err().contains("hung up"));
    let client = Client::new();
    client.greet();
    client.tell("exit", json!(null));
    assert!(client.end().is_err(), "without `shutdown`");
}

#[test]
fn what_comes_before_the_greeting_is_refused_and_a_bad_greeting_too() {
    let client = Client::new();
    client.tell("textDocument/didOpen", json!({}));
    client.ask(1, SYMBOLS, document());
    assert_eq!(client.answer(1)["error"]["code"], -32002);
    client.ask(2, "initialize", json!({"capabilities": 5}));
    assert_eq!(client.answer(2)["error"]["code"], -32602);
    assert!(client.end().is_err());
}

#[test]
fn who_says_goodbye_before_the_greeting_may_go() {
    let client = Client::new();
    client.ask(1, "shutdown", json!(null));
    assert_eq!(client.answer(1)["error"]["code"], -32002);
    client.tell("exit", json!(null));
    assert!(client.server.join().unwrap().is_err(), "the end does not wait for the client to hang up");
}

#[test]
fn a_request_about_all_packages_is_answered_once_they_are_open() {
    let folder = tempfile::tempdir().unwrap();
    for package in ["one", "two"] {
        let src = folder.path().join(package).join("src");
        std::fs::create_dir_all(&src).unwrap();
        let manifest = format!("[package]\nname = \"{package}\"\nversion = \"1.0.0\"\nlanguage = 1\n");
        std::fs::write(folder.path().join(package).join("mlp.toml"), manifest).unwrap();
        std::fs::write(src.join("a.mlp"), "contract A { id: int64 }\n").unwrap();
    }
    let root = lsp_types::Url::from_directory_path(folder.path()).unwrap();
    let client = Client::new();
    let folders = json!([{"uri": root, "name": "all"}]);
    client.ask(0, "initialize", json!({"capabilities": {}, "workspaceFolders": folders}));
    // all of this waits while the server greets
    client.tell("initialized", json!({}));
    client.ask(1, "workspace/symbol", json!({"query": "A"}));
    client.ask(2, "workspace/symbol", json!({"query": "A"}));
    client.tell("$/cancelRequest", json!({"id": 2}));
    // what is taken back need not wait
    let mut answers = std::collections::BTreeMap::new();
    while answers.len() < 2 {
        let said = client.next();
        if let Some(id) = said["id"].as_i64().filter(|id| [1, 2].contains(id) && said.get("method").is_none()) {
            answers.insert(id, said);
        }
    }
    assert_eq!(answers[&1]["result"].as_array().unwrap().len(), 2);
    let second = &answers[&2];
    assert!(second["error"]["code"] == -32800 || second.get("result").is_some(), "{second}");
    client.ask(3, "shutdown", json!(null));
    client.answer(3);
    client.tell("exit", json!(null));
    assert_eq!(client.end(), Ok(()));
}

#[test]
fn a_request_that_is_taken_back_before_its_turn_is_not_worked_on() {
    let client = Client::new();
    client.ask(0, "initialize", json!({"capabilities": {}}));
    // while the server greets, all of this waits
    client.tell("initialized", json!({}));
    client.open(&"contract A { id: int64 }\n".repeat(2_000));
    client.ask(1, SYMBOLS, document());
    client.tell("$/cancelRequest", json!({"id": 1}));
    client.ask(2, SYMBOLS, document());
    let first = client.answer(1);
    assert!(first["error"]["code"] == -32800 || first.get("result").is_some(), "{first}");
    assert!(client.answer(2)["result"].is_array());
    drop(client.end());
}

#[test]
fn after_a_bug_the_session_goes_on() {
    let client = Client::new();
    client.greet();
    client
        .open("contract A { id: int64 }\nstage s(rows: Table<A>) -> Table<A> { run = sql(\"select id from rows\") }\n");
    client.ask(1, SYMBOLS, document());
    assert_eq!(client.answer(1)["result"].as_array().unwrap().len(), 2);
    // this makes the checker panic
    let change = |text: &str| {
        client.tell(
            "textDocument/didChange",
            json!({
                "textDocument": {"uri": "file:///nowhere/a.mlp", "version": 2},
                "contentChanges": [{"text": text}],
            }),
        );
    };
    change("stage s(rows: Table<A>) -> Table<A> { run = sql(\"boom\") }\ncontract A { id: int64 }\n");
    client.ask(2, SYMBOLS, document());
    assert!(client.answer(2).get("error").is_some(), "there is no program to tell of");
    change("contract B { id: int64 }\ncontract C { id: int64 }\ncontract D { id: int64 }\n");
    client.ask(3, SYMBOLS, document());
    assert_eq!(client.answer(3)["result"].as_array().unwrap().len(), 3);
    client.ask(4, "shutdown", json!(null));
    client.answer(4);
    client.tell("exit", json!(null));
    assert_eq!(client.end(), Ok(()));
}
