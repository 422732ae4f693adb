//! Another name for what a SELECT names: what is written where then, so that it means the same.

use std::collections::BTreeMap;

use datafusion::sql::sqlparser::{
    ast::{Expr, SelectItem, SetExpr},
    keywords::{RESERVED_FOR_COLUMN_ALIAS, RESERVED_FOR_TABLE_ALIAS},
    tokenizer::{Token, Word},
};
use mlp_plan::Column as ContractColumn;
use mlp_ports::{SqlChecker, SqlColumn, SqlEdit, SqlFault, SqlInput, SqlSymbol};

use super::{Found, Names, Role, Seen, Star};
use crate::{
    DataFusionChecker,
    parse::{is_name, parse},
};

/// The edits after which a SELECT means what it meant, when all of `what` are named `new`.
///
/// # Errors
/// Where it would mean something else, or nothing.
pub fn renamed(sql: &str, inputs: &[SqlInput<'_>], what: &[SqlSymbol], new: &str) -> Result<Vec<SqlEdit>, SqlFault> {
    // what cannot be read has no meaning that could be kept
    let Ok(parsed) = parse(sql) else { return Ok(Vec::new()) };
    let names = Names::of(&parsed, inputs);
    let renaming = Renaming { sql, what, new, spelled: spelled(new) };
    let mut edits: BTreeMap<(usize, usize), String> =
        names.found.iter().filter_map(|found| renaming.name(found)).collect();
    for star in &names.stars {
        if let Some((at, text)) = renaming.star(star)? {
            edits.insert(at, text);
        }
    }
    let is_column = what.iter().any(|symbol| matches!(symbol, SqlSymbol::Column(..)));
    if names.by_name && is_column {
        return Err(refused("columns of the same name belong together there, which another name would change"));
    }
    let edits: Vec<SqlEdit> = edits.into_iter().collect();
    renaming.keeps_meaning(inputs, &edits)?;
    Ok(edits)
}

fn refused(why: &str) -> SqlFault {
    SqlFault { message: why.to_owned(), at: None, help: None }
}

struct Renaming<'r> {
    sql: &'r str,
    what: &'r [SqlSymbol],
    new: &'r str,
    /// The new name as SQL has to spell it.
    spelled: String,
}

impl Renaming<'_> {
    fn is_renamed(&self, symbol: &SqlSymbol) -> bool {
        self.what.contains(symbol)
    }

    /// What is to be written at a name.
    fn name(&self, found: &Found) -> Option<SqlEdit> {
        let Found { at: (start, end), is_quoted, symbol, role, seen } = found;
        let whole = (start - usize::from(*is_quoted), end + usize::from(*is_quoted));
        let before = seen.as_ref().and_then(|seen| self.table_before(symbol, (*start, *end), seen));
        let before = before.map(|table| format!("{table}.")).unwrap_or_default();
        if !self.is_renamed(symbol) {
            return (!before.is_empty()).then_some(((whole.0, whole.0), before));
        }
        let output = |name: &str| self.is_renamed(&SqlSymbol::Output(name.to_owned()));
        match role {
            Role::Passed(name) if !output(name) => {
                Some((whole, format!("{before}{} as {}", self.spelled, spelled(name))))
            }
            Role::Plain | Role::Passed(_) => Some((whole, format!("{before}{}", self.spelled))),
            Role::Given(of) if !self.is_renamed(of) => Some(((whole.1, whole.1), format!(" as {}", self.spelled))),
            Role::Given(_) | Role::Through => None,
        }
    }

    /// The table that has to be said before a column, where its name alone would mean several or another.
    fn table_before(&self, symbol: &SqlSymbol, (start, end): (usize, usize), seen: &Seen) -> Option<String> {
        let is_renamed = self.is_renamed(symbol);
        let is_like_it = |text: &str| text == self.new || text.to_ascii_lowercase() == self.new;
        let meets = if is_renamed {
            let mut others = seen.columns.iter();
            others.any(|column| {
                column.name == self.new && !column.symbol.as_ref().is_some_and(|symbol| self.is_renamed(symbol))
            })
        } else {
            is_like_it(self.sql.get(start..end)?)
                && seen
                    .columns
                    .iter()
                    .any(|column| column.symbol.as_ref().is_some_and(|symbol| self.is_renamed(symbol)))
        };
        seen.table.clone().filter(|_| meets)
    }

    /// What stands for a `*`, where a column of it has to be named another way than the column that it is.
    fn star(&self, star: &Star) -> Result<Option<SqlEdit>, SqlFault> {
        let now = |symbol: Option<&SqlSymbol>, name: &str| {
            if symbol.is_some_and(|symbol| self.is_renamed(symbol)) { self.new.to_owned() } else { name.to_owned() }
        };
        let mut is_split = false;
        let mut written = Vec::new();
        for (table, column) in &star.columns {
            let name = now(column.symbol.as_ref(), &column.name);
            let output = now(Some(&SqlSymbol::Output(column.name.clone())), &column.name);
            let table = table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
            let said = if name == output { String::new() } else { format!(" as {}", spelled(&output)) };
            is_split |= name != output;
            written.push(format!("{table}{}{said}", spelled(&name)));
        }
        match star.at {
            _ if !is_split => Ok(None),
            Some(at) => Ok(Some((at, written.join(", ")))),
            None => Err(refused("its `*` would give the column another name: write out the columns that are meant")),
        }
    }

    /// Refuses what would mean something else.
    fn keeps_meaning(&self, inputs: &[SqlInput<'_>], edits: &[SqlEdit]) -> Result<(), SqlFault> {
        let Ok(was) = DataFusionChecker.check(self.sql, inputs) else { return Ok(()) };
        let tables: Vec<(String, Vec<ContractColumn>)> = inputs
            .iter()
            .enumerate()
            .map(|(number, input)| {
                let named = |at: usize, column: &ContractColumn| ContractColumn {
                    name: self.now(&SqlSymbol::Column(number, at), &column.name),
                    ..column.clone()
                };
                let columns = input.columns.iter().enumerate().map(|(at, column)| named(at, column));
                (self.now(&SqlSymbol::Table(number), input.name), columns.collect())
            })
            .collect();
        let after: Vec<SqlInput<'_>> = tables.iter().map(|(name, columns)| SqlInput { name, columns }).collect();
        let now = DataFusionChecker
            .check(&applied(self.sql, edits), &after)
            .map_err(|fault| refused(&format!("with that name {}", fault.message)))?;
        let was: Vec<SqlColumn> = was.into_iter().map(|column| self.column(column, inputs)).collect();
        if now == was { Ok(()) } else { Err(refused("with that name it would mean something else")) }
    }

    fn now(&self, symbol: &SqlSymbol, name: &str) -> String {
        if self.is_renamed(symbol) { self.new.to_owned() } else { name.to_owned() }
    }

    /// What a column is that the SELECT gave, with the new names.
    fn column(&self, column: SqlColumn, inputs: &[SqlInput<'_>]) -> SqlColumn {
        let source = |(table, name): (String, String)| {
            let number = inputs.iter().position(|input| input.name == table);
            let at =
                number.and_then(|number| inputs.get(number)?.columns.iter().position(|column| column.name == name));
            match (number, at) {
                (Some(number), Some(at)) => {
                    (self.now(&SqlSymbol::Table(number), &table), self.now(&SqlSymbol::Column(number, at), &name))
                }
                _ => (table, name),
            }
        };
        let sources = |all: Vec<(String, String)>| {
            let mut all: Vec<(String, String)> = all.into_iter().map(source).collect();
            all.sort();
            all
        };
        SqlColumn {
            name: self.now(&SqlSymbol::Output(column.name.clone()), &column.name),
            passes: column.passes.map(source),
            values: sources(column.values),
            conditions: sources(column.conditions),
            ..column
        }
    }
}

/// A text with all its edits made; they are in order and apart.
pub(super) fn applied(text: &str, edits: &[SqlEdit]) -> String {
    let mut out = text.to_owned();
    for ((start, end), new) in edits.iter().rev() {
        out.replace_range(*start..*end, new);
    }
    out
}

/// A name as SQL has to spell it: in quotes where it is no name without them.
fn spelled(name: &str) -> String {
    let is_plain = is_name(name) && !name.contains(|letter: char| letter.is_ascii_uppercase()) && is_free(name);
    if is_plain { name.to_owned() } else { format!("\"{name}\"") }
}

/// Whether a word is read as a name wherever one can stand.
fn is_free(word: &str) -> bool {
    if let Token::Word(Word { keyword, .. }) = Token::make_word(word, None)
        && (RESERVED_FOR_COLUMN_ALIAS.contains(&keyword) || RESERVED_FOR_TABLE_ALIAS.contains(&keyword))
    {
        return false;
    }
    let sql =
        format!("select {word}, t.{word} as {word} from {word} as {word}, t where {word} is null order by {word}");
    let Ok(parsed) = parse(&sql) else { return false };
    let SetExpr::Select(select) = &*parsed.query.body else { return false };
    matches!(select.projection.first(), Some(SelectItem::UnnamedExpr(Expr::Identifier(_))))
}
