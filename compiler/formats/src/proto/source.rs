//! A file in words that the parser knows: what it does not know, and no contract needs, is blanked out. Lines stay where they are.

use crate::note::{Note, Outcome, Thing};

/// A file for the parser.
pub(super) struct Source {
    /// Its text.
    pub text: String,
    /// The edition that stands in the place of a syntax.
    pub edition: Option<String>,
}

/// A word, a number, a text or a sign, outside of comments.
#[derive(Clone, Copy)]
struct Token<'t> {
    start: usize,
    text: &'t str,
}

impl Token<'_> {
    const fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

impl Source {
    /// Ranges for extensions are left out with a note; `edition` becomes a syntax; `export` and `local` before a declaration are left out.
    pub fn of(text: &str, notes: &mut Vec<Note>) -> Self {
        let tokens = tokens(text);
        let mut source = Self { text: text.to_owned(), edition: None };
        for (at, token) in tokens.iter().enumerate() {
            let word = |by: usize| tokens.get(at + by).map_or("", |token| token.text);
            let starts =
                at == 0 || matches!(tokens.get(at.wrapping_sub(1)).map(|token| token.text), Some(";" | "{" | "}"));
            match token.text {
                "extensions" if starts && word(1).starts_with(|c: char| c.is_ascii_digit()) => {
                    let rest = tokens.get(at..).unwrap_or_default();
                    let Some(end) = rest.iter().find(|token| token.text == ";") else { continue };
                    let ranges = rest.iter().take_while(|token| !matches!(token.text, ";" | "["));
                    let ranges: Vec<&str> = ranges.map(|token| token.text).collect();
                    let line = text.get(..token.start).unwrap_or_default().matches('\n').count() + 1;
                    notes.push(Note::new(Outcome::Lost, Thing::Foreign, format!("line {line}"), ranges.join(" ")));
                    source.blank(token.start, end.end());
                }
                "edition" if starts && word(1) == "=" && word(3) == ";" => {
                    source.edition = Some(word(2).trim_matches(['"', '\'']).to_owned());
                    let end = tokens.get(at + 3).map_or(token.end(), Token::end);
                    source.blank(token.start, end);
                }
                "export" | "local" if starts && matches!(word(1), "message" | "enum") => {
                    source.blank(token.start, token.end());
                }
                _ => {}
            }
        }
        if source.edition.is_some() {
            // on the first line, before all that stands there
            source.text.insert_str(0, "syntax = \"proto3\"; ");
        }
        source
    }

    /// Puts blanks in the place of all but line ends.
    fn blank(&mut self, start: usize, end: usize) {
        let Some(part) = self.text.get(start..end) else { return };
        let blanks: String = part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
        self.text.replace_range(start..end, &blanks);
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        let (length, counts) = next(rest);
        if counts && let Some(text) = rest.get(..length) {
            tokens.push(Token { start, text });
        }
        start += length;
    }
    tokens
}

/// How long what begins here is, and whether it is a token: neither a blank nor a comment.
fn next(rest: &str) -> (usize, bool) {
    let to = |end: Option<usize>, more: usize| end.map_or(rest.len(), |end| end + more);
    let first = rest.chars().next().unwrap_or(' ');
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if rest.starts_with("//") {
        (to(rest.find('\n'), 0), false)
    } else if rest.starts_with("/*") {
        (to(rest.find("*/"), 2), false)
    } else if first == '"' || first == '\'' {
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == first && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        (to(end.map(|(at, _)| at), 1), true)
    } else if is_word(first) {
        (to(rest.find(|c| !is_word(c)), 0), true)
    } else {
        (first.len_utf8(), !first.is_whitespace())
    }
}
