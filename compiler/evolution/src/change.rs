//! One change between two versions, as plain data.

use std::fmt;

use chrono::NaiveDate;
use mlp_plan::{Compatibility, Place};
use serde::Serialize;

/// What a change means for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Something is new, and breaks nobody.
    Additive,
    /// Something is otherwise, and breaks nobody.
    Compatible,
    /// Old data or old readers break, see [`Breaks`].
    Breaking,
    /// Less is promised, asked or watched than before.
    Governance,
    /// Only what people read.
    Docs,
}

/// Which way what is permitted has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Not at all.
    Same,
    /// Less is permitted.
    Tighter,
    /// More is permitted.
    Looser,
    /// Some that was permitted no longer is, and the reverse.
    Both,
    /// It was not decided, which counts as a break.
    Unknown,
    /// The same values mean something else.
    Meaning,
}

/// Whom a change breaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Breaks {
    /// New readers on old data.
    pub backward: bool,
    /// Old readers on new data.
    pub forward: bool,
}

impl Breaks {
    /// Nobody.
    pub const NONE: Self = Self { backward: false, forward: false };
    /// Both.
    pub const BOTH: Self = Self { backward: true, forward: true };

    /// Whether it breaks anybody.
    #[must_use]
    pub const fn any(self) -> bool {
        self.backward || self.forward
    }

    /// Whether it breaks somebody that a mode protects.
    #[must_use]
    pub const fn under(self, mode: Compatibility) -> bool {
        (self.backward && mode.is_backward()) || (self.forward && mode.is_forward())
    }

    /// As JSON lists them.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        [(self.backward, "backward"), (self.forward, "forward")]
            .into_iter()
            .filter_map(|(holds, word)| holds.then_some(word))
            .collect()
    }
}

/// What is to be done about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// It breaks what the old version's mode protects (MLP310).
    Broken,
    /// It would, and was decided on.
    Accepted {
        /// Why.
        because: String,
        /// The last day on which it is.
        until: Option<NaiveDate>,
    },
    /// The version says too little (MLP311).
    Underbumped,
    /// Less is promised, asked or watched (MLP312).
    Loosened,
    /// An acceptance has run out (MLP313).
    Expired,
}

/// A row, or a set of rows, that one version permits and the other refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The rows, as a `test` block would spell them: `Order { amount: -1, id: 0 }`; empty where it is about the set as a whole.
    pub rows: Vec<String>,
    /// What is wrong with it, in words.
    pub says: String,
}

/// Who reads a column, and how it gets there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reader {
    /// The package.
    pub package: String,
    /// From the contract over pipelines and nodes to the model and the deployment: `Order`, `train.fit`, `Churn.production`, `ChurnApi`.
    pub path: Vec<String>,
    /// Whether something runs it; a stage that nothing calls breaks for those who write it alone.
    #[serde(skip)]
    pub runs: bool,
    /// Where the first reader is called.
    #[serde(skip)]
    pub place: Place,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.join(" → "))
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `column_added`, `type_changed`, ..: a stable word.
    pub kind: &'static str,
    /// What it is about: a contract, policy, pipeline, model, deployment, monitor.
    pub subject: String,
    /// The column with the path into it, the clause, the node; empty for the subject as a whole.
    pub path: String,
    /// What it means for others.
    pub class: Class,
    /// Which way.
    pub direction: Direction,
    /// Whom it breaks, whatever the mode.
    pub breaks: Breaks,
    /// In one line.
    pub message: String,
    /// What it was, as a program spells it.
    pub old: Option<String>,
    /// What it is, as a program spells it.
    pub new: Option<String>,
    /// Where it stands now: of what is gone, where it would stand.
    pub place: Place,
    /// Where it stood.
    pub old_place: Option<Place>,
    /// How to mend it.
    pub help: Option<String>,
    /// What shows the break.
    pub example: Option<Example>,
    /// Who reads it.
    pub readers: Vec<Reader>,
    /// What is to be done.
    pub verdict: Verdict,
}

impl Change {
    /// A change that breaks nobody.
    #[must_use]
    pub fn new(kind: &'static str, class: Class, subject: &str, path: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            subject: subject.to_owned(),
            path: path.to_owned(),
            class,
            direction: Direction::Same,
            breaks: Breaks::NONE,
            message: message.into(),
            old: None,
            new: None,
            place: Place::default(),
            old_place: None,
            help: None,
            example: None,
            readers: Vec::new(),
            verdict: if class == Class::Governance { Verdict::Loosened } else { Verdict::Fine },
        }
    }

    /// With the way it goes and whom it breaks; what breaks anybody is [`Class::Breaking`].
    #[must_use]
    pub fn breaking(mut self, direction: Direction, breaks: Breaks) -> Self {
        self.direction = direction;
        self.breaks = breaks;
        if breaks.any() {
            self.class = Class::Breaking;
        }
        self
    }

    /// With the way it goes.
    #[must_use]
    pub fn towards(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// With what it was and what it is.
    #[must_use]
    pub fn from_to(mut self, old: impl Into<Option<String>>, new: impl Into<Option<String>>) -> Self {
        self.old = old.into();
        self.new = new.into();
        self
    }

    /// With where it stands and stood.
    #[must_use]
    pub fn at(mut self, place: Option<&Place>, old: Option<&Place>) -> Self {
        self.place = place.cloned().unwrap_or_default();
        self.old_place = old.cloned();
        self
    }

    /// With how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The code of what must be done about it.
    #[must_use]
    pub const fn code(&self) -> Option<u16> {
        match self.verdict {
            Verdict::Fine | Verdict::Accepted { .. } => None,
            Verdict::Broken => Some(310),
            Verdict::Underbumped => Some(311),
            Verdict::Loosened => Some(312),
            Verdict::Expired => Some(313),
        }
    }
}
