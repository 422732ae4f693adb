//! As much of HTTP as two addresses need that are only read: one request a connection, without a body.

use std::io::{self, Read, Write};

/// A head is at most so long: browsers send some hundred bytes.
const LONGEST: usize = 16 << 10;
/// Lines of a head.
const HEADERS: usize = 100;

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET`.
    pub method: String,
    /// The path, without what is behind `?`.
    pub path: String,
    /// The name by which this machine is called.
    pub host: String,
}

/// Reads what is asked; none where it is no request, or one that is too long.
pub fn read(from: &mut impl Read) -> io::Result<Option<Asked>> {
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    while head.len() < LONGEST {
        let count = from.read(&mut piece)?;
        if count == 0 {
            return Ok(None);
        }
        head.extend_from_slice(piece.get(..count).unwrap_or_default());
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head) {
            Ok(httparse::Status::Complete(_)) => return Ok(asked(&request)),
            Ok(httparse::Status::Partial) => {}
            Err(_) => return Ok(None),
        }
    }
    Ok(None)
}

fn asked(request: &httparse::Request<'_, '_>) -> Option<Asked> {
    let mut hosts = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("host"));
    let host = std::str::from_utf8(hosts.next()?.value).ok()?.to_owned();
    // two of them mean different things to different readers
    let path = request.path?.split('?').next()?.to_owned();
    hosts.next().is_none().then_some(Asked { method: request.method?.to_owned(), path, host })
}

/// Answers with all that there is.
pub fn answer(to: &mut impl Write, status: &str, kind: &str, body: &str) -> io::Result<()> {
    begin(to, status, kind, &format!("Content-Length: {}\r\n", body.len()))?;
    to.write_all(body.as_bytes())?;
    to.flush()
}

/// Begins an answer; what follows is its body, until the connection is closed. A proxy that packs what passes would keep an event until more have come, so it must not.
pub fn begin(to: &mut impl Write, status: &str, kind: &str, more: &str) -> io::Result<()> {
    write!(
        to,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n{more}Connection: close\r\nCache-Control: no-store, no-transform\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    )?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Asked> {
        read(&mut text.as_bytes()).unwrap()
    }

    #[test]
    fn a_request_is_read() {
        let asked = of("GET /a/b?c=d HTTP/1.1\r\nAccept: */*\r\nhost: localhost:1\r\n\r\n").unwrap();
        assert_eq!((asked.method.as_str(), asked.path.as_str(), asked.host.as_str()), ("GET", "/a/b", "localhost:1"));
    }

    #[test]
    fn what_is_none_is_not() {
        for text in [
            "",
            "GET / HTTP/1.1\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u{ff}\r\n",
            "hello\r\n\r\n",
            "\0\0\0\0",
        ] {
            assert_eq!(of(text), None, "{text:?}");
        }
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(LONGEST));
        assert_eq!(of(&long), None);
    }
}
