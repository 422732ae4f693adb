//! From `create table` to contracts.

use std::collections::BTreeMap;

use mlp_plan::{Column, Constraint, Contract, DataType, Reference, ValueType};
use sqlparser::ast::{
    self, ColumnOption, CommentObject, Expr, Ident, IndexColumn, SqlOption, Statement, TableConstraint,
};

use super::{
    Dialect, checks,
    script::{self, Cut, What},
    spelling::{Declared, Reading, key},
};
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
};

/// The contracts of the tables of a script.
pub(crate) fn import(text: &str, dialect: Dialect) -> Result<Imported, Fault> {
    let mut notes = Vec::new();
    let said = script::statements(text, dialect, &mut notes)?;
    let mut reader = Reader {
        dialect,
        contracts: Vec::new(),
        notes,
        tables: Vec::new(),
        declared: BTreeMap::new(),
        passed: BTreeMap::new(),
    };
    let mut unread = None;
    for each in said {
        let line = each.line;
        match each.what {
            What::Unread(text, fault) => {
                unread = unread.or(Some(fault));
                reader.pass(&text, line);
            }
            What::Statement(statement, cuts) => reader.statement(&statement, cuts, line),
            What::Required(domain) => reader.declare(&domain, true, line),
            What::Alias(name, spelled) => reader.alias(&name, &spelled),
            What::Other(text) => reader.pass(&text, line),
        }
    }
    reader.implied();
    reader.passed();
    if reader.contracts.is_empty() {
        let what = "there is no `create table` with columns in this file, so that there is nothing to import";
        return Err(unread.unwrap_or_else(|| Fault::new(what, "").or_another_format()));
    }
    Ok(Imported { contracts: reader.contracts, notes: reader.notes })
}

/// From statements to contracts, one after the other.
pub(super) struct Reader {
    pub dialect: Dialect,
    pub contracts: Vec<Contract>,
    pub notes: Vec<Note>,
    /// The name of the table of each contract, in small letters, its parts apart.
    tables: Vec<Vec<String>>,
    /// The types that the script declares.
    pub declared: BTreeMap<String, Declared>,
    /// Statements of a kind that comes in numbers: the first, its line, and how many more.
    passed: BTreeMap<&'static str, (usize, String, usize)>,
}

/// Kinds of statements that say nothing of any table's form, and that dumps have by the hundred.
const IN_NUMBERS: [&str; 7] = ["SET", "SELECT", "INSERT", "GRANT", "REVOKE", "COPY", "OWNER TO"];

/// The last part of a name.
pub(super) fn last(name: &ast::ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), |ident| ident.value.clone())
}

fn parts(name: &ast::ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.to_lowercase()).collect()
}

pub(super) fn listed(columns: &[IndexColumn]) -> Option<Vec<String>> {
    let one = |column: &IndexColumn| match &column.column.expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        _ => None,
    };
    columns.iter().map(one).collect()
}

fn idents(columns: &[Ident]) -> Vec<String> {
    columns.iter().map(|column| column.value.clone()).collect()
}

/// Names as the columns of a contract have them: SQL does not tell capitals apart.
fn as_columns(names: Vec<String>, contract: &Contract) -> Vec<String> {
    let one = |name: String| {
        let known = || contract.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name));
        if contract.column(&name).is_some() { name } else { known().map_or(name.clone(), |column| column.name.clone()) }
    };
    names.into_iter().map(one).collect()
}

impl Reader {
    pub(super) fn lost(&mut self, thing: Thing, at: &str, what: impl Into<String>) {
        self.notes.push(Note::new(Outcome::Lost, thing, at, what));
    }

    /// Passes over a statement.
    pub(super) fn pass(&mut self, text: &str, line: usize) {
        let kind = IN_NUMBERS.into_iter().find(|kind| {
            text.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
                || text.contains(" OWNER TO ") && *kind == "OWNER TO"
        });
        match kind {
            Some(kind) => {
                self.passed.entry(kind).and_modify(|(_, _, more)| *more += 1).or_insert((line, text.to_owned(), 0));
            }
            None => self.lost(Thing::Foreign, &format!("line {line}"), text),
        }
    }

    /// One note for each kind that comes in numbers.
    fn passed(&mut self) {
        for (kind, (line, text, more)) in std::mem::take(&mut self.passed) {
            let short: String = text.chars().take(120).collect();
            let what = if more == 0 { text } else { format!("{short} (and {more} more of {kind})") };
            self.lost(Thing::Foreign, &format!("line {line}"), what);
        }
    }

    /// The contract of a table: by its whole name, or by the last part of it where that is enough.
    pub(super) fn find(&self, name: &[String]) -> Option<usize> {
        let exact = self.tables.iter().position(|known| known == name);
        exact.or_else(|| {
            let mut alike = self.tables.iter().enumerate().filter(|(_, known)| known.last() == name.last());
            match (alike.next(), alike.next()) {
                (Some((at, _)), None) => Some(at),
                _ => None,
            }
        })
    }

    /// Takes the contract of a table out of the list, to work on it; [`Self::put`] brings it back.
    pub(super) fn take(&mut self, name: &ast::ObjectName) -> Option<(usize, Contract)> {
        let at = self.find(&parts(name))?;
        Some((at, std::mem::take(self.contracts.get_mut(at)?)))
    }

    pub(super) fn put(&mut self, at: usize, contract: Contract) {
        if let Some(place) = self.contracts.get_mut(at) {
            *place = contract;
        }
    }

    fn statement(&mut self, statement: &Statement, cuts: Vec<Cut>, line: usize) {
        match statement {
            Statement::CreateTable(table) if has_columns(table) => self.table(table, cuts),
            Statement::AlterTable(table) => self.alter(table, line),
            Statement::CreateIndex(index) => self.index(index, line),
            Statement::CreateType { .. } | Statement::CreateDomain(_) => self.declare(statement, false, line),
            Statement::Comment { object_type, object_name, comment, .. } => {
                if !self.comment(*object_type, object_name, comment.as_deref().and_then(tidy_doc)) {
                    self.lost(Thing::Doc, &format!("line {line}"), statement.to_string());
                }
            }
            other => self.pass(&other.to_string(), line),
        }
    }

    /// Docs of a table or a column; `false` of what is not there.
    fn comment(&mut self, of: CommentObject, name: &ast::ObjectName, doc: Option<String>) -> bool {
        let parts = parts(name);
        let table = match (of, parts.split_last()) {
            (CommentObject::Table, _) => parts.as_slice(),
            (CommentObject::Column, Some((_, table))) => table,
            _ => return false,
        };
        let Some(contract) = self.find(table).and_then(|at| self.contracts.get_mut(at)) else { return false };
        if of == CommentObject::Table {
            contract.doc = doc;
            return true;
        }
        let name = as_columns(vec![last(name)], contract);
        let column = contract.columns.iter_mut().find(|column| name.contains(&column.name));
        column.map(|column| column.doc = doc).is_some()
    }

    fn table(&mut self, table: &ast::CreateTable, cuts: Vec<Cut>) {
        let mut contract = Contract { name: names::contract(&last(&table.name)), ..Contract::default() };
        for parent in table.inherits.iter().flatten() {
            match self.find(&parts(parent)).and_then(|at| self.contracts.get(at)) {
                Some(parent) => {
                    let own = |name: &str| table.columns.iter().any(|column| column.name.value == name);
                    contract.columns.extend(parent.columns.iter().filter(|column| !own(&column.name)).cloned());
                }
                None => self.lost(
                    Thing::Foreign,
                    &contract.name,
                    format!("inherits {parent}, which the file does not hold"),
                ),
            }
        }
        // a check may speak of columns that follow
        let placed: Vec<Option<String>> =
            table.columns.iter().map(|column| self.place(&mut contract, column)).collect();
        for (name, column) in placed.iter().zip(&table.columns) {
            self.options(&mut contract, name.as_deref(), column);
        }
        for constraint in &table.constraints {
            self.constraint(&mut contract, constraint);
        }
        for cut in cuts {
            match cut.column {
                Some(column) => {
                    let instead = if cut.is_type { ", which is not understood, read as string" } else { "" };
                    let at = format!("{}.{column}", contract.name);
                    self.lost(Thing::Foreign, &at, format!("{}{instead}", cut.text));
                }
                None => self.lost(Thing::Foreign, &contract.name, cut.text),
            }
        }
        if let Some(ast::CommentDef::WithEq(text) | ast::CommentDef::WithoutEq(text)) = &table.comment {
            contract.doc = tidy_doc(text);
        }
        self.table_options(&mut contract, &table.table_options);
        for (what, said) in [
            ("partition by", table.partition_by.as_ref().map(ToString::to_string)),
            ("cluster by", table.cluster_by.as_ref().map(ToString::to_string)),
            ("location", table.location.clone()),
        ] {
            if let Some(said) = said {
                self.lost(Thing::Foreign, &contract.name, format!("{what} {said}"));
            }
        }
        self.tables.push(parts(&table.name));
        self.contracts.push(contract);
    }

    /// A column with all that is said behind its type.
    pub(super) fn add(&mut self, contract: &mut Contract, column: &ast::ColumnDef) {
        let name = self.place(contract, column);
        self.options(contract, name.as_deref(), column);
    }

    /// A column with its type, and its name where it has one here.
    fn place(&mut self, contract: &mut Contract, column: &ast::ColumnDef) -> Option<String> {
        let at = format!("{}.{}", contract.name, column.name.value);
        let name = names::column(&column.name.value, &contract.name, &mut self.notes)?;
        let mut made = Column::plain(name.as_str(), self.value(&column.data_type, &at));
        made.value.nullable = true;
        if let Some(domain) = self.domain(&column.data_type) {
            made.value.nullable = !domain.required;
            made.default.clone_from(&domain.default);
        }
        contract.columns.push(made);
        Some(name)
    }

    fn options(&mut self, contract: &mut Contract, name: Option<&str>, column: &ast::ColumnDef) {
        let Some(name) = name else { return };
        for option in &column.options {
            self.option(contract, name, &option.option);
        }
    }

    /// The type of a column, and notes on what it says beyond those of the language.
    pub(super) fn value(&mut self, sql: &ast::DataType, at: &str) -> ValueType {
        let mut reading = Reading::new(self.dialect, &self.declared);
        let value = reading.read(sql);
        let lost = reading.lost;
        let digits = matches!(value.data, DataType::Decimal { .. }) && !sql.to_string().contains('(');
        if digits && lost.is_empty() && self.domain(sql).is_none() {
            self.notes.push(Note::new(Outcome::Chosen, Thing::Type, at, format!("{} for {sql}", value.data)));
        }
        for what in lost {
            self.lost(Thing::Type, at, what);
        }
        value
    }

    /// The declared type that a spelling names, if it is one.
    fn domain(&self, sql: &ast::DataType) -> Option<&Declared> {
        match sql {
            ast::DataType::Custom(name, _) => self.declared.get(&key(name)),
            _ => None,
        }
    }

    fn option(&mut self, contract: &mut Contract, name: &str, option: &ColumnOption) {
        let at = format!("{}.{name}", contract.name);
        let types = types_of(contract);
        let Some(column) = contract.columns.iter_mut().find(|column| column.name == name) else { return };
        match option {
            ColumnOption::Null => {}
            ColumnOption::NotNull => column.value.nullable = false,
            ColumnOption::Default(expr) => self.default(column, expr, &at),
            ColumnOption::PrimaryKey(_) => {
                column.value.nullable = false;
                contract.keys.push(vec![name.to_owned()]);
            }
            ColumnOption::Unique(_) => column.value.constraints.push(Constraint::Unique),
            ColumnOption::Check(check) => {
                let known = |name: &str| types.get(name);
                match checks::read(&check.expr, Some(name), &known) {
                    Some(constraint) => column.value.constraints.push(constraint),
                    None => self.lost(Thing::Constraint, &at, format!("check ({})", check.expr)),
                }
            }
            ColumnOption::ForeignKey(key) => self.foreign(contract, key, vec![name.to_owned()]),
            ColumnOption::Comment(text) => column.doc = tidy_doc(text),
            ColumnOption::Options(options) => {
                for option in options {
                    match described(option) {
                        Some(text) => column.doc = tidy_doc(&text),
                        None => self.lost(Thing::Foreign, &at, option.to_string()),
                    }
                }
            }
            other => self.lost(Thing::Foreign, &at, other.to_string()),
        }
    }

    pub(super) fn default(&mut self, column: &mut Column, expr: &Expr, at: &str) {
        match checks::literal_of(expr, &column.value.data) {
            Some(default) => column.default = Some(default),
            None => self.lost(Thing::Default, at, format!("default {expr}")),
        }
    }

    /// A foreign key; what happens to rows when the other table changes is no matter of a contract.
    fn foreign(&mut self, contract: &mut Contract, key: &ast::ForeignKeyConstraint, from: Vec<String>) {
        let to = idents(&key.referred_columns);
        if to.len() == from.len() || to.is_empty() {
            contract.references.push(Reference { contract: names::contract(&last(&key.foreign_table)), to, from });
        } else {
            self.lost(Thing::Reference, &contract.name, key.to_string());
        }
        for (when, action) in [("delete", &key.on_delete), ("update", &key.on_update)] {
            if let Some(action) = action {
                self.lost(Thing::Foreign, &contract.name, format!("on {when} {action}"));
            }
        }
    }

    /// A foreign key that names no columns is to the key of the other table.
    fn implied(&mut self) {
        let keys: Vec<(String, Option<Vec<String>>)> =
            self.contracts.iter().map(|contract| (contract.name.clone(), contract.keys.first().cloned())).collect();
        let mut contracts = std::mem::take(&mut self.contracts);
        for contract in &mut contracts {
            let at = contract.name.clone();
            contract.references.retain_mut(|reference| {
                if !reference.to.is_empty() {
                    return true;
                }
                let key = keys.iter().find(|(name, _)| *name == reference.contract).and_then(|(_, key)| key.clone());
                match key.filter(|key| key.len() == reference.from.len()) {
                    Some(key) => reference.to = key,
                    None => {
                        let what = format!(
                            "references {} from ({}), whose key the file does not say",
                            reference.contract,
                            reference.from.join(", ")
                        );
                        self.lost(Thing::Reference, &at, what);
                    }
                }
                !reference.to.is_empty()
            });
        }
        self.contracts = contracts;
    }

    pub(super) fn constraint(&mut self, contract: &mut Contract, constraint: &TableConstraint) {
        match constraint {
            TableConstraint::PrimaryKey(key) => match listed(&key.columns) {
                Some(columns) => contract.keys.push(as_columns(columns, contract)),
                None => self.lost(Thing::Key, &contract.name, constraint.to_string()),
            },
            TableConstraint::Unique(unique) => match listed(&unique.columns) {
                Some(columns) => contract.uniques.push(as_columns(columns, contract)),
                None => self.lost(Thing::Unique, &contract.name, constraint.to_string()),
            },
            TableConstraint::ForeignKey(key) => {
                self.foreign(contract, key, as_columns(idents(&key.columns), contract));
            }
            TableConstraint::Check(check) => {
                let types = types_of(contract);
                let text = check.expr.to_string();
                let first = contract.columns.iter().position(|column| {
                    let quoted = [self.dialect.name_of(&column.name), column.name.clone()];
                    text.split(|c: char| !(c.is_alphanumeric() || "_\"`".contains(c)))
                        .any(|word| quoted.contains(&word.to_owned()))
                });
                let known = |name: &str| types.get(name);
                let column = first.and_then(|at| contract.columns.get_mut(at));
                let read = column.as_ref().and_then(|column| checks::read(&check.expr, Some(&column.name), &known));
                match (column, read) {
                    (Some(column), Some(read)) => column.value.constraints.push(read),
                    _ => self.lost(Thing::Constraint, &contract.name, constraint.to_string()),
                }
            }
            other => self.lost(Thing::Foreign, &contract.name, other.to_string()),
        }
    }

    fn table_options(&mut self, contract: &mut Contract, options: &ast::CreateTableOptions) {
        let options = match options {
            ast::CreateTableOptions::None => return,
            ast::CreateTableOptions::With(options)
            | ast::CreateTableOptions::Options(options)
            | ast::CreateTableOptions::Plain(options)
            | ast::CreateTableOptions::TableProperties(options) => options,
        };
        for option in options {
            match described(option) {
                Some(text) => contract.doc = tidy_doc(&text),
                None => self.lost(Thing::Foreign, &contract.name, option.to_string()),
            }
        }
    }
}

/// Whether a table says its columns itself (it may have none), and is no copy, partition or result of a query.
const fn has_columns(table: &ast::CreateTable) -> bool {
    let elsewhere =
        table.query.is_some() || table.like.is_some() || table.clone.is_some() || table.partition_of.is_some();
    !table.columns.is_empty() || !elsewhere
}

fn types_of(contract: &Contract) -> BTreeMap<String, DataType> {
    contract.columns.iter().map(|column| (column.name.clone(), column.value.data.clone())).collect()
}

/// The text of `description = '..'` or `comment = '..'`.
fn described(option: &SqlOption) -> Option<String> {
    match option {
        SqlOption::KeyValue { key, value: Expr::Value(value) }
            if ["description", "comment"].contains(&key.value.to_lowercase().as_str()) =>
        {
            match &value.value {
                ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text) => Some(text.clone()),
                _ => None,
            }
        }
        SqlOption::Comment(ast::CommentDef::WithEq(text) | ast::CommentDef::WithoutEq(text)) => Some(text.clone()),
        _ => None,
    }
}
