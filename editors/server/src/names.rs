//! Requests about names: where they are declared, used, and what else they could be called.

use std::collections::HashMap;

use lsp_types::{
    DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams, GotoDefinitionParams, GotoDefinitionResponse,
    LinkedEditingRangeParams, LinkedEditingRanges, Location, PrepareRenameResponse, ReferenceParams, RenameParams,
    TextDocumentPositionParams, TextEdit, Url, WorkspaceEdit,
    request::{
        GotoImplementationParams, GotoImplementationResponse, GotoTypeDefinitionParams, GotoTypeDefinitionResponse,
    },
};
use mlp_analysis::{Occurrence, Symbol};
use mlp_diagnostics::Edit;
use mlp_ide::names;
use mlp_source::Span;
use mlp_workspace::Package;

use crate::{places, requests::Refusal, session::Session, workspace::Shown};

/// The document of a place, and the name there.
fn named<'s>(
    session: &'s Session,
    at: &TextDocumentPositionParams,
) -> Result<(Shown<'s>, Option<Occurrence>), Refusal> {
    let shown = session.shown(&at.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, at.position);
    let found = shown.package.symbol_at(shown.document.id, offset);
    Ok((shown, found))
}

fn locations(session: &Session, package: &Package, spans: impl IntoIterator<Item = Span>) -> Vec<Location> {
    spans.into_iter().filter_map(|span| places::location(&session.workspace, package, span)).collect()
}

/// Where the name at a place leads to.
fn leads(
    session: &Session,
    at: &TextDocumentPositionParams,
    to: impl FnOnce(&Package, &Symbol) -> Option<Vec<Span>>,
) -> Result<Option<GotoDefinitionResponse>, Refusal> {
    let (shown, found) = named(session, at)?;
    let spans = found.and_then(|found| to(shown.package, &found.symbol));
    Ok(spans.map(|spans| GotoDefinitionResponse::Array(locations(session, shown.package, spans))))
}

/// `textDocument/definition`.
pub fn definition(
    session: &mut Session,
    params: GotoDefinitionParams,
) -> Result<Option<GotoDefinitionResponse>, Refusal> {
    let at = params.text_document_position_params;
    let shown = session.shown(&at.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, at.position);
    let found = shown.package.symbols_at(shown.document.id, offset);
    let mut places: Vec<Span> = Vec::new();
    for place in found.iter().filter_map(|found| names::declaration(shown.package, &found.symbol)) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let found = (!places.is_empty()).then(|| locations(session, shown.package, places));
    Ok(found.map(GotoDefinitionResponse::Array))
}

/// `textDocument/typeDefinition`.
pub fn type_definition(
    session: &mut Session,
    params: GotoTypeDefinitionParams,
) -> Result<Option<GotoTypeDefinitionResponse>, Refusal> {
    leads(session, &params.text_document_position_params, |package, symbol| {
        names::type_declaration(package, symbol).map(|place| vec![place])
    })
}

/// `textDocument/implementation`: of a contract what makes it.
pub fn implementation(
    session: &mut Session,
    params: GotoImplementationParams,
) -> Result<Option<GotoImplementationResponse>, Refusal> {
    leads(session, &params.text_document_position_params, |package, symbol| Some(names::makers(package, symbol)))
}

/// `textDocument/references`.
pub fn references(session: &mut Session, params: ReferenceParams) -> Result<Option<Vec<Location>>, Refusal> {
    let (shown, found) = named(session, &params.text_document_position)?;
    let Some(found) = found else { return Ok(None) };
    let declared = names::declaration(shown.package, &found.symbol);
    let wanted = |place: &Span| params.context.include_declaration || Some(*place) != declared;
    let places = shown.package.occurrences(&found.symbol).into_iter().filter(wanted);
    Ok(Some(locations(session, shown.package, places)))
}

/// `textDocument/documentHighlight`.
pub fn highlights(
    session: &mut Session,
    params: DocumentHighlightParams,
) -> Result<Option<Vec<DocumentHighlight>>, Refusal> {
    let (shown, found) = named(session, &params.text_document_position_params)?;
    let Some(found) = found else { return Ok(None) };
    let declared = names::declaration(shown.package, &found.symbol);
    let highlight = |place: Span| DocumentHighlight {
        range: places::range(&shown, place),
        kind: Some(if Some(place) == declared { DocumentHighlightKind::WRITE } else { DocumentHighlightKind::READ }),
    };
    let here = names::in_document(shown.package, &found.symbol, shown.document.id);
    Ok(Some(here.into_iter().map(highlight).collect()))
}

/// `textDocument/prepareRename`.
pub fn prepare_rename(
    session: &mut Session,
    params: TextDocumentPositionParams,
) -> Result<Option<PrepareRenameResponse>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, params.position);
    let (place, _) = names::renameable(shown.package, shown.document, offset).map_err(|why| Refusal(why.0))?;
    let placeholder = shown.text.get(place.range()).unwrap_or_default().to_owned();
    Ok(Some(PrepareRenameResponse::RangeWithPlaceholder { range: places::range(&shown, place), placeholder }))
}

/// `textDocument/rename`.
pub fn rename(session: &mut Session, params: RenameParams) -> Result<Option<WorkspaceEdit>, Refusal> {
    let at = params.text_document_position;
    let shown = session.shown(&at.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, at.position);
    let (place, symbol) = names::renameable(shown.package, shown.document, offset).map_err(|why| Refusal(why.0))?;
    let edits = names::renamed(shown.package, &symbol, place, &params.new_name).map_err(|why| Refusal(why.0))?;
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for Edit { span, text } in edits {
        let Some(at) = places::location(&session.workspace, shown.package, span) else { continue };
        changes.entry(at.uri).or_default().push(TextEdit { range: at.range, new_text: text });
    }
    Ok(Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
}

/// `textDocument/linkedEditingRange`: a parameter or `let`, which is seen in its declaration alone.
pub fn linked(session: &mut Session, params: LinkedEditingRangeParams) -> Result<Option<LinkedEditingRanges>, Refusal> {
    let (shown, found) = named(session, &params.text_document_position_params)?;
    let Some(Occurrence { symbol: symbol @ Symbol::Local(_), .. }) = found else { return Ok(None) };
    let everywhere = shown.package.occurrences(&symbol);
    // a parameter that others give by its name is renamed, and not typed along
    if everywhere.iter().any(|place| place.file != shown.document.id) {
        return Ok(None);
    }
    let ranges = everywhere.into_iter().map(|place| places::range(&shown, place)).collect();
    Ok(Some(LinkedEditingRanges { ranges, word_pattern: None }))
}
