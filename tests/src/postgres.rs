//! A PostgreSQL server of our own: Debian's, in a temporary folder, for as long as a test takes.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::text;

/// A running server with a user `ada`, whose password is `s3cret` but on the socket; it ends with its owner.
#[derive(Debug)]
pub struct Server {
    process: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // a fast shutdown; its children end with it
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

/// The programs of the newest version of Debian's package.
fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin")).collect();
    versions.retain(|path| path.join("initdb").is_file());
    versions.sort();
    versions.pop()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// As a user who may run a server: not root.
fn command(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// Lets a server read the files of a folder, its key among them.
///
/// # Panics
/// Where that cannot be done.
#[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
pub fn give_to_its_user(folder: &Path) {
    if is_root() {
        let given = Command::new("chown").args(["-R", "postgres"]).arg(folder).status().unwrap();
        assert!(given.success(), "chown {}", folder.display());
    }
}

impl Server {
    /// Starts one with more settings; `None` where PostgreSQL is not installed, which is said.
    ///
    /// # Panics
    /// Where it does not start, or is not installed in CI.
    #[must_use]
    #[expect(
        clippy::unwrap_used,
        clippy::print_stderr,
        reason = "a test that cannot go on fails, and one that is left out says so"
    )]
    pub fn start(settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(env::var_os("CI").is_none(), "PostgreSQL is not installed: apt-get install postgresql");
            eprintln!("LEFT OUT: PostgreSQL is not installed; apt-get install postgresql");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let data = folder.path().join("data");
        let words = folder.path().join("password");
        fs::write(&words, "s3cret\n").unwrap();
        fs::set_permissions(&words, fs::Permissions::from_mode(0o644)).unwrap();
        let mut made = command(&programs.join("initdb"));
        made.args(["-U", "ada", "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C"]);
        let made = made.arg("-D").arg(&data).arg("--pwfile").arg(&words).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = command(&programs.join("postgres"));
        process.arg("-D").arg(&data).arg("-k").arg(folder.path());
        process.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-F"]);
        process.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, folder, port };
        let ready = |_| {
            let mut asked = Command::new(programs.join("pg_isready"));
            asked.arg("-q").arg("-h").arg(server.folder()).args(["-p", &port.to_string(), "-t", "1"]);
            let ready = asked.status().unwrap().success();
            if !ready {
                // pg_isready answers at once where nobody listens yet
                let _ = Command::new("sleep").arg("0.1").status();
            }
            ready
        };
        assert!((0..300).any(ready), "the server does not start");
        Some(server)
    }

    /// Its folder, in which a test may write.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its port on `127.0.0.1`.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its address on the socket.
    #[must_use]
    pub fn socket(&self) -> String {
        format!("postgres://ada@/postgres?host={}&port={}", self.folder().display(), self.port)
    }

    /// `psql`, ready for what is asked.
    #[must_use]
    pub fn psql(&self) -> Command {
        let mut psql = self.client("psql");
        psql.args(["-v", "ON_ERROR_STOP=1", "-q"]);
        psql
    }

    /// `pg_dump` of all that the database holds.
    #[must_use]
    pub fn pg_dump(&self) -> Command {
        self.client("pg_dump")
    }

    /// A client program of the server's own version.
    #[expect(clippy::unwrap_used, reason = "a server has started")]
    fn client(&self, name: &str) -> Command {
        let mut client = Command::new(programs().unwrap().join(name));
        client.arg("-h").arg(self.folder());
        client.args(["-p", &self.port.to_string(), "-U", "ada", "-d", "postgres"]);
        client
    }

    /// Runs statements.
    ///
    /// # Panics
    /// Where the server refuses them.
    #[expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    pub fn run(&self, sql: &str) {
        let script = self.folder().join("script.sql");
        fs::write(&script, sql).unwrap();
        let done = self.psql().arg("-f").arg(&script).output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    }
}
