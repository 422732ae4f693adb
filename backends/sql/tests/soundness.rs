//! What is inferred holds: over random rows and random queries no column that was called non-null has a null, and types are as inferred.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;

use std::{path::PathBuf, sync::Arc};

use arrow::{
    array::{
        Array as _, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
        TimestampMicrosecondArray,
    },
    datatypes::{Field, Schema},
};
use common::{INSTANT, choice, column, contract};
use mlp_plan::{Contract, DataType};
use mlp_ports::{SqlChecker as _, SqlInput};
use mlp_sql::{DataFusionChecker, execute};
use parquet::arrow::ArrowWriter;
use proptest::{prelude::*, sample::select};

/// One row of either table; what is optional is a nullable column.
type Row = (u8, Option<i8>, Option<f64>, u8, bool, Option<u8>);

fn table(name: &str) -> Contract {
    contract(
        name,
        vec![
            column("k", DataType::Int(64)),
            column("n?", DataType::Int(32)),
            column("x?", DataType::Float(64)),
            column("s", choice(&["a", "b", "c"])),
            column("b", DataType::Bool),
            column("t?", DataType::String),
            column("at", INSTANT),
        ],
    )
}

fn batch(rows: &[Row]) -> RecordBatch {
    let letter = |at: u8| ["a", "b", "c"][usize::from(at % 3)];
    let columns: Vec<(&str, bool, ArrayRef)> = vec![
        ("k", false, Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| i64::from(row.0))))),
        ("n", true, Arc::new(rows.iter().map(|row| row.1.map(i32::from)).collect::<Int32Array>())),
        ("x", true, Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ("s", false, Arc::new(StringArray::from_iter_values(rows.iter().map(|row| letter(row.3))))),
        ("b", false, Arc::new(rows.iter().map(|row| Some(row.4)).collect::<BooleanArray>())),
        ("t", true, Arc::new(rows.iter().map(|row| row.5.map(letter)).collect::<StringArray>())),
        (
            "at",
            false,
            Arc::new(
                TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| i64::from(row.0) * 3_600_000_000))
                    .with_timezone("UTC"),
            ),
        ),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, nullable, array)| Field::new(*name, array.data_type().clone(), *nullable)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, _, array)| array).collect())
        .unwrap()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let value = proptest::option::of(select(vec![-1.5, 0.0, 2.0, 1e9, f64::NAN]));
    prop::collection::vec(
        (0_u8..5, proptest::option::of(-2_i8..3), value, 0_u8..3, any::<bool>(), proptest::option::of(0_u8..3)),
        0..7,
    )
}

/// A number over the columns of a relation (`l.` and `r.`, or one of them).
fn number(tables: &'static [&'static str]) -> BoxedStrategy<String> {
    let name = select(tables.to_vec());
    let leaf = prop_oneof![
        (name, select(vec!["k", "n", "x"])).prop_map(|(table, column)| format!("{table}.{column}")),
        select(vec!["1", "2.5", "0", "cast(null as int)"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            (inner.clone(), select(vec!["+", "-", "*"]), inner.clone())
                .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("coalesce({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("nullif({a}, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("greatest({a}, {b})")),
            (condition(inner.clone(), tables), inner.clone(), proptest::option::of(inner.clone())).prop_map(
                |(when, then, otherwise)| {
                    let otherwise = otherwise.map_or_else(String::new, |otherwise| format!(" else {otherwise}"));
                    format!("case when {when} then {then}{otherwise} end")
                }
            ),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("case {a} when {b} then {a} else {c} end")),
            inner.clone().prop_map(|a| format!("abs({a})")),
            inner.clone().prop_map(|a| format!("cast({a} as double)")),
        ]
    })
    .boxed()
}

fn condition(
    number: impl Strategy<Value = String> + Clone + 'static,
    tables: &'static [&'static str],
) -> BoxedStrategy<String> {
    let name = select(tables.to_vec());
    let leaf = prop_oneof![
        (number.clone(), select(vec!["=", "<", "<>", "is distinct from"]), number.clone())
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        (number.clone(), select(vec!["is null", "is not null"])).prop_map(|(a, op)| format!("{a} {op}")),
        (number.clone(), number.clone(), number.clone()).prop_map(|(a, b, c)| format!("{a} between {b} and {c}")),
        (number.clone(), number).prop_map(|(a, b)| format!("{a} in ({b}, 1)")),
        name.clone().prop_map(|table| format!("{table}.b")),
        name.prop_map(|table| format!("{table}.t like 'a%'")),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), select(vec!["and", "or"]), inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner, select(vec!["is true", "is not true", "is false", "is not false", "is unknown"]))
                .prop_map(|(a, op)| format!("(({a}) {op})")),
        ]
    })
    .boxed()
}

const BOTH: &[&str] = &["l", "r"];
const LEFT: &[&str] = &["l"];

/// One or two tables, filtered or not.
fn relation() -> impl Strategy<Value = String> {
    let kinds = select(vec!["join", "left join", "right join", "full join"]);
    let key = select(vec![
        "l.k = r.k",
        "l.n = r.n",
        "l.n = r.k and l.x < r.x",
        "l.t = r.t or l.b",
        "l.k = r.k and r.n is not null",
    ]);
    let source = || {
        select(vec![
            "p",
            "q",
            "(select * from p where n is not null)",
            "(select distinct * from q)",
            "(select * from p union all select * from q)",
        ])
    };
    prop_oneof![
        (source(), kinds, source(), key)
            .prop_map(|(left, kind, right, on)| format!("{left} l {kind} {right} r on {on}")),
        (source(), source()).prop_map(|(left, right)| format!("{left} l, {right} r")),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        2 => condition(number(BOTH), BOTH).prop_map(|condition| format!(" where {condition}")),
        1 => select(vec![" where exists (select 1 from q where q.k = l.k)", " where l.n in (select n from q)"])
            .prop_map(str::to_owned),
    ]
}

fn projection() -> impl Strategy<Value = String> {
    let window = select(vec![
        "sum(l.x) over (partition by l.s order by l.k)",
        "min(l.k) over (order by l.k rows between 2 preceding and 1 preceding)",
        "max(l.k) over (order by l.k rows between 1 preceding and current row)",
        "lag(l.k, 1, 0) over (order by l.k)",
        "lag(r.s) over (order by l.k)",
        "first_value(r.k) over (partition by r.s order by l.k)",
        "count(l.x) over (partition by l.t)",
        "(select max(n) from q where q.k = l.k)",
        "(select count(*) from q)",
    ])
    .prop_map(str::to_owned);
    let item = prop_oneof![3 => number(BOTH), 2 => condition(number(BOTH), BOTH), 1 => window];
    (prop::collection::vec(item, 1..4), relation(), filter()).prop_map(|(items, relation, filter)| {
        let items: Vec<String> = items.iter().enumerate().map(|(at, item)| format!("{item} as c{at}")).collect();
        format!("select {}, l.s, r.t from {relation}{filter}", items.join(", "))
    })
}

fn aggregation() -> impl Strategy<Value = String> {
    let call = (
        select(vec![
            "sum",
            "min",
            "max",
            "avg",
            "count",
            "median",
            "stddev",
            "stddev_pop",
            "first_value",
            "array_agg",
            "var_pop",
        ]),
        number(LEFT),
        select(vec!["", " filter (where l.b)"]),
    );
    let call = call.prop_map(|(name, number, filter)| format!("{name}({number}){filter}"));
    let group = select(vec![
        "",
        " group by l.s",
        " group by rollup (l.s)",
        " group by grouping sets ((l.s), (l.b))",
        " group by l.s, l.n",
    ]);
    let source = select(vec!["p l", "(select * from q where x is not null) l", "p l left join q r on l.k = r.k"]);
    (prop::collection::vec(call, 1..4), group, source).prop_map(|(calls, group, source)| {
        let mut items: Vec<String> = calls.iter().enumerate().map(|(at, item)| format!("{item} as c{at}")).collect();
        if group.contains("l.s") {
            items.push("l.s".to_owned());
        }
        format!("select {} from {source}{group}", items.join(", "))
    })
}

fn write(folder: &std::path::Path, name: &str, rows: &[Row]) -> Vec<PathBuf> {
    let batch = batch(rows);
    let path = folder.join(name);
    let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    vec![path]
}

fn holds(sql: &str, p: &[Row], q: &[Row]) -> Result<(), TestCaseError> {
    let (left, right) = (table("P"), table("Q"));
    // What the engine has no plan for is refused by the check already: a few of these texts mix types as nobody would.
    let checked = DataFusionChecker
        .check(sql, &[SqlInput { name: "p", columns: &left.columns }, SqlInput { name: "q", columns: &right.columns }])
        .map_err(|fault| TestCaseError::reject(fault.message))?;
    let folder = tempfile::tempdir().unwrap();
    let inputs = [
        ("p".to_owned(), write(folder.path(), "p.parquet", p), &left),
        ("q".to_owned(), write(folder.path(), "q.parquet", q), &right),
    ];
    let (schema, batches) = match execute(sql, &inputs) {
        Ok(found) => found,
        // A number that is too large is an error of the data, not of the types.
        Err(message) if message.to_lowercase().contains("overflow") => return Ok(()),
        Err(message) => return Err(TestCaseError::fail(format!("{sql}\n{message}"))),
    };
    prop_assert_eq!(schema.fields().len(), checked.len());
    for (at, column) in checked.iter().enumerate() {
        prop_assert_eq!(schema.field(at).is_nullable(), column.nullable);
        for batch in &batches {
            let nulls = batch.column(at).logical_null_count();
            prop_assert!(column.nullable || nulls == 0, "{}: {} has {} nulls", sql, column.name, nulls);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_global_rejects: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_projections_filters_and_joins(sql in projection(), p in rows(), q in rows()) {
        holds(&sql, &p, &q)?;
    }

    #[test]
    fn of_aggregates(sql in aggregation(), p in rows(), q in rows()) {
        holds(&sql, &p, &q)?;
    }
}
