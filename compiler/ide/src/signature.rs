//! What the call takes that one is typing: found by the words before the cursor, since a call that is not finished is in no tree.

use mlp_analysis::{DeclId, Kind, stages::Signature};
use mlp_source::FileId;
use mlp_syntax::{Token, TokenKind};
use mlp_workspace::Package;

use crate::{Place, show, view::View};

/// A call that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called, as it is declared.
    pub label: String,
    /// Its docs.
    pub docs: Option<String>,
    /// Where each parameter stands in the label, with its docs.
    pub params: Vec<(Place, Option<String>)>,
    /// The parameter that the cursor is at.
    pub active: Option<usize>,
}

/// The call around an offset of a document.
#[must_use]
pub fn call(package: &Package, document: FileId, view: &View<'_>, offset: u32) -> Option<Call> {
    let tokens = mlp_syntax::lex(view.text);
    let before: Vec<Token> = tokens.into_iter().take_while(|token| token.start < offset as usize).collect();
    let open = opening(&before, view.text)?;
    let (name, args) = (before.get(open.checked_sub(1)?)?, before.get(open + 1..).unwrap_or_default());
    if name.kind != TokenKind::Word {
        return None;
    }
    let id = declared(package, document, name.text(view.text))?;
    let signature = package.live().signature(id)?;
    let docs = package.program().item(id)?.lead.docs();
    let (label, places) = label(signature);
    let active = active(signature, args, view.text);
    let params = places.into_iter().zip(&signature.params).map(|(place, param)| (place, param.doc.clone())).collect();
    Some(Call { label, docs, params, active })
}

/// The bracket of the call that is still open.
fn opening(tokens: &[Token], text: &str) -> Option<usize> {
    let mut closed = 0_usize;
    for (index, token) in tokens.iter().enumerate().rev() {
        match (token.kind, token.text(text)) {
            (TokenKind::Close, _) => closed += 1,
            (TokenKind::Open, bracket) if closed == 0 => return (bracket == "(").then_some(index),
            (TokenKind::Open, _) => closed -= 1,
            _ => {}
        }
    }
    None
}

/// The parameter that the last of some arguments is for: the one that it names, else the one at its place.
fn active(signature: &Signature, args: &[Token], text: &str) -> Option<usize> {
    let (mut depth, mut count, mut first) = (0_usize, 0_usize, 0);
    for (index, token) in args.iter().enumerate() {
        match (token.kind, token.text(text)) {
            (TokenKind::Open, _) => depth += 1,
            (TokenKind::Close, _) => depth = depth.saturating_sub(1),
            (TokenKind::Symbol, ",") if depth == 0 => {
                count += 1;
                first = index + 1;
            }
            _ => {}
        }
    }
    let named = match (args.get(first), args.get(first + 1)) {
        (Some(name), Some(colon)) if colon.text(text) == ":" => Some(name.text(text)),
        _ => None,
    };
    match named {
        Some(named) => signature.params.iter().position(|param| param.name == named),
        None => (count < signature.params.len()).then_some(count),
    }
}

/// What a document calls by a name: its own declaration, else one of another module.
fn declared(package: &Package, document: FileId, name: &str) -> Option<DeclId> {
    let program = package.program();
    let is_called = |id: &DeclId| {
        program
            .decl(*id)
            .is_some_and(|decl| decl.name == name && matches!(decl.kind, Kind::Stage | Kind::Source | Kind::Sink))
    };
    let own = program.modules.iter().position(|module| module.file == document);
    own.and_then(|own| program.ids_in(own).find(is_called)).or_else(|| program.ids().find(is_called))
}

/// The declaration in one line, and where its parameters stand in it.
fn label(signature: &Signature) -> (String, Vec<Place>) {
    let label = show::signature(signature);
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut from = label.find('(').map_or(0, |open| open + 1);
    let places = signature.params.iter().map(|param| {
        let start = from;
        from += show::param(param).len();
        let place = narrow(start)..narrow(from);
        // `, `
        from += 2;
        place
    });
    let places = places.collect();
    (label, places)
}
