//! Repositories, through the git program: revisions, and the files of one. Working trees and bare repositories alike; nothing is checked out or changed.

mod address;
mod program;
mod remote;

use std::path::{Component, Path, PathBuf};

pub(crate) use address::{Address, without_credentials};
pub(crate) use remote::Remote;

use program::{git, output, read_objects, stdout, words};

use crate::disk::MAX_BYTES;

/// What programs are made of, by the ends of names; anything else in a repository is data, and is not read.
const TEXTS: [&str; 18] = [
    "mlp", "toml", "lock", "sql", "py", "txt", "in", "cfg", "yaml", "yml", "sh", "r", "R", "jl", "js", "ts", "go",
    "scala",
];

/// Whether a path of a repository is a text that programs are made of.
#[must_use]
pub fn is_text(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| TEXTS.iter().any(|known| end == *known))
}

/// A folder of a repository: of a working tree, or a bare repository itself.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
    prefix: String,
}

/// What is said of a file that no program would be in: it is never passed over.
fn too_large(path: &str) -> String {
    format!(
        "`{path}`: is larger than {} MiB, and a source file is not; data has no place under such a name",
        MAX_BYTES >> 20
    )
}

/// A file of a revision.
#[derive(Clone, Debug)]
struct TreeFile {
    /// Its path inside of the folder that was asked for.
    path: String,
    /// What `cat-file` finds it by.
    object: String,
}

impl Repository {
    /// The repository that a folder is in.
    ///
    /// # Errors
    /// Where it is in none, or there is no git program.
    pub fn containing(folder: &Path) -> Result<Self, String> {
        let at = |message: String| format!("{}: {message}", folder.display());
        let found = output(git(folder).args(["rev-parse", "--show-prefix"]))?;
        if !found.status.success() {
            let why = String::from_utf8_lossy(&found.stderr);
            return Err(at(if why.contains("not a git repository") {
                "is in no git repository".to_owned()
            } else {
                words(&found.stderr)
            }));
        }
        let prefix = String::from_utf8(found.stdout).map_err(|_| at("its path is not UTF-8".to_owned()))?;
        Ok(Self { folder: folder.to_path_buf(), prefix: prefix.trim_end_matches(['\n', '/']).to_owned() })
    }

    /// The folder's path inside of the repository, with `/`; empty at the top.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The full id of the commit that a revision (branch, tag, commit, `HEAD~2`) names.
    ///
    /// # Errors
    /// Where there is no such revision, or it is no commit; the message names the revisions that there are.
    pub fn resolve(&self, rev: &str) -> Result<String, String> {
        // an empty name would be `HEAD` to git, and one with a hyphen is an option to versions before 2.30
        if rev.is_empty() || rev.starts_with('-') {
            return Err(format!("`{rev}` is no name of a revision"));
        }
        let verify =
            |name: &str| output(git(&self.folder).args(["rev-parse", "--verify", "--quiet", "--end-of-options", name]));
        let found = verify(&format!("{rev}^{{commit}}"))?;
        if found.status.success() {
            let text = String::from_utf8_lossy(&found.stdout);
            return Ok(text.lines().last().unwrap_or_default().to_owned());
        }
        if verify(rev)?.status.success() {
            return Err(format!("`{rev}` is no commit"));
        }
        Err(self.no_revision(rev))
    }

    /// The commit in which two revisions parted, the latest that both have: what `main...HEAD` means to `git diff`.
    ///
    /// # Errors
    /// Where one of them is no revision, or they have no commit in common.
    pub fn merge_base(&self, one: &str, other: &str) -> Result<String, String> {
        let (first, second) = (self.resolve(one)?, self.resolve(other)?);
        let found = output(git(&self.folder).args(["merge-base", &first, &second]))?;
        let text = String::from_utf8_lossy(&found.stdout);
        match text.lines().next() {
            Some(commit) if found.status.success() => Ok(commit.to_owned()),
            _ => Err(format!("`{one}` and `{other}` have no commit in common{}", self.if_shallow())),
        }
    }

    /// Up to so many commits before one, along the first parents, the latest first; fewer where the history is shorter, or this clone has no more of it.
    #[must_use]
    pub fn before(&self, commit: &str, count: usize) -> Vec<String> {
        let (count, parent) = (format!("--max-count={count}"), format!("{commit}^"));
        let listed = self.ask(&["rev-list", "--first-parent", "--abbrev-commit", &count, "--end-of-options", &parent]);
        listed.lines().map(str::to_owned).collect()
    }

    /// The regular files (and links to such) below a folder of the repository at a commit that are wanted by their path in that folder, sorted by path. None
    /// where there was no such folder: git keeps no empty ones. `folder` is relative to the top of the repository.
    ///
    /// # Errors
    /// Where the commit or a file cannot be read, or a file is larger than a source file may be.
    pub fn files_at(
        &self,
        commit: &str,
        folder: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Vec<u8>)>, String> {
        let files = self.tree(commit, folder, wanted)?;
        let mut read = Vec::with_capacity(files.len());
        if !files.is_empty() {
            read_objects(&self.folder, &files, |file, bytes| {
                read.push((file.path.clone(), bytes));
                Ok(())
            })?;
        }
        Ok(read)
    }

    /// Lists the files of a commit. Behind `--end-of-options` a `--` would be a path.
    fn tree(&self, commit: &str, folder: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<TreeFile>, String> {
        let folder = folder.trim_matches('/');
        let mut command = git(&self.folder);
        command.args(["ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", commit]);
        if !folder.is_empty() {
            command.arg(format!("{folder}/"));
        }
        let listed = stdout(&mut command)?;
        let mut files = Vec::new();
        for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            let Some((head, full)) = entry.split_once('\t') else { continue };
            let path = if folder.is_empty() { full } else { full.get(folder.len() + 1..).unwrap_or(full) };
            let [mode, kind, id, size] = head.split_whitespace().collect::<Vec<_>>()[..] else { continue };
            if kind != "blob" || !wanted(path) {
                continue;
            }
            if full.contains(char::REPLACEMENT_CHARACTER) || full.contains('\n') {
                return Err(format!("`{}`: a name that is not UTF-8, or has a line end", full.escape_debug()));
            }
            // a tree can be made with names that git itself would never give a file
            if !Path::new(full).components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("`{full}`: is no path of a file inside of a repository"));
            }
            if size.parse::<u64>().is_ok_and(|size| size > MAX_BYTES) {
                return Err(too_large(full));
            }
            let object = if mode == "120000" { format!("{commit}:{full}") } else { id.to_owned() };
            files.push(TreeFile { path: path.to_owned(), object });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// What git answers, empty where it does not.
    fn ask(&self, arguments: &[&str]) -> String {
        let bytes = stdout(git(&self.folder).args(arguments)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// How to get the history of a clone that lacks it; empty where it has all.
    fn if_shallow(&self) -> &'static str {
        if self.ask(&["rev-parse", "--is-shallow-repository"]) == "true" {
            ". This clone is shallow, as those of CI are: fetch the history (`fetch-depth: 0` of actions/checkout, or `git fetch --unshallow`)"
        } else {
            ""
        }
    }

    /// Why a revision is not there, as far as one can tell.
    fn no_revision(&self, rev: &str) -> String {
        let ask = |arguments: &[&str]| self.ask(arguments);
        let known = ask(&["for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"]);
        let names: Vec<&str> = known.lines().collect();
        let mut text = format!("there is no revision `{rev}`; ");
        match names.as_slice() {
            [] => text.push_str("the repository has no branch and no tag"),
            few if few.len() <= 8 => text.push_str(&format!("there are {}", few.join(", "))),
            many => text.push_str(&format!("there are {} branches and tags", many.len())),
        }
        let shallow = self.if_shallow();
        if !shallow.is_empty() {
            text.push_str(shallow);
        } else if let Some((remote, branch)) = rev.split_once('/')
            && ask(&["remote"]).lines().any(|name| name == remote)
        {
            text.push_str(&format!(". `git fetch {remote} {branch}` brings it where the remote has it"));
        }
        text
    }
}
