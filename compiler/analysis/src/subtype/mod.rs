//! `A <: B`: data that satisfies A is accepted where B is expected. The one relation of the language, with three answers.

pub mod constraints;
pub mod domain;
pub mod regular;
pub mod sample;
pub mod values;

use std::fmt;

use mlp_plan::{Contract, Rule};

pub use constraints::Answer;

/// What two tables are to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    /// Why data of the one is not accepted as the other.
    pub problems: Vec<Problem>,
    /// What could not be decided, and is checked at run time on the reader's contract.
    pub planted: Vec<Rule>,
    /// How many rules were proven.
    pub proven: usize,
}

impl Edge {
    /// Whether `<:` is proven: no problem (a unit said on one side only is none), and nothing left to check.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.planted.is_empty() && self.problems.iter().all(Problem::is_warning)
    }
}

/// Why a column is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The column, with the path into it: `address.zip`.
    pub path: String,
    /// What is wrong.
    pub kind: ProblemKind,
}

/// What is wrong with a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is not there (MLP301).
    Missing,
    /// Its type is not accepted (MLP302).
    Type {
        /// What is there.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// It may be null (MLP303).
    Null,
    /// No value satisfies both sides (MLP304).
    Refuted {
        /// Which constraint of the reader.
        index: usize,
        /// What holds.
        found: String,
        /// What is expected.
        expected: String,
    },
    /// Units differ, or one side has none (MLP305).
    Unit {
        /// What is there.
        found: Option<String>,
        /// What is expected.
        expected: Option<String>,
    },
}

/// In words, without the edge on which it stands.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = |unit: &Option<String>| unit.as_ref().map_or("no unit".to_owned(), |unit| format!("unit {unit}"));
        let path = &self.path;
        match &self.kind {
            ProblemKind::Missing => write!(f, "`{path}` is missing"),
            ProblemKind::Type { found, expected } => write!(f, "`{path}` is {found}, and {expected} is expected"),
            ProblemKind::Null => write!(f, "`{path}` may be null"),
            ProblemKind::Refuted { found, expected, .. } => {
                write!(f, "no value of `{path}` satisfies both `{found}` and `{expected}`")
            }
            ProblemKind::Unit { found, expected } => {
                write!(f, "`{path}` has {}, and {} is expected", unit(found), unit(expected))
            }
        }
    }
}

impl Problem {
    fn new(path: &str, kind: ProblemKind) -> Self {
        Self { path: path.to_owned(), kind }
    }

    /// Whether it only warns: a unit on one side.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(self.kind, ProblemKind::Unit { found: None, .. } | ProblemKind::Unit { expected: None, .. })
    }

    /// The top column.
    #[must_use]
    pub fn column(&self) -> &str {
        self.path.split(['.', '[']).next().unwrap_or_default()
    }
}

/// What must be checked on one column at run time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planted {
    /// Whether the cast may fail.
    pub cast: bool,
    /// Which constraints of the reader.
    pub constraints: Vec<usize>,
    /// Whether something inside of its elements or fields.
    pub nested: bool,
}

/// Whether rows of `from` are accepted where `to` is expected. Rules over the whole set are not compared on edges.
#[must_use]
pub fn contracts(from: &Contract, to: &Contract) -> Edge {
    let mut edge = Edge::default();
    for wanted in &to.columns {
        match from.column(&wanted.name) {
            Some(have) => column(from, have, to, wanted, &mut edge),
            None if wanted.default.is_some() => edge.proven += 1,
            None => edge.problems.push(Problem::new(&wanted.name, ProblemKind::Missing)),
        }
    }
    sets(from, to, &mut edge);
    edge
}

fn column(from: &Contract, have: &mlp_plan::Column, to: &Contract, wanted: &mlp_plan::Column, edge: &mut Edge) {
    let (ours, theirs) = (values::effective(from, have), values::effective(to, wanted));
    let mut planted = Planted::default();
    values::compare(&wanted.name, &ours, &theirs, &mut edge.problems, &mut planted);
    settle_beside_others(from, to, wanted, &mut planted);
    let name = || wanted.name.clone();
    if planted.cast {
        edge.planted.push(Rule::Type { column: name() });
    }
    for index in &planted.constraints {
        edge.planted.push(Rule::Constraint { column: name(), index: *index });
    }
    if planted.nested {
        edge.planted.push(Rule::Nested { column: name() });
    }
    edge.proven += 2 + theirs.constraints.len() - planted.constraints.len();
}

/// What one column is to another, without what is inside of their values: for who compares versions level by level.
#[must_use]
pub fn column_level(
    from: &Contract,
    have: &mlp_plan::Column,
    to: &Contract,
    wanted: &mlp_plan::Column,
) -> (Vec<Problem>, Planted) {
    let (mut problems, mut planted) = (Vec::new(), Planted::default());
    let (ours, theirs) = (values::effective(from, have), values::effective(to, wanted));
    values::level(&wanted.name, &ours, &theirs, &mut problems, &mut planted);
    settle_beside_others(from, to, wanted, &mut planted);
    (problems, planted)
}

/// What the other columns of both contracts say of a column's constraints: `unique` holds where a key lies within it, and conditions over columns whose
/// types widen are others.
fn settle_beside_others(from: &Contract, to: &Contract, wanted: &mlp_plan::Column, planted: &mut Planted) {
    let constraints = &wanted.value.constraints;
    let is_unique_already = is_unique(from, std::slice::from_ref(&wanted.name));
    planted.constraints.retain(|index| {
        !(is_unique_already && matches!(constraints.get(*index), Some(mlp_plan::Constraint::Unique)))
    });
    plant_beside_others(from, to, &wanted.value, planted);
}

/// The same condition over several columns is another one when their types widen: it is computed in other widths.
fn plant_beside_others(from: &Contract, to: &Contract, theirs: &mlp_plan::ValueType, planted: &mut Planted) {
    let data = |contract: &Contract, name: &str| contract.column(name).map(|column| column.value.data.clone());
    for (index, wanted) in theirs.constraints.iter().enumerate() {
        if let mlp_plan::Constraint::Where(expr) = wanted
            && !planted.constraints.contains(&index)
            && expr.columns().iter().any(|name| data(from, name) != data(to, name))
        {
            planted.constraints.push(index);
        }
    }
}

fn sets(from: &Contract, to: &Contract, edge: &mut Edge) {
    for (index, key) in to.keys.iter().enumerate() {
        if is_unique(from, key) { edge.proven += 1 } else { edge.planted.push(Rule::Key(index)) }
    }
    for (index, columns) in to.uniques.iter().enumerate() {
        if is_unique(from, columns) { edge.proven += 1 } else { edge.planted.push(Rule::Unique(index)) }
    }
}

/// Whether rows of `from` never agree in all of `columns`: some key, or set of unique columns, lies within them.
#[must_use]
pub fn is_unique(from: &Contract, columns: &[String]) -> bool {
    let within = |set: &Vec<String>| !set.is_empty() && set.iter().all(|name| columns.contains(name));
    let alone = |name: &String| {
        from.column(name).is_some_and(|column| column.value.constraints.contains(&mlp_plan::Constraint::Unique))
    };
    from.keys.iter().any(within) || from.uniques.iter().any(within) || columns.iter().any(alone)
}
