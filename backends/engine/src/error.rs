//! What can go wrong apart from data that breaks its contract (that is a [`Violation`](crate::table::Violation)).

use std::path::{Path, PathBuf};

/// Why the engine could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file or folder could not be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file is not what its format says.
    #[error("{}: {words}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong with it, in words.
        words: String,
    },
    /// What was asked for has no answer: a parameter is missing, a column is not there, a split has nowhere to put a row.
    #[error("{0}")]
    Refused(String),
    /// Arrow refused.
    #[error("{0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Parquet refused.
    #[error("{0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

impl EngineError {
    /// `words` as an error.
    pub fn refused(words: impl Into<String>) -> Self {
        Self::Refused(words.into())
    }

    /// What the machine did not do, behind any of the libraries: a full disk, a folder without permission. `None` where the data is at fault, a missing
    /// file included.
    #[must_use]
    pub fn of_machine(&self) -> Option<&std::io::Error> {
        use arrow::error::ArrowError;
        use parquet::errors::ParquetError;
        let error = match self {
            Self::Io { error, .. } | Self::Arrow(ArrowError::IoError(_, error)) => Some(error),
            Self::Arrow(ArrowError::ExternalError(inner)) | Self::Parquet(ParquetError::External(inner)) => {
                inner.downcast_ref()
            }
            _ => None,
        };
        error.filter(|error: &&std::io::Error| error.kind() != std::io::ErrorKind::NotFound)
    }

    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |error| Self::Io { path, error }
    }

    pub(crate) fn malformed(path: &Path, words: impl std::fmt::Display) -> Self {
        Self::Malformed { path: path.to_path_buf(), words: words.to_string() }
    }
}
