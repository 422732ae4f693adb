//! What the checker asks of the world outside: files of the package, and the meaning of SQL. Both are traits with in-memory twins, so that the checker
//! touches no disk, and everything but SQL is built and tested without an engine.
//!
//! **Lives here:** the traits, and the plain data of their questions and answers.
//! **Does not:** any answer but the twins'. It is a crate of its own so that the SQL engine at the rim and the checker know this, and not each other.
//!
//! Invariants: an answer depends on the question alone, so that the same program gives the same diagnostics.

mod sql;

use mlp_source::FileId;

pub use sql::{NoSql, SqlChecker, SqlColumn, SqlEdit, SqlFault, SqlInput, SqlName, SqlSymbol};

/// Answers what files of the package hold; the workspace implements it on the disk, tests in memory.
pub trait Files: Sync {
    /// The text of a file, by its path relative to the package.
    ///
    /// # Errors
    /// In words, where it is missing or cannot be read.
    fn read(&self, package: &str, path: &str) -> Result<std::sync::Arc<str>, String>;

    /// What stands for a file in the places of findings; none where nobody would know it.
    fn id(&self, _package: &str, _path: &str) -> Option<FileId> {
        None
    }
}

/// No files at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _package: &str, path: &str) -> Result<std::sync::Arc<str>, String> {
        Err(format!("there is no file `{path}`"))
    }
}
