//! Messages that nobody should send: what a server is held to survive.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    dice::Dice,
    questions::{AT_PLACES, OF_DOCUMENTS},
};

/// What is asked beside the questions of editors about documents, and a few that no server knows.
const REQUESTS: [&str; 15] = [
    "workspace/diagnostic",
    "workspace/symbol",
    "textDocument/selectionRange",
    "textDocument/rangeFormatting",
    "textDocument/onTypeFormatting",
    "textDocument/semanticTokens/full/delta",
    "codeAction/resolve",
    "completionItem/resolve",
    "codeLens/resolve",
    "textDocument/rename",
    "callHierarchy/incomingCalls",
    "callHierarchy/outgoingCalls",
    "textDocument/nothing",
    "initialize",
    "",
];

/// What is told. What ends a session is not among them.
const NOTIFICATIONS: [&str; 11] = [
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didChange",
    "textDocument/didChange",
    "textDocument/didClose",
    "textDocument/didSave",
    "workspace/didChangeWatchedFiles",
    "workspace/didChangeConfiguration",
    "$/cancelRequest",
    "$/setTrace",
    "initialized",
];

/// Addresses; the first are those of documents that are opened.
const ADDRESSES: [&str; 12] = [
    "file:///nowhere/a.mlp",
    "file:///nowhere/b.mlp",
    "untitled:Untitled-1",
    "file:///nowhere/src/a.mlp",
    "file:///nowhere/a.sql",
    "file:///nowhere/mlp.toml",
    "file:///",
    "file://other/a.mlp",
    "http://example.org/a.mlp",
    "file:///nowhere/%ff%00.mlp",
    "",
    "no address",
];

/// Texts, and parts of them.
const TEXTS: [&str; 22] = [
    "",
    "x",
    "\n",
    "\r",
    "\r\n",
    "😀",
    "é",
    "\u{fffd}",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "{",
    "}",
    "\"\"\"",
    "/*",
    "contract A {\n  id: int64 key\n  name: string?\n}\n",
    "contract B = A pick { id }\n",
    "stage s(rows: Table<A>) -> Table<B> {\n  run = sql(\"select id from rows\")\n}\n",
    "source a() -> Table<A> { from = csv(\"a.csv\") }\npipeline p {\n  let rows = a()\n  let made = s(rows)\n}\n",
    "test \"t\" {\n  expect A { id: 1, name: none } passes\n}\n",
    "use std.split.{by_time}\n",
    "contract C {\n  id:",
];

/// A session of odd messages.
#[derive(Debug, Default)]
pub struct Session {
    /// The bytes of all of them.
    pub bytes: Vec<u8>,
    /// The ids under which something was asked, as JSON, and how often.
    asked: BTreeMap<String, usize>,
}

/// A greeting, so many odd messages, a question whose answer is known, and the end of the session.
#[must_use]
pub fn session(dice: &mut Dice<'_>, count: usize) -> Session {
    let mut session = Session::default();
    let offered = [json!(["utf-8"]), json!(["utf-16"]), json!(["utf-32"]), json!(null)];
    let encodings = dice.pick(&offered).cloned().unwrap_or_default();
    let mut capabilities = json!({"general": {"positionEncodings": encodings}});
    if dice.chance(50) {
        capabilities["textDocument"] =
            json!({"diagnostic": {}, "completion": {"completionItem": {"snippetSupport": true}}});
        capabilities["workspace"] = json!({"configuration": true, "diagnostic": {"refreshSupport": true}});
    }
    session.ask(json!(0), "initialize", json!({"processId": null, "rootUri": null, "capabilities": capabilities}));
    session.tell("initialized", json!({}));
    for address in ADDRESSES.iter().take(2) {
        let text: String = (0..dice.below(6)).map(|_| dice.word(&TEXTS)).collect();
        session.tell(
            "textDocument/didOpen",
            json!({"textDocument": {"uri": address, "languageId": "mlp", "version": 1, "text": text}}),
        );
    }
    for number in 0..count {
        session.odd(dice, number + 1);
    }
    // whatever came before: a text that is sent as a whole is known from then on
    let document = json!({"uri": LAST, "languageId": "mlp", "version": 1, "text": "contract Last { id: int64 }\n"});
    session.tell("textDocument/didOpen", json!({"textDocument": document}));
    session.ask(json!("last"), "textDocument/documentSymbol", json!({"textDocument": {"uri": LAST}}));
    session.ask(json!("end"), "shutdown", Value::Null);
    session.tell("exit", Value::Null);
    session
}

const LAST: &str = "file:///nowhere/last.mlp";

impl Session {
    fn tell(&mut self, method: &str, params: Value) {
        self.put(&json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string());
    }

    fn ask(&mut self, id: Value, method: &str, params: Value) {
        *self.asked.entry(id.to_string()).or_default() += 1;
        self.put(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string());
    }

    fn put(&mut self, body: &str) {
        self.bytes.extend(format!("Content-Length: {}\r\n\r\n{body}", body.len()).bytes());
    }

    /// A message: mostly with an envelope that is right.
    fn odd(&mut self, dice: &mut Dice<'_>, number: usize) {
        if dice.chance(8) {
            return self.without_sense(dice, number);
        }
        let is_question = dice.chance(60);
        let asked = [AT_PLACES.as_slice(), &OF_DOCUMENTS, &REQUESTS].concat();
        let method = if is_question { dice.word(&asked) } else { dice.word(&NOTIFICATIONS) };
        let mut params = params(dice, method);
        // some of its parts are something else
        for _ in 0..dice.below(3) {
            let mut depth = 0;
            spoil(dice, &mut params, &mut depth);
        }
        if is_question {
            let id = if dice.chance(80) { json!(number) } else { json!(format!("{number} é")) };
            self.ask(id, method, params);
        } else {
            self.tell(method, params);
        }
    }

    /// A body that is no message, or an odd one.
    fn without_sense(&mut self, dice: &mut Dice<'_>, number: usize) {
        let deep = || format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        let body = match dice.below(12) {
            0 => String::new(),
            1 => "{".to_owned(),
            2 => deep(),
            3 => format!(r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}}"#, deep()),
            4 => json!([{"id": number, "method": "textDocument/hover"}]).to_string(),
            5 => json!({"id": any(dice), "result": any(dice)}).to_string(),
            6 => json!({"id": any(dice), "error": any(dice)}).to_string(),
            7 => json!({"jsonrpc": any(dice), "method": any(dice), "params": any(dice)}).to_string(),
            8 => json!({"id": 1e300, "method": "textDocument/hover"}).to_string(),
            9 => any(dice).to_string(),
            10 => format!(
                r#"{{"method":"textDocument/didChange","params":{{"textDocument":{{"uri":"{}","version":2}},"contentChanges":[{{"text":"\ud800 \udc00\ud83d"}}]}}}}"#,
                ADDRESSES[0]
            ),
            _ => "\u{feff}{}".to_owned(),
        };
        self.put(&body);
    }

    /// Holds what a server has said to what was asked: one answer each, none of which tells of a bug, and the last one right.
    ///
    /// # Errors
    /// What does not hold.
    pub fn judge(&self, said: &[u8]) -> Result<(), String> {
        let mut open = self.asked.clone();
        let mut last = Value::Null;
        for message in messages(said)? {
            if message.get("method").is_some() {
                continue;
            }
            let id = &message["id"];
            if message["error"]["code"] == -32603 {
                return Err(format!("a bug: {message}"));
            }
            let is_refusal = message["error"]["code"] == -32700 || message["error"]["code"] == -32600;
            match open.get_mut(&id.to_string()) {
                Some(left @ 1..) => *left -= 1,
                _ if is_refusal => {}
                _ => return Err(format!("nobody asked for {message}")),
            }
            if id == "last" {
                last = message["result"][0]["name"].clone();
            }
        }
        if let Some((id, _)) = open.iter().find(|(_, left)| **left > 0) {
            return Err(format!("{id} is not answered"));
        }
        if last == "Last" { Ok(()) } else { Err(format!("the last document is {last}")) }
    }
}

/// The messages of some bytes.
///
/// # Errors
/// Where they are none.
pub fn messages(mut bytes: &[u8]) -> Result<Vec<Value>, String> {
    const HEAD: &[u8] = b"Content-Length: ";
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let rest = bytes.strip_prefix(HEAD).ok_or("a message has no head")?;
        let end = rest.windows(4).position(|four| four == b"\r\n\r\n").ok_or("a head has no end")?;
        let (length, rest) = rest.split_at_checked(end).ok_or("a head has no end")?;
        let length =
            std::str::from_utf8(length).ok().and_then(|length| length.parse().ok()).ok_or("a head has no length")?;
        let (body, rest) = rest.get(4..).and_then(|rest| rest.split_at_checked(length)).ok_or("a body is cut off")?;
        found.push(serde_json::from_slice(body).map_err(|error| error.to_string())?);
        bytes = rest;
    }
    Ok(found)
}

fn number(dice: &mut Dice<'_>) -> Value {
    match dice.below(14) {
        0..7 => json!(dice.below(12)),
        7 => json!(-1),
        8 => json!(u32::MAX),
        9 => json!(i64::MIN),
        10 => json!(u64::MAX),
        11 => json!(1.5),
        12 => json!(i32::MAX),
        _ => json!("1"),
    }
}

/// A number of a line or character: one that can be, most of the time.
fn count(dice: &mut Dice<'_>) -> Value {
    if dice.chance(85) { json!(dice.below(12)) } else { number(dice) }
}

fn position(dice: &mut Dice<'_>) -> Value {
    json!({"line": count(dice), "character": count(dice)})
}

fn range(dice: &mut Dice<'_>) -> Value {
    json!({"start": position(dice), "end": position(dice)})
}

/// Mostly of what is open.
fn address(dice: &mut Dice<'_>) -> &'static str {
    if dice.chance(75) { dice.word(&[ADDRESSES[0], ADDRESSES[1]]) } else { dice.word(&ADDRESSES) }
}

/// Parameters of about the right shape: all that any method needs.
fn params(dice: &mut Dice<'_>, method: &str) -> Value {
    let uri = address(dice);
    let text = |dice: &mut Dice<'_>| (0..=dice.below(3)).map(|_| dice.word(&TEXTS)).collect::<String>();
    match method {
        "textDocument/didOpen" => {
            json!({"textDocument": {"uri": uri, "languageId": "mlp", "version": number(dice), "text": text(dice)}})
        }
        "textDocument/didChange" => {
            let change = |dice: &mut Dice<'_>| match dice.below(8) {
                0 => json!({"text": text(dice)}),
                _ => json!({"range": range(dice), "text": text(dice), "rangeLength": 3}),
            };
            let changes: Vec<Value> = (0..=dice.below(3)).map(|_| change(dice)).collect();
            json!({"textDocument": {"uri": uri, "version": dice.below(100)}, "contentChanges": changes})
        }
        "workspace/didChangeWatchedFiles" => json!({"changes": [{"uri": uri, "type": number(dice)}]}),
        "workspace/didChangeConfiguration" => json!({"settings": any(dice)}),
        "$/cancelRequest" => json!({"id": number(dice)}),
        "completionItem/resolve" | "codeLens/resolve" | "codeAction/resolve" => {
            json!({"label": "x", "title": "x", "range": range(dice), "data": any(dice)})
        }
        "callHierarchy/incomingCalls" | "callHierarchy/outgoingCalls" => {
            json!({"item": {"name": "id", "kind": 8, "uri": uri, "range": range(dice), "selectionRange": range(dice), "data": any(dice)}})
        }
        _ => json!({
            "textDocument": {"uri": uri}, "position": position(dice), "range": range(dice), "positions": [position(dice), position(dice)],
            "context": {"diagnostics": [], "includeDeclaration": true}, "options": {"tabSize": number(dice), "insertSpaces": true},
            "ch": "}", "newName": dice.word(&["a", "", "1", "é", "contract", "a b", "\n"]), "query": text(dice), "previousResultId": "1",
            "previousResultIds": [{"uri": uri, "value": "x"}],
        }),
    }
}

/// Anything.
fn any(dice: &mut Dice<'_>) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(dice.chance(50)),
        2 | 3 => number(dice),
        4 => json!(dice.word(&TEXTS)),
        5 => json!(dice.word(&ADDRESSES)),
        6 => Value::Array((0..dice.below(3)).map(|_| number(dice)).collect()),
        7 => position(dice),
        _ => json!({"mlp": {"lens": number(dice), "inlayHints": null}}),
    }
}

/// Makes one part of a value another: taken away, twice, or anything.
fn spoil(dice: &mut Dice<'_>, value: &mut Value, depth: &mut usize) {
    *depth += 1;
    let goes_in = *depth < 6 && dice.chance(70);
    match value {
        Value::Object(fields) if goes_in && !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let Some(name) = dice.pick(&names) else { return };
            if dice.chance(15) {
                fields.remove(name);
            } else if let Some(part) = fields.get_mut(name) {
                spoil(dice, part, depth);
            }
        }
        Value::Array(items) if goes_in && !items.is_empty() => {
            let at = dice.below(items.len());
            if let Some(item) = items.get_mut(at) {
                if dice.chance(20) {
                    let again = item.clone();
                    items.push(again);
                } else {
                    spoil(dice, item, depth);
                }
            }
        }
        _ => *value = if dice.chance(10) { Value::Object(Map::new()) } else { any(dice) },
    }
}
