//! SQL DDL: `create table` of PostgreSQL, Snowflake, BigQuery and DuckDB, read by the parser that the engine for SQL stages has.

mod alter;
mod checks;
mod read;
mod script;
mod spelling;
mod types;
mod write;

use std::collections::BTreeMap;

use mlp_plan::{Column, Compatibility, Constraint, Contract, DataType, Expr, ValueType};
use sqlparser::{
    ast,
    dialect::{self, GenericDialect},
    parser::Parser,
};

pub(crate) use read::import;
pub(crate) use spelling::members;
pub(crate) use write::export;

use crate::{mlp::tidy_doc, names, rest::Voice, voice::first_of_each};
use spelling::Reading;

/// A dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    PostgreSql,
    /// Snowflake.
    Snowflake,
    /// BigQuery.
    BigQuery,
    /// DuckDB.
    DuckDb,
}

impl Dialect {
    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::Snowflake => "Snowflake",
            Self::BigQuery => "BigQuery",
            Self::DuckDb => "DuckDB",
        }
    }

    fn grammar(self) -> &'static dyn dialect::Dialect {
        match self {
            Self::PostgreSql => &dialect::PostgreSqlDialect {},
            Self::Snowflake => &dialect::SnowflakeDialect,
            Self::BigQuery => &dialect::BigQueryDialect,
            Self::DuckDb => &dialect::DuckDbDialect {},
        }
    }

    /// Whether tables have `check`.
    const fn has_checks(self) -> bool {
        matches!(self, Self::PostgreSql | Self::DuckDb)
    }

    /// A name, always quoted: so it keeps its case, and is no word of SQL.
    fn name_of(self, name: &str) -> String {
        match self {
            Self::BigQuery => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A text. Two of the four read backslashes.
    fn text(self, text: &str) -> String {
        match self {
            Self::PostgreSql | Self::DuckDb => format!("'{}'", text.replace('\'', "''")),
            Self::Snowflake => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::BigQuery => {
                let escaped = text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r");
                format!("'{escaped}'")
            }
        }
    }

    /// Whether a text comes back from this dialect's quotes: none holds the character 0.
    fn holds(text: &str) -> bool {
        !text.contains('\0')
    }
}

/// A type as it is spelled somewhere.
pub(crate) struct Spelled {
    /// The nearest type of the language, with the longest text that the spelling allows.
    pub value: ValueType,
    /// What the language does not say of it, in words.
    pub lost: Vec<String>,
    /// Whether it is a type that is known; text was taken for another.
    pub known: bool,
}

/// A type as a dialect or its neighbours spell it (`VARCHAR(10)`, `timestamp with time zone`); `None` of what is no type at all.
pub(crate) fn spelled(text: &str, dialect: Dialect) -> Option<Spelled> {
    let parsed = parsed_type(text, dialect.grammar()).or_else(|| parsed_type(text, &GenericDialect {}))?;
    Some(Spelled::of(&parsed, dialect))
}

/// The known type that a dialect itself spells so.
pub(crate) fn value_of_text(text: &str, dialect: Dialect) -> Option<ValueType> {
    let spelled = Spelled::of(&parsed_type(text, dialect.grammar())?, dialect);
    spelled.known.then_some(spelled.value)
}

impl Spelled {
    fn of(parsed: &ast::DataType, dialect: Dialect) -> Self {
        let declared = BTreeMap::new();
        let mut reading = Reading::new(dialect, &declared);
        let value = reading.read(parsed);
        Self { value, lost: reading.lost, known: !reading.unknown }
    }
}

fn parsed_type(text: &str, grammar: &dyn dialect::Dialect) -> Option<ast::DataType> {
    let mut parser = Parser::new(grammar).try_with_sql(text).ok()?;
    let parsed = parser.parse_data_type().ok()?;
    (parser.peek_token().token == sqlparser::tokenizer::Token::EOF).then_some(parsed)
}

/// A type as a dialect spells the nearest that it has.
pub(crate) fn type_text(data: &DataType, dialect: Dialect) -> String {
    types::written(data, dialect)
}

/// What a dialect says by itself: what reads back from what is written.
pub(crate) struct Sql(pub Dialect);

impl Sql {
    fn data(&self, data: &DataType) -> DataType {
        let dialect = self.0;
        let shallow =
            value_of_text(&types::written(data, dialect), dialect).map_or(DataType::String, |value| value.data);
        // what is inside is looked at on its own
        match (shallow, data) {
            (DataType::List(_), DataType::List(element) | DataType::Vector { element, .. }) => {
                DataType::List(element.clone())
            }
            (DataType::Map(..), DataType::Map(..))
            | (DataType::Struct(_), DataType::Struct(_))
            | (DataType::Vector { .. }, DataType::Vector { .. }) => data.clone(),
            (other, _) => other,
        }
    }

    fn constraints(&self, value: &ValueType, heard: &DataType) -> Vec<Constraint> {
        let kind = |constraint: &Constraint| match constraint {
            Constraint::Unique => (self.0 != Dialect::BigQuery).then_some(0),
            Constraint::Length { min: 0, max: Some(_) } if value.data == DataType::String => Some(1),
            Constraint::Length { .. } if value.data == DataType::String => self.checked(constraint, heard).then_some(1),
            _ => None,
        };
        let mut said = first_of_each(&value.constraints, kind);
        let checked = |constraint: &&Constraint| {
            !matches!(constraint, Constraint::Unique | Constraint::Length { .. }) && self.checked(constraint, heard)
        };
        said.extend(value.constraints.iter().filter(checked).cloned());
        said
    }

    /// Whether a constraint reads back from the check that is written for it.
    fn checked(&self, constraint: &Constraint, heard: &DataType) -> bool {
        let Some(text) = checks::written(constraint, "x", self.0) else { return false };
        let Ok(expr) = Parser::new(self.0.grammar()).try_with_sql(&text).and_then(|mut parser| parser.parse_expr())
        else {
            return false;
        };
        // what compares two columns holds no literal that would need the other's type
        let of_columns = |expr: &Expr| matches!(expr, Expr::This | Expr::Column(_));
        let two = matches!(constraint, Constraint::Where(Expr::Compare(_, a, b)) if of_columns(a) && of_columns(b));
        let column = |name: &str| (two || name == "x").then_some(heard);
        checks::read(&expr, Some("x"), &column).as_ref() == Some(constraint)
    }
}

impl Voice for Sql {
    fn value(&self, value: &ValueType) -> ValueType {
        let data = self.data(&value.data);
        let mut constraints = self.constraints(value, &data);
        // an enum that is text there is checked as a set
        if let (DataType::Enum { members, open: false }, DataType::String) = (&value.data, &data)
            && self.0.has_checks()
        {
            constraints.push(Constraint::OneOf(members.iter().cloned().map(mlp_plan::Literal::Text).collect()));
        }
        ValueType { data, nullable: value.nullable, unit: None, constraints }
    }

    fn inner(&self, value: &ValueType) -> ValueType {
        ValueType { data: self.data(&value.data), nullable: true, unit: None, constraints: Vec::new() }
    }

    fn column(&self, column: &Column) -> Column {
        Column {
            doc: column.doc.clone().filter(|doc| is_comment(doc) && !self.swallows_options(column)),
            default: column.default.clone().filter(|default| {
                checks::literal(default, self.0).is_some() && self.default_reads_back(column, default)
            }),
            ..Column::plain(column.name.as_str(), column.value.clone())
        }
    }

    fn contract(&self, contract: &Contract) -> Contract {
        let uniques = if self.0 == Dialect::BigQuery { Vec::new() } else { contract.uniques.clone() };
        Contract {
            name: names::contract(&contract.name),
            doc: contract.doc.clone().filter(|doc| is_comment(doc)),
            compatibility: Compatibility::None,
            keys: contract.keys.iter().take(1).cloned().collect(),
            uniques,
            references: contract.references.clone(),
            ..Contract::default()
        }
    }
}

impl Sql {
    /// Whether the parser takes what follows the column for a part of its type: so it does behind the two brackets that close a list in a struct.
    fn swallows_options(&self, column: &Column) -> bool {
        self.0 == Dialect::BigQuery && types::written(&column.value.data, self.0).ends_with(">>")
    }

    fn default_reads_back(&self, column: &Column, default: &mlp_plan::Literal) -> bool {
        let heard = self.data(&column.value.data);
        let Some(text) = checks::literal(default, self.0) else { return false };
        let parsed = Parser::new(self.0.grammar()).try_with_sql(&text).and_then(|mut parser| parser.parse_expr());
        parsed.is_ok_and(|expr| checks::literal_of(&expr, &heard).as_ref() == Some(default))
    }
}

fn is_comment(doc: &str) -> bool {
    tidy_doc(doc).as_deref() == Some(doc) && Dialect::holds(doc)
}
