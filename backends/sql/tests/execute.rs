//! Running a SELECT over real Parquet files.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod common;

use std::{collections::BTreeMap, path::Path, path::PathBuf, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType as ArrowType, Field, Schema},
    util::pretty::pretty_format_batches,
};
use common::{check, column, contract, planes};
use mlp_plan::{Contract, DataType, Literal};
use mlp_sql::execute;
use parquet::arrow::ArrowWriter;

/// Writes one Parquet file of nullable columns.
fn file(folder: &Path, name: &str, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, array)| array).collect()).unwrap();
    let path = folder.join(name);
    let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

fn strings(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn ints(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn plane_files(folder: &Path) -> Vec<PathBuf> {
    let years: ArrayRef = Arc::new(Int32Array::from(vec![Some(1999), None, Some(2004)]));
    let one = file(
        folder,
        "a.parquet",
        vec![("tail", strings(&["N1", "N2", "N3"])), ("year", years), ("seats", ints(&[2, 4, 180]))],
    );
    let two =
        file(folder, "b.parquet", vec![("tail", strings(&["N4"])), ("year", ints(&[2013])), ("seats", ints(&[200]))]);
    vec![one, two]
}

fn shown(sql: &str, inputs: &[(String, Vec<PathBuf>, &Contract)]) -> String {
    let (schema, batches) = execute(sql, inputs).expect(sql);
    for batch in &batches {
        assert_eq!(batch.schema(), schema);
    }
    pretty_format_batches(&batches).unwrap().to_string()
}

#[test]
fn rows_of_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let inputs = [("planes".to_owned(), plane_files(folder.path()), &planes)];
    let sql = "select tail, coalesce(year, 0) as year, seats > 100 as large from planes where seats > 2";
    insta::assert_snapshot!(shown(sql, &inputs));
    insta::assert_snapshot!(shown("select count(*) as n, sum(seats) as seats, avg(year) as year from planes", &inputs));
    let sql = "select tail, lag(tail) over (order by seats desc) as larger from planes order by seats";
    insta::assert_snapshot!(shown(sql, &inputs));
}

#[test]
fn the_schema_is_what_was_checked() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let inputs = [("planes".to_owned(), plane_files(folder.path()), &planes)];
    let sql = "select upper(tail) as tail, year, date '2020-01-01' as day, timestamp '2020-01-01' as at, cast('1' as decimal(5, 1)) as d,
        to_timestamp_seconds(seats) as s, cast('12:00' as time) as t, arrow_cast(tail, 'Utf8View') as v, make_array(seats) as l from planes";
    let checked = check(sql).expect("checks");
    let (schema, batches) = execute(sql, &inputs).expect("runs");
    let expected: Vec<(String, bool)> = checked.iter().map(|column| (column.name.clone(), column.nullable)).collect();
    let found: Vec<(String, bool)> =
        schema.fields().iter().map(|field| (field.name().clone(), field.is_nullable())).collect();
    assert_eq!(found, expected);
    let types: Vec<String> = schema.fields().iter().map(|field| field.data_type().to_string()).collect();
    insta::assert_snapshot!(types.join("\n"));
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
}

#[test]
fn a_reader_gets_its_contract() {
    let folder = tempfile::tempdir().unwrap();
    // Narrower types, another order, a column too many, an old name, and one that is not there.
    let wide: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let path = file(
        folder.path(),
        "t.parquet",
        vec![("seats", ints(&[2, 4])), ("extra", wide), ("plane", strings(&["N1", "N2"]))],
    );
    let mut reader = contract(
        "Reader",
        vec![column("tail", DataType::String), column("seats", DataType::Int(64)), column("crew", DataType::Int(64))],
    );
    reader.columns[0].was = Some("plane".to_owned());
    reader.columns[2].default = Some(Literal::Number(2.into()));
    let inputs = [("rows".to_owned(), vec![path], &reader)];
    insta::assert_snapshot!(shown("select * from rows", &inputs));
    insta::assert_snapshot!(shown("select count(*) as n from rows", &inputs));
}

#[test]
fn an_empty_answer_has_its_schema() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let inputs = [("planes".to_owned(), plane_files(folder.path()), &planes)];
    let (schema, batches) = execute("select tail from planes where seats < 0", &inputs).expect("runs");
    assert_eq!(schema.field(0), &Field::new("tail", ArrowType::Utf8, false));
    assert_eq!(batches, []);
}

#[test]
fn what_goes_wrong_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let files = plane_files(folder.path());
    let run = |sql: &str, files: &[PathBuf]| {
        let message = execute(sql, &[("planes".to_owned(), files.to_vec(), &planes)]).expect_err(sql);
        message.replace(&folder.path().display().to_string(), "..")
    };
    let broken = folder.path().join("broken.parquet");
    std::fs::write(&broken, "not parquet").unwrap();
    let short = file(folder.path(), "short.parquet", vec![("tail", strings(&["N1"]))]);
    let wrong = file(folder.path(), "wrong.parquet", vec![("tail", strings(&["N1"])), ("seats", strings(&["many"]))]);
    let all = [
        run("select seats / (seats - seats) as x from planes", &files),
        run("select cast(tail as int) as x from planes", &files),
        run("select to_date(tail) as x from planes", &files),
        run("select nothing from planes", &files),
        run("select tail from planes", &[folder.path().join("none.parquet")]),
        run("select tail from planes", &[broken]),
        run("select seats from planes", &[short]),
        run("select seats from planes", &[wrong]),
        run("select (select tail from planes) as x", &files),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_null_where_the_contract_has_none_is_not_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let seats: ArrayRef = Arc::new(Int32Array::from(vec![None, Some(2)]));
    let path = file(
        folder.path(),
        "nulls.parquet",
        vec![("tail", strings(&["N1", "N2"])), ("seats", seats), ("year", ints(&[1, 2]))],
    );
    let message = execute("select seats from planes", &[("planes".to_owned(), vec![path], &planes)]).expect_err("null");
    assert!(message.contains("`seats`") || message.contains("non-nullable"), "{message}");
}

/// Sums of floats depend on the order of adding, and rows without `order by` on the order of reading: both are the same on every run.
#[test]
fn the_same_inputs_give_the_same_rows_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    let rows = 100_000_i32;
    let keys: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|row| i64::from(row) * 7_919 % 1_000)));
    let values: ArrayRef =
        Arc::new(Float64Array::from_iter_values((0..rows).map(|row| (f64::from(row) * 0.37).sin() * 1e6)));
    let path = file(folder.path(), "t.parquet", vec![("key", keys), ("value", values)]);
    let table = contract("Row", vec![column("key", DataType::Int(64)), column("value", DataType::Float(64))]);
    let sql = "with sums as (select key, sum(value) as s, avg(value) as a from t group by key)
        select t.key, s, a, value from t join sums on t.key = sums.key where value > s
        union all select key, s, a, 0.0 from sums
        union all select key, 0.0, first_value(value), 1.0 from t group by key";
    let inputs = [("t".to_owned(), vec![path], &table)];
    let (_, first) = execute(sql, &inputs).expect("runs");
    assert!(first.iter().map(RecordBatch::num_rows).sum::<usize>() > 3_000);
    for _ in 0..5 {
        let (_, again) = execute(sql, &inputs).expect("runs");
        let (first, again) = (
            arrow::compute::concat_batches(&first[0].schema(), &first),
            arrow::compute::concat_batches(&again[0].schema(), &again),
        );
        assert_eq!(first.unwrap(), again.unwrap());
    }
}

#[test]
fn keys_are_never_null() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = contract("Row", vec![column("id?", DataType::Int(32)), column("x?", DataType::Int(32))]);
    table.keys = vec![vec!["id".to_owned()]];
    let path = file(folder.path(), "t.parquet", vec![("id", ints(&[1, 2])), ("x", ints(&[3, 4]))]);
    let (schema, _) = execute("select id, x from t", &[("t".to_owned(), vec![path], &table)]).expect("runs");
    let nullable: BTreeMap<&str, bool> =
        schema.fields().iter().map(|field| (field.name().as_str(), field.is_nullable())).collect();
    assert_eq!(nullable, BTreeMap::from([("id", false), ("x", true)]));
}

#[test]
fn whole_numbers_that_leave_their_type_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let planes = planes();
    let path = file(
        folder.path(),
        "large.parquet",
        vec![("tail", strings(&["N1", "N2"])), ("year", ints(&[1, 2])), ("seats", ints(&[2, 2_000_000_000]))],
    );
    let inputs = [("planes".to_owned(), vec![path], &planes)];
    let fault = |sql: &str| execute(sql, &inputs).expect_err(sql);
    insta::assert_snapshot!(
        [
            "select seats + seats as s from planes",
            "select tail from planes where seats * seats > 5",
            "select cast(-5 as int) - seats - seats as s from planes",
            "select tail, sum(seats * year * 2) as s from planes group by tail",
            "select sum(seats) over (order by seats + seats) as s from planes",
            "select cast(9223372036854775807 as bigint) + seats as s from planes",
        ]
        .map(fault)
        .join("\n")
    );
    // near misses: wide enough, of floats, within bounds, or never computed
    let fine = "select cast(seats as bigint) + seats as a, seats * 2.5 as b, seats - 5 as c,
        case when seats < 100 then seats * 1000 else seats end as d, seats + year as e from planes where seats + 7 > 0";
    insta::assert_snapshot!(shown(fine, &inputs));
}
