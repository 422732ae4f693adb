//! The meaning of SQL.

use mlp_plan::{Column, DataType};

/// Answers what a SELECT gives, against the contracts of its inputs.
pub trait SqlChecker: Sync {
    /// The columns of the only SELECT in `sql`, in order.
    ///
    /// # Errors
    /// Where it does not parse, is not one SELECT, or names what is not there.
    fn check(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault>;

    /// The names in `sql` that stand for a table or column, in order. One that stands for two, as a column that the SELECT gives on under its name, is there
    /// twice: the column that it is first. None where it cannot be read, and from who knows no SQL.
    fn names(&self, _sql: &str, _inputs: &[SqlInput<'_>]) -> Vec<SqlName> {
        Vec::new()
    }

    /// What is to be written where, so that `sql` means what it meant when all these things are named `new`: what follows by itself, what has to be said with
    /// `as` from then on, and what would be several things. Nothing where it cannot be read, and from who knows no SQL.
    ///
    /// # Errors
    /// Where it would mean something else, or nothing.
    fn renamed(
        &self,
        _sql: &str,
        _inputs: &[SqlInput<'_>],
        _what: &[SqlSymbol],
        _new: &str,
    ) -> Result<Vec<SqlEdit>, SqlFault> {
        Ok(Vec::new())
    }

    /// What is to be written where, so that a column that `sql` gives has another type; none where no cast makes it one.
    fn cast(&self, _sql: &str, _inputs: &[SqlInput<'_>], _column: &str, _to: &DataType) -> Option<Vec<SqlEdit>> {
        None
    }

    /// Where `sql` says what a column is that it gives; none of one that comes with `*`.
    fn gives(&self, _sql: &str, _column: &str) -> Option<(usize, usize)> {
        None
    }

    /// Whether it works out the columns. One that does not only finds faults, and what a stage declares is believed.
    fn infers(&self) -> bool {
        true
    }
}

/// A table that a SELECT may read.
#[derive(Clone, Copy, Debug)]
pub struct SqlInput<'a> {
    /// Its name in SQL: the stage's parameter.
    pub name: &'a str,
    /// Its columns.
    pub columns: &'a [Column],
}

/// A column of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlColumn {
    /// Its name.
    pub name: String,
    /// Its type; one passed through unchanged has the type of its contract (an enum stays an enum).
    pub data: DataType,
    /// Whether it may be null, by our rules and not the engine's.
    pub nullable: bool,
    /// Where it comes from, when it is one input column unchanged: table and column.
    pub passes: Option<(String, String)>,
    /// Columns whose values it is computed from, sorted: table and column.
    pub values: Vec<(String, String)>,
    /// Columns of the join conditions of the joined tables that its values come from, sorted.
    pub conditions: Vec<(String, String)>,
}

/// What a name in a SELECT stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SqlSymbol {
    /// An input, by its number.
    Table(usize),
    /// A column of an input, by their numbers.
    Column(usize, usize),
    /// A column that the SELECT gives, by its name.
    Output(String),
    /// What the SELECT itself names (another name of a table or column, a table of a `with` clause), by the byte at which it does.
    Own(usize),
}

/// A name in a SELECT.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SqlName {
    /// Byte range in the SQL text, without quotes.
    pub at: (usize, usize),
    /// What it stands for.
    pub symbol: SqlSymbol,
}

/// A text in the place of a byte range of an SQL text.
pub type SqlEdit = ((usize, usize), String);

/// Why a SELECT has no meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFault {
    /// What is wrong, in one line, in the user's words.
    pub message: String,
    /// Byte range in the SQL text, where known.
    pub at: Option<(usize, usize)>,
    /// How to mend it (the nearest column's name, a cast).
    pub help: Option<String>,
}

/// Knows no SQL: for programs without any.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSql;

impl SqlChecker for NoSql {
    fn check(&self, _sql: &str, _inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        Err(SqlFault { message: "this build knows no SQL".to_owned(), at: None, help: None })
    }
}
