//! Broken text: it is kept verbatim and looked at again, to say what was expected there.

use mlp_diagnostics::{Diagnostic, catalog::syntax as say};
use mlp_source::Span;
use pest::{Parser as _, error::ErrorVariant, error::InputLocation};

use super::{
    Lower, Pair,
    grammar::{Mlp, Rule},
    policies::is_type_name,
    trivia::Place,
    words,
};
use crate::lexer::{Kind, Token, lex};
use crate::tree::{Broken, Lead};

/// The tokens of a broken slice.
struct Slice<'t> {
    place: Place,
    text: &'t str,
    tokens: Vec<Token>,
    start: usize,
}

impl<'t> Slice<'t> {
    fn text(&self, index: usize) -> &'t str {
        self.tokens.get(index).map_or("", |token| token.text(self.text))
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        self.tokens.get(index).map(|token| token.kind)
    }

    fn is_word(&self, index: usize) -> bool {
        self.kind(index) == Some(Kind::Word)
    }

    fn holds(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.text(self.text) == word)
    }

    fn last(&self) -> usize {
        self.tokens.len().saturating_sub(1)
    }

    /// Whether the token is the last of its line.
    fn ends_line(&self, index: usize) -> bool {
        let end = self.tokens.get(index).map_or(0, |token| token.end);
        self.tokens
            .get(index + 1)
            .is_none_or(|next| self.text.get(end..next.start).is_some_and(|between| between.contains('\n')))
    }
}

impl Lower<'_> {
    /// Keeps a broken entry verbatim and reports what is wrong with it, once.
    pub(super) fn broken(
        &mut self,
        pair: &Pair<'_>,
        lead: Lead,
        place: Place,
        follows: Option<(usize, usize)>,
    ) -> Broken {
        let span = self.span(pair);
        let goes_on = place == Place::File && self.goes_on_from_broken(span);
        if !goes_on && !self.is_silent(span.start as usize, span.end as usize) {
            let text = self.slice(span);
            let mut tokens = lex(text).tokens;
            tokens.retain(|token| !matches!(token.kind, Kind::Newline | Kind::Comment));
            let slice = Slice { place, text, tokens, start: span.start as usize };
            let found = match follows {
                Some(_) => self.explain_rest(&slice),
                None => self.explain_entry(&slice, pair),
            };
            self.report(found);
        }
        self.last_broken = Some(span);
        self.verbatim(span, lead)
    }

    /// Whether broken text is an indented line right behind a broken declaration.
    fn goes_on_from_broken(&self, span: Span) -> bool {
        let before = self.last_broken.and_then(|last| self.text.get(last.end as usize..span.start as usize));
        before.is_some_and(|before| before.trim().is_empty() && before.ends_with([' ', '\t']) && before.contains('\n'))
    }

    /// The first token of a span.
    pub(super) fn first_word(&self, span: Span) -> Span {
        let lexed = lex(self.slice(span));
        let start = span.start as usize;
        lexed.tokens.first().map_or(span, |token| self.make(start + token.start, start + token.end))
    }

    /// The last token of a span.
    pub(super) fn last_token(&self, span: Span) -> Span {
        let lexed = lex(self.slice(span));
        let start = span.start as usize;
        lexed.tokens.last().map_or(span, |token| self.make(start + token.start, start + token.end))
    }

    fn at(&self, slice: &Slice<'_>, index: usize) -> Span {
        let token = slice.tokens.get(index).or(slice.tokens.last());
        let (start, end) = token.map_or((0, 0), |token| (token.start, token.end));
        self.make(slice.start + start, slice.start + end)
    }

    /// Something else was expected at a token; behind the last one, that is what it says.
    fn instead(&self, slice: &Slice<'_>, index: usize, expected: &str) -> Diagnostic {
        if index >= slice.tokens.len() || (index > 0 && slice.ends_line(index - 1)) {
            let before = index.min(slice.tokens.len()).saturating_sub(1);
            return say::missing_behind(self.at(slice, before), slice.text(before), expected);
        }
        say::unexpected(self.at(slice, index), slice.text(index), expected)
    }

    /// Explains text that follows a whole entry on its line.
    fn explain_rest(&self, slice: &Slice<'_>) -> Diagnostic {
        let first = slice.text(0);
        if let Some(found) = self.explain_sign(slice, 0).or_else(|| self.explain_sign(slice, 1)) {
            return found;
        }
        if first == "at" && slice.kind(1) == Some(Kind::Number) && slice.place == Place::Policy {
            return self.instead(slice, 2, "`confidence`");
        }
        if let Some(expected) = words::behind(first) {
            return self.instead(slice, 1, expected);
        }
        if slice.is_word(0) {
            if let Some(nearest) = words::nearest(first, words::followers(slice.place)) {
                return say::misspelt_keyword(self.at(slice, 0), first, nearest);
            }
            if matches!(slice.text(1), ":" | "=") || words::keywords(slice.place).contains(&first) {
                return say::missing_line_end(self.at(slice, 0), first);
            }
        }
        let expected = if slice.place == Place::File { "a new line" } else { "a comma or a new line" };
        self.instead(slice, 0, expected)
    }

    /// Signs that this language does not have, or that stand alone.
    fn explain_sign(&self, slice: &Slice<'_>, index: usize) -> Option<Diagnostic> {
        let span = self.at(slice, index);
        let token = slice.text(index);
        let two = self.at(slice, index + 1);
        Some(match token {
            "&" | "|" if slice.text(index + 1) == token => {
                let ours = if token == "&" { "and" } else { "or" };
                say::foreign_operator(span.to(two), &token.repeat(2), ours)
            }
            "!" => say::foreign_operator(span, "!", "not"),
            ";" => say::misplaced(
                span,
                "a line ends without `;`",
                "leave it out; entries are separated by new lines or commas",
            ),
            "." if slice.kind(index + 1) == Some(Kind::Number) && two.start == span.end => {
                say::bare_fraction(span.to(two), &format!(".{}", slice.text(index + 1)))
            }
            "<" if slice.text(index + 1) == ">" => say::unexpected(two, ">", "a type between `<` and `>`"),
            "<" if index == 0
                && slice.tokens.iter().all(|token| token.text(slice.text) != ">")
                && self.follows_type(slice) =>
            {
                say::unclosed_bracket(span, "<")
            }
            _ => return None,
        })
    }

    /// Whether a name of a type stands right before the slice.
    fn follows_type(&self, slice: &Slice<'_>) -> bool {
        let before = self.text.get(..slice.start).unwrap_or_default();
        before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    }

    /// Explains an entry of which nothing could be read.
    fn explain_entry(&self, slice: &Slice<'_>, pair: &Pair<'_>) -> Diagnostic {
        let first = slice.text(0);
        if !slice.is_word(0) {
            return self.explain_sign(slice, 0).unwrap_or_else(|| self.instead(slice, 0, words::holds(slice.place)));
        }
        let known = words::keywords(slice.place).contains(&first);
        let declares = matches!(slice.text(1), ":" | "=");
        if !known
            && !declares
            && let Some(found) = self.explain_keyword(slice)
        {
            return found;
        }
        if declares && slice.place != Place::File {
            return self.explain_declaration(slice, pair);
        }
        match slice.place {
            Place::Contract | Place::Fields | Place::Metrics
                if !known && slice.tokens.len() > 1 && is_type(slice.text(1)) =>
            {
                say::missing_colon(self.at(slice, 0), self.at(slice, 1), first)
            }
            Place::Contract | Place::Fields | Place::Metrics if !known => self.instead(slice, 1, "`:` and a type"),
            Place::Stage | Place::Env | Place::Deployment if !known => self.missing_equals(slice, 0),
            _ => self.explain_strictly(slice, pair),
        }
    }

    /// Explains a line that begins with a word that is no keyword there.
    fn explain_keyword(&self, slice: &Slice<'_>) -> Option<Diagnostic> {
        let first = slice.text(0);
        if let Some(nearest) = words::nearest(first, words::keywords(slice.place)) {
            return Some(say::misspelt_keyword(self.at(slice, 0), first, nearest));
        }
        match slice.place {
            Place::File => {
                let foreign = words::foreign_keyword(first);
                let known = crate::words::ITEMS.contains(&first);
                foreign.filter(|_| !known).map(|(ours, help)| {
                    say::misplaced(self.at(slice, 0), &format!("`{first}` is called `{ours}` here"), help)
                })
            }
            Place::Policy | Place::Statements if slice.tokens.len() == 1 => {
                Some(self.instead(slice, 0, words::holds(slice.place)))
            }
            _ => None,
        }
        .or_else(|| (slice.place == Place::File).then(|| self.instead(slice, 0, words::holds(slice.place))))
    }

    /// Explains `name: ..` and `name = ..`.
    fn explain_declaration(&self, slice: &Slice<'_>, pair: &Pair<'_>) -> Diagnostic {
        let (name, sign) = (slice.text(0), slice.text(1));
        if sign == "=" {
            return match slice.tokens.len() {
                2 => say::missing_behind(self.at(slice, 1), "=", "a value"),
                _ => self.explain_value(slice, 2, pair),
            };
        }
        let is_value =
            matches!(slice.kind(2), Some(Kind::Text | Kind::Number)) || matches!(slice.text(2), "[" | "{" | "-");
        match slice.place {
            Place::Contract | Place::Fields | Place::Metrics if slice.tokens.len() == 2 => {
                say::missing_type(self.at(slice, 1), name)
            }
            Place::Contract if is_value => say::colon_for_equals(self.at(slice, 1), name),
            Place::Contract | Place::Fields => self.instead(slice, 2, "a type"),
            Place::Metrics => self.instead(slice, 2, "`ratio`, `count`, `real`, `duration`, `size`, `money` or `{`"),
            _ => say::colon_for_equals(self.at(slice, 1), name),
        }
    }

    fn explain_value(&self, slice: &Slice<'_>, index: usize, pair: &Pair<'_>) -> Diagnostic {
        if let Some(found) = self.explain_sign(slice, index) {
            return found;
        }
        if slice.tokens.len() == index + 1 && words::behind(slice.text(index)).is_some() {
            return self.instead(slice, index + 1, "a value");
        }
        self.explain_strictly(slice, pair)
    }

    fn missing_equals(&self, slice: &Slice<'_>, index: usize) -> Diagnostic {
        let name = slice.text(index);
        if slice.ends_line(index) {
            return say::missing_behind(self.at(slice, index), name, "`=` and a value");
        }
        say::missing_equals(self.at(slice, index), self.at(slice, index + 1), name)
    }

    /// Parses the slice again by the strict rule and asks pest how far it came.
    fn explain_strictly(&self, slice: &Slice<'_>, pair: &Pair<'_>) -> Diagnostic {
        if let Some(found) = self.explain_head(slice) {
            return found;
        }
        let rule = match slice.place {
            Place::File => Rule::only_item,
            Place::Contract => Rule::only_contract,
            Place::Fields => Rule::only_field,
            Place::Stage => Rule::only_stage,
            Place::Env => Rule::only_env,
            Place::Metrics => Rule::only_metric,
            Place::Policy => Rule::only_clause,
            Place::Statements => Rule::only_statement,
            Place::Deployment => Rule::only_deployment,
        };
        let Err(error) = Mlp::parse(rule, pair.as_str()) else {
            return self.instead(slice, 0, words::holds(slice.place));
        };
        let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
        let (place, _) = self.copy().original(self.range(pair).0 + at, self.range(pair).0 + at);
        let place = (place as usize).saturating_sub(slice.start);
        let index = slice.tokens.iter().position(|token| token.end > place).unwrap_or(slice.tokens.len());
        let index = if at >= pair.as_str().len() { slice.tokens.len() } else { index };
        if let Some(found) = self.explain_sign(slice, index).or_else(|| self.explain_angles(slice, index)) {
            return found;
        }
        let positives = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
            ErrorVariant::CustomError { .. } => &[],
        };
        let before = index.checked_sub(1).map(|before| slice.text(before));
        let expected = before.and_then(words::behind).map(str::to_owned).or_else(|| words::expected(positives));
        match expected {
            Some(expected) if expected == "a type" && before != Some(":") && index > 0 && slice.is_word(index - 1) => {
                self.instead(slice, index, "`:` and a type")
            }
            Some(_) if before == Some("=") && matches!(slice.text(0), "type" | "contract") => {
                self.instead(slice, index, "a type")
            }
            Some(expected) => self.instead(slice, index, &expected),
            None => say::unreadable(self.at(slice, index), slice.text(index.min(slice.last()))),
        }
    }

    /// An angle bracket that is open where a type cannot go on.
    fn explain_angles(&self, slice: &Slice<'_>, index: usize) -> Option<Diagnostic> {
        let mut open = Vec::new();
        for at in 1..index.min(slice.tokens.len()) {
            match slice.text(at) {
                "<" if slice.is_word(at - 1) => open.push(at),
                ">" => {
                    open.pop();
                }
                "and" | "or" | "where" | "=" => open.clear(),
                _ => {}
            }
        }
        let last = open.pop().filter(|_| matches!(slice.text(index), ")" | "" | "->" | "{"))?;
        Some(say::unclosed_bracket(self.at(slice, last), "<"))
    }

    /// Explains lines in which a word in the middle is missing.
    fn explain_words(&self, slice: &Slice<'_>) -> Option<Diagnostic> {
        let last = slice.tokens.len();
        match slice.text(0) {
            "drops" | "uses" if slice.kind(1) == Some(Kind::Tag) && !slice.holds("because") => {
                Some(self.instead(slice, 2, "`because` and a reason in double quotes"))
            }
            "promote" if !slice.holds("to") && slice.place == Place::Statements => {
                Some(self.instead(slice, 2.min(last), "`to` and the rung of a model"))
            }
            "rollback" | "alert" | "retrain" if !slice.holds("when") => {
                let index = if slice.text(0) == "retrain" { 2 } else { 1 };
                Some(self.instead(slice, index.min(last), "`when` and a condition"))
            }
            "accepts" if (slice.text(1), slice.text(2)) != ("break", "on") => {
                let index = if slice.text(1) == "break" { 2 } else { 1 };
                Some(self.instead(slice, index, "`break on` and the name of a column"))
            }
            "accepts" if slice.is_word(3) && !slice.holds("because") => {
                let end = (4..last).step_by(2).find(|index| slice.text(*index) != ".").unwrap_or(last);
                Some(self.instead(slice, end, "`because` and a reason in double quotes"))
            }
            "approve" if !slice.holds("of") => Some(self.instead(slice, last, "`of` and a group in double quotes")),
            _ => None,
        }
    }

    /// Explains the head of a declaration or of a `let`.
    fn explain_head(&self, slice: &Slice<'_>) -> Option<Diagnostic> {
        let keyword = slice.text(0);
        if let Some(found) = self.explain_words(slice) {
            return Some(found);
        }
        let named = words::keywords(Place::File).contains(&keyword) && slice.place == Place::File || keyword == "let";
        if !named {
            return None;
        }
        if keyword == "test" {
            let is_text = slice.kind(1) == Some(Kind::Text);
            return (!is_text).then(|| self.instead(slice, 1, "the name of the test in double quotes"));
        }
        if !slice.is_word(1) {
            return Some(self.instead(slice, 1, "a name"));
        }
        match keyword {
            "let" | "type" | "secret" if slice.text(2) != "=" => Some(self.missing_equals(slice, 1)),
            "const" | "model" if slice.text(2) != ":" => Some(self.instead(slice, 2, "`:` and a type")),
            "use" if !slice.holds("{") => Some(say::bare_use(self.at(slice, slice.last()), slice.text(slice.last()))),
            "deployment" | "monitor" if slice.text(2) != "of" => Some(self.instead(slice, 2, "`of`")),
            "contract" if !matches!(slice.text(2), "{" | "=") => Some(self.instead(slice, 2, "`{` or `=`")),
            "stage" | "source" | "sink" | "policy" if !matches!(slice.text(2), "(" | "<") => {
                Some(self.instead(slice, 2, "`(` and parameters"))
            }
            "env" if slice.text(2) != "{" => Some(self.instead(slice, 2, "`{`")),
            _ => None,
        }
    }
}

/// Whether a word looks like the name of a type.
fn is_type(word: &str) -> bool {
    is_type_name(word)
        || matches!(word, "enum" | "struct" | "list" | "map" | "vector")
        || word.starts_with(|c: char| c.is_uppercase())
}
