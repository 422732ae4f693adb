//! What can go wrong with the store, in words that name the path.

use std::{io, path::PathBuf};

use crate::Holder;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file could not be read or written.
    #[error("cannot {action} `{}`: {}", path.display(), reason(source))]
    Io {
        /// What was tried: `write`, `read`, ..
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file has nowhere to be written.
    #[error("cannot write `{}`: there is no folder `{}`; make it first", path.display(), folder.display())]
    NoFolder {
        /// Which file.
        path: PathBuf,
        /// What its folder would be.
        folder: PathBuf,
    },
    /// The database failed.
    #[error("the state database `{}`: {}", path.display(), database_reason(source))]
    Database {
        /// The database's file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A bucket refused, or could not be reached.
    #[error("cannot {action} `{url}`: {why}")]
    Remote {
        /// What was tried: `write`, `read`, ..
        action: &'static str,
        /// On what.
        url: String,
        /// Why not, and what to do.
        why: String,
    },
    /// Another run writes in this package.
    #[error("another run is at work in this package: {0}; wait for it, or end it")]
    Busy(Box<Holder>),
    /// The state was written by another version.
    #[error("the state in `{}` has format {found}, this mlp knows format {known}; use the mlp that wrote it, or remove the folder to start afresh", path.display())]
    Format {
        /// The database's file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An object's bytes are not what its digest says.
    #[error("object {digest} of the store is damaged ({why}); it was dropped, run again to make it anew")]
    Corrupt {
        /// Its digest.
        digest: String,
        /// What is wrong.
        why: String,
    },
    /// An object is not there.
    #[error("object {digest} is not in the store; run again to make it anew")]
    Missing {
        /// Its digest.
        digest: String,
    },
    /// What was to be kept cannot be: a device, a link that leads out of the folder, a name that is not UTF-8.
    #[error("`{}` cannot be kept: {why}", path.display())]
    Unfit {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A record cannot be read.
    #[error("a record of the store cannot be read: {0}")]
    Record(String),
    /// A name that the registry does not know, or a move that it does not allow.
    #[error("{0}")]
    Registry(String),
}

impl StoreError {
    /// Whether the disk (or a quota) is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Io { source, .. } => is_full(source),
            Self::Database { source: rusqlite::Error::SqliteFailure(code, _), .. } => {
                code.code == rusqlite::ErrorCode::DiskFull
            }
            _ => false,
        }
    }
}

/// Whether an I/O error means that there is no space left.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full; free some space and run again".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota is used up; free some space and run again".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        _ => error.to_string(),
    }
}

fn database_reason(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode;
    let rusqlite::Error::SqliteFailure(failure, _) = error else { return error.to_string() };
    match failure.code {
        ErrorCode::DiskFull => "the disk is full; free some space and run again".to_owned(),
        ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            format!("it cannot be opened for writing ({error})")
        }
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            format!("it is damaged ({error}); move it away to start afresh, the objects beside it stay")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "another process holds it for longer than 30 s".to_owned()
        }
        _ => error.to_string(),
    }
}
