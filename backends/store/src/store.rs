//! The store as a whole: where it is, how it is opened, how it reaches the disk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rusqlite::OptionalExtension as _;
use tempfile::TempDir;

use crate::{Result, StoreError, database::Database, file::make_folder, remote::Remote, with_path};

/// The state of a package.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    state: PathBuf,
    environments: PathBuf,
    pub(crate) database: Database,
    /// The bucket that is the store; then `state` is only this machine's part of it.
    pub(crate) remote: Option<Remote>,
    dirty: AtomicBool,
}

impl Store {
    /// Opens the state of the package at `root`, `<root>/.mlp/`; makes it where there is none.
    ///
    /// # Errors
    /// Where the folder is not writable, the disk is full, or the state is damaged or of another format.
    pub fn open(root: &Path) -> Result<Self> {
        let root = with_path("open", root, fs::canonicalize(root))?;
        Self::open_at(&root, &root.join(".mlp"))
    }

    /// Opens a store whose state is in the folder `state`, for the package at `root`.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_at(root: &Path, state: &Path) -> Result<Self> {
        for folder in ["objects", "runs", "tmp"] {
            make_folder(&state.join(folder))?;
        }
        let state = with_path("open", state, fs::canonicalize(state))?;
        let database = Database::open(&state.join("state.db"))?;
        let environments = state.join("envs");
        let store =
            Self { root: root.to_owned(), state, environments, database, remote: None, dirty: AtomicBool::new(false) };
        store.recover_from_power_cut()?;
        Ok(store)
    }

    /// The same store, with the Python environments of another.
    #[must_use]
    pub fn with_environments(self, environments: PathBuf) -> Self {
        Self { environments, ..self }
    }

    /// Where Python environments are.
    #[must_use]
    pub fn environments(&self) -> &Path {
        &self.environments
    }

    /// A store in a bucket; `state` is this machine's part of it.
    pub(crate) fn open_remote(root: &Path, state: &Path, remote: Remote) -> Result<Self> {
        Ok(Self { remote: Some(remote), ..Self::open_at(root, state)? })
    }

    /// Whether the package at `root` has state at all: commands that only read need not make it.
    #[must_use]
    pub fn exists(root: &Path) -> bool {
        root.join(".mlp").join("state.db").is_file()
    }

    /// The package's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the state.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder of a run: manifests and logs.
    #[must_use]
    pub fn run_folder(&self, run: &str) -> PathBuf {
        self.state.join("runs").join(run)
    }

    /// A private folder on the store's file system, removed when it is dropped.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn staging(&self, prefix: &str) -> Result<TempDir> {
        let parent = self.state.join("tmp");
        with_path("write in", &parent, tempfile::Builder::new().prefix(&format!("{prefix}-")).tempdir_in(&parent))
    }

    /// Removes what killed runs left in the staging area. Only for who holds the lock.
    pub fn sweep(&self) {
        for left in fs::read_dir(self.state.join("tmp")).into_iter().flatten().flatten() {
            let path = left.path();
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }

    /// Brings all objects and manifests written so far to the disk, in one go.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn sync(&self) -> Result<()> {
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let path = self.state.join("objects");
        with_path("flush", &path, flush(&path))?;
        self.set_meta("unflushed", "")
    }

    /// Notes, once, that objects are being written which a power cut could tear.
    pub(crate) fn mark_dirty(&self) -> Result<()> {
        if self.dirty.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        self.set_meta("unflushed", &boot())
    }

    /// After a power cut in the middle of a run, what that run wrote may be torn: every object is compared with its name once.
    fn recover_from_power_cut(&self) -> Result<()> {
        let unflushed = self.meta("unflushed")?.unwrap_or_default();
        if unflushed.is_empty() || unflushed == boot() {
            return Ok(());
        }
        for folder in fs::read_dir(self.state.join("objects")).into_iter().flatten().flatten() {
            let head = folder.file_name();
            for object in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let name = format!("{}{}", head.to_string_lossy(), object.file_name().to_string_lossy());
                if crate::digest_file(&object.path()).is_ok_and(|(found, _)| found != name) {
                    let _ = fs::remove_file(object.path());
                }
            }
        }
        self.set_meta("unflushed", "")
    }

    /// A remembered fact.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn meta(&self, name: &str) -> Result<Option<String>> {
        self.database.read(|db| {
            db.prepare_cached("select value from meta where name = ?1")?.query_row([name], |row| row.get(0)).optional()
        })
    }

    /// Remembers a fact.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn set_meta(&self, name: &str, value: &str) -> Result<()> {
        self.database.write(|db| {
            db.prepare_cached(
                "insert into meta values (?1, ?2) on conflict (name) do update set value = excluded.value",
            )?
            .execute([name, value])
            .map(drop)
        })
    }

    /// Says that a name that a user gave is not known.
    pub(crate) fn unknown<T>(text: String) -> Result<T> {
        Err(StoreError::Registry(text))
    }
}

/// Which start of the machine this is; the same text where the system does not tell.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
}

#[cfg(target_os = "linux")]
fn flush(path: &Path) -> std::io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(path)?)?)
}

#[cfg(not(target_os = "linux"))]
fn flush(_: &Path) -> std::io::Result<()> {
    rustix::fs::sync();
    Ok(())
}
