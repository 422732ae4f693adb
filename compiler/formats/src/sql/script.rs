//! A script as its statements. What the parser does not know refuses no file: a statement is passed over with a note, and of a table
//! that element alone is left out.

use std::fmt::Write as _;

use sqlparser::{
    ast::Statement,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Tokenizer, Word},
};

use super::Dialect;
use crate::{
    fault::Fault,
    note::{Note, Outcome, Thing},
};

/// A statement that says something.
pub(super) struct Said {
    /// 1-based.
    pub line: usize,
    /// What it says.
    pub what: What,
}

/// The kinds of a statement.
pub(super) enum What {
    /// As the parser knows it; of a table with what was left out of it.
    Statement(Box<Statement>, Vec<Cut>),
    /// `create type NAME as TYPE` of DuckDB: the name, and the type as it is spelled.
    Alias(String, String),
    /// A domain that is not null, which the parser does not know.
    Required(Box<Statement>),
    /// What no contract has a place for.
    Other(String),
    /// A table that cannot be read, and why.
    Unread(String, Fault),
}

/// A part of `create table` that the parser does not know.
pub(super) struct Cut {
    /// The column that it stands in; `None` of what stands beside the columns.
    pub column: Option<String>,
    /// It, as it stands there.
    pub text: String,
    /// Whether it is (or begins with) the type of the column, which is text for now.
    pub is_type: bool,
}

/// The statements of a script.
pub(super) fn statements(text: &str, dialect: Dialect, notes: &mut Vec<Note>) -> Result<Vec<Said>, Fault> {
    let text = if dialect == Dialect::PostgreSql { without_rows(text, notes) } else { text.to_owned() };
    let tokens = Tokenizer::new(dialect.grammar(), &text).tokenize_with_location();
    let tokens = tokens.map_err(|error| malformed(&error.into(), dialect))?;
    let mut said = Vec::new();
    for part in tokens.split(|token| token.token == Token::SemiColon) {
        let part: Vec<TokenWithSpan> = part.iter().filter(|token| !is_blank(token)).cloned().collect();
        let part = without_psql(&part, notes);
        let Some(first) = part.first() else { continue };
        let line = usize::try_from(first.span.start.line).unwrap_or(0);
        said.push(Said { line, what: statement(part, dialect)? });
    }
    Ok(said)
}

/// The script without the rows that follow `copy .. from stdin`. The lines stay, blank.
fn without_rows(text: &str, notes: &mut Vec<Note>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rows = None;
    for (at, line) in text.lines().enumerate() {
        match rows {
            Some(count) if line.trim_end() == "\\." => {
                if count > 0 {
                    let what = format!("{count} rows of data");
                    notes.push(Note::new(Outcome::Lost, Thing::Foreign, format!("line {}", at + 1 - count), what));
                }
                rows = None;
            }
            Some(count) => rows = Some(count + 1),
            None => {
                let lower = line.trim_end().to_lowercase();
                if lower.starts_with("copy ") && lower.ends_with("from stdin;") {
                    rows = Some(0);
                }
                out.push_str(line);
            }
        }
        out.push('\n');
    }
    out
}

/// A statement without the lines before it that are commands of `psql`.
fn without_psql<'t>(mut part: &'t [TokenWithSpan], notes: &mut Vec<Note>) -> &'t [TokenWithSpan] {
    while let Some(TokenWithSpan { token: Token::Backslash, span }) = part.first() {
        let line = span.start.line;
        let end = part.iter().position(|token| token.span.start.line != line).unwrap_or(part.len());
        let (command, rest) = part.split_at_checked(end).unwrap_or((part, &[]));
        notes.push(Note::new(Outcome::Lost, Thing::Foreign, format!("line {line}"), spelled(command)));
        part = rest;
    }
    part
}

fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_) | Token::EOF)
}

fn keyword(token: Option<&TokenWithSpan>) -> Keyword {
    match token.map(|token| &token.token) {
        Some(Token::Word(Word { keyword, quote_style: None, .. })) => *keyword,
        _ => Keyword::NoKeyword,
    }
}

/// The text of some tokens, a blank between those that need one.
pub(super) fn spelled(tokens: &[TokenWithSpan]) -> String {
    let mut out = String::new();
    let mut before: Option<&TokenWithSpan> = None;
    for token in tokens {
        if before.is_some_and(|before| before.span.end != token.span.start) {
            out.push(' ');
        }
        // writing to a string does not fail
        let _ = write!(out, "{}", token.token);
        before = Some(token);
    }
    out
}

/// Parses all of some tokens as one statement.
fn parsed(tokens: &[TokenWithSpan], dialect: Dialect) -> Result<Statement, ParserError> {
    // the parser knows `comment on` in PostgreSQL alone, though DuckDB has it as well
    let comment = keyword(tokens.first()) == Keyword::COMMENT;
    let grammar = if comment { Dialect::PostgreSql } else { dialect }.grammar();
    let mut parser = Parser::new(grammar).with_tokens_with_locations(tokens.to_vec());
    let statement = parser.parse_statement()?;
    let rest = parser.peek_token();
    if rest.token == Token::EOF {
        return Ok(statement);
    }
    let place = rest.span.start;
    Err(ParserError::ParserError(format!(
        "unexpected {} at Line: {}, Column: {}",
        rest.token, place.line, place.column
    )))
}

fn statement(tokens: &[TokenWithSpan], dialect: Dialect) -> Result<What, Fault> {
    let words = [0, 1, 2, 3, 4].map(|at| keyword(tokens.get(at)));
    if words.starts_with(&[Keyword::CREATE, Keyword::DOMAIN]) {
        let (kept, required) = without_not_null(tokens);
        if let Ok(domain) = parsed(&kept, dialect) {
            let domain = Box::new(domain);
            return Ok(if required { What::Required(domain) } else { What::Statement(domain, Vec::new()) });
        }
    }
    let error = match parsed(tokens, dialect) {
        Ok(statement) => return Ok(What::Statement(Box::new(statement), Vec::new())),
        Err(error) => malformed(&error, dialect),
    };
    // where the parser comes to its end, it knows no line
    let line = |token: Option<&TokenWithSpan>| token.and_then(|token| usize::try_from(token.span.start.line).ok());
    let error = match (error.line, line(tokens.first())) {
        (None, Some(first)) => {
            let end = format!("found: the end of the statement that begins on line {first}");
            Fault { line: line(tokens.last()), what: error.what.replace("found: EOF", &end), ..error }
        }
        _ => error,
    };
    if words.starts_with(&[Keyword::CREATE, Keyword::TYPE])
        && let Some(at) = tokens.iter().position(|token| keyword(Some(token)) == Keyword::AS)
        && let (Some(before), Some(after)) = (tokens.get(2..at), tokens.get(at + 1..))
        && let Some(name) = before.last()
    {
        let name = if let Token::Word(word) = &name.token { word.value.clone() } else { spelled(before) };
        return Ok(What::Alias(name, spelled(after)));
    }
    let table = words.iter().position(|word| *word == Keyword::TABLE);
    match (words[0], table) {
        (Keyword::CREATE, Some(at)) => match Table::of(tokens, at, dialect) {
            Some(table) => {
                let (statement, cuts) = table.read().ok_or(error)?;
                Ok(What::Statement(Box::new(statement), cuts))
            }
            None => Ok(What::Unread(spelled(tokens), error)),
        },
        _ => Ok(What::Other(spelled(tokens))),
    }
}

/// Some tokens without `not null` outside of parentheses, and whether it stood there.
fn without_not_null(tokens: &[TokenWithSpan]) -> (Vec<TokenWithSpan>, bool) {
    let mut kept: Vec<TokenWithSpan> = Vec::new();
    let (mut depth, mut found) = (0_usize, false);
    for token in tokens {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && keyword(Some(token)) == Keyword::NULL && keyword(kept.last()) == Keyword::NOT {
            kept.pop();
            found = true;
        } else {
            kept.push(token.clone());
        }
    }
    (kept, found)
}

/// `create table` in its parts, of which the parser does not know one.
struct Table<'t> {
    dialect: Dialect,
    /// `create table NAME (`.
    head: Vec<TokenWithSpan>,
    /// What stands between the name and the columns.
    before: Option<&'t [TokenWithSpan]>,
    /// What stands between the commas.
    elements: Vec<&'t [TokenWithSpan]>,
    /// `)`.
    close: &'t TokenWithSpan,
    /// What follows it.
    tail: &'t [TokenWithSpan],
}

impl<'t> Table<'t> {
    /// The parts; `None` where there is no list of columns behind the name: a query, another table or a partition takes its place.
    fn of(tokens: &'t [TokenWithSpan], table: usize, dialect: Dialect) -> Option<Self> {
        let mut open = tokens.iter().position(|token| token.token == Token::LParen)?;
        let mut name = tokens.get(table + 1..open)?;
        let mut before = None;
        if let [rest @ .., cluster, by] = name
            && (keyword(Some(cluster)), keyword(Some(by))) == (Keyword::CLUSTER, Keyword::BY)
        {
            // Snowflake also has it before the columns
            let (_, close) = elements(tokens, open, dialect)?;
            before = tokens.get(open - 2..=close);
            name = rest;
            open = close + 1;
        }
        if keyword(name.first()) == Keyword::IF {
            name = name.get(3..)?;
        }
        let is_name = |token: &TokenWithSpan| matches!(token.token, Token::Word(_) | Token::Period | Token::Minus);
        let words = name.iter().filter(|token| matches!(token.token, Token::Word(_))).count();
        let marks = name.len() - words;
        if words != marks + 1 || !name.iter().all(is_name) {
            return None;
        }
        let (elements, close) = elements(tokens, open, dialect)?;
        let head = [tokens.get(..1)?, tokens.get(table..=table)?, name, tokens.get(open..=open)?].concat();
        Some(Self { dialect, head, before, elements, close: tokens.get(close)?, tail: tokens.get(close + 1..)? })
    }

    /// A table of these elements.
    fn with(&self, elements: &[Vec<TokenWithSpan>], tail: &[TokenWithSpan]) -> Result<Statement, ParserError> {
        let comma = TokenWithSpan::new(Token::Comma, self.close.span);
        let body = elements.join(&comma);
        parsed(&[self.head.as_slice(), &body, std::slice::from_ref(self.close), tail].concat(), self.dialect)
    }

    fn knows(&self, element: &[TokenWithSpan]) -> bool {
        self.with(&[element.to_vec()], &[]).is_ok()
    }

    /// The table with all that the parser knows of it, and the rest; `None` where that is no table.
    fn read(&self) -> Option<(Statement, Vec<Cut>)> {
        let cut = |tokens: &[TokenWithSpan]| Cut { column: None, text: spelled(tokens), is_type: false };
        let (mut kept, mut cuts) = (Vec::new(), Vec::from_iter(self.before.map(cut)));
        for element in &self.elements {
            if self.knows(element) {
                kept.push(element.to_vec());
            } else if is_column(element) {
                kept.push(self.column(element, &mut cuts)?);
            } else {
                element.first()?;
                // a rule is known up to one of its parentheses, or not at all
                let ends = (1..element.len()).rev().filter_map(|end| Some((element.get(..end)?, element.get(end..)?)));
                let mut ends = ends.filter(|(kept, _)| kept.last().is_some_and(|token| token.token == Token::RParen));
                let rest = match ends.find(|(kept, _)| self.knows(kept)) {
                    Some((rule, rest)) => {
                        kept.push(rule.to_vec());
                        rest
                    }
                    None => element,
                };
                cuts.push(cut(rest));
            }
        }
        let ends = (0..=self.tail.len()).rev();
        let mut tries = ends.filter_map(|end| Some((self.with(&kept, self.tail.get(..end)?).ok()?, end)));
        let (statement, end) = tries.next()?;
        if let Some(rest @ [_, ..]) = self.tail.get(end..) {
            cuts.push(cut(rest));
        }
        Some((statement, cuts))
    }

    /// As much of a column as the parser knows: its name, its type or text in its place, and whether it may be null.
    fn column(&self, element: &[TokenWithSpan], cuts: &mut Vec<Cut>) -> Option<Vec<TokenWithSpan>> {
        let name = element.first()?;
        let column = if let Token::Word(word) = &name.token { Some(word.value.clone()) } else { None };
        // within `<..>`, BigQuery says of the fields of a struct what the parser knows of columns alone
        let (element, inner) =
            if self.dialect == Dialect::BigQuery { without_inner(element) } else { (element.to_vec(), false) };
        if inner {
            cuts.push(Cut { column: column.clone(), text: "not null of what is inside".to_owned(), is_type: false });
        }
        let mut ends = (2..=element.len()).rev().filter_map(|end| Some((element.get(..end)?, element.get(end..)?)));
        // DuckDB has columns without a type: `NAME as (..)`
        let typed = keyword(element.get(1)) != Keyword::AS;
        let (mut kept, rest) = match ends.find(|(kept, _)| typed && self.knows(kept)) {
            Some((kept, rest)) => (kept.to_vec(), rest),
            None => {
                let text = Token::make_word("text", None);
                (vec![name.clone(), TokenWithSpan::new(text, name.span)], element.get(1..)?)
            }
        };
        let is_type = kept.len() == 2 && !(typed && self.knows(element.get(..2)?));
        let (rest, required) = without_not_null(rest);
        if !rest.is_empty() {
            cuts.push(Cut { column, text: spelled(&rest), is_type });
        }
        if required {
            let word = |text: &str| TokenWithSpan::new(Token::make_keyword(text), name.span);
            kept.extend([word("NOT"), word("NULL")]);
        }
        Some(kept)
    }
}

/// What stands between the commas of the list that opens there, and where it closes.
fn elements(tokens: &[TokenWithSpan], open: usize, dialect: Dialect) -> Option<(Vec<&[TokenWithSpan]>, usize)> {
    if tokens.get(open)?.token != Token::LParen {
        return None;
    }
    let (mut depth, mut angles, mut start) = (0_usize, 0_usize, open + 1);
    let mut elements = Vec::new();
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.checked_sub(1)?,
            Token::Lt if dialect == Dialect::BigQuery => angles += 1,
            Token::Gt => angles = angles.saturating_sub(1),
            Token::ShiftRight => angles = angles.saturating_sub(2),
            _ => {}
        }
        let ends = depth == 0;
        if ends || (depth == 1 && angles == 0 && token.token == Token::Comma) {
            elements.push(tokens.get(start..at)?);
            start = at + 1;
        }
        if ends {
            return Some((elements, at));
        }
    }
    None
}

/// Whether an element of a table is a column, and no rule of the whole.
fn is_column(element: &[TokenWithSpan]) -> bool {
    let rule = matches!(
        keyword(element.first()),
        Keyword::CONSTRAINT
            | Keyword::EXCLUDE
            | Keyword::CHECK
            | Keyword::UNIQUE
            | Keyword::PRIMARY
            | Keyword::FOREIGN
            | Keyword::LIKE
    );
    !rule && element.len() > 1 && matches!(element.first().map(|token| &token.token), Some(Token::Word(_)))
}

/// A column without `not null` within `<..>`, and whether it stood there.
fn without_inner(element: &[TokenWithSpan]) -> (Vec<TokenWithSpan>, bool) {
    let mut kept: Vec<TokenWithSpan> = Vec::new();
    let (mut angles, mut found) = (0_usize, false);
    for token in element {
        match token.token {
            Token::Lt => angles += 1,
            Token::Gt => angles = angles.saturating_sub(1),
            Token::ShiftRight => angles = angles.saturating_sub(2),
            _ => {}
        }
        if angles > 0 && keyword(Some(token)) == Keyword::NULL && keyword(kept.last()) == Keyword::NOT {
            kept.pop();
            found = true;
        } else {
            kept.push(token.clone());
        }
    }
    (kept, found)
}

fn malformed(error: &ParserError, dialect: Dialect) -> Fault {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "nested too deep".to_owned(),
    };
    let line = text.rsplit_once("at Line: ").and_then(|(_, place)| place.split(',').next()?.trim().parse().ok());
    let said = text.rsplit_once(" at Line: ").map_or(text.as_str(), |(said, _)| said);
    let fault = Fault::new(format!("this is not SQL of {}: {said}", dialect.name()), "").or_another_format();
    match line {
        Some(line) => fault.on(line),
        None => fault,
    }
}
