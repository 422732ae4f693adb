//! `A <: B`: data that satisfies A is accepted where B is expected. The one relation of the language, with three answers.

pub mod beside;
pub mod constraints;
pub mod domain;
pub mod region;
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
            None => absent(to, wanted, &mut edge),
        }
    }
    sets(from, to, &mut edge);
    edge
}

/// Whether rows without a column are accepted for sure, by what the column is where it is missing.
#[must_use]
pub fn fills(to: &Contract, wanted: &mlp_plan::Column) -> bool {
    let mut edge = Edge::default();
    absent(to, wanted, &mut edge);
    edge.is_proven()
}

/// Whether a column is null in every row that comes: it is not there, and null where it is missing.
#[must_use]
pub fn is_always_null(from: &Contract, to: &Contract, name: &str) -> bool {
    from.column(name).is_none() && to.column(name).is_some_and(|column| column.default == Some(mlp_plan::Literal::Null))
}

/// A column that is not there takes its default in every row: what that decides alone was looked at where the default stands.
fn absent(to: &Contract, wanted: &mlp_plan::Column, edge: &mut Edge) {
    let Some(default) = &wanted.default else {
        edge.problems.push(Problem::new(&wanted.name, ProblemKind::Missing));
        return;
    };
    edge.proven += 1;
    if *default == mlp_plan::Literal::Null {
        if !to.may_be_null(wanted) {
            edge.problems.push(Problem::new(&wanted.name, ProblemKind::Null));
        }
        return;
    }
    for (index, constraint) in wanted.value.constraints.iter().enumerate() {
        let asks_more = match constraint {
            mlp_plan::Constraint::Unique => true,
            mlp_plan::Constraint::Where(expr) => !expr.columns().is_empty(),
            _ => false,
        };
        if asks_more {
            edge.planted.push(Rule::Constraint { column: wanted.name.clone(), index });
        }
    }
}

fn column(from: &Contract, have: &mlp_plan::Column, to: &Contract, wanted: &mlp_plan::Column, edge: &mut Edge) {
    let (ours, theirs) = (values::effective(from, have), values::effective(to, wanted));
    let mut planted = Planted::default();
    values::compare(&wanted.name, &ours, &theirs, &mut edge.problems, &mut planted);
    settle_beside_others(from, to, wanted, &mut edge.problems, &mut planted);
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
    settle_beside_others(from, to, wanted, &mut problems, &mut planted);
    (problems, planted)
}

/// What the other columns of both contracts say of a column's constraints: `unique` holds where a key lies within it, the ends of values may decide a
/// condition between columns, and one over columns whose types widen is another.
fn settle_beside_others(
    from: &Contract,
    to: &Contract,
    wanted: &mlp_plan::Column,
    problems: &mut Vec<Problem>,
    planted: &mut Planted,
) {
    let constraints = &wanted.value.constraints;
    let is_unique_already = is_unique(from, std::slice::from_ref(&wanted.name));
    planted
        .constraints
        .retain(|index| !(is_unique_already && matches!(constraints.get(*index), Some(mlp_plan::Constraint::Unique))));
    let theirs = values::effective(to, wanted);
    if let Some(have) = from.column(&wanted.name) {
        decide_beside_others((from, to), (&values::effective(from, have), &theirs), &wanted.name, problems, planted);
    }
    plant_beside_others(from, to, &theirs, planted);
}

/// Conditions between columns are decided where the ends of their values leave no choice.
fn decide_beside_others(
    (from, to): (&Contract, &Contract),
    (ours, theirs): (&mlp_plan::ValueType, &mlp_plan::ValueType),
    name: &str,
    problems: &mut Vec<Problem>,
    planted: &mut Planted,
) {
    let is_null = |name: &str| is_always_null(from, to, name);
    let rows = beside::Beside { rows: from, this: ours, wanted: theirs, is_null: &is_null };
    planted.constraints.retain(|index| match theirs.constraints.get(*index) {
        Some(wanted @ mlp_plan::Constraint::Where(expr)) if !expr.columns().is_empty() => match rows.answer(expr) {
            Answer::Proven => false,
            Answer::Unknown => true,
            Answer::Refuted => {
                let found = ours.constraints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let found = if found.is_empty() { ours.data.to_string() } else { found };
                problems.push(Problem::new(
                    name,
                    ProblemKind::Refuted { index: *index, found, expected: wanted.to_string() },
                ));
                false
            }
        },
        _ => true,
    });
}

/// The same condition over several columns is another one when their types widen, where it is computed in other widths.
fn plant_beside_others(from: &Contract, to: &Contract, theirs: &mlp_plan::ValueType, planted: &mut Planted) {
    for (index, wanted) in theirs.constraints.iter().enumerate() {
        if let mlp_plan::Constraint::Where(expr) = wanted
            && !planted.constraints.contains(&index)
            && expr.columns().iter().any(|name| is_another(from, to, name, is_compared(expr)))
        {
            planted.constraints.push(index);
        }
    }
}

/// Whether a column that a condition names may make another condition of it.
fn is_another(from: &Contract, to: &Contract, name: &str, compared: bool) -> bool {
    match (from.column(name), to.column(name)) {
        (Some(have), Some(wanted)) => {
            let (ours, theirs) = (&have.value.data, &wanted.value.data);
            let keeps_order =
                values::accepts(ours, theirs) == Some(Answer::Proven) && region::is_same_order(ours, theirs);
            ours != theirs && !(compared && keeps_order)
        }
        (None, Some(_)) => !is_always_null(from, to, name),
        (have, wanted) => have.is_some() != wanted.is_some(),
    }
}

/// Whether values are only compared in a condition, so that it is the same in every type that keeps their order.
fn is_compared(expr: &mlp_plan::Expr) -> bool {
    let mut compared = true;
    expr.walk(&mut |part| match part {
        mlp_plan::Expr::Arithmetic(..) | mlp_plan::Expr::Negate(_) => compared = false,
        mlp_plan::Expr::Call { function, .. } => compared &= matches!(function.as_str(), "is_none" | "length"),
        _ => {}
    });
    compared
}

fn sets(from: &Contract, to: &Contract, edge: &mut Edge) {
    for (index, key) in to.keys.iter().enumerate() {
        if is_unique(from, key) { edge.proven += 1 } else { edge.planted.push(Rule::Key(index)) }
    }
    for (index, columns) in to.uniques.iter().enumerate() {
        if keeps_unique(from, to, columns) { edge.proven += 1 } else { edge.planted.push(Rule::Unique(index)) }
    }
}

/// Whether rows of `from` keep a rule of `to` that columns are unique, which is not about rows with a null in one of them.
#[must_use]
pub fn keeps_unique(from: &Contract, to: &Contract, columns: &[String]) -> bool {
    is_unique(from, columns) || columns.iter().any(|name| is_always_null(from, to, name))
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
