//! Three contracts that the tests query, and how an answer is written down.
#![allow(dead_code, reason = "each test file uses its part")]

use std::fmt::Write as _;

use mlp_plan::{Column, Contract, DataType, StructField, TimeUnit, ValueType};
use mlp_ports::{SqlChecker as _, SqlColumn, SqlFault, SqlInput};
use mlp_sql::DataFusionChecker;

/// A column of a type; `?` at the end of the name makes it nullable.
pub fn column(name: &str, data: DataType) -> Column {
    let value = ValueType::plain(data);
    let (name, value) = match name.strip_suffix('?') {
        Some(name) => (name, value.or_null()),
        None => (name, value),
    };
    Column::plain(name, value)
}

/// A contract of columns.
pub fn contract(name: &str, columns: Vec<Column>) -> Contract {
    Contract { name: name.to_owned(), columns, ..Contract::default() }
}

pub fn choice(members: &[&str]) -> DataType {
    DataType::Enum { members: members.iter().map(|member| (*member).to_owned()).collect(), open: false }
}

pub const INSTANT: DataType = DataType::Timestamp { unit: TimeUnit::Us, naive: false };
pub const HOUR: DataType = DataType::Timestamp { unit: TimeUnit::Ms, naive: false };

pub fn flights() -> Contract {
    let field = |name: &str, value: ValueType| StructField { name: name.to_owned(), value, default: None };
    let float = || ValueType::plain(DataType::Float(64));
    contract(
        "Flight",
        vec![
            column("id", DataType::Int(64)),
            column("carrier", DataType::String),
            column("origin", choice(&["EWR", "JFK", "LGA"])),
            column("distance", DataType::Float(64)),
            column("delay?", DataType::Float(64)),
            column("at", INSTANT),
            column("hour", HOUR),
            column("day", DataType::Date),
            column("seats?", DataType::Int(32)),
            column("price", DataType::Decimal { precision: 12, scale: 2 }),
            column("tail?", DataType::String),
            column("code", DataType::Uuid),
            column("note?", DataType::Json),
            column("late", DataType::Bool),
            column("took", DataType::Duration),
            column("tags", DataType::List(Box::new(ValueType::plain(DataType::String)))),
            column(
                "embedding",
                DataType::Vector { element: Box::new(ValueType::plain(DataType::Float(32))), length: 3 },
            ),
            column(
                "place",
                DataType::Struct(vec![
                    field("lat", float()),
                    field("zone", ValueType::plain(choice(&["A", "B"]))),
                    field("alt", float().or_null()),
                ]),
            ),
        ],
    )
}

pub fn weather() -> Contract {
    contract(
        "Weather",
        vec![
            column("origin", choice(&["EWR", "JFK", "LGA"])),
            column("hour", HOUR),
            column("temp", DataType::Float(64)),
            column("wind?", DataType::Float(64)),
        ],
    )
}

pub fn planes() -> Contract {
    contract(
        "Plane",
        vec![column("tail", DataType::String), column("year?", DataType::Int(32)), column("seats", DataType::Int(32))],
    )
}

/// The answer to a SELECT over the three.
pub fn check(sql: &str) -> Result<Vec<SqlColumn>, SqlFault> {
    let (flights, weather, planes) = (flights(), weather(), planes());
    let inputs = [
        SqlInput { name: "flights", columns: &flights.columns },
        SqlInput { name: "weather", columns: &weather.columns },
        SqlInput { name: "planes", columns: &planes.columns },
    ];
    DataFusionChecker.check(sql, &inputs)
}

/// `name: type? = passes <- values if conditions`, one a line; the values of a column that is passed on are not repeated.
pub fn written(columns: &[SqlColumn]) -> String {
    let list = |columns: &[(String, String)]| {
        columns.iter().map(|(table, column)| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
    };
    let mut text = String::new();
    for column in columns {
        let _ = write!(text, "{}: {}{}", column.name, column.data, if column.nullable { "?" } else { "" });
        match &column.passes {
            Some(source) => {
                assert_eq!(
                    column.values.as_slice(),
                    std::slice::from_ref(source),
                    "what is passed on is its own value"
                );
                let _ = write!(text, " = {}.{}", source.0, source.1);
            }
            None if !column.values.is_empty() => {
                let _ = write!(text, " <- {}", list(&column.values));
            }
            None => {}
        }
        if !column.conditions.is_empty() {
            let _ = write!(text, " if {}", list(&column.conditions));
        }
        text.push('\n');
    }
    text
}
