//! Places in the SQL text: the parser counts lines and characters, our users want bytes.

use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

/// A SQL text with its tokens (without spaces and comments).
#[derive(Debug)]
pub struct Text<'a> {
    sql: &'a str,
    line_starts: Vec<usize>,
    tokens: Vec<TokenWithSpan>,
}

impl<'a> Text<'a> {
    /// A text whose tokens are not known (yet).
    pub fn new(sql: &'a str) -> Self {
        let starts = sql.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { sql, line_starts: std::iter::once(0).chain(starts).collect(), tokens: Vec::new() }
    }

    /// The same, with the tokens that the tokenizer found.
    pub fn with_tokens(mut self, tokens: &[TokenWithSpan]) -> Self {
        let solid = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
        self.tokens = tokens.iter().filter(solid).cloned().collect();
        self
    }

    /// The byte at a line and a character, both counted from 1; clamped to the text.
    pub fn offset(&self, line: u64, column: u64) -> usize {
        let line = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        let Some(start) = self.line_starts.get(line).copied() else { return self.sql.len() };
        let column = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
        let rest = self.sql.get(start..).unwrap_or_default();
        rest.char_indices().nth(column).map_or(self.sql.len(), |(at, _)| start + at)
    }

    /// The bytes of a span; none where the parser did not know it.
    pub fn range(&self, span: Span) -> Option<(usize, usize)> {
        (span.start.line > 0).then(|| {
            let start = self.offset(span.start.line, span.start.column);
            (start, self.offset(span.end.line, span.end.column).max(start))
        })
    }

    /// The bytes of the token that begins at a location; the end of the text where none does.
    pub fn token_at(&self, at: Location) -> (usize, usize) {
        let token = self.tokens.iter().find(|token| token.span.start == at);
        token.and_then(|token| self.range(token.span)).unwrap_or_else(|| {
            let start = self.offset(at.line, at.column);
            (start, start)
        })
    }

    /// The end of the text, as an empty range behind its last token.
    pub fn end(&self) -> (usize, usize) {
        let last = self.tokens.last().and_then(|token| self.range(token.span)).map_or(0, |(_, end)| end);
        (last, last)
    }

    /// The bytes of the first word that spells `name`, in any case unless quoted.
    pub fn word(&self, name: &str) -> Option<(usize, usize)> {
        self.tokens.iter().find(|token| spells(token, name)).and_then(|token| self.range(token.span))
    }

    /// The bytes of the only word that spells `name`.
    pub fn only_word(&self, name: &str) -> Option<(usize, usize)> {
        let mut all = self.tokens.iter().filter(|token| spells(token, name));
        let only = all.next().filter(|_| all.next().is_none());
        only.and_then(|token| self.range(token.span))
    }

    /// The bytes of the first call of a function of that name; of the first such word, where none is called.
    pub fn call(&self, name: &str) -> Option<(usize, usize)> {
        let opens = |token: &TokenWithSpan| token.token == Token::LParen;
        let called = self.tokens.iter().zip(self.tokens.iter().skip(1));
        let mut called = called.filter(|(token, next)| spells(token, name) && opens(next)).map(|(token, _)| token);
        called.next().map_or_else(|| self.word(name), |token| self.range(token.span))
    }

    /// The tokens.
    pub fn tokens(&self) -> &[TokenWithSpan] {
        &self.tokens
    }

    /// The text in a range of bytes.
    pub fn slice(&self, (start, end): (usize, usize)) -> &'a str {
        self.sql.get(start..end).unwrap_or_default()
    }
}

fn spells(token: &TokenWithSpan, name: &str) -> bool {
    match &token.token {
        Token::Word(word) if word.quote_style.is_some() => word.value == name,
        Token::Word(word) => word.value.eq_ignore_ascii_case(name),
        _ => false,
    }
}

/// `.. at Line: 2, Column: 8` at the end of one of the parser's messages: the message before it, and the place.
pub fn split_place(message: &str) -> (&str, Option<Location>) {
    let Some((before, place)) = message.rsplit_once(" at Line: ") else { return (message, None) };
    let numbers = place.split_once(", Column: ").and_then(|(line, column)| {
        let column: String = column.chars().take_while(char::is_ascii_digit).collect();
        Some(Location { line: line.trim().parse().ok()?, column: column.parse().ok()? })
    });
    if numbers.is_some() { (before, numbers) } else { (message, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_bytes() {
        let text = Text::new("select 'é' as a,\n  b");
        assert_eq!(text.offset(1, 11), 11);
        assert_eq!(text.offset(2, 3), 20);
        assert_eq!(text.offset(9, 1), 21);
    }

    #[test]
    fn a_place_is_cut_off_a_message() {
        let (message, at) = split_place("Expected: an expression, found: from at Line: 2, Column: 8");
        assert_eq!((message, at), ("Expected: an expression, found: from", Some(Location { line: 2, column: 8 })));
        assert_eq!(split_place("nothing here"), ("nothing here", None));
    }
}
