//! One writer per package: an OS lock on an open file.

use std::{
    fmt,
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
};

use serde::{Deserialize, Serialize};

use crate::{Result, Store, StoreError, now, with_path};

/// Who holds the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// On which machine.
    pub host: String,
    /// Since when, UTC.
    pub started: String,
    /// What it does: `run late (2013-10-01-a1b2c3)`.
    pub what: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pid == 0 {
            return f.write_str("it has not said who it is");
        }
        write!(f, "`{}`, process {} on {}, since {}", self.what, self.pid, self.host, self.started)
    }
}

/// The right to write in a package, as long as it lives. The kernel takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Name of this machine.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

impl Store {
    /// Takes the package for writing, or says who has it. Does not wait.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or where the lock file cannot be opened or the file system knows no locks.
    pub fn lock(&self, what: &str) -> Result<WriterLock> {
        let path = self.state().join("lock");
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = with_path("open", &path, open)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                return Err(StoreError::Busy(Box::new(serde_json::from_str(&text).unwrap_or_default())));
            }
            Err(TryLockError::Error(error)) => return with_path("lock", &path, Err(error)),
        }
        let holder = Holder { pid: std::process::id(), host: host(), started: now(), what: what.to_owned() };
        let text = serde_json::to_string(&holder).map_err(|error| StoreError::Record(error.to_string()))?;
        // Where the disk is full the lock is held all the same; only the second run's message is poorer.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
        Ok(WriterLock { file })
    }
}
