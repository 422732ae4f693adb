//! What a selection grows to: the word, then the expression around it, and so on up to the document.

use crate::view::{Place, View};

/// The ranges around an offset, each within the next; the last one is the document.
#[must_use]
pub fn around(view: &View<'_>, offset: u32) -> Vec<Place> {
    let whole = 0..u32::try_from(view.text.len()).unwrap_or(u32::MAX);
    let mut found = vec![whole];
    if let Some((part, nodes)) = view.around(offset) {
        let first = part.item.lead.comments.iter().find(|comment| comment.text.starts_with("///"));
        let documented = first.map(|comment| part.place(comment.span.to(part.item.span)));
        found.extend(documented);
        found.extend(nodes.iter().map(|node| part.place(node.span())));
    }
    found.dedup();
    found.reverse();
    found
}
