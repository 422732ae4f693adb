//! From the places of the compiler to those of the client, also where they are in no file of the user's: modules of the standard library and explanations are
//! written to a folder of the cache, so that editors can open them.

use std::{
    collections::HashMap,
    fs,
    sync::{LazyLock, Mutex},
};

use lsp_types::{Location, Range, Url};
use mlp_diagnostics::Code;
use mlp_source::Span;
use mlp_workspace::{Document, Package};

use crate::workspace::Workspace;

/// The address of a document.
#[must_use]
pub fn uri(workspace: &Workspace, document: &Document) -> Option<Url> {
    let Some(path) = &document.path else {
        let text = mlp_stdlib::module(&document.module)?;
        return cached(&format!("{}.mlp", document.module.replace('.', "/")), text);
    };
    match workspace.buffer(path) {
        Some(buffer) => Some(buffer.uri.clone()),
        None => Url::from_file_path(path).ok(),
    }
}

/// The place of a span of a whole document.
#[must_use]
pub fn location(workspace: &Workspace, package: &Package, span: Span) -> Option<Location> {
    let document = package.document(span.file)?;
    let shown = workspace.show(package, document);
    Some(Location { uri: uri(workspace, document)?, range: range(&shown, span) })
}

/// The range of a span of the document that is shown.
#[must_use]
pub fn range(shown: &crate::workspace::Shown<'_>, span: Span) -> Range {
    shown.lines.range(&shown.text, &(span.start..span.end))
}

/// The address of what a code means.
#[must_use]
pub fn explanation(code: Code) -> Option<Url> {
    cached(&format!("explain/{code}.md"), mlp_diagnostics::explain(code)?)
}

/// The address of a text that comes with this version of the compiler, written once where editors can open it.
fn cached(name: &str, text: &str) -> Option<Url> {
    static WRITTEN: LazyLock<Mutex<HashMap<String, Option<Url>>>> = LazyLock::new(Mutex::default);
    let mut written = WRITTEN.lock().ok()?;
    if let Some(known) = written.get(name) {
        return known.clone();
    }
    let uri = write(name, text);
    written.insert(name.to_owned(), uri.clone());
    uri
}

fn write(name: &str, text: &str) -> Option<Url> {
    let path = mlp_workspace::cache()?.join(env!("CARGO_PKG_VERSION")).join(name);
    if fs::read_to_string(&path).ok().as_deref() != Some(text) {
        fs::create_dir_all(path.parent()?).ok()?;
        // under another name first: who opens it meanwhile sees all of it or nothing
        let half = path.with_extension(format!("{}.half", std::process::id()));
        fs::write(&half, text).ok()?;
        fs::rename(&half, &path).ok()?;
    }
    Url::from_file_path(&path).ok()
}
