//! Imports in order: by module, and the names of each by the alphabet.

use mlp_diagnostics::Edit;
use mlp_source::Span;
use mlp_syntax::tree::{ItemKind, Use};

use super::{Asked, Mend, MendKind};
use crate::view::{Part, Place};

/// The imports of the document in order; none where they are.
pub(super) fn mends(asked: &Asked<'_, '_>) -> Option<Mend> {
    let mut imports: Vec<(&Use, Place)> = asked.view.parts.iter().filter_map(|part| import(*part)).collect();
    let places: Vec<Place> = imports.iter().map(|(_, place)| place.clone()).collect();
    imports.sort_by_key(|(import, _)| path(import));
    let edits = places.iter().zip(&imports).filter_map(|(place, (import, from))| {
        // comments before it and behind its names go along
        let text = asked.view.slice(from);
        let sorted = if text.contains("//") { text.to_owned() } else { sorted(import) };
        let is_other = asked.view.slice(place).split_whitespace().ne(sorted.split_whitespace());
        is_other.then(|| Edit { span: Span::new(asked.document, place.start, place.end), text: sorted })
    });
    let edits: Vec<Edit> = edits.collect();
    (!edits.is_empty()).then(|| Mend::new(MendKind::Imports, "Put the imports in order", edits))
}

/// An import, and its place with the comments before it.
fn import(part: Part<'_>) -> Option<(&Use, Place)> {
    let ItemKind::Use(import) = &part.item.kind else { return None };
    let whole = part.place(part.item.span);
    let start = part.item.lead.comments.first().map_or(whole.start, |comment| part.place(comment.span).start);
    Some((import, start..whole.end))
}

fn path(import: &Use) -> String {
    import.module.segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".")
}

fn sorted(import: &Use) -> String {
    let mut names: Vec<(String, String)> = import
        .names
        .iter()
        .map(|name| {
            let alias = name.alias.as_ref().map(|alias| format!(" as {}", alias.text)).unwrap_or_default();
            (name.name.text.clone(), format!("{}{alias}", name.name.text))
        })
        .collect();
    // `binary` before `Binary`
    names.sort_by_key(|(name, _)| (name.to_lowercase(), name.chars().next().is_some_and(char::is_uppercase)));
    let names: Vec<String> = names.into_iter().map(|(_, written)| written).collect();
    format!("use {}.{{{}}}", path(import), names.join(", "))
}
