//! Repositories elsewhere: which branches and tags they have, and the commits that are fetched from them.

use std::{collections::BTreeMap, path::Path, process::Command};

use tempfile::TempDir;

use super::{
    Repository,
    address::{Address, without_credentials},
    program::{git, output, stdout},
};

/// What is fetched: https, ssh and folders, whatever the user's settings turn an address into. Plain http is for this machine alone, see [`Address`].
const PROTOCOLS: &str = "https:http:ssh:file";

/// A repository elsewhere, and what was fetched from it. It vanishes with its value: nothing that is kept depends on a fetch that came to its end.
pub(crate) struct Remote {
    address: Address,
    here: TempDir,
    /// How the user's settings have ssh started, where they say so.
    ssh: Option<String>,
    refs: BTreeMap<String, String>,
}

impl Remote {
    /// Asks a repository for its branches and tags. What is fetched lies in a new folder below `cache`.
    ///
    /// # Errors
    /// In words, where there is no git program, or the repository does not answer.
    pub(crate) fn open(address: &Address, cache: &Path) -> Result<Self, String> {
        let here = tempfile::Builder::new().prefix(".fetch-").tempdir_in(cache);
        let here = here.map_err(|error| format!("{}: {}", cache.display(), crate::disk::io_words(&error)))?;
        stdout(git(here.path()).args(["init", "--quiet", "--template="]))?;
        let ssh = without_prompts(&output(git(here.path()).args(["config", "--get", "core.sshCommand"]))?.stdout);
        let mut remote = Self { address: address.clone(), here, ssh, refs: BTreeMap::new() };
        let listed = remote.ask(&["ls-remote"], &[])?;
        let listed = String::from_utf8_lossy(&listed);
        let pairs = listed.lines().filter_map(|line| line.split_once('\t'));
        remote.refs = pairs.map(|(id, name)| (name.to_owned(), id.to_owned())).collect();
        Ok(remote)
    }

    /// Fetches what a revision names now (a tag, a branch, a whole or shortened commit; the default branch where it is absent), and answers its full id.
    ///
    /// # Errors
    /// In words, where it is not there, with what there is, or cannot be fetched.
    pub(crate) fn fetch(&self, rev: Option<&str>) -> Result<String, String> {
        let name = rev.unwrap_or("HEAD");
        let found = [name.to_owned(), format!("refs/tags/{name}"), format!("refs/heads/{name}")];
        if let Some(full) = found.into_iter().find(|name| self.refs.contains_key(name)) {
            self.shallow(&full)?;
            return self.repository().resolve("FETCH_HEAD");
        }
        let is_id = (4..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_hexdigit());
        if !is_id {
            return Err(self.no_revision(name));
        }
        if self.repository().resolve(name).is_err() && (name.len() < 40 || self.shallow(name).is_err()) {
            // servers give single commits by their full id, but not all of them do
            self.ask(
                &["fetch", "--quiet", "--no-tags"],
                &["+refs/heads/*:refs/all/heads/*", "+refs/tags/*:refs/all/tags/*"],
            )?;
        }
        self.repository().resolve(name).map_err(|_| self.no_revision(name))
    }

    /// What was fetched.
    pub(crate) fn repository(&self) -> Repository {
        Repository { folder: self.here.path().to_path_buf(), prefix: String::new() }
    }

    /// Fetches one commit without its history; with it from servers that know no other way.
    fn shallow(&self, name: &str) -> Result<(), String> {
        let fetch = ["fetch", "--quiet", "--no-tags", "--depth=1"];
        let [start @ .., _] = &fetch;
        self.ask(&fetch, &[name]).or_else(|_| self.ask(start, &[name])).map(|_| ())
    }

    /// Runs a command of git on the address.
    fn ask(&self, command: &[&str], names: &[&str]) -> Result<Vec<u8>, String> {
        let mut git: Command = git(self.here.path());
        git.env("GIT_ALLOW_PROTOCOL", PROTOCOLS);
        if let Some(ssh) = self.ssh.as_ref().filter(|_| std::env::var_os("GIT_SSH_COMMAND").is_none()) {
            git.env("GIT_SSH_COMMAND", ssh);
        }
        // a server that stops half-way is not waited for without end
        git.args(["-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60"]);
        git.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.recurseSubmodules=false"]);
        git.args(command).arg("--").arg(self.address.for_git()).args(names);
        let done = output(&mut git)?;
        if done.status.success() { Ok(done.stdout) } else { Err(self.unreachable(&done.stderr)) }
    }

    fn unreachable(&self, stderr: &[u8]) -> String {
        let said = without_credentials(&all_words(stderr));
        let asked =
            ["could not read Username", "could not read Password", "Authentication failed", "Permission denied"];
        let help = if asked.iter().any(|text| said.contains(text)) {
            "; no password can be asked for here: set up a credential helper of git, or a key for ssh"
        } else {
            "; `git ls-remote` on it tells whether it can be reached from here"
        };
        format!("{} cannot be fetched: {said}{help}", self.address)
    }

    fn no_revision(&self, rev: &str) -> String {
        let short =
            |name: &String| Some(name.strip_prefix("refs/heads/").or(name.strip_prefix("refs/tags/"))?.to_owned());
        let names: Vec<String> = self.refs.keys().filter_map(short).filter(|name| !name.ends_with("^{}")).collect();
        let there = match names.as_slice() {
            [] => "it has no branch and no tag".to_owned(),
            few if few.len() <= 8 => format!("there are {}", few.join(", ")),
            many => format!("there are {} branches and tags", many.len()),
        };
        format!("{} has no branch, tag or commit `{rev}`; {there}", self.address)
    }
}

/// A setting for ssh, told to ask nothing; other programs than OpenSSH's are started as they are.
fn without_prompts(setting: &[u8]) -> Option<String> {
    let setting = String::from_utf8_lossy(setting).trim().to_owned();
    let program = Path::new(setting.split_whitespace().next()?).file_name()?;
    Some(if program == "ssh" { format!("{setting} -o BatchMode=yes") } else { setting })
}

/// All that git and ssh say went wrong, on one line: which of the lines tells why differs with the protocol.
fn all_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let plain =
        |line: &str| line.strip_prefix("fatal: ").or(line.strip_prefix("error: ")).unwrap_or(line).trim().to_owned();
    let advice = ["Please make sure you have", "and the repository exists"];
    let lines =
        text.lines().filter(|line| !line.trim().is_empty() && !advice.iter().any(|start| line.starts_with(start)));
    format!("git says: {}", lines.map(plain).collect::<Vec<_>>().join("; "))
}
