//! `mlp contract check` on files: verdicts, places, forms, and everything that keeps it from looking.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{Field, Schema},
};
use mlp_engine::table::write_parquet;
use mlp_tests::{mlp, text};
use serde_json::Value;

const PROGRAM: &str = r#"
contract Plane { tailnum: string key }

/// A flight.
contract Flight {
  id:      int64    key
  month:   int64    in 1 .. 12
  carrier: string   in { "AA", "UA" }
  tailnum: string?  matches /[A-Z][0-9A-Z]{2,5}/   @internal
  at:      timestamp
  expect rows >= 3
  expect null_rate(tailnum) <= 50%                 else "planes have names"
  warn   max(month) <= 6
  expect referenced(tailnum, Plane.tailnum) >= 50%
}
"#;

struct World {
    folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("risk.mlp"), PROGRAM).unwrap();
    let world = World { folder };
    world.text("planes.csv", "tailnum\nN101\nN102\n");
    world
}

impl World {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        name.to_owned()
    }

    fn table(&self, name: &str, columns: Vec<(&str, ArrayRef)>) -> String {
        let fields: Vec<Field> =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        write_parquet(&self.path(name), &batch.schema(), std::slice::from_ref(&batch)).unwrap();
        name.to_owned()
    }

    fn flights(&self, name: &str, months: &[i64]) -> String {
        let rows = i64::try_from(months.len()).unwrap();
        self.table(name, flights((0..rows).collect(), months))
    }

    fn check(&self, args: &[&str]) -> Output {
        Command::new(mlp())
            .args(["contract", "check", "--package", "risk.mlp"])
            .args(args)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// With planes, so that every rule can be looked at.
    fn checked(&self, data: &str, more: &[&str]) -> Output {
        self.check(&[&["Flight", data, "--with", "Plane=planes.csv"], more].concat())
    }

    fn json(&self, data: &str, more: &[&str]) -> Value {
        let output = self.checked(data, &[&["--format", "json"], more].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic_with(&output))
    }

    /// What cannot be looked at: exit code 2, nothing on stdout, and these words.
    fn refuses(&self, args: &[&str], words: &[&str]) {
        let output = self.check(args);
        let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty(), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[expect(clippy::panic, reason = "a test that cannot go on fails")]
fn panic_with(output: &Output) -> Value {
    panic!("{}", text(output))
}

fn flights(ids: Vec<i64>, months: &[i64]) -> Vec<(&'static str, ArrayRef)> {
    let rows = ids.len();
    let at = TimestampMicrosecondArray::from(vec![1_356_998_400_000_000; rows]).with_timezone("UTC");
    vec![
        ("id", Arc::new(Int64Array::from(ids))),
        ("month", Arc::new(Int64Array::from(months.to_vec()))),
        ("carrier", Arc::new(StringArray::from(vec!["UA"; rows]))),
        ("tailnum", Arc::new(StringArray::from_iter((0..rows).map(|row| (row % 2 == 0).then_some("N101"))))),
        ("at", Arc::new(at)),
    ]
}

fn verdict(report: &Value, rule: &str) -> String {
    let rules = report["check"]["rules"].as_array().unwrap();
    let found = rules.iter().find(|found| found["rule"].as_str().unwrap().starts_with(rule));
    found.map_or_else(|| format!("no rule {rule}: {report:#}"), |found| found["verdict"].as_str().unwrap().to_owned())
}

fn rule<'r>(report: &'r Value, rule: &str) -> &'r Value {
    let rules = report["check"]["rules"].as_array().unwrap();
    rules.iter().find(|found| found["rule"].as_str().unwrap().starts_with(rule)).unwrap()
}

#[test]
fn good_data_passes_and_says_how_it_was_settled() {
    let world = world();
    let data = world.flights("flights.parquet", &[1, 2, 3]);
    let output = world.checked(&data, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let report = world.json(&data, &[]);
    assert_eq!(report["check"]["verdict"], "pass");
    assert_eq!(report["check"]["rows"], 3);
    assert_eq!(rule(&report, "month in")["settled"], "footer");
    assert!(report["check"]["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_broken_rule_is_told_at_its_line_with_rows_and_tags_masked() {
    let world = world();
    let data = world.flights("flights.parquet", &[1, 13, 3, 14]);
    let output = world.checked(&data, &["--format", "short"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains(
            "flights.parquet:2: error[MLP901]: month in 1 .. 12: 2 of 4 rows break it: id=1, month=13 (risk.mlp:7:21)"
        ),
        "{}",
        text(&output)
    );
    let report = world.json(&data, &[]);
    let month = rule(&report, "month in");
    assert_eq!((month["rows"].as_u64(), month["rate"].as_f64()), (Some(2), Some(0.5)));
    assert_eq!(month["examples"][0]["row"], 2);
    assert_eq!(month["examples"][0]["file"], "flights.parquet");
    assert_eq!(month["examples"][0]["values"], "id=1, month=13");
    assert_eq!(verdict(&report, "max(month)"), "warn");

    let wrong: Vec<(&str, ArrayRef)> = flights(vec![1, 2, 3], &[1, 1, 1])
        .into_iter()
        .map(|(name, array)| {
            (name, if name == "tailnum" { Arc::new(StringArray::from(vec!["secret!"; 3])) } else { array })
        })
        .collect();
    let report = world.json(&world.table("wrong.parquet", wrong), &[]);
    let tails = rule(&report, "tailnum matches");
    assert_eq!((tails["rows"].as_u64(), tails["examples"][0]["values"].as_str()), (Some(3), Some("id=1, tailnum=•••")));
    assert!(!report.to_string().contains("secret!"));
}

#[test]
fn every_form_tells_the_same() {
    let world = world();
    let data = world.flights("flights.parquet", &[1, 13, 3]);
    let form = |form: &str| text(&world.checked(&data, &["--format", form]));
    assert!(form("pretty").contains("fail     month in 1 .. 12"), "{}", form("pretty"));
    assert!(form("github").contains("::error file=risk.mlp,line=7"), "{}", form("github"));
    assert!(form("junit").contains("<testcase classname=\"Flight\" name=\"month in 1 .. 12\""), "{}", form("junit"));
    let sarif: Value = serde_json::from_slice(&world.checked(&data, &["--format", "sarif"]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "MLP901");
    world.checked(&data, &["--html", "report.html"]);
    let page = fs::read_to_string(world.path("report.html")).unwrap();
    assert!(page.contains("the data breaks 1 of") && page.contains("flights.parquet row 2"), "{page}");
    assert!(!page.contains("http"), "it needs nothing beside itself");
}

#[test]
fn duplicates_are_found_and_shown() {
    let world = world();
    let ids = vec![5, 6, 5, 7, 6, 5];
    let data = world.table("flights.parquet", flights(ids, &[1; 6]));
    let report = world.json(&data, &[]);
    let key = rule(&report, "key (id)");
    assert_eq!((key["verdict"].as_str(), key["rows"].as_u64()), (Some("fail"), Some(3)));
    assert_eq!(key["examples"][0]["row"], 3);
}

#[test]
fn what_was_not_looked_at_does_not_pass() {
    let world = world();
    let data = world.flights("flights.parquet", &[1, 2, 3]);
    let output = world.check(&["Flight", &data]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(
        text(&output).contains("MLP905") && text(&output).contains("the table of Plane is not at hand"),
        "{}",
        text(&output)
    );
    let allowed = world.check(&["Flight", &data, "--allow-unknown"]);
    assert_eq!(allowed.status.code(), Some(0), "{}", text(&allowed));

    let report = world.json(&data, &["--sample", "2"]);
    assert_eq!((report["check"]["rows"].as_u64(), report["check"]["sample"].as_bool()), (Some(2), Some(true)));
    assert_eq!(verdict(&report, "key (id)"), "unknown");
    assert_eq!(verdict(&report, "rows >= 3"), "unknown");
    assert_eq!(verdict(&report, "month in"), "pass");
}

#[test]
fn a_check_may_end_early_and_then_says_nothing_of_the_rest() {
    let world = world();
    let data = world.flights("flights.parquet", &[13, 13, 3]);
    let report = world.json(&data, &["--fail-fast"]);
    assert_eq!(report["check"]["ended_early"], true);
    assert_eq!(verdict(&report, "month in"), "fail");
    assert_eq!(verdict(&report, "carrier in"), "unknown");
    let report = world.json(&data, &["--max-errors", "10"]);
    assert_eq!(report["check"]["ended_early"], false);
}

#[test]
fn the_types_of_the_file_are_read_first() {
    let world = world();
    let with = |name: &str, column: &str, array: ArrayRef| {
        let columns = flights(vec![1, 2, 3], &[1, 2, 3]).into_iter();
        let columns = columns.map(|(known, old)| (known, if known == column { Arc::clone(&array) } else { old }));
        world.table(name, columns.collect())
    };
    let text_months = with("text.parquet", "month", Arc::new(StringArray::from(vec!["1", "2", "3"])));
    let report = world.json(&text_months, &[]);
    assert_eq!(verdict(&report, "month: int64"), "fail");
    assert_eq!(rule(&report, "month: int64")["found"], "the data has string");
    // told once: nothing more is said of the column
    assert!(!report["check"]["rules"].to_string().contains("month in"), "{report:#}");

    let naive = with("naive.parquet", "at", Arc::new(TimestampMicrosecondArray::from(vec![0; 3])));
    assert_eq!(verdict(&world.json(&naive, &[]), "at: timestamp"), "fail");
    // narrower is fine, wider is said even where every value fits
    let narrow = with("narrow.parquet", "month", Arc::new(Int32Array::from(vec![1, 2, 3])));
    assert_eq!(verdict(&world.json(&narrow, &[]), "month: int64"), "pass");
    let wide = with("wide.parquet", "month", Arc::new(arrow::array::Float64Array::from(vec![1.0, 2.0, 3.0])));
    assert_eq!(verdict(&world.json(&wide, &[]), "month: int64"), "warn");
    let part = with("part.parquet", "month", Arc::new(arrow::array::Float64Array::from(vec![1.0, 2.5, 3.0])));
    assert_eq!(verdict(&world.json(&part, &[]), "month: int64"), "fail");

    let columns = flights(vec![1, 2, 3], &[1, 2, 3]).into_iter().filter(|(name, _)| *name != "month").collect();
    let report = world.json(&world.table("missing.parquet", columns), &[]);
    assert_eq!(rule(&report, "month: int64")["found"], "missing");
}

#[test]
fn folders_globs_and_partitions() {
    let world = world();
    let part = |name: &str, start: i64| {
        let mut columns = flights((start..start + 2).collect(), &[1, 1]);
        columns.retain(|(name, _)| *name != "month");
        world.table(name, columns)
    };
    part("lake/month=1/a.parquet", 0);
    part("lake/month=2/b.parquet", 2);
    part("lake/month=13/c.parquet", 4);
    for data in ["lake", "lake/*/*.parquet", "lake/month=*"] {
        let report = world.json(data, &[]);
        assert_eq!((report["check"]["rows"].as_u64(), report["check"]["files"].as_u64()), (Some(6), Some(3)), "{data}");
        assert_eq!(rule(&report, "month in")["rows"], 2, "{data}");
    }
    let good = world.checked("lake/month=1", &["lake/month=2"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good));
    part("lake/month=may/d.parquet", 6);
    assert_eq!(verdict(&world.json("lake", &[]), "month: int64"), "fail");
}

const CSV: &str = "id,month,carrier,tailnum,at\n1,1,UA,N101,2013-01-01T05:00:00Z\n2,2,AA,,2013-01-01T05:00:00Z\n3,3,UA,N102,2013-01-01T05:00:00Z\n";

#[test]
fn csv_in_its_dialects_and_json_lines() {
    let world = world();
    let fine = |data: &str, more: &[&str]| {
        let output = world.checked(data, more);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    };
    fine(&world.text("a.csv", CSV), &[]);
    fine(&world.text("bom.csv", format!("\u{feff}{CSV}")), &[]);
    fine(&world.text("a.tsv", CSV.replace(',', "\t")), &[]);
    fine(&world.text("semi.csv", CSV.replace(',', ";").replace("UA", "'UA'")), &["--delimiter", ";", "--quote", "'"]);
    fine(&world.text("bare.csv", CSV.split_once('\n').unwrap().1), &["--no-header"]);
    fine(&world.text("na.csv", CSV.replace("AA,,", "AA,NA,")), &["--null", "NA"]);
    fine(&world.text("a.data", CSV), &["--data-format", "csv"]);
    let json = "{\"id\":1,\"month\":1,\"carrier\":\"UA\",\"tailnum\":\"N101\",\"at\":\"2013-01-01T05:00:00Z\",\"more\":{\"x\":[1]}}\n";
    let rows = [json, &json.replace("\"id\":1", "\"id\":2"), &json.replace("\"id\":1", "\"id\":3")].concat();
    fine(&world.text("a.jsonl", &rows), &[]);

    let report = world.json(&world.text("b.csv", CSV.replace("3,3,UA", "x,3,UA")), &[]);
    assert_eq!(
        (verdict(&report, "id: int64").as_str(), rule(&report, "id: int64")["examples"][0]["row"].as_u64()),
        ("fail", Some(3))
    );
    // a number in quotes is text, and a bare one is no text
    let report = world.json(&world.text("b.jsonl", rows.replacen("\"month\":1", "\"month\":\"1\"", 1)), &[]);
    assert_eq!(verdict(&report, "month: int64"), "fail");
    let report = world.json(&world.text("c.jsonl", rows.replacen("\"N101\"", "101", 1)), &[]);
    assert_eq!(verdict(&report, "tailnum: string?"), "fail");
}

#[test]
fn a_name_that_nobody_has_is_told_with_the_nearest() {
    let world = world();
    let data = world.flights("flights.parquet", &[1]);
    world.refuses(&["Fligt", &data], &["there is no contract `Fligt`", "did you mean `Flight`?"]);
    world.refuses(&["Flight", &data, "--with", "Plain=planes.csv"], &["does not refer to `Plain`", "Plane"]);
}

#[test]
fn bad_files_are_an_error_with_the_place_never_a_verdict() {
    let world = world();
    let data = world.flights("flights.parquet", &[1; 3_000]);
    let bytes = fs::read(world.path(&data)).unwrap();
    world.text("cut.parquet", &bytes[..bytes.len() / 2]);
    world.refuses(&["Flight", "cut.parquet"], &["cut.parquet", "not a whole Parquet file"]);
    // the pages are gone, the footer is whole
    let mut hollow = bytes.clone();
    hollow[4..200].fill(0xAA);
    world.text("hollow.parquet", &hollow);
    world.refuses(&["Flight", "hollow.parquet"], &["hollow.parquet", "row group 1"]);
    // so the pages of an encrypted column look, whose footer is plain
    hollow[4] = 0;
    world.text("secret.parquet", &hollow);
    world.refuses(&["Flight", "secret.parquet"], &["secret.parquet", "row group 1", "encrypted"]);

    world.text("ragged.csv", format!("{CSV}4,4,UA\n"));
    world.refuses(&["Flight", "ragged.csv"], &["ragged.csv", "line 5", "expected 5 got 3"]);
    world.text("latin.csv", [CSV.as_bytes(), b"4,4,U\xC9,N1,2013-01-01T05:00:00Z\n"].concat());
    world.refuses(&["Flight", "latin.csv"], &["latin.csv", "line 5", "UTF-8"]);
    world.text("wide.csv", [&[0xFF, 0xFE], CSV.as_bytes()].concat());
    world.refuses(&["Flight", "wide.csv"], &["wide.csv", "UTF-16"]);
    world.text("open.csv", format!("{CSV}4,4,\"UA,N1,2013-01-01T05:00:00Z\n"));
    world.refuses(&["Flight", "open.csv"], &["open.csv", "line 5", "never closed"]);

    world.text("bad.jsonl", "{\"id\":1}\n{\"id\":}\n");
    world.refuses(&["Flight", "bad.jsonl"], &["bad.jsonl", "line 2, byte 7"]);
    world.text("latin.jsonl", b"{\"id\":1}\n{\"id\":\"\xC9\"}\n");
    world.refuses(&["Flight", "latin.jsonl"], &["latin.jsonl", "line 2", "UTF-8"]);
    world.refuses(&["Flight", "nowhere.parquet"], &["nowhere.parquet", "No such file"]);
    world.text("what.bin", "?");
    world.refuses(&["Flight", "what.bin"], &["--data-format"]);
    world.refuses(&["Flight", "postgres://ada:secret@h/d"], &["does not belong on the command line"]);
}

/// A line of two gigabytes (its file has no more than its ends on the disk) is refused before it fills the memory.
#[test]
fn a_line_without_an_end_is_refused_in_bounded_memory() {
    let world = world();
    for (name, head) in [("long.csv", CSV), ("long.jsonl", "{\"id\":1}\n")] {
        let mut file = fs::File::create(world.path(name)).unwrap();
        file.write_all(head.as_bytes()).unwrap();
        file.set_len(2 << 30).unwrap();
        let limited = format!(
            "ulimit -v 2000000; exec '{}' contract check --package risk.mlp Flight {name} --jobs 1",
            mlp().display()
        );
        let output = Command::new("sh").args(["-c", &limited]).current_dir(world.folder.path()).output().unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("longer than 64 MiB"), "{said}");
    }
}

#[test]
fn a_contract_of_a_package_goes_by_its_module_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("src/risk")).unwrap();
    fs::write(at("mlp.toml"), "[package]\nname = \"risk\"\nversion = \"1.0.0\"\nlanguage = 1\n").unwrap();
    fs::write(at("src/risk/contracts.mlp"), "contract Plane { tailnum: string key }\n").unwrap();
    fs::write(at("planes.csv"), "tailnum\nN1\nN1\n").unwrap();
    for name in ["Plane", "risk.contracts.Plane"] {
        let output = check_in(folder.path(), &["contract", "check", name, "planes.csv"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(text(&output).contains("src/risk/contracts.mlp:1:"), "{}", text(&output));
    }
}

fn check_in(folder: &Path, args: &[&str]) -> Output {
    Command::new(mlp()).args(args).current_dir(folder).output().unwrap()
}
