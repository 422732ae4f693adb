//! How large a SELECT may be. The engine descends once for every operator, query and join, and some of its work grows with their square: what no person
//! writes is refused before it is parsed, so that no text exhausts the stack.

use datafusion::sql::sqlparser::{
    ast::{Query, visit_relations},
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};
use mlp_ports::SqlFault;

use crate::text::Text;

/// How deep brackets and subqueries may nest.
pub const DEPTH: usize = 100;
/// How many operators may stand on top of each other in one expression.
const OPERATORS: usize = 3_000;
/// How many queries, set operations and tables one text may have.
const PARTS: usize = 500;

/// Operators on top of each other, between one pair of brackets.
#[derive(Default)]
struct Level {
    /// In the item since the last comma.
    here: usize,
    /// In brackets inside of that item, at most.
    inside: usize,
    /// In any item before.
    before: usize,
}

impl Level {
    fn height(&self) -> usize {
        self.before.max(self.here + self.inside)
    }

    fn next_item(&mut self) {
        *self = Self { before: self.height(), ..Self::default() };
    }
}

/// Refuses a text that is too large, by its tokens alone.
///
/// # Errors
/// Where it has too many operators or parts.
pub fn tokens(text: &Text<'_>) -> Result<(), SqlFault> {
    let mut levels = vec![Level::default()];
    let (mut selects, mut sets, mut dots) = (0_usize, 0_usize, 0_usize);
    for token in text.tokens() {
        let depth = levels.len();
        let Some(level) = levels.last_mut() else { break };
        match &token.token {
            Token::LParen | Token::LBracket if depth > DEPTH => return Err(too_deep(text.range(token.span))),
            Token::LParen | Token::LBracket => levels.push(Level::default()),
            Token::RParen | Token::RBracket if depth > 1 => {
                let height = levels.pop().map_or(0, |closed| closed.height());
                if let Some(level) = levels.last_mut() {
                    level.inside = level.inside.max(height);
                    level.here += 1;
                }
            }
            Token::Comma => level.next_item(),
            Token::Word(word) if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword => continue,
            Token::Period => {
                // One dot is `table.column`; more descend into structs.
                dots += 1;
                if dots > 1 {
                    level.here += 1;
                }
                continue;
            }
            Token::Word(word) => {
                level.here += 1;
                match word.keyword {
                    Keyword::SELECT | Keyword::VALUES => selects += 1,
                    Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => sets += 1,
                    _ => {}
                }
            }
            Token::Number(..) | Token::SingleQuotedString(_) => {}
            _ => level.here += 1,
        }
        dots = 0;
        if levels.last().is_some_and(|level| level.height() > OPERATORS) {
            return Err(operators(text, token));
        }
        if selects > PARTS || sets > PARTS {
            return Err(parts("queries", text, Some(token)));
        }
    }
    Ok(())
}

/// Brackets or queries in each other.
pub fn too_deep(at: Option<(usize, usize)>) -> SqlFault {
    let help = Some("name the inner parts in a `with` clause".to_owned());
    SqlFault { message: format!("this SQL nests deeper than {DEPTH} levels"), at, help }
}

fn operators(text: &Text<'_>, token: &TokenWithSpan) -> SqlFault {
    SqlFault {
        message: format!("more than {OPERATORS} operators in one expression"),
        at: text.range(token.span),
        help: Some("a long list of alternatives is shorter as `in (..)` or a join".to_owned()),
    }
}

fn parts(what: &str, text: &Text<'_>, token: Option<&TokenWithSpan>) -> SqlFault {
    SqlFault {
        message: format!("more than {PARTS} {what} in one SELECT"),
        at: token.and_then(|token| text.range(token.span)),
        help: Some("make a stage of each larger part".to_owned()),
    }
}

/// Refuses a query that reads from too many tables.
///
/// # Errors
/// Where it does.
pub fn tables(text: &Text<'_>, query: &Query) -> Result<(), SqlFault> {
    let mut count = 0_usize;
    let _ = visit_relations(query, |_| {
        count += 1;
        std::ops::ControlFlow::<()>::Continue(())
    });
    if count > PARTS { Err(parts("tables", text, None)) } else { Ok(()) }
}
