//! What the checker says of `A <: B`, against what the engine does with whole rows: several columns, what is inside of them, conditions between them, keys.
//!
//! Where a rule is proven, no row that the engine accepts under A breaks it under B; where a constraint is refuted, every row breaks it whose value is there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{cell::Cell, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, FixedSizeListArray, ListArray, MapArray, RecordBatch, StructArray,
        UInt32Array,
    },
    buffer::{BooleanBuffer, NullBuffer, OffsetBuffer},
    compute::{concat, filter_record_batch, nullif, take},
    datatypes::{DataType as ArrowType, Field, Schema},
};
use mlp_analysis::subtype::{Edge, Problem, ProblemKind, contracts};
use mlp_engine::table::{Checker, Options, all_rules, arrow_type, cast::Origin, conform::Conformer, literal::repeated};
use mlp_generate::{WORDS, fixed, related, values};
use mlp_plan::{Column, Contract, DataType, Literal, Rule, ValueType, holds::broken};
use proptest::prelude::*;

const ROWS: usize = 40;

/// Numbers without end, the same for one seed.
struct Draw(u64);

impl Draw {
    /// One of `count`.
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count.max(1)
    }

    fn column(&mut self, value: &ValueType, rows: usize) -> ArrayRef {
        let whole = self.whole(&value.data, value, rows);
        let null: Vec<bool> =
            (0..rows).map(|_| self.below(12) == 0 || (value.nullable && self.below(4) == 0)).collect();
        nullif(&whole, &BooleanArray::from(null)).unwrap()
    }

    fn whole(&mut self, data: &DataType, value: &ValueType, rows: usize) -> ArrayRef {
        match (data, arrow_type(data)) {
            (DataType::List(element), ArrowType::List(field)) => {
                let lengths: Vec<usize> = (0..rows).map(|_| self.below(3)).collect();
                let items = self.column(element, lengths.iter().sum());
                Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), items, None))
            }
            (DataType::Vector { element, length }, ArrowType::FixedSizeList(field, size)) => {
                let items = self.column(element, rows * usize::try_from(*length).unwrap());
                Arc::new(FixedSizeListArray::new(field, size, items, None))
            }
            (DataType::Map(_, inner), ArrowType::Map(field, sorted)) => {
                let lengths: Vec<usize> = (0..rows).map(|_| self.below(3)).collect();
                let ArrowType::Struct(fields) = field.data_type() else { unreachable!() };
                let keys: Vec<&str> = lengths.iter().flat_map(|length| WORDS.into_iter().take(*length)).collect();
                let keys: ArrayRef = Arc::new(arrow::array::StringArray::from(keys));
                let items = self.column(inner, keys.len());
                let entries = StructArray::new(fields.clone(), vec![keys, items], None);
                Arc::new(MapArray::new(field.clone(), OffsetBuffer::from_lengths(lengths), entries, None, sorted))
            }
            (DataType::Struct(inner), ArrowType::Struct(fields)) => {
                let columns = inner.iter().map(|field| self.column(&field.value, rows)).collect();
                Arc::new(StructArray::new(fields, columns, None))
            }
            _ => self.scalars(data, value, rows),
        }
    }

    /// Mostly values that the type allows, so that whole rows of them are no rarity.
    fn scalars(&mut self, data: &DataType, value: &ValueType, rows: usize) -> ArrayRef {
        let mut all = values(data);
        let good: Vec<Literal> =
            all.iter().filter(|literal| broken(&value.constraints, data, literal).is_none()).cloned().collect();
        // what no enum has: text stands for both in files
        if matches!(data, DataType::Enum { .. }) {
            all.push(Literal::Text("zz".to_owned()));
        }
        let pool: Vec<&Literal> = good.iter().chain(&all).collect();
        let slots: Vec<ArrayRef> = pool.iter().map(|literal| repeated(literal, data, 1).unwrap()).collect();
        let slots = concat(&slots.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).unwrap();
        let picks = (0..rows).map(|_| {
            let within = if good.is_empty() || self.below(10) == 0 { pool.len() } else { good.len() };
            u32::try_from(self.below(within)).unwrap()
        });
        take(&slots, &UInt32Array::from_iter_values(picks), None).unwrap()
    }
}

/// Rows of a contract's types, good and bad.
fn rows_of(contract: &Contract, seed: u64) -> RecordBatch {
    let mut draw = Draw(seed);
    let columns: Vec<ArrayRef> = contract.columns.iter().map(|column| draw.column(&column.value, ROWS)).collect();
    let fields: Vec<Field> = contract
        .columns
        .iter()
        .zip(&columns)
        .map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// The rows that break one of these rules, as the engine finds them: a first pass for keys that may come twice, and a second that says which.
fn refused(batch: &RecordBatch, contract: &Contract, rules: &[Rule]) -> BooleanBuffer {
    let conformer = Conformer::new(contract, &batch.schema(), Origin::default(), &|_| false).unwrap();
    let conformed = conformer.conform(batch).unwrap();
    let options = Options::default();
    let no_others = |_: &str, _: &[String], _: &[&Column]| Ok(Err("no other table is at hand".to_owned()));
    let look = |candidates| {
        let mut checker = Checker::new(contract, rules, &no_others, true, ROWS, candidates).unwrap();
        checker.begin_part(&conformer, None);
        let broken = checker.check(&conformer, batch, &conformed).unwrap().broken;
        (broken, checker.finish(&options).unwrap().candidates)
    };
    let (first, candidates) = look(None);
    let broken = if candidates.iter().all(Vec::is_empty) { first } else { look(Some(candidates)).0 };
    broken.unwrap_or_else(|| BooleanBuffer::new_unset(batch.num_rows()))
}

/// What the engine accepts under a contract.
fn accepted(batch: &RecordBatch, contract: &Contract) -> RecordBatch {
    let broken = refused(batch, contract, &all_rules(contract));
    filter_record_batch(batch, &BooleanArray::new(!&broken, None)).unwrap()
}

/// Which rows have a value at a path through structs; `None` where it leads through lists or maps.
fn present(batch: &RecordBatch, path: &str) -> Option<BooleanBuffer> {
    let mut parts = path.split('.');
    let mut array = Arc::clone(batch.column_by_name(parts.next()?)?);
    let valid = |array: &ArrayRef| {
        array.nulls().map_or_else(|| BooleanBuffer::new_set(array.len()), |nulls: &NullBuffer| nulls.inner().clone())
    };
    let mut there = valid(&array);
    for part in parts {
        array = Arc::clone(array.as_struct_opt()?.column_by_name(part)?);
        there = &there & &valid(&array);
    }
    Some(there)
}

fn is_refuted(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::Refuted { .. })
}

/// The rules of B that hold without being asked.
fn proven(edge: &Edge, to: &Contract) -> Vec<Rule> {
    all_rules(to).into_iter().filter(|rule| !edge.planted.contains(rule)).collect()
}

#[test]
fn what_is_proven_of_an_edge_holds_for_whole_rows() {
    let (edges, rows, refutations) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let tried = fixed(6_000).run(&(related(), any::<u64>()), |((from, to), seed)| {
        let edge = contracts(&from, &to);
        let batch = accepted(&rows_of(&from, seed), &from);
        if edge.problems.iter().all(Problem::is_warning) {
            let broken = refused(&batch, &to, &proven(&edge, &to));
            prop_assert!(
                !broken.has_true(),
                "{:#?}\n<: {:#?}\n{:#?}\n{:?}",
                from,
                to,
                edge,
                filter_record_batch(&batch, &BooleanArray::new(broken, None))
            );
            edges.set(edges.get() + 1);
            rows.set(rows.get() + batch.num_rows());
        } else if edge.problems.iter().all(|problem| problem.is_warning() || is_refuted(problem)) {
            for problem in edge.problems.iter().filter(|problem| is_refuted(problem)) {
                let Some(there) = present(&batch, &problem.path) else { continue };
                let column = problem.column().to_owned();
                let rule = match problem.kind {
                    ProblemKind::Refuted { index, .. } if column == problem.path => Rule::Constraint { column, index },
                    _ => Rule::Nested { column },
                };
                let kept = &there & &!&refused(&batch, &to, &[rule]);
                prop_assert!(
                    !kept.has_true(),
                    "{:#?}\n<: {:#?}\n{:?}\n{:?}",
                    from,
                    to,
                    problem,
                    filter_record_batch(&batch, &BooleanArray::new(kept, None))
                );
                refutations.set(refutations.get() + there.count_set_bits());
            }
        }
        Ok(())
    });
    assert!(tried.is_ok(), "{}", tried.unwrap_err());
    let counts = [edges.get(), rows.get() / 10, refutations.get()];
    assert!(counts.iter().all(|count| *count > 500), "{counts:?}");
}
