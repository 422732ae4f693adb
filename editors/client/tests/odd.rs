//! Whatever a client sends: the server answers what was asked, and goes on. `PROPTEST_CASES` says how often it is tried, and `cargo xtask fuzz` tries it for long.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    io::{Cursor, Read as _, Write},
    panic,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, LazyLock, Mutex, mpsc},
    thread,
    time::Duration,
};

use mlp_client::{dice::Dice, odd, pipe::Pipe};
use mlp_ports::NoSql;
use mlp_server::history::NoHistory;
use mlp_tests::mlp;
use proptest::prelude::*;

/// What panicked so far: a bug, even where the server goes on.
static PANICS: LazyLock<Arc<Mutex<Vec<String>>>> = LazyLock::new(|| {
    let panics = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&panics);
    panic::set_hook(Box::new(move |info| {
        // a test of its own that fails is none of them
        if thread::current().name().is_some_and(|name| name == SERVER) {
            kept.lock().map(|mut kept| kept.push(info.to_string())).unwrap_or_default();
        }
    }));
    panics
});

const SERVER: &str = "server";

/// What is written to it is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map(|mut kept| kept.extend(bytes)).unwrap_or_default();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a server says to some bytes, and how it ends; that it hangs or panics is an error.
fn said(bytes: Vec<u8>) -> Result<(Vec<u8>, Result<(), String>), String> {
    let (kept, panics) = (Kept::default(), Arc::clone(&PANICS));
    let (done, ended) = mpsc::channel();
    let output = kept.clone();
    let serve =
        move || drop(done.send(mlp_server::over(Cursor::new(bytes), output, Arc::new(NoSql), Box::new(NoHistory))));
    thread::Builder::new().name(SERVER.to_owned()).spawn(serve).map_err(|error| error.to_string())?;
    let ended = ended.recv_timeout(Duration::from_secs(60)).map_err(|_| "the server hangs, or has gone".to_owned());
    let found = panics.lock().map(|mut panics| std::mem::take(&mut *panics)).unwrap_or_default();
    if let Some(found) = found.first() {
        return Err(found.clone());
    }
    let kept = kept.0.lock().map(|kept| kept.clone()).unwrap_or_default();
    Ok((kept, ended?))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn odd_messages_are_answered_and_the_session_goes_on(choices in prop::collection::vec(any::<u8>(), 0..2_000), count in 1_usize..60) {
        let session = odd::session(&mut Dice::Bytes(choices.iter()), count);
        let (said, ended) = said(session.bytes.clone()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(ended, Ok(()));
        session.judge(&said).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn bytes_that_are_cut_off_changed_or_more_than_there_should_be_are_an_end_in_words(
        choices in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), with in prop::collection::vec(any::<u8>(), 0..20), cut in any::<bool>(),
    ) {
        let mut bytes = odd::session(&mut Dice::Bytes(choices.iter()), 4).bytes;
        let at = at.index(bytes.len());
        bytes.splice(at..if cut { bytes.len() } else { (at + with.len() / 2).min(bytes.len()) }, with);
        let (said, ended) = said(bytes).map_err(TestCaseError::fail)?;
        let messages = odd::messages(&said).map_err(TestCaseError::fail)?;
        prop_assert!(messages.iter().all(|message| message["error"]["code"] != -32603), "{:?}", messages);
        // it is no fault where it hit what may be anything
        prop_assert!(ended.is_ok() || ended.is_err_and(|words| !words.is_empty()));
    }
}

/// Starts the server of the binary.
fn server() -> Pipe {
    Pipe::start(Command::new(mlp()).arg("lsp").current_dir(Path::new("/"))).unwrap()
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_broken_frame_is_answered_with_what_is_wrong_and_the_process_ends_with_1() {
    for (bytes, why) in [
        ("Content-Length: 99999999999999999999\r\n\r\n{}", "a number up to"),
        ("Content-Length: 4294967296\r\n\r\n{}", "a number up to"),
        ("hello\r\n\r\n", "Content-Length: BYTES"),
        ("Content-Type: x\r\n\r\n{}", "no `Content-Length`"),
    ] {
        let mut server = server();
        // the client keeps its end open: nothing is to be waited for
        server.send_bytes(bytes.as_bytes()).unwrap();
        let (_, message) = server.next(LONG).unwrap();
        assert_eq!((&message["id"], &message["error"]["code"]), (&serde_json::json!(null), &serde_json::json!(-32700)));
        assert!(message["error"]["message"].to_string().contains(why), "{message}");
        assert_eq!(server.ended(LONG).unwrap().code(), Some(1), "{bytes:?}");
        assert!(server.said().contains(why), "{}", server.said());
    }
}

#[test]
fn who_goes_in_the_middle_of_a_message_leaves_no_process_behind() {
    let mut server = server();
    server.send_bytes(b"Content-Length: 1000000\r\n\r\n{").unwrap();
    assert_eq!(server.ended(LONG).unwrap().code(), Some(1));
}

#[test]
fn a_greeting_that_cannot_be_read_ends_the_process_though_the_client_waits() {
    let mut server = server();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":5}}"#;
    server.send_bytes(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    assert_eq!(server.next(LONG).unwrap().1["error"]["code"], -32602);
    assert_eq!(server.closed(LONG).unwrap().code(), Some(1));
}

#[test]
fn a_client_that_writes_much_before_it_reads_is_served() {
    const MANY: usize = 20_000;
    let mut server = Command::new(mlp()).arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut bodies = vec![r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"capabilities":{}}}"#.to_owned()];
    bodies.extend((1..=MANY).map(|id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"textDocument/nothing"}}"#)));
    bodies.push(r#"{"jsonrpc":"2.0","id":"end","method":"shutdown"}"#.to_owned());
    bodies.push(r#"{"jsonrpc":"2.0","method":"exit"}"#.to_owned());
    let bytes: String = bodies.iter().map(|body| format!("Content-Length: {}\r\n\r\n{body}", body.len())).collect();
    let (mut input, (done, written)) = (server.stdin.take().unwrap(), mpsc::channel());
    thread::spawn(move || {
        let _ = done.send(input.write_all(bytes.as_bytes()).is_ok());
    });
    let written = written.recv_timeout(LONG);
    if written != Ok(true) {
        drop(server.kill());
    }
    assert_eq!(written, Ok(true), "the server waits for its client, and that for it");
    let mut said = Vec::new();
    server.stdout.take().unwrap().read_to_end(&mut said).unwrap();
    assert_eq!(odd::messages(&said).unwrap().len(), MANY + 2);
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
