//! From a text to exactly one SELECT: what is refused before anything is resolved.

use datafusion::sql::sqlparser::{
    ast::{Expr, Query, Select, SelectItem, SetExpr, Spanned, Statement},
    dialect::GenericDialect,
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, Tokenizer},
};
use mlp_ports::SqlFault;

use crate::{
    limits,
    text::{Text, split_place},
};

/// A text that holds one SELECT.
#[derive(Debug)]
pub struct Parsed<'a> {
    /// The text, for places.
    pub text: Text<'a>,
    /// The SELECT.
    pub query: Box<Query>,
}

/// Reads the one SELECT of a text.
///
/// # Errors
/// Where it does not parse, is another statement, is several, or samples at random.
pub fn parse(sql: &str) -> Result<Parsed<'_>, SqlFault> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location().map_err(|error| {
        let text = Text::new(sql);
        let start = text.offset(error.location.line, error.location.column);
        fault(lower_first(&error.message), Some((start, start)))
    })?;
    let text = Text::new(sql).with_tokens(&tokens);
    limits::tokens(&text)?;
    let mut statements = Parser::new(&GenericDialect {})
        .with_recursion_limit(limits::DEPTH)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| syntax_fault(&error, &text))?;
    let statement = statements.pop();
    let query = match (statement, statements.is_empty()) {
        (None, _) => return Err(fault("there is no SELECT here".to_owned(), None)),
        (Some(Statement::Query(query)), true) if is_select(&query.body) => query,
        (_, false) => return Err(second_statement(&text)),
        (Some(_), true) => return Err(not_a_select(&text)),
    };
    limits::tables(&text, &query)?;
    unsupported(&text, &query)?;
    nameless(&text, &query)?;
    Ok(Parsed { text, query })
}

fn fault(message: String, at: Option<(usize, usize)>) -> SqlFault {
    SqlFault { message, at, help: None }
}

fn syntax_fault(error: &ParserError, text: &Text<'_>) -> SqlFault {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => return limits::too_deep(None),
    };
    let (message, place) = split_place(message);
    let message = message.replace("Expected: ", "expected ").replace(", found: EOF", ", found the end of the text");
    let message = message.replace(", found: ", ", found ");
    let at = place.filter(|place| place.line > 0).map_or_else(|| text.end(), |place| text.token_at(place));
    fault(lower_first(message.trim()), Some(at))
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

fn is_select(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(_) | SetExpr::SetOperation { .. } => true,
        SetExpr::Query(query) => is_select(&query.body),
        _ => false,
    }
}

fn second_statement(text: &Text<'_>) -> SqlFault {
    let mut after = text
        .tokens()
        .iter()
        .skip_while(|token| token.token != Token::SemiColon)
        .filter(|t| t.token != Token::SemiColon);
    let at = after.next().and_then(|token| text.range(token.span));
    let help = Some("one stage is one SELECT: make a stage of each, or put the first into a `with` clause".to_owned());
    SqlFault { message: "a second statement: a stage runs exactly one SELECT".to_owned(), at, help }
}

fn not_a_select(text: &Text<'_>) -> SqlFault {
    let first = text.tokens().first();
    let at = first.and_then(|token| text.range(token.span));
    let word = at.map(|range| text.slice(range).to_ascii_lowercase()).unwrap_or_default();
    let word = if word == "with" || word == "(" { "this statement".to_owned() } else { format!("`{word}`") };
    let help =
        Some("the result of the stage is the table that the SELECT gives; a sink writes it elsewhere".to_owned());
    SqlFault { message: format!("{word} is not a SELECT: a stage runs exactly one"), at, help }
}

/// What the engine would silently ignore, or would make a run unrepeatable.
fn unsupported(text: &Text<'_>, query: &Query) -> Result<(), SqlFault> {
    if let Some(token) = text.tokens().iter().find(|token| is_keyword(&token.token, Keyword::TABLESAMPLE)) {
        let help = Some("`std.tables.sample` takes a repeatable sample, with a seed".to_owned());
        let message = "a sample at random gives another answer on every run".to_owned();
        return Err(SqlFault { message, at: text.range(token.span), help });
    }
    if !query.locks.is_empty() {
        let at = text.tokens().iter().rev().find(|token| is_keyword(&token.token, Keyword::FOR));
        let at = at.and_then(|token| text.range(token.span));
        return Err(fault("a stage reads tables that nobody writes: there is nothing to lock".to_owned(), at));
    }
    Ok(())
}

pub fn is_keyword(token: &Token, keyword: Keyword) -> bool {
    matches!(token, Token::Word(word) if word.keyword == keyword && word.quote_style.is_none())
}

/// An expression of the outermost SELECT without a name.
fn nameless(text: &Text<'_>, query: &Query) -> Result<(), SqlFault> {
    let Some(select) = first_select(&query.body) else { return Ok(()) };
    for item in &select.projection {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        if names_itself(expr) {
            continue;
        }
        let at = text.range(expr.span()).filter(|(start, end)| start < end);
        return Err(unnamed(&expr.to_string(), at));
    }
    Ok(())
}

/// The fault of a column without a name.
pub fn unnamed(expression: &str, at: Option<(usize, usize)>) -> SqlFault {
    SqlFault {
        message: format!("the column `{expression}` has no name"),
        at,
        help: Some(format!("name it: `{expression} as ..`")),
    }
}

/// The fault of a column whose name is not one.
pub fn misnamed(name: &str, text: &Text<'_>) -> SqlFault {
    match text.word(name) {
        None => unnamed(name, None),
        at => SqlFault {
            message: format!("`{name}` is no name for a column"),
            at,
            help: Some("a name is letters, digits and `_`, and does not begin with a digit".to_owned()),
        },
    }
}

fn names_itself(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) => names_itself(inner),
        _ => false,
    }
}

pub fn first_select(body: &SetExpr) -> Option<&Select> {
    match body {
        SetExpr::Select(select) => Some(select),
        SetExpr::Query(query) => first_select(&query.body),
        SetExpr::SetOperation { left, .. } => first_select(left),
        _ => None,
    }
}

/// Whether a column may have this name in a contract.
pub fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}
