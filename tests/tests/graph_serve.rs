//! `mlp graph --serve`: the picture in a browser follows the files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    fs,
    io::{BufRead, BufReader, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use mlp_tests::mlp;

const PROGRAM: &str = "contract Row { id: int64 key }
source rows() -> Table<Row> { from = parquet(\"in.parquet\") }
sink keep(rows: Table<Row>) { to = parquet(\"out.parquet\") }
pipeline daily {
  let all = rows()
  keep(all)
}
";

/// The command while it runs; it is ended with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn package(folder: &Path, program: &str) {
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("mlp.toml"), "[package]\nname = \"one\"\nlanguage = 1\n").unwrap();
    fs::write(folder.join("src/one.mlp"), program).unwrap();
}

fn serve(folder: &Path) -> (Served, String) {
    let mut child = Command::new(mlp())
        .args(["graph", "--serve"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Served(child), address.trim_end().to_owned())
}

/// Waits for an event of a kind whose data has a text.
fn told(events: &mut impl BufRead, kind: &str, text: &str) {
    let mut line = String::new();
    let mut is_meant = false;
    loop {
        line.clear();
        assert!(events.read_line(&mut line).unwrap() > 0, "the page is closed before it tells `{text}`");
        match line.split_once(": ") {
            Some(("event", told)) => is_meant = told.trim_end() == kind,
            Some(("data", data)) if is_meant && data.contains(text) => return,
            _ => {}
        }
    }
}

fn browse(address: &str) -> BufReader<TcpStream> {
    let (host, path) = address.strip_prefix("http://").and_then(|rest| rest.split_once('/')).unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /{path}events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    BufReader::new(stream)
}

#[test]
fn the_picture_follows_the_files_until_the_command_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    package(folder.path(), PROGRAM);
    let (served, address) = serve(folder.path());
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let mut events = browse(&address);
    told(&mut events, "picture", ">all<");
    let write = |program: &str| fs::write(folder.path().join("src/one.mlp"), program).unwrap();
    write(&PROGRAM.replace("all", "every"));
    told(&mut events, "picture", ">every<");
    write(&PROGRAM.replace("keep(all)", "keep(all"));
    told(&mut events, "fault", "src/one.mlp:");
    write(PROGRAM);
    told(&mut events, "picture", ">all<");
    told(&mut events, "fault", "\"\"");
    drop(served);
    let host = address.split('/').nth(2).unwrap();
    assert!(TcpStream::connect(host).is_err(), "the port is still open");
}

#[test]
fn what_cannot_be_shown_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let done = Command::new(mlp()).args(["graph", "--serve"]).args(arguments).current_dir(folder.path()).output();
        let done = done.unwrap();
        assert_eq!(done.status.code(), Some(2));
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(run(&[]).contains("mlp.toml"));
    package(folder.path(), PROGRAM);
    assert!(run(&["nightly"]).contains("there is no pipeline `nightly`; the package has daily"));
    // a program with mistakes is served: they may be mended while one looks
    package(folder.path(), &PROGRAM.replace("keep(all)", "keep(al)"));
    let (_served, address) = serve(folder.path());
    told(&mut browse(&address), "fault", "The picture comes once this is mended.");
}
