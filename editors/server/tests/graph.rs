//! The live picture, from the command to what a browser is told of it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

const SHOP: &str = "contract Order { id: int64 }

source load() -> Table<Order> { from = csv(\"a.csv\") }
sink keep(rows: Table<Order>) { to = csv(\"b.csv\") }

pipeline daily() {
  let orders = load()
  keep(orders)
}

pipeline nightly() {
  keep(load())
}
";

fn shop() -> Client {
    let folder = tempfile::tempdir().unwrap();
    common::write(folder.path(), "mlp.toml", MANIFEST);
    common::write(folder.path(), "src/shop.mlp", SHOP);
    let mut client = Client::within(folder, json!({}));
    client.open("src/shop.mlp", SHOP);
    client.told();
    client
}

/// Where the first of a word stands in the text.
fn at(client: &Client, word: &str) -> Value {
    let before = SHOP.split(word).next().unwrap();
    let line = before.matches('\n').count();
    let character = before.rsplit('\n').next().unwrap().len();
    json!({"textDocument": {"uri": client.uri("src/shop.mlp")}, "position": {"line": line, "character": character + 1}})
}

fn show(client: &mut Client, place: &Value) -> Value {
    let params = json!({"command": "mlp.showGraph", "arguments": [place]});
    client.ask("workspace/executeCommand", params).unwrap()
}

/// Who looks at the page.
struct Browser {
    events: BufReader<TcpStream>,
    /// What the boxes say.
    names: Vec<String>,
}

impl Browser {
    fn at(address: &Value) -> Self {
        let (host, path) = address.as_str().unwrap().strip_prefix("http://").unwrap().split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET /{path}events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        Self { events: BufReader::new(stream), names: Vec::new() }
    }

    /// The next event, as a line: the title of a picture, the names of what is marked, what is wrong.
    fn next(&mut self) -> String {
        let mut line = || {
            let mut line = String::new();
            assert!(self.events.read_line(&mut line).unwrap() > 0, "the page is closed");
            line.trim_end().to_owned()
        };
        let kind = loop {
            if let Some(kind) = line().strip_prefix("event: ") {
                break kind.to_owned();
            }
        };
        let data: Value = serde_json::from_str(line().strip_prefix("data: ").unwrap()).unwrap();
        match kind.as_str() {
            "picture" => {
                let svg = data["svg"].as_str().unwrap();
                let names =
                    svg.split("class=\"id\"").skip(1).map(|text| text.split(['>', '<']).nth(1).unwrap().to_owned());
                self.names = names.collect();
                format!("{}: {}", data["title"].as_str().unwrap(), self.names.join(", "))
            }
            "here" => {
                let marked =
                    data.as_array().unwrap().iter().map(|at| self.names[at.as_u64().unwrap() as usize].as_str());
                format!("here: {}", marked.collect::<Vec<_>>().join(", "))
            }
            "fault" => format!("fault: {}", data.as_str().unwrap().lines().next().unwrap_or("none")),
            other => panic!("an event `{other}`"),
        }
    }
}

/// Puts a text in the place of the whole one.
fn write(client: &mut Client, text: &str) {
    let uri = client.uri("src/shop.mlp");
    let params = json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]});
    client.tell("textDocument/didChange", params);
    client.told();
}

#[test]
fn the_page_shows_the_pipeline_at_the_cursor_and_follows_it() {
    let mut client = shop();
    let cursor = |client: &mut Client, word: &str| {
        let place = at(client, word);
        client.ask("textDocument/documentHighlight", place).unwrap();
    };
    cursor(&mut client, "load()\n"); // nobody looks: nothing happens
    let place = at(&client, "orders = load");
    let address = show(&mut client, &place);
    let mut browser = Browser::at(&address);
    assert_eq!(browser.next(), "Pipeline daily: orders, keep");
    assert_eq!(browser.next(), "here: orders");
    cursor(&mut client, "keep(orders");
    assert_eq!(browser.next(), "here: keep");
    cursor(&mut client, "keep(load");
    assert_eq!(browser.next(), "Pipeline nightly: keep-load, keep");
    assert_eq!(browser.next(), "here: keep");
    cursor(&mut client, "load() -> ");
    assert_eq!(browser.next(), "here: keep-load", "where a stage is declared, its calls in what is shown");
    cursor(&mut client, "Order {");
    cursor(&mut client, "keep(rows");
    assert_eq!(browser.next(), "here: keep");
    let place = at(&client, "daily");
    assert_eq!(show(&mut client, &place), address, "there is one page");
    assert_eq!(browser.next(), "Pipeline daily: orders, keep");
    assert_eq!(browser.next(), "here: ");
}

#[test]
fn edits_are_drawn_and_a_mistake_leaves_the_picture() {
    let mut client = shop();
    let place = at(&client, "daily");
    let mut browser = Browser::at(&show(&mut client, &place));
    assert_eq!(browser.next(), "Pipeline daily: orders, keep");
    assert_eq!(browser.next(), "here: ");
    write(&mut client, &SHOP.replacen("let orders", "let all", 1).replacen("keep(orders", "keep(all", 1));
    assert_eq!(browser.next(), "Pipeline daily: all, keep");
    assert_eq!(browser.next(), "here: ");
    write(&mut client, &SHOP.replacen("contract", "contrat", 1));
    let told = browser.next();
    assert!(told.starts_with("fault: src/shop.mlp:1:1: error[MLP1"), "{told}");
    write(&mut client, &SHOP.replacen("daily", "weekly", 1));
    assert_eq!(browser.next(), "fault: There is no pipeline `daily` any more.");
    write(&mut client, SHOP);
    assert_eq!(browser.next(), "Pipeline daily: orders, keep");
    assert_eq!(browser.next(), "here: ");
    assert_eq!(browser.next(), "fault: none");
}

#[test]
fn without_a_pipeline_there_is_no_page() {
    let mut client = Client::new(json!({}));
    assert_eq!(show(&mut client, &json!({})), Value::Null);
    let params = json!({"command": "mlp.other", "arguments": []});
    assert!(client.ask("workspace/executeCommand", params).unwrap_err().contains("mlp.showGraph"));
}
