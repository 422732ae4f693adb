//! Why a file cannot be imported, or a contract not exported.

use std::fmt;

/// What is wrong, where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 1-based line of the file, where it is known.
    pub line: Option<usize>,
    /// The place within the document: `schema[0].properties[2].logicalType`, `Flight.distance`; empty for all of it.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What to do; may be empty.
    pub help: String,
    /// Whether the file may be of another format than it was read as.
    pub other_format: bool,
}

impl Fault {
    /// A fault of the whole file.
    #[must_use]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line: None, path: String::new(), what: what.into(), help: help.into(), other_format: false }
    }

    /// The same, of a file that may be of another format than it was read as.
    #[must_use]
    pub const fn or_another_format(mut self) -> Self {
        self.other_format = true;
        self
    }

    /// The same, at a place within the document.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// The same, in a file of so many lines: where a file is cut off, readers say the line behind its last one.
    #[must_use]
    pub(crate) fn within(mut self, lines: usize) -> Self {
        self.line = self.line.map(|line| line.min(lines));
        self
    }

    /// The same, on a line.
    #[must_use]
    pub const fn on(mut self, line: usize) -> Self {
        self.line = Some(line);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() { f.write_str(&self.what) } else { write!(f, "{}: {}", self.path, self.what) }
    }
}

impl std::error::Error for Fault {}
