//! What is answered, capability by capability: each text in `golden` says in its first line which one it is for, and has marks where it is asked. The answers are
//! snapshots. A capability that is declared and has no such text fails.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::Url;
use mlp_server::position::Encoding;
use serde_json::{Value, json};

use self::common::{Client, MANIFEST};

/// A text with the places of its marks.
struct Fixture {
    capability: String,
    /// By path: the text without marks.
    files: Vec<(String, String)>,
    /// Each `$0`: the file, line and character.
    marks: Vec<(String, u32, u32)>,
}

impl Fixture {
    /// Reads a fixture: `//# capability`, then files, each behind `//- path`; without such a line all is `src/shop.mlp`.
    fn read(text: &str) -> Self {
        let (head, rest) = text.split_once('\n').unwrap();
        let capability = head.strip_prefix("//# ").unwrap_or_else(|| panic!("`//# capability`, not {head}")).to_owned();
        let mut files: Vec<(String, String)> = Vec::new();
        for line in rest.split_inclusive('\n') {
            match line.strip_prefix("//- ") {
                Some(path) => files.push((path.trim().to_owned(), String::new())),
                None if files.is_empty() => files.push(("src/shop.mlp".to_owned(), line.to_owned())),
                None => files.last_mut().unwrap().1.push_str(line),
            }
        }
        let mut marks = Vec::new();
        for (path, text) in &mut files {
            while let Some(at) = text.find("$0") {
                text.replace_range(at..at + 2, "");
                let before = &text[..at];
                let line = before.matches('\n').count();
                let character = before.rsplit('\n').next().unwrap().encode_utf16().count();
                marks.push((path.clone(), u32::try_from(line).unwrap(), u32::try_from(character).unwrap()));
            }
        }
        Self { capability, files, marks }
    }

    /// A client that has all files open.
    fn client(&self) -> Client {
        let folder = tempfile::tempdir().unwrap();
        if !self.files.iter().any(|(path, _)| path == "mlp.toml") {
            common::write(folder.path(), "mlp.toml", MANIFEST);
        }
        for (path, text) in &self.files {
            common::write(folder.path(), path, text);
        }
        let mut client = Client::within(
            folder,
            json!({"textDocument": {"diagnostic": {}, "completion": {"completionItem": {"snippetSupport": true}}}}),
        );
        for (path, text) in self.files.iter().filter(|(path, _)| path.ends_with(".mlp") || path.ends_with(".sql")) {
            client.open(path, text);
        }
        client
    }

    fn first(&self) -> &str {
        &self.files.iter().find(|(path, _)| path.ends_with(".mlp")).unwrap().0
    }

    /// What is asked for the capability: a line that says it, and the answer.
    fn asked(&self, client: &mut Client) -> Vec<(String, Value)> {
        let uri = client.uri(self.first());
        let document = json!({"textDocument": {"uri": uri}});
        let options = json!({"tabSize": 2, "insertSpaces": true});
        let mut once = |method: &str, params: Value| vec![(method.to_owned(), client.ask(method, params).unwrap())];
        // one answer for each thing that a client can ask of the capability
        match self.capability.as_str() {
            "documentSymbolProvider" => once("textDocument/documentSymbol", document),
            "workspaceSymbolProvider" => {
                ["", "ord", "zzz"].iter().flat_map(|query| once("workspace/symbol", json!({"query": query}))).collect()
            }
            "foldingRangeProvider" => once("textDocument/foldingRange", document),
            "codeLensProvider" => {
                let before = once("textDocument/codeLens", document.clone());
                // what ran is told from now on
                client.session.noticed(common::news(2 * 3600, [(client.folder.path().to_path_buf(), common::past())]));
                let method = "textDocument/codeLens";
                let after = client.ask(method, document).unwrap();
                let told =
                    after.as_array().unwrap().iter().filter(|lens| !before[0].1.as_array().unwrap().contains(lens));
                let told = Value::Array(told.cloned().collect());
                [before, vec![(format!("{method} where something ran"), told)]].concat()
            }
            "documentLinkProvider" => once("textDocument/documentLink", document),
            "documentFormattingProvider" => {
                once("textDocument/formatting", json!({"textDocument": {"uri": uri}, "options": options}))
            }
            "documentRangeFormattingProvider" => {
                let range = self.range();
                let params = json!({"textDocument": {"uri": uri}, "options": options, "range": range});
                once("textDocument/rangeFormatting", params)
            }
            "documentOnTypeFormattingProvider" => {
                let mark = self.marks.first().unwrap();
                let params =
                    json!({"textDocument": {"uri": uri}, "position": position(mark), "ch": "}", "options": options});
                once("textDocument/onTypeFormatting", params)
            }
            "selectionRangeProvider" => {
                let positions: Vec<Value> = self.marks.iter().map(position).collect();
                once("textDocument/selectionRange", json!({"textDocument": {"uri": uri}, "positions": positions}))
            }
            "semanticTokensProvider.full" => once("textDocument/semanticTokens/full", document),
            "semanticTokensProvider.full.delta" => {
                let before = once("textDocument/semanticTokens/full", document.clone());
                let id = before[0].1["resultId"].clone();
                let at = json!({"start": position(&self.marks[0]), "end": position(&self.marks[0])});
                let changes = json!([{"range": at, "text": "x, "}]);
                client.tell(
                    "textDocument/didChange",
                    json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": changes}),
                );
                let params = json!({"textDocument": {"uri": uri}, "previousResultId": id});
                let answer = client.ask("textDocument/semanticTokens/full/delta", params).unwrap();
                vec![("textDocument/semanticTokens/full/delta".to_owned(), answer)]
            }
            "semanticTokensProvider.range" => {
                let params = json!({"textDocument": {"uri": uri}, "range": self.range()});
                once("textDocument/semanticTokens/range", params)
            }
            "diagnosticProvider" => {
                let first = once("textDocument/diagnostic", document);
                let id = first[0].1["resultId"].clone();
                let again =
                    once("textDocument/diagnostic", json!({"textDocument": {"uri": uri}, "previousResultId": id}));
                [first, again].concat()
            }
            "diagnosticProvider.workspaceDiagnostics" => once("workspace/diagnostic", json!({"previousResultIds": []})),
            "diagnosticProvider.workDoneProgress" => {
                let params = json!({"previousResultIds": [], "workDoneToken": "far", "partialResultToken": "some"});
                client.told();
                assert!(client.accept("workspace/diagnostic", params).is_none(), "it comes in pieces");
                let told = client.told().into_iter().map(|told| {
                    let method = told["method"].as_str().unwrap_or("the answer").to_owned();
                    let what = told.get("params").or_else(|| told.get("result")).cloned().unwrap();
                    (method, what)
                });
                told.collect()
            }
            "inlayHintProvider" => {
                let range = self.range();
                once("textDocument/inlayHint", json!({"textDocument": {"uri": uri}, "range": range}))
            }
            "signatureHelpProvider" => self.at_each(client, "textDocument/signatureHelp", &json!({})),
            "completionProvider" => self.at_each(client, "textDocument/completion", &json!({})),
            "completionProvider.resolveProvider" => {
                let asked = self.at_each(client, "textDocument/completion", &json!({}));
                let items = asked.iter().flat_map(|(_, answer)| answer["items"].as_array().unwrap().clone());
                let items = items.filter(|item| !item["data"].is_null()).collect::<Vec<_>>();
                items.into_iter().flat_map(|item| once_more(client, "completionItem/resolve", item)).collect()
            }
            "callHierarchyProvider" => {
                let prepared = self.at_each(client, "textDocument/prepareCallHierarchy", &json!({}));
                let mut all = prepared.clone();
                for item in prepared.iter().filter_map(|(_, answer)| answer.get(0)) {
                    for method in ["callHierarchy/incomingCalls", "callHierarchy/outgoingCalls"] {
                        let asked = format!("{method} of {}", item["name"].as_str().unwrap());
                        all.push((asked, client.ask(method, json!({"item": item})).unwrap()));
                    }
                }
                all
            }
            "hoverProvider" => self.at_each(client, "textDocument/hover", &json!({})),
            "definitionProvider" => self.at_each(client, "textDocument/definition", &json!({})),
            "typeDefinitionProvider" => self.at_each(client, "textDocument/typeDefinition", &json!({})),
            "implementationProvider" => self.at_each(client, "textDocument/implementation", &json!({})),
            "referencesProvider" => {
                let context = json!({"context": {"includeDeclaration": false}});
                self.at_each(client, "textDocument/references", &context)
            }
            "documentHighlightProvider" => self.at_each(client, "textDocument/documentHighlight", &json!({})),
            "renameProvider.prepareProvider" => self.at_each(client, "textDocument/prepareRename", &json!({})),
            "renameProvider" => self.at_each(client, "textDocument/rename", &json!({"newName": "renamed"})),
            "linkedEditingRangeProvider" => self.at_each(client, "textDocument/linkedEditingRange", &json!({})),
            "executeCommandProvider" => {
                let place = |mark: &(String, u32, u32)| json!({"textDocument": {"uri": client.uri(&mark.0)}, "position": position(mark)});
                let mut places: Vec<Value> = self.marks.iter().map(place).collect();
                places.extend([json!(document), json!({}), json!({"textDocument": 5})]);
                let one = |place: Value| {
                    let params = json!({"command": "mlp.showGraph", "arguments": [place]});
                    let answer = client.ask("workspace/executeCommand", params).unwrap_or_else(Value::String);
                    let asked = place.get("position").map_or_else(|| place.to_string(), Value::to_string);
                    (format!("mlp.showGraph {}", asked.replace(uri.as_str(), "..")), without_port(answer))
                };
                places.into_iter().map(one).collect()
            }
            kind if kind.starts_with("codeActionProvider.") => {
                let only = kind.strip_prefix("codeActionProvider.").unwrap();
                let range = self.range();
                let params = json!({
                    "textDocument": {"uri": uri}, "range": range,
                    "context": {"diagnostics": [], "only": [only]},
                });
                once("textDocument/codeAction", params)
            }
            other => panic!("nothing is asked for the capability `{other}`"),
        }
    }

    /// Asks the same at each mark.
    fn at_each(&self, client: &mut Client, method: &str, more: &Value) -> Vec<(String, Value)> {
        let one = |mark: &(String, u32, u32)| {
            let mut params = json!({"textDocument": {"uri": client.uri(&mark.0)}, "position": position(mark)});
            params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = client.ask(method, params).unwrap_or_else(Value::String);
            let of = if mark.0 == self.first() { String::new() } else { format!(" of {}", mark.0) };
            (format!("{method} at {}:{}{of}", mark.1, mark.2), answer)
        };
        self.marks.iter().map(one).collect()
    }

    /// From the first mark to the last one.
    fn range(&self) -> Value {
        json!({"start": position(self.marks.first().unwrap()), "end": position(self.marks.last().unwrap())})
    }
}

/// Asks for more about an item; the line that says so has its label.
fn once_more(client: &mut Client, method: &str, item: Value) -> Vec<(String, Value)> {
    let label = item["label"].as_str().unwrap().to_owned();
    let answer = client.ask(method, item).unwrap();
    vec![(format!("{method} {label}"), answer["documentation"]["value"].clone())]
}

/// The address of a page, without what is another each time.
fn without_port(answer: Value) -> Value {
    match answer.as_str().and_then(|text| text.strip_prefix("http://127.0.0.1:")) {
        Some(rest) => {
            let (port, path) = rest.split_once('/').unwrap();
            assert!(port.parse::<u16>().is_ok() && path.len() == 33, "{rest}");
            json!("http://127.0.0.1:PORT/TOKEN/")
        }
        None => answer,
    }
}

fn position((_, line, character): &(String, u32, u32)) -> Value {
    json!({"line": line, "character": character})
}

/// An answer as people read it: ranges with what stands in them, addresses by their end, what is absent left out.
fn shown(value: &Value, texts: &BTreeMap<Url, String>, here: Option<&Url>, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(fields) if fields.contains_key("start") && fields.contains_key("end") && fields.len() == 2 => {
            out.push_str(&range_shown(value, here.and_then(|here| texts.get(here))));
        }
        Value::Object(fields) => {
            let own = fields.get("uri").or_else(|| fields.get("targetUri")).and_then(Value::as_str);
            let own = own.and_then(|uri| Url::parse(uri).ok());
            for (name, field) in fields.iter().filter(|(_, field)| !field.is_null()) {
                // the edits of a document stand under its address
                let (name, inner) = match Url::parse(name) {
                    Ok(uri) => (uri.path_segments().unwrap().next_back().unwrap().to_owned(), Some(uri)),
                    Err(_) => (name.clone(), None),
                };
                out.push_str(&format!("\n{pad}{name}: "));
                // a digest of what stands beside it, the addresses of this run included
                if name == "resultId" {
                    out.push_str("..");
                    continue;
                }
                shown(field, texts, inner.as_ref().or(own.as_ref()).or(here), depth + 1, out);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_number) => {
            out.push_str(&items.iter().map(Value::to_string).collect::<Vec<_>>().join(" "));
        }
        Value::Array(items) => {
            for item in items {
                out.push_str(&format!("\n{pad}-"));
                shown(item, texts, here, depth + 1, out);
            }
        }
        Value::String(text) if text.starts_with("file://") => {
            out.push_str(text.rsplit('/').next().unwrap());
        }
        Value::String(text) if text.contains('\n') => {
            for line in text.lines() {
                out.push_str(&format!("\n{pad}| {line}"));
            }
        }
        Value::String(text) => out.push_str(text),
        other => out.push_str(&other.to_string()),
    }
}

fn range_shown(range: &Value, text: Option<&String>) -> String {
    let number = |end: &str, part: &str| usize::try_from(range[end][part].as_u64().unwrap()).unwrap();
    let (line, character) = (number("start", "line"), number("start", "character"));
    let (end_line, end_character) = (number("end", "line"), number("end", "character"));
    let place = format!("{line}:{character}-{end_line}:{end_character}");
    let written = text.and_then(|text| text.lines().nth(line)).filter(|_| line == end_line).map(|text| {
        let units: Vec<u16> = text.encode_utf16().collect();
        String::from_utf16_lossy(units.get(character..end_character.min(units.len())).unwrap_or_default())
    });
    match written {
        Some(written) => format!("{place} `{written}`"),
        None => place,
    }
}

/// What is proposed, a line each: the kind by its number, what is put in where it is not the label, and the import.
fn proposals_shown(answer: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |item: &Value| {
        let label = text(&item["label"]);
        let put = text(&item["textEdit"]["newText"]);
        let put = if put == label { String::new() } else { format!(" => {put:?}") };
        let import = text(&item["additionalTextEdits"][0]["newText"]);
        let import = if import.is_empty() { String::new() } else { format!(" + {import:?}") };
        let rank = text(&item["sortText"]).chars().next().unwrap_or('-');
        format!("  {rank} {label} ({}) {}{put}{import}", item["kind"], text(&item["detail"])).trim_end().to_owned()
    };
    let mut items: Vec<Value> = answer["items"].as_array().cloned().unwrap_or_default();
    items.sort_by_key(|item| text(&item["sortText"]));
    items.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// The tokens of an answer with their kinds, in place of their numbers.
fn tokens_shown(answer: &Value, text: &str) -> String {
    let legend = mlp_server::tokens::legend();
    let numbers: Vec<usize> =
        answer["data"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect();
    let (mut line, mut character) = (0, 0);
    let mut out = String::new();
    for token in numbers.chunks(5) {
        character = if token[0] == 0 { character + token[1] } else { token[1] };
        line += token[0];
        let units: Vec<u16> = text.lines().nth(line).unwrap().encode_utf16().collect();
        let word = String::from_utf16(&units[character..character + token[2]]).unwrap();
        let declared = if token[4] == 1 { ", declared" } else { "" };
        out.push_str(&format!("{line}:{character} `{word}` {}{declared}\n", legend.token_types[token[3]].as_str()));
    }
    out
}

fn fixtures() -> Vec<(String, Fixture)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let named = |path: &std::path::PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (named(path), Fixture::read(&std::fs::read_to_string(path).unwrap()))).collect()
}

#[test]
fn answers_are_what_they_were() {
    for (name, fixture) in fixtures() {
        let mut client = fixture.client();
        let texts: BTreeMap<Url, String> =
            fixture.files.iter().map(|(path, text)| (client.uri(path), text.clone())).collect();
        let first = client.uri(fixture.first());
        let mut out = String::new();
        for (asked, answer) in fixture.asked(&mut client) {
            out.push_str(&format!("{asked}:"));
            if asked.contains("semanticTokens") && answer.get("data").is_some() {
                out.push('\n');
                out.push_str(&tokens_shown(&answer, &fixture.files[0].1));
            } else if asked.contains("completion at") {
                out.push('\n');
                out.push_str(&proposals_shown(&answer));
            } else {
                let of = asked.rsplit_once(" of ").map(|(_, path)| client.uri(path));
                let here = of.filter(|uri| texts.contains_key(uri)).unwrap_or_else(|| first.clone());
                shown(&answer, &texts, Some(&here), 0, &mut out);
            }
            out.push('\n');
        }
        insta::with_settings!({prepend_module_to_snapshot => false}, {
            insta::assert_snapshot!(name, out);
        });
    }
}

/// The capabilities that are declared, by their path; those that say how places are counted or when something is asked are no promise of an answer.
fn declared() -> BTreeSet<String> {
    fn leaves(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                // an object is a capability itself, but where it only groups
                if path.contains("Provider") {
                    found.insert(path.to_owned());
                }
                for (name, field) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    leaves(&path, field, found);
                }
            }
            Value::Bool(true) => {
                found.insert(path.to_owned());
            }
            Value::Array(items) if path.ends_with("codeActionKinds") => {
                found.extend(items.iter().map(|kind| format!("codeActionProvider.{}", kind.as_str().unwrap())));
            }
            _ => {}
        }
    }
    let capabilities = serde_json::to_value(mlp_server::capabilities(Encoding::Utf16)).unwrap();
    let mut found = BTreeSet::new();
    leaves("", &capabilities, &mut found);
    found
}

#[test]
fn what_is_declared_is_tested() {
    /// Held by tests of their own (`session.rs`), or by those of what they are a part of.
    const ELSEWHERE: [&str; 7] = [
        "textDocumentSync.openClose",
        "workspace.workspaceFolders.supported",
        "workspace.workspaceFolders.changeNotifications",
        "diagnosticProvider.interFileDependencies",
        "codeActionProvider",
        "semanticTokensProvider",
        "semanticTokensProvider.legend",
    ];
    let tested: BTreeSet<String> = fixtures().into_iter().map(|(_, fixture)| fixture.capability).collect();
    let declared: BTreeSet<String> =
        declared().into_iter().filter(|path| !ELSEWHERE.contains(&path.as_str())).collect();
    let untested: Vec<&String> = declared.difference(&tested).collect();
    assert!(untested.is_empty(), "declared, and without a text in tests/golden: {untested:?}");
    let undeclared: Vec<&String> = tested.difference(&declared).collect();
    assert!(undeclared.is_empty(), "tested, and not declared: {undeclared:?}");
}
