//! `mlp contract check --postgres` against a real server, started here for each test.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that is left out says so"
)]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use mlp_tests::{mlp, text};
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

/// A server with these tables, which ends with its owner.
struct Server {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // a fast shutdown; its children end with it
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// The programs of the newest version of Debian's package.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin")).collect();
    versions.retain(|path| path.join("initdb").is_file());
    versions.sort();
    versions.pop()
}

/// As a user who may run a server: not root.
fn command(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

impl Server {
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed: apt-get install postgresql");
            eprintln!("LEFT OUT: PostgreSQL is not installed; apt-get install postgresql");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let data = folder.path().join("data");
        let words = folder.path().join("password");
        fs::write(&words, "s3cret\n").unwrap();
        fs::set_permissions(&words, fs::Permissions::from_mode(0o644)).unwrap();
        let mut made = command(&programs.join("initdb"));
        made.arg("-D").arg(&data).args([
            "-U",
            "ada",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
        ]);
        let made = made.arg("--pwfile").arg(&words).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = command(&programs.join("postgres"));
        process.arg("-D").arg(&data).arg("-k").arg(folder.path()).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-F",
        ]);
        let process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, folder, port };
        let ready = |_| {
            let asked = Command::new(programs.join("pg_isready"))
                .arg("-q")
                .arg("-h")
                .arg(server.folder.path())
                .args(["-p", &port.to_string(), "-t", "1"])
                .status();
            let ready = asked.unwrap().success();
            if !ready {
                // pg_isready answers at once where nobody listens yet
                let _ = Command::new("sleep").arg("0.1").status();
            }
            ready
        };
        assert!((0..300).any(ready), "the server does not start");
        server.run(TABLES);
        fs::write(server.folder.path().join("risk.mlp"), PROGRAM).unwrap();
        Some(server)
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new(programs().unwrap().join("../../../../bin/psql"));
        psql.arg("-h").arg(self.folder.path()).args([
            "-p",
            &self.port.to_string(),
            "-U",
            "ada",
            "-d",
            "postgres",
            "-v",
            "ON_ERROR_STOP=1",
            "-q",
        ]);
        psql
    }

    fn run(&self, sql: &str) {
        let done = self.psql().arg("-c").arg(sql).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }

    fn socket(&self) -> String {
        format!("postgres://ada@/postgres?host={}&port={}", self.folder.path().display(), self.port)
    }

    fn check_at(&self, url: &str, args: &[&str]) -> Output {
        let package = self.folder.path().join("risk.mlp");
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
    let url = |password: &str| format!("postgres://ada:{password}@127.0.0.1:{}/postgres", server.port);
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
        .current_dir(server.folder.path())
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
