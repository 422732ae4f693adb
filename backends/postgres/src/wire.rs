//! The messages of PostgreSQL, version 3 of its protocol, as far as two statements need them.
//!
//! Source: "Frontend/Backend Protocol" and "Message Formats" in the manual of PostgreSQL. Only what a client that reads needs is here: start-up, TLS, the three
//! ways to say a password, simple queries, and the description of a statement.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};

use super::{
    PostgresError,
    address::{Address, Tls},
};

/// How long a server may take to answer the first time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest message that a server may send, in bytes: its answers to us are short.
const LONGEST: usize = 64 << 20;

trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

/// An open connection.
pub struct Wire {
    channel: Box<dyn Channel>,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}

/// A message of the server: its letter and what is in it.
pub type Message = (u8, Vec<u8>);

impl Wire {
    /// Opens a connection to where an address says, with TLS where it may or must be.
    pub fn open(address: &Address) -> Result<Self, PostgresError> {
        let failed = |error: io::Error| PostgresError::Connect(error.to_string());
        if let Some(folder) = &address.socket {
            let path = Path::new(folder).join(format!(".s.PGSQL.{}", address.port));
            let channel = UnixStream::connect(&path).map_err(failed)?;
            return Ok(Self { channel: Box::new(channel) });
        }
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for place in (address.host.as_str(), address.port).to_socket_addrs().map_err(failed)? {
            match TcpStream::connect_timeout(&place, PATIENCE) {
                Ok(stream) => return Self::secured(stream, address),
                Err(error) => last = error,
            }
        }
        Err(failed(last))
    }

    fn secured(mut stream: TcpStream, address: &Address) -> Result<Self, PostgresError> {
        let failed = |error: io::Error| PostgresError::Connect(error.to_string());
        stream.set_nodelay(true).map_err(failed)?;
        if address.tls == Tls::Never {
            return Ok(Self { channel: Box::new(stream) });
        }
        // a request for TLS, which has a number of its own and no letter
        stream.write_all(&[0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]).map_err(failed)?;
        let mut answer = [0];
        stream.read_exact(&mut answer).map_err(failed)?;
        let [answer] = answer;
        match (answer, address.tls) {
            (b'S', _) => {
                let name = ServerName::try_from(address.host.clone());
                let name =
                    name.map_err(|_| PostgresError::Connect("its name is none that TLS can prove".to_owned()))?;
                let client = ClientConnection::new(Arc::new(authorities()?), name);
                let mut client = client.map_err(|error| PostgresError::Connect(error.to_string()))?;
                client.complete_io(&mut stream).map_err(failed)?;
                Ok(Self { channel: Box::new(StreamOwned::new(client, stream)) })
            }
            (_, Tls::Prefer) => Ok(Self { channel: Box::new(stream) }),
            _ => Err(PostgresError::Connect("the server has no TLS, and its address asks for it".to_owned())),
        }
    }

    /// Sends a message; the first of all has no letter.
    pub fn send(&mut self, letter: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let mut message: Vec<u8> = letter.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.channel.write_all(&message)?;
        self.channel.flush()
    }

    /// The next message.
    pub fn receive(&mut self) -> io::Result<Message> {
        let mut head = [0; 5];
        self.channel.read_exact(&mut head)?;
        let [letter, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        let body = length.checked_sub(4).filter(|length| *length <= LONGEST);
        let mut body =
            vec![0; body.ok_or_else(|| io::Error::other("the server does not speak PostgreSQL's protocol"))?];
        self.channel.read_exact(&mut body)?;
        Ok((letter, body))
    }
}

/// The authorities that this machine trusts, or those in the file that `SSL_CERT_FILE` names.
fn authorities() -> Result<ClientConfig, PostgresError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(PostgresError::Connect("this machine knows no certificate authorities".to_owned()));
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// Reads a message from its beginning.
#[derive(Debug)]
pub struct Reader<'m>(pub &'m [u8]);

impl<'m> Reader<'m> {
    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'m [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// Two bytes as a number.
    pub fn short(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.bytes(2)?.try_into().ok()?))
    }

    /// Four bytes as a number.
    pub fn int(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.bytes(4)?.try_into().ok()?))
    }

    /// A text up to a zero.
    pub fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = String::from_utf8_lossy(self.bytes(end)?).into_owned();
        self.bytes(1)?;
        Some(text)
    }
}
