//! The live picture: the command `mlp.showGraph` opens its page, edits are drawn as they come, and the cursor is followed.

use std::path::PathBuf;

use lsp_types::{ExecuteCommandParams, Position, TextDocumentIdentifier, TextDocumentPositionParams};
use mlp_diagnostics::Diagnostic;
use mlp_ide::graph::{Pointed, first, pointed};
use mlp_page::Page;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    requests::Refusal,
    session::{Session, path_of},
    workspace::{Workspace, view},
};

/// The command that opens the page, and points it to a place.
pub const SHOW: &str = "mlp.showGraph";

/// What is shown, once somebody asked for it.
#[derive(Default)]
pub struct Graph(Option<Open>);

struct Open {
    page: Page,
    /// The package that is shown.
    home: PathBuf,
    /// Its pipeline.
    pipeline: String,
    /// The nodes of it that are marked.
    marked: Vec<String>,
}

/// Where the picture is asked for; everything may be left out.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct At {
    text_document: Option<TextDocumentIdentifier>,
    position: Option<Position>,
}

/// `workspace/executeCommand`: the address of the page, which shows what is at the place; none where there is no pipeline.
pub fn execute(session: &mut Session, params: ExecuteCommandParams) -> Result<Option<Value>, Refusal> {
    if params.command != SHOW {
        return Err(Refusal(format!("`{}` is no command of this server, which has `{SHOW}`", params.command)));
    }
    let argument = params.arguments.into_iter().next().unwrap_or_default();
    let at = serde_json::from_value::<Option<At>>(argument)
        .map_err(|fault| Refusal(format!("{SHOW}: the argument is `{{textDocument, position}}`: {fault}")))?;
    let Some((home, meant)) = meant(session, &at.unwrap_or_default()) else { return Ok(None) };
    let anew = session.graph.0.is_none();
    if anew {
        let page = Page::open().map_err(|fault| Refusal(format!("the page cannot be served: {fault}")))?;
        session.graph.0 = Some(Open { page, home: home.clone(), pipeline: meant.pipeline.clone(), marked: Vec::new() });
    }
    let Some(open) = &mut session.graph.0 else { return Ok(None) };
    let address = open.page.address();
    point(open, &mut session.workspace, home, meant, anew);
    Ok(Some(Value::String(address)))
}

/// Follows the cursor, where somebody looks.
pub fn follow(session: &mut Session, at: &TextDocumentPositionParams) {
    if session.graph.0.is_none() {
        return;
    }
    let found = at_place(session, &at.text_document, at.position);
    if let (Some(open), Some((home, meant))) = (&mut session.graph.0, found) {
        point(open, &mut session.workspace, home, meant, false);
    }
}

/// Draws what edits have changed, where somebody looks.
pub fn refresh(session: &mut Session) {
    if let Some(open) = &session.graph.0 {
        draw(open, &mut session.workspace);
    }
}

/// Shows what is meant; draws it where it is something else than before, or was never drawn.
fn point(open: &mut Open, workspace: &mut Workspace, home: PathBuf, meant: Pointed, anew: bool) {
    let is_other = open.home != home || open.pipeline != meant.pipeline;
    (open.home, open.pipeline, open.marked) = (home, meant.pipeline, meant.nodes);
    if anew || is_other {
        draw(open, workspace);
    } else {
        open.page.mark(&open.marked);
    }
}

fn draw(open: &Open, workspace: &mut Workspace) {
    let Some(package) = workspace.home_mut(&open.home) else { return };
    if let Some(plan) = package.plan() {
        if plan.pipelines.contains_key(&open.pipeline) {
            open.page.show(plan, &open.pipeline, &open.marked);
        } else {
            open.page.fault(&format!("There is no pipeline `{}` any more.", open.pipeline), 0);
        }
        return;
    }
    let errors: Vec<Diagnostic> = package.diagnostics().into_iter().filter(Diagnostic::is_error).collect();
    if let Some(found) = errors.first() {
        let document = package.document(found.primary.file);
        let place = document.map(|document| {
            let start = document.position(found.primary.start);
            format!("{}:{}:{}: ", document.place, start.line, start.column)
        });
        let words = format!("{}error[{}]: {}", place.unwrap_or_default(), found.code, found.message);
        open.page.fault(&words, errors.len() - 1);
    }
}

/// What is meant by the argument of the command: the place, else the document, else all that is open.
fn meant(session: &Session, at: &At) -> Option<(PathBuf, Pointed)> {
    let whole = |pipeline| Pointed { pipeline, nodes: Vec::new() };
    if let Some(document) = &at.text_document {
        let here = at.position.and_then(|position| at_place(session, document, position));
        return here.or_else(|| {
            let shown = session.shown(&document.uri).ok()?;
            let pipeline = first(shown.package, Some(shown.document.id)).or_else(|| first(shown.package, None))?;
            Some((session.workspace.home(&path_of(&document.uri)), whole(pipeline)))
        });
    }
    session.workspace.homes().find_map(|(home, package)| Some((home.to_owned(), whole(first(package, None)?))))
}

fn at_place(session: &Session, document: &TextDocumentIdentifier, position: Position) -> Option<(PathBuf, Pointed)> {
    let shown = session.shown(&document.uri).ok()?;
    let home = session.workspace.home(&path_of(&document.uri));
    let looked_at = session.graph.0.as_ref().filter(|open| open.home == home).map(|open| open.pipeline.as_str());
    let offset = shown.lines.offset(&shown.text, position);
    let found = pointed(shown.package, shown.document.id, &view(&shown), offset, looked_at)?;
    Some((home, found))
}
