//! `textDocument/diagnostic` and `workspace/diagnostic`: findings for clients that ask, with ids by which what has not changed is not sent again.

use lsp_types::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult, FullDocumentDiagnosticReport,
    RelatedFullDocumentDiagnosticReport, RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport,
    WorkspaceDiagnosticParams, WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult,
    WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
    WorkspaceUnchangedDocumentDiagnosticReport,
};

use crate::{
    diagnostics::{all, of_document, result_id},
    requests::Refusal,
    session::{Session, path_of},
};

/// The findings of a document.
pub fn document(
    session: &mut Session,
    params: DocumentDiagnosticParams,
) -> Result<DocumentDiagnosticReportResult, Refusal> {
    let items = of_document(&session.workspace, &params.text_document.uri);
    let id = result_id(&items);
    let report = if params.previous_result_id.as_deref() == Some(&id) {
        DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
        })
    } else {
        DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
            related_documents: None,
            full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(id), items },
        })
    };
    Ok(DocumentDiagnosticReportResult::Report(report))
}

/// The findings of all packages.
pub fn workspace(
    session: &mut Session,
    params: WorkspaceDiagnosticParams,
) -> Result<WorkspaceDiagnosticReportResult, Refusal> {
    let items = reports(session, &params);
    Ok(WorkspaceDiagnosticReportResult::Report(WorkspaceDiagnosticReport { items }))
}

/// The same, document by document.
pub fn reports(session: &Session, params: &WorkspaceDiagnosticParams) -> Vec<WorkspaceDocumentDiagnosticReport> {
    let known = |uri: &lsp_types::Url| {
        params.previous_result_ids.iter().find(|known| known.uri == *uri).map(|known| known.value.as_str())
    };
    let reports = all(&session.workspace).into_iter().map(|(uri, items)| {
        let id = result_id(&items);
        let version = session.workspace.buffer(&path_of(&uri)).map(|buffer| i64::from(buffer.version));
        if known(&uri) == Some(&id) {
            WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
                uri,
                version,
                unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport { result_id: id },
            })
        } else {
            WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
                uri,
                version,
                full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id: Some(id), items },
            })
        }
    });
    reports.collect()
}
