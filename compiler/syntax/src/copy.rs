//! The copy of a text that the grammar reads.

use crate::lexer::{Kind, Token, lex};

/// Stands for an expression, type or text that cannot be read.
const HOLE: u8 = 2;
/// Stands for a character that no rule accepts.
const JUNK: u8 = 3;

/// What becomes of a token in the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays.
    Keep,
    /// It stays, and a declaration ends with it.
    Break,
    /// It is left out.
    Drop,
    /// It stays, in double quotes.
    Requote,
    /// A hole stands for it and all tokens up to this one.
    Hole(usize),
    /// A mark stands for it that no rule accepts.
    Junk,
}

/// The copy, and where its bytes stand in the text.
pub(crate) struct Copy {
    /// The copy: a blank behind every word and number, none elsewhere; several line ends are one.
    pub text: String,
    /// Where the pieces begin that can be parsed on their own.
    pub pieces: Vec<usize>,
    places: Vec<u32>,
}

impl Copy {
    /// The copy of some tokens, with brackets put in behind some of them.
    pub(crate) fn new(text: &str, tokens: &[Token], fates: &[Fate], mut inserts: Vec<(usize, u8)>) -> Self {
        inserts.sort_by_key(|(index, _)| *index);
        let mut inserts = inserts.into_iter().peekable();
        let mut out = Writer { bytes: Vec::with_capacity(text.len()), places: Vec::with_capacity(text.len()) };
        let mut pieces = vec![0];
        for (index, token) in tokens.iter().enumerate() {
            let next = tokens.get(index + 1);
            match fates.get(index).copied().unwrap_or(Fate::Keep) {
                Fate::Drop => {}
                Fate::Break => {
                    out.token(text, token, next);
                    pieces.push(out.bytes.len());
                }
                Fate::Keep => out.token(text, token, next),
                Fate::Requote => out.requoted(text, token),
                Fate::Junk => out.mark(JUNK, token.start, token.end),
                Fate::Hole(last) => out.mark(HOLE, token.start, tokens.get(last).map_or(token.end, |last| last.end)),
            }
            while let Some((_, close)) = inserts.next_if(|(at, _)| *at == index) {
                out.byte(close, token.end.saturating_sub(1));
            }
        }
        Self { text: String::from_utf8(out.bytes).unwrap_or_default(), pieces, places: out.places }
    }

    /// The copy of one expression that stands at `at` in the whole text.
    pub(crate) fn of_value(value: &str, at: usize) -> Self {
        let tokens = lex(value).tokens;
        let mut copy = Self::new(value, &tokens, &[], Vec::new());
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        for place in &mut copy.places {
            *place = place.saturating_add(at);
        }
        copy
    }

    /// The range of the original text that a range of the copy stands for.
    pub(crate) fn original(&self, start: usize, end: usize) -> (u32, u32) {
        let end_of_text = || self.places.last().map_or(0, |last| last + 1);
        let first = self.places.get(start).copied().unwrap_or_else(end_of_text);
        let behind = end.checked_sub(1).and_then(|last| self.places.get(last)).map_or(first, |last| last + 1);
        (first, behind.max(first))
    }
}

struct Writer {
    bytes: Vec<u8>,
    places: Vec<u32>,
}

impl Writer {
    fn byte(&mut self, byte: u8, place: usize) {
        self.bytes.push(byte);
        self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
    }

    fn mark(&mut self, mark: u8, start: usize, end: usize) {
        self.byte(mark, start);
        self.byte(mark, end.saturating_sub(1));
    }

    fn token(&mut self, text: &str, token: &Token, next: Option<&Token>) {
        match token.kind {
            Kind::Newline => {
                if self.bytes.last().is_none_or(|last| *last != b'\n') {
                    self.byte(b'\n', token.start);
                }
            }
            Kind::Comment => {
                self.byte(b'/', token.start);
                self.byte(b'/', token.end.saturating_sub(1));
            }
            kind => {
                let bytes = text.as_bytes().get(token.start..token.end).unwrap_or_default();
                self.bytes.extend_from_slice(bytes);
                let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                self.places.extend(place(token.start)..place(token.end));
                let dotted = next.is_some_and(|next| next.start == token.end && next.text(text) == ".");
                if kind == Kind::Number || (matches!(kind, Kind::Word | Kind::Tag) && !dotted) {
                    self.byte(b' ', token.end);
                }
            }
        }
    }

    /// A text in single quotes, in double ones.
    fn requoted(&mut self, text: &str, token: &Token) {
        let bytes = text.as_bytes().get(token.start..token.end).unwrap_or_default();
        let last = bytes.len().saturating_sub(1);
        for (index, byte) in bytes.iter().enumerate() {
            let byte = match byte {
                _ if index == 0 || index == last => b'"',
                b'"' => b'\'',
                byte => *byte,
            };
            self.byte(byte, token.start + index);
        }
    }
}
