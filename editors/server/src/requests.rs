//! Which function answers which request: the table that the capabilities are held to.

use lsp_server::{ErrorCode, Request, ResponseError};
use lsp_types::request::{self as asks, Request as _};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    actions, completion, graph, hints, hover, layout, lens, lineage, names, outline, pull,
    session::{Session, path_of},
    signature, tokens,
    workspace::is_source,
    written,
};

/// What a request gets.
pub type Answer = Result<Value, ResponseError>;

/// A request on its way through the table.
pub struct Asked<'s> {
    session: &'s mut Session,
    request: Request,
    answer: Option<Answer>,
}

impl<'s> Asked<'s> {
    /// A request that nobody has answered.
    pub const fn new(session: &'s mut Session, request: Request) -> Self {
        Self { session, request, answer: None }
    }

    /// Has a function answer the requests of one method.
    pub fn on<R>(mut self, function: impl FnOnce(&mut Session, R::Params) -> Result<R::Result, Refusal>) -> Self
    where
        R: lsp_types::request::Request,
        R::Params: DeserializeOwned,
        R::Result: Serialize,
    {
        if self.answer.is_some() || self.request.method != R::METHOD {
            return self;
        }
        let params = std::mem::take(&mut self.request.params);
        self.answer = Some(match serde_json::from_value(params) {
            Ok(params) => function(self.session, params).map_err(ResponseError::from).and_then(|answer| {
                serde_json::to_value(answer).map_err(|fault| error(ErrorCode::InternalError, fault.to_string()))
            }),
            Err(fault) => Err(error(ErrorCode::InvalidParams, format!("{}: {fault}", R::METHOD))),
        });
        self
    }

    /// The answer; that there is none where no function knows the method.
    pub fn answer(self) -> Answer {
        let unknown = || Err(error(ErrorCode::MethodNotFound, format!("`{}` is not served", self.request.method)));
        self.answer.unwrap_or_else(unknown)
    }
}

/// Why a request that could be read is not answered, in the user's words: editors show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<Refusal> for ResponseError {
    fn from(refusal: Refusal) -> Self {
        error(ErrorCode::RequestFailed, refusal.0)
    }
}

fn error(code: ErrorCode, message: String) -> ResponseError {
    ResponseError { code: code as i32, message, data: None }
}

/// Whether a request is about a text that is not ours to speak of: editors send us every SQL file, of which we know those that stages run, and of those what
/// names in them mean.
pub fn is_of_others(session: &Session, request: &Request) -> bool {
    const OF_SQL: [&str; 10] = [
        asks::HoverRequest::METHOD,
        asks::Completion::METHOD,
        asks::CodeActionRequest::METHOD,
        asks::GotoDefinition::METHOD,
        asks::GotoTypeDefinition::METHOD,
        asks::References::METHOD,
        asks::DocumentHighlightRequest::METHOD,
        asks::PrepareRenameRequest::METHOD,
        asks::Rename::METHOD,
        asks::LinkedEditingRange::METHOD,
    ];
    let uri = request.params.get("textDocument").and_then(|document| document.get("uri")?.as_str()?.parse().ok());
    let Some(path) = uri.as_ref().map(|uri: &lsp_types::Url| path_of(uri)).filter(|path| !is_source(path)) else {
        return false;
    };
    let is_served = OF_SQL.contains(&request.method.as_str()) && session.workspace.shown(&path).is_some();
    !is_served && request.method != asks::DocumentDiagnosticRequest::METHOD
}

/// All that is served.
pub fn table(asked: Asked<'_>) -> Asked<'_> {
    asked
        .on::<asks::DocumentDiagnosticRequest>(pull::document)
        .on::<asks::WorkspaceDiagnosticRequest>(pull::workspace)
        .on::<asks::DocumentSymbolRequest>(outline::document)
        .on::<asks::WorkspaceSymbolRequest>(outline::workspace)
        .on::<asks::FoldingRangeRequest>(written::folds)
        .on::<asks::SelectionRangeRequest>(written::selections)
        .on::<asks::DocumentLinkRequest>(written::links)
        .on::<asks::Formatting>(layout::document)
        .on::<asks::RangeFormatting>(layout::range)
        .on::<asks::OnTypeFormatting>(layout::on_type)
        .on::<asks::SemanticTokensFullRequest>(tokens::full)
        .on::<asks::SemanticTokensFullDeltaRequest>(tokens::delta)
        .on::<asks::SemanticTokensRangeRequest>(tokens::range)
        .on::<asks::CodeActionRequest>(actions::actions)
        .on::<asks::Completion>(completion::complete)
        .on::<asks::ResolveCompletionItem>(completion::resolve)
        .on::<asks::InlayHintRequest>(hints::hints)
        .on::<asks::SignatureHelpRequest>(signature::help)
        .on::<asks::CodeLensRequest>(lens::lenses)
        .on::<asks::HoverRequest>(hover::hover)
        .on::<asks::GotoDefinition>(names::definition)
        .on::<asks::GotoTypeDefinition>(names::type_definition)
        .on::<asks::GotoImplementation>(names::implementation)
        .on::<asks::References>(names::references)
        .on::<asks::DocumentHighlightRequest>(|session, params| {
            graph::follow(session, &params.text_document_position_params);
            names::highlights(session, params)
        })
        .on::<asks::PrepareRenameRequest>(names::prepare_rename)
        .on::<asks::Rename>(names::rename)
        .on::<asks::CallHierarchyPrepare>(lineage::prepare)
        .on::<asks::CallHierarchyIncomingCalls>(lineage::incoming)
        .on::<asks::CallHierarchyOutgoingCalls>(lineage::outgoing)
        .on::<asks::LinkedEditingRange>(names::linked)
        .on::<asks::ExecuteCommand>(graph::execute)
}
