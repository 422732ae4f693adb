//! What names in the SQL of a stage stand for in the program.

use std::sync::Arc;

use mlp_ports::{SqlChecker, SqlInput, SqlName, SqlSymbol};
use mlp_source::Span;

use super::SqlPlace;
use crate::{contracts::Shared, occurrences::Symbol, program::DeclId};

/// The SQL of a stage, for who goes on to ask about it.
#[derive(Clone, Debug)]
pub struct StageSql {
    /// The stage.
    pub stage: DeclId,
    /// What it says.
    pub text: Arc<str>,
    /// Where it is written.
    pub place: SqlPlace,
    /// The tables that it reads.
    pub inputs: Vec<StageTable>,
    /// What it has to give.
    pub output: Shared,
}

/// A table that an SQL reads.
#[derive(Clone, Debug)]
pub struct StageTable {
    /// Its name: the stage's parameter.
    pub name: String,
    /// Where that is declared.
    pub span: Span,
    /// What it holds.
    pub contract: Shared,
}

impl StageSql {
    /// The tables as the checker of the SQL knows them.
    #[must_use]
    pub fn tables(&self) -> Vec<SqlInput<'_>> {
        self.inputs.iter().map(|input| SqlInput { name: &input.name, columns: &input.contract.face.columns }).collect()
    }

    /// The names in it with their places, and what they stand for.
    #[must_use]
    pub fn names(&self, sql: &dyn SqlChecker) -> Vec<(Span, Symbol)> {
        let names = sql.names(&self.text, &self.tables());
        let meant =
            names.iter().filter_map(|name| Some((self.place.span(name.at), self.symbol(&name.symbol, &names)?)));
        meant.collect()
    }

    /// What of the SQL stands for something of the program that has a name.
    pub fn standing_for(&self, sql: &dyn SqlChecker, name: &str, is: impl Fn(&Symbol) -> bool) -> Vec<SqlSymbol> {
        let names = sql.names(&self.text, &self.tables());
        let table = |(number, table): (usize, &StageTable)| (table.name == name).then_some(SqlSymbol::Table(number));
        let column = |(number, table): (usize, &StageTable)| {
            let at = table.contract.face.columns.iter().position(|column| column.name == name)?;
            Some(SqlSymbol::Column(number, at))
        };
        let all = || self.inputs.iter().enumerate();
        let own = names.iter().map(|name| &name.symbol).filter(|symbol| matches!(symbol, SqlSymbol::Own(_))).cloned();
        let named = all().filter_map(table).chain(all().filter_map(column)).chain([SqlSymbol::Output(name.to_owned())]);
        let mut found: Vec<SqlSymbol> = named.chain(own).collect();
        found.sort_unstable();
        found.dedup();
        found.retain(|symbol| self.symbol(symbol, &names).is_some_and(|symbol| is(&symbol)));
        found
    }

    fn symbol(&self, symbol: &SqlSymbol, names: &[SqlName]) -> Option<Symbol> {
        match symbol {
            SqlSymbol::Table(number) => Some(Symbol::Local(self.inputs.get(*number)?.span)),
            SqlSymbol::Column(number, column) => {
                let contract = &self.inputs.get(*number)?.contract;
                Some(Symbol::Column(contract.columns.get(*column)?.name))
            }
            SqlSymbol::Output(name) => {
                let column = self.output.face.columns.iter().position(|column| column.name == *name)?;
                Some(Symbol::Column(self.output.columns.get(column)?.name))
            }
            SqlSymbol::Own(start) => {
                let declared = names.iter().find(|name| name.at.0 == *start)?;
                Some(Symbol::Local(self.place.span(declared.at)))
            }
        }
    }
}
