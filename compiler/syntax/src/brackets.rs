//! Which bracket closes which, and which is never closed.

use std::collections::HashMap;

use crate::layout::MAX_DEPTH;
use crate::lexer::{Kind, Slip, Token, begins_item, closes};

/// The pairs of a text.
pub(crate) struct Brackets {
    partners: Vec<u32>,
    angle_ends: Vec<(u32, u32)>,
    /// Brackets that are never closed: which, the token before which they are closed for the user, whether it is reported.
    pub forgotten: Vec<(usize, usize, bool)>,
    ends: HashMap<usize, usize>,
}

const NONE: u32 = u32::MAX;

impl Brackets {
    /// The other bracket of a pair; angle brackets of types are pairs too.
    pub(crate) fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).filter(|partner| **partner != NONE).map(|partner| *partner as usize)
    }

    /// Where a bracket that is never closed is closed for the user.
    pub(crate) fn forgotten_end(&self, index: usize) -> Option<usize> {
        self.ends.get(&index).copied()
    }

    /// Whether both tokens stand within the same angle brackets.
    pub(crate) fn in_angles(&self, last: usize, next: usize) -> bool {
        let count = self.angle_ends.partition_point(|(open, _)| *open as usize <= last);
        let opened = self.angle_ends.get(..count).unwrap_or_default();
        opened.iter().rev().take(MAX_DEPTH).any(|(_, close)| *close as usize >= next)
    }

    fn join(&mut self, open: usize, close: usize) {
        for (at, other) in [(open, close), (close, open)] {
            if let Some(slot) = self.partners.get_mut(at) {
                *slot = u32::try_from(other).unwrap_or(NONE);
            }
        }
    }
}

struct Open {
    index: usize,
    bracket: u8,
    line: usize,
    indent: usize,
}

struct Pairing<'t> {
    text: &'t str,
    tokens: &'t [Token],
    slips: &'t [(Slip, usize)],
    found: Brackets,
    stack: Vec<Open>,
    /// How many of `( [ {` are open.
    counts: [usize; 3],
}

fn slot(bracket: u8) -> usize {
    match bracket {
        b'(' | b')' => 0,
        b'[' | b']' => 1,
        _ => 2,
    }
}

/// Pairs up the brackets of a text.
pub(crate) fn pair_up(text: &str, tokens: &[Token], slips: &[(Slip, usize)]) -> Brackets {
    let found = Brackets {
        partners: vec![NONE; tokens.len()],
        angle_ends: Vec::new(),
        forgotten: Vec::new(),
        ends: HashMap::new(),
    };
    let mut pairing = Pairing { text, tokens, slips, found, stack: Vec::new(), counts: [0; 3] };
    pairing.run();
    pairing.angles();
    pairing.found
}

impl Pairing<'_> {
    fn byte(&self, token: &Token) -> u8 {
        self.text.as_bytes().get(token.start).copied().unwrap_or_default()
    }

    fn run(&mut self) {
        let (mut line, mut line_start, mut indent, mut fresh) = (0, 0, 0, true);
        let tokens = self.tokens;
        for (index, token) in tokens.iter().enumerate() {
            if token.kind == Kind::Newline {
                (line, line_start, fresh) = (line + 1, token.end, true);
                continue;
            }
            let first = fresh;
            if fresh {
                indent = token.start - line_start;
                fresh = false;
            }
            match token.kind {
                Kind::Open => {
                    let bracket = self.byte(token);
                    if let Some(count) = self.counts.get_mut(slot(bracket)) {
                        *count += 1;
                    }
                    self.stack.push(Open { index, bracket, line, indent });
                }
                Kind::Close => self.close(index, token, line, first.then_some(indent)),
                Kind::Word if first && !self.stack.is_empty() && begins_item(self.text, token) => {
                    self.give_up(0, index, true)
                }
                _ => {}
            }
        }
        self.give_up(0, tokens.len(), true);
    }

    fn close(&mut self, index: usize, token: &Token, line: usize, indent: Option<usize>) {
        let close = self.byte(token);
        if self.counts.get(slot(close)).is_none_or(|count| *count == 0) {
            return;
        }
        let mut matching = self.stack.len();
        while let Some(open) = matching.checked_sub(1).and_then(|at| self.stack.get(at)) {
            matching -= 1;
            if closes(open.bracket, close) {
                break;
            }
        }
        if let (b'}', Some(indent)) = (close, indent) {
            matching = self.by_indent(matching, line, indent);
        }
        self.give_up(matching + 1, index, false);
        if let Some(open) = self.stack.pop() {
            if let Some(count) = self.counts.get_mut(slot(open.bracket)) {
                *count -= 1;
            }
            self.found.join(open.index, index);
        }
    }

    /// A `}` that stands first in its line belongs to the line with its indent, where the innermost bracket stands deeper.
    fn by_indent(&self, matching: usize, line: usize, indent: usize) -> usize {
        let deeper = |open: &Open| open.indent > indent && open.line < line;
        if !self.stack.get(matching).is_some_and(deeper) {
            return matching;
        }
        let outer = self.stack.get(..matching).unwrap_or_default();
        let fits = |open: &Open| open.bracket == b'{' && open.indent == indent;
        let found = outer.iter().rev().take_while(|open| open.indent >= indent).position(fits);
        found.map_or(matching, |back| matching - 1 - back)
    }

    /// Gives up all brackets opened since `from`: nothing before token `at` closes them.
    fn give_up(&mut self, from: usize, at: usize, boundary: bool) {
        if from >= self.stack.len() {
            return;
        }
        let lost: Vec<Open> = self.stack.drain(from..).collect();
        for open in &lost {
            if let Some(count) = self.counts.get_mut(slot(open.bracket)) {
                *count -= 1;
            }
        }
        let start = lost.first().map_or(at, |open| open.index);
        let slips = self.slips.get(self.slips.partition_point(|(_, token)| *token < start)..).unwrap_or_default();
        let quoted = slips
            .iter()
            .take_while(|(_, token)| *token < at)
            .any(|(slip, _)| matches!(slip, Slip::OpenText | Slip::OpenLongText | Slip::OpenRegex));
        let reported = !quoted && lost.len() <= MAX_DEPTH;
        let mut end = 0;
        for (depth, open) in lost.iter().enumerate().rev() {
            end = end.max(if lost.len() > MAX_DEPTH { at } else { self.lost_end(open, at, boundary) });
            self.found.ends.insert(open.index, end);
            self.found.forgotten.push((open.index, end, reported && depth == 0));
        }
    }

    /// Where a bracket that is never closed ends: at its line's end, or where this was found out if it stands last in its line.
    fn lost_end(&self, open: &Open, at: usize, boundary: bool) -> usize {
        let next = self.tokens.get(open.index + 1).map(|token| token.kind);
        if matches!(next, None | Some(Kind::Newline | Kind::Comment)) || (boundary && open.bracket == b'{') {
            return at;
        }
        let mut index = open.index + 1;
        while index < at {
            match self.tokens.get(index).map(|token| token.kind) {
                Some(Kind::Newline) => return index,
                Some(Kind::Open) => index = self.found.partner(index).unwrap_or(index) + 1,
                _ => index += 1,
            }
        }
        at
    }

    /// Finds the angle brackets of types.
    fn angles(&mut self) {
        for index in 1..self.tokens.len() {
            let text = self.tokens.get(index).map_or("", |token| token.text(self.text));
            let named = self
                .tokens
                .get(index - 1)
                .is_some_and(|token| token.kind == Kind::Word || token.text(self.text) == ")");
            if text != "<" || !named {
                continue;
            }
            if let Some(close) = self.angle_end(index) {
                self.found.join(index, close);
                let narrow = |at: usize| u32::try_from(at).unwrap_or(NONE);
                self.found.angle_ends.push((narrow(index), narrow(close)));
            }
        }
    }

    /// The `>` that closes the `<` at `index`, where only what types are made of stands between them.
    fn angle_end(&self, index: usize) -> Option<usize> {
        let mut depth = 1;
        let mut at = index + 1;
        for _ in 0..256 {
            let token = self.tokens.get(at)?;
            let text = token.text(self.text);
            match token.kind {
                Kind::Open => at = self.found.partner(at)?,
                Kind::Close | Kind::Regex | Kind::Bad | Kind::Unclosed => return None,
                Kind::Word if matches!(text, "and" | "or" | "not") => return None,
                Kind::Newline if self.tokens.get(at + 1).is_some_and(|next| begins_item(self.text, next)) => {
                    return None;
                }
                Kind::Newline => {
                    let before = self.tokens.get(at - 1).map_or("", |token| token.text(self.text));
                    let after = self.tokens.get(at + 1).map_or("", |token| token.text(self.text));
                    if !matches!(before, "," | "<" | "\n") && after != ">" && !before.starts_with("//") {
                        return None;
                    }
                }
                Kind::Symbol => match text {
                    "<" => depth += 1,
                    ">" => depth -= 1,
                    "," | "." | "?" | ":" | "<:" | ".." | "-" => {}
                    _ => return None,
                },
                _ => {}
            }
            if depth == 0 {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}
