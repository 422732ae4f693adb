//! A contract as the checker knows it: the plan's contract without places, and beside it where each part stands.

use std::sync::Arc;

use mlp_plan::{Column, Constraint, Contract};
use mlp_source::Span;

/// A contract with its places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContractInfo {
    /// What it says, without places.
    pub face: Contract,
    /// Where it is declared: its name, or the expression.
    pub span: Span,
    /// For each column its places, in the order of the columns.
    pub columns: Vec<ColumnSpans>,
    /// Where each key, unique set, reference and expectation stands.
    pub rules: RuleSpans,
    /// Whether lines of it were broken or unknown: what is missing may have stood there, so nothing is said about missing columns.
    pub partial: bool,
}

/// Where the parts of a column stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnSpans {
    /// Its name.
    pub name: Span,
    /// Its type, where it is written down.
    pub ty: Option<Span>,
    /// Each of its constraints.
    pub constraints: Vec<Span>,
}

/// Where the rules of a contract stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSpans {
    /// Keys.
    pub keys: Vec<Span>,
    /// Sets of unique columns.
    pub uniques: Vec<Span>,
    /// Foreign keys.
    pub references: Vec<Span>,
    /// Rules over the data set.
    pub expectations: Vec<Span>,
    /// Breaks that were decided on.
    pub accepts: Vec<Span>,
    /// Settings, by name.
    pub settings: Vec<(String, Span)>,
}

/// A contract that several places share.
pub type Shared = Arc<ContractInfo>;

impl ContractInfo {
    /// What stands for a contract that could not be made out: everything about it is silent.
    #[must_use]
    pub fn broken(name: &str, span: Span) -> Shared {
        Arc::new(Self {
            face: Contract { name: name.to_owned(), ..Contract::default() },
            span,
            partial: true,
            ..Self::default()
        })
    }

    /// Where a column stands; the contract, where it has no such column.
    #[must_use]
    pub fn column_span(&self, name: &str) -> Span {
        self.face
            .columns
            .iter()
            .zip(&self.columns)
            .find(|(column, _)| column.name == name)
            .map_or(self.span, |(_, spans)| spans.name)
    }

    /// Where the type of a column stands, where it is written down.
    #[must_use]
    pub fn type_span(&self, name: &str) -> Option<Span> {
        let index = self.face.columns.iter().position(|column| column.name == name)?;
        self.columns.get(index)?.ty
    }

    /// Where a constraint of a column stands; the column, where there is none.
    #[must_use]
    pub fn constraint_span(&self, name: &str, index: usize) -> Span {
        let spans =
            self.face.columns.iter().zip(&self.columns).find(|(column, _)| column.name == name).map(|(_, spans)| spans);
        spans.and_then(|spans| spans.constraints.get(index)).copied().unwrap_or_else(|| self.column_span(name))
    }

    /// Adds a column, or replaces the one of its name where it stands; its index.
    pub fn put(&mut self, column: Column, spans: ColumnSpans) -> usize {
        let Some(index) = self.face.columns.iter().position(|have| have.name == column.name) else {
            return self.add(column, spans);
        };
        if let (Some(have), Some(places)) = (self.face.columns.get_mut(index), self.columns.get_mut(index)) {
            *have = column;
            *places = spans;
        }
        index
    }

    /// Adds a column of a new name; its index.
    pub fn add(&mut self, column: Column, spans: ColumnSpans) -> usize {
        self.face.columns.push(column);
        self.columns.push(spans);
        self.columns.len() - 1
    }

    /// Keeps the columns that `keep` accepts, with the row rules whose columns all remain.
    pub fn retain(&mut self, keep: impl Fn(&Column) -> bool) {
        let kept: Vec<bool> = self.face.columns.iter().map(&keep).collect();
        let mut flags = kept.iter();
        self.face.columns.retain(|_| flags.next().copied().unwrap_or(true));
        let mut flags = kept.iter();
        self.columns.retain(|_| flags.next().copied().unwrap_or(true));
        self.forget_dangling();
    }

    /// Drops row rules that speak of columns that are gone.
    fn forget_dangling(&mut self) {
        let names: Vec<String> = self.face.columns.iter().map(|column| column.name.clone()).collect();
        let all = |columns: &[String]| columns.iter().all(|column| names.contains(column));
        keep_both(&mut self.face.keys, &mut self.rules.keys, |key| all(key));
        keep_both(&mut self.face.uniques, &mut self.rules.uniques, |columns| all(columns));
        for (column, spans) in self.face.columns.iter_mut().zip(&mut self.columns) {
            keep_both(&mut column.value.constraints, &mut spans.constraints, |constraint| match constraint {
                Constraint::Where(expr) => {
                    expr.columns().iter().all(|path| names.iter().any(|name| path.split('.').next() == Some(name)))
                }
                _ => true,
            });
        }
    }

    /// Drops what algebra does not keep: rules over the data set, the owner, the version.
    pub fn forget_identity(&mut self) {
        self.face.declared = None;
        self.face.accepts.clear();
        self.rules.accepts.clear();
        self.rules.settings.clear();
        self.face.owner = None;
        self.face.version = None;
        self.face.doc = None;
        self.face.compatibility = mlp_plan::Compatibility::None;
        self.face.expectations.clear();
        self.face.references.clear();
        self.rules.expectations.clear();
        self.rules.references.clear();
    }
}

fn keep_both<T>(values: &mut Vec<T>, spans: &mut Vec<Span>, keep: impl Fn(&T) -> bool) {
    let kept: Vec<bool> = values.iter().map(keep).collect();
    let mut flags = kept.iter();
    values.retain(|_| flags.next().copied().unwrap_or(true));
    let mut flags = kept.iter();
    spans.retain(|_| flags.next().copied().unwrap_or(true));
}
