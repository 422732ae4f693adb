//! How large a SELECT may be. The engine descends once for every operator, query and join, and some of its work grows with their square: what no person
//! writes is refused before it is parsed, so that no text exhausts the stack.

use std::{
    collections::HashMap,
    convert::Infallible,
    ops::ControlFlow::{self, Continue},
};

use datafusion::sql::sqlparser::{
    ast::{ObjectName, Query, Visit as _, Visitor},
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};
use mlp_ports::SqlFault;

use crate::text::Text;

/// How deep brackets and subqueries may nest.
pub const DEPTH: usize = 100;
/// How many operators may stand on top of each other in one expression: the engine types each of them by typing all below, which takes seconds here.
const OPERATORS: usize = 1_000;
/// How many queries, set operations and tables one text may have, tables counted with every use of a `with` clause spelled out.
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
            Token::Word(word) => match word.keyword {
                Keyword::SELECT | Keyword::VALUES => {
                    selects += 1;
                    level.next_item();
                }
                Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => {
                    sets += 1;
                    level.next_item();
                }
                Keyword::FROM | Keyword::WHERE => level.next_item(),
                _ => level.here += 1,
            },
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
        message: format!("this SQL has more than {OPERATORS} operators in one expression"),
        at: text.range(token.span),
        help: Some("a long list of alternatives is shorter as `in (..)` or a join".to_owned()),
    }
}

fn parts(what: &str, text: &Text<'_>, token: Option<&TokenWithSpan>) -> SqlFault {
    SqlFault {
        message: format!("this SQL has more than {PARTS} {what}"),
        at: token.and_then(|token| text.range(token.span)),
        help: Some("make a stage of each larger part".to_owned()),
    }
}

/// Refuses a query that reads from too many tables. A `with` clause that is used twice is there twice in the plan: thirty that double are a billion.
///
/// # Errors
/// Where it does.
pub fn tables(text: &Text<'_>, query: &Query) -> Result<(), SqlFault> {
    let mut spelled = Spelled::default();
    let Continue(()) = query.visit(&mut spelled);
    if spelled.whole > PARTS { Err(parts("tables", text, None)) } else { Ok(()) }
}

/// Counts tables in one walk: the walk comes to a clause before it comes to its uses.
#[derive(Default)]
struct Spelled {
    /// Tables of the queries that are being walked through, the outermost first.
    open: Vec<usize>,
    /// The names of clauses, by the address of their query.
    clauses: HashMap<usize, String>,
    /// What a use of a clause stands for.
    weights: HashMap<String, usize>,
    /// Of the outermost query.
    whole: usize,
}

impl Visitor for Spelled {
    type Break = Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Infallible> {
        for clause in query.with.iter().flat_map(|with| &with.cte_tables) {
            let address = std::ptr::from_ref(clause.query.as_ref()).addr();
            self.clauses.insert(address, clause.alias.name.value.to_lowercase());
        }
        self.open.push(0);
        Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<Infallible> {
        let tables = self.open.pop().unwrap_or_default();
        if let Some(name) = self.clauses.get(&std::ptr::from_ref(query).addr()) {
            self.weights.insert(name.clone(), tables);
        } else if let Some(around) = self.open.last_mut() {
            *around = around.saturating_add(tables);
        } else {
            self.whole = tables;
        }
        Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Infallible> {
        let weight = self.weights.get(&relation.to_string().to_lowercase()).copied().unwrap_or(1);
        if let Some(query) = self.open.last_mut() {
            *query = query.saturating_add(weight);
        }
        Continue(())
    }
}
