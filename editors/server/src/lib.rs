//! The language server: what editors ask over the language server protocol.
//!
//! **Lives here:** the protocol (messages, places as clients count them, what was told last), the packages of the open folders with the editor's buffers over them.
//! **Does not:** answers. What is asked of a program is answered by `mlp-ide` and the checker; this is the only crate that knows the protocol.
//!
//! Invariants:
//! 1. No message ends the server but `exit`: after a bug of ours the request gets an error, everything is read anew, and the session goes on.
//! 2. What is told is what `mlp check` says of the same texts.
//! 3. [`session::Session`] knows no pipe, thread or clock: what a test tells it is what a client tells it, or the lookout.

pub mod actions;
mod capabilities;
pub mod completion;
pub mod config;
pub mod diagnostics;
pub mod graph;
pub mod hints;
pub mod history;
pub mod hover;
pub mod layout;
pub mod lens;
pub mod lineage;
pub mod lookout;
pub mod names;
pub mod outgoing;
pub mod outline;
pub mod places;
pub mod position;
pub mod pull;
pub mod requests;
mod serve;
pub mod session;
pub mod signature;
pub mod titles;
pub mod tokens;
pub mod wire;
mod work;
pub mod workspace;
pub mod written;

use std::{
    io::{Read, Write},
    sync::Arc,
};

use lsp_server::{Connection, ErrorCode, Response};
use lsp_types::{InitializeParams, InitializeResult, ServerInfo};
use mlp_ports::SqlChecker;

pub use capabilities::capabilities;
use history::History;
use lookout::Lookout;
use serve::{refused, serve};

/// Serves the client at the other end of stdin and stdout until it ends the session.
///
/// # Errors
/// In words, where it does not speak the protocol, or hangs up without ending the session.
pub fn run(sql: Arc<dyn SqlChecker + Send>, history: Box<dyn History>) -> Result<(), String> {
    over(std::io::stdin(), std::io::stdout(), sql, history)
}

/// Serves the client that writes the one and reads the other.
///
/// # Errors
/// As [`run`].
pub fn over(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    sql: Arc<dyn SqlChecker + Send>,
    history: Box<dyn History>,
) -> Result<(), String> {
    let (connection, wire) = wire::connect(input, output);
    let served = converse(&connection, sql, history);
    drop(connection);
    wire.flush();
    served.map_err(|why| wire.fault().map_or(why, str::to_owned))
}

/// Greets a client and serves it.
///
/// # Errors
/// As [`run`].
pub fn converse(
    connection: &Connection,
    sql: Arc<dyn SqlChecker + Send>,
    history: Box<dyn History>,
) -> Result<(), String> {
    // before anything is read, so that what is written meanwhile is noticed
    let lookout = Lookout::begin(history);
    let (id, params) = connection.initialize_start().map_err(|error| error.to_string())?;
    let params: InitializeParams = match serde_json::from_value(params) {
        Ok(params) => params,
        Err(error) => {
            let error = format!("initialize: {error}");
            drop(connection.sender.send(refused(id, ErrorCode::InvalidParams, &error).into()));
            return Err(error);
        }
    };
    let session = session::Session::new(&params, sql);
    let result = InitializeResult {
        capabilities: capabilities(session.encoding),
        server_info: Some(ServerInfo { name: "mlp".to_owned(), version: Some(env!("CARGO_PKG_VERSION").to_owned()) }),
    };
    // a client that has gone is noticed where its next message is read
    drop(connection.sender.send(Response::new_ok(id, result).into()));
    serve(connection, &lookout, session)
        .map_err(|serve::Hangup| "the client hung up without ending the session".to_owned())
}
