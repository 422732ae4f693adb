//! The layout of a text: which line ends separate entries, which bracket is never closed, what is nested too deep.
//!
//! The grammar has no memory, so it gets a copy of the text in which this is already decided: line ends that separate nothing are left out, brackets
//! that were forgotten are there, and what cannot be read at all is a mark that the grammar knows. The copy holds no blanks but one behind every word
//! and number, so that the grammar need not look for them. Places in the copy map back to the text.

use mlp_diagnostics::{Diagnostic, catalog::syntax as say};
use mlp_source::{FileId, Span};

use crate::brackets::{Brackets, pair_up};
use crate::copy::{Copy, Fate};
use crate::lexer::{Kind, Lexed, Slip, Token, begins_item, lex};
use crate::words::CONTINUING;

/// How deep brackets may nest.
pub(crate) const MAX_DEPTH: usize = 128;

/// Words with which an entry begins, if a name follows.
const ENTRY_WORDS: [&str; 11] =
    ["require", "warn", "expect", "let", "promote", "rollback", "alert", "retrain", "predicts", "drops", "uses"];
/// Words that may follow a name within an expression.
const INFIX_WORDS: [&str; 9] = ["and", "or", "in", "by", "matches", "pick", "without", "with", "rename"];

/// The text as the grammar reads it.
pub(crate) struct Layout {
    /// The copy.
    pub copy: Copy,
    /// Comments, as byte ranges of the original text.
    pub comments: Vec<(usize, usize)>,
    /// What was found on the way.
    pub diagnostics: Vec<Diagnostic>,
    /// Ranges of the original text in which nothing more is reported.
    pub silent: Vec<(usize, usize)>,
    /// All tokens.
    pub tokens: Vec<Token>,
    /// What becomes of each in the copy.
    pub fates: Vec<Fate>,
    /// Which bracket closes which.
    pub brackets: Brackets,
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
        fates: vec![Fate::Keep; tokens.len()],
        inserts: Vec::new(),
        frames: Vec::new(),
        top_angles: 0,
        angles: 0,
        entry_start: 0,
        diagnostics: Vec::new(),
        silent: Vec::new(),
    };
    pass.slips(&slips);
    pass.unclosed();
    pass.run();
    let Pass { fates, inserts, diagnostics, silent, .. } = pass;
    let comments =
        tokens.iter().filter(|token| token.kind == Kind::Comment).map(|token| (token.start, token.end)).collect();
    let copy = Copy::new(text, &tokens, &fates, inserts);
    Layout { copy, comments, diagnostics, silent, tokens, fates, brackets }
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
    fates: Vec<Fate>,
    /// Brackets to put in: before which token, and which.
    inserts: Vec<(usize, u8)>,
    frames: Vec<Frame>,
    /// Angle brackets open outside of all other brackets, and in all.
    top_angles: usize,
    angles: usize,
    /// Where the entry began that is being looked at.
    entry_start: usize,
    diagnostics: Vec<Diagnostic>,
    silent: Vec<(usize, usize)>,
}

impl Pass<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span::new(self.file, offset(start), offset(end))
    }

    fn fate(&mut self, index: usize, fate: Fate) {
        if let Some(slot) = self.fates.get_mut(index) {
            *slot = fate;
        }
    }

    fn word(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn is_angle(&self, index: usize) -> bool {
        self.brackets.partner(index).is_some()
    }

    /// Reports the slips that were seen by the scanner, and mends them in the copy.
    fn slips(&mut self, slips: &[(Slip, usize)]) {
        let mut last: Option<usize> = None;
        let mut in_conflict = false;
        for (slip, index) in slips.iter().copied() {
            let Some(Token { start, end, .. }) = self.tokens.get(index).copied() else { continue };
            let span = self.span(start, end);
            let written = self.text.get(start..end).unwrap_or_default();
            let (found, fate) = match slip {
                Slip::SingleQuotes => {
                    let inner = written.get(1..written.len().saturating_sub(1)).unwrap_or_default();
                    (say::single_quotes(span, inner), Fate::Requote)
                }
                Slip::HashComment => (say::hash_comment(self.span(start, start + 1)), Fate::Drop),
                Slip::BlockComment => (say::block_comment(self.span(start, start + 2)), Fate::Drop),
                Slip::OpenComment => (say::unclosed_comment(self.span(start, start + 2)), Fate::Drop),
                Slip::Conflict | Slip::OtherSide => {
                    let line = written.lines().next().unwrap_or_default().len();
                    (say::merge_conflict(self.span(start, start + line)), Fate::Drop)
                }
                Slip::BadCharacter => {
                    self.silent.push((start, end));
                    let blank = written.chars().all(char::is_whitespace);
                    (say::bad_character(span, written), if blank { Fate::Drop } else { Fate::Junk })
                }
                Slip::OpenText | Slip::OpenLongText | Slip::OpenRegex => {
                    self.silent.push((start, end + 1));
                    (self.open_text(slip, start, written), Fate::Hole(index))
                }
            };
            let again = slip == Slip::OtherSide && in_conflict
                || slip == Slip::BadCharacter
                    && last.is_some_and(|last| self.text.get(last..start).is_some_and(|text| !text.contains('\n')));
            if !again {
                self.diagnostics.push(found);
            }
            in_conflict = slip == Slip::Conflict || in_conflict && slip != Slip::OtherSide;
            last = (slip == Slip::BadCharacter).then_some(start).or(last);
            self.fate(index, fate);
        }
    }

    fn open_text(&self, slip: Slip, start: usize, written: &str) -> Diagnostic {
        match slip {
            Slip::OpenLongText => say::unclosed_text(self.span(start, start + 3), "\"\"\""),
            Slip::OpenRegex => say::unclosed_regex(self.span(start, start + 1)),
            _ if written.starts_with('f') => say::unclosed_text(self.span(start, start + 2), "\""),
            _ => say::unclosed_text(self.span(start, start + 1), "\""),
        }
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

    /// The last token before `index` that is neither comment nor line end.
    fn last_before(&self, index: usize) -> usize {
        let before = self.tokens.get(..index).unwrap_or_default();
        before.iter().rposition(|token| !matches!(token.kind, Kind::Comment | Kind::Newline)).unwrap_or_default()
    }

    fn behind(&self, index: usize) -> usize {
        self.tokens.get(self.last_before(index)).map_or(0, |token| token.end)
    }

    fn run(&mut self) {
        let mut index = 0;
        let mut last: Option<usize> = None;
        while let Some(token) = self.tokens.get(index).copied() {
            if matches!(token.kind, Kind::Newline | Kind::Comment) {
                index += 1;
                continue;
            }
            self.close_forgotten(index);
            if let Some(last) = last.filter(|last| last + 1 < index) {
                self.gap(last, index);
            }
            index = self.significant(index, token);
            last = index.checked_sub(1);
        }
        self.close_forgotten(self.tokens.len());
    }

    /// Takes in one token; the index behind it, or behind what is nested too deep.
    fn significant(&mut self, index: usize, token: Token) -> usize {
        match token.kind {
            Kind::Open => return self.open(index, token),
            Kind::Close if self.frames.last().is_some_and(|frame| frame.end == index) => self.pop(),
            Kind::Close => self.fate(index, Fate::Junk),
            Kind::Symbol => return self.symbol(index, token),
            Kind::Word if matches!(token.text(self.text), "and" | "or") => self.forget_angles(index),
            _ => {}
        }
        index + 1
    }

    fn open(&mut self, index: usize, token: Token) -> usize {
        let forgotten = self.brackets.forgotten_end(index);
        let end = forgotten.or_else(|| self.brackets.partner(index)).unwrap_or(index);
        if self.frames.len() + self.angles >= MAX_DEPTH {
            let stop = if forgotten.is_some() { end } else { end + 1 };
            return self.too_deep(index, stop);
        }
        self.entry_start = token.end;
        let open = self.text.as_bytes().get(token.start).copied().unwrap_or_default();
        let before = self.word(index.wrapping_sub(1));
        let earlier = self.word(index.wrapping_sub(2));
        let plain = open == b'{'
            && (matches!(before, "enum" | "pick" | "without" | "in" | "." | "rename") || earlier == "enum");
        self.frames.push(Frame { open, plain, end, forgotten: forgotten.is_some(), angles: 0 });
        index + 1
    }

    fn pop(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.angles -= frame.angles;
        }
    }

    fn own_angles(&mut self) -> &mut usize {
        self.frames.last_mut().map_or(&mut self.top_angles, |frame| &mut frame.angles)
    }

    /// `a < b and`: what stood before the word was no type.
    fn forget_angles(&mut self, index: usize) {
        let before = index.checked_sub(1).and_then(|before| self.tokens.get(before));
        if before.is_some_and(|before| matches!(before.kind, Kind::Word | Kind::Number | Kind::Text | Kind::Close)) {
            let own = std::mem::take(self.own_angles());
            self.angles -= own;
        }
    }

    /// Counts the angle brackets that may nest.
    fn symbol(&mut self, index: usize, token: Token) -> usize {
        match token.text(self.text) {
            "<" => {
                *self.own_angles() += 1;
                self.angles += 1;
            }
            ">" if *self.own_angles() > 0 => {
                *self.own_angles() -= 1;
                self.angles -= 1;
            }
            _ => {}
        }
        if self.angles + self.frames.len() <= MAX_DEPTH {
            return index + 1;
        }
        let own = std::mem::take(self.own_angles());
        self.angles -= own;
        let end = self.entry_end(index);
        self.silent.push((self.entry_start, self.tokens.get(end).map_or(self.text.len(), |token| token.start)));
        self.too_deep(index, end)
    }

    /// The token that ends the entry in which `index` stands, brackets skipped.
    fn entry_end(&self, index: usize) -> usize {
        let mut at = index + 1;
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Kind::Newline
                    if matches!(self.word(at - 1), "<" | ",")
                        && !self.tokens.get(at + 1).is_some_and(|next| begins_item(self.text, next)) =>
                {
                    at += 1;
                }
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
        self.fate(index, Fate::Hole(stop - 1));
        for covered in index + 1..stop {
            self.fate(covered, Fate::Drop);
        }
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
            self.inserts.push((self.last_before(index), close));
            self.pop();
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
            for index in last + 1..next {
                self.fate(index, Fate::Drop);
            }
            return;
        }
        self.entry_start = self.tokens.get(next).map_or(0, |token| token.start);
        if let Some(frame) = self.frames.last_mut() {
            self.angles -= frame.angles;
            frame.angles = 0;
        } else {
            self.angles -= self.top_angles;
            self.top_angles = 0;
            let line_end =
                (last + 1..next).find(|index| self.tokens.get(*index).is_some_and(|token| token.kind == Kind::Newline));
            if let Some(index) = line_end {
                self.fate(index, Fate::Break);
            }
        }
    }

    fn within_angles(&self, last: usize, next: usize) -> bool {
        let behind_comma_or_bracket = matches!(self.word(last), "," | "<") || self.word(next) == ">";
        behind_comma_or_bracket && self.brackets.in_angles(last, next)
    }

    /// Whether a line begins with a keyword and a name, which no expression does; or with a declaration at the left edge.
    fn begins_entry(&self, index: usize) -> bool {
        let Some(token) = self.tokens.get(index) else { return false };
        let names = match self.tokens.get(index + 1) {
            Some(next) if next.kind == Kind::Word => !INFIX_WORDS.contains(&next.text(self.text)),
            Some(next) => matches!(next.kind, Kind::Tag | Kind::Text),
            None => false,
        };
        (names && ENTRY_WORDS.contains(&token.text(self.text))) || begins_item(self.text, token)
    }

    /// Whether the entry that ends with token `last` goes on with token `next` on a later line.
    fn goes_on(&self, last: usize, next: usize) -> bool {
        let (Some(before), Some(after)) = (self.tokens.get(last), self.tokens.get(next)) else { return false };
        if before.kind == Kind::Open || after.kind == Kind::Close {
            return false;
        }
        let plain = self.frames.last().is_some_and(|frame| frame.plain);
        let declares = matches!(self.word(next + 1), ":" | "=") && after.kind == Kind::Word;
        let operator = match before.text(self.text) {
            "+" | "-" | "*" | "/" | "==" | "!=" | "<=" | ">=" | "->" | "<:" | "=" => before.kind == Kind::Symbol,
            "<" | ">" => !self.is_angle(last) && before.kind == Kind::Symbol,
            "and" | "or" => !plain,
            _ => false,
        };
        let ends = operator && !declares && !self.begins_entry(next);
        ends || if plain {
            matches!(after.text(self.text), "->" | "<:")
        } else {
            begins_with_more(self.text, after, declares)
        }
    }
}

/// Whether a line that begins with this token goes on with the entry before it.
pub(crate) fn begins_with_more(text: &str, token: &Token, declares: bool) -> bool {
    let word = token.text(text);
    match token.kind {
        Kind::Symbol => matches!(word, "->" | "<:" | "+" | "-" | "*" | "/" | "==" | "!=" | "<" | "<=" | ">" | ">="),
        Kind::Tag => true,
        Kind::Word => !declares && CONTINUING.contains(&word),
        _ => false,
    }
}
