//! The standard library's table stages on small tables, and their errors in words.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::common::*;
use arrow::{
    array::{AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray},
    compute::concat_batches,
    datatypes::Int64Type,
};
use mlp_engine::{builtins::run_builtin, table::read_all};
use mlp_plan::Literal;

struct Stage {
    folder: tempfile::TempDir,
    inputs: BTreeMap<String, Vec<PathBuf>>,
    params: BTreeMap<String, Literal>,
    outputs: BTreeMap<String, PathBuf>,
}

impl Stage {
    fn new(outputs: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let outputs = outputs.iter().map(|name| ((*name).to_owned(), folder.path().join(name))).collect();
        Self { folder, inputs: BTreeMap::new(), params: BTreeMap::new(), outputs }
    }

    fn input(mut self, name: &str, batch: &RecordBatch) -> Self {
        let files = self.inputs.entry(name.to_owned()).or_default();
        files.push(written(self.folder.path(), &format!("{name}{}.parquet", files.len()), batch));
        self
    }

    fn param(mut self, name: &str, value: Literal) -> Self {
        self.params.insert(name.to_owned(), value);
        self
    }

    fn run(&self, name: &str) -> Result<(), String> {
        run_builtin(name, &self.inputs, &self.params, &self.outputs).map_err(|error| error.to_string())
    }

    fn output(&self, name: &str) -> RecordBatch {
        let (schema, batches) = read_all(&[self.outputs[name].clone()]).unwrap();
        concat_batches(&schema, &batches).unwrap()
    }
}

fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

fn numbered(numbers: Vec<Option<i64>>) -> RecordBatch {
    batch(vec![("n", Arc::new(Int64Array::from(numbers)))])
}

#[test]
fn by_time_the_instant_itself_is_tested() {
    let rows = with(
        &flights(4),
        "time_hour",
        Arc::new(
            arrow::array::TimestampMicrosecondArray::from(vec![START - 1, START, START + 1, 0]).with_timezone("UTC"),
        ),
    );
    let stage = Stage::new(&["train", "test"])
        .input("rows", &rows)
        .param("on", text("time_hour"))
        .param("at", Literal::Timestamp("2013-01-01T05:00:00".parse().unwrap()));
    stage.run("split.by_time").unwrap();
    assert_eq!((stage.output("train").num_rows(), stage.output("test").num_rows()), (2, 2));
}

#[test]
fn by_time_refuses_a_null() {
    let times: arrow::array::TimestampMicrosecondArray = vec![Some(START), None].into();
    let rows = with(&flights(2), "time_hour", Arc::new(times.with_timezone("UTC")));
    let stage = Stage::new(&["train", "test"])
        .input("rows", &rows)
        .param("on", text("time_hour"))
        .param("at", Literal::Date("2013-10-01".parse().unwrap()));
    insta::assert_snapshot!(stage.run("split.by_time").unwrap_err(), @r###"
    split.by_time: `time_hour` has nulls, and such a row lies neither before nor after 2013-10-01
    "###);
}

#[test]
fn a_random_split_is_about_its_share_and_fixed_for_ever() {
    let stage = Stage::new(&["train", "test"])
        .input("rows", &numbered((0..10_000).map(Some).collect()))
        .param("test", number("0.2"))
        .param("seed", number("7"));
    stage.run("split.at_random").unwrap();
    let test = stage.output("test");
    assert!((1_850..2_150).contains(&test.num_rows()), "{}", test.num_rows());
    let first = test.column(0).as_primitive::<Int64Type>().values();
    assert_eq!(first[..12], [4, 5, 17, 18, 19, 20, 30, 32, 33, 38, 39, 47]);
}

#[test]
fn the_ends_of_a_share_are_exact() {
    for (share, rows) in [("0", 0), ("1", 100)] {
        let stage = Stage::new(&["train", "test"])
            .input("rows", &numbered((0..100).map(Some).collect()))
            .param("test", number(share))
            .param("seed", number("1"));
        stage.run("split.at_random").unwrap();
        assert_eq!(stage.output("test").num_rows(), rows);
    }
}

#[test]
fn concat_wants_the_same_columns() {
    let stage =
        Stage::new(&["result"]).input("tables", &numbered(vec![Some(1)])).input("tables", &numbered(vec![None]));
    stage.run("tables.concat").unwrap();
    assert_eq!(stage.output("result"), numbered(vec![Some(1), None]));
    let stage = stage.input("tables", &batch(vec![("n", Arc::new(Int32Array::from(vec![1])))]));
    insta::assert_snapshot!(stage.run("tables.concat").unwrap_err(), @r###"
    the tables differ: `n` is int64 and int32
    "###);
    let stage = Stage::new(&["result"])
        .input("tables", &numbered(vec![Some(1)]))
        .input("tables", &batch(vec![("m", Arc::new(Int64Array::from(vec![1])))]));
    insta::assert_snapshot!(stage.run("tables.concat").unwrap_err(), @r###"
    the tables differ: one has no column `n`
    "###);
}

#[test]
fn truth_is_joined_by_key() {
    let predictions = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), None]))),
        ("score", Arc::new(Float64Array::from(vec![0.1, 0.2, 0.3, 0.4]))),
    ]);
    let truth = |ids: Vec<Option<i64>>| {
        let late: StringArray = ids.iter().map(|id| id.map(|id| format!("late {id}"))).collect();
        batch(vec![
            ("late", Arc::new(late)),
            ("id", Arc::new(Int64Array::from(ids.clone()))),
            ("score", Arc::new(Float64Array::from(vec![9.0; ids.len()]))),
        ])
    };
    let stage = Stage::new(&["result"])
        .input("predictions", &predictions)
        .input("truth", &truth(vec![Some(3), Some(1), None, Some(4)]))
        .param("on", Literal::List(vec![text("id")]));
    stage.run("tables.join_truth").unwrap();
    let expected = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 3]))),
        ("score", Arc::new(Float64Array::from(vec![0.1, 0.3]))),
        ("late", Arc::new(StringArray::from(vec!["late 1", "late 3"]))),
    ]);
    assert_eq!(stage.output("result"), expected);
    let stage = Stage::new(&["result"])
        .input("predictions", &predictions)
        .input("truth", &truth(vec![Some(3), Some(3)]))
        .param("on", Literal::List(vec![text("id")]));
    insta::assert_snapshot!(stage.run("tables.join_truth").unwrap_err(), @r###"
    tables.join_truth: rows 1 and 2 of the truth have the same key (id)
    "###);
}

#[test]
fn what_is_missing_is_named() {
    let rows = numbered(vec![Some(1)]);
    let errors = [
        Stage::new(&["train", "test"]).run("split.at_random").unwrap_err(),
        Stage::new(&["train", "test"])
            .input("rows", &rows)
            .param("test", number("2"))
            .param("seed", number("1"))
            .run("split.at_random")
            .unwrap_err(),
        Stage::new(&["train", "test"])
            .input("rows", &rows)
            .param("test", number("0.5"))
            .param("seed", number("1"))
            .param("key", text("m"))
            .run("split.by_key")
            .unwrap_err(),
        Stage::new(&["train"])
            .input("rows", &rows)
            .param("test", number("0.5"))
            .param("seed", number("1"))
            .run("split.at_random")
            .unwrap_err(),
        Stage::new(&["result"]).run("tables.pivot").unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r###"
    split.at_random: parameter `test` is missing
    split.at_random: `test` is 2, which is not a share between 0 and 1
    the table has no column `m`
    split.at_random: output `test` is missing
    there is no builtin `tables.pivot`
    "###);
}
