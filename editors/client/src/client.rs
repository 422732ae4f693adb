//! The client's end of a session: requests and their answers, the server's own requests, and what it says beside them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::pipe::Pipe;

/// So long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer, and when it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked.
    pub method: String,
    /// The result, or the error.
    pub result: Result<Value, Value>,
    /// When it came.
    pub came: Instant,
}

/// A client of a server.
pub struct Client {
    /// The server.
    pub pipe: Pipe,
    /// What the server says that it can do.
    pub capabilities: Value,
    /// What it is told of the settings below `mlp`.
    pub settings: Value,
    /// By address: what was pushed last.
    pub pushed: BTreeMap<String, Value>,
    /// Its notifications but for those of findings, which are in [`Self::pushed`], and its requests.
    pub heard: Vec<Value>,
    next: i64,
    waiting: BTreeMap<i64, String>,
    answers: BTreeMap<i64, Answer>,
    taken_back: BTreeSet<i64>,
}

impl Client {
    /// Starts a server and greets it, with these folders open.
    ///
    /// # Errors
    /// Where it cannot be started, or does not answer.
    pub fn greet(command: &mut Command, folders: &[&Path], capabilities: &Value) -> Result<Self, String> {
        let folders: Vec<Value> =
            folders.iter().map(|folder| json!({"uri": uri(folder), "name": folder.display().to_string()})).collect();
        let root = folders.first().map(|folder| folder["uri"].clone());
        let params = json!({
            "processId": std::process::id(), "rootUri": root, "workspaceFolders": folders, "capabilities": capabilities,
        });
        Self::greet_with(command, params)
    }

    /// Starts a server and greets it with all that a client says of itself.
    ///
    /// # Errors
    /// As [`Self::greet`].
    pub fn greet_with(command: &mut Command, params: Value) -> Result<Self, String> {
        let mut client = Self {
            pipe: Pipe::start(command)?,
            capabilities: Value::Null,
            settings: Value::Null,
            pushed: BTreeMap::new(),
            heard: Vec::new(),
            next: 0,
            waiting: BTreeMap::new(),
            answers: BTreeMap::new(),
            taken_back: BTreeSet::new(),
        };
        client.capabilities = client.ask("initialize", params)?["capabilities"].take();
        client.tell("initialized", json!({}))?;
        Ok(client)
    }

    /// Tells the server something.
    ///
    /// # Errors
    /// Where it has gone.
    pub fn tell(&mut self, method: &str, params: Value) -> Result<(), String> {
        self.pipe.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    /// Asks the server something, and does not wait for the answer; its number.
    ///
    /// # Errors
    /// Where it has gone.
    pub fn begin(&mut self, method: &str, params: Value) -> Result<i64, String> {
        self.next += 1;
        let id = self.next;
        self.waiting.insert(id, method.to_owned());
        self.pipe.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        Ok(id)
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// Where the server has gone.
    pub fn take_back(&mut self, id: i64) -> Result<(), String> {
        self.taken_back.insert(id);
        self.tell("$/cancelRequest", json!({"id": id}))
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// Where none comes.
    pub fn end(&mut self, id: i64) -> Result<Answer, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            let left = until.saturating_duration_since(Instant::now());
            let (came, message) = self.pipe.next(left).map_err(|fault| format!("{fault}, asked {:?}", self.waiting))?;
            self.take(came, message)?;
        }
    }

    /// Asks, and waits for the result.
    ///
    /// # Errors
    /// Where none comes, or an error.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let id = self.begin(method, params)?;
        self.end(id)?.result.map_err(|error| format!("{method}: {error}"))
    }

    /// Waits for all answers, and gives those that were not taken back, by their numbers.
    ///
    /// # Errors
    /// Where one does not come.
    pub fn settle(&mut self) -> Result<BTreeMap<i64, Answer>, String> {
        let until = Instant::now() + PATIENCE;
        while !self.waiting.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            let (came, message) = self.pipe.next(left).map_err(|fault| format!("{fault}, asked {:?}", self.waiting))?;
            self.take(came, message)?;
        }
        Ok(std::mem::take(&mut self.answers))
    }

    /// Waits until something is pushed for a document, and gives it with the time at which it came.
    ///
    /// # Errors
    /// Where nothing is.
    pub fn pushed(&mut self, uri: &str) -> Result<(Instant, Value), String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let (came, message) = self.pipe.next(left)?;
            let is_it = message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri;
            let found = is_it.then(|| message["params"]["diagnostics"].clone());
            self.take(came, message)?;
            if let Some(found) = found {
                return Ok((came, found));
            }
        }
    }

    /// Takes in what has come, without waiting.
    ///
    /// # Errors
    /// Where it is nothing that a server may say.
    pub fn look(&mut self) -> Result<(), String> {
        while let Some((came, message)) = self.pipe.ready() {
            self.take(came, message)?;
        }
        Ok(())
    }

    /// Takes in a message.
    fn take(&mut self, came: Instant, mut message: Value) -> Result<(), String> {
        let id = message.get("id").cloned();
        let method = message["method"].as_str().map(str::to_owned);
        match (method, id) {
            (Some(method), None) if method == "textDocument/publishDiagnostics" => {
                let params = message["params"].take();
                let uri = params["uri"].as_str().ok_or("findings without an address")?.to_owned();
                self.pushed.insert(uri, params["diagnostics"].clone());
            }
            (Some(_), None) => self.heard.push(message),
            (Some(method), Some(id)) => {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                let result = match method.as_str() {
                    "workspace/configuration" => Value::Array(vec![self.settings.clone(); items]),
                    "workspace/applyEdit" => json!({"applied": true}),
                    "window/showDocument" => json!({"success": true}),
                    _ => Value::Null,
                };
                self.heard.push(message);
                self.pipe.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}))?;
            }
            (None, Some(id)) => {
                let number = id.as_i64().ok_or_else(|| format!("an answer under no number of ours: {message}"))?;
                let method = self.waiting.remove(&number).ok_or_else(|| format!("nobody asked for {message}"))?;
                let result = match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                };
                let was_taken_back = self.taken_back.remove(&number);
                self.answers.insert(number, Answer { method, result, came });
                if was_taken_back {
                    // nobody looks at it
                    let answer = self.answers.remove(&number);
                    if let Some(Answer { result: Err(error), .. }) = answer
                        && error["code"] != -32800
                        && error["code"] != -32803
                    {
                        return Err(format!("a request that was taken back is answered {error}"));
                    }
                }
            }
            (None, None) => return Err(format!("this is no message: {message}")),
        }
        Ok(())
    }

    /// Ends the session as the protocol says.
    ///
    /// # Errors
    /// Where the server does not end, or not well.
    pub fn bye(mut self) -> Result<(), String> {
        self.ask("shutdown", Value::Null)?;
        self.tell("exit", Value::Null)?;
        let status = self.pipe.ended(PATIENCE)?;
        if status.success() { Ok(()) } else { Err(format!("the server ends with {status}: {}", self.pipe.said())) }
    }
}

/// The address of a file.
#[must_use]
pub fn uri(path: &Path) -> String {
    let mut text = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
