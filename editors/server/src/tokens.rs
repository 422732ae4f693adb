//! Semantic tokens: all of a document, a range of it, and what differs from what was told last.

use lsp_types::{
    SemanticToken, SemanticTokenModifier, SemanticTokenType, SemanticTokens, SemanticTokensDelta,
    SemanticTokensDeltaParams, SemanticTokensEdit, SemanticTokensFullDeltaResult, SemanticTokensLegend,
    SemanticTokensParams, SemanticTokensRangeParams, SemanticTokensRangeResult, SemanticTokensResult, Url,
};
use mlp_ide::{
    Place,
    tokens::{self, TokenKind},
};

use crate::{
    requests::Refusal,
    session::Session,
    workspace::{Shown, view},
};

/// What the numbers of kinds stand for: the standard kinds of the protocol, so that every theme has a colour for them.
const TYPES: [SemanticTokenType; 14] = [
    SemanticTokenType::KEYWORD,
    SemanticTokenType::COMMENT,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::REGEXP,
    SemanticTokenType::DECORATOR,
    SemanticTokenType::TYPE,
    SemanticTokenType::TYPE_PARAMETER,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::NAMESPACE,
];

/// The legend of the numbers.
#[must_use]
pub fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend { token_types: TYPES.to_vec(), token_modifiers: vec![SemanticTokenModifier::DECLARATION] }
}

const fn kind(kind: TokenKind) -> SemanticTokenType {
    match kind {
        TokenKind::Keyword | TokenKind::Setting => SemanticTokenType::KEYWORD,
        TokenKind::Comment => SemanticTokenType::COMMENT,
        TokenKind::Text => SemanticTokenType::STRING,
        TokenKind::Number => SemanticTokenType::NUMBER,
        TokenKind::Pattern => SemanticTokenType::REGEXP,
        TokenKind::Tag => SemanticTokenType::DECORATOR,
        TokenKind::Type => SemanticTokenType::TYPE,
        TokenKind::Generic => SemanticTokenType::TYPE_PARAMETER,
        TokenKind::Member | TokenKind::Moment | TokenKind::Unit => SemanticTokenType::ENUM_MEMBER,
        TokenKind::Column => SemanticTokenType::PROPERTY,
        TokenKind::Parameter => SemanticTokenType::PARAMETER,
        TokenKind::Variable => SemanticTokenType::VARIABLE,
        TokenKind::Function => SemanticTokenType::FUNCTION,
        TokenKind::Module => SemanticTokenType::NAMESPACE,
    }
}

/// `textDocument/semanticTokens/full`.
pub fn full(session: &mut Session, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>, Refusal> {
    let uri = params.text_document.uri;
    let data = told(&session.shown(&uri)?, None);
    let id = keep(session, uri, &data);
    Ok(Some(SemanticTokensResult::Tokens(SemanticTokens { result_id: Some(id), data })))
}

/// `textDocument/semanticTokens/range`.
pub fn range(
    session: &mut Session,
    params: SemanticTokensRangeParams,
) -> Result<Option<SemanticTokensRangeResult>, Refusal> {
    let shown = session.shown(&params.text_document.uri)?;
    let within = shown.lines.offsets(&shown.text, params.range);
    let data = told(&shown, Some(&within));
    Ok(Some(SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
}

/// `textDocument/semanticTokens/full/delta`.
pub fn delta(
    session: &mut Session,
    params: SemanticTokensDeltaParams,
) -> Result<Option<SemanticTokensFullDeltaResult>, Refusal> {
    let uri = params.text_document.uri;
    let data = told(&session.shown(&uri)?, None);
    let before = session.tokens.get(&uri).filter(|(id, _)| *id == params.previous_result_id).map(|(_, data)| data);
    let edits = before.map(|before| difference(before, &data));
    let id = keep(session, uri, &data);
    Ok(Some(match edits {
        Some(edits) => SemanticTokensFullDeltaResult::TokensDelta(SemanticTokensDelta { result_id: Some(id), edits }),
        None => SemanticTokensFullDeltaResult::Tokens(SemanticTokens { result_id: Some(id), data }),
    }))
}

/// Keeps what is told for the next difference; answers its id.
fn keep(session: &mut Session, uri: Url, data: &[SemanticToken]) -> String {
    let last = session.tokens.get(&uri).and_then(|(id, _)| id.parse::<u64>().ok()).unwrap_or_default();
    let id = last.wrapping_add(1).to_string();
    session.tokens.insert(uri, (id.clone(), data.to_vec()));
    id
}

/// One edit that makes the first list the second: what is the same at both ends stays. Nothing, where they are the same.
fn difference(before: &[SemanticToken], after: &[SemanticToken]) -> Vec<SemanticTokensEdit> {
    /// Numbers that a token is sent as.
    const WIDTH: u32 = 5;
    let first = before.iter().zip(after).take_while(|(one, two)| one == two).count();
    let (old, new) = (before.get(first..).unwrap_or_default(), after.get(first..).unwrap_or_default());
    let last = old.iter().rev().zip(new.iter().rev()).take_while(|(one, two)| one == two).count();
    let (old, new) = (old.get(..old.len() - last).unwrap_or_default(), new.get(..new.len() - last).unwrap_or_default());
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    let count = |tokens: usize| u32::try_from(tokens).unwrap_or(u32::MAX).saturating_mul(WIDTH);
    vec![SemanticTokensEdit { start: count(first), delete_count: count(old.len()), data: Some(new.to_vec()) }]
}

/// The tokens of a document, each told by how far it is from the one before; one over several lines is told line by line.
fn told(shown: &Shown<'_>, within: Option<&Place>) -> Vec<SemanticToken> {
    let mut found = Vec::new();
    let (mut line, mut character) = (0, 0);
    for token in tokens::tokens(&view(shown)) {
        if within.is_some_and(|within| token.place.end <= within.start || within.end <= token.place.start) {
            continue;
        }
        let token_type = TYPES.iter().position(|known| *known == kind(token.kind)).unwrap_or_default();
        for piece in lines(&shown.text, &token.place) {
            let start = shown.lines.position(&shown.text, piece.start);
            let end = shown.lines.position(&shown.text, piece.end);
            let delta_line = start.line - line;
            found.push(SemanticToken {
                delta_line,
                delta_start: if delta_line == 0 { start.character - character } else { start.character },
                length: end.character - start.character,
                token_type: u32::try_from(token_type).unwrap_or_default(),
                token_modifiers_bitset: u32::from(token.declares),
            });
            (line, character) = (start.line, start.character);
        }
    }
    found
}

/// The pieces of a place that stand on one line each.
fn lines(text: &str, place: &Place) -> Vec<Place> {
    let mut at = place.start;
    let mut pieces = Vec::new();
    for line in text.get(place.start as usize..place.end as usize).unwrap_or_default().split_inclusive('\n') {
        let narrow = |length: usize| u32::try_from(length).unwrap_or_default();
        let end = at + narrow(line.trim_end_matches(['\n', '\r']).len());
        if end > at {
            pieces.push(at..end);
        }
        at += narrow(line.len());
    }
    pieces
}
