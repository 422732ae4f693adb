//! The wire: messages out of the bytes of a client, and into bytes for it.
//!
//! Each direction has a thread and room without end, so that a client that writes much before it reads is waited for by nobody, and what it takes back is known
//! before its turn. A body that is no message is refused, and the next one read; where the frame itself is broken nobody knows where the next one begins, so that
//! is told, and the end.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use serde_json::{Value, json};

/// A line of a head is at most so long.
const LINE: u64 = 4 << 10;
/// A body is at most so long: the largest source there is, each byte of it escaped, and room to spare.
const BODY: u64 = 256 << 20;
/// So long a client may take to read one of the last words.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is left of a wire whose connection is used.
pub struct Wire {
    broken: Arc<OnceLock<String>>,
    /// How many messages are written.
    count: Arc<AtomicUsize>,
    /// Closed once all are.
    written: mpsc::Receiver<()>,
}

impl Wire {
    /// Waits until all that was sent is written, once the connection is dropped; not for a client that has ceased to read.
    pub fn flush(&self) {
        let mut before = None;
        while self.written.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            let now = Some(self.count.load(Ordering::Relaxed));
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Why no more could be read, where that is not that the client went.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }
}

/// Puts a connection on what a client writes, and what it reads.
pub fn connect(input: impl Read + Send + 'static, output: impl Write + Send + 'static) -> (Connection, Wire) {
    let (near, far) = Connection::memory();
    let Connection { sender, receiver } = far;
    let (output, broken) = (Arc::new(Mutex::new(output)), Arc::new(OnceLock::new()));
    let (done, written) = mpsc::channel();
    let (refusals, fault) = (Arc::clone(&output), Arc::clone(&broken));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    // it is never waited for: it may be in the middle of waiting for a client that says nothing more
    thread::spawn(move || {
        let refuse = |refused: &Refused| put(&refusals, &serde_json::to_vec(&refused.answer()).unwrap_or_default());
        let ended = listen(&mut BufReader::new(input), |message| sender.send(message).is_ok(), refuse);
        if let Err(Broken(words)) = ended {
            refuse(&Refused { id: Value::Null, code: ErrorCode::ParseError, words: words.clone() });
            // the first fault stays
            let _ = fault.set(words);
        }
        drop(sender);
    });
    thread::spawn(move || {
        for message in receiver {
            put(&output, &bytes(&message));
            counted.fetch_add(1, Ordering::Relaxed);
        }
        drop(done);
    });
    (near, Wire { broken, count, written })
}

/// Writes a body with its head, at once; a client that has gone is noticed where its next message is read.
fn put(output: &Mutex<impl Write>, body: &[u8]) {
    let mut framed = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    framed.extend_from_slice(body);
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = output.write_all(&framed).and_then(|()| output.flush());
}

/// The body of a message.
fn bytes(message: &Message) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Framed<'m> {
        jsonrpc: &'static str,
        #[serde(flatten)]
        message: &'m Message,
    }
    serde_json::to_vec(&Framed { jsonrpc: "2.0", message }).unwrap_or_default()
}

/// A frame behind which nothing can be read.
#[derive(Debug, PartialEq, Eq)]
struct Broken(String);

/// A body that is no message.
#[derive(Debug)]
struct Refused {
    /// As far as it could be read.
    id: Value,
    code: ErrorCode,
    words: String,
}

impl Refused {
    fn answer(&self) -> Value {
        json!({"jsonrpc": "2.0", "id": self.id, "error": {"code": self.code as i32, "message": self.words}})
    }
}

/// Reads messages until the client has no more, or `take` wants none.
fn listen(
    input: &mut impl BufRead,
    mut take: impl FnMut(Message) -> bool,
    mut refuse: impl FnMut(&Refused),
) -> Result<(), Broken> {
    while let Some(body) = body(input)? {
        match message(&body) {
            Ok(Some(message)) => {
                if !take(message) {
                    return Ok(());
                }
            }
            Ok(None) => {}
            Err(refused) => refuse(&refused),
        }
    }
    Ok(())
}

/// The next body; none where the client went between two.
fn body(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Broken> {
    let broken = |error: io::Error| Broken(format!("the client's message cannot be read: {error}"));
    let mut length = None;
    for first in std::iter::once(true).chain(std::iter::repeat(false)) {
        let mut line = Vec::new();
        input.take(LINE).read_until(b'\n', &mut line).map_err(broken)?;
        if line.is_empty() && first {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        let shown: String = text.chars().take(40).collect();
        let Some(text) = text.strip_suffix('\n') else {
            return Err(Broken(format!("the head of a message ends in the middle of a line: {shown:?}")));
        };
        let text = text.trim_end_matches('\r');
        if text.is_empty() {
            break;
        }
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let Some((name, value)) = text.split_once(':').filter(|(name, _)| is_name(name)) else {
            return Err(Broken(format!(
                "{shown:?} is no line of a head: each message begins with `Content-Length: BYTES` and an empty line"
            )));
        };
        if name.eq_ignore_ascii_case("content-length") {
            let count = value.trim().parse::<u64>().ok().filter(|count| *count <= BODY);
            length = Some(count.ok_or_else(|| Broken(format!("{shown:?}: a number up to {BODY} is meant")))?);
        }
    }
    let length = length.ok_or_else(|| Broken("the head of a message has no `Content-Length`".to_owned()))?;
    let mut body = Vec::new();
    // room is made for what comes, and not for what is announced
    input.take(length).read_to_end(&mut body).map_err(broken)?;
    if (body.len() as u64) < length {
        return Err(Broken(format!("a message of {length} bytes ends after {}", body.len())));
    }
    Ok(Some(body))
}

/// The message of a body; none where it answers nothing that can have been asked.
fn message(body: &[u8]) -> Result<Option<Message>, Refused> {
    let refused = |code, id: &Value, words: &str| Refused { id: id.clone(), code, words: words.to_owned() };
    let value =
        read(body).map_err(|error| refused(ErrorCode::ParseError, &Value::Null, &format!("no JSON: {error}")))?;
    let Value::Object(mut fields) = value else {
        let words = if value.is_array() { "batches are not served" } else { "a message is an object" };
        return Err(refused(ErrorCode::InvalidRequest, &Value::Null, words));
    };
    let given = fields.remove("id").unwrap_or_default();
    let id = serde_json::from_value::<RequestId>(given.clone());
    let mut field = |name: &str| fields.remove(name).unwrap_or_default();
    match (field("method"), id) {
        (Value::String(method), Ok(id)) => Ok(Some(Request { id, method, params: field("params") }.into())),
        (Value::String(method), Err(_)) if given.is_null() => {
            Ok(Some(Notification { method, params: field("params") }.into()))
        }
        (Value::String(_), Err(_)) => Err(refused(
            ErrorCode::InvalidRequest,
            &given,
            "the id of a request is a text, or a whole number of 32 bits",
        )),
        (Value::Null, Ok(id)) => {
            let failed = |error: Value| {
                let words =
                    |fault: serde_json::Error| ResponseError { code: 0, message: fault.to_string(), data: None };
                serde_json::from_value::<ResponseError>(error).unwrap_or_else(words)
            };
            let error = field("error");
            let response_result = if error.is_null() { Ok(field("result")) } else { Err(failed(error)) };
            Ok(Some(Response { id, response_result }.into()))
        }
        // ids of ours are numbers
        (Value::Null, Err(_)) if fields.contains_key("result") || fields.contains_key("error") => Ok(None),
        _ => {
            Err(refused(ErrorCode::InvalidRequest, &given, "a message has a `method`, which is a text, or a `result`"))
        }
    }
}

/// Reads JSON. Editors whose texts are UTF-16 may send half a character, which is no character: it becomes the mark for one that is lost, and the rest stays.
fn read(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| match halves_marked(body) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// The text with U+FFFD for each `\uD800` to `\uDFFF` that has no other half; none where all have.
fn halves_marked(body: &[u8]) -> Option<Vec<u8>> {
    const ESCAPE: usize = 6;
    let unit = |at: usize| {
        let hex = body.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', body.get(at..)?) {
        at += found;
        at += match (unit(at), unit(at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                let text = mended.get_or_insert_with(|| body.to_vec());
                text.splice(at..at + ESCAPE, *b"\\ufffd");
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            // `\\` and the like
            (None, _) => 2,
        };
    }
    mended
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages and refusals of some bytes, and how it ended.
    fn heard(bytes: &[u8]) -> (Vec<Value>, Result<(), Broken>) {
        let all = std::cell::RefCell::new(Vec::new());
        let take = |message: Message| {
            all.borrow_mut().push(serde_json::to_value(message).unwrap());
            true
        };
        let ended = listen(&mut &*bytes, take, |refused| all.borrow_mut().push(refused.answer()));
        (all.into_inner(), ended)
    }

    fn framed(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn messages_follow_one_another_whatever_else_their_heads_say() {
        let text = [
            framed(r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#),
            "content-length:14\nContent-Type: application/vscode-jsonrpc; charset=utf-8\n\n{\"method\":\"b\"}"
                .to_owned(),
            framed(r#"{"id":2}"#),
            framed(r#"{"id":"x","error":{"code":-1,"message":"no"}}"#),
        ];
        let (messages, ended) = heard(text.concat().as_bytes());
        assert_eq!(ended, Ok(()));
        let wanted = json!([
            {"id": 1, "method": "a"}, {"method": "b"}, {"id": 2, "result": null},
            {"id": "x", "error": {"code": -1, "message": "no"}},
        ]);
        assert_eq!(Value::Array(messages), wanted);
    }

    #[test]
    fn a_body_that_is_no_message_is_refused_and_the_next_one_read() {
        let deep = "[".repeat(100_000);
        for (body, code, id) in [
            ("{", -32700, json!(null)),
            ("", -32700, json!(null)),
            (deep.as_str(), -32700, json!(null)),
            ("[]", -32600, json!(null)),
            ("5", -32600, json!(null)),
            ("{}", -32600, json!(null)),
            (r#"{"id":5,"method":6}"#, -32600, json!(5)),
            (r#"{"id":99999999999,"method":"a"}"#, -32600, json!(99_999_999_999_u64)),
            (r#"{"id":[1],"method":"a"}"#, -32600, json!([1])),
        ] {
            let (messages, ended) = heard((framed(body) + &framed(r#"{"method":"next"}"#)).as_bytes());
            assert_eq!(ended, Ok(()), "{body:.40}");
            assert_eq!((&messages[0]["error"]["code"], &messages[0]["id"]), (&json!(code), &id), "{body:.40}");
            assert_eq!(messages[1], json!({"method": "next"}), "{body:.40}");
        }
        let bytes = [b"Content-Length: 3\r\n\r\n\"\xff\"", framed(r#"{"method":"next"}"#).as_bytes()].concat();
        assert_eq!(heard(&bytes).0[0]["error"]["code"], -32700, "no UTF-8");
        assert_eq!(heard(&bytes).0.len(), 2);
    }

    #[test]
    fn a_broken_frame_is_the_end_and_says_why() {
        let long = format!("Content-Length: 2{}\r\n\r\n{{}}", " ".repeat(10_000));
        for (text, why) in [
            ("Content-Length: 10\r\n\r\n{}", "a message of 10 bytes ends after 2"),
            ("Content-Length: 99999999999999999999\r\n\r\n{}", "a number up to"),
            ("Content-Length: 9999999999\r\n\r\n{}", "a number up to"),
            ("Content-Length: -1\r\n\r\n{}", "a number up to"),
            ("Content-Type: x\r\n\r\n{}", "no `Content-Length`"),
            ("\r\n\r\n", "no `Content-Length`"),
            ("{\"id\":1}\n", "no line of a head"),
            ("hello\r\n\r\n", "no line of a head"),
            ("Content-Length: 2", "in the middle of a line"),
            ("Content-Length: 2\r\n", "in the middle of a line"),
            (long.as_str(), "in the middle of a line"),
        ] {
            let (messages, ended) = heard(text.as_bytes());
            assert_eq!(messages, [] as [Value; 0], "{text:.40}");
            assert!(ended.as_ref().is_err_and(|Broken(words)| words.contains(why)), "{text:.40}: {ended:?}");
        }
    }

    #[test]
    fn half_a_character_costs_no_more_than_itself() {
        let body = r#"{"method":"a\\ud800 \ud83d\ude00 \ud83dx \ude00\uD83D \u0041"}"#;
        let wanted = json!({"method": "a\\ud800 😀 \u{fffd}x \u{fffd}\u{fffd} A"});
        assert_eq!(heard(framed(body).as_bytes()).0, [wanted]);
    }

    #[test]
    fn an_answer_under_no_id_of_ours_is_passed_over() {
        let (messages, ended) = heard(framed(r#"{"id":null,"error":{"code":-32700,"message":"?"}}"#).as_bytes());
        assert_eq!((messages, ended), (Vec::new(), Ok(())));
    }
}
