//! `mlp contract import` and `mlp contract export` through the binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use mlp_tests::{mlp, text};
use tempfile::tempdir;

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(mlp()).current_dir(folder).args(args).output().unwrap()
}

const PROGRAM: &str = r#"moments asked < answered

/// It's "a plane" {x}.
contract Plane {
  tailnum: string key
}

contract Flight {
  owner = "data@example.com"
  version = "1.2.0"
  compatibility = backward

  /// When.
  at: timestamp(ms) known at asked
  flight: int32 in 1 ..
  tailnum: string? matches /[A-Z0-9]{5,6}/ @internal
  origin: enum { EWR, JFK }
  distance: decimal(9, 2) unit mi in 0 .. 5_000 where self != 13
  late: bool label known at answered

  key (at, flight)
  references Plane(tailnum) from (tailnum)
  expect rows >= 10
  warn mean(distance) <= 3_000 else "far"
}
"#;

fn program() -> tempfile::TempDir {
    let folder = tempdir().unwrap();
    fs::write(folder.path().join("flights.mlp"), PROGRAM).unwrap();
    folder
}

/// Exports, imports what was exported, and checks and formats what was imported.
#[test]
fn there_and_back_through_files() {
    let folder = program();
    for (format, file) in [
        ("odcs", "a.yaml"),
        ("json-schema", "a.json"),
        ("avro", "a.avsc"),
        ("protobuf", "a.proto"),
        ("arrow", "a.arrow"),
        ("parquet", "a.parquet"),
        ("postgresql", "a.sql"),
        ("dbt", "a.yml"),
    ] {
        let at = folder.path().join(format);
        fs::create_dir(&at).unwrap();
        let out = format!("{format}/{file}");
        let exported = run(
            folder.path(),
            &["contract", "export", "Flight", "--package", "flights.mlp", "--as", format, "-o", &out],
        );
        assert!(exported.status.success(), "{}", text(&exported));
        let imported = run(&at, &["contract", "import", file, "-o", "back.mlp"]);
        assert!(imported.status.success(), "{format}: {}", text(&imported));
        let back = fs::read_to_string(at.join("back.mlp")).unwrap();
        for command in ["check", "fmt"] {
            let option = if command == "fmt" { "--check" } else { "--deny=warnings" };
            let done = run(&at, &[command, option, "back.mlp"]);
            assert!(done.status.success(), "{format} {command}:\n{back}\n{}", text(&done));
        }
        assert!(back.contains("contract Flight {"), "{back}");
    }
}

#[test]
fn what_does_not_come_along_is_said_on_stderr() {
    let folder = program();
    let output =
        run(folder.path(), &["contract", "export", "flights.Flight", "--package", "flights.mlp", "--as", "postgresql"]);
    insta::assert_snapshot!(text(&output));
    let odcs = run(folder.path(), &["contract", "export", "Flight", "--package", "flights.mlp", "--as", "odcs"]);
    let notes = String::from_utf8(odcs.stderr).unwrap();
    assert!(notes.contains("note: kept for mlp only: Flight.distance: unit mi"), "{notes}");
    assert!(!notes.contains("lost"), "{notes}");
}

#[test]
fn what_cannot_be_done_is_refused_and_nothing_is_written() {
    let folder = program();
    let at = folder.path();
    fs::write(at.join("bad.json"), "{\n  \"properties\": {\"a\": {\"type\": \"int\"}}\n}\n").unwrap();
    fs::write(at.join("half.yaml"), "apiVersion: v3.1.0\nkind: [\n").unwrap();
    fs::write(at.join("latin.yaml"), b"apiVersion: v3.1.0\nkind: \xe9\n").unwrap();
    fs::write(at.join("there.mlp"), "// mine\n").unwrap();
    fs::write(at.join("open.sql"), "create table t (\n  a bigint,\n").unwrap();
    fs::write(at.join("good.sql"), "create table t (a bigint);").unwrap();
    fs::write(at.join("two.sql"), "create table t (a bigint); create table u (a bigint);").unwrap();
    let said: Vec<String> = [
        ["contract", "import", "bad.json", "-o", "new.mlp"].as_slice(),
        &["contract", "import", "half.yaml", "-o", "new.mlp"],
        &["contract", "import", "latin.yaml", "-o", "new.mlp"],
        &["contract", "import", "missing.yaml", "-o", "new.mlp"],
        &["contract", "import", "bad.json", "--from", "jsonschema"],
        &["contract", "import", "open.sql", "-o", "new.mlp"],
        &["contract", "import", "open.sql", "--from", "duckdb", "-o", "new.mlp"],
        &["contract", "import", "good.sql", "-o", "there.mlp"],
        &["contract", "import", "good.sql", "--name", "no name", "-o", "new.mlp"],
        &["contract", "import", "two.sql", "--name", "T", "-o", "new.mlp"],
        &["contract", "export", "Fligth", "--package", "flights.mlp", "--as", "odcs", "-o", "new.mlp"],
        &["contract", "export", "Flight", "--package", "flights.mlp", "--as", "ocds", "-o", "new.mlp"],
        &["contract", "export", "Flight", "--package", "flights.mlp", "--as", "odcs", "-o", "there.mlp"],
    ]
    .into_iter()
    .map(|args| {
        let output = run(at, args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        text(&output)
    })
    .collect();
    assert!(!at.join("new.mlp").exists());
    assert_eq!(fs::read_to_string(at.join("there.mlp")).unwrap(), "// mine\n");
    insta::assert_snapshot!(said.join("\n"));
}

/// One rule for all that write a file: `-o` takes a new one, and `--force` lets it take the place of one that is there.
#[test]
fn a_file_that_is_there_is_replaced_where_that_is_said() {
    let folder = program();
    let at = folder.path();
    fs::write(at.join("good.sql"), "create table t (a bigint);").unwrap();
    fs::write(at.join("d.csv"), "a\n1\n").unwrap();
    let export = ["contract", "export", "Flight", "--package", "flights.mlp", "--as", "odcs"].as_slice();
    for args in [export, &["contract", "import", "good.sql"], &["contract", "infer", "d.csv"]] {
        for name in ["mine.txt", "mine.yaml", "mine.mlp"] {
            fs::write(at.join(name), "mine").unwrap();
            let refused = run(at, &[args, &["-o", name]].concat());
            assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
            assert!(text(&refused).contains("there is a file already"), "{}", text(&refused));
            assert_eq!(fs::read_to_string(at.join(name)).unwrap(), "mine");
            let forced = run(at, &[args, &["-o", name, "--force"]].concat());
            assert_eq!(forced.status.code(), Some(0), "{}", text(&forced));
            assert!(fs::read_to_string(at.join(name)).unwrap().len() > 10, "{args:?}");
        }
        let nowhere = run(at, &[args, &["-o", "none/new.mlp"]].concat());
        assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere));
        assert!(text(&nowhere).contains("there is no folder `none`; make it first"), "{}", text(&nowhere));
    }
}

#[test]
fn data_is_no_contract_and_infer_is_what_looks_at_it() {
    let folder = program();
    fs::write(folder.path().join("d.csv"), "a\n1\n").unwrap();
    fs::write(folder.path().join("d.jsonl.gz"), "").unwrap();
    for name in ["d.csv", "d.jsonl.gz"] {
        let refused = run(folder.path(), &["contract", "import", name]);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
        assert!(
            text(&refused).contains("`mlp contract infer` writes the contract that data keeps"),
            "{}",
            text(&refused)
        );
    }
}

/// Names that help gives can be pasted: where two modules declare one, with the module.
#[test]
fn a_name_of_two_contracts_is_listed_with_its_modules() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    fs::create_dir(at.join("src")).unwrap();
    fs::write(at.join("mlp.toml"), "[package]\nname = \"risk\"\nversion = \"1.0.0\"\nlanguage = 1\n").unwrap();
    for module in ["one", "two"] {
        fs::write(at.join(format!("src/{module}.mlp")), "contract Flight { a: int64 }\n").unwrap();
    }
    for (name, words) in [("Flight", "declared more than once"), ("Fligth", "there is no contract")] {
        let output = run(at, &["contract", "export", name, "--as", "odcs"]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.contains("one.Flight") && said.contains("two.Flight"), "{said}");
    }
    let pasted = run(at, &["contract", "export", "two.Flight", "--as", "odcs"]);
    assert_eq!(pasted.status.code(), Some(0), "{}", text(&pasted));
}

const DATABASE: &str = r"
create schema shop;
create type shop.state as enum ('open', 'paid');
create domain shop.percent as numeric(5, 2) default 0 not null check (value between 0 and 100);
create table shop.customers (
  id bigint generated always as identity primary key, mail text unique, ip inet, span tstzrange, seen time with time zone,
  exclude using gist (span with &&)
);
comment on table shop.customers is 'Who buys;
and who did.';
comment on column shop.customers.mail is 'It''s theirs.';
create table shop.orders (
  id serial primary key, customer_id bigint not null references shop.customers on delete cascade, state shop.state default 'open' not null,
  price numeric(12, 2) check (price >= 0), share shop.percent, kind varchar(10) check (kind in ('a', 'b')), day date default '2020-01-01'
);
create unique index on shop.orders (id, day);
create function shop.f() returns int language sql begin atomic select 1; select 2; end;
create view shop.v as select id from shop.orders;
insert into shop.customers (mail) values (E'a;\\.\n\\.'), ('it''s');
";

/// What `pg_dump` writes is read as it is, with the rows as well as without.
#[test]
fn what_pg_dump_writes() {
    let Some(server) = mlp_tests::postgres::Server::start(&[]) else { return };
    server.run(DATABASE);
    let folder = tempdir().unwrap();
    let mut found = Vec::new();
    for (name, option) in [("rows.sql", "--inserts"), ("copy.sql", "--no-owner"), ("schema.sql", "--schema-only")] {
        let dump = server.pg_dump().arg(option).output().unwrap();
        assert!(dump.status.success(), "{}", text(&dump));
        fs::write(folder.path().join(name), dump.stdout).unwrap();
        let imported = run(folder.path(), &["contract", "import", name, "--from", "postgresql"]);
        assert!(imported.status.success(), "{name}: {}", text(&imported));
        found.push(String::from_utf8(imported.stdout).unwrap());
    }
    assert!(found.iter().all(|contracts| *contracts == found[0]), "{found:?}");
    fs::write(folder.path().join("shop.mlp"), &found[0]).unwrap();
    let checked = run(folder.path(), &["check", "--deny=warnings", "shop.mlp"]);
    assert!(checked.status.success(), "{}", text(&checked));
    insta::assert_snapshot!(found[0]);
}
