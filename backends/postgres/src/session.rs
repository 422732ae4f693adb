//! A connection, for as long as one contract is asked.

use std::{fmt, path::Path};

use postgres::{
    Client, NoTls, SimpleQueryMessage,
    config::{Host, SslMode},
    types::{Kind, Type},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresError, address::Address, error::words};

/// An open connection in a transaction that only reads.
pub struct Session {
    client: Client,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// A column of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data: Type,
    /// What the type was given: precision and scale of `numeric`.
    pub modifier: i32,
}

impl Described {
    /// Whether its values are those of an enum.
    pub fn is_enum(&self) -> bool {
        matches!(self.data.kind(), Kind::Enum(_))
    }

    /// Its type in words.
    pub fn type_name(&self) -> String {
        match self.data.kind() {
            Kind::Array(of) => format!("{}[]", of.name()),
            _ => self.data.name().to_owned(),
        }
    }
}

/// Values of a row as text.
pub type Row = Vec<Option<String>>;

impl Session {
    /// Connects to an address.
    pub fn open(url: &str) -> Result<Self, PostgresError> {
        let Address { config, authority } = Address::parse(url).map_err(PostgresError::Connect)?;
        let sockets = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        let client = if sockets || config.get_ssl_mode() == SslMode::Disable {
            config.connect(NoTls)
        } else {
            config.connect(MakeRustlsConnect::new(tls(authority.as_deref())?))
        };
        let mut client = client.map_err(|error| PostgresError::Connect(words(&error)))?;
        client.batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        client.batch_execute("SET LOCAL TIME ZONE 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on; SET LOCAL datestyle = 'ISO, YMD'")?;
        Ok(Self { client })
    }

    /// The columns of a statement, which is not run.
    pub fn describe(&mut self, sql: &str) -> Result<Vec<Described>, PostgresError> {
        let statement = self.client.prepare(sql)?;
        let described = statement.columns().iter().map(|column| Described {
            name: column.name().to_owned(),
            data: column.type_().clone(),
            modifier: column.type_modifier(),
        });
        Ok(described.collect())
    }

    /// The rows of a statement.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Row>, PostgresError> {
        let messages = self.client.simple_query(sql)?;
        let row = |message| match message {
            SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect()),
            _ => None,
        };
        Ok(messages.into_iter().filter_map(row).collect())
    }
}

/// Authorities are those that this machine trusts (or the file that `SSL_CERT_FILE` names), or those in a file.
fn tls(authority: Option<&Path>) -> Result<ClientConfig, PostgresError> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = authority {
        let unread = |why| PostgresError::Connect(format!("sslrootcert {} cannot be read: {why}", file.display()));
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(file).map_err(|error| unread(error.to_string()))?.collect();
        roots.add_parsable_certificates(certificates.map_err(|error| unread(error.to_string()))?);
        if roots.is_empty() {
            return Err(unread("there is no certificate in it".to_owned()));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}
