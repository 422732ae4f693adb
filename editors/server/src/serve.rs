//! The loop: messages in, answers out, in the order in which they came.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::Value;

use crate::session::Session;

/// Why the loop ended otherwise than by `exit` behind `shutdown`.
#[derive(Debug)]
pub struct Hangup;

/// Serves a client until it says `exit`, or hangs up.
///
/// # Errors
/// Where the client went without `shutdown`, which its own process should know as code 1.
pub fn serve(connection: &Connection, mut session: Session) -> Result<(), Hangup> {
    let mut queue = Queue { connection, waiting: VecDeque::new() };
    let mut down = false;
    loop {
        if queue.is_empty() {
            // nothing is asked: what the edits did is told now, and not before, so that of many edits only the last one is
            send_all(connection, guarded(&mut session, Session::told).unwrap_or_default());
        }
        if queue.is_empty() {
            guarded(&mut session, Session::draw);
        }
        let Some(message) = queue.next() else { return Err(Hangup) };
        match message {
            Message::Request(request) if request.method == "shutdown" => {
                down = true;
                send(connection, Response::new_ok(request.id, Value::Null));
            }
            Message::Request(request) if down => {
                send(connection, refused(request.id, ErrorCode::InvalidRequest, "the server is shutting down"));
            }
            Message::Request(request) => send(connection, answer(&mut session, &queue, request)),
            Message::Notification(notification) if notification.method == "exit" => {
                return if down { Ok(()) } else { Err(Hangup) };
            }
            Message::Notification(notification) => {
                guarded(&mut session, |session| session.heard(&notification));
            }
            Message::Response(response) => {
                guarded(&mut session, |session| session.answered(response));
            }
        }
        send_all(connection, session.outgoing());
    }
}

/// Messages that have come.
struct Queue<'c> {
    connection: &'c Connection,
    waiting: VecDeque<Message>,
}

impl Queue<'_> {
    /// Whether nothing has come that is not worked on.
    fn is_empty(&mut self) -> bool {
        self.waiting.extend(self.connection.receiver.try_iter());
        self.waiting.is_empty()
    }

    /// The next message; waits for one.
    fn next(&mut self) -> Option<Message> {
        if self.is_empty() { self.connection.receiver.recv().ok() } else { self.waiting.pop_front() }
    }

    /// Whether the client has taken a request back.
    fn cancelled(&self, id: &RequestId) -> bool {
        let takes_back = |notification: &Notification| {
            notification.method == "$/cancelRequest"
                && notification.params.get("id").is_some_and(|given| {
                    serde_json::from_value::<RequestId>(given.clone()).is_ok_and(|given| given == *id)
                })
        };
        self.waiting.iter().any(|message| matches!(message, Message::Notification(told) if takes_back(told)))
    }
}

fn answer(session: &mut Session, queue: &Queue<'_>, request: Request) -> Response {
    let id = request.id.clone();
    if queue.cancelled(&id) {
        return refused(id, ErrorCode::RequestCanceled, "taken back by the client");
    }
    match guarded(session, |session| session.asked(request)) {
        Some(response_result) => Response { id, response_result },
        None => refused(id, ErrorCode::InternalError, "this is a bug of mlp; the server goes on"),
    }
}

/// What a function answers; where it panics, none, and a session that has read everything anew.
fn guarded<T>(session: &mut Session, function: impl FnOnce(&mut Session) -> T) -> Option<T> {
    let answer = catch_unwind(AssertUnwindSafe(|| function(session)));
    if answer.is_err() {
        // what was half done is not trusted: the texts are, which no check touches
        session.begin_anew();
    }
    answer.ok()
}

/// The answer to a request that is not served.
pub fn refused(id: RequestId, code: ErrorCode, message: &str) -> Response {
    Response::new_err(id, code as i32, message.to_owned())
}

/// Sends a message; a client that has gone is noticed where the next one is read.
fn send(connection: &Connection, message: impl Into<Message>) {
    drop(connection.sender.send(message.into()));
}

fn send_all(connection: &Connection, messages: Vec<Message>) {
    for message in messages {
        send(connection, message);
    }
}
