//! The loop: messages in, answers out, in the order in which they came; between them what takes long, and what was seen on the disk.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crossbeam_channel::{never, select};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::Value;

use crate::{
    lookout::{Lookout, News},
    session::Session,
    work::{bug, taken_back},
};

/// Why the loop ended otherwise than by `exit` behind `shutdown`.
#[derive(Debug)]
pub struct Hangup;

/// Serves a client until it says `exit`, or hangs up.
///
/// # Errors
/// Where the client went without `shutdown`, which its own process should know as code 1.
pub fn serve(connection: &Connection, lookout: &Lookout, mut session: Session) -> Result<(), Hangup> {
    let mut queue = Queue { connection, lookout, is_blind: false, waiting: VecDeque::new() };
    let mut down = false;
    loop {
        if queue.is_empty() {
            if guarded(&mut session, Session::step).unwrap_or(true) {
                send_all(connection, session.outgoing());
                continue;
            }
            // nothing is asked: what the edits did is told now, and not before, so that of many edits only the last one is
            send_all(connection, guarded(&mut session, Session::told).unwrap_or_default());
            if let Some(watched) = session.to_watch() {
                lookout.watch(watched);
            }
        }
        if queue.is_empty() {
            guarded(&mut session, Session::draw);
        }
        match queue.next() {
            Next::Hangup => return Err(Hangup),
            Next::News(news) => {
                guarded(&mut session, |session| session.noticed(news));
            }
            Next::Message(Message::Request(request)) if request.method == "shutdown" => {
                down = true;
                send(connection, Response::new_ok(request.id, Value::Null));
            }
            Next::Message(Message::Request(request)) if down => {
                send(connection, refused(request.id, ErrorCode::InvalidRequest, "the server is shutting down"));
            }
            Next::Message(Message::Request(request)) => {
                send_all(connection, answer(&mut session, &queue, request).map(Message::from));
            }
            Next::Message(Message::Notification(notification)) if notification.method == "exit" => {
                return if down { Ok(()) } else { Err(Hangup) };
            }
            Next::Message(Message::Notification(notification)) => {
                guarded(&mut session, |session| session.heard(&notification));
            }
            Next::Message(Message::Response(response)) => {
                guarded(&mut session, |session| session.answered(response));
            }
        }
        send_all(connection, session.outgoing());
    }
}

/// What comes next.
enum Next {
    Message(Message),
    News(News),
    Hangup,
}

/// Messages that have come.
struct Queue<'c> {
    connection: &'c Connection,
    lookout: &'c Lookout,
    /// Whether the lookout is gone.
    is_blind: bool,
    waiting: VecDeque<Message>,
}

impl Queue<'_> {
    /// Whether nothing has come that is not worked on.
    fn is_empty(&mut self) -> bool {
        self.waiting.extend(self.connection.receiver.try_iter());
        self.waiting.is_empty()
    }

    /// The next message; waits for one, or for news.
    fn next(&mut self) -> Next {
        loop {
            if !self.is_empty() {
                return self.waiting.pop_front().map_or(Next::Hangup, Next::Message);
            }
            let (blind, news) = (never(), &self.lookout.news);
            select! {
                recv(self.connection.receiver) -> message => return message.map_or(Next::Hangup, Next::Message),
                recv(if self.is_blind { &blind } else { news }) -> news => match news {
                    Ok(news) => return Next::News(news),
                    Err(_) => self.is_blind = true,
                },
            }
        }
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

/// The answer to a request; none where it comes later.
fn answer(session: &mut Session, queue: &Queue<'_>, request: Request) -> Option<Response> {
    let id = request.id.clone();
    if queue.cancelled(&id) {
        return Some(taken_back(id));
    }
    match guarded(session, |session| session.take(request)) {
        Some(answer) => answer.map(|response_result| Response { id, response_result }),
        None => Some(bug(id)),
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

fn send_all(connection: &Connection, messages: impl IntoIterator<Item = Message>) {
    for message in messages {
        send(connection, message);
    }
}
