//! `textDocument/codeLens`: what can be started where it is declared. The commands that run something are the editor's: it starts `mlp` in a terminal of its own.

use lsp_types::{CodeLens, CodeLensParams, Command};
use mlp_source::Span;
use mlp_syntax::tree::ItemKind;
use serde_json::json;

use crate::{graph, requests::Refusal, session::Session, workspace::view};

/// The lenses of a document that are switched on.
pub fn lenses(session: &mut Session, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>, Refusal> {
    let uri = params.text_document.uri;
    let shown = session.shown(&uri)?;
    let view = view(&shown);
    let mut found = Vec::new();
    for part in &view.parts {
        let range = |span: Span| shown.lines.range(&shown.text, &part.place(span));
        let mut add = |span: Span, title: &str, command: &str, argument: serde_json::Value| {
            let command =
                Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(vec![argument]) };
            let range = range(span);
            found.push(CodeLens { range, command: Some(command), data: None });
        };
        match &part.item.kind {
            ItemKind::Pipeline(tree) => {
                let name = &tree.name;
                if session.config.run_lens {
                    add(name.span, "Run", "mlp.run", json!({"uri": uri, "pipeline": name.text}));
                }
                if session.config.graph_lens {
                    let at = json!({"textDocument": {"uri": uri}, "position": range(name.span).start});
                    add(name.span, "Graph", graph::SHOW, at);
                }
            }
            ItemKind::Test(tree) if session.config.test_lens => {
                add(tree.name_span, "Test", "mlp.test", json!({"uri": uri, "name": tree.name}));
            }
            _ => {}
        }
    }
    Ok(Some(found))
}
