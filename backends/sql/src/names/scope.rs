//! What a name can mean at a place: the tables of the SELECTs around it, and those of `with` clauses.

use std::rc::Rc;

use mlp_ports::SqlSymbol;

/// A column that can be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// As the engine reads it.
    pub name: String,
    /// What it is; none where nothing names it.
    pub symbol: Option<SqlSymbol>,
    /// Whether an `as` says its name.
    pub is_said: bool,
}

/// A table that can be named.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// As the engine reads it; none of one without a name.
    pub name: Option<String>,
    /// As it was written.
    pub written: Option<String>,
    /// What its name stands for.
    pub symbol: Option<SqlSymbol>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Whether it may have others than those.
    pub is_open: bool,
}

/// What can be named at a place.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    /// The tables of the SELECT.
    pub tables: &'s [Table],
    /// The tables of `with` clauses, the last first.
    pub with: &'s [Table],
    /// The SELECT around.
    pub outer: Option<&'s Scope<'s>>,
}

/// Where nothing can be named.
pub(super) static NOTHING: Scope<'static> = Scope { tables: &[], with: &[], outer: None };

/// A column that was looked up.
pub(super) struct Meant {
    /// What it stands for, once for each table that has it: several only where `using` makes them one.
    pub symbols: Vec<SqlSymbol>,
    /// How the table would be written.
    pub table: Option<String>,
    /// The columns of all tables that were looked through.
    pub columns: Rc<Vec<Column>>,
}

impl Scope<'_> {
    /// The SELECTs from here outwards.
    fn outwards(&self) -> impl Iterator<Item = &Scope<'_>> {
        std::iter::successors(Some(self), |scope| scope.outer)
    }

    /// The table of a name.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.outwards().find_map(|scope| scope.tables.iter().find(|table| table.name.as_deref() == Some(name)))
    }

    /// The column of a name without a table before it.
    pub(super) fn column(&self, name: &str) -> Option<Meant> {
        let mut seen = Vec::new();
        for scope in self.outwards() {
            seen.extend(scope.tables.iter().flat_map(|table| &table.columns).cloned());
            let of = |table: &Table| table.columns.iter().find(|column| column.name == name).cloned();
            let mut meant: Vec<(&Table, Column)> = Vec::new();
            meant.extend(scope.tables.iter().filter_map(|table| Some((table, of(table)?))));
            if let Some((table, _)) = meant.first() {
                let symbols = meant.iter().filter_map(|(_, column)| column.symbol.clone()).collect();
                return Some(Meant { symbols, table: table.written.clone(), columns: Rc::new(seen) });
            }
            if scope.tables.iter().any(|table| table.is_open) {
                return None;
            }
        }
        None
    }
}
