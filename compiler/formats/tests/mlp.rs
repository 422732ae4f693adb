//! What is printed parses, checks, and is the same contract.

mod common;

use common::{checked, normal};
use mlp_formats::mlp::{Module, NamedEnum};
use mlp_generate::spoken_contract;
use mlp_plan::{Column, Constraint, Contract, DataType, Expr, Literal, ValueType};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn printed_is_read_as_the_same_contract(contract in spoken_contract()) {
        let contract = normal(contract);
        let text = Module::of(vec![contract.clone()]).print().unwrap();
        let read = checked(&text);
        prop_assert_eq!(&read.faults, &Vec::<String>::new(), "{}", text);
        prop_assert_eq!(&read.contracts, &vec![contract], "{}", text);
        // and as the formatter lays it out
        let again = checked(&common::formatted(&text));
        prop_assert_eq!(&again.contracts, &read.contracts, "{}", common::formatted(&text));
    }
}

fn one(columns: Vec<Column>) -> Contract {
    Contract { name: "C".to_owned(), columns, ..Contract::default() }
}

#[test]
fn a_named_enum_is_used_by_name() {
    let members = vec!["A".to_owned(), "B".to_owned()];
    let data = DataType::Enum { members: members.clone(), open: false };
    let listed = DataType::List(Box::new(ValueType::plain(data.clone()).or_null()));
    let contract =
        one(vec![Column::plain("a", ValueType::plain(data).or_null()), Column::plain("b", ValueType::plain(listed))]);
    let enums = vec![NamedEnum { name: "Kind".to_owned(), doc: Some("Which.".to_owned()), members, open: false }];
    let module = Module { enums, contracts: vec![contract.clone()], ..Module::default() };
    let text = module.print().unwrap();
    assert_eq!(text, "/// Which.\nenum Kind { A, B }\n\ncontract C {\n  a: Kind?\n  b: list<Kind?>\n}\n");
    assert_eq!(checked(&text).contracts, vec![contract]);
}

#[test]
fn constraints_of_elements_get_a_type_of_their_own() {
    let element = ValueType {
        unit: Some("mi".to_owned()),
        constraints: vec![Constraint::Range { low: Some(Literal::Number(0.into())), high: None }],
        ..ValueType::plain(DataType::Int(32)).or_null()
    };
    let contract = one(vec![Column::plain("lap_times", ValueType::plain(DataType::List(Box::new(element))))]);
    let text = Module::of(vec![contract.clone()]).print().unwrap();
    assert_eq!(
        text,
        "type CLapTimesItem = int32 unit mi in 0 ..\n\ncontract C {\n  lap_times: list<CLapTimesItem?>\n}\n"
    );
    assert_eq!(checked(&text).contracts, vec![contract]);
}

#[test]
fn what_has_no_spelling_is_refused_with_its_place() {
    let refused = |column: Column| Module::of(vec![one(vec![column])]).print().unwrap_err().to_string();
    let of = |data| ValueType::plain(data);
    assert_eq!(
        refused(Column::plain("order-id", of(DataType::Int(64)))),
        "C.order-id: \"order-id\" is no name in `.mlp`: a name has letters, digits and `_`, and no digit first"
    );
    let members = vec!["in progress".to_owned()];
    assert!(refused(Column::plain("a", of(DataType::Enum { members, open: false }))).contains("in { .. }"));
    let condition = Expr::Compare(
        mlp_plan::CompareOp::Lt,
        Box::new(Expr::Column("self".to_owned())),
        Box::new(Expr::Literal(Literal::Number(1.into()))),
    );
    let value = ValueType { constraints: vec![Constraint::Where(condition)], ..of(DataType::Int(64)) };
    assert!(refused(Column::plain("self", value)).contains("means something else"));
}
