//! Contracts with rules between their columns, and others that they may or may not be accepted as.

use mlp_plan::{
    Column, CompareOp, Constraint, Contract, DataType, Expr, Literal, StructField, ValueType, holds::holds,
};
use proptest::prelude::*;

use crate::{
    Ground, any_ground, bare, constrained, constraint,
    contracts::{any_type, type_on},
    values,
};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A contract of up to four columns, with conditions between them, defaults, keys and unique sets.
pub fn table() -> impl Strategy<Value = Contract> {
    let one = any_ground().prop_flat_map(|ground| prop::collection::vec(column_on(ground), 2..4)).boxed();
    let mixed = any_ground().prop_flat_map(column_on);
    let mixed = prop::collection::vec(prop_oneof![3 => mixed, 1 => any_type()], 1..5).boxed();
    (prop_oneof![one, mixed], prop::collection::vec(between(), 0..3), any::<[u8; 2]>(), any::<[bool; 4]>()).prop_map(
        |(types, between, [key, unique], defaults)| {
            let columns = types.into_iter().zip(NAMES).map(|(value, name)| Column::plain(name, value));
            let mut contract = Contract { name: "A".to_owned(), columns: columns.collect(), ..Contract::default() };
            for (left, right, condition) in between {
                add(&mut contract, left, right, condition);
            }
            for (column, wanted) in contract.columns.iter_mut().zip(defaults) {
                column.default = if wanted { valid(&column.value) } else { None };
            }
            contract.keys.extend(columns_of(&contract, key));
            contract.uniques.extend(columns_of(&contract, unique));
            contract
        },
    )
}

/// A contract, and another that was made out of it: columns kept, widened, narrowed, dropped, or new with a default.
pub fn related() -> impl Strategy<Value = (Contract, Contract)> {
    table()
        .prop_flat_map(|from| {
            let columns: Vec<_> = from
                .columns
                .iter()
                .map(|column| (changed(column.value.clone()), prop::bool::weighted(0.85), any::<bool>()))
                .collect();
            let rules = (prop::collection::vec(between(), 0..2), any::<[u8; 2]>(), any::<[bool; 2]>());
            (Just(from), columns, rules, prop::option::of(any_ground().prop_flat_map(constrained)))
        })
        .prop_map(|(from, changed, (between, [key, unique], [same_key, same_unique]), more)| {
            let mut to = Contract { name: "B".to_owned(), ..Contract::default() };
            for (column, (value, stays, has_default)) in from.columns.iter().zip(changed) {
                if stays {
                    let default = if has_default { valid(&value) } else { None };
                    to.columns.push(Column { default, ..Column::plain(column.name.clone(), value) });
                }
            }
            if let Some(value) = more {
                let default = valid(&value);
                to.columns.push(Column { default, ..Column::plain("n", value) });
            }
            for (left, right, condition) in between {
                add(&mut to, left, right, condition);
            }
            let names: Vec<String> = to.columns.iter().map(|column| column.name.clone()).collect();
            let remains = |name: &str| names.iter().any(|known| known == name);
            for column in &mut to.columns {
                column.value.constraints.retain(|constraint| match constraint {
                    Constraint::Where(expr) => expr.columns().into_iter().all(remains),
                    _ => true,
                });
            }
            let whole = |sets: &[Vec<String>]| {
                sets.iter().filter(|set| set.iter().all(|name| remains(name))).cloned().collect::<Vec<_>>()
            };
            to.keys = if same_key { whole(&from.keys) } else { columns_of(&to, key) };
            to.uniques = if same_unique { whole(&from.uniques) } else { columns_of(&to, unique) };
            (from, to)
        })
}

/// Mostly a type on the ground without anything inside, now and then one of bytes.
fn column_on(ground: Ground) -> BoxedStrategy<ValueType> {
    let length = (0_u64..3, prop::option::of(2_u64..4)).prop_map(|(min, max)| Constraint::Length { min, max });
    let bytes = (any::<bool>(), prop::collection::vec(length, 0..2)).prop_map(|(nullable, constraints)| ValueType {
        nullable,
        constraints,
        ..ValueType::plain(DataType::Bytes)
    });
    prop_oneof![6 => constrained(ground), 2 => type_on(ground), 1 => bytes].boxed()
}

/// Which two columns, and what holds between them.
fn between() -> impl Strategy<Value = (usize, usize, u8)> {
    (0_usize..4, 0_usize..4, any::<u8>())
}

/// Adds a condition between two columns that can be compared.
fn add(contract: &mut Contract, left: usize, right: usize, condition: u8) {
    let other = contract.columns.get(right).map(|column| (column.name.clone(), column.value.clone()));
    let (Some((name, other)), Some(column)) = (other, contract.columns.get_mut(left)) else { return };
    if name == column.name
        || !is_comparable(&column.value.data)
        || std::mem::discriminant(&column.value.data) != std::mem::discriminant(&other.data)
    {
        return;
    }
    let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];
    let Some(op) = ops.get(usize::from(condition) % ops.len()) else { return };
    let compared = Expr::Compare(*op, Box::new(Expr::This), Box::new(Expr::Column(name.clone())));
    let missing = Expr::Call { function: "is_none".to_owned(), args: vec![Expr::Column(name)] };
    let alone = values(&column.value.data).into_iter().nth(usize::from(condition) % 7);
    let alone = alone.map(|value| Expr::Compare(CompareOp::Ne, Box::new(Expr::This), Box::new(Expr::Literal(value))));
    column.value.constraints.push(Constraint::Where(match (condition / 8 % 4, alone) {
        (0, Some(alone)) => Expr::All(vec![compared, alone]),
        (1, Some(alone)) => Expr::Any(vec![compared, alone]),
        (2, _) => Expr::Any(vec![missing, compared]),
        _ => compared,
    }));
}

const fn is_comparable(data: &DataType) -> bool {
    data.is_ordered() || data.is_text()
}

/// Some of the columns that can be in a key, by the bits of a number; mostly none.
fn columns_of(contract: &Contract, bits: u8) -> Vec<Vec<String>> {
    let columns = contract.columns.iter().enumerate().filter(|(index, column)| {
        bits >> index & 1 == 1
            && bits < 128
            && (is_comparable(&column.value.data) || column.value.data == DataType::Bool)
    });
    let names: Vec<String> = columns.map(|(_, column)| column.name.clone()).collect();
    if names.is_empty() { Vec::new() } else { vec![names] }
}

/// A value that a type allows for sure, where there is one among those of this crate.
fn valid(value: &ValueType) -> Option<Literal> {
    let holds = |literal: &Literal| value.constraints.iter().all(|one| holds(one, &value.data, literal) == Some(true));
    let plain = values(&value.data).into_iter().find(holds);
    if value.nullable { Some(Literal::Null) } else { plain }
}

/// The ground of a type that has nothing inside.
fn ground_of(data: &DataType) -> Option<Ground> {
    Some(match data {
        DataType::Bool => Ground::Truth,
        DataType::Int(_) | DataType::Uint(_) => Ground::Whole,
        DataType::Float(_) => Ground::Tenth,
        DataType::Decimal { .. } => Ground::Exact,
        DataType::String => Ground::Text,
        DataType::Enum { .. } => Ground::Member,
        DataType::Date => Ground::Day,
        DataType::Time => Ground::OfDay,
        DataType::Timestamp { .. } => Ground::Instant,
        DataType::Duration => Ground::Span,
        _ => return None,
    })
}

/// The same type, or one much like it.
fn changed(value: ValueType) -> BoxedStrategy<ValueType> {
    let outer = value.clone();
    let inner: BoxedStrategy<DataType> = match value.data.clone() {
        DataType::List(element) => changed(*element).prop_map(|element| DataType::List(Box::new(element))).boxed(),
        DataType::Vector { element, length } => {
            changed(*element).prop_map(move |element| DataType::Vector { element: Box::new(element), length }).boxed()
        }
        DataType::Map(key, value) => {
            changed(*value).prop_map(move |value| DataType::Map(key.clone(), Box::new(value))).boxed()
        }
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .into_iter()
                .map(|field| {
                    let name = field.name;
                    (changed(field.value), prop::bool::weighted(0.8)).prop_map(move |(value, stays)| {
                        let default = if stays { None } else { valid(&value) };
                        StructField {
                            name: if default.is_some() { format!("{name}2") } else { name.clone() },
                            value,
                            default,
                        }
                    })
                })
                .collect();
            fields.prop_map(DataType::Struct).boxed()
        }
        data => return changed_leaf(value, ground_of(&data)),
    };
    (inner, prop::bool::weighted(0.8))
        .prop_map(move |(data, nullable)| ValueType { data, nullable: outer.nullable || nullable, ..outer.clone() })
        .boxed()
}

fn changed_leaf(value: ValueType, ground: Option<Ground>) -> BoxedStrategy<ValueType> {
    let maybe_null = |value: ValueType| {
        prop::bool::weighted(0.8).prop_map(move |null| ValueType { nullable: value.nullable || null, ..value.clone() })
    };
    let Some(ground) = ground else { return maybe_null(value).boxed() };
    let kept = prop::sample::subsequence(value.constraints.clone(), 0..=value.constraints.len());
    let fewer = {
        let value = value.clone();
        kept.prop_map(move |constraints| ValueType { constraints, ..value.clone() })
    };
    let more = {
        let value = value.clone();
        prop::collection::vec(constraint(ground), 1..3).prop_map(move |more| {
            let mut narrowed = value.clone();
            narrowed.constraints.extend(more);
            narrowed
        })
    };
    let wider = {
        let value = value.clone();
        bare(ground).prop_map(move |data| ValueType { data, ..value.clone() })
    };
    prop_oneof![
        3 => Just(value).prop_flat_map(maybe_null),
        2 => fewer.prop_flat_map(maybe_null),
        2 => more.prop_flat_map(maybe_null),
        2 => wider.prop_flat_map(maybe_null),
        1 => constrained(ground),
    ]
    .boxed()
}
