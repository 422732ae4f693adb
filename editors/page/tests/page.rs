//! A page as a browser sees it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use mlp_page::Page;
use serde_json::{Value, json};

#[path = "../../../backends/airflow/tests/support/mod.rs"]
#[expect(dead_code, reason = "not all of its plans are shown here")]
mod support;

/// The machine and the path of a page's address.
fn parts(page: &Page) -> (String, String) {
    let address = page.address();
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

/// Asks for something.
fn ask(page: &Page, method: &str, path: &str, host: &str) -> TcpStream {
    let mut stream = TcpStream::connect(parts(page).0).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    stream
}

fn all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// Who looks at the events of a page.
struct Viewer(BufReader<TcpStream>);

impl Viewer {
    fn of(page: &Page) -> Self {
        let (host, path) = parts(page);
        let mut viewer = Self(BufReader::new(ask(page, "GET", &format!("{path}events"), &host)));
        let head: Vec<String> = std::iter::from_fn(|| viewer.line().filter(|line| !line.is_empty())).collect();
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.iter().any(|line| line == "Content-Type: text/event-stream; charset=utf-8"), "{head:?}");
        viewer
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.0.read_line(&mut line).unwrap();
        (count > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; none where the page is closed.
    fn next(&mut self) -> Option<(String, Value)> {
        let kind = loop {
            match self.line()? {
                line if line.is_empty() || line.starts_with(':') => {}
                line => break line.strip_prefix("event: ").unwrap_or_else(|| panic!("{line}")).to_owned(),
            }
        };
        let data = self.line().unwrap();
        Some((kind, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap()))
    }
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    let page = Page::open().unwrap();
    let (host, path) = parts(&page);
    assert!(host.starts_with("127.0.0.1:"), "{host}");
    assert_eq!(path.len(), "/".len() + 32 + "/".len());
    let text = all(ask(&page, "GET", &path, &host));
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"), "{head}");
    assert!(body.contains("default-src 'none'; connect-src 'self';") && body.ends_with("</html>\n"));
    assert!(
        !body.contains("://") && !body.contains("src=") && !body.contains("href="),
        "the page takes something from elsewhere"
    );
    assert_ne!(page.address(), Page::open().unwrap().address());
}

#[test]
fn who_does_not_know_the_token_or_comes_by_another_name_is_refused() {
    let page = Page::open().unwrap();
    page.show(support::flights(), "late", &[]);
    let (host, path) = parts(&page);
    for (method, asked, name, status) in [
        ("GET", "/", host.as_str(), "404"),
        ("GET", "/events", &host, "404"),
        ("GET", "/00000000000000000000000000000000/", &host, "404"),
        ("GET", path.trim_end_matches('/'), &host, "404"),
        ("GET", &format!("{path}other"), &host, "404"),
        ("GET", &path, "evil.example", "403"),
        ("GET", &format!("{path}events"), "evil.example:80", "403"),
        ("POST", &path, &host, "405"),
    ] {
        let text = all(ask(&page, method, asked, name));
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {asked} of {name}: {text}");
        assert!(!text.contains("<svg"), "{text}");
    }
    let mut stream = TcpStream::connect(&host).unwrap();
    stream.write_all(b"hello\r\n\r\n").unwrap();
    assert!(all(stream).starts_with("HTTP/1.1 400 "));
}

#[test]
fn viewers_are_told_what_is_new() {
    let page = Page::open().unwrap();
    let mut viewer = Viewer::of(&page);
    page.show(support::flights(), "late", &[]);
    let (kind, picture) = viewer.next().unwrap();
    assert_eq!((kind.as_str(), &picture["title"]), ("picture", &json!("Pipeline late")));
    assert!(picture["svg"].as_str().unwrap().starts_with("<svg "), "{picture}");
    assert_eq!(picture["arrows"].as_array().unwrap().len(), 15);
    assert_eq!(viewer.next().unwrap(), ("here".to_owned(), json!([])));

    // what draws the same is not told again: the mark is what comes next
    page.show(support::flights(), "late", &[]);
    page.mark(&["rows".to_owned(), "nothing of the kind".to_owned()]);
    let layout = mlp_graph::layout(&support::flights(), "late").unwrap();
    let rows = layout.boxes.iter().position(|each| each.id == "rows").unwrap();
    assert_eq!(viewer.next().unwrap(), ("here".to_owned(), json!([rows])));

    page.fault("flights.mlp:3:1: an error", 2);
    let words = "flights.mlp:3:1: an error (and 2 more)\nThe picture is that of the text before.";
    assert_eq!(viewer.next().unwrap(), ("fault".to_owned(), json!(words)));

    // who comes later is told all of it
    let mut late = Viewer::of(&page);
    let told: Vec<String> = (0..3).map(|_| late.next().unwrap().0).collect();
    assert_eq!(told, ["picture", "here", "fault"]);

    page.show(support::wide(&[vec![], vec![0]]), "wide", &["rows".to_owned()]);
    let (kind, picture) = viewer.next().unwrap();
    assert_eq!((kind.as_str(), &picture["arrows"]), ("picture", &json!([[0, 1]])));
    assert_eq!(viewer.next().unwrap(), ("here".to_owned(), json!([])), "`rows` is no node of it");
    assert_eq!(viewer.next().unwrap(), ("fault".to_owned(), json!("")));

    let host = parts(&page).0;
    drop(page);
    assert!(viewer.next().is_none());
    assert!(TcpStream::connect(host).is_err(), "the port is still open");
}

#[test]
fn before_there_is_a_picture_it_is_said_why() {
    let page = Page::open().unwrap();
    page.fault("mlp.toml: is none", 0);
    let words = "mlp.toml: is none\nThe picture comes once this is mended.";
    assert_eq!(Viewer::of(&page).next().unwrap(), ("fault".to_owned(), json!(words)));
}
