//! `textDocument/inlayHint`.

use lsp_types::{
    InlayHint, InlayHintKind, InlayHintLabel, InlayHintParams, InlayHintTooltip, MarkupContent, MarkupKind,
};
use mlp_ide::hints::{self, HintKind};

use crate::{config::Config, requests::Refusal, session::Session, workspace::view};

/// The hints within a range, of the kinds that are switched on.
pub fn hints(session: &mut Session, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let within = shown.lines.offsets(&shown.text, params.range);
    let all = hints::hints(shown.package, shown.document.id, &view(&shown), &within);
    let told = all.into_iter().filter(|hint| is_on(session.config, hint.kind)).map(|hint| InlayHint {
        position: shown.lines.position(&shown.text, hint.at),
        label: InlayHintLabel::String(hint.text),
        kind: (hint.kind == HintKind::Parameter).then_some(InlayHintKind::PARAMETER),
        text_edits: None,
        tooltip: hint
            .more
            .map(|value| InlayHintTooltip::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })),
        padding_left: Some(hint.kind != HintKind::Parameter),
        padding_right: Some(hint.kind == HintKind::Parameter),
        data: None,
    });
    Ok(Some(told.collect()))
}

const fn is_on(config: Config, kind: HintKind) -> bool {
    match kind {
        HintKind::Schema => config.schema_hints,
        HintKind::Parameter => config.parameter_hints,
        HintKind::Runtime => config.runtime_hints,
    }
}
