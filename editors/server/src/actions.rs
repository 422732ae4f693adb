//! Code actions: the mends that findings offer, all of them at once, and those that somebody has to choose.

use std::{collections::HashMap, path::Path};

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, CreateFile,
    CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    Position, Range, ResourceOp, TextDocumentEdit, TextEdit, Url, WorkspaceEdit,
};
use mlp_diagnostics::{Diagnostic, Edit};
use mlp_ide::mends::{self, Asked, Mend, MendKind};
use mlp_workspace::Package;

use crate::{
    diagnostics, places,
    position::{Encoding, Lines},
    requests::Refusal,
    session::{Session, path_of},
    workspace::view,
};

/// `textDocument/codeAction`.
pub fn actions(session: &mut Session, params: CodeActionParams) -> Result<Option<CodeActionResponse>, Refusal> {
    let uri = params.text_document.uri;
    let shown = session.shown(&uri)?;
    let wanted = |kind: &CodeActionKind| {
        params.context.only.as_ref().is_none_or(|only| {
            only.iter().any(|only| kind == only || kind.as_str().starts_with(&format!("{}.", only.as_str())))
        })
    };
    let all = shown.package.diagnostics();
    let here: Vec<&Diagnostic> = all.iter().filter(|finding| finding.primary.file == shown.document.id).collect();
    let (findings, told): (Vec<Diagnostic>, Vec<lsp_types::Diagnostic>) = here
        .iter()
        .filter_map(|finding| Some((*finding, diagnostics::shown(&session.workspace, shown.package, finding)?.1)))
        .filter(|(_, told)| touch(told.range, params.range))
        .map(|(finding, told)| (finding.clone(), told))
        .unzip();
    let mut found = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        let fixes = findings.iter().zip(&told).filter_map(|(finding, told)| Some((finding.fix.as_ref()?, told)));
        found.extend(fixes.map(|(fix, told)| CodeAction {
            title: capital(&fix.title),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: edit(session, shown.package, &fix.edits),
            diagnostics: Some(vec![told.clone()]),
            is_preferred: Some(true),
            ..CodeAction::default()
        }));
    }
    if wanted(&CodeActionKind::SOURCE_FIX_ALL) {
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
    let range = shown.lines.offsets(&shown.text, params.range);
    let asked =
        Asked { package: shown.package, document: shown.document.id, view: &view(&shown), range, findings: &findings };
    let mut mends = mends::mends(&asked);
    mends.retain(|mend| wanted(&kind(mend.kind)));
    if let Some(package) = session.workspace.package_mut(&path_of(&uri)) {
        mends::say_verdicts(package, &mut mends);
    }
    let shown = session.shown(&uri)?;
    found.extend(mends.into_iter().map(|mend| chosen(session, shown.package, mend, &told)));
    Ok(Some(found.into_iter().map(CodeActionOrCommand::CodeAction).collect()))
}

const fn kind(kind: MendKind) -> CodeActionKind {
    match kind {
        MendKind::Fix => CodeActionKind::QUICKFIX,
        MendKind::Extract => CodeActionKind::REFACTOR_EXTRACT,
        MendKind::Imports => CodeActionKind::SOURCE_ORGANIZE_IMPORTS,
    }
}

/// A mend that somebody has to choose.
fn chosen(session: &Session, package: &Package, mend: Mend, told: &[lsp_types::Diagnostic]) -> CodeAction {
    let edit = match &mend.file {
        Some((path, text)) => at_the_end(&package.root.join(path), text, session.encoding),
        None => edit(session, package, &mend.edits),
    };
    CodeAction {
        title: mend.title,
        kind: Some(kind(mend.kind)),
        edit,
        diagnostics: mend.finding.and_then(|index| told.get(index)).map(|told| vec![told.clone()]),
        ..CodeAction::default()
    }
}

/// Puts a text at the end of a file, which is created where it is not there.
fn at_the_end(path: &Path, text: &str, encoding: Encoding) -> Option<WorkspaceEdit> {
    let uri = Url::from_file_path(path).ok()?;
    let known = std::fs::read_to_string(path).ok();
    // not behind the last line, where a file that ends without a line end has no place
    let end = |known: &String| Lines::new(known, encoding).position(known, u32::MAX);
    let at = known.as_ref().map_or_else(Position::default, end);
    let gap = match known.as_deref() {
        None | Some("") => "",
        Some(known) if known.ends_with('\n') => "\n\n",
        Some(_) => "\n\n\n",
    };
    let write = TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri: uri.clone(), version: None },
        edits: vec![OneOf::Left(TextEdit { range: Range { start: at, end: at }, new_text: format!("{gap}{text}") })],
    };
    let create = known.is_none().then(|| {
        let options = CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(true) };
        let create = CreateFile { uri, options: Some(options), annotation_id: None };
        DocumentChangeOperation::Op(ResourceOp::Create(create))
    });
    let operations = create.into_iter().chain([DocumentChangeOperation::Edit(write)]).collect();
    Some(WorkspaceEdit { document_changes: Some(DocumentChanges::Operations(operations)), ..WorkspaceEdit::default() })
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
