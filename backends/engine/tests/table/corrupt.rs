//! Each kind of corrupt input gives exactly one violation, with the right count, examples and place.

use std::{fs, sync::Arc};

use crate::common::*;
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, ListArray, StringArray, TimestampMicrosecondArray,
    TimestampNanosecondArray,
};
use mlp_engine::table::{Options, TableSource, all_rules, check_file, deliver, read_all};
use mlp_plan::{CompareOp, Constraint, DataType, Expr, Format, Literal, Reference, Rule, StructField, ValueType};

fn carriers(rows: usize, change: impl Fn(usize) -> Option<&'static str>) -> ArrayRef {
    Arc::new((0..rows).map(change).collect::<StringArray>())
}

fn distances(rows: usize, change: impl Fn(usize) -> Option<f64>) -> ArrayRef {
    Arc::new((0..rows).map(change).collect::<Float64Array>())
}

#[test]
fn whole_flights_pass() {
    let delivery = check(&flight(), flights(100));
    assert_eq!(told(&delivery), "");
    assert_eq!(delivery.rows, 100);
}

#[test]
fn a_null_in_a_key() {
    let rows = with(&flights(10), "carrier", carriers(10, |row| (row != 3).then_some("UA")));
    let delivery = check(&flight(), rows);
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:11:3: carrier is never null: 1 of 10 rows breaks it
      time_hour=2013-01-01T05:00:00Z, flight=4, origin="EWR", carrier=none
    "###);
}

#[test]
fn a_null_in_a_key_over_a_nullable_type() {
    let mut contract = flight();
    contract.columns[1].value.nullable = true;
    let rows = with(&flights(10), "carrier", carriers(10, |row| (row != 3).then_some("UA")));
    insta::assert_snapshot!(told(&check(&contract, rows)), @r###"
    error at flights.mlp:11:3: carrier is never null in a key: 1 of 10 rows breaks it
      time_hour=2013-01-01T05:00:00Z, flight=4, origin="EWR", carrier=none
    "###);
}

#[test]
fn a_negative_distance() {
    let rows = with(&flights(10), "distance", distances(10, |row| Some(if row < 2 { -1.0 } else { 100.0 })));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:16:34: distance in 0 .. 5000: 2 of 10 rows break it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=1, origin="EWR", distance=-1.0
      time_hour=2013-01-01T05:00:00Z, carrier="AA", flight=2, origin="JFK", distance=-1.0
    "###);
}

#[test]
fn many_rows_are_counted_and_five_shown() {
    let rows =
        with(&flights(1_000), "distance", distances(1_000, |row| Some(if row % 2 == 0 { 9_999.0 } else { 1.0 })));
    let delivery = check(&flight(), rows);
    assert_eq!(delivery.violations.len(), 1);
    assert_eq!(
        (delivery.violations[0].rows, delivery.violations[0].of, delivery.violations[0].examples.len()),
        (500, 1_000, 5)
    );
    assert_eq!(delivery.violations[0].rule, Rule::Constraint { column: "distance".to_owned(), index: 0 });
}

#[test]
fn nan_lies_in_no_range() {
    let rows = with(&flights(10), "distance", distances(10, |row| Some(if row == 0 { f64::NAN } else { 1.0 })));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:16:34: distance in 0 .. 5000: 1 of 10 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=1, origin="EWR", distance=NaN
    "###);
}

#[test]
fn nan_of_pandas_is_null() {
    let rows = with(&flights(10), "distance", distances(10, |row| Some(if row == 0 { f64::NAN } else { 1.0 })));
    let options = Options { nan_is_null: true, ..Options::default() };
    let contract = flight();
    let delivery = check_file(&TableSource::Batches(vec![rows]), &contract, &all_rules(&contract), &options).unwrap();
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:16:3: distance is never null: 1 of 10 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=1, origin="EWR", distance=none
    "###);
}

#[test]
fn a_missing_column() {
    insta::assert_snapshot!(told(&check(&flight(), without(&flights(10), "dest"))), @r###"
    error at flights.mlp:15:3: dest: string: missing
    "###);
    // A missing column of a key is told once, not as a broken key.
    insta::assert_snapshot!(told(&check(&flight(), without(&flights(10), "carrier"))), @r###"
    error at flights.mlp:11:3: carrier: string: missing
    "###);
    // Of a table without rows, too.
    insta::assert_snapshot!(told(&check(&flight(), without(&flights(0), "dest"))), @r###"
    error at flights.mlp:15:3: dest: string: missing
    "###);
}

#[test]
fn a_missing_column_with_a_default() {
    let mut contract = flight();
    contract.columns[5].default = Some(Literal::Text("IAH".to_owned()));
    contract.columns[7].default = Some(Literal::Null);
    let rows = without(&without(&flights(10), "dest"), "arr_delay");
    assert_eq!(told(&check(&contract, rows)), "");
}

#[test]
fn an_old_name_is_read() {
    let mut contract = flight();
    contract.columns[5].name = "destination".to_owned();
    contract.columns[5].was = Some("dest".to_owned());
    assert_eq!(told(&check(&contract, flights(10))), "");
}

#[test]
fn an_unknown_member() {
    let rows = with(&flights(10), "origin", carriers(10, |row| Some(if row == 4 { "PHL" } else { "JFK" })));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:14:3: origin: enum { EWR, JFK, LGA }: 1 of 10 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=5, origin="PHL"
    "###);
}

#[test]
fn another_type() {
    let rows = with(&flights(10), "flight", carriers(10, |_| Some("12")));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:12:3: flight: int32: the data has string
      time_hour=2013-01-01T05:00:00Z, carrier="UA", origin="EWR", flight="12"
      time_hour=2013-01-01T05:00:00Z, carrier="AA", origin="JFK", flight="12"
      time_hour=2013-01-01T05:00:00Z, carrier="B6", origin="LGA", flight="12"
      time_hour=2013-01-01T05:00:00Z, carrier="DL", origin="EWR", flight="12"
      time_hour=2013-01-01T05:00:00Z, carrier="UA", origin="JFK", flight="12"
    "###);
}

#[test]
fn a_wider_number_that_does_not_fit() {
    let rows = with(&flights(4), "flight", Arc::new(Int64Array::from(vec![1, 2, 3_000_000_000, 4])));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:12:3: flight: int32: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", origin="LGA", flight=3000000000
    "###);
    let rows = with(&flights(4), "flight", Arc::new(Int64Array::from(vec![1, 2, 3, 4])));
    assert_eq!(told(&check(&flight(), rows)), "");
    // Floats that are whole, as pandas makes them of integers with nulls.
    let rows = with(&flights(4), "flight", distances(4, |row| Some([1.0, 2.5, 3.0, 4.0][row])));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:12:3: flight: int32: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="AA", origin="JFK", flight=2.5
    "###);
}

#[test]
fn timestamps_keep_their_instant() {
    let nanoseconds = |extra: i64| -> ArrayRef {
        Arc::new(
            TimestampNanosecondArray::from(vec![START * 1_000, START * 1_000 + extra])
                .with_timezone("America/New_York"),
        )
    };
    assert_eq!(told(&check(&flight(), with(&flights(2), "time_hour", nanoseconds(1_000)))), "");
    insta::assert_snapshot!(told(&check(&flight(), with(&flights(2), "time_hour", nanoseconds(1)))), @r###"
    error at flights.mlp:10:3: time_hour: timestamp: 1 of 2 rows breaks it
      carrier="AA", flight=2, origin="JFK", time_hour=2013-01-01T00:00:00.000000001-05:00
    "###);
    let naive = with(&flights(1), "time_hour", Arc::new(TimestampMicrosecondArray::from(vec![START])));
    insta::assert_snapshot!(told(&check(&flight(), naive)), @r###"
    error at flights.mlp:10:3: time_hour: timestamp: the data has wall-clock times without a zone; give them one, or declare `timestamp(naive)`
      carrier="UA", flight=1, origin="EWR", time_hour=2013-01-01T05:00:00
    "###);
}

#[test]
fn a_repeated_key() {
    let rows = flights(6);
    let flight_numbers: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3, 4, 5, 1]));
    let rows = with(&with(&rows, "flight", flight_numbers), "carrier", carriers(6, |_| Some("UA")));
    let rows = with(&rows, "origin", carriers(6, |_| Some("JFK")));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:20:3: key (time_hour, carrier, flight, origin): 1 of 6 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=1, origin="JFK"
    "###);
}

#[test]
fn unique_columns_and_sets_pass_over_nulls() {
    let mut contract = flight();
    contract.keys.clear();
    contract.columns[7].value.constraints.push(Constraint::Unique);
    contract.uniques.push(vec!["dest".to_owned(), "arr_delay".to_owned()]);
    let rows = with(&flights(4), "arr_delay", distances(4, |row| [None, Some(1.0), Some(1.0), None][row]));
    insta::assert_snapshot!(told(&check(&contract, rows)), @r###"
    error at flights.mlp:17:3: arr_delay unique: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", arr_delay=1.0
    "###);
}

#[test]
fn tagged_columns_are_masked() {
    let rows = with(&flights(3), "tailnum", carriers(3, |row| [Some("N14228"), None, Some("not a tail number")][row]));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:13:3: tailnum matches /[A-Z0-9]{5,6}/: 1 of 3 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", flight=3, origin="LGA", tailnum=•••
    "###);
    let rows = with(&flights(1), "tailnum", Arc::new(Int32Array::from(vec![5])));
    insta::assert_snapshot!(told(&check(&flight(), rows)), @r###"
    error at flights.mlp:13:3: tailnum: string?: the data has int32
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=1, origin="EWR", tailnum=•••
    "###);
}

#[test]
fn a_condition_with_a_null_is_satisfied() {
    let mut contract = flight();
    let late = Expr::Compare(CompareOp::Le, Box::new(Expr::This), Box::new(col("distance")));
    contract.columns[7].value.constraints.push(Constraint::Where(late));
    let rows = with(&flights(4), "distance", distances(4, |_| Some(10.0)));
    let rows = with(&rows, "arr_delay", distances(4, |row| [None, Some(10.0), Some(11.0), Some(-5.0)][row]));
    insta::assert_snapshot!(told(&check(&contract, rows)), @r###"
    error at flights.mlp:17:3: arr_delay where self <= distance: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", flight=3, origin="LGA", arr_delay=11.0, distance=10.0
    "###);
}

#[test]
fn inside_of_lists_and_structs() {
    let mut contract = flight();
    let element = ValueType { constraints: vec![range(Some("0"), None)], ..ValueType::plain(DataType::Int(32)) };
    contract.columns.push(nullable(column("stops", DataType::List(Box::new(element)), vec![])));
    let zip = ValueType { constraints: vec![length(5)], ..ValueType::plain(DataType::String) };
    contract.columns.push(column(
        "gate",
        DataType::Struct(vec![StructField { name: "zip".to_owned(), value: zip, default: None }]),
        vec![],
    ));
    let stops = ListArray::from_iter_primitive::<arrow::datatypes::Int64Type, _, _>(vec![
        Some(vec![Some(1), Some(2)]),
        None,
        Some(vec![Some(-1), None]),
        Some(vec![]),
    ]);
    let zips: ArrayRef = Arc::new(StringArray::from(vec![Some("10001"), Some("1"), None, Some("10002")]));
    let gate = arrow::array::StructArray::from(vec![(
        Arc::new(arrow::datatypes::Field::new("zip", zips.data_type().clone(), true)),
        zips,
    )]);
    let rows = flights(4);
    let mut columns: Vec<(&str, ArrayRef)> = rows
        .schema_ref()
        .fields()
        .iter()
        .zip(rows.columns())
        .map(|(field, column)| (field.name().as_str(), Arc::clone(column)))
        .collect();
    columns.push(("stops", Arc::new(stops)));
    columns.push(("gate", Arc::new(gate)));
    insta::assert_snapshot!(told(&check(&contract, batch(columns))), @r###"
    error at flights.mlp:5:1: stops[] is never null: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", flight=3, origin="LGA", stops=[-1, none]
    error at flights.mlp:5:1: stops[] in 0 ..: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", flight=3, origin="LGA", stops=[-1, none]
    error at flights.mlp:5:1: gate.zip is never null: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="B6", flight=3, origin="LGA", gate={zip: none}
    error at flights.mlp:5:1: gate.zip length 5: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="AA", flight=2, origin="JFK", gate={zip: 1}
    "###);
}

#[test]
fn rules_over_the_set() {
    let mut contract = flight();
    contract.expectations = vec![
        expectation(compare(call("rows", vec![]), CompareOp::Ge, number("10000"))),
        expectation(compare(call("null_rate", vec![col("arr_delay")]), CompareOp::Le, number("0.05"))),
        expectation(compare(call("mean", vec![col("distance")]), CompareOp::Le, number("49.5"))),
        expectation(compare(
            call("freshness", vec![col("time_hour")]),
            CompareOp::Le,
            Literal::Duration(3_600_000_000_000),
        )),
        expectation(compare(
            call("fraction", vec![compare(col("origin"), CompareOp::Eq, Literal::Text("EWR".to_owned()))]),
            CompareOp::Ge,
            number("0.5"),
        )),
        expectation(compare(call("distinct", vec![col("carrier")]), CompareOp::Eq, number("4"))),
    ];
    contract.expectations[4].warn = true;
    contract.expectations[4].message = Some("Newark is missing".to_owned());
    let options = Options { now: Some("2013-01-02T05:00:00".parse().unwrap()), ..Options::default() };
    let delivery =
        check_file(&TableSource::Batches(vec![flights(60), flights(0)]), &contract, &all_rules(&contract), &options)
            .unwrap();
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:30:3: rows >= 10000: rows is 60
    error at flights.mlp:30:3: null_rate(arr_delay) <= 0.05: null_rate(arr_delay) is 0.15
    error at flights.mlp:30:3: freshness(time_hour) <= 1h: freshness(time_hour) is 1d
    warning at flights.mlp:30:3: fraction(origin == "EWR") >= 0.5: fraction(origin == "EWR") is 0.3333333333333333 (Newark is missing)
    "###);
    let empty = check_file(
        &TableSource::Batches(vec![flights(0)]),
        &contract,
        &[Rule::Expectation(1), Rule::Expectation(2)],
        &options,
    )
    .unwrap();
    insta::assert_snapshot!(told(&empty), @r###"
    error at flights.mlp:30:3: mean(distance) <= 49.5: mean(distance) is unknown
    "###);
}

#[test]
fn references_are_checked_where_the_other_table_is_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let planes = batch(vec![("tail", carriers(2, |row| Some(["N14228", "N24211"][row])))]);
    let path = written(folder.path(), "planes.parquet", &planes);
    let mut contract = flight();
    contract.columns[3].tags.clear();
    contract.references.push(Reference {
        contract: "Plane".to_owned(),
        to: vec!["tail".to_owned()],
        from: vec!["tailnum".to_owned()],
    });
    insta::assert_snapshot!(told(&check(&contract, flights(3))), @r###"
    not checked: references Plane(tail) from (tailnum): the table of Plane is not at hand
    "###);
    let options = Options { references: [("Plane".to_owned(), vec![path])].into(), ..Options::default() };
    let rows =
        with(&flights(4), "tailnum", carriers(4, |row| [Some("N14228"), None, Some("N24211"), Some("N99999")][row]));
    let delivery = check_file(&TableSource::Batches(vec![rows]), &contract, &all_rules(&contract), &options).unwrap();
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:5:1: references Plane(tail) from (tailnum): 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="DL", flight=4, origin="EWR", tailnum="N99999"
    "###);
}

#[test]
fn csv_with_a_quote_that_never_closes_loses_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.csv");
    let rows =
        "UA,2013-01-01T05:00:00Z,1545,N14228,EWR,IAH,1400,11\nUA,2013-01-01T05:00:00Z,1714,\"N24211,LGA,IAH,1416,20\n";
    fs::write(&path, format!("carrier,time_hour,flight,tailnum,origin,dest,distance,arr_delay\n{rows}{rows}{rows}"))
        .unwrap();
    let source = TableSource::Files { paths: vec![path.clone()], format: Format::Csv };
    let contract = flight();
    let out = folder.path().join("out.parquet");
    let error = deliver(&source, &contract, &all_rules(&contract), 0.0, &out, &Options::default()).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("the quote that opens in line 7 is never closed"), "{words}");
    assert!(!out.exists());
}

#[test]
fn csv_is_parsed_by_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.csv");
    let head = "\u{feff}carrier,time_hour,flight,tailnum,origin,dest,distance,arr_delay,extra\n";
    let good = "UA,2013-01-01T05:00:00Z,1545.0,N14228,EWR,IAH,1400,11,x\nUA,2013-01-01T00:00:00-05:00,1714,,LGA,IAH,1416.5,,\"a, b\"\n";
    fs::write(&path, format!("{head}{good}")).unwrap();
    let contract = flight();
    let source = TableSource::Files { paths: vec![path.clone()], format: Format::Csv };
    let out = folder.path().join("out.parquet");
    let delivery = deliver(&source, &contract, &all_rules(&contract), 0.0, &out, &Options::default()).unwrap();
    assert_eq!((told(&delivery).as_str(), delivery.rows), ("", 2));
    let (_, batches) = read_all(std::slice::from_ref(&out)).unwrap();
    assert_eq!(batches[0].column(2).as_primitive::<arrow::datatypes::Int32Type>().values(), &[1545, 1714]);
    assert_eq!(
        batches[0].column(0).as_primitive::<arrow::datatypes::TimestampMicrosecondType>().values(),
        &[START, START]
    );
    assert!(batches[0].column(3).is_null(1) && batches[0].column(7).is_null(1));

    let bad =
        "AA,2013-01-01T05:00:00,1,N14228,EWR,IAH,1400,11,x\nAA,2013-01-01T05:00:00Z,two,N14228,EWR,IAH,far,NA,x\n";
    fs::write(&path, format!("{head}{good}{bad}")).unwrap();
    let delivery = deliver(&source, &contract, &all_rules(&contract), 0.0, &out, &Options::default()).unwrap();
    assert!(!out.exists());
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:10:3: time_hour: timestamp: 1 of 4 rows breaks it
      carrier="AA", flight=1, origin="EWR", time_hour="2013-01-01T05:00:00"
    error at flights.mlp:12:3: flight: int32: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="AA", origin="EWR", flight="two"
    error at flights.mlp:16:3: distance: float64: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="AA", flight=none, origin="EWR", distance="far"
    error at flights.mlp:17:3: arr_delay: float64?: 1 of 4 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="AA", flight=none, origin="EWR", arr_delay="NA"
    "###);
}

#[test]
fn json_lines_are_parsed_by_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.jsonl");
    let row = |flight: &str, distance: &str| {
        format!(
            r#"{{"time_hour":"2013-01-01T05:00:00Z","carrier":"UA","flight":{flight},"origin":"EWR","dest":"IAH","distance":{distance},"other":[1]}}"#
        )
    };
    fs::write(&path, [row("1", "1400"), row("9007199254740993", "2.5"), row("3", "null")].join("\n")).unwrap();
    let source = TableSource::Files { paths: vec![path], format: Format::Jsonl };
    let contract = flight();
    let delivery = check_file(&source, &contract, &all_rules(&contract), &Options::default()).unwrap();
    insta::assert_snapshot!(told(&delivery), @r###"
    error at flights.mlp:12:3: flight: int32: 1 of 3 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", origin="EWR", flight="9007199254740993"
    error at flights.mlp:16:3: distance is never null: 1 of 3 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=3, origin="EWR", distance=none
    "###);
}

#[test]
fn a_few_broken_rows_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (out, rejects) = (folder.path().join("out.parquet"), folder.path().join("rejects.parquet"));
    let rows = with(&flights(100), "distance", distances(100, |row| Some(if row == 7 { -1.0 } else { 1.0 })));
    // Row 20 repeats the key of the broken row 7, which is set aside and does not count; row 31 repeats row 30.
    let numbers: Vec<i32> = (0..100)
        .map(|row| {
            if row == 20 {
                8
            } else if row == 31 {
                31
            } else {
                row + 1
            }
        })
        .collect();
    let rows =
        with(&with(&rows, "flight", Arc::new(Int32Array::from(numbers))), "carrier", carriers(100, |_| Some("UA")));
    let rows = with(&rows, "origin", carriers(100, |_| Some("JFK")));
    let source = TableSource::Batches(vec![rows.slice(0, 25), rows.slice(25, 75)]);
    let contract = flight();
    let options = Options { rejects: Some(rejects.clone()), ..Options::default() };
    let delivery = deliver(&source, &contract, &all_rules(&contract), 0.05, &out, &options).unwrap();
    assert_eq!((delivery.rows, delivery.rejected), (98, 2));
    insta::assert_snapshot!(told(&delivery), @r###"
    warning at flights.mlp:16:34: distance in 0 .. 5000: 1 of 100 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=8, origin="JFK", distance=-1.0
    warning at flights.mlp:20:3: key (time_hour, carrier, flight, origin): 1 of 100 rows breaks it
      time_hour=2013-01-01T05:00:00Z, carrier="UA", flight=31, origin="JFK"
    "###);
    let (_, kept) = read_all(std::slice::from_ref(&out)).unwrap();
    assert_eq!(kept.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 98);
    let (_, aside) = read_all(&[rejects]).unwrap();
    let reasons: Vec<&str> = aside
        .iter()
        .flat_map(|batch| batch.column_by_name("mlp_breaks").unwrap().as_string::<i32>().iter().flatten())
        .collect();
    assert_eq!(reasons, ["distance in 0 .. 5000", "key (time_hour, carrier, flight, origin)"]);

    let delivery = deliver(&source, &contract, &all_rules(&contract), 0.01, &out, &options).unwrap();
    assert_eq!((delivery.violations.len(), delivery.rejected), (2, 0));
    assert!(!out.exists());
}

#[test]
fn what_is_not_a_table_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flights.parquet");
    let contract = flight();
    let error = |format: Format| {
        let source = TableSource::Files { paths: vec![path.clone()], format };
        let error = check_file(&source, &contract, &all_rules(&contract), &Options::default()).unwrap_err().to_string();
        error.replace(&folder.path().display().to_string(), "")
    };
    let absent = error(Format::Parquet);
    fs::write(&path, b"\xff\xfe not parquet").unwrap();
    insta::assert_snapshot!([absent, error(Format::Parquet), error(Format::Csv), error(Format::Jsonl)].join("\n"), @r###"
    /flights.parquet: no such file or folder
    /flights.parquet: not a whole Parquet file: Parquet error: Invalid Parquet file. Corrupt footer
    /flights.parquet: its byte order mark says UTF-16, little end first, and only UTF-8 is read; convert it first, as with `iconv -f UTF-16 -t UTF-8 FILE > NEW`
    /flights.parquet: its byte order mark says UTF-16, little end first, and only UTF-8 is read; convert it first, as with `iconv -f UTF-16 -t UTF-8 FILE > NEW`
    "###);
}

#[test]
fn a_warning_about_the_set_does_not_take_back_what_rejects_allow() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { rejects: Some(folder.path().join("rejects.parquet")), ..Options::default() };
    let rows = with(&flights(100), "origin", carriers(100, |row| Some(if row == 4 { "PHL" } else { "JFK" })));
    let mut contract = flight();
    contract.expectations = vec![expectation(compare(call("rows", vec![]), CompareOp::Ge, number("10000")))];
    contract.expectations[0].warn = true;
    let out = folder.path().join("out.parquet");
    let source = TableSource::Batches(vec![rows]);
    let delivery = deliver(&source, &contract, &all_rules(&contract), 0.05, &out, &options).unwrap();
    assert_eq!(delivery.violations, vec![]);
    assert_eq!((delivery.rows, delivery.rejected), (99, 1));
}

/// A file that pyarrow wrote with `write_page_checksum=True`.
#[test]
fn damaged_pages_are_told_by_their_checksums() {
    let whole = include_bytes!("checksums.parquet");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read_all(std::slice::from_ref(&path)).map(|(_, batches)| batches)
    };
    let rows = read(whole).unwrap();
    assert_eq!(rows.iter().map(arrow::array::RecordBatch::num_rows).sum::<usize>(), 40);
    let length: [u8; 4] = whole[whole.len() - 8..whole.len() - 4].try_into().unwrap();
    let pages = whole.len() - 8 - u32::from_le_bytes(length) as usize;
    let mut told = 0;
    for at in 4..pages {
        let mut damaged = whole.to_vec();
        damaged[at] ^= 0x10;
        match read(&damaged) {
            Ok(same) => assert_eq!(same, rows, "byte {at}"),
            Err(error) => told += usize::from(error.to_string().contains("its bytes are not those of its checksum")),
        }
    }
    assert!(told * 2 > pages, "{told} of {pages}");
}

#[test]
fn any_damage_is_an_error_and_no_panic() {
    let whole = include_bytes!("checksums.parquet");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    let mut told = 0;
    for (at, mask) in (0..whole.len()).flat_map(|at| [(at, 0x10), (at, 0xff)]) {
        let mut damaged = whole.to_vec();
        damaged[at] ^= mask;
        fs::write(&path, damaged).unwrap();
        told += usize::from(read_all(std::slice::from_ref(&path)).is_err());
    }
    assert!(told > whole.len(), "{told} of {}", 2 * whole.len());
}
