//! Why a database could not be asked.

use std::error::Error as _;

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
                "add ?sslrootcert=FILE with the authority that signed its certificate to the address; or ?sslmode=disable, where the network is trusted",
            ),
            Self::Connect(_) => Some("check the address: postgres://USER:PASSWORD@HOST:PORT/DATABASE"),
            Self::Refused(_) | Self::Lost(_) | Self::Engine(_) => None,
        }
    }
}

/// Of an open connection. Class 57 is an operator's: the server is shut down, or the connection ended.
impl From<postgres::Error> for PostgresError {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(code) if !code.code().starts_with("57P") => Self::Refused(words(&error)),
            _ => Self::Lost(words(&error)),
        }
    }
}

/// What went wrong, by its cause: what the client says above it is that something went wrong.
pub(crate) fn words(error: &postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => match said.hint() {
            Some(hint) => format!("{} ({hint})", said.message()),
            None => said.message().to_owned(),
        },
        (None, Some(cause)) => cause.to_string(),
        (None, None) => error.to_string(),
    }
}
