//! What all who share a bucket change together: the registry, the audit trail, holds, what sinks wrote. One SQLite database, one object, changed by
//! compare-and-swap: whoever comes second takes the new state and decides again.

use std::{fs, path::PathBuf, time::Duration};

use object_store::{PutMode, UpdateVersion};
use rusqlite::{Connection, Transaction};
use tempfile::TempDir;

use super::Remote;
use crate::{Result, Store, StoreError, database::Database, with_path};

/// The object's name; in a folder, the file's.
const STATE: &str = "state.db";

/// How often a change is tried before the others win.
const TRIES: u32 = 20;

/// A copy of the shared database.
struct Copy {
    database: Database,
    file: PathBuf,
    /// The version that it is a copy of; `None` where there was nothing yet.
    version: Option<UpdateVersion>,
    _folder: TempDir,
}

impl Store {
    /// Reads from the database that is shared: the package's own, or the bucket's.
    pub(crate) fn read_shared<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        match &self.remote {
            None => self.database.read(work),
            Some(remote) => self.copy_of(remote)?.database.read(work),
        }
    }

    /// Changes the database that is shared, in one transaction; `durable` where it must be on the disk when this returns. In a bucket `work` may run
    /// several times, and only its last run counts.
    pub(crate) fn change_shared<T>(&self, durable: bool, work: impl Fn(&Transaction<'_>) -> Result<T>) -> Result<T> {
        match &self.remote {
            None => self.database.transact(durable, work),
            Some(remote) => self.swap(remote, work),
        }
    }

    /// An error of the shared database.
    pub(crate) fn shared_error(&self, source: rusqlite::Error) -> StoreError {
        match &self.remote {
            None => self.database.error(source),
            Some(remote) => StoreError::Database { path: remote.name(STATE).into(), source },
        }
    }

    fn copy_of(&self, remote: &Remote) -> Result<Copy> {
        let folder = self.staging("state")?;
        let file = folder.path().join(STATE);
        let version = match remote.get(STATE)? {
            None => None,
            Some((bytes, version)) => {
                with_path("write", &file, fs::write(&file, bytes))?;
                Some(version)
            }
        };
        let database = Database::open_copy(&file, remote.name(STATE).into())?;
        Ok(Copy { database, file, version, _folder: folder })
    }

    fn swap<T>(&self, remote: &Remote, work: impl Fn(&Transaction<'_>) -> Result<T>) -> Result<T> {
        // Whose change the newest is. An answer of the bucket may be lost and its write repeated by the client: then we come second to ourselves.
        let mine = format!("{:016x}", chance(0));
        let mut sent = None;
        for attempt in 0..TRIES {
            let copy = self.copy_of(remote)?;
            if let Some(value) = sent.take()
                && copy.database.read(newest)? == mine
            {
                return Ok(value);
            }
            let (value, changed) = copy.database.transact(false, |transaction| {
                let before = transaction.total_changes();
                let value = work(transaction)?;
                let changed = transaction.total_changes() != before;
                if changed {
                    sign(transaction, &mine).map_err(|error| self.shared_error(error))?;
                }
                Ok((value, changed))
            })?;
            if !changed {
                return Ok(value);
            }
            copy.database.close()?;
            let bytes = with_path("read", &copy.file, fs::read(&copy.file))?;
            if remote.put(STATE, bytes, copy.version.map_or(PutMode::Create, PutMode::Update))? {
                return Ok(value);
            }
            sent = Some(value);
            std::thread::sleep(pause(attempt));
        }
        Err(StoreError::Remote {
            action: "change",
            url: remote.name(STATE),
            why: format!("others changed it {TRIES} times while we tried; nothing of ours was written, try again"),
        })
    }
}

const CHANGE: &str = "change";

fn newest(db: &Connection) -> rusqlite::Result<String> {
    use rusqlite::OptionalExtension as _;
    let found = db.query_row("select value from meta where name = ?1", [CHANGE], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or_default())
}

fn sign(db: &Connection, mine: &str) -> rusqlite::Result<()> {
    db.execute("insert or replace into meta values (?1, ?2)", [CHANGE, mine]).map(drop)
}

/// Doubles up to a second; half of it is left to chance, so that many do not come at once.
fn pause(attempt: u32) -> Duration {
    let full = 20_000_u64.saturating_mul(1 << attempt.min(10)).min(1_000_000);
    Duration::from_micros(full / 2 + chance(attempt) % (full / 2))
}

/// A number that nobody else has: the standard library seeds its hashers with such.
fn chance(salt: u32) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one((salt, std::process::id(), std::thread::current().id(), std::time::SystemTime::now()))
}
