//! Call hierarchy as the lineage of columns: what "calls" a column is what its values come from.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem, CallHierarchyOutgoingCall,
    CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams, Position, SymbolKind, Url,
};
use mlp_analysis::Symbol;
use mlp_ide::{
    hover,
    lineage::{self, Columns},
};
use mlp_source::Span;
use mlp_workspace::Package;

use crate::{places, requests::Refusal, session::Session};

/// `textDocument/prepareCallHierarchy`.
pub fn prepare(
    session: &mut Session,
    params: CallHierarchyPrepareParams,
) -> Result<Option<Vec<CallHierarchyItem>>, Refusal> {
    let at = params.text_document_position_params;
    let (package, column) = column_at(session, &at.text_document.uri, at.position)?;
    let item = column.and_then(|column| item(session, package, column, &[]));
    Ok(item.map(|item| vec![item]))
}

/// `callHierarchy/incomingCalls`: the columns that the values come from.
pub fn incoming(
    session: &mut Session,
    params: CallHierarchyIncomingCallsParams,
) -> Result<Option<Vec<CallHierarchyIncomingCall>>, Refusal> {
    let items = around(session, &params.item, lineage::sources)?;
    let call = |from: CallHierarchyItem| CallHierarchyIncomingCall { from_ranges: vec![from.selection_range], from };
    Ok(Some(items.into_iter().map(call).collect()))
}

/// `callHierarchy/outgoingCalls`: the columns that its values go to.
pub fn outgoing(
    session: &mut Session,
    params: CallHierarchyOutgoingCallsParams,
) -> Result<Option<Vec<CallHierarchyOutgoingCall>>, Refusal> {
    let items = around(session, &params.item, lineage::targets)?;
    let here = params.item.selection_range;
    let call = |to: CallHierarchyItem| CallHierarchyOutgoingCall { to, from_ranges: vec![here] };
    Ok(Some(items.into_iter().map(call).collect()))
}

fn around(
    session: &Session,
    of: &CallHierarchyItem,
    columns: fn(&Package, Span) -> Columns,
) -> Result<Vec<CallHierarchyItem>, Refusal> {
    let (package, column) = column_at(session, &of.uri, of.selection_range.start)?;
    let found = column.map(|column| columns(package, column)).unwrap_or_default();
    Ok(found.iter().filter_map(|(column, stages)| item(session, package, *column, stages)).collect())
}

/// The package of a place, and the place at which the column there is declared.
fn column_at<'s>(session: &'s Session, uri: &Url, at: Position) -> Result<(&'s Package, Option<Span>), Refusal> {
    let shown = session.shown(uri)?;
    let found = shown.package.symbol_at(shown.document.id, shown.lines.offset(&shown.text, at));
    let column = found.and_then(|found| match found.symbol {
        Symbol::Column(place) => Some(place),
        _ => None,
    });
    Ok((shown.package, column))
}

/// A column, with the stages that lead to it.
fn item(session: &Session, package: &Package, place: Span, stages: &[String]) -> Option<CallHierarchyItem> {
    let (column, contract) = hover::column(package, place)?;
    let at = places::location(&session.workspace, package, place)?;
    let by = if stages.is_empty() { String::new() } else { format!(", by {}", stages.join(", ")) };
    Some(CallHierarchyItem {
        name: column.name.clone(),
        kind: SymbolKind::FIELD,
        tags: None,
        detail: Some(format!("{contract}{by}")),
        uri: at.uri,
        range: at.range,
        selection_range: at.range,
        data: None,
    })
}
