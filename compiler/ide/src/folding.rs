//! What can be folded away: brackets over several lines, runs of comments, the imports.

use mlp_syntax::tree::ItemKind;

use crate::view::{Place, View};

/// What is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoldKind {
    /// Several comments, or one over several lines.
    Comment,
    /// All `use` lines.
    Imports,
    /// What stands in brackets.
    Region,
}

/// The folds of a document, by place; each goes over more than one line.
#[must_use]
pub fn folds(view: &View<'_>) -> Vec<(Place, FoldKind)> {
    let mut found = brackets(view.text);
    found.extend(comments(view.text));
    found.extend(imports(view));
    found.retain(|(place, _)| view.slice(place).trim_end().contains('\n'));
    found.sort_by_key(|(place, kind)| (place.start, place.end, *kind));
    found
}

fn imports(view: &View<'_>) -> Option<(Place, FoldKind)> {
    let mut uses = view.parts.iter().filter(|part| matches!(part.item.kind, ItemKind::Use(_)));
    let first = uses.next()?;
    let last = uses.next_back().unwrap_or(first);
    Some((first.place(first.item.span).start..last.place(last.item.span).end, FoldKind::Imports))
}

/// Brackets, from the opening to before the closing one, whose line stays in sight.
fn brackets(text: &str) -> Vec<(Place, FoldKind)> {
    let mut open: Vec<u32> = Vec::new();
    let mut found = Vec::new();
    let base = text.as_ptr() as usize;
    for token in mlp_syntax::tokens(text) {
        let start = u32::try_from(token.as_ptr() as usize - base).unwrap_or(u32::MAX);
        match token {
            "{" | "(" | "[" => open.push(start),
            "}" | ")" | "]" => found.extend(open.pop().map(|from| (from..start, FoldKind::Region))),
            _ => {}
        }
    }
    found
}

fn comments(text: &str) -> Vec<(Place, FoldKind)> {
    let mut found: Vec<(Place, FoldKind)> = Vec::new();
    let mut run: Option<Place> = None;
    let mut at = 0_u32;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + u32::try_from(line.trim_end().len()).unwrap_or_default());
        at += u32::try_from(line.len()).unwrap_or_default();
        if line.trim_start().starts_with("//") {
            run = Some(run.map_or(start, |run| run.start)..end);
        } else {
            found.extend(run.take().map(|run| (run, FoldKind::Comment)));
        }
    }
    found.extend(run.map(|run| (run, FoldKind::Comment)));
    found
}
