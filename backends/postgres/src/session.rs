//! A connection, for as long as one contract is asked.

use std::io;

use super::{
    PostgresError,
    address::Address,
    login::login,
    wire::{Reader, Wire},
};

/// An open connection in a transaction that only reads.
#[derive(Debug)]
pub struct Session {
    wire: Wire,
}

/// A column of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// The number of its type.
    pub data: i32,
    /// What the type was given: precision and scale of `numeric`.
    pub modifier: i32,
}

/// Values of a row as text.
pub type Row = Vec<Option<String>>;

impl Session {
    /// Connects to an address.
    pub fn open(url: &str) -> Result<Self, PostgresError> {
        let address = Address::parse(url).map_err(PostgresError::Connect)?;
        let mut session = Self { wire: Wire::open(&address)? };
        login(&mut session.wire, &address)?;
        session.rows("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        session.rows("SET LOCAL TIME ZONE 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on; SET LOCAL datestyle = 'ISO, YMD'")?;
        Ok(session)
    }

    /// The columns of a statement, which is not run.
    pub fn describe(&mut self, sql: &str) -> Result<Vec<Described>, PostgresError> {
        let parse = [&[0], sql.as_bytes(), &[0, 0, 0]].concat();
        self.send(b'P', &parse)?;
        self.send(b'D', b"S\0")?;
        self.send(b'S', b"")?;
        let mut columns = Vec::new();
        self.until_ready(|letter, body| {
            if letter == b'T' {
                columns = described(body).unwrap_or_default();
            }
        })?;
        Ok(columns)
    }

    /// The rows of a statement.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, PostgresError> {
        self.send(b'Q', &[sql.as_bytes(), &[0]].concat())?;
        let mut rows = Vec::new();
        self.until_ready(|letter, body| {
            if letter == b'D' {
                rows.extend(row(body));
            }
        })?;
        Ok(rows)
    }

    fn send(&mut self, letter: u8, body: &[u8]) -> Result<(), PostgresError> {
        self.wire.send(Some(letter), body).map_err(|error| PostgresError::lost(&error))
    }

    /// Takes messages until the server waits for us again. What it refuses is told when it is ready.
    fn until_ready(&mut self, mut take: impl FnMut(u8, &[u8])) -> Result<(), PostgresError> {
        let mut refused = None;
        loop {
            let message: io::Result<_> = self.wire.receive();
            match (message, refused) {
                // it ended the connection because of what it said before
                (Err(_), Some(error)) => return Err(error),
                (Err(error), None) => return Err(PostgresError::lost(&error)),
                (Ok((b'Z', _)), Some(error)) => return Err(error),
                (Ok((b'Z', _)), None) => return Ok(()),
                (Ok((b'E', body)), _) => refused = Some(PostgresError::refused(&body)),
                (Ok((letter, body)), before) => {
                    take(letter, &body);
                    refused = before;
                }
            }
        }
    }
}

fn described(body: &[u8]) -> Option<Vec<Described>> {
    let mut reader = Reader(body);
    (0..reader.short()?)
        .map(|_| {
            let name = reader.text()?;
            reader.bytes(6)?;
            let data = reader.int()?;
            reader.bytes(2)?;
            let modifier = reader.int()?;
            reader.bytes(2)?;
            Some(Described { name, data, modifier })
        })
        .collect()
}

fn row(body: &[u8]) -> Option<Row> {
    let mut reader = Reader(body);
    (0..reader.short()?)
        .map(|_| match usize::try_from(reader.int()?) {
            Ok(length) => Some(Some(String::from_utf8_lossy(reader.bytes(length)?).into_owned())),
            Err(_) => Some(None),
        })
        .collect()
}

/// A field of what the server has to say.
pub fn field(body: &[u8], wanted: u8) -> Option<String> {
    let mut reader = Reader(body);
    while let Some([letter]) = reader.bytes(1) {
        if *letter == 0 {
            return None;
        }
        let text = reader.text()?;
        if *letter == wanted {
            return Some(text);
        }
    }
    None
}

/// What the server says, in words.
pub fn said(body: &[u8]) -> String {
    let message = field(body, b'M').unwrap_or_else(|| "an error without words".to_owned());
    match field(body, b'H') {
        Some(hint) => format!("{message} ({hint})"),
        None => message,
    }
}
