//! The lineage of columns through the SQL of a stage, of which a twin of the engine says what it selects.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use mlp_analysis::Symbol;
use mlp_ide::lineage::{self, Columns};
use mlp_plan::DataType;
use mlp_ports::{SqlChecker, SqlColumn, SqlFault, SqlInput};
use mlp_workspace::{Package, in_memory};

const PROGRAM: &str = r#"contract Order { id: int64, price: float64, fee: float64 }
contract Bill { id: int64, total: float64 }

source load() -> Table<Order> { from = csv("orders.csv") }
stage bill(orders: Table<Order>) -> Table<Bill> { run = sql("select id, price + fee as total from orders") }
stage check(rows: Table<Bill>) -> Table<Bill> { run = command(["check"]) }

pipeline daily {
  let bills = check(bill(load()))
}

contract Totals = Bill pick { total }
"#;

/// Selects what the program says.
struct Twin;

impl SqlChecker for Twin {
    fn check(&self, _: &str, _: &[SqlInput<'_>]) -> Result<Vec<SqlColumn>, SqlFault> {
        let column = |name: &str, data: DataType, passes: bool, values: &[&str]| SqlColumn {
            name: name.to_owned(),
            data,
            nullable: false,
            passes: passes.then(|| ("orders".to_owned(), name.to_owned())),
            values: values.iter().map(|value| ("orders".to_owned(), (*value).to_owned())).collect(),
            conditions: Vec::new(),
        };
        Ok(vec![
            column("id", DataType::Int(64), true, &["id"]),
            column("total", DataType::Float(64), false, &["fee", "price"]),
        ])
    }
}

/// The columns that one leads to, with the stages between.
fn told(package: &Package, word: &str, columns: fn(&Package, mlp_source::Span) -> Columns) -> Vec<String> {
    let document = package.documents().find(|document| document.module == "a").unwrap();
    let at = u32::try_from(PROGRAM.find(word).unwrap()).unwrap();
    let Some(Symbol::Column(place)) = package.symbol_at(document.id, at).map(|found| found.symbol) else {
        return Vec::new();
    };
    let name = |span: mlp_source::Span| PROGRAM.get(span.range()).unwrap_or_default();
    columns(package, place).iter().map(|(span, stages)| format!("{} by {}", name(*span), stages.join(", "))).collect()
}

#[test]
fn sql_says_what_a_column_is_computed_from() {
    let package = Package::open(in_memory(&[("a", PROGRAM)]), Arc::new(Twin));
    assert_eq!(told(&package, "total }\n", lineage::sources), ["price by bill", "fee by bill"]);
    assert_eq!(told(&package, "total }\n", lineage::targets), Vec::<String>::new(), "`check` leaves it the same");
}
