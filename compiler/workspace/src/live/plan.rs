//! The plan of a program as it stands in the editor.

use std::collections::{BTreeMap, HashMap};

use mlp_diagnostics::Diagnostic;
use mlp_lower::{Context, Places, lower};
use mlp_plan::{Backend, Place, Plan, Target};
use mlp_source::{FileId, SourceMap, Span};

use super::{Document, Package};

impl Package {
    /// The plan of the program as it is now, for this machine and with nothing set; none where it has errors. It is for looking at: it has no digest of the
    /// sources.
    pub fn plan(&mut self) -> Option<Plan> {
        if self.diagnostics().iter().any(Diagnostic::is_error) {
            return None;
        }
        let Self { manifest, documents, homes, live, files, sql, .. } = self;
        let package = manifest.named(String::new());
        let target = Target { name: "local".to_owned(), backend: Backend::Local, options: BTreeMap::new() };
        let texts = Texts::new(documents, homes);
        let context = Context { places: &texts, package, target, files };
        Some(live.whole(&**sql, files, |checked| lower(checked, &context)))
    }
}

/// The texts of all documents, and where in them the parts stand.
struct Texts<'p> {
    /// In the order of the documents.
    sources: SourceMap,
    documents: &'p [Document],
    homes: &'p HashMap<FileId, usize>,
}

impl<'p> Texts<'p> {
    fn new(documents: &'p [Document], homes: &'p HashMap<FileId, usize>) -> Self {
        let mut sources = SourceMap::new();
        for document in documents {
            sources.add(&document.name, document.text());
        }
        Self { sources, documents, homes }
    }

    /// The document of a place of a part, and the place among the texts.
    fn outside(&self, span: Span) -> Option<(&'p Document, Span)> {
        let home = *self.homes.get(&span.file)?;
        let document = self.documents.get(home)?;
        let span = document.outside(span);
        Some((document, Span::new(FileId(u32::try_from(home).ok()?), span.start, span.end)))
    }
}

impl Places for Texts<'_> {
    fn place(&self, span: Span) -> Place {
        let Some((document, span)) = self.outside(span) else { return Place::default() };
        let start = self.sources.start(span);
        Place { file: document.place.clone(), line: start.line, column: start.column }
    }

    fn text(&self, span: Span) -> &str {
        self.outside(span).map_or("", |(_, span)| self.sources.text(span))
    }
}
