//! Formatting: of a document, of a range, and as one types.

use lsp_types::{
    DocumentFormattingParams, DocumentOnTypeFormattingParams, DocumentRangeFormattingParams, TextEdit, Url,
};
use mlp_ide::{Place, edits};

use crate::{
    requests::Refusal,
    session::Session,
    workspace::{Shown, view},
};

/// `textDocument/formatting`.
pub fn document(session: &mut Session, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>, Refusal> {
    laid_out(session, &params.text_document.uri, |_| None)
}

/// `textDocument/rangeFormatting`.
pub fn range(session: &mut Session, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>, Refusal> {
    laid_out(session, &params.text_document.uri, |shown| Some(shown.lines.offsets(&shown.text, params.range)))
}

/// `textDocument/onTypeFormatting`: the declaration that was just closed.
pub fn on_type(
    session: &mut Session,
    params: DocumentOnTypeFormattingParams,
) -> Result<Option<Vec<TextEdit>>, Refusal> {
    let at = params.text_document_position;
    laid_out(session, &at.text_document.uri, |shown| {
        let offset = shown.lines.offset(&shown.text, at.position);
        let closed = view(shown).around(offset).map(|(part, _)| part.place(part.item.span));
        // where the bracket closed nothing, there is nothing to lay out
        Some(closed.unwrap_or(0..0))
    })
}

fn laid_out(
    session: &Session,
    uri: &Url,
    within: impl FnOnce(&Shown<'_>) -> Option<Place>,
) -> Result<Option<Vec<TextEdit>>, Refusal> {
    let shown = session.shown(uri)?;
    let within = within(&shown);
    let edits = edits::layout(&view(&shown), within.as_ref());
    let told =
        |edit: edits::TextEdit| TextEdit { range: shown.lines.range(&shown.text, &edit.place), new_text: edit.text };
    Ok(Some(edits.into_iter().map(told).collect()))
}
