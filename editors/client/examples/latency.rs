//! `latency MLP RUFF`: how long an editor waits for the language server of a binary, beside `ruff server` with files of the same size (`cargo xtask bench editor`).
//!
//! The same client for both, over their pipes; for each measure some runs of fresh servers in turn, and of each run the middle and the slowest but one in twenty.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a program for measuring says what it measured, of JSON in which what is not there reads as null"
)]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use mlp_client::{
    client::{Client, uri},
    disk,
    text::Units,
};
use serde_json::{Value, json};

/// Fresh servers for each measure.
const RUNS: usize = 5;
/// Characters that are typed, each taken back.
const TYPED: usize = 40;
/// Questions of each kind.
const ASKED: usize = 60;

/// A kind of server, with texts to try it with.
struct Kind {
    name: &'static str,
    command: Vec<String>,
    language: &'static str,
    extension: &'static str,
    /// A file of about so many lines.
    file: fn(usize) -> String,
    /// Behind this, a letter makes a finding that goes with it.
    typed: &'static str,
    /// What is asked about.
    word: &'static str,
}

impl Kind {
    fn command(&self) -> Command {
        let (program, arguments) = self.command.split_first().map_or(("", [].as_slice()), |(one, more)| (one, more));
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    fn greet(&self, folder: &Path, pulls: bool) -> Result<Client, String> {
        let mut capabilities = json!({
            "general": {"positionEncodings": ["utf-16"]},
            "textDocument": {"completion": {"completionItem": {"snippetSupport": true}}, "publishDiagnostics": {}},
        });
        if pulls {
            capabilities["textDocument"]["diagnostic"] = json!({});
        }
        Client::greet(&mut self.command(), &[folder], &capabilities)
    }
}

/// The times of one run, in milliseconds.
type Times = Vec<f64>;

fn since(start: Instant, end: Instant) -> f64 {
    end.saturating_duration_since(start).as_secs_f64() * 1e3
}

/// The middle of times, and the slowest but one in twenty.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there are few"
)]
fn ranks(times: &Times) -> (f64, f64) {
    let mut sorted = times.clone();
    sorted.sort_by(f64::total_cmp);
    let nth = |share: f64| sorted.get((sorted.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    (nth(0.5), nth(0.95))
}

/// Of runs the one in the middle, by each rank.
fn middle(runs: &[Times]) -> (f64, f64) {
    let ranks: Vec<(f64, f64)> = runs.iter().map(ranks).collect();
    let of = |one: fn(&(f64, f64)) -> f64| self::ranks(&ranks.iter().map(one).collect()).0;
    (of(|ranks| ranks.0), of(|ranks| ranks.1))
}

/// A document that is open, and edited.
struct Typing<'c> {
    client: &'c mut Client,
    uri: String,
    text: String,
    version: i64,
}

impl<'c> Typing<'c> {
    fn open(client: &'c mut Client, kind: &Kind, path: &Path, text: &str) -> Result<Self, String> {
        let uri = uri(path);
        let document = json!({"uri": uri, "languageId": kind.language, "version": 1, "text": text});
        client.tell("textDocument/didOpen", json!({"textDocument": document}))?;
        Ok(Self { client, uri, text: text.to_owned(), version: 1 })
    }

    /// Puts a letter at a place, or takes it away.
    fn letter(&mut self, at: usize, is_there: bool) -> Result<Instant, String> {
        let end = if is_there { at + 1 } else { at };
        let with = if is_there { "" } else { "x" };
        let change = json!({"range": Units::Pairs.range(&self.text, &(at..end)), "text": with});
        self.text.replace_range(at..end, with);
        self.version += 1;
        let document = json!({"uri": self.uri, "version": self.version});
        let start = Instant::now();
        self.client.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [change]}))?;
        Ok(start)
    }

    /// Types letters, each taken back; `told` waits for the findings and says when they came.
    fn letters(
        &mut self,
        at: usize,
        mut told: impl FnMut(&mut Client, &str) -> Result<Instant, String>,
    ) -> Result<Times, String> {
        let mut times = Vec::new();
        for step in 0..2 * TYPED {
            let start = self.letter(at, step % 2 == 1)?;
            times.push(since(start, told(self.client, &self.uri)?));
        }
        // the first are those of a server that has just begun
        Ok(times.split_off(4))
    }

    /// Asks the same again and again.
    fn asked(&mut self, method: &str, at: usize) -> Result<(Times, Value), String> {
        let position = Units::Pairs.position(&self.text, at);
        let params = json!({"textDocument": {"uri": self.uri}, "position": position});
        let (mut times, mut last) = (Vec::new(), Value::Null);
        for _ in 0..ASKED {
            let start = Instant::now();
            let id = self.client.begin(method, params.clone())?;
            let answer = self.client.end(id)?;
            times.push(since(start, answer.came));
            last = answer.result.map_err(|error| format!("{method}: {error}"))?;
        }
        Ok((times, last))
    }
}

fn pushed(client: &mut Client, uri: &str) -> Result<Instant, String> {
    client.pushed(uri).map(|(came, _)| came)
}

fn pulled(client: &mut Client, uri: &str) -> Result<Instant, String> {
    let id = client.begin("textDocument/diagnostic", json!({"textDocument": {"uri": uri}}))?;
    let answer = client.end(id)?;
    answer.result.map(|_| answer.came).map_err(|error| error.to_string())
}

/// A place in the second half of a text, behind some of it.
fn behind(text: &str, what: &str) -> Result<usize, String> {
    let half = text.floor_char_boundary(text.len() / 2);
    let found = text.get(half..).and_then(|rest| rest.find(what)).ok_or_else(|| format!("there is no {what:?}"))?;
    Ok(half + found + what.len())
}

/// What one run of a server with one file measures, by name.
type Measured = Vec<(String, Times)>;

fn one_file(kind: &Kind, home: &Path, lines: usize) -> Result<Measured, String> {
    let folder = home.join(format!("{}-{lines}", kind.name));
    let path = folder.join(format!("one.{}", kind.extension));
    let text = (kind.file)(lines);
    disk::write(&path, &text)?;
    let at = behind(&text, kind.typed)?;
    let mut found: Measured = Vec::new();
    let size = |what: &str| format!("{what}, {lines} lines");

    let start = Instant::now();
    let mut client = kind.greet(&folder, false)?;
    found.push(("initialize".to_owned(), vec![since(start, Instant::now())]));
    // a server that is at rest
    std::thread::sleep(std::time::Duration::from_millis(100));
    let broken = {
        let mut text = text.clone();
        text.insert(at, 'x');
        text
    };
    let start = Instant::now();
    let mut typing = Typing::open(&mut client, kind, &path, &broken)?;
    let came = pushed(typing.client, &typing.uri)?;
    found.push((size("open to findings"), vec![since(start, came)]));
    typing.letter(at, true)?;
    pushed(typing.client, &typing.uri)?;
    found.push((size("a letter to findings, pushed"), typing.letters(at, pushed)?));
    for (what, method) in [
        ("hover", "textDocument/hover"),
        ("definition", "textDocument/definition"),
        ("completion", "textDocument/completion"),
    ] {
        if typing.client.capabilities[format!("{what}Provider")] == json!(null) {
            continue;
        }
        let place = behind(&typing.text, kind.word)?;
        let (times, answer) = typing.asked(method, place)?;
        let items = answer["items"].as_array().or_else(|| answer.as_array()).map_or(0, Vec::len);
        let name = if what == "completion" { format!("completion ({items} items)") } else { what.to_owned() };
        found.push((size(&name), times));
    }
    found.push((size("memory, MB"), vec![client.pipe.resident().map_or(f64::NAN, megabytes)]));
    client.bye()?;

    let mut client = kind.greet(&folder, true)?;
    let mut typing = Typing::open(&mut client, kind, &path, &text)?;
    pulled(typing.client, &typing.uri)?;
    found.push((size("a letter to findings, asked"), typing.letters(at, pulled)?));
    client.bye()?;
    Ok(found)
}

#[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// A workspace of so many files of a hundred lines, all right; the path of the first.
fn workspace(kind: &Kind, home: &Path, files: usize) -> Result<(PathBuf, PathBuf), String> {
    let folder = home.join(format!("{}-{files}-files", kind.name));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    if kind.extension == "mlp" {
        for (name, text) in disk::package("bench", files, 100, 100) {
            disk::write(&folder.join(name), &text)?;
        }
        return Ok((folder.clone(), folder.join("src/m0.mlp")));
    }
    for number in 0..files {
        disk::write(&folder.join(format!("m{number}.py")), &(kind.file)(100))?;
    }
    Ok((folder.clone(), folder.join("m0.py")))
}

/// From the start of the process to the findings of a file that is opened, in a workspace.
fn start_in(kind: &Kind, home: &Path, files: usize) -> Result<Measured, String> {
    let (folder, path) = workspace(kind, home, files)?;
    let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
    let mut broken = text.clone();
    broken.insert(behind(&text, kind.typed)?, 'x');
    let start = Instant::now();
    let mut client = kind.greet(&folder, false)?;
    Typing::open(&mut client, kind, &path, &broken)?;
    let came = pushed(&mut client, &uri(&path))?;
    client.bye()?;
    Ok(vec![(format!("start to findings, {files} files"), vec![since(start, came)])])
}

/// From a letter in a contract that a hundred files read to the break in another file that is open.
fn elsewhere(kind: &Kind, home: &Path, files: usize) -> Result<Measured, String> {
    let (folder, other) = workspace(kind, home, files)?;
    let base = folder.join("src/base.mlp");
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| error.to_string());
    let mut client = kind.greet(&folder, false)?;
    let text = read(&other)?;
    Typing::open(&mut client, kind, &other, &text)?;
    let text = read(&base)?;
    let mut typing = Typing::open(&mut client, kind, &base, &text)?;
    let at = text.find("Base").ok_or("there is no contract")? + "Base".len();
    let other = uri(&other);
    let here = typing.letters(at, |client, _| pushed(client, &other))?;
    let hover = typing.asked("textDocument/hover", text.find("amount").unwrap_or_default())?.0;
    client.bye()?;
    Ok(vec![
        (format!("a letter to the break in another file, {files} files"), here),
        (format!("hover, {files} files"), hover),
    ])
}

/// A letter to findings while somebody looks at the picture.
fn looked_at(kind: &Kind, home: &Path, lines: usize) -> Result<Measured, String> {
    use std::io::{Read as _, Write as _};
    let folder = home.join(format!("{}-{lines}", kind.name));
    let path = folder.join("one.mlp");
    let text = (kind.file)(lines);
    let mut client = kind.greet(&folder, false)?;
    let mut typing = Typing::open(&mut client, kind, &path, &text)?;
    let at = behind(&text, kind.typed)?;
    let place = json!({"textDocument": {"uri": typing.uri}, "position": Units::Pairs.position(&text, behind(&text, "let made = ")?)});
    let address =
        typing.client.ask("workspace/executeCommand", json!({"command": "mlp.showGraph", "arguments": [place]}))?;
    let address = address.as_str().ok_or("there is no picture")?.to_owned();
    let rest = address.strip_prefix("http://").ok_or("the address is none")?;
    let (host, path) = rest.split_once('/').ok_or("the address has no path")?;
    let mut viewer = std::net::TcpStream::connect(host).map_err(|error| error.to_string())?;
    write!(viewer, "GET /{path}events HTTP/1.1\r\nHost: {host}\r\n\r\n").map_err(|error| error.to_string())?;
    std::thread::spawn(move || {
        let mut piece = [0; 1 << 16];
        while matches!(viewer.read(&mut piece), Ok(1..)) {}
    });
    let times = typing.letters(at, pushed)?;
    client.bye()?;
    Ok(vec![(format!("a letter to findings, the picture open, {lines} lines"), times)])
}

/// Python with as much in it.
fn python(lines: usize) -> String {
    let mut text = String::from("from dataclasses import dataclass\nfrom typing import Literal, Optional\n\n\n");
    for item in 0..lines / 11 {
        // writing to a text does not fail
        let _ = write!(
            text,
            "@dataclass\nclass Row{item}:\n    id: int\n    at: float\n    amount: float\n    state: Literal[\"open\", \"paid\", \"sent\"]\n    code: Optional[str]\n\n\
             def step_{item}(rows: list[Row{item}], depth: int = 6) -> list[Row{item}]:\n    return rows[:depth]\n\n"
        );
    }
    text
}

fn all(mlp: &str, ruff: Option<&str>, word: &str) -> Result<(), String> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let home = home.path().canonicalize().map_err(|error| error.to_string())?;
    let ours = Kind {
        name: "mlp",
        command: vec![mlp.to_owned(), "lsp".to_owned()],
        language: "mlp",
        extension: "mlp",
        file: |lines| mlp_generate::program(0, lines, false),
        typed: "id:     int64",
        word: "let made = step_",
    };
    let theirs = ruff.map(|ruff| Kind {
        name: "ruff",
        command: vec![ruff.to_owned(), "server".to_owned()],
        language: "python",
        extension: "py",
        file: python,
        typed: "id: int",
        word: "return rows",
    });
    type Measure = fn(&Kind, &Path, usize) -> Result<Measured, String>;
    let measures: [(&str, Measure, usize, bool); 7] = [
        ("1,000 lines", one_file, 1_000, true),
        ("10,000 lines", one_file, 10_000, true),
        ("100 files", start_in, 100, true),
        ("1,000 files", start_in, 1_000, true),
        ("break in 1,000 files", elsewhere, 1_000, false),
        ("picture", looked_at, 1_000, false),
        ("picture, 10,000 lines", looked_at, 10_000, false),
    ];
    println!("{:<58} {:>9} {:>9} {:>9} {:>9} {:>7}", "ms: the middle, and 95 of 100", "mlp", "", "ruff", "", "ratio");
    for (name, measure, size, both) in measures {
        if !name.contains(word) {
            continue;
        }
        let (mut mine, mut other): (Vec<Measured>, Vec<Measured>) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            mine.push(measure(&ours, &home, size)?);
            if let Some(theirs) = theirs.as_ref().filter(|_| both) {
                other.push(measure(theirs, &home, size)?);
            }
        }
        for (name, _) in mine.first().into_iter().flatten() {
            // how many items there were differs from run to run, and between the servers
            let kind = |name: &str| name.split(" (").next().unwrap_or_default().to_owned();
            let runs = |all: &[Measured]| -> Vec<Times> {
                let same = |run: &Measured| run.iter().find(|(other, _)| kind(other) == kind(name)).cloned();
                all.iter().filter_map(same).map(|(_, times)| times).collect()
            };
            let ((p50, p95), (their50, their95)) = (middle(&runs(&mine)), middle(&runs(&other)));
            let told = |time: f64| if time.is_nan() { "-".to_owned() } else { format!("{time:.2}") };
            println!(
                "{name:<58} {:>9} {:>9} {:>9} {:>9} {:>7}",
                told(p50),
                told(p95),
                told(their50),
                told(their95),
                told(p50 / their50)
            );
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(mlp) = arguments.first() else {
        eprintln!("latency MLP [RUFF [WORD]]");
        return ExitCode::from(2);
    };
    let ruff = arguments.get(1).map(String::as_str).filter(|ruff| !ruff.is_empty());
    match all(mlp, ruff, arguments.get(2).map_or("", String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(1)
        }
    }
}
