//! `textDocument/documentSymbol` and `workspace/symbol`.

use lsp_types::{
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Location, OneOf, SymbolKind, SymbolTag,
    WorkspaceSymbol, WorkspaceSymbolParams, WorkspaceSymbolResponse,
};
use mlp_ide::symbols::{self, Symbol, SymbolKind as Kind};

use crate::{
    places,
    requests::Refusal,
    session::Session,
    workspace::{Shown, view},
};

/// How many symbols of a workspace are told at most.
const MOST: usize = 1_000;

/// The outline of a document.
pub fn document(
    session: &mut Session,
    params: DocumentSymbolParams,
) -> Result<Option<DocumentSymbolResponse>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let symbols = symbols::outline(&view(&shown)).into_iter().map(|symbol| told(&shown, symbol)).collect();
    Ok(Some(DocumentSymbolResponse::Nested(symbols)))
}

fn told(shown: &Shown<'_>, symbol: Symbol) -> DocumentSymbol {
    let inside: Vec<DocumentSymbol> = symbol.inside.into_iter().map(|symbol| told(shown, symbol)).collect();
    #[expect(deprecated, reason = "the type has the field still")]
    DocumentSymbol {
        name: symbol.name,
        detail: (!symbol.detail.is_empty()).then_some(symbol.detail),
        kind: kind(symbol.kind),
        tags: tags(symbol.deprecated),
        deprecated: None,
        range: shown.lines.range(&shown.text, &symbol.place),
        selection_range: shown.lines.range(&shown.text, &symbol.name_place),
        children: (!inside.is_empty()).then_some(inside),
    }
}

/// The symbols of all packages in whose name the letters of a question stand, in order; those that begin with it first.
pub fn workspace(
    session: &mut Session,
    params: WorkspaceSymbolParams,
) -> Result<Option<WorkspaceSymbolResponse>, Refusal> {
    let asked = params.query.to_lowercase();
    let mut found = Vec::new();
    for package in session.workspace.packages() {
        for document in package.documents().filter(|document| document.package == package.manifest.package.name) {
            let shown = session.workspace.show(package, document);
            let Some(uri) = places::uri(&session.workspace, document) else { continue };
            for symbol in symbols::outline(&view(&shown)) {
                collect(&asked, &symbol, None, &mut |symbol, inside_of| {
                    let location =
                        Location { uri: uri.clone(), range: shown.lines.range(&shown.text, &symbol.name_place) };
                    found.push(WorkspaceSymbol {
                        name: symbol.name.clone(),
                        kind: kind(symbol.kind),
                        tags: tags(symbol.deprecated),
                        container_name: inside_of.map(str::to_owned).or_else(|| Some(document.module.clone())),
                        location: OneOf::Left(location),
                        data: None,
                    });
                });
            }
        }
    }
    found.sort_by_key(|symbol| !symbol.name.to_lowercase().starts_with(&asked));
    found.truncate(MOST);
    Ok(Some(WorkspaceSymbolResponse::Nested(found)))
}

fn collect(asked: &str, symbol: &Symbol, inside_of: Option<&str>, found: &mut impl FnMut(&Symbol, Option<&str>)) {
    if symbol.kind != Kind::Rule && matches(&symbol.name.to_lowercase(), asked) {
        found(symbol, inside_of);
    }
    symbol.inside.iter().for_each(|inner| collect(asked, inner, Some(&symbol.name), found));
}

/// Whether the letters of `asked` stand in a name, in their order.
fn matches(name: &str, asked: &str) -> bool {
    let mut letters = name.chars();
    asked.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

fn tags(deprecated: bool) -> Option<Vec<SymbolTag>> {
    deprecated.then(|| vec![SymbolTag::DEPRECATED])
}

const fn kind(kind: Kind) -> SymbolKind {
    match kind {
        Kind::Contract => SymbolKind::STRUCT,
        Kind::Column | Kind::Metric => SymbolKind::FIELD,
        Kind::Type => SymbolKind::TYPE_PARAMETER,
        Kind::Enum => SymbolKind::ENUM,
        Kind::Member => SymbolKind::ENUM_MEMBER,
        Kind::Metrics | Kind::Policy => SymbolKind::INTERFACE,
        Kind::Stage => SymbolKind::FUNCTION,
        Kind::Variable => SymbolKind::VARIABLE,
        Kind::Constant => SymbolKind::CONSTANT,
        Kind::Model => SymbolKind::CLASS,
        Kind::Rule => SymbolKind::BOOLEAN,
        Kind::Pipeline => SymbolKind::MODULE,
        Kind::Deployment => SymbolKind::PACKAGE,
        Kind::Monitor | Kind::Moments => SymbolKind::EVENT,
        Kind::Test => SymbolKind::METHOD,
    }
}
