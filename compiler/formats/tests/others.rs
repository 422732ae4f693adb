//! What others make of exported files, and what is made of theirs: fastavro, protoc, DuckDB, pyarrow, dbt, pydantic, pandera, and files of their packages.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod common;
mod tools;

use std::path::PathBuf;

use common::{checked, normal, through_all};
use mlp_formats::{Dialect, Format, mlp::Module};
use mlp_generate::{fixed, spoken_contract};
use mlp_plan::{Column, Constraint, Contract, DataType, Expr, Literal, ValueType};
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::{Value, json};
use tools::Tools;

/// Some contracts that say everything, the same ones each time, in which names are ASCII.
fn contracts(count: usize) -> Vec<Contract> {
    let mut runner = fixed(1);
    let ascii = |contract: &Contract| {
        contract.columns.iter().all(|column| column.name.is_ascii() && !column.name.starts_with('_'))
    };
    std::iter::repeat_with(|| normal(spoken_contract().new_tree(&mut runner).unwrap().current()))
        .filter(ascii)
        .take(count)
        .collect()
}

fn written(folder: &tempfile::TempDir, name: &str, format: Format, contract: &Contract) -> PathBuf {
    let path = folder.path().join(name);
    let bytes = format.export(std::slice::from_ref(contract)).unwrap().bytes;
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_is_exported_is_taken_by_the_tools_of_its_format() {
    let Some(mut tools) = Tools::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let checks = [
        (Format::Odcs, "odcs", "yaml"),
        (Format::JsonSchema, "json_schema", "json"),
        (Format::Avro, "avro", "avsc"),
        (Format::Protobuf, "protobuf", "proto"),
        (Format::Sql(Dialect::DuckDb), "duckdb", "sql"),
        (Format::Parquet, "parquet", "parquet"),
        (Format::Arrow, "arrow", "arrow"),
        (Format::Pydantic, "generated", "py"),
        (Format::Pandera, "generated", "py"),
        (Format::Pyarrow, "generated", "py"),
    ];
    for (at, mut contract) in contracts(40).into_iter().enumerate() {
        // a key that a reference can name is not in every contract
        contract.references.clear();
        for (format, check, ending) in checks {
            let path =
                written(&folder, &format!("c{at}_{}.{ending}", format.name().replace('-', "_")), format, &contract);
            if let Err(fault) = tools.ask(&json!([check, path])) {
                panic!("{format}: {fault}\n{}", String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
            }
        }
    }
}

#[test]
fn dbt_parses_what_is_exported_and_renders_the_docs_as_they_are() {
    let Some(mut tools) = Tools::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (at, doc) in
        ["{{ braces }} {x} %s $1", "{% raw %} {# no #}", "it's \"quoted\" \\ {{{", "plain"].iter().enumerate()
    {
        let mut contract = contracts(3).pop().unwrap();
        contract.references.clear();
        contract.doc = Some((*doc).to_owned());
        let path = written(&folder, &format!("s{at}.yml"), Format::Dbt, &contract);
        let said = tools.ask(&json!(["dbt", path]));
        assert_eq!(said, Ok(json!(doc)), "{}", std::fs::read_to_string(&path).unwrap());
    }
}

/// Reads a file of somebody else's, checks what came of it as `mlp check` would, and takes it to every other format and back.
fn read(path: &str, format: Option<Format>) -> Result<usize, String> {
    let bytes = std::fs::read(path).unwrap();
    let format = format.unwrap_or_else(|| Format::of_file(path, &bytes).unwrap());
    let mut imported = format.import(bytes).map_err(|fault| {
        assert!(!fault.help.is_empty() || fault.other_format, "{path}: {fault}, and no way to mend it");
        fault.to_string()
    })?;
    imported.contracts.iter_mut().for_each(|contract| contract.references.clear());
    let count = imported.contracts.len();
    let text = Module::of(imported.contracts).print().map_err(|fault| format!("printing: {fault}"))?;
    let read = checked(&text);
    assert_eq!(read.faults, Vec::<String>::new(), "{path}:\n{text}");
    let wrong: Vec<String> = read.contracts.iter().flat_map(through_all).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{path}");
    Ok(count)
}

#[test]
fn files_that_packages_carry_are_read() {
    let Some(mut tools) = Tools::start() else { return };
    let mut ask = |check: &str, package: &str, suffix: &str| -> Vec<String> {
        let found = tools.ask(&json!([check, package, suffix])).unwrap();
        let found: Vec<String> =
            found.as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect();
        assert!(!found.is_empty(), "{package} has no {suffix}");
        found
    };
    // the examples of the standard itself
    let standard = ask("source_files", "open-data-contract-standard", ".odcs.yaml");
    let mut files = |package: &str, suffix: &str| ask("files", package, suffix);
    // all but those that speak of services, enums and options alone
    let protos = [files("google", ".proto"), files("grpc_tools", ".proto")].concat();
    let read_all = |paths: &[String], format: Option<Format>, passed: &str| -> usize {
        let one = |path: &String| match read(path, format) {
            Ok(count) => count,
            Err(fault) => {
                assert!(!passed.is_empty() && fault.contains(passed), "{path}: {fault}");
                0
            }
        };
        paths.iter().map(one).sum()
    };
    assert!(read_all(&standard, Some(Format::Odcs), "") >= 2);
    assert!(read_all(&protos, None, "no message") > 100);
    // the compiler's own description of files
    let descriptor = protos.iter().find(|path| path.ends_with("google/protobuf/descriptor.proto")).unwrap();
    assert!(read(descriptor, None).unwrap() > 20);
    // one of them is a tree, whose nodes hold nodes
    assert_eq!(read_all(&files("avro", ".avsc"), None, ""), 3);
    assert_eq!(read_all(&files("dbt", "starter_project/models/example/schema.yml"), None, ""), 2);
    // the JSON Schema of ODCS itself, and those of the files of many tools; a few choose among several forms of the whole
    let mut schemas = files("check_jsonschema", ".json");
    schemas.retain(|path| !path.ends_with("licenses.json"));
    schemas.extend(files("open_data_contract_standard", "schema.json"));
    assert!(read_all(&schemas, Some(Format::JsonSchema), "no `properties`") > 20);
}

fn number(text: &str) -> Literal {
    Literal::Number(text.parse().unwrap())
}

fn held(data: DataType, constraints: Vec<Constraint>) -> ValueType {
    ValueType { constraints, ..ValueType::plain(data) }
}

/// A contract of what the three check alike, with names of Python's own: `class` cannot be a field, the others can.
fn guarded() -> Contract {
    let range = |low: &str, high: &str| Constraint::Range { low: Some(number(low)), high: Some(number(high)) };
    let members = ["a", "b"].map(|member| Literal::Text(member.to_owned())).to_vec();
    let columns = vec![
        Column::plain("class", held(DataType::Int(8), vec![range("0.5", "100")])),
        Column::plain("max", held(DataType::Float(64), vec![range("0", "1")]).or_null()),
        Column::plain(
            "id",
            held(
                DataType::String,
                vec![Constraint::Length { min: 2, max: Some(3) }, Constraint::Matches("[A-Zé]+|it's \"".to_owned())],
            ),
        ),
        Column::plain(
            "type",
            held(DataType::Enum { members: vec!["def".to_owned(), "x".to_owned()], open: false }, vec![]),
        ),
        Column::plain("of", held(DataType::String, vec![Constraint::OneOf(members)]).or_null()),
        Column::plain("day", ValueType::plain(DataType::Date)),
        Column::plain(
            "items",
            held(
                DataType::List(Box::new(ValueType::plain(DataType::Int(32)))),
                vec![Constraint::Length { min: 1, max: Some(2) }],
            ),
        ),
    ];
    Contract {
        name: "C".to_owned(),
        doc: Some("It's \"quoted\" {x}\nand goes on.".to_owned()),
        columns,
        ..Contract::default()
    }
}

/// Rows, and whether the engine accepts each.
fn rows() -> Vec<(Value, bool)> {
    let good = json!({"class": 5, "max": 0.5, "id": "AB", "type": "def", "of": "a", "day": {"date": "2013-10-01"}, "items": [1]});
    let with = |key: &str, value: Value| {
        let mut row = good.clone();
        row[key] = value;
        row
    };
    vec![
        (good.clone(), true),
        (with("class", json!(0)), false),
        (with("class", json!(1)), true),
        (with("class", json!(101)), false),
        (with("class", Value::Null), false),
        (with("max", Value::Null), true),
        (with("max", json!(1.5)), false),
        (with("max", json!({"float": "nan"})), false),
        (with("id", json!("A")), false),
        (with("id", json!("ABCD")), false),
        (with("id", json!("ab")), false),
        (with("id", json!("AB\n")), false),
        (with("id", json!("é\u{c9}")), false),
        (with("id", json!("éA")), true),
        (with("type", json!("y")), false),
        (with("of", json!("c")), false),
        (with("of", Value::Null), true),
        (with("day", Value::Null), false),
        (with("items", json!([])), false),
        (with("items", json!([1, 2, 3])), false),
    ]
}

#[test]
fn generated_validators_accept_and_refuse_as_the_engine_does() {
    let Some(mut tools) = Tools::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (sent, wanted): (Vec<Value>, Vec<bool>) = rows().into_iter().unzip();
    assert_eq!(engine(&sent), wanted, "the engine");
    for format in [Format::Pydantic, Format::Pandera, Format::Pyarrow] {
        let path = written(&folder, &format!("{}_rows.py", format.name()), format, &guarded());
        if format == Format::Pydantic {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(["max", "id", "type"].iter().all(|name| text.contains(&format!("\n    {name}: "))), "{text}");
        }
        let said = tools.ask(&json!(["rows", path, format.name(), sent])).unwrap();
        assert_eq!(said, json!(wanted), "{format}\n{}", std::fs::read_to_string(&path).unwrap());
    }
}

#[test]
fn what_is_written_for_pyarrow_takes_text_in_every_form() {
    let Some(mut tools) = Tools::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (sent, wanted): (Vec<Value>, Vec<bool>) = rows().into_iter().unzip();
    let path = written(&folder, "rows.py", Format::Pyarrow, &guarded());
    for form in ["large", "dictionary"] {
        assert_eq!(tools.ask(&json!(["rows", path, form, sent])).unwrap(), json!(wanted), "{form}");
    }
}

/// What the engine's definition of each constraint says of rows.
fn engine(rows: &[Value]) -> Vec<bool> {
    let contract = guarded();
    let one = |row: &Value| {
        contract.columns.iter().all(|column| {
            let value = match &row[&column.name] {
                Value::Null => return column.value.nullable,
                Value::Number(value) => number(&value.to_string()),
                Value::String(value) => Literal::Text(value.clone()),
                Value::Array(items) => Literal::List(items.iter().map(|item| number(&item.to_string())).collect()),
                Value::Object(tagged) if tagged.contains_key("float") => Literal::Nan,
                _ => return true,
            };
            let member = match (&column.value.data, &value) {
                (DataType::Enum { members, .. }, Literal::Text(text)) => members.contains(text),
                _ => true,
            };
            let long = match (&value, column.value.constraints.first()) {
                (Literal::List(items), Some(Constraint::Length { min, max })) => {
                    let count = items.len() as u64;
                    count >= *min && max.is_none_or(|max| count <= max)
                }
                _ => true,
            };
            member && long && mlp_plan::holds::broken(&column.value.constraints, &column.value.data, &value).is_none()
        })
    };
    rows.iter().map(one).collect()
}

#[test]
fn json_schema_accepts_and_refuses_rows_as_the_engine_does() {
    let text = Format::JsonSchema.export(&[guarded()]).unwrap().bytes;
    let schema: Value = serde_json::from_slice(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (mut row, wanted) in rows() {
        if row["max"].is_object() {
            continue;
        }
        row["day"] = row["day"].get("date").cloned().unwrap_or_default();
        assert_eq!(validator.is_valid(&row), wanted, "{row}");
    }
}

#[test]
fn where_is_not_lost_silently_by_generated_code() {
    let condition = Expr::Compare(mlp_plan::CompareOp::Gt, Box::new(Expr::This), Box::new(Expr::Literal(number("0"))));
    let columns = vec![Column::plain("a", held(DataType::Int(32), vec![Constraint::Where(condition)]))];
    let contract = Contract { name: "C".to_owned(), columns, ..Contract::default() };
    for format in [Format::Pydantic, Format::Pandera, Format::Pyarrow] {
        let notes = format.export(std::slice::from_ref(&contract)).unwrap().notes;
        let said: Vec<String> = notes.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["lost: C.a: where self > 0"], "{format}");
    }
}
