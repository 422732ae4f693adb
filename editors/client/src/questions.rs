//! What editors ask, at random places.

use std::path::Path;

use serde_json::{Value, json};

use crate::{client::uri, dice::Dice, text::Units};

/// What is asked at a place.
pub(crate) const AT_PLACES: [&str; 11] = [
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/typeDefinition",
    "textDocument/implementation",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/completion",
    "textDocument/signatureHelp",
    "textDocument/prepareRename",
    "textDocument/linkedEditingRange",
    "textDocument/prepareCallHierarchy",
];

/// What is asked of a document as a whole, or of a range of it.
pub(crate) const OF_DOCUMENTS: [&str; 10] = [
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/semanticTokens/full",
    "textDocument/diagnostic",
    "textDocument/inlayHint",
    "textDocument/codeLens",
    "textDocument/documentLink",
    "textDocument/codeAction",
    "textDocument/semanticTokens/range",
    "textDocument/formatting",
];

/// A place of a text that somebody may be at: in a word rather than anywhere.
fn place(dice: &mut Dice<'_>, units: Units, text: &str) -> Value {
    let words = mlp_generate::words(text);
    let offset = match dice.pick(&words) {
        Some(word) if dice.chance(80) => word.start + dice.below(word.len() + 1),
        _ => dice.below(text.len() + 1),
    };
    units.position(text, text.floor_char_boundary(offset))
}

/// A question at a place of a document.
pub fn at_place(dice: &mut Dice<'_>, units: Units, path: &Path, text: &str) -> (&'static str, Value) {
    let method = dice.word(&AT_PLACES);
    let mut params = json!({"textDocument": {"uri": uri(path)}, "position": place(dice, units, text)});
    if method == "textDocument/references" {
        params["context"] = json!({"includeDeclaration": dice.chance(50)});
    }
    (method, params)
}

/// A question about a document.
pub fn of_document(dice: &mut Dice<'_>, units: Units, path: &Path, text: &str) -> (&'static str, Value) {
    let method = dice.word(&OF_DOCUMENTS);
    let whole = units.range(text, &(0..text.len()));
    (method, about(method, path, &whole))
}

/// All questions about a document: what there is to know of it.
#[must_use]
pub fn all(units: Units, path: &Path, text: &str) -> Vec<(&'static str, Value)> {
    let whole = units.range(text, &(0..text.len()));
    OF_DOCUMENTS.into_iter().map(|method| (method, about(method, path, &whole))).collect()
}

fn about(method: &str, path: &Path, range: &Value) -> Value {
    let mut params = json!({"textDocument": {"uri": uri(path)}});
    match method {
        "textDocument/inlayHint" | "textDocument/semanticTokens/range" => params["range"] = range.clone(),
        "textDocument/codeAction" => {
            params["range"] = range.clone();
            params["context"] = json!({"diagnostics": []});
        }
        "textDocument/formatting" => params["options"] = json!({"tabSize": 2, "insertSpaces": true}),
        _ => {}
    }
    params
}
