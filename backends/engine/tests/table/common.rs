//! A contract of flights, and tables under it.

use std::{path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{Field, Fields, Schema},
};
use mlp_engine::table::{Delivery, Options, TableSource, all_rules, check_file};
use mlp_plan::{
    Column, CompareOp, Constraint, Contract, DataType, Expectation, Expr, Literal, Place, TimeUnit, ValueType,
};

/// 2013-01-01T05:00:00Z in µs.
pub const START: i64 = 1_357_016_400_000_000;

pub fn number(text: &str) -> Literal {
    Literal::Number(text.parse().unwrap())
}

pub fn column(name: &str, data: DataType, constraints: Vec<Constraint>) -> Column {
    Column::plain(name, ValueType { constraints, ..ValueType::plain(data) })
}

pub fn nullable(mut column: Column) -> Column {
    column.value.nullable = true;
    column
}

pub fn range(low: Option<&str>, high: Option<&str>) -> Constraint {
    Constraint::Range { low: low.map(number), high: high.map(number) }
}

pub fn length(exactly: u64) -> Constraint {
    Constraint::Length { min: exactly, max: Some(exactly) }
}

pub const fn timestamp() -> DataType {
    DataType::Timestamp { unit: TimeUnit::Us, naive: false }
}

pub fn call(function: &str, args: Vec<Expr>) -> Expr {
    Expr::Call { function: function.to_owned(), args }
}

pub fn col(name: &str) -> Expr {
    Expr::Column(name.to_owned())
}

pub fn compare(left: Expr, op: CompareOp, right: Literal) -> Expr {
    Expr::Compare(op, Box::new(left), Box::new(Expr::Literal(right)))
}

pub fn expectation(expr: Expr) -> Expectation {
    Expectation {
        warn: false,
        expr,
        message: None,
        place: Place { file: "flights.mlp".to_owned(), line: 30, column: 3 },
    }
}

/// The rows' part of `Flight` in the design.
pub fn flight() -> Contract {
    let origin = DataType::Enum { members: ["EWR", "JFK", "LGA"].map(str::to_owned).to_vec(), open: false };
    let mut tailnum =
        nullable(column("tailnum", DataType::String, vec![Constraint::Matches("[A-Z0-9]{5,6}".to_owned())]));
    tailnum.tags = vec!["internal".to_owned()];
    let mut contract = Contract {
        name: "Flight".to_owned(),
        columns: vec![
            column("time_hour", timestamp(), vec![]),
            column("carrier", DataType::String, vec![length(2)]),
            column("flight", DataType::Int(32), vec![range(Some("1"), None)]),
            tailnum,
            column("origin", origin, vec![]),
            column("dest", DataType::String, vec![length(3)]),
            column("distance", DataType::Float(64), vec![range(Some("0"), Some("5000"))]),
            nullable(column("arr_delay", DataType::Float(64), vec![])),
        ],
        keys: vec![["time_hour", "carrier", "flight", "origin"].map(str::to_owned).to_vec()],
        ..Contract::default()
    };
    let place = |line: u32, column: u32| Place { file: "flights.mlp".to_owned(), line, column };
    for (at, name) in contract.columns.iter().map(|column| column.name.clone()).enumerate().collect::<Vec<_>>() {
        contract.places.insert(name, place(10 + u32::try_from(at).unwrap(), 3));
    }
    contract.places.insert(String::new(), place(5, 1));
    contract.places.insert("distance#in".to_owned(), place(16, 34));
    contract.places.insert("#key".to_owned(), place(20, 3));
    contract
}

/// `rows` flights that keep the contract.
pub fn flights(rows: usize) -> RecordBatch {
    let numbers: Vec<i32> = (0..rows).map(|row| i32::try_from(row).unwrap()).collect();
    let text = |values: &[&str]| -> ArrayRef {
        Arc::new((0..rows).map(|row| Some(values[row % values.len()])).collect::<StringArray>())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time_hour", Arc::new(TimestampMicrosecondArray::from(vec![START; rows]).with_timezone("UTC"))),
        ("carrier", text(&["UA", "AA", "B6", "DL"])),
        ("flight", Arc::new(numbers.iter().map(|number| number + 1).collect::<Int32Array>())),
        ("tailnum", text(&["N14228", "N24211", "N619AA"])),
        ("origin", text(&["EWR", "JFK", "LGA"])),
        ("dest", text(&["IAH", "MIA", "BQN", "ATL", "ORD"])),
        ("distance", Arc::new(numbers.iter().map(|number| f64::from(number % 5_000)).collect::<Float64Array>())),
        (
            "arr_delay",
            Arc::new(
                numbers
                    .iter()
                    .map(|number| (number % 7 != 0).then(|| f64::from(number % 90) - 20.0))
                    .collect::<Float64Array>(),
            ),
        ),
    ];
    batch(columns)
}

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Fields =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

/// The batch with a column in place of the one of that name.
pub fn with(batch: &RecordBatch, name: &str, array: ArrayRef) -> RecordBatch {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    self::batch(
        columns
            .map(|(field, column)| {
                (field.name().as_str(), if field.name() == name { Arc::clone(&array) } else { Arc::clone(column) })
            })
            .collect(),
    )
}

pub fn without(batch: &RecordBatch, name: &str) -> RecordBatch {
    let columns = batch.schema_ref().fields().iter().zip(batch.columns());
    self::batch(
        columns
            .filter(|(field, _)| field.name() != name)
            .map(|(field, column)| (field.name().as_str(), Arc::clone(column)))
            .collect(),
    )
}

/// Checks every rule of the contract.
pub fn check(contract: &Contract, batch: RecordBatch) -> Delivery {
    check_file(&TableSource::Batches(vec![batch]), contract, &all_rules(contract), &Options::default()).unwrap()
}

/// Everything that a delivery says, as text.
pub fn told(delivery: &Delivery) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (kind, violations) in [("error", &delivery.violations), ("warning", &delivery.warnings)] {
        for violation in violations {
            writeln!(text, "{kind} at {}: {violation}", violation.place).unwrap();
            violation.examples.iter().for_each(|example| writeln!(text, "  {example}").unwrap());
        }
    }
    delivery.unchecked.iter().for_each(|words| writeln!(text, "not checked: {words}").unwrap());
    text
}

/// Writes a batch as it is.
pub fn written(folder: &Path, name: &str, batch: &RecordBatch) -> std::path::PathBuf {
    let path = folder.join(name);
    mlp_engine::table::write_parquet(&path, batch.schema_ref(), std::slice::from_ref(batch)).unwrap();
    path
}
