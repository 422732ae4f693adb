//! Contracts: what holds for the rows of a table, and for the table as a whole.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DataType, Expr, Literal, ValueType, types::is_false};

/// Where something stands in the program: for messages at run time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Path of the file, relative to the package.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What must hold for every non-null value of a column. The one definition: the checker proves it, the engine checks it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// `in low .. high`, both ends included, either open. NaN lies in no range.
    Range {
        /// Lower end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        low: Option<Literal>,
        /// Upper end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        high: Option<Literal>,
    },
    /// `in { a, b }`.
    OneOf(Vec<Literal>),
    /// `length min .. max`: characters of a string, bytes of `bytes`, elements of a list.
    Length {
        /// Fewest.
        min: u64,
        /// Most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
    },
    /// `matches /re/`: the whole value, Rust regex syntax.
    Matches(String),
    /// `where <expr>`: satisfied where a null is in it.
    Where(Expr),
    /// `unique`: no non-null value occurs twice.
    Unique,
}

impl Constraint {
    /// The word that names it in paths and messages.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Range { .. } | Self::OneOf(_) => "in",
            Self::Length { .. } => "length",
            Self::Matches(_) => "matches",
            Self::Where(_) => "where",
            Self::Unique => "unique",
        }
    }
}

/// As a program would spell it.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { low, high } => {
                f.write_str("in ")?;
                if let Some(low) = low {
                    write!(f, "{low} ")?;
                }
                f.write_str("..")?;
                high.as_ref().map_or(Ok(()), |high| write!(f, " {high}"))
            }
            Self::OneOf(members) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                write!(f, "in {{ {} }}", members.join(", "))
            }
            Self::Length { min, max: Some(max) } if min == max => write!(f, "length {min}"),
            Self::Length { min, max: Some(max) } => write!(f, "length {min} .. {max}"),
            Self::Length { min, max: None } => write!(f, "length {min} .."),
            Self::Matches(pattern) => write!(f, "matches /{pattern}/"),
            Self::Where(expr) => write!(f, "where {expr}"),
            Self::Unique => f.write_str("unique"),
        }
    }
}

/// A column of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, null-ness, unit and constraints.
    #[serde(flatten)]
    pub value: ValueType,
    /// Whether it is a truth that models learn.
    #[serde(default, skip_serializing_if = "is_false")]
    pub label: bool,
    /// What a reader takes where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
    /// The moment at which its value is known; always, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<String>,
    /// Its tags, without the sign, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Its old name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Why it should not be used any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
}

impl Column {
    /// A column of that name and type, without anything else said of it.
    #[must_use]
    pub fn plain(name: impl Into<String>, value: ValueType) -> Self {
        Self {
            name: name.into(),
            value,
            label: false,
            default: None,
            known_at: None,
            tags: Vec::new(),
            was: None,
            deprecated: None,
            doc: None,
        }
    }
}

/// A rule over the data set as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Expectation {
    /// Whether it only warns.
    #[serde(default, skip_serializing_if = "is_false")]
    pub warn: bool,
    /// What must hold.
    pub expr: Expr,
    /// Why it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where it stands.
    #[serde(default)]
    pub place: Place,
}

/// `references Other(to) from (from)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// The other contract.
    pub contract: String,
    /// Its columns.
    pub to: Vec<String>,
    /// Ours.
    pub from: Vec<String>,
}

/// Which way a contract may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compatibility {
    /// Anything goes.
    #[default]
    None,
    /// New readers read old data.
    Backward,
    /// Old readers read new data.
    Forward,
    /// Both.
    Full,
    /// Backward against every version on record.
    BackwardAll,
    /// Forward against every version on record.
    ForwardAll,
    /// Both against every version on record.
    FullAll,
}

/// `accepts break on amount because ".." until 2026-12-31`: a break that was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct AcceptedBreak {
    /// The column, with the path into it: `address.zip`.
    pub on: String,
    /// Why.
    pub because: String,
    /// The last day on which it is accepted; for good where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<chrono::NaiveDate>,
    /// Where it stands.
    #[serde(default)]
    pub place: Place,
}

/// What holds for the rows of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Contract {
    /// Its name; of an expression, its text.
    pub name: String,
    /// The declaration that it is, with its module (`risk.contracts.Flight`), and the dependency in front where it is another package's; absent for an
    /// expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Semantic version; with one it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Which way it may change.
    #[serde(default)]
    pub compatibility: Compatibility,
    /// Breaks that were decided on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<AcceptedBreak>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// Keys: each unique and never null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<Vec<String>>,
    /// Sets of columns that are unique together; rows with a null in them are passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Vec<String>>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Rules over the data set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
    /// Where things stand: a column's name, `column#in` (`#length`, `#matches`, `#where`, `#unique`), `#key`, `#unique`, `#version` and other
    /// settings, `` for the contract.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<String, Place>,
}

impl Compatibility {
    /// As written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Backward => "backward",
            Self::Forward => "forward",
            Self::Full => "full",
            Self::BackwardAll => "backward_all",
            Self::ForwardAll => "forward_all",
            Self::FullAll => "full_all",
        }
    }

    /// Whether new readers must be able to read old data.
    #[must_use]
    pub const fn is_backward(self) -> bool {
        matches!(self, Self::Backward | Self::BackwardAll | Self::Full | Self::FullAll)
    }

    /// Whether old readers must be able to read new data.
    #[must_use]
    pub const fn is_forward(self) -> bool {
        matches!(self, Self::Forward | Self::ForwardAll | Self::Full | Self::FullAll)
    }

    /// Whether every version on record counts.
    #[must_use]
    pub const fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardAll | Self::ForwardAll | Self::FullAll)
    }

    /// Whether this promises all that `other` promises.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        (self.is_backward() || !other.is_backward())
            && (self.is_forward() || !other.is_forward())
            && (self.is_transitive() || !other.is_transitive())
    }
}

impl Contract {
    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// What it asks of data and nothing else: without names of its own, places, docs, and what is said of its versions. Equal ones accept the same data.
    #[must_use]
    pub fn essence(&self) -> Self {
        let mut bare = self.clone();
        bare.name.clear();
        (bare.declared, bare.doc, bare.owner, bare.version) = (None, None, None, None);
        bare.compatibility = Compatibility::None;
        bare.accepts.clear();
        bare.places.clear();
        for column in &mut bare.columns {
            (column.doc, column.deprecated) = (None, None);
        }
        for Expectation { message, place, .. } in &mut bare.expectations {
            *message = None;
            *place = Place::default();
        }
        bare
    }

    /// Whether a package declares it, rather than one of its dependencies or the standard library; `false` for an expression.
    #[must_use]
    pub fn is_own(&self) -> bool {
        let foreign = |place: &Place| place.file.contains(':') || place.file.starts_with('<');
        self.declared.is_some() && !self.places.get("").is_some_and(foreign)
    }

    /// The place of a rule: `column#word`, else the column, else the contract.
    #[must_use]
    pub fn place(&self, column: &str, word: &str) -> Option<&Place> {
        self.places.get(&format!("{column}#{word}")).or_else(|| self.places.get(column)).or_else(|| self.places.get(""))
    }

    /// The word under which [`Contract::places`] has the n-th `key`, `unique` or `references` of the contract, of no column: `key`, `key2`.
    #[must_use]
    pub fn nth(word: &str, index: usize) -> String {
        if index == 0 { word.to_owned() } else { format!("{word}{}", index + 1) }
    }

    /// Whether a column may hold nulls: its type allows it and no key forbids it.
    #[must_use]
    pub fn may_be_null(&self, column: &Column) -> bool {
        column.value.nullable && !self.keys.iter().any(|key| key.contains(&column.name))
    }
}

/// A nested path has the type at its end: `address.zip`.
#[must_use]
pub fn nested<'a>(columns: &'a [Column], path: &str) -> Option<&'a ValueType> {
    let mut parts = path.split('.');
    let first = parts.next()?;
    let mut value = &columns.iter().find(|column| column.name == first)?.value;
    for part in parts {
        let DataType::Struct(fields) = &value.data else { return None };
        value = &fields.iter().find(|field| field.name == part)?.value;
    }
    Some(value)
}
