//! Code actions: the mends that findings offer, all of them at once, and imports in order.

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, TextEdit, Url, WorkspaceEdit,
};
use mlp_diagnostics::{Diagnostic, Edit};
use mlp_workspace::Package;

use crate::{diagnostics, places, requests::Refusal, session::Session};

/// `textDocument/codeAction`.
pub fn actions(session: &mut Session, params: CodeActionParams) -> Result<Option<CodeActionResponse>, Refusal> {
    let uri = params.text_document.uri;
    let shown = session.shown(&uri)?;
    let wanted = |kind: &CodeActionKind| {
        params.context.only.as_ref().is_none_or(|only| {
            only.iter().any(|only| kind == only || kind.as_str().starts_with(&format!("{}.", only.as_str())))
        })
    };
    let mut found = Vec::new();
    let all = shown.package.diagnostics();
    if wanted(&CodeActionKind::QUICKFIX) {
        let here = all.iter().filter_map(|finding| {
            let (at, told) = diagnostics::shown(&session.workspace, shown.package, finding)?;
            (at == uri && touch(told.range, params.range)).then_some((finding, told))
        });
        for (finding, told) in here {
            let Some(fix) = &finding.fix else { continue };
            found.push(CodeAction {
                title: capital(&fix.title),
                kind: Some(CodeActionKind::QUICKFIX),
                edit: edit(session, shown.package, &fix.edits),
                diagnostics: Some(vec![told]),
                is_preferred: Some(true),
                ..CodeAction::default()
            });
        }
    }
    if wanted(&CodeActionKind::SOURCE_FIX_ALL) {
        let here: Vec<&Diagnostic> = all.iter().filter(|finding| finding.primary.file == shown.document.id).collect();
        let edits = apart(&here);
        if !edits.is_empty() {
            found.push(CodeAction {
                title: "Mend all that has a mend".to_owned(),
                kind: Some(CodeActionKind::SOURCE_FIX_ALL),
                edit: edit(session, shown.package, &edits),
                ..CodeAction::default()
            });
        }
    }
    Ok(Some(found.into_iter().map(CodeActionOrCommand::CodeAction).collect()))
}

/// The edits of all fixes that touch no other's.
fn apart(findings: &[&Diagnostic]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        let meets = |edit: &Edit, other: &Edit| {
            edit.span.file == other.span.file && edit.span.start <= other.span.end && other.span.start <= edit.span.end
        };
        if !fix.edits.iter().any(|edit| edits.iter().any(|other| meets(edit, other))) {
            edits.extend(fix.edits.iter().cloned());
        }
    }
    edits
}

/// Edits of the compiler as the client makes them.
fn edit(session: &Session, package: &Package, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut changes: HashMap<Url, Vec<TextEdit>> = HashMap::new();
    for edit in edits {
        let at = places::location(&session.workspace, package, edit.span)?;
        changes.entry(at.uri).or_default().push(TextEdit { range: at.range, new_text: edit.text.clone() });
    }
    Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() })
}

fn touch(one: lsp_types::Range, two: lsp_types::Range) -> bool {
    one.start <= two.end && two.start <= one.end
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
