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

/// The programs of the repository: examples and the standard library.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn repository() -> Vec<(String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![root.join("examples"), root.join("stdlib/src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let inside: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.extend(inside.iter().filter(|path| path.is_dir()).cloned());
        if inside.iter().any(|path| path.extension().is_some_and(|ext| ext == "mlp")) {
            found.extend(programs(folder));
        }
    }
    found.sort();
    found
}

/// A text as read whole: documentation, declarations, comments at the end and diagnostics, in words.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn whole(text: &str) -> Vec<String> {
    let parsed = read(text);
    told(&parsed.file, 0)
        .into_iter()
        .chain(parsed.diagnostics.iter().map(|found| moved(&format!("{found:?}"), 0)))
        .collect()
}

/// The same as read part by part.
#[allow(dead_code, clippy::allow_attributes, reason = "not every test uses it")]
pub fn in_parts(text: &str) -> Vec<String> {
    let ranges = mlp_syntax::split(text);
    assert_eq!(ranges.iter().map(|range| text.get(range.clone()).unwrap()).collect::<String>(), text);
    let parts: Vec<_> = ranges
        .iter()
        .map(|range| {
            (range.start, mlp_syntax::parse_part(FileId(0), text.get(range.clone()).unwrap(), range.start == 0))
        })
        .collect();
    let mut shown: Vec<String> = parts.iter().flat_map(|(start, (tree, _))| told(tree, *start)).collect();
    for (start, (_, faults)) in &parts {
        let is_member =
            |word: &str| parts.iter().any(|(_, (_, faults))| faults.members().iter().any(|member| member == word));
        shown.extend(faults.diagnostics(is_member).iter().map(|found| moved(&format!("{found:?}"), *start)));
    }
    shown
}

fn told(file: &mlp_syntax::tree::File, start: usize) -> Vec<String> {
    let docs = file.docs.iter().map(|line| format!("{line:?}"));
    let items = file.items.iter().map(|item| format!("{item:?}"));
    let dangling = file.dangling.iter().map(|line| format!("{line:?}"));
    docs.chain(items).chain(dangling).map(|text| moved(&text, start)).collect()
}

/// The debug text of spans, moved.
fn moved(text: &str, by: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("FileId(0), start: ") {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let numbers = behind.strip_prefix("FileId(0), start: ").unwrap();
        let (start, behind) = numbers.split_once(", end: ").unwrap();
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap();
        let (end, behind) = behind.split_at(digits);
        out.push_str(&format!("{}..{}", start.parse::<usize>().unwrap() + by, end.parse::<usize>().unwrap() + by));
        rest = behind;
    }
    out + rest
}
