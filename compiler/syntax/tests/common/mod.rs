//! What the tests share.

use std::path::PathBuf;

use mlp_source::{FileId, SourceMap};
use mlp_syntax::{Parsed, parse};

/// `line:column: code: message` of every finding.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn findings(text: &str) -> Vec<String> {
    let mut map = SourceMap::new();
    let id = map.add("test.mlp", text);
    let parsed = parse(id, text);
    let shown = parsed.diagnostics.iter().map(|found| {
        let (start, _) = map.positions(found.primary);
        format!("{}:{}: {}: {}", start.line, start.column, found.code, found.message)
    });
    shown.collect()
}

/// Parses a text.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn read(text: &str) -> Parsed {
    parse(FileId(0), text)
}

/// The fixtures of this crate.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn fixtures() -> Vec<(String, String)> {
    programs(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"))
}

/// The conformance programs; none, with a notice, where they are absent.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn conformance() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/check");
    if !folder.is_dir() {
        println!("skipped: {} is absent", folder.display());
        return Vec::new();
    }
    programs(folder)
}

fn programs(folder: PathBuf) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "mlp"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    found.sort();
    found
}
