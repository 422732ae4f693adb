//! There and back: `import(export(C))` is `C` where a format has room for what it does not say, and else what the notes leave of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{normal, sorted};
use mlp_formats::{Dialect, Format, Outcome, mlp::Module};
use mlp_generate::spoken_contract;
use mlp_plan::Contract;
use proptest::{prelude::*, test_runner::TestCaseError};

/// Exports and imports; what comes back, and whether anything was lost on the way out.
fn there_and_back(format: Format, contract: &Contract) -> Result<(Contract, bool), TestCaseError> {
    let contracts = std::slice::from_ref(contract);
    let exported = format.export(contracts).map_err(|fault| TestCaseError::fail(format!("{format}: {fault}")))?;
    let lost = exported.notes.iter().any(|note| note.outcome == Outcome::Lost);
    let shown = String::from_utf8_lossy(&exported.bytes).into_owned();
    let imported = format.import(exported.bytes).map_err(|fault| {
        TestCaseError::fail(format!("{format}: line {:?}: {fault}: {}\n{shown}", fault.line, fault.help))
    })?;
    prop_assert_eq!(imported.contracts.len(), 1, "{}", shown);
    let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
    prop_assert_eq!(notes, Vec::<String>::new(), "{}: notes on the way back\n{}", format, shown);
    let back = imported.contracts.into_iter().next().unwrap();
    let (heard, _) = format.heard(contract, contracts);
    let wanted = if lost { sorted(heard) } else { sorted(contract.clone()) };
    for (back, wanted) in sorted(back.clone()).columns.iter().zip(&wanted.columns) {
        prop_assert_eq!(back, wanted, "{}:\n{}", format, shown);
    }
    prop_assert_eq!(sorted(back.clone()), wanted, "{}:\n{}", format, shown);
    Ok((back, lost))
}

fn is_ascii(contract: &Contract) -> bool {
    contract.columns.iter().all(|column| column.name.is_ascii() && !column.name.starts_with('_'))
}

/// Formats with room lose nothing, whatever is said.
fn nothing_is_lost(format: Format, contract: Contract) -> Result<(), TestCaseError> {
    let contract = normal(contract);
    let (_, lost) = there_and_back(format, &contract)?;
    prop_assert!(!lost, "{} has room", format);
    Ok(())
}

/// Formats without room say what they lose, and the rest comes back; what comes back can be written down.
fn what_is_left_comes_back(format: Format, contract: Contract) -> Result<(), TestCaseError> {
    let (back, _) = there_and_back(format, &normal(contract))?;
    prop_assert!(Module::of(vec![back]).print().is_ok());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn odcs(contract in spoken_contract()) {
        nothing_is_lost(Format::Odcs, contract)?;
    }

    #[test]
    fn json_schema(contract in spoken_contract()) {
        nothing_is_lost(Format::JsonSchema, contract)?;
    }

    #[test]
    fn avro(contract in spoken_contract().prop_filter("Avro has ASCII names", is_ascii)) {
        nothing_is_lost(Format::Avro, contract)?;
    }

    #[test]
    fn arrow(contract in spoken_contract()) {
        nothing_is_lost(Format::Arrow, contract)?;
    }

    #[test]
    fn parquet(contract in spoken_contract()) {
        nothing_is_lost(Format::Parquet, contract)?;
    }

    #[test]
    fn dbt(contract in spoken_contract()) {
        nothing_is_lost(Format::Dbt, contract)?;
    }

    #[test]
    fn protobuf(contract in spoken_contract().prop_filter("Protobuf has ASCII names", is_ascii)) {
        what_is_left_comes_back(Format::Protobuf, contract)?;
    }

    #[test]
    fn postgresql(contract in spoken_contract()) {
        what_is_left_comes_back(Format::Sql(Dialect::PostgreSql), contract)?;
    }

    #[test]
    fn snowflake(contract in spoken_contract()) {
        what_is_left_comes_back(Format::Sql(Dialect::Snowflake), contract)?;
    }

    #[test]
    fn bigquery(contract in spoken_contract()) {
        what_is_left_comes_back(Format::Sql(Dialect::BigQuery), contract)?;
    }

    #[test]
    fn duckdb(contract in spoken_contract()) {
        what_is_left_comes_back(Format::Sql(Dialect::DuckDb), contract)?;
    }
}

/// What a format says itself may be edited there: the edit counts, and what stands beside it is kept.
#[test]
fn an_edit_in_the_other_format_counts() {
    let range = mlp_plan::Constraint::Range { low: Some(mlp_generate::number(0)), high: None };
    let value = mlp_plan::ValueType {
        unit: Some("mi".to_owned()),
        constraints: vec![range],
        ..mlp_plan::ValueType::plain(mlp_plan::DataType::Float(64))
    };
    let columns = vec![mlp_plan::Column::plain("distance", value)];
    let contract = Contract { name: "C".to_owned(), columns, ..Contract::default() };
    for (format, from, to) in
        [(Format::Odcs, "minimum: 0", "minimum: 5"), (Format::JsonSchema, "\"minimum\": 0", "\"minimum\": 5")]
    {
        let text = String::from_utf8(format.export(std::slice::from_ref(&contract)).unwrap().bytes).unwrap();
        assert!(text.contains(from), "{text}");
        let imported = format.import(text.replace(from, to).into_bytes()).unwrap();
        let text = Module::of(imported.contracts).print().unwrap();
        assert_eq!(text, "contract C {\n  distance: float64 unit mi in 5 ..\n}\n", "{format}");
    }
}

/// Several contracts in one document: each keeps what is its own, though owner and version stand once.
#[test]
fn what_a_document_says_once_is_not_said_of_who_lacks_it() {
    let column = || mlp_plan::Column::plain("id", mlp_plan::ValueType::plain(mlp_plan::DataType::Int(64)));
    let named = |name: &str, owner: Option<&str>, version: Option<&str>| Contract {
        name: name.to_owned(),
        owner: owner.map(str::to_owned),
        version: version.map(str::to_owned),
        columns: vec![column()],
        ..Contract::default()
    };
    let contracts =
        vec![named("A", Some("me"), Some("1.2.0")), named("B", None, None), named("C", Some("you"), Some("2.0.0"))];
    for format in [Format::Odcs, Format::Dbt] {
        let bytes = format.export(&contracts).unwrap().bytes;
        assert_eq!(format.import(bytes).unwrap().contracts, contracts, "{format}");
    }
}

/// A check of two columns comes back, also where it stands before the second of them.
#[test]
fn a_comparison_of_two_columns_comes_back_from_a_database() {
    use mlp_plan::{Column, CompareOp, Constraint, DataType, Expr, ValueType};
    let than = |name: &str, op| {
        let other = Expr::Column(name.to_owned());
        Constraint::Where(Expr::Compare(op, Box::new(Expr::This), Box::new(other)))
    };
    let column = |name: &str, rule: Option<Constraint>| {
        let constraints = rule.into_iter().collect();
        Column::plain(name, ValueType { constraints, ..ValueType::plain(DataType::Int(64)) })
    };
    let columns = vec![
        column("first", Some(than("last", CompareOp::Le))),
        column("last", None),
        column("most", Some(than("first", CompareOp::Ne))),
    ];
    let contract = Contract { name: "C".to_owned(), columns, ..Contract::default() };
    for dialect in [Dialect::PostgreSql, Dialect::DuckDb] {
        let exported = Format::Sql(dialect).export(std::slice::from_ref(&contract)).unwrap();
        assert_eq!(exported.notes, [], "{}", dialect.name());
        let imported = Format::Sql(dialect).import(exported.bytes).unwrap();
        assert_eq!((imported.contracts, imported.notes), (vec![contract.clone()], vec![]), "{}", dialect.name());
    }
}
