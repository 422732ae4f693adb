//! A data set in files gets the answers that the same rows get in memory, whatever the format, the cut into row groups and the number of threads.

use std::{collections::BTreeMap, fs::File, num::NonZeroUsize, path::Path, sync::Arc};

use crate::common::*;
use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    compute::concat,
    datatypes::{Field, Schema, SchemaRef},
    ipc::writer::{FileWriter, StreamWriter},
};
use mlp_engine::{
    EngineError,
    scan::{Bounds, Report, Scan, local_inputs},
    table::{
        Options, TableSource, all_rules, arrow_schema, arrow_type, check_file, csv::Dialect, literal::repeated,
        outcome::Verdict, write_table,
    },
};
use mlp_plan::{CompareOp, Constraint, Contract, DataType, Expectation, Expr, Format, Literal, TimeUnit};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use proptest::prelude::*;

/// A row: an id, a small number that may be missing, a word, a measure and a time.
type Row = (i64, Option<i64>, Option<String>, f64, i64);

fn contract(most: i64, expectations: Vec<Expectation>) -> Contract {
    let word = Constraint::Matches("[ab]{1,3}".to_owned());
    let instant = DataType::Timestamp { unit: TimeUnit::Us, naive: false };
    let after = Constraint::Range { low: Some(Literal::Date("2013-01-02".parse().unwrap())), high: None };
    Contract {
        name: "Rows".to_owned(),
        columns: vec![
            column("id", DataType::Int(64), vec![]),
            nullable(column("small", DataType::Int(64), vec![range(Some("-5"), Some(&most.to_string()))])),
            nullable(column("word", DataType::String, vec![word, Constraint::Length { min: 1, max: Some(2) }])),
            column("real", DataType::Float(64), vec![range(None, Some("0.5"))]),
            column("at", instant, vec![after]),
        ],
        keys: vec![vec!["id".to_owned()]],
        uniques: vec![vec!["small".to_owned(), "word".to_owned()]],
        expectations,
        ..Contract::default()
    }
}

fn expectations(rows: usize, share: f64) -> Vec<Expectation> {
    let ask = |function: &str, args: Vec<Expr>, op: CompareOp, than: Literal| {
        expectation(Expr::Compare(op, Box::new(call(function, args)), Box::new(Expr::Literal(than))))
    };
    let share = number(&share.to_string());
    vec![
        ask("rows", vec![], CompareOp::Ge, number(&rows.to_string())),
        ask("null_rate", vec![col("small")], CompareOp::Le, share.clone()),
        ask("distinct", vec![col("word")], CompareOp::Le, number("5")),
        ask("distinct", vec![col("id")], CompareOp::Ge, number(&rows.to_string())),
        ask("mean", vec![col("small")], CompareOp::Le, number("1")),
        ask("min", vec![col("small")], CompareOp::Ge, number("-5")),
        ask("max", vec![col("at")], CompareOp::Ge, Literal::Date("2013-01-04".parse().unwrap())),
        ask("quantile", vec![col("real"), Expr::Literal(number("0.9"))], CompareOp::Le, share),
        ask("sum", vec![col("small")], CompareOp::Le, number("20")),
    ]
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        prop_oneof![4 => 0_i64..1_000, 1 => any::<i64>()],
        prop::option::weighted(0.9, -6_i64..8),
        prop::option::weighted(0.9, "[abc]{1,3}"),
        -1.0..0.6,
        0_i64..4 * 86_400,
    );
    prop::collection::vec(row, 0..80)
}

fn table(contract: &Contract, rows: &[Row]) -> RecordBatch {
    const START: i64 = 1_356_998_400_000_000;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.1).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.2.clone()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|row| row.3).collect::<Float64Array>()),
        Arc::new(
            TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| START + row.4 * 1_000_000))
                .with_timezone("UTC"),
        ),
    ];
    RecordBatch::try_new(arrow_schema(contract), columns).unwrap()
}

/// Rules that do not hold, each with how many rows break it.
fn in_memory(contract: &Contract, batch: &RecordBatch) -> BTreeMap<String, u64> {
    let source = TableSource::Batches(vec![batch.clone()]);
    let delivery = check_file(&source, contract, &all_rules(contract), &Options::default()).unwrap();
    delivery.violations.into_iter().map(|violation| (violation.words, violation.rows)).collect()
}

fn scan(contract: &Contract, path: &Path, threads: Option<usize>) -> Result<Report, EngineError> {
    let inputs = local_inputs(path, None)?;
    let scan = Scan {
        contract,
        inputs: &inputs,
        dialect: Dialect::default(),
        references: &BTreeMap::new(),
        now: chrono::NaiveDateTime::default(),
        bounds: Bounds { threads: threads.and_then(NonZeroUsize::new), ..Bounds::default() },
        progress: &|_| {},
    };
    scan.run()
}

fn in_files(contract: &Contract, path: &Path, threads: usize) -> BTreeMap<String, u64> {
    let report = scan(contract, path, Some(threads)).unwrap();
    // what has no value (the mean of nothing) is unknown here, and broken there
    let broken =
        report.outcomes.into_iter().filter(|outcome| matches!(outcome.verdict, Verdict::Fail | Verdict::Unknown));
    broken.map(|outcome| (outcome.words, outcome.rows)).collect()
}

fn write(folder: &Path, batch: &RecordBatch, group: usize, text: bool) -> Vec<std::path::PathBuf> {
    let at = |name: &str| folder.join(name);
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
    let mut parquet =
        ArrowWriter::try_new(File::create(at("t.parquet")).unwrap(), batch.schema(), Some(properties)).unwrap();
    parquet.write(batch).unwrap();
    parquet.close().unwrap();
    let mut file = FileWriter::try_new(File::create(at("t.arrow")).unwrap(), batch.schema_ref()).unwrap();
    let mut stream = StreamWriter::try_new(File::create(at("t.arrows")).unwrap(), batch.schema_ref()).unwrap();
    for start in (0..batch.num_rows()).step_by(group) {
        let part = batch.slice(start, group.min(batch.num_rows() - start));
        file.write(&part).unwrap();
        stream.write(&part).unwrap();
    }
    file.finish().unwrap();
    stream.finish().unwrap();
    let mut names = vec!["t.parquet", "t.arrow", "t.arrows"];
    for (format, name) in [(Format::Csv, "t.csv"), (Format::Jsonl, "t.jsonl")].into_iter().filter(|_| text) {
        write_table(&at(name), format, batch.schema_ref(), std::slice::from_ref(batch)).unwrap();
        names.push(name);
    }
    names.into_iter().map(at).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_format_gets_the_same_answers(rows in rows(), group in 1_usize..30, most in 0_i64..8, least in 0_usize..60, share in 0.0..0.3) {
        let folder = tempfile::tempdir().unwrap();
        let contract = contract(most, expectations(least, share));
        let batch = table(&contract, &rows);
        let wanted = in_memory(&contract, &batch);
        for path in write(folder.path(), &batch, group, true) {
            for threads in [1, 3] {
                prop_assert_eq!(in_files(&contract, &path, threads), wanted.clone(), "{} with {} threads", path.display(), threads);
            }
        }
    }

    #[test]
    fn any_contract_gets_the_same_answers(contract in mlp_generate::table(), picks in prop::collection::vec(any::<u16>(), 4 * 40), group in 1_usize..30) {
let folder = tempfile::tempdir().unwrap();
        let columns = contract.columns.iter().zip(picks.chunks(40)).map(|(column, picks)| {
            let slots: Vec<ArrayRef> = mlp_generate::drawn(&column.value, &[], picks).iter().map(|value| repeated(value, &column.value.data, 1).unwrap()).collect();
            concat(&slots.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap()
        });
        let batch = RecordBatch::try_new(open_schema(&contract), columns.collect()).unwrap();
        let wanted = in_memory(&contract, &batch);
        for path in write(folder.path(), &batch, group, false) {
            prop_assert_eq!(in_files(&contract, &path, 2), wanted.clone(), "{}", path.display());
        }
    }
}

/// The contract's types, in columns that may all hold nulls.
fn open_schema(contract: &Contract) -> SchemaRef {
    let fields = contract.columns.iter().map(|column| Field::new(&column.name, arrow_type(&column.value.data), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

#[test]
fn what_the_footer_settles_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let contract =
        Contract { keys: vec![], uniques: vec![], ..contract(7, expectations(10, 0.5).drain(..2).collect()) };
    let rows: Vec<Row> = (0..5_000).map(|row| (row, Some(row % 7), Some("a".to_owned()), 0.25, 86_400 + row)).collect();
    let path = write(folder.path(), &table(&contract, &rows), 1_000, true).remove(0);
    let report = scan(&contract, &path, None).unwrap();
    let settled: Vec<String> = report
        .outcomes
        .iter()
        .map(|outcome| format!("{} {}: {}", outcome.verdict.word(), outcome.words, outcome.looked.words()))
        .collect();
    insta::assert_snapshot!(settled.join("\n"), @r"
    pass id: int64: footer
    pass id is never null: footer
    pass small: int64?: footer
    pass small in -5 .. 7: footer
    pass word: string?: dictionary
    pass word matches /[ab]{1,3}/: dictionary
    pass word length 1 .. 2: dictionary
    pass real: float64: scan
    pass real is never null: footer
    pass real in .. 0.5: scan
    pass at: timestamp: footer
    pass at is never null: footer
    pass at in 2013-01-02 ..: footer
    pass rows >= 10: footer
    pass null_rate(small) <= 0.5: footer
    ");
}

/// The footer settles everything that is asked, and yet it is seen that what it speaks of is not there.
#[test]
fn a_file_cut_out_of_the_middle_is_no_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let contract = Contract {
        name: "C".to_owned(),
        columns: vec![column("id", DataType::Int(64), vec![])],
        ..Contract::default()
    };
    let ids: ArrayRef = Arc::new((0..20_000_i64).map(|id| id * 7_919 % 20_011).collect::<Int64Array>());
    let batch = RecordBatch::try_new(arrow_schema(&contract), vec![ids]).unwrap();
    let path = write(folder.path(), &batch, 5_000, false).remove(0);
    assert_eq!(in_files(&contract, &path, 1), BTreeMap::new());
    let whole = std::fs::read(&path).unwrap();
    let (body, end) = whole.split_at(whole.len() - 8);
    let footer = usize::try_from(u32::from_le_bytes(end[..4].try_into().unwrap())).unwrap();
    std::fs::write(&path, [&body[..2_000], &body[body.len() - footer..], end].concat()).unwrap();
    let refused = scan(&contract, &path, None).unwrap_err().to_string();
    assert!(refused.contains("not a whole Parquet file"), "{refused}");
}
