//! A text in parts that can be read on their own, so that after an edit only what changed is read again.
//!
//! A declaration at the left edge of a line ends whatever is open before it (see [`begins_item`]), so a part is a declaration with the comments before it.
//! It begins at the line end behind what the part before it ends with.

use std::ops::Range;

use crate::lexer::{Kind, Lexed, Slip, Token, begins_item, lex};

/// The parts of a text, in order and without gaps; there is always a first.
#[must_use]
pub fn split(text: &str) -> Vec<Range<usize>> {
    let tokens = lex(text).tokens;
    let mut starts = vec![0];
    let (mut last, mut in_conflict) = (None, false);
    for (index, token) in tokens.iter().enumerate() {
        if !is_code(token) {
            continue;
        }
        if token.kind == Kind::Bad {
            in_conflict = token.text(text).starts_with("<<<<<<<") || in_conflict && !is_other_side(text, token);
        }
        if !in_conflict
            && let Some(before) = last.filter(|before| ends(&tokens, *before))
            && begins_item(text, token)
        {
            let between = tokens.get(before + 1..index).unwrap_or_default();
            starts.extend(between.iter().find(|token| token.kind == Kind::Newline).map(|line_end| line_end.start));
        }
        last = Some(index);
    }
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// Whether a text that is a part may go on in what follows it: a bracket of comments or quotes is open, or lines behind its last declaration belong to
/// the next one.
#[must_use]
pub fn is_open(text: &str) -> bool {
    let Lexed { tokens, slips } = lex(text);
    let last = tokens.iter().rposition(is_code);
    let is_cut =
        slips.iter().any(|(slip, _)| matches!(slip, Slip::OpenLongText | Slip::OpenComment))
            || slips.iter().rev().find(|(slip, _)| matches!(slip, Slip::Conflict | Slip::OtherSide)).is_some_and(
                |(_, index)| tokens.get(*index).is_some_and(|token| !token.text(text).contains("\n>>>>>>>")),
            );
    let behind = last.and_then(|last| tokens.get(last + 1..)).unwrap_or_default();
    is_cut || !last.is_some_and(|last| ends(&tokens, last)) || behind.iter().any(|token| token.kind == Kind::Newline)
}

/// Whether a token is the side of a conflict that is not read.
fn is_other_side(text: &str, token: &Token) -> bool {
    ["|||||||", "=======", ">>>>>>>"].iter().any(|mark| token.text(text).starts_with(mark))
}

fn is_code(token: &Token) -> bool {
    !matches!(token.kind, Kind::Newline | Kind::Comment)
}

/// Whether a declaration may end with this token; comments of other languages are left out of the text, so that what is behind them still belongs to it.
fn ends(tokens: &[Token], index: usize) -> bool {
    tokens.get(index).is_some_and(|token| token.kind != Kind::Bad)
}
