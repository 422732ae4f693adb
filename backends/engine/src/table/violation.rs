//! What a table does wrong, as plain data.

use std::fmt;

use mlp_plan::{Place, Rule};

use super::outcome::Outcome;

/// Most rows that are shown for a broken rule.
pub const EXAMPLES: usize = 5;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: Rule,
    /// The rule as a program would spell it: `distance in 0 .. 5000`.
    pub words: String,
    /// What was found instead, where rows alone do not tell: `the data has string`, `rows is 3`.
    pub found: Option<String>,
    /// Rows that break it; 0 for rules over the data set.
    pub rows: u64,
    /// Rows in all.
    pub of: u64,
    /// Up to [`EXAMPLES`] of them: `time_hour=2013-01-01T05:00:00Z, carrier="UA", distance=-1`. Columns with tags are masked.
    pub examples: Vec<String>,
    /// Where the rule stands in the program.
    pub place: Place,
    /// The rule's own `else ".."`.
    pub message: Option<String>,
}

impl From<Outcome> for Violation {
    fn from(outcome: Outcome) -> Self {
        let Outcome { rule, words, found, rows, of, examples, place, message, .. } = outcome;
        let examples = examples.into_iter().map(|example| example.words).collect();
        Self { rule, words, found, rows, of, examples, place, message }
    }
}

/// One line, without the examples: `distance in 0 .. 5000: 2 of 336776 rows break it`.
impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        if let Some(found) = &self.found {
            write!(f, ": {found}")?;
        }
        match (self.rows, self.of) {
            (0, _) => {}
            // what was found is so of the column, not of rows
            (rows, of) if rows == of && self.found.is_some() => {}
            (1, of) => write!(f, ": 1 of {of} rows breaks it")?,
            (rows, of) => write!(f, ": {rows} of {of} rows break it")?,
        }
        self.message.as_ref().map_or(Ok(()), |message| write!(f, " ({message})"))
    }
}
