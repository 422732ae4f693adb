//! What was proven, refuted and left to the run on each edge: `mlp check --explain-checks`.

use std::{collections::HashSet, fmt};

use mlp_plan::{Contract, Rule};
use mlp_source::Span;

use crate::{
    contracts::Shared,
    subtype::{self, Edge, Problem, ProblemKind},
};

/// An edge that was compared: a table that comes against the contract that is expected.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The argument, or the SQL.
    pub span: Span,
    /// What is given, in words: "`rows` of `score`".
    pub what: String,
    /// What comes.
    pub from: Comes,
    /// What is expected.
    pub to: Shared,
}

/// The contract of what comes.
#[derive(Clone, Debug)]
pub enum Comes {
    /// A declared or derived contract.
    Shared(Shared),
    /// The columns that an SQL gives.
    Made(Box<Contract>),
}

impl Comes {
    fn face(&self) -> &Contract {
        match self {
            Self::Shared(contract) => &contract.face,
            Self::Made(contract) => contract,
        }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds for every row that comes.
    Proven,
    /// It holds for none, or the column is not there: an error.
    Refuted,
    /// It is checked when the data is there.
    Planted,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proven => "proven",
            Self::Refuted => "refuted",
            Self::Planted => "planted",
        })
    }
}

/// An edge, rule by rule.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Where it is.
    pub span: Span,
    /// What is given, in words.
    pub what: String,
    /// The contract that comes.
    pub from: String,
    /// The contract that is expected.
    pub to: String,
    /// Each rule of the expected contract in words, with what became of it, in the contract's order.
    pub rules: Vec<(String, Outcome)>,
}

/// Each edge once, in the order of the program.
#[must_use]
pub fn explained(compared: &[Compared]) -> Vec<Explained> {
    let mut seen = HashSet::new();
    let mut edges: Vec<Explained> = compared
        .iter()
        .map(|edge| {
            let (from, to) = (edge.from.face(), &edge.to.face);
            let name = |contract: &Contract| contract.name.clone();
            Explained {
                span: edge.span,
                what: edge.what.clone(),
                from: name(from),
                to: name(to),
                rules: rules(from, to, &subtype::contracts(from, to)),
            }
        })
        .filter(|edge| seen.insert((edge.span, edge.what.clone(), edge.from.clone(), edge.to.clone())))
        .collect();
    edges.sort_by_key(|edge| edge.span);
    edges
}

fn rules(from: &Contract, to: &Contract, edge: &Edge) -> Vec<(String, Outcome)> {
    let mut rules = Vec::new();
    for column in &to.columns {
        of_column(from, to, column, edge, &mut rules);
    }
    let over_set = |rule: &Rule| if edge.planted.contains(rule) { Outcome::Planted } else { Outcome::Proven };
    for (index, key) in to.keys.iter().enumerate() {
        rules.push((format!("key ({})", key.join(", ")), over_set(&Rule::Key(index))));
    }
    for (index, columns) in to.uniques.iter().enumerate() {
        rules.push((format!("unique ({})", columns.join(", ")), over_set(&Rule::Unique(index))));
    }
    rules
}

fn of_column(
    from: &Contract,
    to: &Contract,
    column: &mlp_plan::Column,
    edge: &Edge,
    rules: &mut Vec<(String, Outcome)>,
) {
    let name = &column.name;
    let has = |at: fn(&ProblemKind) -> bool| edge.problems.iter().any(|one| one.path == *name && at(&one.kind));
    let outcome = |refuted: bool, planted: &Rule| match (refuted, edge.planted.contains(planted)) {
        (true, _) => Outcome::Refuted,
        (_, true) => Outcome::Planted,
        _ => Outcome::Proven,
    };
    if from.column(name).is_none() {
        let refuted = has(|kind| *kind == ProblemKind::Missing);
        let rule = if refuted { format!("`{name}` is there") } else { format!("`{name}` has a default") };
        rules.push((rule, if refuted { Outcome::Refuted } else { Outcome::Proven }));
        return;
    }
    let mistyped = has(|kind| matches!(kind, ProblemKind::Type { .. }));
    rules.push((format!("`{name}` is {}", column.value.data), outcome(mistyped, &Rule::Type { column: name.clone() })));
    if !to.may_be_null(column) {
        let refuted = has(|kind| *kind == ProblemKind::Null);
        rules.push((format!("`{name}` is never null"), outcome(refuted, &Rule::NotNull { column: name.clone() })));
    }
    if has(|kind| matches!(kind, ProblemKind::Unit { .. })) && !edge.problems.iter().all(Problem::is_warning) {
        rules.push((format!("`{name}` has the unit that is expected"), Outcome::Refuted));
    }
    if mistyped {
        // what is of another type was not looked at any further
        return;
    }
    for (index, constraint) in column.value.constraints.iter().enumerate() {
        let refuted = edge.problems.iter().any(|one| {
            one.path == *name && matches!(&one.kind, ProblemKind::Refuted { index: refuted, .. } if *refuted == index)
        });
        let rule = Rule::Constraint { column: name.clone(), index };
        rules.push((format!("`{name}` {constraint}"), outcome(refuted, &rule)));
    }
    if subtype::values::is_nested(&column.value.data) {
        let inside = edge.problems.iter().any(|one| one.path != *name && one.column() == name && !one.is_warning());
        rules.push((format!("what is inside of `{name}`"), outcome(inside, &Rule::Nested { column: name.clone() })));
    }
}
