//! Addresses of repositories, as `mlp.toml` gives them: which ones git is asked for, and how they are shown.

use std::{
    fmt,
    path::{Path, PathBuf},
};

const MEANT: &str = "write https://.., ssh://.., git@HOST:PATH, file://.. or the path of a folder";

/// The address of a repository that git may be asked for. It is displayed without passwords and tokens.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    for_git: String,
    shown: String,
    local: bool,
}

impl Address {
    /// Reads an address; a relative path is one from `base`, the folder of the manifest.
    ///
    /// # Errors
    /// In words, for what git would take as an option, as a program to run, or as a protocol that neither proves who answers nor hides what is said.
    pub(crate) fn parse(text: &str, base: &Path) -> Result<Self, String> {
        let shown = without_credentials(text);
        let remote = || Ok(Self { for_git: text.to_owned(), shown: shown.clone(), local: false });
        let refused = |why: &str| Err(format!("`{}` {why}; {MEANT}", shown.escape_debug()));
        if text.is_empty() || text.chars().any(char::is_control) {
            return refused("is no address of a repository");
        }
        if text.starts_with('-') {
            return refused("would be an option of git");
        }
        let helper =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if text.split_once("::").is_some_and(|(name, _)| helper(name)) {
            return refused("names a program that git would run");
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            if host.starts_with('-') || authority.starts_with('-') {
                return refused("has a host that would be an option");
            }
            return match scheme.to_ascii_lowercase().as_str() {
                "https" | "ssh" => remote(),
                "http" if is_this_machine(host) => remote(),
                "file" => Ok(Self { for_git: text.to_owned(), shown, local: true }),
                _ => refused("is of a protocol that is not used for packages"),
            };
        }
        if let Some((host, path)) = text.split_once(':').filter(|(host, _)| !host.contains('/')) {
            return if host.is_empty() || host.starts_with('-') || host.contains("@-") || path.starts_with('-') {
                refused("has a host or path that would be an option")
            } else {
                remote()
            };
        }
        let folder = std::path::absolute(base.join(text)).unwrap_or_else(|_| PathBuf::from(text));
        Ok(Self { for_git: folder.display().to_string(), shown, local: true })
    }

    /// As git is told.
    pub(crate) fn for_git(&self) -> &str {
        &self.for_git
    }

    /// What tells two repositories apart, whoever asks for them: without credentials, and with the whole path where it is a folder.
    pub(crate) fn identity(&self) -> String {
        without_credentials(&self.for_git)
    }

    /// Whether it is a repository of this machine.
    pub(crate) const fn is_local(&self) -> bool {
        self.local
    }

    /// The last part of its path.
    pub(crate) fn name(&self) -> &str {
        let last = self.shown.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        last.strip_suffix(".git").unwrap_or(last)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Address({})", self.shown)
    }
}

/// A text without the credentials of the addresses in it: what stands before `@` behind `://`. The user of `ssh` stays, its password does not.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let ssh = clean.ends_with("ssh");
        clean.push_str("://");
        let end = part.find(|c: char| c == '/' || c.is_whitespace() || "\"'`?#".contains(c)).unwrap_or(part.len());
        let (authority, path) = part.split_at_checked(end).unwrap_or((part, ""));
        match authority.rsplit_once('@') {
            Some((user, host)) => {
                let user = user.split(':').next().filter(|user| ssh && !user.is_empty());
                clean.extend(user.into_iter().flat_map(|user| [user, "@"]));
                clean.push_str(host);
            }
            None => clean.push_str(authority),
        }
        clean.push_str(path);
    }
    clean
}

/// Whether a host, with or without a port, is this machine: there plain http can be listened to by nobody else.
fn is_this_machine(host: &str) -> bool {
    let name = host.strip_prefix("[::1]").map_or_else(|| host.split(':').next().unwrap_or_default(), |_| "localhost");
    matches!(name, "localhost" | "127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, String> {
        Address::parse(text, Path::new("/base"))
    }

    #[test]
    fn what_git_would_run_or_take_for_an_option_is_refused() {
        let refused = [
            "",
            "--upload-pack=touch /tmp/x",
            "-u",
            "ext::sh -c touch% x",
            "ext::sh -c \"a://b\"",
            "fd::3",
            "ssh://-oProxyCommand=x/y",
            "ssh://git@-oProxyCommand=x/y",
            "-oProxyCommand=x:y",
            "git@-oProxyCommand=x:y",
            "git@host:--upload-pack=x",
            "git://example.com/x",
            "http://example.com/x",
            "ftp://example.com/x",
            "https://example.com/x\nhost=y",
        ];
        for text in refused {
            let why = parse(text).err().unwrap_or_else(|| text.to_owned());
            assert!(why.ends_with(MEANT), "{why}");
        }
    }

    #[test]
    fn addresses_that_are_used() {
        for (text, local, name) in [
            ("https://example.com/team/contracts.git", false, "contracts"),
            ("ssh://git@example.com:22/team/contracts", false, "contracts"),
            ("git@example.com:contracts.git", false, "contracts"),
            ("http://127.0.0.1:8080/contracts.git/", false, "contracts"),
            ("http://[::1]:8080/contracts", false, "contracts"),
            ("file:///srv/contracts.git", true, "contracts"),
            ("../contracts", true, "contracts"),
        ] {
            let address =
                parse(text).unwrap_or_else(|why| Address { for_git: why, shown: String::new(), local: !local });
            assert_eq!((address.is_local(), address.name()), (local, name), "{text}: {}", address.for_git());
        }
        assert_eq!(parse("git/x").map(|address| address.identity()), Ok("/base/git/x".to_owned()));
    }

    #[test]
    fn credentials_are_never_shown() {
        for (text, shown) in [
            ("https://me:s3cret@example.com/a@b", "https://example.com/a@b"),
            ("https://t0ken@example.com/x", "https://example.com/x"),
            ("https://me:p@ss@example.com/x", "https://example.com/x"),
            ("ssh://git:s3cret@example.com/x", "ssh://git@example.com/x"),
            ("git = \"https://t0ken@h\", y = \"https://u:p@i/\"", "git = \"https://h\", y = \"https://i/\""),
            ("nothing: here", "nothing: here"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
        let refused = parse("ftp://me:s3cret@example.com/x").err().unwrap_or_default();
        assert!(refused.contains("ftp://example.com/x") && !refused.contains("s3cret"), "{refused}");
        assert!(!format!("{:?}", parse("https://me:s3cret@example.com/x")).contains("s3cret"));
    }
}
