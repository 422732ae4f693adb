//! Who comes, and what they get.

use std::{
    io,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::{
    board::Board,
    events,
    http::{self, Asked},
};

/// So many look at once.
const VIEWERS: usize = 64;
/// So long a viewer may take to say what it wants, and to take in a piece of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

const TEXT: &str = "text/plain";

/// Answers all who come until the board is closed.
pub fn serve(listener: &TcpListener, token: &str, board: &Arc<Board>) {
    let viewers = Arc::new(AtomicUsize::new(0));
    for stream in listener.incoming() {
        if board.is_closed() {
            return;
        }
        // a connection that did not come about is none; more than there is room for are let go
        let Ok(mut stream) = stream else { continue };
        if viewers.load(Ordering::Relaxed) >= VIEWERS {
            continue;
        }
        viewers.fetch_add(1, Ordering::Relaxed);
        let (token, board, place) = (token.to_owned(), Arc::clone(board), Place(Arc::clone(&viewers)));
        let work = move || {
            let _place = place;
            // who has gone needs no answer
            drop(meet(&mut stream, &token, &board));
        };
        drop(thread::Builder::new().name("mlp-page-viewer".to_owned()).spawn(work));
    }
}

/// A viewer's place, which is free again when it goes, or was never begun with.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn meet(stream: &mut TcpStream, token: &str, board: &Board) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let Some(asked) = http::read(stream)? else {
        return http::answer(stream, "400 Bad Request", TEXT, "This is no request.\n");
    };
    match meant(&asked, token) {
        Ok(Meant::Page) => http::answer(stream, "200 OK", "text/html", &mlp_graph::live_page()),
        Ok(Meant::Events) => {
            http::begin(stream, "200 OK", "text/event-stream", "X-Accel-Buffering: no\r\n")?;
            events::stream(stream, board)
        }
        Err((status, words)) => http::answer(stream, status, TEXT, words),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Meant {
    Page,
    Events,
}

/// What of the two is asked for, or why it is not given.
fn meant(asked: &Asked, token: &str) -> Result<Meant, (&'static str, &'static str)> {
    if !is_here(&asked.host) {
        return Err(("403 Forbidden", "This page is for this machine: open it as http://127.0.0.1 with its port.\n"));
    }
    let inside = asked.path.strip_prefix('/').and_then(|path| path.strip_prefix(token));
    let meant = match inside {
        Some("/") => Meant::Page,
        Some("/events") => Meant::Events,
        _ => {
            return Err((
                "404 Not Found",
                "There is nothing here: the address has to be the whole one, as it was told.\n",
            ));
        }
    };
    if asked.method == "GET" { Ok(meant) } else { Err(("405 Method Not Allowed", "This page is only read.\n")) }
}

/// Whether a name is one of this machine as it calls itself, at whatever port: an editor may forward the page from another machine.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].contains(&name.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &str, path: &str, host: &str) -> Result<Meant, (&'static str, &'static str)> {
        meant(&Asked { method: method.to_owned(), path: path.to_owned(), host: host.to_owned() }, "0123")
    }

    #[test]
    fn names_of_this_machine_are_known() {
        for host in ["127.0.0.1:80", "127.0.0.1", "localhost:3000", "LOCALHOST", "[::1]:5", "[::1]"] {
            assert_eq!(ask("GET", "/0123/", host), Ok(Meant::Page), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "localhost.evil",
            "127.0.0.1:80x",
            "0.0.0.0",
        ] {
            assert!(ask("GET", "/0123/", host).is_err_and(|(status, _)| status.starts_with("403")), "{host}");
        }
    }

    #[test]
    fn there_are_two_addresses_and_both_are_read() {
        assert_eq!(ask("GET", "/0123/events", "localhost"), Ok(Meant::Events));
        for path in ["/", "", "/0123", "/012/", "/01234/", "/0123/events/", "/0123/x", "/0123//", "/x/0123/", "0123/"] {
            assert!(ask("GET", path, "localhost").is_err_and(|(status, _)| status.starts_with("404")), "{path}");
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
            assert!(ask(method, "/0123/", "localhost").is_err_and(|(status, _)| status.starts_with("405")), "{method}");
        }
    }
}
