//! What is not here, and is taken to be as the text says: the meaning of SQL, and modules of Python.

use std::sync::Arc;

use mlp_ports::{Files, SqlChecker, SqlColumn, SqlFault, SqlInput};

/// Finds no faults in SQL and infers nothing, since the engine that knows it is larger than all the rest of the compiler; has each Python module that is named,
/// with whatever function; and no other file.
pub struct Believed;

impl SqlChecker for Believed {
    fn check(&self, _sql: &str, _inputs: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        Ok(Vec::new())
    }

    fn infers(&self) -> bool {
        false
    }
}

impl Files for Believed {
    fn read(&self, _package: &str, path: &str) -> Result<Arc<str>, String> {
        if path.ends_with(".py") {
            return Ok("from elsewhere import *\n".into());
        }
        Err(format!("the playground has one text and no file `{path}`"))
    }
}
