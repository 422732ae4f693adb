//! What the checker says of `A <: B`, against what the engine does with the rows: where it is proven, every value that the engine accepts under A it
//! accepts under B; where a constraint is refuted, none satisfies both.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::cell::Cell;

use arrow::{
    array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch},
    compute::{cast, concat, filter},
};
use mlp_analysis::subtype::{ProblemKind, contracts};
use mlp_engine::table::{arrow_type, constraint::Test, expr::Rows, literal::repeated};
use mlp_generate::{any_ground, constrained, contract_of, fixed, values};
use mlp_plan::{Constraint, DataType, Rule, ValueType};
use proptest::prelude::*;

/// Every value of a type that constraints tell apart, as a column; of floats, too, what no literal says.
fn column_of(data: &DataType) -> ArrayRef {
    let mut slots: Vec<ArrayRef> = values(data).iter().map(|value| repeated(value, data, 1).unwrap()).collect();
    if matches!(data, DataType::Float(_)) {
        let more = Float64Array::from(vec![f64::INFINITY, f64::NEG_INFINITY, -0.0]);
        slots.push(cast(&more, &arrow_type(data)).unwrap());
    }
    concat(&slots.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).unwrap()
}

/// By row, whether the engine finds the constraint broken.
fn broken(constraint: &Constraint, data: &DataType, column: &ArrayRef) -> Vec<bool> {
    let batch: Option<&RecordBatch> = None;
    let rows = Rows { batch, this: Some(column), rows: column.len() };
    let mask = Test::new(constraint, data).unwrap().and_then(|test| test.broken(column, rows).unwrap());
    (0..column.len()).map(|row| mask.as_ref().is_some_and(|mask| mask.value(row))).collect()
}

/// The values of a type that satisfy all of its constraints.
fn accepted(value: &ValueType) -> ArrayRef {
    let column = column_of(&value.data);
    let mut keep = vec![true; column.len()];
    for constraint in &value.constraints {
        for (keep, broken) in keep.iter_mut().zip(broken(constraint, &value.data, &column)) {
            *keep &= !broken;
        }
    }
    filter(&column, &BooleanArray::from(keep)).unwrap()
}

/// Two types on one ground; in half of the cases the second has constraints of the first, so that proofs are no rarity.
fn pair() -> impl Strategy<Value = (ValueType, ValueType)> {
    any_ground().prop_flat_map(|ground| (constrained(ground), constrained(ground), any::<bool>())).prop_map(
        |(from, mut to, inherits)| {
            if inherits {
                to.constraints.extend(from.constraints.iter().cloned());
            }
            (from, to)
        },
    )
}

#[test]
fn what_is_proven_of_an_edge_holds_for_every_row() {
    let (proven, refuted, planted) = (Cell::new(0_u32), Cell::new(0_u32), Cell::new(0_u32));
    let tried = fixed(20_000).run(&pair(), |(from, to)| {
        let edge = contracts(&contract_of(vec![from.clone()], false), &contract_of(vec![to.clone()], false));
        if edge.problems.iter().any(|problem| matches!(problem.kind, ProblemKind::Type { .. })) {
            return Ok(());
        }
        let column = cast(&accepted(&from), &arrow_type(&to.data)).unwrap();
        for (index, constraint) in to.constraints.iter().enumerate() {
            let left = Rule::Constraint { column: "a".to_owned(), index };
            let is_this =
                |kind: &ProblemKind| matches!(kind, ProblemKind::Refuted { index: refuted, .. } if *refuted == index);
            let is_refuted = edge.problems.iter().any(|problem| is_this(&problem.kind));
            let count = if is_refuted {
                &refuted
            } else if edge.planted.contains(&left) {
                &planted
            } else {
                &proven
            };
            count.set(count.get() + 1);
            if edge.planted.contains(&left) {
                continue;
            }
            for (row, broken) in broken(constraint, &to.data, &column).into_iter().enumerate() {
                let verdict = if is_refuted { "refuted" } else { "proven" };
                let value = column.slice(row, 1);
                prop_assert_eq!(broken, is_refuted, "{} <: {}: {} is {}: {:?}", from, to, constraint, verdict, value);
            }
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [proven.get(), refuted.get(), planted.get()];
    assert!(counts.iter().all(|count| *count > 1_000), "{counts:?}");
}
