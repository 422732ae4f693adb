//! The text of one entry.

use std::rc::Rc;

use super::{Printer, WIDTH};
use crate::lexer::Kind;

/// The text of an entry, cut where columns may align.
pub(super) struct Rendered {
    /// The text, blanks at the cuts left out.
    pub text: String,
    /// Byte offsets of the cuts in it, all on its first line.
    pub cuts: Vec<usize>,
}

/// What is being written.
struct Writing<'c> {
    out: String,
    /// Indent of the line being written.
    indent: usize,
    /// Indent of the entry.
    base: usize,
    /// Indents of the lines in which the open brackets stand.
    open: Vec<usize>,
    /// Tokens before which columns may align.
    cuts: &'c [usize],
    found: Vec<usize>,
    /// Blocks that are put on lines of their own because they are too wide.
    expand: Vec<usize>,
    /// The token written last.
    last: Option<usize>,
    /// Whether the line ended with a comment.
    ended: bool,
    /// Width of the line being written, and of the widest, blocks on lines of their own left out.
    column: usize,
    widest: usize,
}

impl<'c> Writing<'c> {
    fn new(indent: usize, cuts: &'c [usize], expand: Vec<usize>) -> Self {
        let (out, open, found) = (String::new(), Vec::new(), Vec::new());
        Self {
            out,
            indent,
            base: indent,
            open,
            cuts,
            found,
            expand,
            last: None,
            ended: false,
            column: indent,
            widest: 0,
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        for (index, line) in text.split('\n').enumerate() {
            self.column = if index == 0 { self.column } else { 0 } + line.chars().count();
            self.widest = self.widest.max(self.column);
        }
    }
}

impl Printer<'_> {
    /// Renders an entry whose first line stands at `indent`.
    pub(super) fn entry(&self, from: usize, to: usize, indent: usize, cuts: &[usize]) -> Rendered {
        let mut expand: Vec<usize> = self.own_blocks(from, to).filter(|open| self.is_surely_wide(*open)).collect();
        loop {
            let mut writing = Writing::new(indent, cuts, expand.clone());
            self.emit(from, to, &mut writing);
            let wide = writing.widest > WIDTH;
            match self.widest_block(from, to, &expand).filter(|_| wide) {
                Some(block) => expand.push(block),
                None => return Rendered { text: writing.out, cuts: writing.found },
            }
        }
    }

    /// The last block outside of all brackets that stands on one line.
    fn widest_block(&self, from: usize, to: usize, expanded: &[usize]) -> Option<usize> {
        let fits =
            |open: &usize| self.partner(*open).is_some_and(|close| close > open + 1 && self.is_inline(*open, close));
        self.own_blocks(from, to).filter(fits).filter(|open| !expanded.contains(open)).last()
    }

    /// The opening braces outside of all other brackets.
    fn own_blocks(&self, from: usize, to: usize) -> impl Iterator<Item = usize> {
        self.outer_tokens(from, to)
            .filter(move |at| self.word(*at) == "{" && self.partner(*at).is_some_and(|close| close < to))
    }

    /// Whether the tokens of a block alone are too wide for a line.
    fn is_surely_wide(&self, open: usize) -> bool {
        let mut left = WIDTH;
        let close = self.partner(open).unwrap_or(open);
        !(open..=close).all(|index| {
            let width = self.word(index).chars().count();
            let fits = width <= left;
            left = left.saturating_sub(width);
            fits
        })
    }

    pub(super) fn is_inline(&self, open: usize, close: usize) -> bool {
        !self.slice(open, close + 1).contains('\n')
    }

    fn emit(&self, from: usize, to: usize, writing: &mut Writing<'_>) {
        let mut at = from;
        while at < to {
            match self.kind(at) {
                Some(Kind::Newline) => {}
                Some(Kind::Comment) => self.emit_comment(at, writing),
                _ => {
                    if self.word(at) == "," && self.is_idle_comma(at, to) {
                        at += 1;
                        continue;
                    }
                    self.emit_gap(at, writing);
                    if let Some(close) = self.partner(at).filter(|close| *close < to && self.word(at) == "{") {
                        self.emit_block(at, close, writing);
                        at = close;
                    } else {
                        self.emit_token(at, writing);
                    }
                    writing.last = Some(at);
                }
            }
            at += 1;
        }
    }

    /// A comma before a closing bracket on the same line.
    fn is_idle_comma(&self, at: usize, to: usize) -> bool {
        at + 1 < to && self.kind(at + 1) == Some(Kind::Close)
    }

    fn broke_before(&self, at: usize) -> bool {
        at > 0 && self.kind(at - 1) == Some(Kind::Newline)
    }

    /// A comment within an entry: where it stood.
    fn emit_comment(&self, at: usize, writing: &mut Writing<'_>) {
        if writing.ended || self.broke_before(at) {
            self.line(writing, false);
        } else {
            writing.out.push_str("  ");
        }
        writing.out.push_str(self.word(at).trim_end());
        writing.ended = true;
    }

    /// Ends the line and begins the next.
    fn line(&self, writing: &mut Writing<'_>, closes: bool) {
        writing.indent = match writing.open.last() {
            Some(outer) => outer + if closes { 0 } else { 2 },
            None => writing.base + 2,
        };
        writing.out.push('\n');
        writing.column = 0;
        let indent = " ".repeat(writing.indent);
        writing.push(&indent);
        writing.ended = false;
    }

    /// The blank or line end before a token.
    fn emit_gap(&self, at: usize, writing: &mut Writing<'_>) {
        let Some(last) = writing.last else {
            return;
        };
        let closes = self.kind(at) == Some(Kind::Close);
        if writing.ended || (self.broke_before(at) && !(self.word(at) == "{" && self.partner(at).is_some())) {
            self.line(writing, closes);
        } else if writing.cuts.contains(&at) && !writing.out.contains('\n') {
            writing.found.push(writing.out.len());
            writing.column += 1;
        } else if self.spaced(last, at) {
            writing.push(" ");
        }
    }

    fn emit_token(&self, at: usize, writing: &mut Writing<'_>) {
        match self.kind(at) {
            Some(Kind::Open) => writing.open.push(writing.indent),
            Some(Kind::Close) => {
                writing.open.pop();
            }
            _ => {}
        }
        writing.push(self.word(at));
    }

    /// The lines of a block; made once, however often the entry around it is tried.
    fn block_lines(&self, from: usize, to: usize, indent: usize) -> Rc<str> {
        let made = self.blocks.borrow().get(&(from, indent)).cloned();
        made.unwrap_or_else(|| {
            let lines: Rc<str> = self.lines(from, to, indent).into();
            self.blocks.borrow_mut().insert((from, indent), Rc::clone(&lines));
            lines
        })
    }

    /// `{ .. }`, on one line or on several.
    fn emit_block(&self, open: usize, close: usize, writing: &mut Writing<'_>) {
        let used = self.word(open.wrapping_sub(1)) == ".";
        if !self.is_inline(open, close) || writing.expand.contains(&open) {
            writing.push("{");
            let mut from = open + 1;
            if self.kind(from) == Some(Kind::Comment) {
                writing.out.push_str("  ");
                writing.out.push_str(self.word(from).trim_end());
                from += 1;
            }
            let lines = self.block_lines(from, close, writing.indent + 2);
            writing.out.push('\n');
            writing.out.push_str(&lines);
            writing.column = 0;
            writing.push(&" ".repeat(writing.indent));
            writing.push("}");
            return;
        }
        let mut entries = Vec::new();
        for element in self.elements(open + 1, close, true) {
            if element.verbatim {
                entries.push(self.slice(element.from, element.to).to_owned());
            } else {
                entries.push(self.inline_entry(element.from, element.to, writing));
            }
        }
        let inner = entries.join(", ");
        let blank = if used || inner.is_empty() { "" } else { " " };
        writing.push(&format!("{{{blank}{inner}{blank}}}"));
    }

    fn inline_entry(&self, from: usize, to: usize, writing: &Writing<'_>) -> String {
        let mut inner = Writing::new(writing.indent, &[], Vec::new());
        self.emit(from, to, &mut inner);
        inner.out
    }
}
