//! A client of a session, and texts with marks in them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use lsp_server::{Message, Notification, Request};
use lsp_types::Url;
use mlp_ports::NoSql;
use mlp_server::session::Session;
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
        let session = Session::new(&serde_json::from_value(params).unwrap(), Arc::new(NoSql));
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

    /// What the server says of itself.
    pub fn told(&mut self) -> Vec<Value> {
        let message = |message: Message| serde_json::to_value(message).unwrap();
        let told = self.session.told().into_iter().map(message).collect();
        self.session.draw();
        told
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

/// A manifest for a package.
pub const MANIFEST: &str = "[package]\nname = \"shop\"\nversion = \"1.0.0\"\nlanguage = 1\n";
