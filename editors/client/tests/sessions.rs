//! Whole sessions of clients that say of themselves what real ones do, recorded from Neovim, Emacs and VS Code: each finds, mends, completes, renames, lays out and
//! saves, in the forms that it knows.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{fs, process::Command};

use mlp_client::{
    client::{Client, uri},
    desk::Desk,
    text::Units,
};
use mlp_tests::{mlp, root};
use serde_json::{Value, json};

/// A session and what came of it, a line each.
struct Session {
    desk: Desk,
    path: std::path::PathBuf,
    /// Whether it asks for findings.
    asks: bool,
    lines: Vec<String>,
}

impl Session {
    fn at(&self, what: &str) -> Value {
        let text = self.desk.text(&self.path);
        self.desk.units.position(text, text.find(what).unwrap())
    }

    fn ask(&mut self, method: &str, more: &Value) -> Value {
        let mut params = json!({"textDocument": {"uri": uri(&self.path)}});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.desk.client.ask(method, params).unwrap()
    }

    /// What is found in the text as it is now.
    /// The findings, of which there are some, or none: a client that is told waits until it is so.
    fn findings(&mut self, some: bool) -> Vec<Value> {
        if self.asks {
            let answer = self.ask("textDocument/diagnostic", &json!({}));
            return answer["items"].as_array().cloned().unwrap_or_default();
        }
        self.ask("textDocument/documentSymbol", &json!({}));
        let uri = uri(&self.path);
        let mut found = self.desk.client.pushed.get(&uri).cloned().unwrap_or_default();
        while found.as_array().is_some_and(|found| !found.is_empty()) != some {
            found = self.desk.client.pushed(&uri).unwrap().1;
        }
        found.as_array().cloned().unwrap_or_default()
    }

    fn say(&mut self, what: &str, text: impl std::fmt::Display) {
        let folder = uri(&self.desk.folder);
        self.lines.push(format!("{what}: {}", text.to_string().replace(&folder, "..")));
    }
}

/// All that somebody does to mend the package of `editors/testing`, as one client.
fn session(client: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    // links on the way to it would be other names of the same files
    let place = folder.path().canonicalize().unwrap();
    mlp_tests::copy(&root().join("editors/testing/package"), &place);
    let path = place.join("src/flights.mlp");
    let text = fs::read_to_string(&path).unwrap();

    let said = fs::read_to_string(root().join(format!("editors/client/tests/clients/{client}.json"))).unwrap();
    let said = said.replace("FOLDER_URI", &uri(&place)).replace("FOLDER", &place.display().to_string());
    let params: Value = serde_json::from_str(&said).unwrap();
    let asks = !params["capabilities"]["textDocument"]["diagnostic"].is_null();
    let mut server = Command::new(mlp());
    let client = Client::greet_with(server.arg("lsp").env("XDG_CACHE_HOME", place.join("cache")), params).unwrap();
    let agreed = client.capabilities["positionEncoding"].as_str().unwrap().to_owned();
    let units = Units::ALL.into_iter().find(|units| units.name() == agreed).unwrap();
    let files = std::collections::BTreeMap::from([(path.clone(), text)]);
    let mut session = Session { desk: Desk::new(client, units, &place, files), path, asks, lines: Vec::new() };
    session.say("places are counted in", agreed);
    session.desk.open(&session.path.clone()).unwrap();

    let found = session.findings(true);
    for found in &found {
        session.say("found", format!("{} {} {}", found["range"]["start"], found["code"], found["message"]));
    }
    // how much of the progress is shown by now is a matter of time
    let is_progress = |heard: &&Value| {
        heard["method"]
            .as_str()
            .is_some_and(|method| ["$/progress", "window/workDoneProgress/create"].contains(&method))
    };
    let heard = session.desk.client.heard.iter().filter(|heard| !is_progress(heard));
    let asked: Vec<String> = heard.map(|heard| heard["method"].to_string()).collect();
    session.say("the server asks and tells", asked.join(", "));

    let at = json!({"position": session.at("Flight pick")});
    let hover = session.ask("textDocument/hover", &at);
    session.say("hover", &hover["contents"]);
    let at = json!({"position": session.at("far(flights)")});
    let definition = session.ask("textDocument/definition", &at);
    session.say("definition", definition);

    let start = session.at("distnce");
    let context = json!({"diagnostics": found, "only": ["quickfix"]});
    let actions =
        session.ask("textDocument/codeAction", &json!({"range": {"start": start, "end": start}, "context": context}));
    let mend = actions.as_array().unwrap().iter().find(|action| !action["edit"].is_null()).unwrap().clone();
    session.say("mend", &mend);
    assert!(session.desk.apply(&mend["edit"]).unwrap());
    let left = session.findings(false);
    session.say("found then", left.len());

    let path = session.path.clone();
    let end = session.desk.text(&path).find("  keep(rows)").unwrap();
    session.desk.edit(&path, &[(Some(end..end), "  let more = f\n")]).unwrap();
    let place = end + "  let more = f".len();
    let at = session.desk.units.position(session.desk.text(&path), place);
    let answer = session.ask("textDocument/completion", &json!({"position": at, "context": {"triggerKind": 1}}));
    let item = answer["items"].as_array().unwrap().iter().find(|item| item["label"] == "far").unwrap().clone();
    session.say("completion", &item);
    let insert = item["textEdit"].clone();
    let taken = session.desk.units.edited(session.desk.text(&path), &[insert]).unwrap();
    session.desk.replace(&path, &taken).unwrap();
    let line = session.desk.text(&path).lines().find(|line| line.contains("let more")).unwrap().to_owned();
    session.say("and the line is", line);
    session.desk.undo(&path).unwrap();
    session.desk.undo(&path).unwrap();

    let at = json!({"position": session.at("far(flights:"), "newName": "distant"});
    let edit = session.ask("textDocument/rename", &at);
    session.say("rename", &edit);
    assert!(session.desk.apply(&edit).unwrap());
    assert_eq!(session.desk.text(&path).matches("distant(flights").count(), 2);

    let end = session.desk.text(&path).find("  keep(rows)").unwrap();
    session.desk.edit(&path, &[(Some(end..end), "       ")]).unwrap();
    let edits = session.ask("textDocument/formatting", &json!({"options": {"tabSize": 2, "insertSpaces": true}}));
    session.say("layout", &edits);
    let laid = session.desk.units.edited(session.desk.text(&path), edits.as_array().unwrap()).unwrap();
    session.desk.replace(&path, &laid).unwrap();
    assert!(session.desk.text(&path).contains("\n  keep(rows)"));

    session.desk.save(&path).unwrap();
    let lenses = session.ask("textDocument/codeLens", &json!({}));
    for lens in lenses.as_array().unwrap() {
        session.say("lens", format!("{} {}", lens["range"]["start"]["line"], lens["command"]));
    }
    let left = session.findings(false);
    session.say("found at last", left.len());
    session.desk.client.bye().unwrap();
    session.lines
}

fn told(client: &str) {
    insta::assert_snapshot!(client, session(client).join("\n"));
}

#[test]
fn visual_studio_code() {
    told("vscode");
}

#[test]
fn neovim_of_today() {
    told("neovim-0.11");
}

#[test]
fn neovim_of_debian() {
    told("neovim-0.7");
}

#[test]
fn emacs_with_eglot() {
    told("emacs-30");
}

#[test]
fn emacs_of_debian_with_eglot() {
    told("emacs-28");
}
