//! What a block or file holds: entries and comments, in order.

use super::Printer;
use crate::copy::Fate;
use crate::lexer::Kind;

/// An entry or comment with lines of its own.
pub(super) struct Element {
    /// Whether a blank line stands before it.
    pub blank: bool,
    /// Its first token, and behind its last; empty where only a comment stands.
    pub from: usize,
    pub to: usize,
    /// The comment: its own, or behind the entry.
    pub comment: Option<usize>,
    /// Whether it is kept as it is.
    pub verbatim: bool,
}

impl Element {
    /// Whether it is a comment alone.
    pub(super) const fn is_comment(&self) -> bool {
        self.from == self.to
    }
}

impl Printer<'_> {
    /// The elements between two tokens, on the top level of a file or within braces.
    pub(super) fn elements(&self, from: usize, to: usize, braces: bool) -> Vec<Element> {
        let mut elements: Vec<Element> = Vec::new();
        let mut at = from;
        let mut line_ends = 0;
        while at < to {
            match self.kind(at) {
                Some(Kind::Newline) => line_ends += 1,
                Some(Kind::Comment) => {
                    let behind = elements
                        .last_mut()
                        .filter(|last| line_ends == 0 && last.comment.is_none() && !last.is_comment());
                    match behind {
                        Some(last) => last.comment = Some(at),
                        None => {
                            let blank = line_ends > 1 && !elements.is_empty();
                            elements.push(Element { blank, from: at, to: at, comment: Some(at), verbatim: false });
                        }
                    }
                    line_ends = 0;
                }
                Some(Kind::Symbol) if braces && self.word(at) == "," => {}
                _ => {
                    let end = self.entry_end(at, to, braces);
                    let blank = line_ends > 1 && !elements.is_empty();
                    elements.push(Element {
                        blank,
                        from: at,
                        to: end,
                        comment: None,
                        verbatim: self.is_verbatim(at, end),
                    });
                    line_ends = 0;
                    at = end;
                    continue;
                }
            }
            at += 1;
        }
        elements
    }

    /// Behind the last token of the entry that begins at `from`.
    fn entry_end(&self, from: usize, to: usize, braces: bool) -> usize {
        let mut at = from;
        while at < to {
            match self.kind(at) {
                Some(Kind::Open) => {
                    let forgotten = self.layout.brackets.forgotten_end(at);
                    let end = self.partner(at).map(|close| close + 1).or(forgotten).unwrap_or(at + 1);
                    at = self.behind_code(at + 1, end.min(to));
                    continue;
                }
                Some(Kind::Newline | Kind::Comment) if self.separates(at, to) => break,
                Some(Kind::Symbol) if braces && self.word(at) == "," && !self.layout.brackets.in_angles(at, at) => {
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Behind the last token between two that is neither line end nor comment.
    fn behind_code(&self, from: usize, to: usize) -> usize {
        let mut end = to;
        while end > from && matches!(self.kind(end - 1), Some(Kind::Newline | Kind::Comment)) {
            end -= 1;
        }
        end
    }

    /// Whether the line ends and comments from here on stand between two entries.
    fn separates(&self, at: usize, to: usize) -> bool {
        let mut index = at;
        while index < to {
            match self.kind(index) {
                Some(Kind::Newline) => return self.layout.fates.get(index).is_some_and(|fate| *fate != Fate::Drop),
                Some(Kind::Comment) => index += 1,
                _ => return false,
            }
        }
        true
    }

    /// Whether an entry holds something that was not understood, outside of the blocks within it.
    fn is_verbatim(&self, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to {
            let Some(token) = self.layout.tokens.get(at) else { break };
            let lost = match token.kind {
                Kind::Open | Kind::Close => self.partner(at).is_none(),
                Kind::Bad | Kind::Unclosed => true,
                _ => false,
            };
            let hole = matches!(self.layout.fates.get(at), Some(Fate::Hole(_) | Fate::Junk));
            if lost || hole || self.is_broken(token.start) {
                return true;
            }
            let block = token.kind == Kind::Open && self.word(at) == "{";
            at = match self.partner(at).filter(|_| block) {
                Some(close) => close.max(at + 1),
                None => at + 1,
            };
        }
        false
    }

    fn is_broken(&self, at: usize) -> bool {
        let before = self.broken.partition_point(|(start, _)| *start <= at);
        before.checked_sub(1).and_then(|index| self.broken.get(index)).is_some_and(|(_, end)| at < *end)
    }
}
