//! `docs/reference/types.md` says what the code does.

use crate::common::*;
use mlp_engine::table::arrow_type;
use mlp_plan::{DataType, StructField, TimeUnit, ValueType};

fn all() -> Vec<DataType> {
    let value = |data: DataType| Box::new(ValueType::plain(data));
    let at = |unit: TimeUnit| DataType::Timestamp { unit, naive: false };
    let field = StructField { name: "a".to_owned(), value: ValueType::plain(DataType::Int(32)), default: None };
    vec![
        DataType::Bool,
        DataType::Int(8),
        DataType::Int(16),
        DataType::Int(32),
        DataType::Int(64),
        DataType::Uint(8),
        DataType::Uint(16),
        DataType::Uint(32),
        DataType::Uint(64),
        DataType::Float(32),
        DataType::Float(64),
        DataType::Decimal { precision: 12, scale: 2 },
        DataType::String,
        DataType::Bytes,
        DataType::Uuid,
        DataType::Date,
        DataType::Time,
        timestamp(),
        at(TimeUnit::Ms),
        at(TimeUnit::Ns),
        DataType::Timestamp { unit: TimeUnit::Us, naive: true },
        DataType::Duration,
        DataType::Json,
        DataType::Enum { members: vec!["A".to_owned(), "B".to_owned()], open: false },
        DataType::List(value(DataType::Int(32))),
        DataType::Map(value(DataType::String), value(DataType::Int(32))),
        DataType::Struct(vec![field]),
        DataType::Vector { element: value(DataType::Float(32)), length: 768 },
    ]
}

#[test]
fn the_table_of_types_is_the_code() {
    let page = include_str!("../../../../docs/reference/types.md");
    let told: Vec<(&str, &str)> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            (cells[1].trim_matches('`'), cells[2])
        })
        .collect();
    let known: Vec<(String, String)> =
        all().iter().map(|data| (data.to_string(), arrow_type(data).to_string())).collect();
    let known: Vec<(&str, &str)> = known.iter().map(|(data, arrow)| (data.as_str(), arrow.as_str())).collect();
    assert_eq!(told, known);
}
