//! What ran, from `mlp run` over the store to the lenses of a real language server.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use mlp_tests::{copy, mlp, root, text};
use serde_json::{Value, json};

/// A model that is too slow for its policy.
const SLOW: &str = r#"use std.serving.{Serving}

contract Row    { x: float64 }
contract Scored { score: float64 in 0 .. 1 }

const depth: int = 3

stage fit(depth: int, seed: int = 1) -> Model<Row, Scored> {
  run = command(["sh", "-c", "mkdir -p $MLP_OUT && echo weights > $MLP_OUT/model"])
}
stage measure(model: Model<Row, Scored>) -> Report<Serving> {
  run = command(["sh", "-c", "echo '{\"rows\": 500, \"latency.p99\": 0.25}' > $MLP_OUT"])
}

model Churn: Model<Row, Scored> { ladder = [production] }
policy Fast(candidate: Report<Serving>) {
  require candidate.latency.p99 <= 100ms
  require candidate.rows >= 100
}

pipeline page {
  let model = fit(depth: depth)
  promote model to Churn.production when Fast(measure(model))
}
"#;

/// `mlp lsp` with a text open, and what it says, as it comes.
struct Server {
    process: Child,
    input: Option<ChildStdin>,
    said: Receiver<Value>,
    uri: String,
    next: i64,
}

impl Server {
    fn start(package: &Path, file: &str) -> Self {
        let mut process = Command::new(mlp()).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let (sender, said) = mpsc::channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = process.stdin.take();
        let uri = format!("file://{}", package.join(file).display());
        let mut server = Self { process, input, said, uri, next: 0 };
        let capabilities = json!({"workspace": {"codeLens": {"refreshSupport": true}}});
        let root = format!("file://{}", package.display());
        let params = json!({"capabilities": capabilities, "workspaceFolders": [{"uri": root, "name": "package"}]});
        server.ask("initialize", params);
        server.tell("initialized", json!({}));
        let text = fs::read_to_string(package.join(file)).unwrap();
        let document = json!({"uri": server.uri, "languageId": "mlp", "version": 1, "text": text});
        server.tell("textDocument/didOpen", json!({"textDocument": document}));
        server
    }

    fn send(&mut self, message: &Value) {
        let message = message.to_string();
        let input = self.input.as_mut().unwrap();
        write!(input, "Content-Length: {}\r\n\r\n{message}", message.len()).unwrap();
        input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn next(&self) -> Value {
        self.said.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let said = self.next();
            if said["id"] == id && said.get("method").is_none() {
                return said["result"].clone();
            }
        }
    }

    /// The titles of what ran, with ages that are the same on every machine.
    fn lasts(&mut self) -> Vec<String> {
        let uri = self.uri.clone();
        let lenses = self.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
        let lasts = lenses.as_array().unwrap().iter().filter(|lens| lens["command"]["command"] == "mlp.showRun");
        let title = |lens: &Value| lens["command"]["title"].as_str().unwrap().replace("1 min ago", "just now");
        lasts.map(title).collect()
    }

    /// The same once they are this: until then it waits to be told that there is something else.
    fn shows(&mut self, wanted: &[&str]) {
        let mut lasts = self.lasts();
        while lasts != wanted {
            // nothing more comes where it is wrong
            while self.said.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| json!("silence"))["method"]
                != "workspace/codeLens/refresh"
            {
                assert_eq!(self.lasts(), wanted);
            }
            lasts = self.lasts();
        }
    }

    fn write(&mut self, text: &str) {
        let uri = self.uri.clone();
        let document = json!({"uri": uri, "version": 2});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // its input is closed, and with it its work is done
        self.input = None;
        drop(self.process.wait());
    }
}

fn read(output: &mut impl std::io::BufRead) -> Option<Value> {
    let mut head = String::new();
    output.read_line(&mut head).ok()?;
    let length: u64 = head.trim().strip_prefix("Content-Length: ")?.parse().ok()?;
    output.read_line(&mut head).ok()?;
    let mut body = String::new();
    output.take(length).read_to_string(&mut body).ok()?;
    serde_json::from_str(&body).ok()
}

fn run(package: &Path, args: &[&str]) -> Option<i32> {
    let done = Command::new(mlp()).arg("run").args(args).arg("--package").arg(package).output().unwrap();
    assert!(done.status.code().is_some(), "{}", text(&done));
    done.status.code()
}

fn quickstart() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().canonicalize().unwrap().join("quickstart");
    copy(&root().join("examples/quickstart"), &package);
    (folder, package)
}

#[test]
fn a_run_is_told_above_its_pipeline_as_soon_as_it_ended() {
    let (_folder, package) = quickstart();
    let file = "src/quickstart.mlp";
    let mut server = Server::start(&package, file);
    assert_eq!(server.lasts(), [] as [&str; 0], "nothing ran");
    assert_eq!(run(&package, &[]), Some(0));
    server.shows(&["succeeded just now"]);
    let source = fs::read_to_string(package.join(file)).unwrap();
    server.write(&source.replacen("pipeline zones", "// a comment\npipeline zones", 1));
    assert_eq!(server.lasts(), ["succeeded just now"]);
    server.write(&source.replacen("out/zones.csv", "out/other.csv", 1));
    assert_eq!(server.lasts(), ["succeeded just now · of an earlier text"]);
    server.write(&source);

    let csv = package.join("data/airports.csv");
    let broken = fs::read_to_string(&csv).unwrap().replacen("-80.", "-880.", 1);
    fs::write(&csv, broken).unwrap();
    assert_eq!(run(&package, &[]), Some(1));
    server.shows(&["failed at `listed` just now: MLP901"]);
}

#[test]
fn a_decision_is_told_above_its_promotion_with_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().canonicalize().unwrap();
    fs::create_dir(package.join("src")).unwrap();
    fs::write(package.join("mlp.toml"), "[package]\nname = \"page\"\nversion = \"1.0.0\"\nlanguage = 1\n").unwrap();
    fs::write(package.join("src/page.mlp"), SLOW).unwrap();
    assert_eq!(run(&package, &[]), Some(0), "refused is no failure");
    let mut server = Server::start(&package, "src/page.mlp");
    const REFUSED: &str = "refused just now: latency.p99 0.25 ≤ 0.1 ✗ · rows 500 ≥ 100 ✓";
    server.shows(&["succeeded just now", REFUSED]);
    server.write(&SLOW.replacen("100ms", "1s", 1));
    let earlier = format!("{REFUSED} · of an earlier text");
    assert_eq!(server.lasts(), ["succeeded just now · of an earlier text", &earlier]);
    server.write(SLOW);
    // what was set beside the text is told, and the text is the same
    assert_eq!(run(&package, &["--set", "depth=5"]), Some(0));
    server.shows(&["succeeded just now · with depth = 5", REFUSED]);
}

#[test]
fn records_that_cannot_be_read_show_nothing_and_disturb_nobody() {
    let (_folder, package) = quickstart();
    assert_eq!(run(&package, &[]), Some(0));
    let database = package.join(".mlp/state.db");
    for name in ["state.db-wal", "state.db-shm"] {
        drop(fs::remove_file(package.join(".mlp").join(name)));
    }
    fs::write(&database, "not a database, but long enough to be looked at".repeat(100)).unwrap();
    let mut server = Server::start(&package, "src/quickstart.mlp");
    // it is looked at within a second; what was shown before is taken back by the same way as what is told
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(server.lasts(), [] as [&str; 0]);
    let said: Vec<Value> = server.said.try_iter().filter(|said| said["method"] == "window/showMessage").collect();
    assert_eq!(said, [] as [Value; 0]);
}

#[test]
fn a_server_whose_input_is_closed_ends() {
    let (_folder, package) = quickstart();
    for greeted in [true, false] {
        let mut server = if greeted {
            Server::start(&package, "src/quickstart.mlp")
        } else {
            let process = Command::new(mlp()).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            let mut process = process.unwrap();
            let (input, (_, said)) = (process.stdin.take(), mpsc::channel());
            Server { process, input, said, uri: String::new(), next: 0 }
        };
        server.input = None;
        // a test that hangs here has found that it does not
        assert_eq!(server.process.wait().unwrap().code(), Some(1), "it was not told to go");
    }
}
