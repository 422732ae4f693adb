//! Whether a blank stands between two tokens.

use super::Printer;
use crate::lexer::Kind;

/// Words that are no names of functions: a blank stands between them and a bracket.
const SPACED: [&str; 14] =
    ["and", "or", "not", "in", "where", "when", "require", "warn", "expect", "from", "key", "unique", "by", "over"];
/// Words behind which a minus is a sign.
const BEFORE_SIGN: [&str; 22] = [
    "and", "or", "not", "in", "where", "when", "require", "warn", "expect", "by", "over", "length", "at", "to", "most",
    "per", "cooldown", "until", "within", "for", "of", "promote",
];

impl Printer<'_> {
    fn is_angle(&self, index: usize) -> bool {
        let (open, named) = match self.word(index) {
            "<" => (index, index),
            ">" => (self.partner(index).unwrap_or(index), index),
            _ => return false,
        };
        if self.partner(named).is_none() || self.kind(named) != Some(Kind::Symbol) {
            return false;
        }
        let before = open.wrapping_sub(1);
        let glued = self
            .layout
            .tokens
            .get(before)
            .zip(self.layout.tokens.get(open))
            .is_some_and(|(name, open)| name.end == open.start);
        glued
            || self.word(before).starts_with(|c: char| c.is_uppercase())
            || matches!(self.word(before), "list" | "map" | "vector" | "field")
    }

    /// Whether a minus at this place is a sign, not an operator.
    fn is_sign(&self, index: usize) -> bool {
        if self.word(index) != "-" || self.kind(index) != Some(Kind::Symbol) {
            return false;
        }
        let before = index.wrapping_sub(1);
        match self.kind(before) {
            Some(Kind::Symbol) => self.word(before) != "?" && !(self.word(before) == ">" && self.is_angle(before)),
            Some(Kind::Word) => BEFORE_SIGN.contains(&self.word(before)),
            Some(Kind::Open | Kind::Newline | Kind::Comment) => true,
            None => true,
            _ => false,
        }
    }

    /// Whether a slash divides units: `unit km/h`.
    fn divides_units(&self, index: usize) -> bool {
        if self.word(index) != "/" {
            return false;
        }
        let mut at = index;
        while at >= 2 && self.word(at) == "/" && self.kind(at - 1) == Some(Kind::Word) {
            at -= 2;
        }
        self.word(at) == "unit"
    }

    /// Whether a blank stands between the tokens `before` and `index` of one line.
    pub(super) fn spaced(&self, before: usize, index: usize) -> bool {
        let (left, right) = (self.word(before), self.word(index));
        let (left_kind, right_kind) = (self.kind(before), self.kind(index));
        let glued = self
            .layout
            .tokens
            .get(before)
            .zip(self.layout.tokens.get(index))
            .is_some_and(|(left, right)| left.end == right.start);
        if right_kind == Some(Kind::Symbol) {
            match right {
                "," | ":" | "?" => return false,
                "." if glued => return false,
                "<" | ">" if self.is_angle(index) => return false,
                "/" if self.divides_units(index) => return false,
                _ => {}
            }
        }
        if left_kind == Some(Kind::Symbol) {
            match left {
                "." => return false,
                "<" if self.is_angle(before) => return false,
                "-" if self.is_sign(before) => return false,
                "/" if self.divides_units(before) => return false,
                _ => {}
            }
        }
        match (left_kind, right_kind) {
            (Some(Kind::Open), _) | (_, Some(Kind::Close)) => false,
            (_, Some(Kind::Open)) if right == "(" => match left_kind {
                Some(Kind::Word) => SPACED.contains(&left) && (before == 0 || self.word(before - 1) != "."),
                Some(Kind::Close) => false,
                Some(Kind::Symbol) => !self.is_angle(before),
                _ => true,
            },
            _ => true,
        }
    }
}
