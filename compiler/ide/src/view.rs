//! A document as the features see it: its text, and the declarations in it with their places.

use std::ops::Range;

use mlp_source::Span;
use mlp_syntax::tree::{Item, Node};

/// A range of a document, in bytes.
pub type Place = Range<u32>;

/// A declaration, whose spans count from `shift` on.
#[derive(Clone, Copy, Debug)]
pub struct Part<'p> {
    /// The declaration.
    pub item: &'p Item,
    /// Where in the document its spans count from.
    pub shift: u32,
}

impl Part<'_> {
    /// Where a span of the declaration is in the document.
    #[must_use]
    pub const fn place(&self, span: Span) -> Place {
        self.shift + span.start..self.shift + span.end
    }
}

/// A document.
#[derive(Clone, Debug)]
pub struct View<'p> {
    /// All of it.
    pub text: &'p str,
    /// Its declarations, in order.
    pub parts: Vec<Part<'p>>,
}

impl<'p> View<'p> {
    /// The text of a place; empty outside of the document.
    #[must_use]
    pub fn slice(&self, place: &Place) -> &'p str {
        self.text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }

    /// The declaration at an offset, and the nodes around it, the outermost first.
    #[must_use]
    pub fn around(&self, offset: u32) -> Option<(Part<'p>, Vec<Node<'p>>)> {
        let at = self.parts.partition_point(|part| part.place(part.item.span).end < offset);
        let part = *self.parts.get(at)?;
        let nodes = Node::around(part.item, offset.checked_sub(part.shift)?);
        (!nodes.is_empty()).then_some((part, nodes))
    }
}
