//! The database: opened in WAL mode, its format checked, one connection behind a lock.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{Result, StoreError};

/// Format of the tables below; a change of them raises it.
const FORMAT: i64 = 1;

const TABLES: &str = "
create table meta (name text primary key, value text not null) without rowid;
create table runs (
  id text primary key, pipeline text not null, state text not null, started text not null, finished text, record text not null
) without rowid;
create index runs_by_start on runs (started desc);
create table nodes (
  run text not null, node text not null, pipeline text not null, state text not null, key text, finished text, record text not null,
  primary key (run, node)
) without rowid;
create table cache (
  key text primary key, pipeline text not null, node text not null, run text not null, made text not null,
  outputs text not null, components text not null
) without rowid;
create index cache_by_node on cache (pipeline, node, made desc);
create table written (path text not null, key text not null, seq integer not null, record text not null, primary key (path, key)) without rowid;
create table files (path text primary key, size integer not null, modified integer not null, inode integer not null, digest text not null) without rowid;
create table versions (
  model text not null, version integer not null, digest text not null, run text not null, node text not null, at text not null, artifact text not null,
  primary key (model, version), unique (model, digest)
) without rowid;
create table rungs (model text not null, rung text not null, version integer not null, since text not null, audit integer not null,
  primary key (model, rung)) without rowid;
create table rung_history (
  audit integer primary key, model text not null, rung text not null, version integer not null, previous integer, at text not null, why text not null
);
create table holds (
  audit integer primary key, model text not null, rung text not null, version integer not null, author text not null, open integer not null, record text not null
);
create table audit (
  seq integer primary key, at text not null, kind text not null, run text, node text, body text not null, previous text not null, hash text not null
);
create index audit_by_node on audit (run, node);
";

/// The connection, with the path for messages.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Mutex<Connection>,
    pub path: PathBuf,
}

impl Database {
    /// Opens or makes the database.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let wrap = |source| StoreError::Database { path: path.to_owned(), source };
        let mut connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
        connection.busy_timeout(Duration::from_secs(30)).map_err(wrap)?;
        connection.set_prepared_statement_cache_capacity(64);
        let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(wrap)?;
        if found == 0 {
            connection.pragma_update(None, "journal_mode", "wal").map_err(wrap)?;
            create(&mut connection).map_err(wrap)?;
        }
        let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(wrap)?;
        if found != FORMAT {
            return Err(StoreError::Format { path: path.to_owned(), found, known: FORMAT });
        }
        // WAL with NORMAL never tears the database; what must survive a power cut asks for FULL itself.
        connection.pragma_update(None, "synchronous", "normal").map_err(wrap)?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Opens a database to look at it while others write: nothing is made or changed, and a lock is an error at once.
    pub fn look(path: &Path) -> Result<Self> {
        let wrap = |source| StoreError::Database { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(wrap)?;
        connection.busy_timeout(Duration::ZERO).map_err(wrap)?;
        let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(wrap)?;
        if found != FORMAT {
            return Err(StoreError::Format { path: path.to_owned(), found, known: FORMAT });
        }
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Opens a copy of a shared database, which messages call `name`: one file and nothing beside it, so that the file can be sent on. No power cut
    /// matters to it.
    pub fn open_copy(path: &Path, name: PathBuf) -> Result<Self> {
        let wrap = |source| StoreError::Database { path: name.clone(), source };
        let mut connection = Connection::open(path).map_err(wrap)?;
        for (pragma, value) in [("journal_mode", "delete"), ("synchronous", "off")] {
            connection.pragma_update(None, pragma, value).map_err(wrap)?;
        }
        create(&mut connection).map_err(wrap)?;
        let found: i64 = connection.query_row("pragma user_version", [], |row| row.get(0)).map_err(wrap)?;
        if found != FORMAT {
            return Err(StoreError::Format { path: name, found, known: FORMAT });
        }
        Ok(Self { connection: Mutex::new(connection), path: name })
    }

    /// Closes it, so that all of it is in its file.
    pub fn close(self) -> Result<()> {
        let connection = self.connection.into_inner().unwrap_or_else(PoisonError::into_inner);
        connection.close().map_err(|(_, source)| StoreError::Database { path: self.path, source })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the connection, outside of a transaction: for reading.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        work(&self.connection()).map_err(|source| self.error(source))
    }

    /// As [`Database::read`], with one lock for all queries of `work`: a thousand lookups need not lock a thousand times.
    pub fn read_together<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let mut connection = self.connection();
        let attempt = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
            let value = work(&transaction)?;
            transaction.finish()?;
            Ok(value)
        };
        attempt().map_err(|source| self.error(source))
    }

    /// Runs `work` in one transaction: all of it happens, or nothing.
    pub fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.transact(false, |transaction| work(transaction).map_err(|source| self.error(source)))
    }

    /// As [`Database::write`]; where it is `durable`, it is on the disk when this returns.
    pub fn transact<T>(&self, durable: bool, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut connection = self.connection();
        if durable {
            connection.pragma_update(None, "synchronous", "full").map_err(|source| self.error(source))?;
        }
        let outcome = (|| {
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(|source| self.error(source))?;
            let value = work(&transaction)?;
            transaction.commit().map_err(|source| self.error(source))?;
            Ok(value)
        })();
        if durable {
            connection.pragma_update(None, "synchronous", "normal").map_err(|source| self.error(source))?;
        }
        outcome
    }

    /// An error of the database with its path.
    pub fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database { path: self.path.clone(), source }
    }
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Two first commands at once: the second finds the tables made.
    let found: i64 = transaction.query_row("pragma user_version", [], |row| row.get(0))?;
    if found == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    transaction.commit()
}

/// A record as JSON text, for a column.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// A record from the JSON text of a column.
pub(crate) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(error)))
}
