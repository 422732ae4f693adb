//! Addresses of databases: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`.

use std::{path::PathBuf, time::Duration};

use mlp_engine::scan::decoded;
use postgres::Config;

use super::error::words;

/// How long a server may take to answer the first time, where its address does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a database is, and who asks it. Nothing of it is shown: there may be a password in it.
#[derive(Clone)]
pub struct Address {
    /// The server, the user, the database, and whether TLS is asked for.
    pub config: Config,
    /// The file with the authority that signed its certificate, where it is not one that this machine trusts.
    pub authority: Option<PathBuf>,
}

impl Address {
    /// Reads one; what is wrong with it is told without repeating it.
    pub fn parse(url: &str) -> Result<Self, String> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err("it does not begin with postgres://".to_owned());
        }
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (mut authority, mut kept) = (None, Vec::new());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                // a certificate is always held to its authority and to the host
                Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
                Some(("sslmode", "allow")) => kept.push("sslmode=prefer"),
                Some(("sslrootcert", file)) => authority = Some(PathBuf::from(decoded(file))),
                _ => kept.push(option),
            }
        }
        let mut config: Config = format!("{place}?{}", kept.join("&")).parse().map_err(|error| words(&error))?;
        if config.get_hosts().is_empty() {
            config.host("localhost");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("mlp contract check");
        }
        Ok(Self { config, authority })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use postgres::config::{Host, SslMode};

    use super::*;

    #[test]
    fn addresses_are_read() {
        let parse = |url: &str| Address::parse(url).unwrap();
        let Address { config, authority } =
            parse("postgres://ada:p%40ss@db.example.com:6432/lake?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem");
        assert_eq!(config.get_hosts(), [Host::Tcp("db.example.com".to_owned())]);
        assert_eq!((config.get_ports(), config.get_ssl_mode()), ([6432].as_slice(), SslMode::Require));
        assert_eq!((config.get_user(), config.get_password()), (Some("ada"), Some(b"p@ss".as_slice())));
        assert_eq!((config.get_dbname(), authority.as_deref()), (Some("lake"), Some(Path::new("/etc/ca.pem"))));
        let config = parse("postgresql://ada@/lake?host=/run/pg&port=5433").config;
        assert_eq!(config.get_hosts(), [Host::Unix(PathBuf::from("/run/pg"))]);
        assert_eq!((config.get_ports(), config.get_ssl_mode()), ([5433].as_slice(), SslMode::Prefer));
        assert_eq!(parse("postgres:///lake").config.get_hosts(), [Host::Tcp("localhost".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for (url, said) in [
            ("mysql://ada:secret@h/d", "postgres://"),
            ("postgres://ada:secret@h:port/d", "port"),
            ("postgres://ada:secret@h/d?sslmode=maybe", "sslmode"),
            ("postgres://ada:secret@h/d?color=red", "color"),
        ] {
            let words = Address::parse(url).err().unwrap();
            assert!(!words.contains("secret") && words.contains(said), "{words}");
        }
    }
}
