//! The layout of a text: which line ends separate entries, which bracket is never closed, what is nested too deep.
//!
//! The grammar has no memory, so it gets a copy of the text in which this is already decided: line ends that separate nothing are blanks, brackets that
//! were forgotten are there, and what cannot be read at all is filled with marks that the grammar knows. Positions in the copy map back to the text.

use mlp_diagnostics::{Diagnostic, catalog::syntax as say};
use mlp_source::{FileId, Span};

use crate::brackets::{Brackets, pair_up};
use crate::lexer::{Kind, Lexed, Slip, Token, lex};

/// Stands for an expression, type or text that cannot be read.
const HOLE: u8 = 2;
/// Stands for a character that no rule accepts.
const JUNK: u8 = 3;
/// How deep brackets may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// Words that go on with the entry of the line before, unless `:` or `=` follows.
const GO_ON: [&str; 14] = [
    "where", "unit", "in", "length", "matches", "known", "was", "deprecated", "else", "at", "because", "over", "within", "until",
];
const GO_ON_TOO: [&str; 4] = ["cooldown", "except", "and", "or"];

/// The text as the grammar reads it.
pub(crate) struct Layout {
    /// The copy.
    pub text: String,
    /// Comments, as byte ranges of the original text.
    pub comments: Vec<(usize, usize)>,
    /// What was found on the way.
    pub diagnostics: Vec<Diagnostic>,
    /// Ranges of the original text in which nothing more is reported.
    pub silent: Vec<(usize, usize)>,
    /// Where brackets were put into the copy.
    inserts: Vec<usize>,
}

impl Layout {
    /// The place in the original text of a place in the copy.
    pub(crate) fn original(&self, at: usize) -> usize {
        if self.inserts.is_empty() { at } else { at - self.inserts.partition_point(|insert| *insert < at) }
    }
}

/// Decides the layout of a text.
pub(crate) fn lay_out(file: FileId, text: &str) -> Layout {
    let Lexed { tokens, slips } = lex(text);
    let brackets = pair_up(text, &tokens, &slips);
    let mut pass = Pass {
        file,
        text,
        tokens: &tokens,
        brackets: &brackets,
        out: text.as_bytes().to_vec(),
        inserts: Vec::new(),
        frames: Vec::new(),
        diagnostics: Vec::new(),
        silent: Vec::new(),
    };
    pass.slips(&slips);
    pass.unclosed();
    pass.run();
    pass.finish()
}

/// An open bracket.
struct Frame {
    /// Which.
    open: u8,
    /// Whether it holds a plain list, in which every line end separates.
    plain: bool,
    /// The token that closes it, or before which it is closed for the user.
    end: usize,
    /// Whether it was forgotten.
    forgotten: bool,
    /// Angle brackets open within it.
    angles: usize,
}

struct Pass<'t> {
    file: FileId,
    text: &'t str,
    tokens: &'t [Token],
    brackets: &'t Brackets,
    out: Vec<u8>,
    /// Brackets to put in: where (in the original text), and which.
    inserts: Vec<(usize, u8)>,
    frames: Vec<Frame>,
    diagnostics: Vec<Diagnostic>,
    silent: Vec<(usize, usize)>,
}

impl Pass<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, offset(start), offset(end))
    }

    fn fill(&mut self, start: usize, end: usize, with: u8) {
        if let Some(bytes) = self.out.get_mut(start..end) {
            bytes.fill(with);
        }
    }

    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn is_angle(&self, index: usize) -> bool {
        self.brackets.partner(index).is_some()
    }

    /// Reports the slips that were seen by the scanner, and mends them in the copy.
    fn slips(&mut self, slips: &[(Slip, usize, usize)]) {
        for (slip, start, end) in slips.iter().copied() {
            let span = self.span(start, end);
            let first = self.span(start, (start + 1).min(end));
            let written = self.text.get(start..end).unwrap_or_default();
            match slip {
                Slip::SingleQuotes => {
                    let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
                    self.diagnostics.push(say::single_quotes(span, inner));
                    let bytes = self.out.get_mut(start..end).unwrap_or_default();
                    for byte in bytes.iter_mut().filter(|byte| **byte == b'"') {
                        *byte = b'\'';
                    }
                    self.fill(start, start + 1, b'"');
                    self.fill(end - 1, end, b'"');
                }
                Slip::HashComment => {
                    self.diagnostics.push(say::hash_comment(first));
                    self.fill(start, end, b' ');
                }
                Slip::BlockComment => {
                    self.diagnostics.push(say::block_comment(self.span(start, start + 2)));
                    self.fill(start, end, b' ');
                }
                Slip::OpenComment => {
                    self.diagnostics.push(say::unclosed_comment(self.span(start, start + 2)));
                    self.fill(start, end, b' ');
                }
                Slip::BadCharacter => {
                    self.diagnostics.push(say::bad_character(span, written));
                    self.silent.push((start, end));
                    let blank = written.chars().all(char::is_whitespace);
                    self.fill(start, end, if blank { b' ' } else { JUNK });
                }
                Slip::OpenText | Slip::OpenLongText | Slip::OpenRegex => {
                    self.open_text(slip, start, end);
                }
            }
        }
    }

    fn open_text(&mut self, slip: Slip, start: usize, end: usize) {
        let quote = self.span(start, start + if slip == Slip::OpenLongText { 3 } else { 1 });
        self.diagnostics.push(match slip {
            Slip::OpenLongText => say::unclosed_text(quote, "\"\"\""),
            Slip::OpenRegex => say::unclosed_regex(quote),
            _ => say::unclosed_text(quote, "\""),
        });
        self.silent.push((start, end + 1));
        self.fill(start, end, HOLE);
    }

    /// Reports brackets that are never closed.
    fn unclosed(&mut self) {
        let brackets = self.brackets;
        for (opener, end, reported) in brackets.forgotten.iter().copied() {
            let Some(token) = self.tokens.get(opener) else { continue };
            let end = self.behind(end);
            if reported {
                let span = self.span(token.start, token.end);
                self.diagnostics.push(say::unclosed_bracket(span, token.text(self.text)));
            }
            self.silent.push((token.start, end + 1));
        }
    }

    /// Behind the last token before `index` that is neither comment nor line end.
    fn behind(&self, index: usize) -> usize {
        let before = self.tokens.get(..index).unwrap_or_default();
        before.iter().rev().find(|token| !matches!(token.kind, Kind::Comment | Kind::Newline)).map_or(0, |token| token.end)
    }

    fn run(&mut self) {
        let mut index = 0;
        let mut last: Option<usize> = None;
        let mut end = 0;
        while let Some(token) = self.tokens.get(index).copied() {
            self.fill(end, token.start, b' ');
            end = token.end;
            if matches!(token.kind, Kind::Newline | Kind::Comment) {
                index += 1;
                continue;
            }
            self.close_forgotten(index);
            if let Some(last) = last.filter(|last| last + 1 < index) {
                self.gap(last, index);
            }
            last = Some(index);
            index = self.significant(index, token);
            if let Some(jumped) = self.tokens.get(index.saturating_sub(1)).filter(|_| index > 0) {
                last = Some(index - 1);
                end = end.max(jumped.end);
            }
        }
        self.fill(end, self.text.len(), b' ');
        self.close_forgotten(self.tokens.len());
    }

    /// Takes in one token; the index behind it, or behind what is nested too deep.
    fn significant(&mut self, index: usize, token: Token) -> usize {
        match token.kind {
            Kind::Open => return self.open(index, token),
            Kind::Close if self.frames.last().is_some_and(|frame| frame.end == index) => {
                self.frames.pop();
            }
            Kind::Close => self.fill(token.start, token.end, JUNK),
            Kind::Symbol => return self.symbol(index, token),
            Kind::Word if matches!(token.text(self.text), "and" | "or" | "not" | "where") => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.angles = 0;
                }
            }
            _ => {}
        }
        index + 1
    }

    fn open(&mut self, index: usize, token: Token) -> usize {
        let forgotten = self.brackets.forgotten_end(index);
        let end = forgotten.or_else(|| self.brackets.partner(index)).unwrap_or(index);
        if self.frames.len() >= MAX_DEPTH {
            let stop = if forgotten.is_some() { end } else { end + 1 };
            return self.too_deep(index, stop);
        }
        let open = self.text.as_bytes().get(token.start).copied().unwrap_or_default();
        let before = self.word(index.wrapping_sub(1));
        let earlier = self.word(index.wrapping_sub(2));
        let plain = open == b'{' && (matches!(before, "enum" | "pick" | "without" | "in" | "." | "rename") || earlier == "enum");
        self.frames.push(Frame { open, plain, end, forgotten: forgotten.is_some(), angles: 0 });
        index + 1
    }

    fn symbol(&mut self, index: usize, token: Token) -> usize {
        let before = self.tokens.get(index.wrapping_sub(1));
        let glued = before.is_some_and(|before| before.kind == Kind::Word && before.end == token.start);
        let text = token.text(self.text);
        let Some(frame) = self.frames.last_mut() else { return self.symbol_at_top(index, text, glued) };
        match text {
            "<" if glued => frame.angles += 1,
            ">" => frame.angles = frame.angles.saturating_sub(1),
            _ => {}
        }
        if frame.angles > MAX_DEPTH { self.too_deep(index, self.entry_end(index)) } else { index + 1 }
    }

    /// Outside of all brackets: counts the run of angle brackets that ends here.
    fn symbol_at_top(&mut self, index: usize, text: &str, glued: bool) -> usize {
        if text != "<" || !glued {
            return index + 1;
        }
        let nested = (0..=MAX_DEPTH).all(|step| index >= 2 * step && self.word(index - 2 * step) == "<");
        if nested { self.too_deep(index, self.entry_end(index)) } else { index + 1 }
    }

    /// The token that ends the entry in which `index` stands, brackets skipped.
    fn entry_end(&self, index: usize) -> usize {
        let mut at = index + 1;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Kind::Newline | Kind::Close => break,
                Kind::Open => at = self.brackets.partner(at).unwrap_or(at) + 1,
                _ => at += 1,
            }
        }
        at
    }

    /// Fills what is nested too deep; the index to go on with.
    fn too_deep(&mut self, index: usize, stop: usize) -> usize {
        let stop = stop.max(index + 1);
        let start = self.tokens.get(index).map_or(0, |token| token.start);
        let end = self.tokens.get(stop - 1).map_or(start, |token| token.end);
        self.diagnostics.push(say::too_deep(self.span(start, start + 1), MAX_DEPTH));
        self.silent.push((start, end));
        self.fill(start, end, HOLE);
        stop
    }

    /// Closes forgotten brackets that end before token `index`.
    fn close_forgotten(&mut self, index: usize) {
        while let Some(frame) = self.frames.last().filter(|frame| frame.forgotten && frame.end <= index) {
            let close = match frame.open {
                b'(' => b')',
                b'[' => b']',
                _ => b'}',
            };
            self.inserts.push((self.behind(index), close));
            self.frames.pop();
        }
    }

    /// Between two tokens with line ends or comments between them: blanks these where the entry goes on.
    fn gap(&mut self, last: usize, next: usize) {
        let between = self.tokens.get(last + 1..next).unwrap_or_default();
        if !between.iter().any(|token| token.kind == Kind::Newline) {
            return;
        }
        let listed = self.frames.last().is_some_and(|frame| frame.open != b'{');
        if listed || self.within_angles(last, next) || self.goes_on(last, next) {
            for token in between {
                self.fill(token.start, token.end, b' ');
            }
        } else if let Some(frame) = self.frames.last_mut() {
            frame.angles = 0;
        }
    }

    fn within_angles(&self, last: usize, next: usize) -> bool {
        let behind_comma_or_bracket = matches!(self.word(last), "," | "<") || self.word(next) == ">";
        behind_comma_or_bracket && self.brackets.in_angles(last, next)
    }

    /// Whether the entry that ends with token `last` goes on with token `next` on a later line.
    fn goes_on(&self, last: usize, next: usize) -> bool {
        let (Some(before), Some(after)) = (self.tokens.get(last), self.tokens.get(next)) else { return false };
        if before.kind == Kind::Open || after.kind == Kind::Close {
            return false;
        }
        let plain = self.frames.last().is_some_and(|frame| frame.plain);
        let declares = matches!(self.word(next + 1), ":" | "=") && after.kind == Kind::Word;
        let ends = match before.text(self.text) {
            "+" | "-" | "*" | "/" | "==" | "!=" | "<=" | ">=" | "->" | "<:" => before.kind == Kind::Symbol,
            "<" | ">" => !self.is_angle(last) && before.kind == Kind::Symbol,
            "=" => !declares,
            "and" | "or" => !plain && !declares,
            _ => false,
        };
        ends || match after.kind {
            Kind::Symbol => match after.text(self.text) {
                "->" | "<:" => true,
                "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">=" => !plain,
                _ => false,
            },
            Kind::Tag => !plain,
            Kind::Word => {
                let word = after.text(self.text);
                !plain && !declares && (GO_ON.contains(&word) || GO_ON_TOO.contains(&word))
            }
            _ => false,
        }
    }

    fn finish(self) -> Layout {
        let Self { tokens, out, mut inserts, diagnostics, silent, .. } = self;
        inserts.sort_by_key(|(at, _)| *at);
        let mut copy = Vec::with_capacity(out.len() + inserts.len());
        let mut from = 0;
        let mut places = Vec::with_capacity(inserts.len());
        for (at, close) in inserts {
            copy.extend_from_slice(out.get(from..at).unwrap_or_default());
            places.push(copy.len());
            copy.push(close);
            from = at;
        }
        copy.extend_from_slice(out.get(from..).unwrap_or_default());
        let comments = tokens.iter().filter(|token| token.kind == Kind::Comment).map(|token| (token.start, token.end));
        Layout {
            text: String::from_utf8(copy).unwrap_or_default(),
            comments: comments.collect(),
            diagnostics,
            silent,
            inserts: places,
        }
    }
}
