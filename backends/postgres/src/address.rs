//! Addresses of databases: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`.

use mlp_engine::scan::decoded;

/// Whether TLS is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// It is not.
    Never,
    /// Where the server has it.
    Prefer,
    /// Not without.
    Require,
}

/// Where a database is, and who asks it. Nothing of it is shown: there may be a password in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The machine.
    pub host: String,
    /// The folder of its socket, where it is on this machine.
    pub socket: Option<String>,
    /// Its port.
    pub port: u16,
    /// The user.
    pub user: String,
    /// The password, where one is given.
    pub password: Option<String>,
    /// The database.
    pub database: String,
    /// Whether TLS is asked for.
    pub tls: Tls,
}

impl Address {
    /// Reads one; what is wrong with it is told without repeating it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or("it does not begin with postgres://")?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (who, place) = place.rsplit_once('@').unwrap_or(("", place));
        let (user, password) = who.split_once(':').map_or((who, None), |(user, password)| (user, Some(password)));
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (place, ""),
        };
        let mut address = Self {
            host: decoded(host.trim_start_matches('[').trim_end_matches(']')),
            socket: None,
            port: if port.is_empty() { 5432 } else { port.parse().map_err(|_| "its port is no number")? },
            user: decoded(user),
            password: password.map(decoded),
            database: decoded(database),
            tls: Tls::Prefer,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match (name, decoded(value)) {
                ("host", host) => address.host = host,
                ("port", port) => address.port = port.parse().map_err(|_| "its port is no number")?,
                ("user", user) => address.user = user,
                ("password", password) => address.password = Some(password),
                ("dbname", database) => address.database = database,
                ("sslmode", mode) => {
                    address.tls = match mode.as_str() {
                        "disable" => Tls::Never,
                        "allow" | "prefer" => Tls::Prefer,
                        "require" | "verify-ca" | "verify-full" => Tls::Require,
                        _ => return Err("its sslmode is none of disable, prefer, require, verify-full".to_owned()),
                    }
                }
                ("application_name" | "connect_timeout" | "channel_binding", _) => {}
                _ => return Err(
                    "it has an option that is not known here; known are host, port, user, password, dbname, sslmode"
                        .to_owned(),
                ),
            }
        }
        if address.host.is_empty() {
            "localhost".clone_into(&mut address.host);
        }
        if address.host.starts_with('/') {
            address.socket = Some(std::mem::take(&mut address.host));
        }
        if address.user.is_empty() {
            address.user = std::env::var("USER").map_err(|_| "it names no user")?;
        }
        if address.database.is_empty() {
            address.database.clone_from(&address.user);
        }
        Ok(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let address = Address::parse("postgres://ada:p%40ss@db.example.com:6432/lake?sslmode=require").unwrap();
        assert_eq!((address.host.as_str(), address.port, address.tls), ("db.example.com", 6432, Tls::Require));
        assert_eq!(
            (address.user.as_str(), address.password.as_deref(), address.database.as_str()),
            ("ada", Some("p@ss"), "lake")
        );
        let address = Address::parse("postgresql://ada@/lake?host=/run/pg&port=5433").unwrap();
        assert_eq!(
            (address.socket.as_deref(), address.port, address.database.as_str()),
            (Some("/run/pg"), 5433, "lake")
        );
        let address = Address::parse("postgres://ada@[::1]:5433").unwrap();
        assert_eq!((address.host.as_str(), address.port, address.database.as_str()), ("::1", 5433, "ada"));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for url in
            ["mysql://ada:secret@h/d", "postgres://ada:secret@h:port/d", "postgres://ada:secret@h/d?sslmode=maybe"]
        {
            assert!(!Address::parse(url).err().unwrap().contains("secret"));
        }
    }
}
