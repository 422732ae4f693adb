//! Objects: files under their content digest, `objects/ab/cdef..`.

use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    Form, Result, Store, StoreError, Stored, digest,
    digest::{digest_file, list, read_listing, write_listing},
    file::make_folder,
    remote::Piece,
    with_path,
};

impl Store {
    /// Where the object of that digest is, or would be.
    #[must_use]
    pub fn object_path(&self, digest: &str) -> PathBuf {
        let (head, tail) = digest.split_at_checked(2).unwrap_or(("__", digest));
        self.state().join("objects").join(head).join(tail)
    }

    /// Moves a file or folder into the store and gives its digest. The object appears whole or not at all; what was at `path` is used up.
    ///
    /// # Errors
    /// Where the disk is full or not writable, or something in a folder cannot be kept.
    pub fn publish(&self, path: &Path) -> Result<Stored> {
        let meta = with_path("read", path, fs::metadata(path))?;
        if meta.is_file() {
            let (digest, bytes) = digest_file(path)?;
            self.place(path, &digest, meta.permissions().mode() & 0o100 != 0)?;
            return Ok(Stored { form: Form::File, digest, bytes, rows: None });
        }
        if !meta.is_dir() {
            return Err(StoreError::Unfit {
                path: path.to_owned(),
                why: "it is neither a file nor a folder".to_owned(),
            });
        }
        self.publish_folder(path)
    }

    fn publish_folder(&self, path: &Path) -> Result<Stored> {
        let mut found = list(path)?;
        let mut uses: HashMap<PathBuf, usize> = HashMap::new();
        for source in found.iter().filter_map(|entry| entry.source.clone()) {
            *uses.entry(source).or_default() += 1;
        }
        for item in &mut found {
            let Some(source) = &item.source else { continue };
            let left = uses.get_mut(source).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if left == 0 {
                self.place(source, &item.entry.digest, item.entry.executable)?;
            }
        }
        let entries: Vec<digest::Entry> = found.into_iter().map(|item| item.entry).collect();
        let listing = write_listing(&entries)?;
        let digest = digest::digest_bytes(&listing);
        let staged = self.staging("listing")?;
        let file = staged.path().join("listing");
        with_path("write", &file, fs::write(&file, &listing))?;
        self.place(&file, &digest, false)?;
        with_path("remove", path, fs::remove_dir_all(path))?;
        Ok(Stored { form: Form::Folder, digest, bytes: entries.iter().map(|entry| entry.bytes).sum(), rows: None })
    }

    /// Renames a file to its digest; copies it first where it lies on another file system.
    fn place(&self, source: &Path, digest: &str, executable: bool) -> Result<()> {
        self.mark_dirty()?;
        let target = self.object_path(digest);
        if let Some(folder) = target.parent() {
            make_folder(folder)?;
        }
        let mode = if executable { 0o555 } else { 0o444 };
        let _ = fs::set_permissions(source, fs::Permissions::from_mode(mode));
        match fs::rename(source, &target) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let staged = self.staging("copy")?;
                let copy = staged.path().join("object");
                with_path("write", &copy, fs::copy(source, &copy))?;
                with_path("write", &target, fs::rename(&copy, &target))?;
                with_path("remove", source, fs::remove_file(source))
            }
            Err(error) => with_path("write", &target, Err(error)),
        }
    }

    /// Whether all bytes of an artifact seem to be there: the file is there with its size, here or in the bucket. Cheap; [`Store::verify`] reads the bytes.
    #[must_use]
    pub fn has(&self, stored: &Stored) -> bool {
        if let Some(remote) = &self.remote {
            return self.has_there(remote, stored).unwrap_or(false);
        }
        match stored.form {
            Form::File => fs::metadata(self.object_path(&stored.digest))
                .is_ok_and(|meta| meta.is_file() && meta.len() == stored.bytes),
            Form::Folder => self.entries(stored).is_ok_and(|entries| {
                entries.iter().filter(|entry| !entry.digest.is_empty()).all(|entry| {
                    fs::metadata(self.object_path(&entry.digest))
                        .is_ok_and(|meta| meta.is_file() && meta.len() == entry.bytes)
                })
            }),
        }
    }

    /// Does `work` with an object's file. Where the file is not here or is damaged, the bucket's takes its place, and `work` is done once more.
    fn with_object<T>(&self, piece: impl Fn() -> Piece, work: impl Fn() -> Result<T>) -> Result<T> {
        match (work(), &self.remote) {
            (Err(StoreError::Missing { .. } | StoreError::Corrupt { .. }), Some(remote)) => {
                self.pull(remote, vec![piece()])?;
                work()
            }
            (done, _) => done,
        }
    }

    pub(crate) fn entries(&self, stored: &Stored) -> Result<Vec<digest::Entry>> {
        self.with_object(|| Piece::listing(&stored.digest), || self.read_entries(stored))
    }

    fn read_entries(&self, stored: &Stored) -> Result<Vec<digest::Entry>> {
        let path = self.object_path(&stored.digest);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { digest: stored.digest.clone() });
            }
            other => with_path("read", &path, other)?,
        };
        if digest::digest_bytes(&bytes) != stored.digest {
            return Err(self.drop_damaged(&stored.digest, "the listing's bytes have changed"));
        }
        read_listing(&bytes)
            .ok_or_else(|| StoreError::Corrupt { digest: stored.digest.clone(), why: "not a listing".to_owned() })
    }

    /// Reads every byte of an artifact and compares it with its digest. A damaged object is dropped, so that the next run makes it anew.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or [`StoreError::Missing`], or where it cannot be read.
    pub fn verify(&self, stored: &Stored) -> Result<()> {
        if self.remote.is_some() {
            self.fetch(stored)?;
        }
        match stored.form {
            Form::File => self.verify_file(&stored.digest),
            Form::Folder => self
                .entries(stored)?
                .iter()
                .filter(|entry| !entry.digest.is_empty())
                .try_for_each(|entry| self.verify_file(&entry.digest)),
        }
    }

    fn verify_file(&self, digest: &str) -> Result<()> {
        self.with_object(|| Piece::listing(digest), || self.compare_file(digest))
    }

    fn compare_file(&self, digest: &str) -> Result<()> {
        let path = self.object_path(digest);
        match digest_file(&path) {
            Ok((found, _)) if found == digest => Ok(()),
            Ok(_) => Err(self.drop_damaged(digest, "its bytes have changed")),
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Missing { digest: digest.to_owned() })
            }
            Err(other) => Err(other),
        }
    }

    fn drop_damaged(&self, digest: &str, why: &str) -> StoreError {
        let _ = fs::remove_file(self.object_path(digest));
        StoreError::Corrupt { digest: digest.to_owned(), why: why.to_owned() }
    }

    /// Puts an artifact at `target` to be read: hard links where the file system allows, copies otherwise.
    ///
    /// # Errors
    /// Where it is missing or damaged, or `target` cannot be written.
    pub fn materialise(&self, stored: &Stored, target: &Path) -> Result<()> {
        if self.remote.is_some() {
            self.fetch(stored)?;
        }
        match stored.form {
            Form::File => self.link(&stored.digest, stored.bytes, target),
            Form::Folder => {
                let entries = self.entries(stored)?;
                make_folder(target)?;
                for entry in entries {
                    let path = target.join(&entry.path);
                    if entry.digest.is_empty() {
                        make_folder(&path)?;
                        continue;
                    }
                    if let Some(folder) = path.parent() {
                        make_folder(folder)?;
                    }
                    self.link(&entry.digest, entry.bytes, &path)?;
                }
                Ok(())
            }
        }
    }

    fn link(&self, digest: &str, bytes: u64, target: &Path) -> Result<()> {
        let source = self.object_path(digest);
        match fs::metadata(&source) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing { digest: digest.to_owned() });
            }
            Err(error) => return with_path("read", &source, Err(error)),
            Ok(meta) if meta.len() != bytes => {
                return Err(self.drop_damaged(digest, &format!("it has {} bytes, not {bytes}", meta.len())));
            }
            Ok(_) => {}
        }
        match fs::hard_link(&source, target) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => with_path("write", target, Err(error)),
            Err(_) => with_path("write", target, fs::copy(&source, target)).map(drop),
        }
    }

    /// Digests of the files behind an artifact, a folder's listing first.
    pub(crate) fn objects_of(&self, stored: &Stored) -> Vec<String> {
        let mut digests = vec![stored.digest.clone()];
        if stored.form == Form::Folder
            && let Ok(entries) = self.entries(stored)
        {
            digests.extend(entries.into_iter().map(|entry| entry.digest).filter(|digest| !digest.is_empty()));
        }
        digests
    }
}
