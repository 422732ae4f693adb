//! Every function of a predicate over a column of every type: what `mlp check` accepts, data of every format and a database are judged by; what has no meaning
//! is an error before any data is looked at.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::Path,
    process::{Command, Output},
};

use mlp_engine::table::{Options, TableSource, all_rules, deliver, read_all};
use mlp_plan::{Column, Contract, DataType, Format, StructField, TimeUnit, ValueType};
use mlp_tests::{mlp, postgres::Server, text};
use serde_json::Value;

/// A type, two values of it in JSON, and the type that PostgreSQL has for it.
struct Kind {
    name: &'static str,
    data: DataType,
    values: [&'static str; 2],
    stored: Option<&'static str>,
}

fn kinds() -> Vec<Kind> {
    let boxed = |data| Box::new(ValueType::plain(data));
    let stamp = |naive| DataType::Timestamp { unit: TimeUnit::Us, naive };
    let members = vec!["a".to_owned(), "b".to_owned()];
    let field = StructField { name: "a".to_owned(), value: ValueType::plain(DataType::Int(32)), default: None };
    let kind = |name, data, values, stored| Kind { name, data, values, stored };
    vec![
        kind("bool", DataType::Bool, ["true", "false"], Some("boolean")),
        kind("int", DataType::Int(32), ["1", "2"], Some("integer")),
        kind("uint", DataType::Uint(64), ["1", "2"], Some("bigint")),
        kind("float", DataType::Float(64), ["1.5", "2"], Some("double precision")),
        kind("decimal", DataType::Decimal { precision: 9, scale: 2 }, ["1.25", "2"], Some("numeric(9, 2)")),
        kind("string", DataType::String, ["\"a\"", "\"bc\""], Some("text")),
        kind("bytes", DataType::Bytes, ["\"61\"", "\"6263\""], None),
        kind(
            "uuid",
            DataType::Uuid,
            ["\"00000000-0000-4000-8000-000000000001\"", "\"00000000-0000-4000-8000-000000000002\""],
            Some("uuid"),
        ),
        kind("date", DataType::Date, ["\"2020-01-01\"", "\"2020-01-02\""], Some("date")),
        kind("time", DataType::Time, ["\"05:00\"", "\"06:00:00.5\""], Some("time")),
        kind(
            "timestamp",
            stamp(false),
            ["\"2020-01-01T00:00:00Z\"", "\"2020-01-02T00:00:00.5Z\""],
            Some("timestamptz"),
        ),
        kind("naive", stamp(true), ["\"2020-01-01T00:00:00\"", "\"2020-01-02T00:00:00.5\""], Some("timestamp")),
        kind("duration", DataType::Duration, ["\"90min\"", "\"2h\""], Some("interval")),
        kind("json", DataType::Json, ["{\"a\":1}", "[]"], Some("json")),
        kind("enum", DataType::Enum { members, open: false }, ["\"a\"", "\"b\""], Some("text")),
        kind("list", DataType::List(boxed(DataType::Int(32))), ["[1]", "[]"], None),
        kind("map", DataType::Map(boxed(DataType::String), boxed(DataType::Int(32))), ["{\"a\":1}", "{}"], None),
        kind("struct", DataType::Struct(vec![field]), ["{\"a\":1}", "{\"a\":2}"], None),
        kind("vector", DataType::Vector { element: boxed(DataType::Float(32)), length: 2 }, ["[1,2]", "[3,4]"], None),
    ]
}

/// What is asked of a column `x`, as a rule of the set that holds of any two values.
const ASKED: [&str; 27] = [
    "null_rate(x) == 0",
    "distinct(x) == 2",
    "mean(x) == mean(x)",
    "min(x) == min(x)",
    "max(x) == max(x)",
    "sum(x) == sum(x)",
    "stddev(x) == stddev(x)",
    "quantile(x, 50%) == quantile(x, 50%)",
    "freshness(x) > 0s",
    "correlation(x, k_int) > 0.99",
    "correlation(k_int, x) > 0.99",
    "fraction(x) == 50%",
    "fraction(is_none(x)) == 0",
    "fraction(is_none(coalesce(x, x))) == 0",
    "fraction(length(x) >= 0) == 1",
    "fraction(lower(x) == lower(x)) == 1",
    "fraction(upper(x) == upper(x)) == 1",
    "fraction(trim(x) == trim(x)) == 1",
    "fraction(x matches /(?s).*/) == 1",
    "fraction(abs(x) >= 0) == 1",
    "fraction(round(x) >= 0) == 1",
    "fraction(floor(x) >= 0) == 1",
    "fraction(ceil(x) >= 0) == 1",
    "fraction(year(x) >= 2020) == 1",
    "fraction(month(x) >= 1) == 1",
    "fraction(day(x) >= 1) == 1",
    "fraction(hour(x) >= 0) == 1",
];

fn run(folder: &Path, lake: &str, args: &[&str]) -> Output {
    Command::new(mlp()).current_dir(folder).env("LAKE_URL", lake).args(args).output().unwrap()
}

/// What is asked, of a column of that kind.
fn of(asked: &str, name: &str) -> String {
    asked.replace("(x", &format!("(k_{name}")).replace(", x", &format!(", k_{name}"))
}

fn columns(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| format!("  k_{}: {}\n", kind.name, kind.data)).collect()
}

/// The rules that have a meaning: each pair is a line, and a line either has errors of types or none.
fn accepted(folder: &Path, kinds: &[Kind]) -> Vec<(String, &'static str)> {
    let pairs = ASKED.iter().flat_map(|asked| kinds.iter().map(move |kind| (*asked, kind.name)));
    let rules: Vec<(String, &str)> = pairs.map(|(asked, name)| (of(asked, name), name)).collect();
    let head = format!("contract C {{\n{}", columns(kinds));
    let lines: String = rules.iter().map(|(rule, _)| format!("  expect {rule}\n")).collect();
    fs::write(folder.join("all.mlp"), format!("{head}{lines}}}\n")).unwrap();
    let output = run(folder, "", &["check", "all.mlp", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let before = head.lines().count() as u64;
    let mut refused = BTreeSet::new();
    for found in report["diagnostics"].as_array().unwrap() {
        let code = found["code"].as_str().unwrap();
        assert!(["MLP306", "MLP308", "MLP409"].contains(&code), "{found}");
        refused.insert(found["range"]["start"]["line"].as_u64().unwrap() - before - 1);
    }
    (0..).zip(rules).filter(|(line, _)| !refused.contains(line)).map(|(_, rule)| rule).collect()
}

fn contract(kinds: &[Kind]) -> Contract {
    let column = |kind: &Kind| Column::plain(format!("k_{}", kind.name), ValueType::plain(kind.data.clone()));
    Contract { name: "C".to_owned(), columns: kinds.iter().map(column).collect(), ..Contract::default() }
}

/// Two rows as JSON lines, Parquet, Arrow, and, but for what CSV cannot hold, CSV.
fn files(folder: &Path, kinds: &[Kind]) {
    let cell = |kind: &Kind, row: usize| format!("\"k_{}\":{}", kind.name, kind.values[row]);
    let line = |row: usize| format!("{{{}}}\n", kinds.iter().map(|kind| cell(kind, row)).collect::<Vec<_>>().join(","));
    fs::write(folder.join("d.jsonl"), line(0) + &line(1)).unwrap();
    let flat: Vec<&Kind> = kinds.iter().filter(|kind| is_flat(kind)).collect();
    let quoted = |value: &str| {
        let text =
            serde_json::from_str::<Value>(value).unwrap().as_str().map_or_else(|| value.to_owned(), str::to_owned);
        format!("\"{}\"", text.replace('"', "\"\""))
    };
    let header = flat.iter().map(|kind| format!("k_{}", kind.name)).collect::<Vec<_>>().join(",");
    let row = |row: usize| flat.iter().map(|kind| quoted(kind.values[row])).collect::<Vec<_>>().join(",");
    fs::write(folder.join("d.csv"), format!("{header}\n{}\n{}\n", row(0), row(1))).unwrap();
    let (contract, parquet) = (contract(kinds), folder.join("d.parquet"));
    let source = TableSource::Files { paths: vec![folder.join("d.jsonl")], format: Format::Jsonl };
    let done = deliver(&source, &contract, &all_rules(&contract), 0.0, &parquet, &Options::default()).unwrap();
    assert!(done.violations.is_empty() && done.rows == 2, "{done:?}");
    let (schema, batches) = read_all(&[parquet]).unwrap();
    let mut arrow =
        arrow::ipc::writer::FileWriter::try_new(File::create(folder.join("d.arrow")).unwrap(), &schema).unwrap();
    batches.iter().for_each(|batch| arrow.write(batch).unwrap());
    arrow.finish().unwrap();
}

const fn is_flat(kind: &Kind) -> bool {
    !matches!(kind.data, DataType::List(_) | DataType::Map(..) | DataType::Struct(_) | DataType::Vector { .. })
}

/// The rules about these columns as a program, and the verdict of each.
fn verdicts(
    folder: &Path,
    kinds: &[&Kind],
    rules: &[(String, &str)],
    lake: &str,
    data: &[&str],
) -> BTreeMap<String, String> {
    let fields: String = kinds.iter().map(|kind| format!("  k_{}: {}\n", kind.name, kind.data)).collect();
    let about = |name: &str| kinds.iter().any(|kind| kind.name == name);
    let rules: String =
        rules.iter().filter(|(_, name)| about(name)).map(|(rule, _)| format!("  expect {rule}\n")).collect();
    fs::write(folder.join("c.mlp"), format!("secret lake = env(\"LAKE_URL\")\ncontract C {{\n{fields}{rules}}}\n"))
        .unwrap();
    let mut args = vec!["contract", "check", "C", "--package", "c.mlp", "--format", "json"];
    args.extend(data);
    let output = run(folder, lake, &args);
    assert!(output.status.code() != Some(2), "{data:?}: {}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = |rule: &Value, key: &str| rule[key].as_str().unwrap_or_default().to_owned();
    let rules = report["check"]["rules"].as_array().unwrap();
    rules
        .iter()
        .map(|rule| (told(rule, "rule"), format!("{} {}", told(rule, "verdict"), told(rule, "found"))))
        .collect()
}

#[test]
fn what_is_accepted_is_judged_in_every_format_and_by_a_database() {
    let (folder, kinds) = (tempfile::tempdir().unwrap(), kinds());
    let at = folder.path();
    let rules = accepted(at, &kinds);
    files(at, &kinds);
    let mut table = String::new();
    for asked in ASKED {
        let fits = |name: &&str| rules.iter().any(|(rule, kind)| kind == name && *rule == of(asked, name));
        let fits: Vec<&str> = kinds.iter().map(|kind| kind.name).filter(fits).collect();
        table += &format!("{asked:<40} {}\n", fits.join(" "));
    }
    insta::assert_snapshot!(table);
    let (all, flat): (Vec<&Kind>, Vec<&Kind>) =
        (kinds.iter().collect(), kinds.iter().filter(|kind| is_flat(kind)).collect());
    for (file, kinds) in [("d.jsonl", &all), ("d.parquet", &all), ("d.arrow", &all), ("d.csv", &flat)] {
        let open: Vec<_> = verdicts(at, kinds, &rules, "", &[file])
            .into_iter()
            .filter(|(_, verdict)| !verdict.starts_with("pass"))
            .collect();
        assert!(open.is_empty(), "{file}: {open:#?}");
    }
    let Some(server) = Server::start(&[]) else { return };
    let stored: Vec<&Kind> = kinds.iter().filter(|kind| kind.stored.is_some()).collect();
    let columns =
        stored.iter().map(|kind| format!("k_{} {}", kind.name, kind.stored.unwrap())).collect::<Vec<_>>().join(", ");
    let row = |row: usize| {
        stored.iter().map(|kind| format!("'{}'", kind.values[row].trim_matches('"'))).collect::<Vec<_>>().join(", ")
    };
    server.run(&format!("create table d ({columns}); insert into d values ({}), ({});", row(0), row(1)));
    let judged = verdicts(at, &stored, &rules, &server.socket(), &["--postgres", "lake", "d"]);
    let undecided =
        |(rule, verdict): (String, String)| (!verdict.starts_with("pass")).then(|| format!("{rule}: {verdict}\n"));
    insta::assert_snapshot!(
        "what_a_database_does_not_decide",
        judged.into_iter().filter_map(undecided).collect::<String>()
    );
}

#[test]
fn a_rule_of_the_set_asks_of_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let rules = [
        "quantile(a, 150%) <= 5",
        "quantile(a, -1) <= 5",
        "quantile(a, b) <= 5",
        "quantile(a, 5min) <= 5",
        "mean(a + 1) <= 5",
        "mean(length(s)) <= 5",
        "mean(5) <= 5",
        "a <= 5",
        "year(d) >= 2020",
        "min(s) matches /a/",
        "fraction(mean(a) > 1) >= 1",
        "mean(d) <= 5",
        "mean(s) <= 5",
        "fraction(coalesce(a, s) == 1) >= 1",
        "fraction(coalesce(a, \"x\") == 1) >= 1",
    ];
    let lines: String = rules.iter().map(|rule| format!("  expect {rule}\n")).collect();
    let fine = "  expect abs(mean(a)) <= 5\n  expect mean(d) <= 2020-01-01\n  expect quantile(d, 0.5) <= 2020-01-01T12:00:00Z\n  expect mean(t) <= 5min\n  expect quantile(a, 0%) <= 5.5\n";
    let fields = "  a: int32\n  b: int32\n  s: string\n  d: date\n  t: duration\n";
    fs::write(folder.path().join("c.mlp"), format!("contract C {{\n{fields}{lines}{fine}}}\n")).unwrap();
    insta::assert_snapshot!(text(&run(folder.path(), "", &["check", "c.mlp", "--format", "short"])));
}
