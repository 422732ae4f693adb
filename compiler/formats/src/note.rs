//! What did not come along: one note for each thing, so that nothing is lost silently.

use std::fmt;

/// What became of a thing that the other side has no place for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It is not in the result.
    Lost,
    /// It stands in the result under a key of our own: `mlp` reads it back, other tools pass over it.
    Aside,
    /// The file did not say it, and it was chosen.
    Chosen,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Thing {
    /// A name.
    Name,
    /// A type.
    Type,
    /// Whether it may be null.
    Null,
    /// A unit.
    Unit,
    /// A constraint: `in`, `length`, `matches`, `where`, `unique`.
    Constraint,
    /// A default.
    Default,
    /// That it is a label.
    Label,
    /// The moment at which it is known.
    KnownAt,
    /// A tag.
    Tag,
    /// An old name.
    Was,
    /// That it is deprecated.
    Deprecated,
    /// Docs.
    Doc,
    /// The owner.
    Owner,
    /// The version.
    Version,
    /// The mode of compatibility.
    Compatibility,
    /// A key.
    Key,
    /// Columns that are unique together.
    Unique,
    /// A foreign key.
    Reference,
    /// A rule over the data set.
    Expectation,
    /// Something that the language has no word for.
    Foreign,
}

/// One thing that did not come along as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What became of it.
    pub outcome: Outcome,
    /// What it is.
    pub thing: Thing,
    /// Where: `Flight`, `Flight.distance`, a path in the file.
    pub at: String,
    /// The thing, as its own side spells it: `unit mi`.
    pub what: String,
}

impl Note {
    /// A note.
    #[must_use]
    pub fn new(outcome: Outcome, thing: Thing, at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { outcome, thing, at: at.into(), what: what.into() }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.outcome {
            Outcome::Lost => "lost",
            Outcome::Aside => "kept for mlp only",
            Outcome::Chosen => "chosen",
        };
        // on one line, whatever a user wrote
        let what: String = self.what.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
        if self.at.is_empty() { write!(f, "{word}: {what}") } else { write!(f, "{word}: {}: {what}", self.at) }
    }
}
