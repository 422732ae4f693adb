//! What is known of every column of a plan, by rules of ours: null-ness, the contract's type where it survives, and lineage.

mod aggregate;
mod expr;
mod narrow;
mod plan;

use std::{collections::BTreeSet, sync::Arc};

use datafusion::common::{Column, DFSchema};
use mlp_plan::DataType;

pub use plan::{Inputs, of_plan};

/// A column of an input: number of the input, number of the column.
pub type Source = (usize, usize);

/// Columns of the inputs.
pub type Sources = BTreeSet<Source>;

/// What is known of one column or expression.
#[derive(Clone, Debug, Default)]
pub struct Fact {
    /// Whether it may be null.
    pub nullable: bool,
    /// The input column that it is, unchanged.
    pub passes: Option<Source>,
    /// Its type by contract, where its values are values of that type: the engine sees an enum as text.
    pub data: Option<Arc<DataType>>,
    /// The columns whose values it is computed from.
    pub values: Sources,
    /// The columns that decided which row of a joined table, or of a window, it was taken from.
    pub conditions: Sources,
}

impl Fact {
    /// A constant.
    pub fn constant(nullable: bool) -> Self {
        Self { nullable, ..Self::default() }
    }

    /// A new value, computed from others; null where one of them is.
    pub fn computed<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut fact = Self::default();
        for part in parts {
            fact.nullable |= part.nullable;
            fact.absorb(part);
        }
        fact
    }

    /// A value that is one of others, whatever it is: it keeps what they all share.
    pub fn one_of(parts: &[Self]) -> Self {
        let mut fact = Self::computed(parts);
        if let Some(first) = parts.first() {
            fact.data = first.data.clone().filter(|data| parts.iter().all(|part| part.data.as_ref() == Some(data)));
            fact.passes = first.passes.filter(|passes| parts.iter().all(|part| part.passes == Some(*passes)));
        }
        fact
    }

    /// Takes in the lineage of another.
    pub fn absorb(&mut self, other: &Self) {
        self.values.extend(&other.values);
        self.conditions.extend(&other.conditions);
    }

    /// Everything that it depends on.
    pub fn touches(&self) -> impl Iterator<Item = Source> {
        self.values.iter().chain(&self.conditions).copied()
    }

    /// The same with other null-ness.
    pub fn with_nullable(mut self, nullable: bool) -> Self {
        self.nullable = nullable;
        self
    }
}

/// Where an expression stands: the columns it sees, and the queries around it.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// Names of the columns.
    pub schema: &'a DFSchema,
    /// What is known of each.
    pub facts: &'a [Fact],
    /// Columns that are not null here, though elsewhere they may be.
    pub known: &'a Known,
    /// The query around, for correlated subqueries.
    pub outer: Option<&'a Scope<'a>>,
    /// The inputs of the stage.
    pub inputs: &'a Inputs<'a>,
}

/// Numbers of columns that cannot be null where an expression is evaluated.
pub type Known = BTreeSet<usize>;

/// The empty set.
pub static NOTHING_KNOWN: Known = Known::new();

impl<'a> Scope<'a> {
    /// The number of a column.
    pub fn index(&self, column: &Column) -> Option<usize> {
        self.schema.maybe_index_of_column(column)
    }

    /// What is known of a column.
    pub fn column(&self, column: &Column) -> Option<Fact> {
        let index = self.index(column)?;
        let fact = self.facts.get(index)?.clone();
        let nullable = fact.nullable && !self.known.contains(&index);
        Some(fact.with_nullable(nullable))
    }

    /// What is known of a column of a query around this one, the nearest first.
    pub fn outer_column(&self, column: &Column) -> Option<Fact> {
        let mut scope = self.outer;
        while let Some(outer) = scope {
            if let Some(fact) = outer.column(column) {
                return Some(fact);
            }
            scope = outer.outer;
        }
        None
    }

    /// The same scope where more is known.
    pub const fn knowing<'b>(&'b self, known: &'b Known) -> Scope<'b>
    where
        'a: 'b,
    {
        Scope { schema: self.schema, facts: self.facts, known, outer: self.outer, inputs: self.inputs }
    }
}
