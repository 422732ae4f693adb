//! Findings as editors show them: both ends of a conflict, links to explanations, what is unused greyed out.

use std::collections::{BTreeMap, HashMap};

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, NumberOrString,
    PublishDiagnosticsParams, Range, Url,
};
use mlp_diagnostics::{Code, Diagnostic as Found, Severity};
use mlp_ide::deprecated;
use mlp_source::Span;
use mlp_workspace::{Document, Package};

use crate::{
    places,
    workspace::{Workspace, is_source},
};

/// The source that editors name.
const SOURCE: &str = "mlp";

/// The findings of all packages, by the document that they are in; every source of a package and the SQL of its stages have their entry, with or without findings.
#[must_use]
pub fn all(workspace: &Workspace) -> BTreeMap<Url, Vec<Diagnostic>> {
    let mut found: BTreeMap<Url, Vec<Diagnostic>> = BTreeMap::new();
    for package in workspace.packages() {
        let own = |document: &&Document| document.package == package.manifest.package.name;
        for document in package.documents().chain(package.others()).filter(own) {
            if let Some(uri) = places::uri(workspace, document) {
                found.entry(uri).or_default();
            }
        }
        for finding in package.diagnostics() {
            if let Some((uri, diagnostic)) = shown(workspace, package, &finding) {
                found.entry(uri).or_default().push(diagnostic);
            }
        }
        for (place, said) in deprecated::uses(package) {
            if let Some(at) = places::location(workspace, package, place) {
                found.entry(at.uri).or_default().push(outdated(at.range, said));
            }
        }
    }
    for (home, faults) in workspace.faults() {
        let manifest = if home.is_dir() { home.join("mlp.toml") } else { home.clone() };
        if let Ok(uri) = Url::from_file_path(&manifest) {
            found.entry(uri).or_default().extend(faults.iter().map(|fault| whole(fault)));
        }
    }
    found
}

/// The findings of one document.
#[must_use]
pub fn of_document(workspace: &Workspace, uri: &Url) -> Vec<Diagnostic> {
    let path = crate::session::path_of(uri);
    // the SQL of a stage may be that of several packages
    let Some(shown) = workspace.shown(&path).filter(|_| is_source(&path)) else {
        return all(workspace).remove(uri).unwrap_or_default();
    };
    let here = shown.package.diagnostics().into_iter().filter(|found| found.primary.file == shown.document.id);
    let found = here.filter_map(|found| Some(self::shown(workspace, shown.package, &found)?.1));
    let outdated = deprecated::uses(shown.package).into_iter().filter(|(place, _)| place.file == shown.document.id);
    found.chain(outdated.map(|(place, said)| self::outdated(places::range(&shown, place), said))).collect()
}

/// A use of something deprecated: struck through, and no finding of `mlp check`.
fn outdated(range: Range, said: String) -> Diagnostic {
    Diagnostic {
        range,
        severity: Some(DiagnosticSeverity::HINT),
        source: Some(SOURCE.to_owned()),
        message: said,
        tags: Some(vec![DiagnosticTag::DEPRECATED]),
        ..Diagnostic::default()
    }
}

/// A finding with the document that it is in; none where that is no file.
#[must_use]
pub fn shown(workspace: &Workspace, package: &Package, found: &Found) -> Option<(Url, Diagnostic)> {
    let locate = |span: Span| places::location(workspace, package, span);
    let at = locate(found.primary)?;
    let related = found.labels.iter().filter_map(|label| {
        let location = locate(label.span)?;
        Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
    });
    let related: Vec<DiagnosticRelatedInformation> = related.collect();
    let help = found.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let diagnostic = Diagnostic {
        range: at.range,
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
        }),
        code: Some(NumberOrString::String(found.code.to_string())),
        code_description: places::explanation(found.code).map(|href| CodeDescription { href }),
        source: Some(SOURCE.to_owned()),
        message: format!("{}{help}", found.message),
        related_information: (!related.is_empty()).then_some(related),
        tags: (found.code == Code::UnusedValue).then(|| vec![DiagnosticTag::UNNECESSARY]),
        data: None,
    };
    Some((at.uri, diagnostic))
}

/// A fault of a whole file.
fn whole(message: &str) -> Diagnostic {
    Diagnostic {
        range: Range::default(),
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some(SOURCE.to_owned()),
        message: message.to_owned(),
        ..Diagnostic::default()
    }
}

/// What names a list of findings: the same for the same list.
#[must_use]
pub fn result_id(diagnostics: &[Diagnostic]) -> String {
    let text = serde_json::to_vec(diagnostics).unwrap_or_default();
    blake3::hash(&text).to_hex().chars().take(16).collect()
}

/// The diagnostics that were pushed.
#[derive(Debug, Default)]
pub struct Published(HashMap<Url, Vec<Diagnostic>>);

impl Published {
    /// What is to be pushed: of documents whose findings are others than those pushed last, and of open ones that are in another state.
    pub fn changes(&mut self, workspace: &Workspace) -> Vec<PublishDiagnosticsParams> {
        let mut now = all(workspace);
        for gone in self.0.keys().filter(|uri| !now.contains_key(uri)).cloned().collect::<Vec<_>>() {
            now.insert(gone, Vec::new());
        }
        let mut changes = Vec::new();
        for (uri, diagnostics) in now {
            let before = self.0.get(&uri);
            let same = before.map_or(diagnostics.is_empty(), |before| *before == diagnostics);
            if !same {
                let version = workspace.buffer(&crate::session::path_of(&uri)).map(|buffer| buffer.version);
                changes.push(PublishDiagnosticsParams { uri: uri.clone(), diagnostics: diagnostics.clone(), version });
                self.0.insert(uri, diagnostics);
            }
        }
        changes
    }
}
