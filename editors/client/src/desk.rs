//! What somebody has before them who edits packages: files on disk, some of them open, and a server that is told of all that happens.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    client::{Client, uri},
    disk,
    text::Units,
};

/// So many steps of a text can be taken back.
const STEPS: usize = 30;

/// A text that is open.
#[derive(Clone, Debug)]
pub struct Open {
    /// As it is now.
    pub text: String,
    version: i64,
    /// As it was before the last edits.
    before: Vec<String>,
}

/// A desk.
pub struct Desk {
    /// The client that tells the server.
    pub client: Client,
    /// How places are counted.
    pub units: Units,
    /// The folder that is open.
    pub folder: PathBuf,
    /// All files as they were at first.
    pub first: BTreeMap<PathBuf, String>,
    /// All files as they are on disk.
    pub disk: BTreeMap<PathBuf, String>,
    /// The texts that are open.
    pub open: BTreeMap<PathBuf, Open>,
    /// How often a text was edited.
    pub edits: usize,
}

impl Desk {
    /// A desk with these files and nothing open.
    #[must_use]
    pub fn new(client: Client, units: Units, folder: &Path, files: BTreeMap<PathBuf, String>) -> Self {
        let (folder, first) = (folder.to_path_buf(), files.clone());
        Self { client, units, folder, first, disk: files, open: BTreeMap::new(), edits: 0 }
    }

    /// The sources that there are.
    #[must_use]
    pub fn sources(&self) -> Vec<PathBuf> {
        self.disk.keys().filter(|path| path.extension().is_some_and(|kind| kind == "mlp")).cloned().collect()
    }

    /// The text of a file as the editor has it.
    #[must_use]
    pub fn text(&self, path: &Path) -> &str {
        let open = self.open.get(path).map(|open| open.text.as_str());
        open.or_else(|| self.disk.get(path).map(String::as_str)).unwrap_or_default()
    }

    /// Opens a file.
    ///
    /// # Errors
    /// Where the server has gone; so with all of these.
    pub fn open(&mut self, path: &Path) -> Result<(), String> {
        if self.open.contains_key(path) || !self.disk.contains_key(path) {
            return Ok(());
        }
        let text = self.text(path).to_owned();
        self.client.tell("textDocument/didOpen", json!({"textDocument": document(path, &text)}))?;
        self.open.insert(path.to_path_buf(), Open { text, version: 1, before: Vec::new() });
        Ok(())
    }

    /// Closes a file; what was not saved is lost.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn close(&mut self, path: &Path) -> Result<(), String> {
        if self.open.remove(path).is_none() {
            return Ok(());
        }
        self.client.tell("textDocument/didClose", json!({"textDocument": {"uri": uri(path)}}))
    }

    /// Writes an open file to the disk.
    ///
    /// # Errors
    /// As [`Self::open`], or where it cannot be written.
    pub fn save(&mut self, path: &Path) -> Result<(), String> {
        let Some(open) = self.open.get(path) else { return Ok(()) };
        disk::write(path, &open.text)?;
        self.disk.insert(path.to_path_buf(), open.text.clone());
        self.client.tell("textDocument/didSave", json!({"textDocument": {"uri": uri(path)}}))?;
        self.watched(&[(path, CHANGED)])
    }

    /// Edits an open text, one range after the other, each of the text that the ones before it have left; as a whole where no range is given.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn edit(&mut self, path: &Path, edits: &[(Option<Range<usize>>, &str)]) -> Result<(), String> {
        let Some(open) = self.open.get_mut(path) else { return Ok(()) };
        open.before.push(open.text.clone());
        if open.before.len() > STEPS {
            open.before.remove(0);
        }
        let mut changes = Vec::new();
        for (range, with) in edits {
            changes.push(match range {
                Some(range) => json!({"range": self.units.range(&open.text, range), "text": with}),
                None => json!({"text": with}),
            });
            let range = range.clone().unwrap_or(0..open.text.len());
            open.text.replace_range(range, with);
        }
        open.version += 1;
        self.edits += 1;
        let document = json!({"uri": uri(path), "version": open.version});
        self.client.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}))
    }

    /// Gives an open text another content, by the smallest edit that does it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn replace(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let Some(open) = self.open.get(path) else { return Ok(()) };
        let same = |one: &mut dyn Iterator<Item = char>, two: &mut dyn Iterator<Item = char>| {
            one.zip(two).take_while(|(one, two)| one == two).map(|(one, _)| one.len_utf8()).sum::<usize>()
        };
        let first = same(&mut open.text.chars(), &mut text.chars());
        let (old, new) = (open.text.get(first..).unwrap_or_default(), text.get(first..).unwrap_or_default());
        let last = same(&mut old.chars().rev(), &mut new.chars().rev());
        let (range, with) = (first..open.text.len() - last, new.get(..new.len() - last).unwrap_or_default());
        self.edit(path, &[(Some(range), with)])
    }

    /// Takes the last edit of an open text back.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn undo(&mut self, path: &Path) -> Result<(), String> {
        let Some(text) = self.open.get_mut(path).and_then(|open| open.before.pop()) else { return Ok(()) };
        self.replace(path, &text)?;
        if let Some(open) = self.open.get_mut(path) {
            open.before.pop();
        }
        Ok(())
    }

    /// Writes a file behind the editor's back, or deletes it where no text is given.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn put(&mut self, path: &Path, text: Option<&str>) -> Result<(), String> {
        let was_there = self.disk.contains_key(path);
        match text {
            Some(text) => {
                disk::write(path, text)?;
                self.disk.insert(path.to_path_buf(), text.to_owned());
                self.watched(&[(path, if was_there { CHANGED } else { CREATED })])
            }
            None if was_there => {
                fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
                self.disk.remove(path);
                self.watched(&[(path, DELETED)])
            }
            None => Ok(()),
        }
    }

    /// Renames a file as editors do: on disk, and with it the text that is open.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn rename(&mut self, from: &Path, to: &Path) -> Result<(), String> {
        let Some(text) = self.disk.get(from).cloned().filter(|_| !self.disk.contains_key(to)) else { return Ok(()) };
        fs::rename(from, to).map_err(|error| format!("{}: {error}", from.display()))?;
        self.disk.remove(from);
        self.disk.insert(to.to_path_buf(), text);
        let was_open = self.open.contains_key(from);
        let unsaved = self.text(from).to_owned();
        self.close(from)?;
        self.watched(&[(from, DELETED), (to, CREATED)])?;
        if was_open {
            self.open(to)?;
            self.edit(to, &[(None, &unsaved)])?;
        }
        Ok(())
    }

    /// Makes the edits that a server proposes, in open texts and on disk; whether there were any.
    ///
    /// # Errors
    /// As [`Self::save`], or where they are at no place of a text.
    pub fn apply(&mut self, proposed: &Value) -> Result<bool, String> {
        let mut edits: Vec<(String, Vec<Value>)> = Vec::new();
        for (uri, changes) in proposed["changes"].as_object().into_iter().flatten() {
            edits.push((uri.clone(), changes.as_array().cloned().unwrap_or_default()));
        }
        for change in proposed["documentChanges"].as_array().into_iter().flatten() {
            if let Some(uri) = change["textDocument"]["uri"].as_str() {
                edits.push((uri.to_owned(), change["edits"].as_array().cloned().unwrap_or_default()));
            }
        }
        for (address, edits) in &edits {
            let path = self.disk.keys().chain(self.open.keys()).find(|path| uri(path) == *address).cloned();
            let path = path.ok_or_else(|| format!("an edit of {address}, which is no file of ours"))?;
            let text = self.units.edited(self.text(&path), edits).map_err(|fault| format!("{address}: {fault}"))?;
            if self.open.contains_key(&path) { self.replace(&path, &text)? } else { self.put(&path, Some(&text))? }
        }
        Ok(!edits.is_empty())
    }

    /// Tells of files that are others on disk.
    fn watched(&mut self, files: &[(&Path, u8)]) -> Result<(), String> {
        let changes: Vec<Value> = files.iter().map(|(path, kind)| json!({"uri": uri(path), "type": kind})).collect();
        self.client.tell("workspace/didChangeWatchedFiles", json!({"changes": changes}))
    }
}

const CREATED: u8 = 1;
const CHANGED: u8 = 2;
const DELETED: u8 = 3;

/// A document as it is opened.
#[must_use]
pub fn document(path: &Path, text: &str) -> Value {
    let language = if path.extension().is_some_and(|kind| kind == "sql") { "sql" } else { "mlp" };
    json!({"uri": uri(path), "languageId": language, "version": 1, "text": text})
}
