//! Why a database could not be asked.

use std::io;

use super::session::{field, said};

/// In words, without the address.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// It cannot be reached, or does not let us in.
    #[error("the database cannot be reached: {0}")]
    Connect(String),
    /// It refuses what it is asked.
    #[error("the database refuses: {0}")]
    Refused(String),
    /// It went away.
    #[error("the connection was lost while the rows were counted ({0}); nothing is said about them")]
    Lost(String),
    /// The engine refuses.
    #[error("{0}")]
    Engine(#[from] mlp_engine::EngineError),
}

impl PostgresError {
    /// What to do about it, where that can be told.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Connect(words) if words.contains("certificate") => Some(
                "let SSL_CERT_FILE name the authority that signed its certificate; or add ?sslmode=disable to the address, where the network is trusted",
            ),
            Self::Connect(_) => Some("check the address: postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            Self::Refused(_) | Self::Lost(_) | Self::Engine(_) => None,
        }
    }

    pub(crate) fn lost(error: &io::Error) -> Self {
        Self::Lost(match error.kind() {
            io::ErrorKind::UnexpectedEof => "the server closed it".to_owned(),
            _ => error.to_string(),
        })
    }

    /// Class 57 is an operator's: the server is shut down, or the connection ended.
    pub(crate) fn refused(body: &[u8]) -> Self {
        if field(body, b'C').is_some_and(|code| code.starts_with("57P")) {
            Self::Lost(said(body))
        } else {
            Self::Refused(said(body))
        }
    }
}
