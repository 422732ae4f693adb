//! Broken text: what was expected, in the user's words.

use mlp_diagnostics::catalog::syntax as say;
use mlp_source::Span;

use super::{Lower, Pair, trivia::Place};
use crate::tree::{Broken, Lead};

impl Lower<'_> {
    /// Keeps a broken entry verbatim and reports what is wrong with it.
    pub(super) fn broken(&mut self, pair: &Pair<'_>, lead: Lead, _place: Place, _follows: Option<(usize, usize)>) -> Broken {
        let span = self.span(pair);
        if !self.is_silent(span.start as usize, span.end as usize) {
            let first = self.first_word(span);
            let text = self.slice(first).to_owned();
            self.report(say::unexpected(first, &text, "something else"));
        }
        self.verbatim(span, lead)
    }

    /// The first token of a span.
    pub(super) fn first_word(&self, span: Span) -> Span {
        let lexed = crate::lexer::lex(self.slice(span));
        let start = span.start as usize;
        lexed.tokens.first().map_or(span, |token| self.make(start + token.start, start + token.end))
    }

    /// The last token of a span.
    pub(super) fn last_token(&self, span: Span) -> Span {
        let lexed = crate::lexer::lex(self.slice(span));
        let start = span.start as usize;
        lexed.tokens.last().map_or(span, |token| self.make(start + token.start, start + token.end))
    }
}
