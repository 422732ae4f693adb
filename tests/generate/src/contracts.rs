//! Types as deep as they go, and contracts of them.

use mlp_plan::{Column, Contract, DataType, StructField, ValueType};
use proptest::prelude::*;

use crate::{Ground, constrained, ground};

/// Any type of the language, as deep as three levels.
pub fn any_type() -> BoxedStrategy<ValueType> {
    let scalar = prop::sample::select(vec![DataType::Bytes, DataType::Uuid, DataType::Json]);
    let plain = (scalar, any::<bool>()).prop_map(|(data, nullable)| ValueType { nullable, ..ValueType::plain(data) });
    let leaf = prop_oneof![1 => plain, 4 => ground().prop_flat_map(constrained)];
    deep(leaf.boxed())
}

/// A type on one ground, as deep as three levels.
pub fn type_on(ground: Ground) -> BoxedStrategy<ValueType> {
    deep(constrained(ground))
}

fn deep(leaf: BoxedStrategy<ValueType>) -> BoxedStrategy<ValueType> {
    leaf.prop_recursive(2, 8, 3, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let data = prop_oneof![
            boxed.clone().prop_map(DataType::List),
            boxed.clone().prop_map(|value| DataType::Map(Box::new(ValueType::plain(DataType::String)), value)),
            (boxed, 1_u32..3).prop_map(|(element, length)| DataType::Vector { element, length }),
            prop::collection::vec(inner, 1..3).prop_map(|values| DataType::Struct(
                values
                    .into_iter()
                    .zip(["x", "y", "z"])
                    .map(|(value, name)| StructField { name: name.to_owned(), value, default: None })
                    .collect()
            )),
        ];
        (data, any::<bool>()).prop_map(|(data, nullable)| ValueType { nullable, ..ValueType::plain(data) })
    })
    .boxed()
}

/// A contract of some columns: `a`, `b`, `c`.
#[must_use]
pub fn contract_of(values: Vec<ValueType>, keyed: bool) -> Contract {
    let columns: Vec<Column> =
        values.into_iter().zip(["a", "b", "c"]).map(|(value, name)| Column::plain(name, value)).collect();
    let keys = if keyed { vec![vec!["a".to_owned()]] } else { Vec::new() };
    Contract { name: "C".to_owned(), columns, keys, ..Contract::default() }
}

/// Any contract of up to three columns.
pub fn any_contract() -> impl Strategy<Value = Contract> {
    (prop::collection::vec(any_type(), 1..4), any::<bool>()).prop_map(|(values, keyed)| contract_of(values, keyed))
}
