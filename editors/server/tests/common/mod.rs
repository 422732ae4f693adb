//! A client of a session, and texts with marks in them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_server::{Message, Notification, Request};
use lsp_types::Url;
use mlp_server::{
    history::{Clause, Decided, LastDecision, LastRun, Past, State},
    lookout::News,
    session::Session,
};
use mlp_sql::DataFusionChecker;
use serde_json::{Value, json};

/// A client with a package in a folder of its own.
pub struct Client {
    pub session: Session,
    pub folder: tempfile::TempDir,
    next: i32,
}

#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses all of it")]
impl Client {
    /// Greets a server, as a client with these capabilities that has an empty folder open.
    pub fn new(capabilities: Value) -> Self {
        Self::within(tempfile::tempdir().unwrap(), capabilities)
    }

    /// The same in a folder that has something in it.
    pub fn within(folder: tempfile::TempDir, capabilities: Value) -> Self {
        let root = Url::from_directory_path(folder.path()).unwrap();
        let params = json!({
            "processId": null, "capabilities": capabilities,
            "workspaceFolders": [{"uri": root, "name": "test"}],
        });
        let session = Session::new(&serde_json::from_value(params).unwrap(), Arc::new(DataFusionChecker));
        let mut client = Self { session, folder, next: 0 };
        client.tell("initialized", json!({}));
        client
    }

    /// The path of a file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a file of the folder.
    pub fn uri(&self, name: &str) -> Url {
        Url::from_file_path(self.path(name)).unwrap()
    }

    /// Writes a file to the disk.
    pub fn write(&self, name: &str, text: &str) {
        write(self.folder.path(), name, text);
    }

    /// Tells the server something.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.session.heard(&Notification { method: method.to_owned(), params });
    }

    /// Opens a file of the folder, with this text.
    pub fn open(&mut self, name: &str, text: &str) {
        let document = json!({"uri": self.uri(name), "languageId": "mlp", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Asks the server something.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let request = Request { id: self.next.into(), method: method.to_owned(), params };
        self.session.asked(request).map_err(|error| format!("{}: {}", error.code, error.message))
    }

    /// Asks as the loop does: the answer may come later, with what is told.
    pub fn accept(&mut self, method: &str, params: Value) -> Option<Value> {
        self.next += 1;
        let request = Request { id: self.next.into(), method: method.to_owned(), params };
        Some(self.session.take(request)?.unwrap())
    }

    /// The titles of the lenses of a file that tell of what ran, with their lines.
    pub fn lasts(&mut self, name: &str) -> Vec<String> {
        let uri = self.uri(name);
        let lenses = self.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}})).unwrap();
        let lasts = lenses.as_array().unwrap().iter().filter(|lens| lens["command"]["command"] == "mlp.showRun");
        let told = lasts
            .map(|lens| format!("{}: {}", lens["range"]["start"]["line"], lens["command"]["title"].as_str().unwrap()));
        told.collect()
    }

    /// What the server says of itself.
    pub fn told(&mut self) -> Vec<Value> {
        let message = |message: Message| serde_json::to_value(message).unwrap();
        let told = self.session.told().into_iter().map(message).collect();
        self.session.draw();
        told
    }

    /// What was pushed last of what is not empty, a line a finding.
    pub fn findings(&mut self) -> Vec<String> {
        let lines = |(name, lines): (String, Vec<String>)| lines.into_iter().map(move |line| format!("{name}:{line}"));
        self.pushed().into_iter().flat_map(lines).collect()
    }

    /// The diagnostics that the server pushes: for each file a line each.
    pub fn pushed(&mut self) -> Vec<(String, Vec<String>)> {
        let told = self.told();
        let published = told.iter().filter(|told| told["method"] == "textDocument/publishDiagnostics");
        published
            .map(|told| {
                let uri = told["params"]["uri"].as_str().unwrap();
                let name = uri.rsplit('/').next().unwrap().to_owned();
                let lines = told["params"]["diagnostics"].as_array().unwrap().iter().map(|found| {
                    let start = &found["range"]["start"];
                    format!(
                        "{}:{} {} {}",
                        start["line"],
                        start["character"],
                        found["code"].as_str().unwrap_or("-"),
                        found["message"].as_str().unwrap().lines().next().unwrap()
                    )
                });
                (name, lines.collect())
            })
            .collect()
    }
}

/// Writes a file of a folder, and the folders that it needs.
pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// What the lookout says at a time: what ran in a folder.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses all of it")]
pub fn news(now: i64, past: impl IntoIterator<Item = (PathBuf, Past)>) -> News {
    News { now, past: past.into_iter().collect(), ..News::default() }
}

/// In the package `shop`, at the beginning of time: the pipeline `daily` failed, `train` went well, and its promotion was refused.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses all of it")]
pub fn past() -> Past {
    let name = |name: &str| ("shop".to_owned(), name.to_owned());
    let run = |id: &str, state: State| LastRun {
        id: id.to_owned(),
        state,
        at: 0,
        nodes: 2,
        essence: "of another text".to_owned(),
        overrides: Vec::new(),
    };
    let failed = State::Failed { node: Some("load".to_owned()), code: Some("MLP901".to_owned()) };
    let clause = Clause {
        text: "candidate.auc >= 0.65".to_owned(),
        value: Some(0.61),
        interval: None,
        threshold: Some(0.65),
        passed: Some(false),
        warns: false,
    };
    let refused = LastDecision {
        run: "b".to_owned(),
        decided: Decided::Refused,
        at: 0,
        essence: String::new(),
        clauses: vec![clause],
    };
    Past {
        runs: BTreeMap::from([(name("daily"), run("a", failed)), (name("train"), run("b", State::Succeeded))]),
        decisions: BTreeMap::from([(("shop".to_owned(), "train".to_owned(), "promote".to_owned()), refused)]),
    }
}

/// A manifest for a package.
pub const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nlanguage = 1\n";
