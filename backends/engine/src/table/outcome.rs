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

/// Something that is so of a column in whole parts of the data, whatever is in their rows: it is `missing`, `the data has string`, it is wider: `double`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfParts {
    /// What, in words.
    pub words: String,
    /// The first parts (files) of which it is so, by number.
    pub first: Vec<usize>,
    /// How many there are.
    pub count: usize,
    /// The last of them.
    last: Option<usize>,
}

impl OfParts {
    /// Parts that are named.
    const NAMED: usize = 3;

    /// What is found, where that is so of columns for a whole part: why a rule fails, or the wider types of a column that holds all the same.
    #[must_use]
    pub fn found(all: &[Self], verdict: Verdict, said: impl Fn(&Self) -> String) -> String {
        let all = all.iter().map(said).collect::<Vec<_>>().join("; ");
        if verdict == Verdict::Warn { format!("the data has {all}; every value fits") } else { all }
    }

    /// Takes note of one more part, where it has a number; parts come in order, some several times (a file by its row groups).
    pub(super) fn note(all: &mut Vec<Self>, words: &str, part: Option<usize>) {
        let place = all.iter().position(|known| known.words == words).unwrap_or_else(|| {
            all.push(Self { words: words.to_owned(), first: Vec::new(), count: 0, last: None });
            all.len() - 1
        });
        if let (Some(part), Some(known)) = (part, all.get_mut(place))
            && known.last != Some(part)
        {
            if known.first.len() < Self::NAMED {
                known.first.push(part);
            }
            known.count += 1;
            known.last = Some(part);
        }
    }

    /// Puts what was noted of later parts behind what was noted of earlier ones.
    pub(super) fn merge(all: &mut Vec<Self>, more: Vec<Self>) {
        for Self { words, first, count, last } in more {
            let named = first.len();
            if first.is_empty() {
                Self::note(all, &words, None);
            }
            first.into_iter().for_each(|part| Self::note(all, &words, Some(part)));
            if let Some(known) = all.iter_mut().find(|known| known.words == words) {
                known.count += count - named;
                known.last = last.or(known.last);
            }
        }
    }
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
    /// What of it is so of whole parts of the data, each with these parts.
    pub of_parts: Vec<OfParts>,
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
