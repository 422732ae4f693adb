//! Names in expressions.

use std::ops::ControlFlow::{self, Continue};

use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Visit, Visitor};
use mlp_ports::SqlSymbol;

use super::{
    Names, Role, Seen, read,
    scope::{Column, Scope},
};

/// What else than the tables a name can mean: the columns that the SELECT gives.
#[derive(Clone, Copy)]
pub(super) struct Beside<'c> {
    pub columns: &'c [Column],
    /// Whether it is the outermost SELECT that gives them.
    pub is_outermost: bool,
    /// Whether they are meant before columns of the tables, as in `order by`; otherwise after them, and only those that `as` names.
    pub first: bool,
}

impl Beside<'_> {
    /// Nothing else.
    pub(super) const NOTHING: Self = Self { columns: &[], is_outermost: false, first: false };

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name && (column.is_said || self.first))
    }
}

impl Names<'_> {
    /// The names in what holds expressions; queries within are looked at on their own.
    pub(super) fn exprs(&mut self, of: &impl Visit, scope: &Scope<'_>, beside: Beside<'_>) {
        // it never breaks off
        let _ = of.visit(&mut Walk { names: self, scope, beside, depth: 0 });
    }

    fn name(&mut self, ident: &Ident, scope: &Scope<'_>, beside: &Beside<'_>) {
        let output = beside.column(&read(ident));
        let is_output = output.is_some() && beside.first;
        let is_column = !is_output && !self.column(ident, scope).is_empty();
        let Some(output) = output.filter(|_| !is_column) else { return };
        let Some(symbol) = output.symbol.clone() else { return };
        // one that the SELECT gives on under its name is both
        if beside.is_outermost && !output.is_said {
            self.push(ident, symbol, Role::Through, None);
            self.plain(ident, SqlSymbol::Output(output.name.clone()));
        } else {
            self.plain(ident, symbol);
        }
    }

    /// A column without a table before it; answers what it stands for.
    pub(super) fn column(&mut self, ident: &Ident, scope: &Scope<'_>) -> Vec<SqlSymbol> {
        let Some(meant) = scope.column(&read(ident)) else { return Vec::new() };
        for symbol in &meant.symbols {
            let seen = Seen { table: meant.table.clone(), columns: meant.columns.clone() };
            self.push(ident, symbol.clone(), Role::Plain, Some(seen));
        }
        meant.symbols
    }

    /// `table.column`, or a part of a column; answers what it stands for where it is a column as a whole.
    pub(super) fn path(&mut self, parts: &[Ident], scope: &Scope<'_>) -> Option<SqlSymbol> {
        let [first, rest @ ..] = parts else { return None };
        let Some(table) = scope.table(&read(first)) else {
            self.column(first, scope);
            return None;
        };
        if let Some(symbol) = table.symbol.clone() {
            self.plain(first, symbol);
        }
        let [column, parts @ ..] = rest else { return None };
        let name = read(column);
        let symbol = table.columns.iter().find(|known| known.name == name)?.symbol.clone()?;
        self.plain(column, symbol.clone());
        parts.is_empty().then_some(symbol)
    }
}

struct Walk<'w, 't, 's> {
    names: &'w mut Names<'t>,
    scope: &'w Scope<'s>,
    beside: Beside<'w>,
    /// How many queries are around.
    depth: usize,
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.names.query(query, self.scope, false);
        }
        self.depth += 1;
        Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            _ if self.depth > 0 => {}
            Expr::Identifier(ident) => self.names.name(ident, self.scope, &self.beside),
            Expr::CompoundIdentifier(parts) => {
                self.names.path(parts, self.scope);
            }
            _ => {}
        }
        Continue(())
    }
}
