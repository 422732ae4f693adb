//! What the checker asks of the world outside: files of the package, and the meaning of SQL. Both are traits with in-memory twins, so that the checker
//! touches no disk, and everything but SQL is built and tested without an engine.
//!
//! **Lives here:** the traits, and the plain data of their questions and answers.
//! **Does not:** any answer but the twins'. It is a crate of its own so that the SQL engine at the rim and the checker know this, and not each other.
//!
//! Invariants: an answer depends on the question alone, so that the same program gives the same diagnostics.

use mlp_plan::{Column, DataType};

/// Answers what a SELECT gives, against the contracts of its inputs.
pub trait SqlChecker: Sync {
    /// The columns of the only SELECT in `sql`, in order.
    ///
    /// # Errors
    /// Where it does not parse, is not one SELECT, or names what is not there.
    fn check(&self, sql: &str, inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault>;

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

/// Answers what files of the package hold; the workspace implements it on the disk, tests in memory.
pub trait Files: Sync {
    /// The text of a file, by its path relative to the package.
    ///
    /// # Errors
    /// In words, where it is missing or cannot be read.
    fn read(&self, package: &str, path: &str) -> Result<std::sync::Arc<str>, String>;
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _package: &str, path: &str) -> Result<std::sync::Arc<str>, String> {
        Err(format!("there is no file `{path}`"))
    }
}

/// Knows no SQL: for programs without any.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSql;

impl SqlChecker for NoSql {
    fn check(&self, _sql: &str, _inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        Err(SqlFault { message: "this build knows no SQL".to_owned(), at: None, help: None })
    }
}
