//! `textDocument/signatureHelp`.

use lsp_types::{
    Documentation, MarkupContent, MarkupKind, ParameterInformation, ParameterLabel, SignatureHelp, SignatureHelpParams,
    SignatureInformation,
};
use mlp_ide::signature;

use crate::{position::Encoding, requests::Refusal, session::Session, workspace::view};

/// The call that is being typed.
pub fn help(session: &mut Session, params: SignatureHelpParams) -> Result<Option<SignatureHelp>, Refusal> {
    let at = params.text_document_position_params;
    let shown = session.shown(&at.text_document.uri)?;
    let offset = shown.lines.offset(&shown.text, at.position);
    let Some(call) = signature::call(shown.package, shown.document.id, &view(&shown), offset) else {
        return Ok(None);
    };
    let markdown = |value: String| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
    // places in a label are counted in UTF-16, whatever was agreed on for texts
    let units = |end: u32| Encoding::Utf16.units(call.label.get(..end as usize).unwrap_or_default());
    let parameters = call.params.iter().map(|(place, docs)| ParameterInformation {
        label: ParameterLabel::LabelOffsets([units(place.start), units(place.end)]),
        documentation: docs.clone().map(markdown),
    });
    let active = call.active.and_then(|active| u32::try_from(active).ok());
    let information = SignatureInformation {
        parameters: Some(parameters.collect()),
        documentation: call.docs.clone().map(markdown),
        active_parameter: active,
        label: call.label.clone(),
    };
    Ok(Some(SignatureHelp { signatures: vec![information], active_signature: Some(0), active_parameter: active }))
}
