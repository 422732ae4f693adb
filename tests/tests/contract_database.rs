//! `mlp contract check --postgres` against a real server, started here for each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    ops::Deref,
    path::Path,
    process::{Command, Output, Stdio},
};

use mlp_tests::{mlp, postgres, text};
use serde_json::Value;

const PROGRAM: &str = r#"
secret lake = env("LAKE_URL")

contract Plane { tailnum: string key }

contract Flight {
  id:       int32            key
  carrier:  enum { AA, UA }
  tailnum:  string?          matches /[A-Z][0-9A-Z]{2,5}/  @internal
  distance: float64          in 0 .. 5_000
  price:    decimal(9, 2)    in 0 ..   where self < 1_000 or carrier == "UA"
  at:       timestamp        in 2013-01-01 ..
  day:      date
  dest:     string           length 3
  expect rows in 3 .. 10
  expect null_rate(tailnum) <= 50%
  expect mean(distance) <= 1_000
  expect quantile(distance, 50%) <= 1_000
  expect distinct(carrier) == 2
  expect max(at) >= 2013-01-02
  expect fraction(distance > 100) >= 50%
  expect referenced(tailnum, Plane.tailnum) >= 50%
}
"#;

const TABLES: &str = "
create table planes (tailnum text);
insert into planes values ('N101'), ('N102');
create table flights (id bigint, carrier varchar(2), tailnum text, distance double precision, price numeric(12, 4), at timestamptz, day date, dest char(3));
insert into flights values
  (1, 'UA', 'N101', 1400, 99.50, '2013-01-01 05:00+00', '2013-01-01', 'IAH'),
  (2, 'AA', null, 200.5, 10.25, '2013-01-01 06:00+00', '2013-01-01', 'MIA'),
  (3, 'UA', 'N102', 500, 2000, '2013-01-02 00:00+00', '2013-01-02', 'IAH');
create table broken as table flights;
insert into broken values
  (3, 'XX', 'secret!', 'NaN', 1000.001, '2012-12-31 23:59:59+00', '2012-12-31', 'IA'),
  (4, null, 'N9', -1, 5000, '2013-01-02 00:00+00', '2013-01-02', 'IAH');
create table plain (id text, carrier text, at timestamp);
";

/// A server with these tables, and the program.
struct Server(postgres::Server);

impl Deref for Server {
    type Target = postgres::Server;

    fn deref(&self) -> &postgres::Server {
        &self.0
    }
}

impl Server {
    fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Option<Self> {
        let server = postgres::Server::start(settings)?;
        server.run(TABLES);
        fs::write(server.folder().join("risk.mlp"), PROGRAM).unwrap();
        Some(Self(server))
    }

    fn check_at(&self, url: &str, args: &[&str]) -> Output {
        let package = self.folder().join("risk.mlp");
        let mut check = Command::new(mlp());
        check.args(["contract", "check", "Flight", "--package"]).arg(package).args(args).env("LAKE_URL", url);
        check.output().unwrap()
    }

    fn check(&self, args: &[&str]) -> Output {
        self.check_at(&self.socket(), &[&["--postgres", "lake"], args].concat())
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = self.check(&[args, &["--format", "json"]].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| Value::String(text(&output)))
    }
}

fn rules(report: &Value) -> String {
    let line = |rule: &Value| {
        let word = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
        let rows = rule["rows"].as_u64().unwrap_or_default();
        let examples: Vec<String> = rule["examples"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["values"].as_str().unwrap_or_default().to_owned())
            .collect();
        let told = [word("found"), examples.join(" | ")].join(" ");
        format!("{} {} {rows} {}", word("verdict"), word("rule"), told.trim()).trim_end().to_owned()
    };
    report
        .pointer("/check/rules")
        .and_then(Value::as_array)
        .map_or_else(|| report.to_string(), |rules| rules.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_table_that_keeps_its_contract() {
    let Some(server) = Server::start() else { return };
    let output = server.check(&["flights", "--with", "Plane=planes"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    insta::assert_snapshot!(
        "a_table_that_keeps_its_contract",
        rules(&server.json(&["flights", "--with", "Plane=planes"]))
    );
    let query = server.check(&["--query", "select * from flights where id < 10", "--with", "Plane=planes"]);
    assert_eq!(query.status.code(), Some(0), "{}", text(&query));
    let unknown = server.check(&["flights"]);
    assert_eq!(unknown.status.code(), Some(1), "{}", text(&unknown));
    assert!(text(&unknown).contains("MLP905"), "{}", text(&unknown));
}

#[test]
fn broken_rows_are_counted_and_shown() {
    let Some(server) = Server::start() else { return };
    let output = server.check(&["broken", "--with", "Plane=planes"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let report = server.json(&["broken", "--with", "Plane=planes"]);
    assert!(!report.to_string().contains("secret!"), "{report:#}");
    insta::assert_snapshot!("broken_rows_are_counted_and_shown", rules(&report));
    let report = server.json(&["plain", "--with", "Plane=planes"]);
    insta::assert_snapshot!("types_of_the_database_are_read_first", rules(&report));
}

#[test]
fn a_password_is_asked_for_and_never_shown() {
    let Some(server) = Server::start() else { return };
    let url = |password: &str| format!("postgres://ada:{password}@127.0.0.1:{}/postgres", server.port());
    let args = ["--postgres", "LAKE_URL", "flights", "--with", "Plane=planes"];
    let good = server.check_at(&url("s3cret"), &args);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good));
    let bad = server.check_at(&url("wr0ng"), &args);
    assert_eq!(bad.status.code(), Some(2), "{}", text(&bad));
    assert!(text(&bad).contains("password authentication failed") && !text(&bad).contains("wr0ng"), "{}", text(&bad));
    let given = server.check_at(&url("s3cret"), &["--postgres", &url("s3cret"), "flights"]);
    assert_eq!(given.status.code(), Some(2), "{}", text(&given));
    assert!(!text(&given).contains("s3cret"), "{}", text(&given));
}

#[test]
fn what_cannot_be_asked_is_an_error_in_words() {
    let Some(server) = Server::start() else { return };
    let refused = |url: &str, args: &[&str], words: &str| {
        let output = server.check_at(url, &[&["--postgres", "lake"], args].concat());
        let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(output.stdout.is_empty() && said.contains(words), "{said}");
    };
    let here = server.socket();
    refused(&here, &["nowhere"], "relation \"nowhere\" does not exist");
    refused(&here, &["--query", "select * frm flights"], "syntax error");
    refused("postgres://ada@127.0.0.1:1/postgres?sslmode=disable", &["flights"], "cannot be reached");
    refused("postgres://ada@127.0.0.1:1/postgres?sslmode=what", &["flights"], "sslmode");
    refused("mysql://ada@127.0.0.1/x", &["flights"], "does not hold a postgres:// address");
}

/// The rows are counted slowly, and meanwhile the connection is ended by somebody else.
#[test]
fn a_database_that_goes_away_is_no_verdict() {
    let Some(server) = Server::start() else { return };
    server.run("create view slow as select f.* from flights f, pg_sleep(60)");
    let args = ["contract", "check", "Flight", "--package", "risk.mlp", "--postgres", "lake", "slow"];
    let check = Command::new(mlp())
        .args(args)
        .current_dir(server.folder())
        .env("LAKE_URL", server.socket())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mlp contract check' and query like '%count(*)%'";
    let ended = |_| {
        let asked = server.psql().args(["-At", "-c", end]).output().unwrap();
        asked.stdout.starts_with(b"t") || Command::new("sleep").arg("0.1").status().is_err()
    };
    assert!((0..200).any(ended), "the check never asked");
    let output = check.wait_with_output().unwrap();
    let said = text(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("nothing is said about them"), "{said}");
}

/// As `openssl` makes them: an authority of our own, and a certificate of this machine that it signed.
fn certificates(folder: &Path) {
    let openssl = |args: &str| {
        let made = Command::new("openssl").args(args.split(' ')).current_dir(folder).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"));
    openssl(&format!(
        "req {key} -keyout server.key -out server.csr -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    ));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy -out server.pem",
    );
}

#[test]
fn a_certificate_is_held_to_its_authority() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", file("server.pem")),
        format!("ssl_key_file={}", file("server.key")),
    ];
    postgres::give_to_its_user(folder.path());
    let Some(server) = Server::start_with(&settings.each_ref().map(String::as_str)) else { return };
    let check = |host: &str, options: &str| {
        let url = format!("postgres://ada:s3cret@{host}:{}/postgres?{options}", server.port());
        let output = server.check_at(&url, &["--postgres", "lake", "flights", "--with", "Plane=planes"]);
        (output.status.code(), text(&output).split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let known = format!("sslmode=verify-full&sslrootcert={}", file("ca.pem"));
    let (code, said) = check("localhost", &known);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check("localhost", "sslmode=require");
    assert!(code == Some(2) && said.contains("certificate") && said.contains("sslrootcert"), "{said}");
    let (code, said) = check("127.0.0.1", &known);
    assert!(code == Some(2) && said.contains("certificate not valid for name"), "{said}");
    let (code, said) = check("localhost", &format!("sslrootcert={}", file("nowhere.pem")));
    assert!(code == Some(2) && said.contains("nowhere.pem cannot be read"), "{said}");
    let (code, said) = check("localhost", "sslmode=disable");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_no_other_place_has_is_no_value() {
    let Some(server) = Server::start() else { return };
    server.run("create table odd as select 'infinity'::timestamptz as at, '-infinity'::timestamp as naive, 'infinity'::date as day, '24:00'::time as time union all select '2020-01-01+00', '2020-01-01', '2020-01-01', '23:59'");
    fs::write(server.folder().join("risk.mlp"), "secret lake = env(\"LAKE_URL\")\ncontract Flight { at: timestamp, naive: timestamp(naive), day: date, time: time }\n").unwrap();
    insta::assert_snapshot!("what_no_other_place_has_is_no_value", rules(&server.json(&["odd"])));
}

#[test]
fn what_is_not_looked_into_is_unknown() {
    let Some(server) = Server::start() else { return };
    server.run("create table lists as select '{}'::int[] as ar, 1 as id");
    fs::write(server.folder().join("risk.mlp"), "secret lake = env(\"LAKE_URL\")\ncontract Flight {\n  ar: list<int32> length 1 ..\n  id: int32\n  unique (ar)\n  expect distinct(ar) >= 1\n}\n").unwrap();
    insta::assert_snapshot!("what_is_not_looked_into_is_unknown", rules(&server.json(&["lists"])));
}

/// More counts than a row of PostgreSQL has columns.
#[test]
fn a_contract_of_many_rules_is_one_statement() {
    let Some(server) = Server::start() else { return };
    let names: Vec<String> = (0..900).map(|at| format!("c{at}")).collect();
    let fields: String = names.iter().map(|name| format!("  {name}: int32 in 0 .. 9\n")).collect();
    let columns: Vec<String> = names.iter().map(|name| format!("5 AS {name}")).collect();
    server.run(&format!("create table wide as select {}; insert into wide (c899) values (10)", columns.join(", ")));
    fs::write(
        server.folder().join("risk.mlp"),
        format!("secret lake = env(\"LAKE_URL\")\ncontract Flight {{\n{fields}}}\n"),
    )
    .unwrap();
    let report = server.json(&["wide"]);
    let rules = report.pointer("/check/rules").and_then(Value::as_array).unwrap();
    let broken: Vec<&str> =
        rules.iter().filter(|rule| rule["rows"] == 1).filter_map(|rule| rule["rule"].as_str()).collect();
    assert_eq!((rules.len(), broken.len()), (2_700, 900), "{broken:?}");
    assert!(broken.contains(&"c899 in 0 .. 9") && broken.contains(&"c0 is never null"), "{broken:?}");
}
