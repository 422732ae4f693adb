//! Where the cursor stands in a text that is being typed: what is written there so far, and what is before and behind it.

use mlp_syntax::{Token, TokenKind};

/// What is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word.
    Word,
    /// A word behind a dot or the sign of a tag, where no word of the language can stand.
    Part,
    /// A text.
    Text,
    /// A word in the SQL of a stage.
    Sql,
}

/// The cursor in a part of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'t> {
    /// What stands before what is being typed.
    pub before: &'t str,
    /// What is typed so far, and what is left of the word behind the cursor.
    pub typed: &'t str,
    /// What stands behind it.
    pub after: &'t str,
    /// What is being typed.
    pub kind: Kind,
    /// Of a text the word of the call, argument or setting that it belongs to: `sql` of `sql("..`, `requirements` of `requirements = "..`.
    pub owner: Option<&'t str>,
}

impl<'t> Site<'t> {
    /// The cursor at an offset; none within comments, numbers and patterns, where nothing is proposed.
    pub(super) fn at(text: &'t str, offset: usize) -> Option<Self> {
        let tokens = mlp_syntax::lex(text);
        let cut = |start: usize, end: usize, kind: Kind| {
            Some(Self {
                before: text.get(..start)?,
                typed: text.get(start..end)?,
                after: text.get(end..)?,
                kind,
                owner: None,
            })
        };
        let word = |start: usize, end: usize| {
            let is_part =
                text.get(..start).is_some_and(|before| before.ends_with(['.', '@']) && !before.ends_with(".."));
            cut(start, end, if is_part { Kind::Part } else { Kind::Word })
        };
        let holds = |token: &&Token| token.start <= offset && offset <= token.end;
        // of two tokens that meet at the cursor, the word
        let around = tokens.iter().filter(holds).max_by_key(|token| token.kind == TokenKind::Word);
        let Some(token) = around.filter(|token| token.start < offset || token.kind == TokenKind::Word) else {
            return word(offset, offset);
        };
        match token.kind {
            TokenKind::Word => word(token.start, token.end),
            TokenKind::Tag => word(token.start + 1, token.end),
            TokenKind::Text | TokenKind::Unclosed => {
                let written = token.text(text);
                let is_long = written.starts_with("\"\"\"");
                // of `f".."` the letter stands before them
                let quotes = if is_long { 3 } else { written.find('"')? + 1 };
                let close = match (token.kind, is_long) {
                    (TokenKind::Text, true) => 3,
                    (TokenKind::Text, false) => 1,
                    _ => 0,
                };
                let (start, end) = (token.start + quotes, token.end.checked_sub(close)?);
                if offset < start || end < offset {
                    return None;
                }
                let owner = owner(text.get(..token.start)?);
                if owner == Some("sql") && text.get(start..end)?.contains(char::is_whitespace) {
                    let begin = offset - last_word(text.get(start..offset)?).len();
                    let until = text.get(offset..end)?.find(is_no_word).map_or(end, |at| offset + at);
                    return Some(Self { owner, ..cut(begin, until, Kind::Sql)? });
                }
                // of `module:function` what is behind the sign
                let start = text.get(start..offset)?.rfind(':').map_or(start, |sign| start + sign + 1);
                Some(Self { owner, ..cut(start, end, Kind::Text)? })
            }
            TokenKind::Comment | TokenKind::Number | TokenKind::Regex => None,
            _ => word(offset, offset),
        }
    }

    /// The cursor at an offset of an SQL.
    pub(super) fn in_sql(sql: &'t str, offset: usize) -> Option<Self> {
        let begin = offset - last_word(sql.get(..offset)?).len();
        let until = sql.get(offset..)?.find(is_no_word).map_or(sql.len(), |at| offset + at);
        let (before, typed, after) = (sql.get(..begin)?, sql.get(begin..until)?, sql.get(until..)?);
        Some(Self { before, typed, after, kind: Kind::Sql, owner: Some("sql") })
    }

    /// The last word before what is being typed, where nothing but blanks is between.
    pub(super) fn word_before(&self) -> Option<&'t str> {
        Some(last_word(self.before.trim_end_matches([' ', '\t']))).filter(|word| !word.is_empty())
    }

    /// The last sign before what is being typed, where nothing but blanks is between.
    pub(super) fn sign_before(&self) -> Option<char> {
        self.before.trim_end().chars().next_back()
    }

    /// The module of the import that is being typed: `std.split` of `use std.split.{..`.
    pub(super) fn imports_from(&self) -> Option<&'t str> {
        let open = self.before.rfind("use ")?;
        let (module, names) = self.before.get(open + 4..)?.split_once(".{")?;
        (!names.contains(['}', '\n']) && !module.contains([' ', '\n'])).then_some(module)
    }

    /// The text with something else in the place of what is being typed.
    pub(super) fn with(&self, instead: &str) -> String {
        format!("{}{instead}{}", self.before, self.after)
    }

    /// The text up to the cursor with something in its place, all brackets closed, and something in the place of the rest.
    pub(super) fn closed(&self, instead: &str, rest: &str) -> String {
        let mut open = Vec::new();
        for token in mlp_syntax::lex(self.before) {
            match token.text(self.before) {
                "(" => open.push(')'),
                "[" => open.push(']'),
                "{" => open.push('}'),
                "<" => open.push('>'),
                ")" | "]" | "}" | ">" => {
                    open.pop();
                }
                _ => {}
            }
        }
        let closing: String = open.into_iter().rev().collect();
        format!("{}{instead}{closing}{rest}", self.before)
    }
}

/// The word to which a text behind this belongs.
fn owner(before: &str) -> Option<&str> {
    let before = before.trim_end();
    let start = before.trim_end_matches(['(', '=', ':', ' ', '[']);
    Some(last_word(start)).filter(|word| !word.is_empty() && start.len() < before.len())
}

/// The word that a text ends with; empty where it ends with none.
pub(super) fn last_word(text: &str) -> &str {
    text.rsplit(is_no_word).next().unwrap_or_default()
}

/// Whether a character stands in no name.
pub(super) fn is_no_word(letter: char) -> bool {
    !(letter == '_' || letter.is_alphanumeric())
}
