//! The list of changes says what `<:` says, and what it shows is true.

use std::cell::Cell;

use mlp_analysis::subtype::contracts;
use mlp_evolution::{Direction, changes};
use mlp_generate::{any_contract, any_ground, constrained, contract_of, fixed, related};
use mlp_plan::{Column, Contract, DataType, Literal, StructField, ValueType};
use proptest::prelude::*;

/// A reader between versions: what may be null and is not there reads as null.
fn reader(contract: &Contract) -> Contract {
    let mut contract = contract.clone();
    for column in &mut contract.columns {
        if column.value.nullable && column.default.is_none() {
            column.default = Some(Literal::Null);
        }
        fill(&mut column.value);
    }
    contract
}

fn fill(value: &mut ValueType) {
    let fields = |fields: &mut Vec<StructField>| {
        for field in fields {
            if field.value.nullable && field.default.is_none() {
                field.default = Some(Literal::Null);
            }
            fill(&mut field.value);
        }
    };
    match &mut value.data {
        DataType::Struct(inner) => fields(inner),
        DataType::List(inner) | DataType::Vector { element: inner, .. } => fill(inner),
        DataType::Map(key, inner) => {
            fill(key);
            fill(inner);
        }
        _ => {}
    }
}

/// Two contracts of one column on one ground, so that proofs are no rarity.
fn near() -> impl Strategy<Value = (Contract, Contract)> {
    any_ground().prop_flat_map(|ground| (constrained(ground), constrained(ground), any::<[bool; 2]>())).prop_map(
        |(from, mut to, [inherits, keyed])| {
            if inherits {
                to.constraints.extend(from.constraints.iter().cloned());
            }
            (contract_of(vec![from], keyed), contract_of(vec![to], false))
        },
    )
}

#[test]
fn a_direction_breaks_exactly_where_it_is_not_proven() {
    let (breaks, holds) = (Cell::new(0_u32), Cell::new(0_u32));
    let far = (any_contract(), any_contract());
    let pairs = prop_oneof![near(), far, related()];
    let tried = fixed(9_000).run(&pairs, |(old, new)| {
        let found = changes("C", &old, &new);
        let told = |pick: fn(&mlp_evolution::Breaks) -> bool| {
            found.iter().filter(|change| change.direction != Direction::Meaning).any(|change| pick(&change.breaks))
        };
        let backward = !contracts(&old, &reader(&new)).is_proven();
        let forward = !contracts(&new, &reader(&old)).is_proven();
        for broken in [backward, forward] {
            let count = if broken { &breaks } else { &holds };
            count.set(count.get() + 1);
        }
        prop_assert_eq!(told(|breaks| breaks.backward), backward, "backward: {:#?}", found);
        prop_assert_eq!(told(|breaks| breaks.forward), forward, "forward: {:#?}", found);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [breaks.get(), holds.get()];
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}

#[test]
fn nothing_changed_in_the_same_contract_in_another_order() {
    let tried = fixed(500).run(&any_contract(), |contract| {
        let mut turned = contract.clone();
        turned.columns.reverse();
        let found = changes("C", &contract, &turned);
        prop_assert!(found.is_empty(), "{:#?}", found);
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
}

#[test]
fn there_and_back_the_breaks_change_sides() {
    let tried = fixed(2_000).run(&near(), |(old, new)| {
        let (there, back) = (changes("C", &old, &new), changes("C", &new, &old));
        let any = |found: &[mlp_evolution::Change], pick: fn(&mlp_evolution::Breaks) -> bool| {
            found.iter().any(|change| pick(&change.breaks))
        };
        prop_assert_eq!(any(&there, |breaks| breaks.backward), any(&back, |breaks| breaks.forward));
        prop_assert_eq!(any(&there, |breaks| breaks.forward), any(&back, |breaks| breaks.backward));
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
}

/// Most breaks of a constraint on one column are shown by a row.
#[test]
fn breaks_are_shown_by_rows() {
    let (shown, all) = (Cell::new(0_u32), Cell::new(0_u32));
    let tried = fixed(4_000).run(&near(), |(old, new)| {
        for change in changes("C", &old, &new).iter().filter(|change| change.breaks.any()) {
            all.set(all.get() + 1);
            let has_row = change.example.as_ref().is_some_and(|example| !example.rows.is_empty());
            shown.set(shown.get() + u32::from(has_row));
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    assert!(shown.get() * 10 > all.get() * 8, "{} of {}", shown.get(), all.get());
}

#[test]
fn a_rename_is_followed_into_conditions_and_keys() {
    let column = |name: &str, data: DataType| Column::plain(name, ValueType::plain(data));
    let old = Contract {
        columns: vec![column("n", DataType::Int(32)), column("m", DataType::Int(32))],
        keys: vec![vec!["n".to_owned()]],
        ..Contract::default()
    };
    let mut new = old.clone();
    new.columns[0].name = "count".to_owned();
    new.columns[0].was = Some("n".to_owned());
    new.keys = vec![vec!["count".to_owned()]];
    let found = changes("C", &old, &new);
    let kinds: Vec<&str> = found.iter().map(|change| change.kind).collect();
    assert_eq!(kinds, ["column_renamed"]);
    assert!(found[0].breaks.forward && !found[0].breaks.backward);
}
