//! What people do while they write, at random.

use std::path::{Path, PathBuf};

use mlp_generate::{lines, words};
use serde_json::{Value, json};

use crate::{client::uri, desk::Desk, dice::Dice, text::declarations};

/// What is typed, one after the other.
const TYPED: [&str; 20] =
    ["x", "e", "_", " ", "\n", "  ", "1", ".", ",", ":", "?", "@", "=", "é", "😀", "-", ">", "key", "int64", "Table<"];
/// What breaks the text around it.
const BREAKS: [&str; 14] =
    ["{", "}", "(", ")", "[", "\"", "\"\"\"", "//", "/*", "*/", "<<<<<<< ours\n", "=======\n", "/// docs\n", "\r\n"];
/// What is written anew.
const WRITTEN: [&str; 10] = [
    "\ncontract B {\n  id: int64 key\n  at: timestamp\n}\n",
    "\ncontract C = B with { more: string? }\n",
    "\ntype Small = int32 in 0 .. 9\n",
    "\nuse std.split.{by_time}\n",
    "\nconst many: int = 3\n",
    "\nmoments early < late\n",
    "\nenv default { python = \"3.11\" }\n",
    "\nsource bs() -> Table<B> { from = csv(\"b.csv\") }\n",
    "\nstage same(rows: Table<B>) -> Table<B> { run = sql(\"select id, at from rows\") }\n",
    "\npipeline nightly {\n  let rows = bs()\n  let made = same(rows)\n}\n",
];

/// Does something; what it was, for who looks for the cause of a fault.
///
/// # Errors
/// Where the server has gone, does not answer, or proposes what is not possible.
pub fn deed(desk: &mut Desk, dice: &mut Dice<'_>) -> Result<String, String> {
    let open: Vec<PathBuf> = desk.open.keys().cloned().collect();
    let Some(path) = dice.pick(&open).cloned() else {
        return opened(desk, dice);
    };
    let done = match dice.below(100) {
        0..30 => typed(desk, dice, &path)?,
        30..42 => deleted(desk, dice, &path)?,
        42..47 => pasted(desk, dice, &path)?,
        47..52 => moved(desk, dice, &path)?,
        52..59 => swapped(desk, dice, &path)?,
        59..66 => broken(desk, dice, &path)?,
        66..80 => {
            desk.undo(&path)?;
            "takes back"
        }
        80..84 => reverted(desk, dice, &path)?,
        84..87 => completed(desk, dice, &path)?,
        87..89 => renamed(desk, dice, &path)?,
        89..91 => mended(desk, dice, &path)?,
        91 => formatted(desk, &path)?,
        92 => {
            desk.save(&path)?;
            "saves"
        }
        93 => {
            desk.close(&path)?;
            "closes"
        }
        94..96 => return opened(desk, dice),
        96..98 => on_disk(desk, dice)?,
        98 => settings(desk, dice)?,
        _ => folders(desk, dice)?,
    };
    Ok(format!("{done} {}", path.file_name().unwrap_or_default().to_string_lossy()))
}

/// A place where one writes: at a word's end rather than anywhere.
fn place(dice: &mut Dice<'_>, text: &str) -> usize {
    let found = words(text);
    match dice.pick(&found) {
        Some(word) if dice.chance(70) => word.end,
        _ => text.floor_char_boundary(dice.below(text.len() + 1)),
    }
}

fn typed(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let mut at = place(dice, desk.text(path));
    for _ in 0..=dice.below(4) {
        let letter = dice.word(&TYPED);
        desk.edit(path, &[(Some(at..at), letter)])?;
        at += letter.len();
    }
    Ok("types in")
}

fn broken(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let at = place(dice, desk.text(path));
    desk.edit(path, &[(Some(at..at), dice.word(&BREAKS))])?;
    Ok("breaks")
}

/// A letter, a word, some lines, or from one place to another.
fn deleted(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let text = desk.text(path);
    let range = match dice.below(4) {
        0 => dice.pick(&words(text)).cloned(),
        1 => {
            let all = lines(text);
            let first = dice.below(all.len());
            let last = (first + dice.below(3)).min(all.len().saturating_sub(1));
            all.get(first).zip(all.get(last)).map(|(first, last)| first.start..last.end)
        }
        2 => {
            let (one, two) = (place(dice, text), place(dice, text));
            // not all of it at once, most of the time
            Some(one.min(two)..one.max(two)).filter(|range| range.len() < 200)
        }
        _ => {
            let at = place(dice, text);
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            before.map(|letter| at - letter.len_utf8()..at)
        }
    };
    if let Some(range) = range {
        desk.edit(path, &[(Some(range), "")])?;
    }
    Ok("deletes in")
}

/// A declaration of any file, or a new one, behind another.
fn pasted(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let sources = desk.sources();
    let from = desk.text(dice.pick(&sources).map_or(path, PathBuf::as_path));
    let found = declarations(from);
    let what = match dice.pick(&found).and_then(|range| from.get(range.clone())) {
        Some(one) if dice.chance(60) => one.to_owned(),
        _ => dice.word(&WRITTEN).to_owned(),
    };
    let text = desk.text(path);
    let at = dice.pick(&declarations(text)).map_or(text.len(), |range| range.end);
    desk.edit(path, &[(Some(at..at), &what)])?;
    Ok("pastes into")
}

/// A line or a declaration, written twice or put elsewhere: two edits in one change.
fn moved(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let text = desk.text(path);
    let pieces = if dice.chance(50) { lines(text) } else { declarations(text) };
    let (Some(from), Some(to)) = (dice.pick(&pieces).cloned(), dice.pick(&pieces).map(|piece| piece.start)) else {
        return Ok("moves nothing in");
    };
    let piece = text.get(from.clone()).unwrap_or_default().to_owned();
    if dice.chance(40) {
        desk.edit(path, &[(Some(to..to), &piece)])?;
        return Ok("copies within");
    }
    let to = if to > from.start { to - from.len() } else { to };
    desk.edit(path, &[(Some(from), ""), (Some(to..to), &piece)])?;
    Ok("moves within")
}

/// A word gets the place of another.
fn swapped(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let sources = desk.sources();
    let from = desk.text(dice.pick(&sources).map_or(path, PathBuf::as_path));
    let found = words(from);
    let word = dice.pick(&found).and_then(|range| from.get(range.clone())).unwrap_or_default().to_owned();
    if let Some(range) = dice.pick(&words(desk.text(path))).cloned() {
        desk.edit(path, &[(Some(range), &word)])?;
    }
    Ok("swaps a word in")
}

/// As it was at first, as a whole or by what differs.
fn reverted(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let text = desk.first.get(path).cloned().unwrap_or_default();
    if dice.chance(50) {
        desk.edit(path, &[(None, &text)])?
    } else {
        desk.replace(path, &text)?
    }
    Ok("reverts")
}

/// Takes one of the first proposals.
fn completed(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let at = place(dice, desk.text(path));
    let position = desk.units.position(desk.text(path), at);
    let params = json!({"textDocument": {"uri": uri(path)}, "position": position});
    let answer = asked(desk, "textDocument/completion", params)?;
    let items = answer["items"].as_array().or_else(|| answer.as_array()).cloned().unwrap_or_default();
    let Some(item) = dice.pick(items.get(..items.len().min(12)).unwrap_or_default()) else {
        return Ok("completes nothing in");
    };
    let item = if item["data"].is_null() { item.clone() } else { asked(desk, "completionItem/resolve", item.clone())? };
    let mut edits = item["additionalTextEdits"].as_array().cloned().unwrap_or_default();
    edits.extend(item.get("textEdit").cloned());
    let text = desk.units.edited(desk.text(path), &edits).map_err(|fault| format!("{fault}: {item}"))?;
    desk.replace(path, &text)?;
    Ok("completes in")
}

fn renamed(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let at = place(dice, desk.text(path));
    let position = desk.units.position(desk.text(path), at);
    let mut params = json!({"textDocument": {"uri": uri(path)}, "position": position});
    if asked(desk, "textDocument/prepareRename", params.clone())?.is_null() {
        return Ok("renames nothing in");
    }
    params["newName"] = json!(format!("renamed_{}", dice.below(1_000)));
    let edit = asked(desk, "textDocument/rename", params)?;
    desk.apply(&edit)?;
    Ok("renames in")
}

/// Applies one of the mends that are offered.
fn mended(desk: &mut Desk, dice: &mut Dice<'_>, path: &Path) -> Result<&'static str, String> {
    let range = desk.units.range(desk.text(path), &(0..desk.text(path).len()));
    let params = json!({"textDocument": {"uri": uri(path)}, "range": range, "context": {"diagnostics": []}});
    let actions = asked(desk, "textDocument/codeAction", params)?;
    let Some(action) = dice.pick(actions.as_array().map(Vec::as_slice).unwrap_or_default()) else {
        return Ok("mends nothing in");
    };
    // what makes a new file is left alone: where it comes to stand is the editor's matter
    let creates =
        action["edit"]["documentChanges"].as_array().is_some_and(|all| all.iter().any(|one| !one["kind"].is_null()));
    let known = |uri: &String| desk.disk.keys().any(|path| crate::client::uri(path) == *uri);
    let is_ours = action["edit"]["changes"].as_object().is_none_or(|changes| changes.keys().all(known));
    if !creates && is_ours {
        desk.apply(&action["edit"].clone())?;
    }
    Ok("mends in")
}

fn formatted(desk: &mut Desk, path: &Path) -> Result<&'static str, String> {
    let params = json!({"textDocument": {"uri": uri(path)}, "options": {"tabSize": 2, "insertSpaces": true}});
    let edits = asked(desk, "textDocument/formatting", params)?;
    let edits = edits.as_array().cloned().unwrap_or_default();
    let text = desk.units.edited(desk.text(path), &edits)?;
    desk.replace(path, &text)?;
    Ok("formats")
}

/// The code of an answer that is refused in words: a document may be of no package that can be read.
pub const REFUSED: i64 = -32803;

/// What is answered; nothing where it is refused in words.
///
/// # Errors
/// Where no answer comes, or another error.
pub fn asked(desk: &mut Desk, method: &str, params: Value) -> Result<Value, String> {
    let id = desk.client.begin(method, params)?;
    match desk.client.end(id)?.result {
        Ok(answer) => Ok(answer),
        Err(error) if error["code"] == REFUSED => Ok(Value::Null),
        Err(error) => Err(format!("{method}: {error}")),
    }
}

fn opened(desk: &mut Desk, dice: &mut Dice<'_>) -> Result<String, String> {
    let is_text = |path: &&PathBuf| path.extension().is_some_and(|kind| kind == "mlp" || kind == "sql");
    let all: Vec<PathBuf> = desk.disk.keys().filter(is_text).cloned().collect();
    let path = dice.pick(&all).cloned().ok_or("there is nothing to open")?;
    desk.open(&path)?;
    Ok(format!("opens {}", path.display()))
}

/// Something else writes, deletes or renames a file.
fn on_disk(desk: &mut Desk, dice: &mut Dice<'_>) -> Result<&'static str, String> {
    let first: Vec<(PathBuf, String)> = desk.first.clone().into_iter().collect();
    let Some((path, text)) = dice.pick(&first) else { return Ok("does nothing to") };
    let is_source = path.extension().is_some_and(|kind| kind == "mlp");
    match dice.below(5) {
        0 => {
            let broken: String = text.chars().take(dice.below(text.len() + 1)).collect();
            desk.put(path, Some(&broken))?;
        }
        1 if is_source => desk.put(path, None)?,
        2 if is_source => desk.rename(path, &path.with_file_name(format!("other_{}.mlp", dice.below(3))))?,
        _ => desk.put(path, Some(text))?,
    }
    Ok("has a file changed on disk, beside")
}

fn settings(desk: &mut Desk, dice: &mut Dice<'_>) -> Result<&'static str, String> {
    desk.client.settings = match dice.below(3) {
        0 => Value::Null,
        1 => json!({"inlayHints": {"parameters": false}}),
        _ => json!({"lens": {"graph": false}}),
    };
    desk.client.tell("workspace/didChangeConfiguration", json!({"settings": {"mlp": desk.client.settings}}))?;
    Ok("sets")
}

/// A folder goes, and comes again.
fn folders(desk: &mut Desk, dice: &mut Dice<'_>) -> Result<&'static str, String> {
    let name = dice.word(&["flights", "quickstart", "parts"]);
    let folder = json!([{"uri": uri(&desk.folder.join(name)), "name": name}]);
    for (added, removed) in [(json!([]), &folder), (folder.clone(), &json!([]))] {
        let event = json!({"added": added, "removed": removed});
        desk.client.tell("workspace/didChangeWorkspaceFolders", json!({"event": event}))?;
    }
    Ok("closes and opens a folder, beside")
}
