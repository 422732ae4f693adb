//! A row of a contract, as a `test` block spells it.

use std::{collections::BTreeMap, fmt::Write as _, rc::Rc};

use mlp_analysis::subtype::{domain::Domain, sample};
use mlp_plan::{Constraint, Contract, DataType, Expr, Literal, ValueType, holds};

use crate::candidates::{candidates, fits};

/// How many columns are shown whole; of wider contracts only those that matter.
const SHOWN: usize = 12;

/// How many rows are tried until conditions over several columns hold.
const TRIES: usize = 512;

/// Values by column, in the order of the contract. Rows of one contract share the plain one that they began with, so that of a wide contract as many can
/// be tried as there are changes.
#[derive(Clone, Debug)]
pub struct Row {
    plain: Rc<Plain>,
    /// The cells that are otherwise.
    other: BTreeMap<usize, Cell>,
}

#[derive(Debug)]
struct Plain {
    cells: Vec<Cell>,
    /// Conditions over several columns, each with its column.
    conditions: Vec<(String, Expr)>,
}

#[derive(Clone, Debug)]
struct Cell {
    name: String,
    /// None where it is no single value.
    value: Option<Literal>,
    text: String,
    /// The type of its values.
    data: DataType,
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
            Some(Cell { name: column.name.clone(), value, text, data: column.value.data.clone(), matters })
        };
        let conditions = contract
            .columns
            .iter()
            .flat_map(|column| column.value.constraints.iter().map(move |one| (column.name.clone(), one)))
            .filter_map(|(name, one)| match one {
                Constraint::Where(expr) if !expr.columns().is_empty() => Some((name, expr.clone())),
                _ => None,
            })
            .collect();
        let cells = contract.columns.iter().map(cell).collect::<Option<_>>()?;
        let row = Self { plain: Rc::new(Plain { cells, conditions }), other: BTreeMap::new() };
        row.settled(contract, "")
    }

    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let cells = self.plain.cells.iter().enumerate();
        cells.map(|(index, cell)| self.other.get(&index).unwrap_or(cell))
    }

    /// Changes the cell of a column.
    fn change(&mut self, column: &str, change: impl FnOnce(&mut Cell)) {
        let Some(index) = self.plain.cells.iter().position(|cell| cell.name == column) else { return };
        let Some(cell) = self.plain.cells.get(index) else { return };
        let cell = self.other.entry(index).or_insert_with(|| cell.clone());
        cell.matters = true;
        change(cell);
    }

    /// The same with another value of a column.
    #[must_use]
    pub fn with(mut self, column: &str, value: &Literal) -> Self {
        self.change(column, |cell| {
            cell.text = spelled(&cell.data, value);
            cell.value = Some(value.clone());
        });
        self
    }

    /// The value of a column, where it is a single one.
    #[must_use]
    pub fn value(&self, column: &str) -> Option<Literal> {
        self.cells().find(|cell| cell.name == column)?.value.clone()
    }

    /// The same with another text of a column.
    #[must_use]
    pub fn with_text(mut self, column: &str, text: String) -> Self {
        self.change(column, |cell| {
            cell.text = text;
            cell.value = None;
        });
        self
    }

    /// A row like this one, `fixed` untouched, in which the conditions over several columns hold; `None` where none was found.
    #[must_use]
    pub fn settled(self, contract: &Contract, fixed: &str) -> Option<Self> {
        let plain = Rc::clone(&self.plain);
        let broken = |row: &Self| plain.conditions.iter().find(|(name, expr)| !row.satisfies(expr, name));
        let mut row = self;
        let mut tries = 0;
        while let Some((name, expr)) = broken(&row) {
            let involved: Vec<&str> =
                expr.columns().into_iter().chain([name.as_str()]).filter(|column| *column != fixed).collect();
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
        Some(row)
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
        columns.iter().for_each(|column| self.change(column, |_| {}));
        self
    }

    /// `Order { id: 0, amount: -1 }`, and of many columns those that matter: `Order { id: 0, amount: -1, .. }`.
    #[must_use]
    pub fn text(&self, contract: &str) -> String {
        let name = contract.rsplit('.').next().unwrap_or_default();
        let count = self.plain.cells.len();
        let shown = self.cells().filter(|cell| cell.matters || count <= SHOWN);
        let mut cells: Vec<String> = shown.map(|cell| format!("{}: {}", cell.name, cell.text)).collect();
        if cells.len() < count {
            cells.push("..".to_owned());
        }
        format!("{name} {{ {} }}", cells.join(", "))
    }

    /// A value as a program spells it where that type is expected.
    #[must_use]
    pub fn spelled(ty: &ValueType, value: &Literal) -> String {
        spelled(&ty.data, value)
    }
}

/// A member of an enum stands by its bare name, and the time of no zone without one.
fn spelled(data: &DataType, value: &Literal) -> String {
    match (data, value) {
        (DataType::Enum { members, .. }, Literal::Text(member)) if members.contains(member) && is_name(member) => {
            member.clone()
        }
        (DataType::Timestamp { naive: true, .. }, value) => value.to_string().trim_end_matches('Z').to_owned(),
        (_, value) => value.to_string(),
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
        DataType::Map(..) => {
            let shortest = Domain::of(ty).regions().iter().map(|region| region.shortest).min()?;
            map_of(ty, usize::try_from(shortest).ok()?)
        }
        _ => None,
    })
}

/// A map of so many entries, each under a key of its own; `None` where its type has too few.
pub fn map_of(ty: &ValueType, count: usize) -> Option<String> {
    let DataType::Map(key, value) = &ty.data else { return None };
    if count == 0 {
        return Some("{}".to_owned());
    }
    let value = plain(value)?;
    let fits = |candidate: &Literal| {
        fits(&key.data, candidate) && holds::broken(&key.constraints, &key.data, candidate).is_none()
    };
    let more =
        (0_u64..).take(count).flat_map(|index| [Literal::Number(index.into()), Literal::Text(format!("a{index}"))]);
    let mut keys: Vec<Literal> = Vec::new();
    for candidate in candidates(key, key).into_iter().chain(more).filter(fits) {
        if keys.len() < count && !keys.contains(&candidate) {
            keys.push(candidate);
        }
    }
    let entries: Vec<String> = keys.iter().map(|one| format!("{}: {value}", Row::spelled(key, one))).collect();
    (entries.len() == count).then(|| format!("{{ {} }}", entries.join(", ")))
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
