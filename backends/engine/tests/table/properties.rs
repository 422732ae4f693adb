//! What holds for every table: rows that keep a contract pass, casting keeps what is already right, files depend on rows alone.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use crate::common::*;
use arrow::{
    array::{
        ArrayRef, BooleanArray, Decimal128Array, Float32Array, Float64Array, Int8Array, Int64Array, RecordBatch,
        StringArray, TimestampMillisecondArray, UInt64Array,
    },
    compute::concat_batches,
};
use mlp_engine::{
    builtins::run_builtin,
    table::{Options, TableSource, all_rules, arrow_schema, check_file, deliver, read_all, write_parquet},
};
use mlp_plan::{Constraint, Contract, DataType, Format, Literal, TimeUnit};
use proptest::prelude::*;

/// One row under [`contract`].
type Row = (bool, i8, u64, Option<f32>, f64, i128, String, Option<u8>, i64);

/// Every scalar kind, each with a rule.
fn contract() -> Contract {
    let letter = DataType::Enum { members: ["A", "B", "C"].map(str::to_owned).to_vec(), open: false };
    Contract {
        name: "Everything".to_owned(),
        columns: vec![
            column("truth", DataType::Bool, vec![]),
            column("small", DataType::Int(8), vec![range(Some("-100"), Some("100"))]),
            column("count", DataType::Uint(64), vec![range(Some("1"), None)]),
            nullable(column("share", DataType::Float(32), vec![range(Some("0"), Some("1"))])),
            column("real", DataType::Float(64), vec![range(None, Some("1000000"))]),
            column("money", DataType::Decimal { precision: 12, scale: 2 }, vec![range(Some("0.01"), None)]),
            column(
                "word",
                DataType::String,
                vec![Constraint::Matches("[a-zä]{0,8}".to_owned()), Constraint::Length { min: 0, max: Some(8) }],
            ),
            nullable(column("letter", letter, vec![])),
            column(
                "at",
                DataType::Timestamp { unit: TimeUnit::Ms, naive: false },
                vec![Constraint::Range { low: Some(Literal::Date("2000-01-01".parse().unwrap())), high: None }],
            ),
        ],
        ..Contract::default()
    }
}

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    let row = (
        any::<bool>(),
        -100_i8..=100,
        1_u64..,
        prop::option::of(0.0_f32..=1.0),
        prop_oneof![-1e9..=1e6, Just(f64::NEG_INFINITY), Just(-0.0), Just(1e6)],
        1_i128..999_999_999_999,
        "[a-zä]{0,8}",
        prop::option::of(0_u8..3),
        946_684_800_000_i64..4_000_000_000_000,
    );
    prop::collection::vec(row, 0..most)
}

fn table(rows: &[Row]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| Some(row.0)).collect::<BooleanArray>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int8Array>()),
        Arc::new(rows.iter().map(|row| row.2).collect::<UInt64Array>()),
        Arc::new(rows.iter().map(|row| row.3).collect::<Float32Array>()),
        Arc::new(rows.iter().map(|row| row.4).collect::<Float64Array>()),
        Arc::new(
            rows.iter().map(|row| Some(row.5)).collect::<Decimal128Array>().with_precision_and_scale(12, 2).unwrap(),
        ),
        Arc::new(rows.iter().map(|row| Some(row.6.as_str())).collect::<StringArray>()),
        Arc::new(
            rows.iter().map(|row| row.7.map(|letter| ["A", "B", "C"][usize::from(letter)])).collect::<StringArray>(),
        ),
        Arc::new(TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| row.8)).with_timezone("UTC")),
    ];
    RecordBatch::try_new(arrow_schema(&contract()), columns).unwrap()
}

/// The batch cut at some rows.
fn cut(batch: &RecordBatch, at: &[usize]) -> Vec<RecordBatch> {
    let mut ends: Vec<usize> = at.iter().map(|end| end % (batch.num_rows() + 1)).chain([0, batch.num_rows()]).collect();
    ends.sort_unstable();
    ends.windows(2).map(|ends| batch.slice(ends[0], ends[1] - ends[0])).collect()
}

fn whole(path: &PathBuf) -> RecordBatch {
    let (schema, batches) = read_all(std::slice::from_ref(path)).unwrap();
    concat_batches(&schema, &batches).unwrap()
}

/// Every row as text, sorted.
fn sorted(batch: &RecordBatch) -> Vec<String> {
    let names: Vec<String> = batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
    let mut rows: Vec<String> = (0..batch.num_rows())
        .map(|row| mlp_engine::table::show::row(batch, row, &names, &Contract::default()))
        .collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_that_keep_a_contract_pass_and_stay_as_they_are(rows in rows(60), at in prop::collection::vec(any::<usize>(), 0..4)) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.parquet");
        let (batch, contract) = (table(&rows), contract());
        let delivery = deliver(&TableSource::Batches(cut(&batch, &at)), &contract, &all_rules(&contract), 0.0, &out, &Options::default()).unwrap();
        prop_assert_eq!(told(&delivery), "");
        prop_assert_eq!(delivery.rows, rows.len() as u64);
        prop_assert_eq!(whole(&out), batch);
        // Once more, from the file: nothing changes any more.
        let bytes = fs::read(&out).unwrap();
        let again = folder.path().join("again.parquet");
        deliver(&TableSource::parquet(&out), &contract, &all_rules(&contract), 0.0, &again, &Options::default()).unwrap();
        prop_assert_eq!(fs::read(&again).unwrap(), bytes);
    }

    #[test]
    fn csv_and_json_lines_keep_every_value(rows in rows(40)) {
        let folder = tempfile::tempdir().unwrap();
        let (batch, mut contract) = (table(&rows), contract());
        // An empty text is null in CSV.
        contract.columns[6].value.nullable = true;
        for (format, name) in [(Format::Csv, "t.csv"), (Format::Jsonl, "t.jsonl")] {
            let path = folder.path().join(name);
            mlp_engine::table::write_table(&path, format, batch.schema_ref(), std::slice::from_ref(&batch)).unwrap();
            if format == Format::Jsonl && rows.iter().any(|row| row.4.is_infinite()) {
                continue; // JSON has no infinity.
            }
            let out = folder.path().join("out.parquet");
            let source = TableSource::Files { paths: vec![path], format };
            let delivery = deliver(&source, &contract, &all_rules(&contract), 0.0, &out, &Options::default()).unwrap();
            prop_assert_eq!(told(&delivery), "");
            let back = whole(&out);
            for (at, column) in back.columns().iter().enumerate() {
                if at == 6 {
                    let text = |batch: &RecordBatch| -> Vec<String> {
                        arrow::array::AsArray::as_string::<i32>(batch.column(6)).iter().map(|text| text.unwrap_or_default().to_owned()).collect()
                    };
                    prop_assert_eq!(text(&back), text(&batch));
                } else {
                    prop_assert_eq!(column, batch.column(at));
                }
            }
        }
    }

    #[test]
    fn one_broken_row_is_one_violation(rows in rows(40), which in any::<prop::sample::Index>()) {
        prop_assume!(!rows.is_empty());
        let mut rows = rows;
        let at = which.index(rows.len());
        rows[at].1 = 101;
        let contract = contract();
        let delivery = check_file(&TableSource::Batches(vec![table(&rows)]), &contract, &all_rules(&contract), &Options::default()).unwrap();
        prop_assert_eq!(delivery.violations.len(), 1);
        prop_assert_eq!(delivery.violations[0].words.as_str(), "small in -100 .. 100");
        prop_assert_eq!(delivery.violations[0].rows, 1);
    }

    #[test]
    fn keys_are_exact(keys in prop::collection::vec((0_i64..30, 0_u8..3), 0..80), at in prop::collection::vec(any::<usize>(), 0..4)) {
        let contract = Contract {
            columns: vec![column("a", DataType::Int(64), vec![]), column("b", DataType::String, vec![])],
            keys: vec![vec!["a".to_owned(), "b".to_owned()]],
            ..Contract::default()
        };
        let a: ArrayRef = Arc::new(keys.iter().map(|key| key.0).collect::<Int64Array>());
        let b: ArrayRef = Arc::new(keys.iter().map(|key| Some(["x", "y", "z"][usize::from(key.1)])).collect::<StringArray>());
        let source = TableSource::Batches(cut(&batch(vec![("a", a), ("b", b)]), &at));
        let delivery = check_file(&source, &contract, &all_rules(&contract), &Options::default()).unwrap();
        let distinct = keys.iter().collect::<std::collections::BTreeSet<_>>().len();
        prop_assert_eq!(delivery.violations.iter().map(|violation| violation.rows).sum::<u64>(), (keys.len() - distinct) as u64);
    }

    #[test]
    fn splits_are_disjoint_whole_and_know_no_order(rows in rows(60), seed in any::<i32>(), turn in any::<usize>()) {
        let folder = tempfile::tempdir().unwrap();
        let batch = table(&rows);
        let path = |name: &str| folder.path().join(name);
        write_parquet(&path("rows"), batch.schema_ref(), std::slice::from_ref(&batch)).unwrap();
        // The same rows, turned.
        let turn = turn % (batch.num_rows() + 1);
        let turned = [batch.slice(turn, batch.num_rows() - turn), batch.slice(0, turn)];
        write_parquet(&path("turned"), batch.schema_ref(), &turned).unwrap();

        let literal = |text: &str| Literal::Text(text.to_owned());
        let random: BTreeMap<String, Literal> = [("test".to_owned(), number("0.3")), ("seed".to_owned(), number(&seed.to_string()))].into();
        let mut by_key = random.clone();
        by_key.insert("key".to_owned(), literal("letter"));
        let by_time: BTreeMap<String, Literal> = [("on".to_owned(), literal("at")), ("at".to_owned(), Literal::Date("2050-01-01".parse().unwrap()))].into();
        for (name, params) in [("split.at_random", random), ("split.by_key", by_key), ("split.by_time", by_time)] {
            let split = |rows: &str, train: &str, test: &str| {
                run_builtin(
                    name,
                    &[("rows".to_owned(), vec![path(rows)])].into(),
                    &params,
                    &[("train".to_owned(), path(train)), ("test".to_owned(), path(test))].into(),
                )
                .unwrap();
            };
            split("rows", "train", "test");
            split("turned", "train2", "test2");
            prop_assert_eq!(sorted(&whole(&path("train"))), sorted(&whole(&path("train2"))));
            prop_assert_eq!(sorted(&whole(&path("test"))), sorted(&whole(&path("test2"))));
            let tables = [("tables".to_owned(), vec![path("train"), path("test")])].into();
            run_builtin("tables.concat", &tables, &BTreeMap::new(), &[("result".to_owned(), path("all"))].into()).unwrap();
            prop_assert_eq!(sorted(&whole(&path("all"))), sorted(&batch));
            if name == "split.by_key" {
                let letters = |name: &str| -> std::collections::BTreeSet<Option<String>> {
                    arrow::array::AsArray::as_string::<i32>(whole(&path(name)).column(7)).iter().map(|text| text.map(str::to_owned)).collect()
                };
                prop_assert!(letters("train").is_disjoint(&letters("test")));
            }
        }
    }

    #[test]
    fn samples_are_of_the_table_and_deduplicated_rows_are_the_first(rows in rows(40), most in 0_usize..50, seed in any::<i32>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let twice: Vec<Row> = rows.iter().chain(&rows).cloned().collect();
        let batch = table(&twice);
        write_parquet(&path("rows"), batch.schema_ref(), std::slice::from_ref(&batch)).unwrap();
        let run = |name: &str, params: &[(&str, Literal)]| {
            let params = params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            run_builtin(name, &[("rows".to_owned(), vec![path("rows")])].into(), &params, &[("result".to_owned(), path("out"))].into()).unwrap();
            whole(&path("out"))
        };
        let sample = run("tables.sample", &[("rows", number(&most.to_string())), ("seed", number(&seed.to_string()))]);
        prop_assert_eq!(sample.num_rows(), most.min(twice.len()));
        let mut all = sorted(&batch);
        for row in sorted(&sample) {
            let at = all.iter().position(|known| *known == row);
            prop_assert!(at.is_some());
            all.remove(at.unwrap());
        }
        let distinct = run("tables.deduplicate", &[]);
        let mut expected = sorted(&batch);
        expected.dedup();
        prop_assert_eq!(sorted(&distinct), expected);
        let first = run("tables.deduplicate", &[("by", Literal::List(vec![Literal::Text("letter".to_owned())]))]);
        let mut seen = std::collections::BTreeSet::new();
        let kept: Vec<Row> = twice.iter().filter(|row| seen.insert(row.7)).cloned().collect();
        prop_assert_eq!(first, table(&kept));
    }
}
