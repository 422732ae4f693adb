//! From `create table` to contracts.

use std::collections::BTreeMap;

use mlp_plan::{Column, Constraint, Contract, DataType, Reference};
use sqlparser::{
    ast::{self, ColumnOption, CommentObject, Expr, Ident, IndexColumn, SqlOption, Statement, TableConstraint},
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::{Token, Tokenizer},
};

use super::{Dialect, checks, types};
use crate::{
    Imported,
    fault::Fault,
    mlp::tidy_doc,
    names,
    note::{Note, Outcome, Thing},
};

/// The contracts of the tables of a script.
pub(crate) fn import(text: &str, dialect: Dialect) -> Result<Imported, Fault> {
    let statements = statements(text, dialect).map_err(|error| malformed(&error, dialect))?;
    let mut reader = Reader { dialect, contracts: Vec::new(), notes: Vec::new(), tables: BTreeMap::new() };
    for statement in &statements {
        reader.statement(statement)?;
    }
    if reader.contracts.is_empty() {
        return Err(Fault::new(
            "there is no `create table` in this file, so that there is nothing to import",
            "say with --from which format it has",
        ));
    }
    Ok(Imported { contracts: reader.contracts, notes: reader.notes })
}

/// The statements of a script. The parser knows `comment on` in PostgreSQL alone, though DuckDB has it as well.
fn statements(text: &str, dialect: Dialect) -> Result<Vec<Statement>, ParserError> {
    let tokens = Tokenizer::new(dialect.grammar(), text).tokenize_with_location()?;
    let mut statements = Vec::new();
    for part in tokens.split(|token| token.token == Token::SemiColon) {
        let mut words = part.iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
        let Some(first) = words.next() else { continue };
        let comment = matches!(&first.token, Token::Word(word) if word.keyword == Keyword::COMMENT);
        let grammar = if comment { Dialect::PostgreSql } else { dialect }.grammar();
        let mut parser = Parser::new(grammar).with_tokens_with_locations(part.to_vec());
        statements.push(parser.parse_statement()?);
        let rest = parser.peek_token();
        if rest.token != Token::EOF {
            let place = rest.span.start;
            let what = format!("unexpected {} at Line: {}, Column: {}", rest.token, place.line, place.column);
            return Err(ParserError::ParserError(what));
        }
    }
    Ok(statements)
}

fn malformed(error: &ParserError, dialect: Dialect) -> Fault {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "nested too deep".to_owned(),
    };
    let line = text.rsplit_once("at Line: ").and_then(|(_, place)| place.split(',').next()?.trim().parse().ok());
    let said = text.rsplit_once(" at Line: ").map_or(text.as_str(), |(said, _)| said);
    let help = "say with --from which dialect it is: postgresql, snowflake, bigquery or duckdb";
    let fault = Fault::new(format!("this is not SQL of {}: {said}", dialect.name()), help);
    match line {
        Some(line) => fault.on(line),
        None => fault,
    }
}

struct Reader {
    dialect: Dialect,
    contracts: Vec<Contract>,
    notes: Vec<Note>,
    /// The contract of each table, by its name.
    tables: BTreeMap<String, usize>,
}

fn last(name: &ast::ObjectName) -> String {
    name.0.last().and_then(|part| part.as_ident()).map_or_else(|| name.to_string(), |ident| ident.value.clone())
}

fn listed(columns: &[IndexColumn]) -> Option<Vec<String>> {
    let one = |column: &IndexColumn| match &column.column.expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        _ => None,
    };
    columns.iter().map(one).collect()
}

fn idents(columns: &[Ident]) -> Vec<String> {
    columns.iter().map(|column| column.value.clone()).collect()
}

impl Reader {
    fn lost(&mut self, thing: Thing, at: &str, what: impl Into<String>) {
        self.notes.push(Note::new(Outcome::Lost, thing, at, what));
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Fault> {
        match statement {
            Statement::CreateTable(table) if !table.columns.is_empty() => self.table(table),
            Statement::Comment { object_type: CommentObject::Table, object_name, comment, .. } => {
                let doc = comment.as_deref().and_then(tidy_doc);
                match self.tables.get(&last(object_name)).and_then(|at| self.contracts.get_mut(*at)) {
                    Some(contract) => contract.doc = doc,
                    None => self.lost(Thing::Doc, "", statement.to_string()),
                }
                Ok(())
            }
            Statement::Comment { object_type: CommentObject::Column, object_name, comment, .. } => {
                let parts: Vec<String> =
                    object_name.0.iter().filter_map(|part| part.as_ident()).map(|part| part.value.clone()).collect();
                let found = match parts.as_slice() {
                    [.., table, column] => self
                        .tables
                        .get(table)
                        .and_then(|at| self.contracts.get_mut(*at))
                        .and_then(|contract| contract.columns.iter_mut().find(|known| known.name == *column)),
                    _ => None,
                };
                match found {
                    Some(column) => column.doc = comment.as_deref().and_then(tidy_doc),
                    None => self.lost(Thing::Doc, "", statement.to_string()),
                }
                Ok(())
            }
            other => {
                self.lost(Thing::Foreign, "", other.to_string());
                Ok(())
            }
        }
    }

    fn table(&mut self, table: &ast::CreateTable) -> Result<(), Fault> {
        let name = last(&table.name);
        let mut contract = Contract { name: names::contract(&name), ..Contract::default() };
        for column in &table.columns {
            let made = self.column(&contract, column)?;
            contract.columns.push(made);
        }
        for column in &table.columns {
            for option in &column.options {
                self.option(&mut contract, &column.name.value, &option.option)?;
            }
        }
        for constraint in &table.constraints {
            self.constraint(&mut contract, constraint);
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
        self.tables.insert(name, self.contracts.len());
        self.contracts.push(contract);
        Ok(())
    }

    fn column(&mut self, contract: &Contract, column: &ast::ColumnDef) -> Result<Column, Fault> {
        let line = usize::try_from(column.name.span.start.line).unwrap_or(0);
        let fault = |fault: Fault| fault.at(format!("{}.{}", contract.name, column.name.value)).on(line);
        let name = names::column(&column.name.value).map_err(fault)?;
        let Some(value) = types::read(&column.data_type, self.dialect) else {
            let what = format!("the type `{}` is none that is known of {}", column.data_type, self.dialect.name());
            return Err(fault(Fault::new(
                what,
                "use a type of the table in docs/reference/formats.md, or another --from",
            )));
        };
        if matches!(value.data, DataType::Decimal { .. }) && !column.data_type.to_string().contains('(') {
            let at = format!("{}.{name}", contract.name);
            self.notes.push(Note::new(
                Outcome::Chosen,
                Thing::Type,
                at,
                format!("{} for {}", value.data, column.data_type),
            ));
        }
        let mut column = Column::plain(name, value);
        column.value.nullable = true;
        Ok(column)
    }

    fn option(&mut self, contract: &mut Contract, name: &str, option: &ColumnOption) -> Result<(), Fault> {
        let at = format!("{}.{name}", contract.name);
        let types: BTreeMap<String, DataType> =
            contract.columns.iter().map(|column| (column.name.clone(), column.value.data.clone())).collect();
        let Some(column) = contract.columns.iter_mut().find(|column| column.name == name) else { return Ok(()) };
        match option {
            ColumnOption::Null => {}
            ColumnOption::NotNull => column.value.nullable = false,
            ColumnOption::Default(expr) => match checks::literal_of(expr, &column.value.data) {
                Some(default) => column.default = Some(default),
                None => self.lost(Thing::Default, &at, format!("default {expr}")),
            },
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
        Ok(())
    }

    /// A foreign key; what happens to rows when the other table changes is no matter of a contract.
    fn foreign(&mut self, contract: &mut Contract, key: &ast::ForeignKeyConstraint, from: Vec<String>) {
        let to = idents(&key.referred_columns);
        if to.len() == from.len() {
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

    fn constraint(&mut self, contract: &mut Contract, constraint: &TableConstraint) {
        match constraint {
            TableConstraint::PrimaryKey(key) => match listed(&key.columns) {
                Some(columns) => contract.keys.push(columns),
                None => self.lost(Thing::Key, &contract.name, constraint.to_string()),
            },
            TableConstraint::Unique(unique) => match listed(&unique.columns) {
                Some(columns) => contract.uniques.push(columns),
                None => self.lost(Thing::Unique, &contract.name, constraint.to_string()),
            },
            TableConstraint::ForeignKey(key) => self.foreign(contract, key, idents(&key.columns)),
            TableConstraint::Check(check) => {
                let types: BTreeMap<String, DataType> =
                    contract.columns.iter().map(|column| (column.name.clone(), column.value.data.clone())).collect();
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
