//! Counter-examples: rows that one version permits and the other refuses. What is shown was tried with the definition of a constraint that checker and
//! engine share; where nothing was found, nothing is shown.

use std::{cell::OnceCell, mem::discriminant};

use mlp_plan::{Constraint, Contract, DataType, Literal, ValueType, holds};

use crate::{
    candidates::{candidates, fits},
    change::Example,
    contract::top,
    row::{Row, map_of, within},
};

/// Which version permits the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The old one: new readers refuse what was written before.
    Old,
    /// The new one: old readers refuse what is written from now on.
    New,
}

impl Side {
    const fn says(self) -> &'static str {
        match self {
            Self::Old => "written before, and refused by the new version",
            Self::New => "permitted now, and refused by readers of the old version",
        }
    }
}

/// Rows of the version that permits what is shown.
#[derive(Debug)]
pub struct Rows<'a> {
    subject: &'a str,
    contract: &'a Contract,
    side: Side,
    plain: OnceCell<Option<Row>>,
}

impl<'a> Rows<'a> {
    /// Rows of one version of a contract, which is called `subject`.
    pub const fn new(subject: &'a str, contract: &'a Contract, side: Side) -> Self {
        Self { subject, contract, side, plain: OnceCell::new() }
    }

    /// The row that all others begin with.
    fn plain(&self) -> Option<Row> {
        self.plain.get_or_init(|| Row::of(self.contract)).clone()
    }

    /// A row of a contract that lacks a column.
    pub fn without(&self, path: &str) -> Option<Example> {
        let rows = self.plain().map(|row| row.text(self.subject)).into_iter().collect();
        Some(Example { rows, says: format!("there is no `{path}` in it") })
    }

    /// A row with a null at a path.
    pub fn null(&self, path: &str) -> Option<Example> {
        let row = self.plain()?;
        let row = if top(path) == path { row.with(path, &Literal::Null) } else { self.with_deep(row, path, "none")? };
        Some(Example { rows: vec![row.text(self.subject)], says: self.side.says().to_owned() })
    }

    /// A row with a value that one type permits, and the other's type or constraint refuses.
    pub fn value(&self, path: &str, from: &ValueType, to: &ValueType, wanted: Option<&Constraint>) -> Option<Example> {
        if let (DataType::Map(..), Some(wanted)) = (&from.data, wanted) {
            return self.map(path, from, wanted);
        }
        let base = self.plain();
        for candidate in candidates(from, to) {
            if !permits(from, &candidate) {
                continue;
            }
            let mut row = base.clone().and_then(|row| {
                if top(path) == path {
                    row.with(path, &candidate).settled(self.contract, path)
                } else {
                    self.with_deep(row, path, &Row::spelled(from, &candidate))
                }
            });
            let refused = match wanted {
                None => !fits(&to.data, &candidate),
                Some(Constraint::Where(expr)) if !expr.columns().is_empty() => {
                    row = row.map(|row| row.showing(&expr.columns().into_iter().collect::<Vec<_>>()));
                    row.as_ref().is_some_and(|row| row.breaks(expr, path))
                }
                Some(wanted) => holds::holds(wanted, &to.data, &candidate) == Some(false),
            };
            if refused {
                let rows = row.map(|row| row.text(self.subject)).into_iter().collect();
                let says = format!("`{path}` is {}: {}", Row::spelled(from, &candidate), self.side.says());
                return Some(Example { rows, says });
            }
        }
        match wanted {
            Some(Constraint::Unique) => self.twice(&[path.to_owned()]),
            None if apart(&from.data, &to.data) => self.any(path, from, to),
            _ => None,
        }
    }

    /// Any row, where no value of the one type is one of the other.
    fn any(&self, path: &str, from: &ValueType, to: &ValueType) -> Option<Example> {
        let row = self.plain()?;
        let row = match map_of(from, 1) {
            Some(map) if top(path) == path => row.with_text(path, map),
            Some(map) => self.with_deep(row, path, &map)?,
            None => row.showing(&[top(path)]),
        };
        let says = format!("`{path}` is written as {}, and read as {}: {}", from.data, to.data, self.side.says());
        Some(Example { rows: vec![row.text(self.subject)], says })
    }

    /// A row with a map of a size that is permitted here and refused there.
    fn map(&self, path: &str, from: &ValueType, wanted: &Constraint) -> Option<Example> {
        // what is said of a map is about how many entries it has, as of a list
        let answer = |constraint: &Constraint, entries: &Literal| holds::holds(constraint, &from.data, entries);
        let is_shown = |count: &usize| {
            let entries = Literal::List(vec![Literal::Null; *count]);
            let permitted = from.constraints.iter().all(|one| answer(one, &entries) == Some(true));
            permitted && answer(wanted, &entries) == Some(false)
        };
        let (count, map) = (0..=MAP_SHOWN).filter(is_shown).find_map(|count| Some((count, map_of(from, count)?)))?;
        let row = self.plain()?;
        let row = if top(path) == path { row.with_text(path, map) } else { self.with_deep(row, path, &map)? };
        let entries = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
        let says = format!("`{path}` has {entries}: {}", self.side.says());
        Some(Example { rows: vec![row.text(self.subject)], says })
    }

    /// Two rows that agree in some columns, and are otherwise in what is unique in their own version.
    pub fn twice(&self, columns: &[String]) -> Option<Example> {
        let contract = self.contract;
        let row = self.plain()?;
        let alone = contract.columns.iter().filter(|column| column.value.constraints.contains(&Constraint::Unique));
        let sets =
            contract.keys.iter().chain(&contract.uniques).cloned().chain(alone.map(|one| vec![one.name.clone()]));
        let mut other = row.clone();
        for set in sets {
            let mut open = set.iter().filter(|name| !columns.contains(name));
            let changed = open.find_map(|name| {
                let ty = &contract.column(name)?.value;
                let first = other.value(name)?;
                let second = candidates(ty, ty).into_iter().find(|value| *value != first && permits(ty, value))?;
                Some(other.clone().with(name, &second))
            });
            other = changed?;
        }
        let agreeing: Vec<&str> = columns.iter().map(String::as_str).collect();
        let (row, other) = (row.showing(&agreeing), other.settled(contract, "")?.showing(&agreeing));
        let rows = vec![row.text(self.subject), other.text(self.subject)];
        let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
        Some(Example { rows, says: format!("two rows agree in {}: {}", names.join(", "), self.side.says()) })
    }

    /// The same row with a text at a path into a column.
    fn with_deep(&self, row: Row, path: &str, text: &str) -> Option<Row> {
        let column = self.contract.column(top(path))?;
        Some(row.with_text(top(path), within(&column.value, path, text)?))
    }
}

/// The largest map that is shown.
const MAP_SHOWN: usize = 64;

/// Whether two types are so different that it does not depend on the value whether the one is read as the other.
fn apart(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Timestamp { naive: was, .. }, DataType::Timestamp { naive: is, .. }) => was != is,
        (DataType::Map(key, _), DataType::Map(read, _)) => key.data != read.data,
        (from, to) => discriminant(from) != discriminant(to),
    }
}

/// What the same values mean.
#[must_use]
pub const fn meaning(says: String) -> Example {
    Example { rows: Vec::new(), says }
}

/// Whether a value satisfies the constraints of its type that are about itself.
fn permits(value: &ValueType, candidate: &Literal) -> bool {
    fits(&value.data, candidate)
        && value.constraints.iter().all(|constraint| match constraint {
            Constraint::Where(expr) if !expr.columns().is_empty() => true,
            constraint => holds::holds(constraint, &value.data, candidate) == Some(true),
        })
}
