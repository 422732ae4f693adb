//! Lineage: OpenLineage events in a file of the run, and at a server.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
    thread,
};

use mlp_tests::{copy, mlp, root};
use serde_json::{Value, json};

/// The quick start in a folder of its own.
fn package() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("examples/quickstart"), folder.path());
    folder
}

fn run(folder: &Path, url: &str) -> Output {
    let mut command = Command::new(mlp());
    command.args(["run", "--package"]).arg(folder).env("OPENLINEAGE_URL", url).env("OPENLINEAGE_API_KEY", "key");
    command.output().unwrap()
}

/// The events of the only run.
fn written(folder: &Path) -> Vec<Value> {
    let runs = fs::read_dir(folder.join(".mlp/runs")).unwrap();
    let file = runs.map(|run| run.unwrap().path().join("lineage.jsonl")).find(|file| file.exists()).unwrap();
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// First line, authorization, body.
type Request = (String, String, Value);

/// Answers `count` requests, and gives what they said.
fn server(count: usize) -> (String, thread::JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let work = move || {
        let mut heard = Vec::new();
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        while heard.len() < count {
            let mut line = String::new();
            if stream.read_line(&mut line).unwrap() == 0 {
                stream = BufReader::new(listener.accept().unwrap().0);
                continue;
            }
            let (mut length, mut key) = (0, String::new());
            loop {
                let mut header = String::new();
                stream.read_line(&mut header).unwrap();
                match header.trim().split_once(": ") {
                    Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                        length = value.parse().unwrap()
                    }
                    Some((name, value)) if name.eq_ignore_ascii_case("authorization") => key = value.to_owned(),
                    Some(_) => {}
                    None => break,
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            stream.get_mut().write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n").unwrap();
            heard.push((line.trim().to_owned(), key, serde_json::from_slice(&body).unwrap()));
        }
        heard
    };
    (url, thread::spawn(work))
}

#[test]
fn a_run_tells_what_it_read_and_made() {
    let folder = package();
    let nodes = {
        let plan = Command::new(mlp()).args(["plan", "--package"]).arg(folder.path()).output().unwrap();
        let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
        plan["pipelines"].as_object().unwrap().values().next().unwrap()["nodes"].as_array().unwrap().len()
    };
    let (url, server) = server(2 * nodes);
    let done = run(folder.path(), &url);
    assert!(done.status.success(), "{done:?}");
    let events = written(folder.path());
    let heard = server.join().unwrap();
    assert_eq!(heard.iter().map(|(_, _, body)| body).collect::<Vec<_>>(), events.iter().collect::<Vec<_>>());
    assert!(heard.iter().all(|(line, key, _)| line == "POST /api/v1/lineage HTTP/1.1" && key == "Bearer key"));

    let kinds: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "COMPLETE"].repeat(nodes));
    let ids: BTreeSet<&str> = events.iter().map(|event| event["run"]["runId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), nodes, "one for each node");
    let named = |side: &str| -> BTreeSet<(String, String)> {
        let all = events.iter().flat_map(|event| event[side].as_array().unwrap());
        all.map(|set| (set["namespace"].as_str().unwrap().to_owned(), set["name"].as_str().unwrap().to_owned()))
            .collect()
    };
    let (read, made) = (named("inputs"), named("outputs"));
    let file = |(namespace, name): &&(String, String)| namespace == "file" && Path::new(name).exists();
    assert_eq!(read.iter().filter(file).count(), 1, "the CSV: {read:?}");
    assert!(made.iter().any(|set| file(&set)), "the sink: {made:?}");
    let inside = |set: &&(String, String)| set.0.starts_with("mlp://");
    assert!(read.iter().filter(inside).all(|set| made.contains(set)), "all that is read was made\n{read:?}\n{made:?}");
    let tables = events.iter().flat_map(|event| event["outputs"].as_array().unwrap());
    let counted: Vec<&Value> =
        tables.filter(|set| set["outputFacets"]["outputStatistics"]["rowCount"].is_u64()).collect();
    assert!(!counted.is_empty() && counted.iter().all(|set| set["facets"]["schema"]["fields"][0]["name"].is_string()));

    // nothing is done, nothing is told
    let before = fs::read_dir(folder.path().join(".mlp/runs")).unwrap().count();
    assert!(run(folder.path(), "http://127.0.0.1:9/").status.success());
    let told = fs::read_dir(folder.path().join(".mlp/runs"))
        .unwrap()
        .filter(|run| run.as_ref().unwrap().path().join("lineage.jsonl").exists());
    assert_eq!((told.count(), before > 0), (1, true));
}

#[test]
fn a_server_that_is_not_there_fails_nothing() {
    let folder = package();
    let done = run(folder.path(), "http://127.0.0.1:9");
    assert!(done.status.success(), "{done:?}");
    let said = String::from_utf8_lossy(&done.stderr) + String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("lineage was not sent to OPENLINEAGE_URL=http://127.0.0.1:9: Connection refused"), "{said}");
    assert!(!written(folder.path()).is_empty());
}

#[test]
fn a_node_that_fails_says_why() {
    let folder = package();
    let program = "stage f() -> () {\n  run = command([\"false\"])\n}\n\npipeline p {\n  f()\n}\n";
    fs::remove_dir_all(folder.path().join("src")).unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("src/p.mlp"), program).unwrap();
    assert_eq!(run(folder.path(), "").status.code(), Some(1));
    let events = written(folder.path());
    assert_eq!(events[1]["eventType"], json!("FAIL"));
    let message = events[1]["run"]["facets"]["errorMessage"]["message"].as_str().unwrap();
    assert!(message.contains('1'), "the exit code: {message}");
}
