//! `mlp check --fix`: applies the edits that diagnostics offer.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use mlp_diagnostics::{Diagnostic, Edit};
use mlp_source::FileId;
use mlp_workspace::{Loaded, Override};
use similar::TextDiff;

use super::Exit;
use crate::{
    output::Output,
    program::{checked, loaded},
};

/// Mends uncover what stood behind them; this many times is looked again.
const ROUNDS: usize = 8;

/// Applies all edits that are offered in the package's own files, until none is left, and says which files changed.
pub fn fix(path: &Path, output: &Output) -> Result<(), u8> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let package = loaded(path, output)?;
        let mended = mended(&package);
        if mended.is_empty() {
            break;
        }
        for file in mended {
            mlp_store::write_atomically(Path::new(&file.name), file.after.as_bytes())
                .map_err(|error| output.failure(&error.to_string(), None))?;
            *count.entry(file.name).or_default() += file.fixes;
        }
    }
    for (name, fixes) in count {
        output.note(&format!("{name}: {fixes} {}", if fixes == 1 { "mend" } else { "mends" }));
    }
    Ok(())
}

/// Shows the edits as a unified diff; 1 where there are some.
pub fn offered(paths: &[PathBuf], output: &Output) -> Exit {
    let mut some = false;
    for path in paths {
        let package = loaded(path, output)?;
        for file in mended(&package) {
            some = true;
            let diff = TextDiff::from_lines(&file.before, &file.after);
            output.result(&diff.unified_diff().header(&file.name, &file.name).to_string());
        }
    }
    Ok(u8::from(some))
}

/// A file with its edits.
struct Mended {
    name: String,
    before: String,
    after: String,
    fixes: usize,
}

/// The package's own files that edits are offered in. Of two that touch one place the first is taken: the next round sees to the other.
fn mended(package: &Loaded) -> Vec<Mended> {
    let diagnostics = checked(package, &Override::new(), |_, found| found);
    let mut taken: BTreeMap<FileId, (Vec<Edit>, usize)> = BTreeMap::new();
    for edits in diagnostics.iter().filter_map(|found: &Diagnostic| found.fix.as_ref()).map(|fix| &fix.edits) {
        let Some(file) = edits.first().map(|edit| edit.span.file) else { continue };
        let apart = |edit: &Edit, other: &Edit| edit.span.end < other.span.start || other.span.end < edit.span.start;
        let own = package.is_own(file) && edits.iter().all(|edit| edit.span.file == file);
        let (before, fixes) = taken.entry(file).or_default();
        if own && edits.iter().all(|edit| before.iter().all(|other| apart(edit, other))) {
            before.extend(edits.iter().cloned());
            *fixes += 1;
        }
    }
    taken.into_iter().filter_map(|(file, (edits, fixes))| applied(package, file, edits, fixes)).collect()
}

fn applied(package: &Loaded, file: FileId, mut edits: Vec<Edit>, fixes: usize) -> Option<Mended> {
    if edits.is_empty() {
        return None;
    }
    let source = package.sources.get(file)?;
    let before = source.text.to_string();
    let mut after = before.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        let range = edit.span.start as usize..edit.span.end as usize;
        let range = if edit.text.is_empty() { with_blanks(&after, range) } else { range };
        after.replace_range(range, &edit.text);
    }
    Some(Mended { name: source.name.to_string(), before, after, fixes })
}

/// What is deleted, with the blanks before it; with its whole line where nothing else stands there.
fn with_blanks(text: &str, range: Range<usize>) -> Range<usize> {
    let before = text.get(..range.start).unwrap_or_default().trim_end_matches([' ', '\t']).len();
    let rest = text.get(range.end..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let alone = text.get(..before).unwrap_or_default().ends_with('\n')
        && rest.get(blanks..).unwrap_or_default().starts_with('\n');
    before..if alone { range.end + blanks + 1 } else { range.end }
}
