//! A long session of somebody who types, breaks, mends and asks: it leaks nothing, and what it says at any time is what a server that has just come says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Map, Value, json};

use crate::{
    client::{Answer, Client, uri},
    deeds::{REFUSED, asked, deed},
    desk::{Desk, document},
    dice::Dice,
    disk::furnish,
    questions::{all, at_place, of_document},
    text::Units,
};

/// How long, and how closely looked at.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What the choices come from.
    pub seed: u64,
    /// So many edits.
    pub edits: usize,
    /// So many of them before the memory is measured first.
    pub warm: usize,
    /// After so many deeds each the state is compared with a fresh server's.
    pub every: usize,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Edits that were made.
    pub edits: usize,
    /// Questions that were answered, or taken back.
    pub asked: usize,
    /// How often the state was compared.
    pub compared: usize,
    /// The memory after the warm-up, in bytes, with all texts as they were at first.
    pub before: u64,
    /// The memory at the end, so too.
    pub after: u64,
}

/// Works with the language server of a binary in a folder, on copies of the examples.
///
/// # Errors
/// Where the server is wrong about something: what happened before it, and what it says.
pub fn soak(mlp: &Path, examples: &Path, folder: &Path, plan: Plan) -> Result<Report, String> {
    let files = furnish(folder, examples)?;
    let mut dice = Dice::Seeded(plan.seed);
    let units = *dice.pick(&Units::ALL).unwrap_or(&Units::Pairs);
    let asks = dice.chance(50);
    let desk = Desk::new(greet(mlp, folder, units, asks)?, units, folder, files);
    let mut soak =
        Soak { mlp, asks, desk, dice, asked: BTreeMap::new(), tokens: BTreeMap::new(), report: Report::default() };
    let mut done: Vec<String> = Vec::new();
    match soak.run(plan, &mut done) {
        Ok(()) => Ok(soak.report),
        Err(fault) => {
            let last = done.get(done.len().saturating_sub(8)..).unwrap_or_default();
            Err(format!("{plan:?}, {units:?}, after {} deeds, the last of which {last:#?}: {fault}", done.len()))
        }
    }
}

fn greet(mlp: &Path, folder: &Path, units: Units, asks: bool) -> Result<Client, String> {
    let mut capabilities = json!({
        "general": {"positionEncodings": [units.name()]},
        "workspace": {"configuration": true, "workspaceFolders": true},
        "textDocument": {"completion": {"completionItem": {"snippetSupport": false}}},
    });
    if asks {
        capabilities["textDocument"]["diagnostic"] = json!({});
    }
    Client::greet(Command::new(mlp).arg("lsp"), &[folder], &capabilities)
}

/// What is known of the colours of a document: the id of the last answer, and its numbers.
type Tokens = (Value, Vec<Value>);

struct Soak<'s> {
    mlp: &'s Path,
    /// Whether the client asks for findings, so that they are not pushed.
    asks: bool,
    desk: Desk,
    dice: Dice<'s>,
    /// Questions for colours that are not answered, and the document.
    asked: BTreeMap<i64, PathBuf>,
    tokens: BTreeMap<PathBuf, Tokens>,
    report: Report,
}

impl Soak<'_> {
    fn run(&mut self, plan: Plan, done: &mut Vec<String>) -> Result<(), String> {
        while self.desk.edits < plan.edits {
            let was_warm = self.desk.edits >= plan.warm;
            done.push(deed(&mut self.desk, &mut self.dice)?);
            self.ask()?;
            if done.len().is_multiple_of(20) {
                self.settle()?;
            }
            if done.len().is_multiple_of(plan.every) {
                self.compare()?;
            }
            if !was_warm && self.desk.edits >= plan.warm {
                self.report.before = self.rest()?;
            }
        }
        self.compare()?;
        self.report.after = self.rest()?;
        self.compare()?;
        self.report.edits = self.desk.edits;
        Ok(())
    }

    /// Asks something, or several things at once, and takes some back.
    fn ask(&mut self) -> Result<(), String> {
        for _ in 0..self.dice.below(5) {
            let open: Vec<PathBuf> = self.desk.open.keys().cloned().collect();
            let sources = self.desk.sources();
            let chosen = if self.dice.chance(90) { self.dice.pick(&open) } else { self.dice.pick(&sources) };
            let Some(path) = chosen.cloned() else { continue };
            let text = self.desk.text(&path).to_owned();
            let (method, params) = match self.dice.below(10) {
                0..5 => at_place(&mut self.dice, self.desk.units, &path, &text),
                5..8 => of_document(&mut self.dice, self.desk.units, &path, &text),
                8 => ("workspace/symbol", json!({"query": self.dice.word(&["", "row", "a", "zz"])})),
                _ => match self.tokens.get(&path) {
                    Some((id, _)) => {
                        let params = json!({"textDocument": {"uri": uri(&path)}, "previousResultId": id});
                        ("textDocument/semanticTokens/full/delta", params)
                    }
                    None => ("textDocument/semanticTokens/full", json!({"textDocument": {"uri": uri(&path)}})),
                },
            };
            let id = self.desk.client.begin(method, params)?;
            self.report.asked += 1;
            if self.dice.chance(15) {
                self.desk.client.take_back(id)?;
            } else if method.starts_with("textDocument/semanticTokens/full") {
                self.asked.insert(id, path);
            }
        }
        self.desk.client.look()
    }

    /// Waits for all answers, and holds them to what may be answered.
    fn settle(&mut self) -> Result<(), String> {
        for (id, Answer { method, result, .. }) in self.desk.client.settle()? {
            let result = match result {
                Ok(result) => result,
                Err(error) if error["code"] == REFUSED => Value::Null,
                Err(error) => return Err(format!("{method}: {error}")),
            };
            if let Some(path) = self.asked.remove(&id) {
                let known = self.tokens.get(&path).cloned();
                if let Some(tokens) = followed(known, &result)? {
                    self.tokens.insert(path, tokens);
                }
            }
        }
        let said = self.desk.client.pipe.said();
        if said.contains("panicked") { Err(said) } else { Ok(()) }
    }

    /// Holds what the server says to what a fresh one says of the same texts.
    fn compare(&mut self) -> Result<(), String> {
        self.settle()?;
        self.colours()?;
        let files: Vec<PathBuf> =
            self.desk.disk.keys().chain(self.desk.open.keys()).cloned().collect::<BTreeSet<_>>().into_iter().collect();
        let mut fresh = greet(self.mlp, &self.desk.folder, self.desk.units, self.asks)?;
        fresh.settings = self.desk.client.settings.clone();
        for (path, open) in &self.desk.open {
            fresh.tell("textDocument/didOpen", json!({"textDocument": document(path, &open.text)}))?;
        }
        let open: BTreeSet<PathBuf> = self.desk.open.keys().cloned().collect();
        let texts: Vec<(PathBuf, String)> =
            files.into_iter().map(|path| (path.clone(), self.desk.text(&path).to_owned())).collect();
        let places = self.dice.clone();
        let live = state(&mut self.desk.client, self.desk.units, &texts, &open, &mut places.clone())?;
        let wanted = state(&mut fresh, self.desk.units, &texts, &open, &mut places.clone())?;
        self.dice.below(2);
        self.report.compared += 1;
        for (what, wanted) in &wanted {
            let found = live.get(what).unwrap_or(&Value::Null);
            if found != wanted {
                let (found, wanted) = difference(found, wanted);
                return Err(format!("{what} is\n{found}\nand a fresh server says\n{wanted}"));
            }
        }
        if let Some((what, found)) = live.iter().find(|(what, _)| !wanted.contains_key(*what)) {
            return Err(format!("{what} is {found}, and a fresh server does not say so"));
        }
        fresh.bye()
    }

    /// The colours by differences are those that are told anew.
    fn colours(&mut self) -> Result<(), String> {
        for (path, known) in std::mem::take(&mut self.tokens) {
            if !self.desk.open.contains_key(&path) {
                continue;
            }
            let document = json!({"uri": uri(&path)});
            let params = json!({"textDocument": document, "previousResultId": known.0});
            let change = asked(&mut self.desk, "textDocument/semanticTokens/full/delta", params)?;
            let whole = asked(&mut self.desk, "textDocument/semanticTokens/full", json!({"textDocument": document}))?;
            let (Some((_, followed)), Some((id, whole))) = (followed(Some(known), &change)?, followed(None, &whole)?)
            else {
                continue;
            };
            if followed != whole {
                return Err(format!(
                    "the colours of {} by differences are others than those told anew",
                    path.display()
                ));
            }
            self.tokens.insert(path, (id, whole));
        }
        Ok(())
    }

    /// All as it was at first, and the memory then.
    fn rest(&mut self) -> Result<u64, String> {
        self.settle()?;
        for path in self.desk.open.keys().cloned().collect::<Vec<_>>() {
            self.desk.close(&path)?;
        }
        self.tokens.clear();
        for path in self.desk.disk.keys().cloned().collect::<Vec<_>>() {
            if !self.desk.first.contains_key(&path) {
                self.desk.put(&path, None)?;
            }
        }
        for (path, text) in self.desk.first.clone() {
            if self.desk.disk.get(&path) != Some(&text) {
                self.desk.put(&path, Some(&text))?;
            }
            // nothing else is the server's
            if path.extension().is_some_and(|kind| kind == "mlp" || kind == "sql") {
                self.desk.open(&path)?;
            }
        }
        self.desk.client.ask("workspace/symbol", json!({"query": ""}))?;
        self.desk.client.pipe.resident().ok_or_else(|| "the memory of a process is not told here".to_owned())
    }
}

/// The colours after an answer; none where nothing is told.
fn followed(known: Option<Tokens>, answer: &Value) -> Result<Option<Tokens>, String> {
    let id = answer["resultId"].clone();
    let numbers = |value: &Value| value.as_array().cloned();
    if let Some(data) = numbers(&answer["data"]) {
        return Ok(Some((id, data)));
    }
    let Some(edits) = answer["edits"].as_array() else { return Ok(None) };
    let (_, mut data) = known.ok_or("differences are told to who knows nothing")?;
    for edit in edits.iter().rev() {
        let number = |name: &str| edit[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let (start, count) = number("start").zip(number("deleteCount")).ok_or_else(|| format!("{edit} is no edit"))?;
        if start + count > data.len() {
            return Err(format!("{edit} is behind the {} numbers that there are", data.len()));
        }
        data.splice(start..start + count, numbers(&edit["data"]).unwrap_or_default());
    }
    Ok(Some((id, data)))
}

/// All that a server says of some texts, by what was asked.
fn state(
    client: &mut Client,
    units: Units,
    texts: &[(PathBuf, String)],
    open: &BTreeSet<PathBuf>,
    dice: &mut Dice<'_>,
) -> Result<BTreeMap<String, Value>, String> {
    const PLACES: usize = 3;
    let mut asked: Vec<(&str, Value)> = vec![("workspace/symbol", json!({"query": ""}))];
    for (path, text) in texts {
        asked.extend(all(units, path, text));
        let places = (0..PLACES).map(|_| at_place(dice, units, path, text));
        // nobody types in what is not open: there a proposal may be sought less far
        asked.extend(places.filter(|(method, _)| *method != "textDocument/completion" || open.contains(path)));
    }
    asked.push(("workspace/diagnostic", json!({"previousResultIds": []})));
    let mut told = BTreeMap::new();
    for (method, params) in asked {
        let what = format!("{method} {params}");
        let id = client.begin(method, params)?;
        let mut answer = client.end(id)?.result.unwrap_or_else(|error| error);
        without_ids(&mut answer);
        told.insert(what, answer);
    }
    // what is pushed comes before the answer to a question behind it
    for (uri, found) in &client.pushed {
        if found.as_array().is_some_and(|found| !found.is_empty()) {
            told.insert(format!("the findings that are pushed for {uri}"), found.clone());
        }
    }
    Ok(told)
}

/// Takes out what tells one session from another.
fn without_ids(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            let fields: &mut Map<String, Value> = fields;
            fields.retain(|name, _| name != "resultId" && name != "version");
            fields.values_mut().for_each(without_ids);
        }
        Value::Array(items) => items.iter_mut().for_each(without_ids),
        _ => {}
    }
}

/// The first parts in which two answers differ.
fn difference(found: &Value, wanted: &Value) -> (Value, Value) {
    match (found, wanted) {
        (Value::Array(one), Value::Array(two)) if one.len() == two.len() => {
            let differing = one.iter().zip(two).find(|(one, two)| one != two);
            differing.map_or_else(|| (found.clone(), wanted.clone()), |(one, two)| difference(one, two))
        }
        (Value::Object(one), Value::Object(two)) if one.keys().eq(two.keys()) => {
            let differing = one.iter().find(|(name, value)| two.get(*name) != Some(value));
            let other = differing.and_then(|(name, value)| Some((value, two.get(name)?)));
            other.map_or_else(|| (found.clone(), wanted.clone()), |(one, two)| difference(one, two))
        }
        _ => (found.clone(), wanted.clone()),
    }
}
