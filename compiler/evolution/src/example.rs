//! Counter-examples: rows that one version permits and the other refuses. What is shown was tried with the definition of a constraint that checker and
//! engine share; where nothing was found, nothing is shown.

use mlp_plan::{Contract, Literal, ValueType, holds};

use crate::{
    candidates::{candidates, fits},
    change::Example,
    contract::top,
    row::{Row, within},
};
use mlp_plan::Constraint;

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

/// A row of a contract that lacks a column.
#[must_use]
pub fn without(subject: &str, contract: &Contract, path: &str) -> Option<Example> {
    let rows = Row::of(contract).map(|row| row.text(subject)).into_iter().collect();
    Some(Example { rows, says: format!("there is no `{path}` in it") })
}

/// A row with a null at a path.
#[must_use]
pub fn null(subject: &str, contract: &Contract, path: &str, side: Side) -> Option<Example> {
    let row = Row::of(contract)?;
    let row = if top(path) == path {
        row.with(path, &Literal::Null)
    } else {
        let column = contract.column(top(path))?;
        row.with_text(top(path), within(&column.value, path, "none")?)
    };
    Some(Example { rows: vec![row.text(subject)], says: side.says().to_owned() })
}

/// What the same values mean.
#[must_use]
pub const fn meaning(says: String) -> Example {
    Example { rows: Vec::new(), says }
}

/// A row with a value that one type permits, and the other's type or constraint refuses.
#[must_use]
pub fn value(
    subject: &str,
    (contract, path, from): (&Contract, &str, &ValueType),
    (to, wanted): (&ValueType, Option<&Constraint>),
    side: Side,
) -> Option<Example> {
    let column = contract.column(top(path))?;
    let base = Row::of(contract);
    let is_top = top(path) == path;
    for candidate in candidates(from, to) {
        if !permits(from, &candidate) {
            continue;
        }
        let mut row = base.clone().and_then(|row| {
            if is_top {
                row.with(path, &candidate).settled(contract, path)
            } else {
                Some(row.with_text(top(path), within(&column.value, path, &Row::spelled(from, &candidate))?))
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
            let rows = row.map(|row| row.text(subject)).into_iter().collect();
            let says = format!("`{path}` is {}: {}", Row::spelled(from, &candidate), side.says());
            return Some(Example { rows, says });
        }
    }
    match wanted {
        Some(Constraint::Unique) => twice(subject, contract, &[path.to_owned()], side),
        _ => None,
    }
}

/// Two rows that agree in some columns, and are otherwise in what is unique in their own version.
#[must_use]
pub fn twice(subject: &str, contract: &Contract, columns: &[String], side: Side) -> Option<Example> {
    let row = Row::of(contract)?;
    let alone = contract.columns.iter().filter(|column| column.value.constraints.contains(&Constraint::Unique));
    let sets = contract.keys.iter().chain(&contract.uniques).cloned().chain(alone.map(|one| vec![one.name.clone()]));
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
    let rows = vec![row.text(subject), other.text(subject)];
    let names: Vec<String> = columns.iter().map(|name| format!("`{name}`")).collect();
    Some(Example { rows, says: format!("two rows agree in {}: {}", names.join(", "), side.says()) })
}

/// Whether a value satisfies the constraints of its type that are about itself.
fn permits(value: &ValueType, candidate: &Literal) -> bool {
    fits(&value.data, candidate)
        && value.constraints.iter().all(|constraint| match constraint {
            Constraint::Where(expr) if !expr.columns().is_empty() => true,
            constraint => holds::holds(constraint, &value.data, candidate) == Some(true),
        })
}
