//! What came of each rule that was asked of a table, as plain data.

use mlp_plan::{Place, Rule};

/// The answer to one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold, and only warns; or the data's type is wider than the contract's, and every value fits.
    Warn,
    /// It could not be told.
    Unknown,
    /// It does not hold.
    Fail,
}

impl Verdict {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// What was looked at to answer a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The schema and the statistics of files.
    pub footer: bool,
    /// Each value of a dictionary once.
    pub dictionary: bool,
    /// Every row.
    pub scan: bool,
    /// A database, which counted for us.
    pub query: bool,
}

impl Looked {
    /// In words: `footer`, `dictionary`, `scan`, `query`, or several of them.
    #[must_use]
    pub fn words(self) -> String {
        let all =
            [(self.footer, "footer"), (self.dictionary, "dictionary"), (self.scan, "scan"), (self.query, "query")];
        let words: Vec<&str> = all.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        if words.is_empty() { "schema".to_owned() } else { words.join(" and ") }
    }

    /// Takes what another part looked at.
    pub const fn merge(&mut self, other: Self) {
        self.footer |= other.footer;
        self.dictionary |= other.dictionary;
        self.scan |= other.scan;
        self.query |= other.query;
    }
}

/// A row that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Its part of the data (a file), by number, and its place there from 0, where it has one.
    pub at: Option<(usize, u64)>,
    /// The row in words, columns with tags masked.
    pub words: String,
}

/// A rule with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which.
    pub rule: Rule,
    /// The rule as a program would spell it: `distance in 0 .. 5000`.
    pub words: String,
    /// The answer.
    pub verdict: Verdict,
    /// What was found, where rows alone do not tell: `the data has string`, `rows is 3`; for an unknown answer, why it is.
    pub found: Option<String>,
    /// Rows that break it; 0 for rules over the data set.
    pub rows: u64,
    /// Rows in all.
    pub of: u64,
    /// Some of those rows.
    pub examples: Vec<Example>,
    /// What was looked at.
    pub looked: Looked,
    /// Whether it is about rows, which may be set aside, rather than the set.
    pub of_rows: bool,
    /// Where the rule stands in the program.
    pub place: Place,
    /// The rule's own `else ".."`.
    pub message: Option<String>,
}
