//! `textDocument/hover`.

use lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};
use mlp_ide::hover;

use crate::{places, requests::Refusal, session::Session, workspace::view};

/// What is told of what stands at a place.
pub fn hover(session: &mut Session, params: HoverParams) -> Result<Option<Hover>, Refusal> {
    let at = params.text_document_position_params;
    let shown = session.shown(&at.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, at.position);
    let told = hover::hover(shown.package, shown.document.id, &view(&shown), offset);
    Ok(told.map(|told| Hover {
        contents: HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: told.text }),
        range: Some(places::range(&shown, told.place)),
    }))
}
