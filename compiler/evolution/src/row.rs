//! A row of a contract, as a `test` block spells it.

use std::fmt::Write as _;

use mlp_analysis::subtype::sample;
use mlp_plan::{Constraint, Contract, DataType, Expr, Literal, ValueType, holds};

use crate::candidates::candidates;

/// How many columns are shown whole; of wider contracts only those that matter.
const SHOWN: usize = 12;

/// How many rows are tried until conditions over several columns hold.
const TRIES: usize = 512;

/// Values by column, in the order of the contract.
#[derive(Clone, Debug)]
pub struct Row {
    cells: Vec<Cell>,
}

#[derive(Clone, Debug)]
struct Cell {
    name: String,
    /// None where it is no single value.
    value: Option<Literal>,
    text: String,
    /// Whether it is part of what the row shows: a key, or a column that was given a value.
    matters: bool,
}

impl Row {
    /// A row that the contract permits; `None` where none was found.
    #[must_use]
    pub fn of(contract: &Contract) -> Option<Self> {
        let cell = |column: &mlp_plan::Column| {
            let may_be_null = contract.may_be_null(column);
            let value = sample::value(&column.value);
            let text = plain(&column.value).or_else(|| may_be_null.then(|| "none".to_owned()))?;
            let value = value.or_else(|| (text == "none").then_some(Literal::Null));
            let matters = contract.keys.iter().any(|key| key.contains(&column.name));
            Some(Cell { name: column.name.clone(), value, text, matters })
        };
        let row = Self { cells: contract.columns.iter().map(cell).collect::<Option<_>>()? };
        row.settled(contract, "")
    }

    /// The same with another value of a column.
    #[must_use]
    pub fn with(mut self, column: &str, value: &Literal) -> Self {
        for cell in self.cells.iter_mut().filter(|cell| cell.name == column) {
            cell.text = value.to_string();
            cell.value = Some(value.clone());
            cell.matters = true;
        }
        self
    }

    /// The value of a column, where it is a single one.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<Literal> {
        self.cells.iter().find(|cell| cell.name == column)?.value.clone()
    }

    /// The same with another text of a column.
    #[must_use]
    pub fn with_text(mut self, column: &str, text: String) -> Self {
        for cell in self.cells.iter_mut().filter(|cell| cell.name == column) {
            cell.text.clone_from(&text);
            cell.value = None;
            cell.matters = true;
        }
        self
    }

    /// A row like this one, `fixed` untouched, in which the conditions over several columns hold; `None` where none was found.
    #[must_use]
    pub fn settled(self, contract: &Contract, fixed: &str) -> Option<Self> {
        let conditions: Vec<(&str, &Expr)> = contract
            .columns
            .iter()
            .flat_map(|column| column.value.constraints.iter().map(move |one| (column.name.as_str(), one)))
            .filter_map(|(name, one)| match one {
                Constraint::Where(expr) if !expr.columns().is_empty() => Some((name, expr)),
                _ => None,
            })
            .collect();
        let broken = |row: &Self| conditions.iter().find(|(name, expr)| !row.satisfies(expr, name)).copied();
        let mut row = self;
        let mut tries = 0;
        while let Some((name, expr)) = broken(&row) {
            let involved: Vec<&str> =
                expr.columns().into_iter().chain([name]).filter(|column| *column != fixed).collect();
            let better = involved.iter().find_map(|column| {
                let ty = &contract.column(column)?.value;
                let fits = |value: &Literal| holds::broken(&ty.constraints, &ty.data, value).is_none();
                candidates(ty, ty).into_iter().filter(fits).find_map(|value| {
                    tries += 1;
                    let next = row.clone().with(column, &value);
                    (tries < TRIES && next.satisfies(expr, name)).then_some(next)
                })
            })?;
            if tries >= TRIES {
                return None;
            }
            row = better;
            tries += 1;
        }
        let spelled = |mut row: Self| {
            for (cell, column) in row.cells.iter_mut().zip(&contract.columns) {
                if let Some(value) = &cell.value {
                    cell.text = Self::spelled(&column.value, value);
                }
            }
            row
        };
        Some(spelled(row))
    }

    /// Whether a condition of a column holds in this row; with a null in it, it does.
    fn satisfies(&self, expr: &Expr, column: &str) -> bool {
        self.answer(expr, column) == Some(true)
    }

    /// Whether a condition of a column is broken in this row for sure.
    #[must_use]
    pub fn breaks(&self, expr: &Expr, column: &str) -> bool {
        self.answer(expr, column) == Some(false)
    }

    fn answer(&self, expr: &Expr, column: &str) -> Option<bool> {
        let this = self.value(column)?;
        let mut expr = expr.clone();
        expr.walk_mut(&mut |part| {
            if let Expr::Column(name) = part
                && let Some(value) = self.value(name)
            {
                *part = Expr::Literal(value);
            }
        });
        holds::holds(&Constraint::Where(expr), &DataType::Bool, &this)
    }

    /// The same, in which these columns are shown however wide it is.
    #[must_use]
    pub fn showing(mut self, columns: &[&str]) -> Self {
        for cell in &mut self.cells {
            cell.matters |= columns.contains(&cell.name.as_str());
        }
        self
    }

    /// `Order { id: 0, amount: -1 }`, and of many columns those that matter: `Order { id: 0, amount: -1, .. }`.
    #[must_use]
    pub fn text(&self, contract: &str) -> String {
        let name = contract.rsplit('.').next().unwrap_or_default();
        let is_wide = self.cells.len() > SHOWN;
        let shown = self.cells.iter().filter(|cell| cell.matters || !is_wide);
        let mut cells: Vec<String> = shown.map(|cell| format!("{}: {}", cell.name, cell.text)).collect();
        if cells.len() < self.cells.len() {
            cells.push("..".to_owned());
        }
        format!("{name} {{ {} }}", cells.join(", "))
    }

    /// A value as a program spells it where that type is expected: a member of an enum by its bare name.
    #[must_use]
    pub fn spelled(ty: &ValueType, value: &Literal) -> String {
        match (&ty.data, value) {
            (DataType::Enum { .. }, Literal::Text(member)) if is_name(member) => member.clone(),
            (_, value) => value.to_string(),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// The plainest value of a type, as deep as it goes.
fn plain(ty: &ValueType) -> Option<String> {
    if let Some(value) = sample::value(ty) {
        return Some(Row::spelled(ty, &value));
    }
    let or_none = |text: Option<String>| text.or_else(|| ty.nullable.then(|| "none".to_owned()));
    or_none(match &ty.data {
        DataType::Struct(fields) => fields
            .iter()
            .map(|field| Some(format!("{}: {}", field.name, plain(&field.value)?)))
            .collect::<Option<Vec<_>>>()
            .map(|fields| format!("{{ {} }}", fields.join(", "))),
        DataType::Vector { element, length } => {
            let one = plain(element)?;
            let shown = (*length).min(3) as usize;
            let more = if *length > 3 { ", .." } else { "" };
            Some(format!("[{}{more}]", vec![one; shown].join(", ")))
        }
        DataType::Map(..) => Some("{}".to_owned()),
        DataType::Json => Some("\"null\"".to_owned()),
        DataType::Bytes => Some("\"\"".to_owned()),
        _ => None,
    })
}

/// A value of a column with `leaf` at a path into it: `{ street: "a", zip: none }`.
#[must_use]
pub fn within(ty: &ValueType, path: &str, leaf: &str) -> Option<String> {
    let rest = path.get(crate::contract::top(path).len()..)?;
    deep(ty, rest, leaf)
}

fn deep(ty: &ValueType, rest: &str, leaf: &str) -> Option<String> {
    if rest.is_empty() {
        return Some(leaf.to_owned());
    }
    if let Some(rest) = rest.strip_prefix("[]") {
        let (DataType::List(element) | DataType::Vector { element, .. }) = &ty.data else { return None };
        return Some(format!("[{}]", deep(element, rest, leaf)?));
    }
    let rest = rest.strip_prefix('.')?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at_checked(end)?;
    match &ty.data {
        DataType::Map(key, value) => {
            let (key, value) = match name {
                "key" => (deep(key, rest, leaf)?, plain(value)?),
                _ => (plain(key)?, deep(value, rest, leaf)?),
            };
            Some(format!("{{ {key}: {value} }}"))
        }
        DataType::Struct(fields) => {
            let mut text = String::from("{ ");
            for (index, field) in fields.iter().enumerate() {
                let value = if field.name == name { deep(&field.value, rest, leaf)? } else { plain(&field.value)? };
                let comma = if index == 0 { "" } else { ", " };
                let _ = write!(text, "{comma}{}: {value}", field.name);
            }
            text.push_str(" }");
            Some(text)
        }
        _ => None,
    }
}
