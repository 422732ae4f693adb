//! The names in a SELECT, and what they stand for, by its parse tree: for editors, which go to what a name means and give it another.
//!
//! The engine resolves names for its plan and forgets where they stood; here is the same over again, with places. What is not known for sure (columns of
//! functions and of `unnest`) stands for nothing.

mod exprs;
mod gives;
mod query;
mod rename;
mod scope;

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::Ident;
use mlp_ports::{SqlInput, SqlName, SqlSymbol};

use crate::{
    parse::{Parsed, parse},
    text::Text,
};

pub use gives::{cast, gives};
pub use rename::renamed;
use scope::Column;

/// How a name came to stand where it stands, which says what becomes of it when what it stands for has another name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// It is written for what it stands for, and is written otherwise then.
    Plain,
    /// The same of a column that the SELECT gives on under its name, as this output: so that the output keeps its own, it is said behind it.
    Passed(String),
    /// The output that is given by that column's name: a name of its own is said behind it.
    Given(SqlSymbol),
    /// It is seen through an output, whose name it stays.
    Through,
}

/// A name that was found.
#[derive(Clone, Debug)]
struct Found {
    /// Without quotes.
    at: (usize, usize),
    is_quoted: bool,
    symbol: SqlSymbol,
    role: Role,
    /// Of a column without a table before it.
    seen: Option<Seen>,
}

/// What could be meant by a column without a table before it.
#[derive(Clone, Debug)]
struct Seen {
    /// How the table that is meant would be written.
    table: Option<String>,
    /// The columns of all tables that were looked through.
    columns: Rc<Vec<Column>>,
}

/// A `*` of the outermost SELECT.
#[derive(Debug)]
struct Star {
    at: Option<(usize, usize)>,
    /// The columns that it stands for, each with how its table would be written.
    columns: Vec<(Option<String>, Column)>,
}

/// The names of a SELECT.
struct Names<'t> {
    text: &'t Text<'t>,
    inputs: &'t [SqlInput<'t>],
    found: Vec<Found>,
    stars: Vec<Star>,
    /// Whether something else than a name that is written decides what belongs together: `natural join`, `union by name`.
    by_name: bool,
}

impl<'t> Names<'t> {
    /// The names of a SELECT that was read.
    fn of(parsed: &'t Parsed<'t>, inputs: &'t [SqlInput<'t>]) -> Self {
        let mut names = Self { text: &parsed.text, inputs, found: Vec::new(), stars: Vec::new(), by_name: false };
        names.query(&parsed.query, &scope::NOTHING, true);
        names
    }

    /// Where a name is written, without its quotes; none where the parser does not know.
    fn place(&self, ident: &Ident) -> Option<(usize, usize)> {
        let (start, end) = self.text.range(ident.span).filter(|(start, end)| start < end)?;
        Some(if ident.quote_style.is_some() { (start + 1, end.saturating_sub(1).max(start + 1)) } else { (start, end) })
    }

    fn push(&mut self, ident: &Ident, symbol: SqlSymbol, role: Role, seen: Option<Seen>) {
        if let Some(at) = self.place(ident) {
            self.found.push(Found { at, is_quoted: ident.quote_style.is_some(), symbol, role, seen });
        }
    }

    fn plain(&mut self, ident: &Ident, symbol: SqlSymbol) {
        self.push(ident, symbol, Role::Plain, None);
    }

    /// What the SELECT itself names here; that is remembered.
    fn own(&mut self, ident: &Ident) -> Option<SqlSymbol> {
        let symbol = SqlSymbol::Own(self.place(ident)?.0);
        self.plain(ident, symbol.clone());
        Some(symbol)
    }
}

/// A name as the engine reads it: in lower case, unless quoted.
fn read(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// The names in a SELECT; none of one that cannot be read.
pub fn names(sql: &str, inputs: &[SqlInput<'_>]) -> Vec<SqlName> {
    let Ok(parsed) = parse(sql) else { return Vec::new() };
    let mut found = Names::of(&parsed, inputs).found;
    found.sort_by_key(|found| found.at);
    found.into_iter().map(|Found { at, symbol, .. }| SqlName { at, symbol }).collect()
}
