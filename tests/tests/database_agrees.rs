//! What PostgreSQL counts of random contracts over random rows, against what the engine counts of the same rows.
//!
//! Where PostgreSQL is asked, both say the same of every rule: the verdict, and how many rows break it. What it is not asked is unknown, and that is no rule that it
//! could have decided.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{cell::RefCell, collections::BTreeMap, fmt::Write as _, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::concat,
    datatypes::{Field, Schema},
};
use mlp_engine::table::{
    Checker, Options, all_rules,
    cast::Origin,
    conform::Conformer,
    literal::repeated,
    outcome::{Outcome, Verdict},
};
use mlp_generate::{drawn, fixed, table, values};
use mlp_plan::{Column, Contract, DataType, Literal, TimeUnit};
use mlp_postgres::{Question, Relation, ask};
use mlp_tests::postgres::Server;
use proptest::prelude::*;

const ROWS: usize = 24;
const CASES: u32 = 250;

/// The type in which the database holds values of a type, as ours and as its own: often a wider one, so that values are there that the contract's type has not.
fn stored(data: &DataType, wide: bool) -> Option<(DataType, String)> {
    let exact =
        |precision: u8, scale: u8| (DataType::Decimal { precision, scale }, format!("numeric({precision}, {scale})"));
    let instant = |naive: bool| DataType::Timestamp { unit: TimeUnit::Us, naive };
    let same = |name: &str| (data.clone(), name.to_owned());
    Some(match data {
        DataType::Bool => same("boolean"),
        DataType::Int(8 | 16) if !wide => (DataType::Int(16), "smallint".to_owned()),
        DataType::Int(8 | 16 | 32) if !wide => (DataType::Int(32), "integer".to_owned()),
        DataType::Int(_) => (DataType::Int(64), "bigint".to_owned()),
        DataType::Uint(64) => exact(20, 0),
        DataType::Uint(_) => (DataType::Int(64), "bigint".to_owned()),
        DataType::Float(32) if !wide => same("real"),
        DataType::Float(_) => (DataType::Float(64), "double precision".to_owned()),
        DataType::Decimal { precision, scale } if wide && *precision < 30 => exact(precision + 3, scale + 1),
        DataType::Decimal { precision, scale } => exact(*precision, *scale),
        DataType::String => same("text"),
        DataType::Enum { .. } => (DataType::String, if wide { "text" } else { "varchar(40)" }.to_owned()),
        DataType::Bytes => same("bytea"),
        DataType::Uuid => same("uuid"),
        DataType::Date => same("date"),
        DataType::Time => same("time"),
        DataType::Timestamp { naive: true, .. } => (instant(true), "timestamp".to_owned()),
        DataType::Timestamp { naive: false, .. } => (instant(false), "timestamptz".to_owned()),
        _ => return None,
    })
}

/// A value as a statement spells it.
fn spelled(value: &Literal, data: &DataType) -> String {
    match (value, data) {
        (Literal::Text(text), DataType::Bytes) => {
            let mut hex = String::new();
            text.bytes().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
            format!("'\\x{hex}'")
        }
        (Literal::Null, _) => "null".to_owned(),
        (Literal::Text(text), _) => format!("'{text}'"),
        (Literal::Number(number), _) => number.normalized().to_plain_string(),
        (Literal::Nan, _) => "'NaN'".to_owned(),
        (Literal::Bool(value), _) => value.to_string(),
        (Literal::Date(day), _) => format!("'{day}'"),
        (Literal::Time(time), _) => format!("'{time}'"),
        (Literal::Timestamp(at), DataType::Timestamp { naive: false, .. }) => format!("'{at}+00'"),
        (Literal::Timestamp(at), _) => format!("'{at}'"),
        (other, data) => unreachable!("{other} in {data}"),
    }
}

/// A column of the table: its rows in SQL and in Arrow.
struct Held {
    name: String,
    sql_type: String,
    sql: Vec<String>,
    array: ArrayRef,
}

fn held(column: &Column, wide: bool, picks: &[u16]) -> Held {
    let (data, sql_type) = stored(&column.value.data, wide).unwrap();
    let kept = |value: &Literal| {
        let fine = matches!(value, Literal::Timestamp(at) if at.and_utc().timestamp_subsec_nanos() % 1_000 != 0);
        if fine || repeated(value, &data, 1).is_err() { Literal::Null } else { value.clone() }
    };
    let drawn: Vec<Literal> = drawn(&column.value, &values(&data), picks).iter().map(kept).collect();
    let slots: Vec<ArrayRef> = drawn.iter().map(|value| repeated(value, &data, 1).unwrap()).collect();
    Held {
        name: column.name.clone(),
        sql_type,
        sql: drawn.iter().map(|value| spelled(value, &data)).collect(),
        array: concat(&slots.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).unwrap(),
    }
}

fn by_the_engine(contract: &Contract, columns: &[Held]) -> Vec<Outcome> {
    let fields: Vec<Field> =
        columns.iter().map(|held| Field::new(&held.name, held.array.data_type().clone(), true)).collect();
    let arrays = columns.iter().map(|held| Arc::clone(&held.array)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let conformer = Conformer::new(contract, &batch.schema(), Origin::default(), &|_| false).unwrap();
    let conformed = conformer.conform(&batch).unwrap();
    let none = |_: &str, _: &[String], _: &[&Column]| Ok(Err("no other table is at hand".to_owned()));
    // keys that may come twice are looked at again
    let look = |candidates| {
        let mut checker = Checker::new(contract, &all_rules(contract), &none, false, ROWS, candidates).unwrap();
        checker.begin_part(&conformer, None);
        checker.check(&conformer, &batch, &conformed).unwrap();
        checker.finish(&Options::default()).unwrap()
    };
    let first = look(None);
    if first.candidates.iter().all(Vec::is_empty) { first.outcomes } else { look(Some(first.candidates)).outcomes }
}

fn by_the_database(server: &Server, contract: &Contract, columns: &[Held]) -> Vec<Outcome> {
    let declared: Vec<String> = columns.iter().map(|held| format!("{} {}", held.name, held.sql_type)).collect();
    let rows: Vec<String> = (0..ROWS)
        .map(|row| {
            format!(
                "({})",
                columns.iter().map(|held| held.sql.get(row).unwrap().as_str()).collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    server.run(&format!(
        "drop table if exists held; create table held ({}); insert into held values {};",
        declared.join(", "),
        rows.join(", ")
    ));
    let question = Question {
        contract,
        relation: &Relation::Table("held".to_owned()),
        references: &BTreeMap::new(),
        now: chrono::NaiveDateTime::default(),
        sample: None,
    };
    ask(&server.socket(), &question).unwrap().outcomes
}

#[test]
fn a_database_counts_as_the_engine_does() {
    let Some(server) = Server::start(&[]) else { return };
    let (decided, broken) = (RefCell::new(0_usize), RefCell::new(0_usize));
    let unknown: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let input = (table(), prop::collection::vec(any::<u16>(), 4 * ROWS), any::<[bool; 4]>())
        .prop_filter("a type that no column of PostgreSQL has", |(contract, ..)| {
            contract.columns.iter().all(|column| stored(&column.value.data, false).is_some())
        });
    let agreed = fixed(CASES).run(&input, |(contract, picks, wide)| {
        let columns: Vec<Held> = contract
            .columns
            .iter()
            .zip(picks.chunks(ROWS))
            .zip(wide)
            .map(|((column, picks), wide)| held(column, wide, picks))
            .collect();
        let (ours, theirs) = (by_the_engine(&contract, &columns), by_the_database(&server, &contract, &columns));
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert_eq!(&ours.rule, &theirs.rule);
            if theirs.verdict == Verdict::Unknown {
                *unknown.borrow_mut().entry(theirs.found.clone().unwrap_or_default()).or_default() += 1;
                continue;
            }
            *decided.borrow_mut() += 1;
            *broken.borrow_mut() += usize::from(ours.rows > 0);
            prop_assert_eq!(
                (ours.verdict, ours.rows),
                (theirs.verdict, theirs.rows),
                "{}: {:?} / {:?}",
                &theirs.words,
                &ours.examples,
                &theirs.examples
            );
        }
        Ok(())
    });
    agreed.unwrap();
    let (decided, broken, unknown) = (decided.into_inner(), broken.into_inner(), unknown.into_inner());
    let unasked: usize = unknown.values().sum();
    assert!(decided > 4 * unasked && 4 * broken > decided, "{decided} decided, {broken} broken, {unknown:#?}");
}
