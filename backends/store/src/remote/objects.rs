//! Objects on their way: into the bucket before what names them, out of it when they are needed, checked against their names both ways.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path as FilePath, PathBuf},
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _, PutMultipartOptions,
    PutOptions, PutPayload,
};

use super::Remote;
use crate::{
    Form, Result, Store, StoreError, Stored,
    digest::{Entry, digest_bytes},
    file::make_folder,
    with_path,
};

/// Files at once.
const FILES: usize = 4;
/// Parts of one file at once, on their way in.
const PARTS: usize = 3;
/// Bytes of a part, so that memory is bounded by `FILES * PARTS` of them; larger where a file would have more parts than buckets allow.
const PART: u64 = 8 << 20;
/// Parts that every provider allows.
const MOST_PARTS: u64 = 9_000;
/// Bytes of one request on their way out: a request has a time limit, an object has none.
const PIECE: u64 = 32 << 20;
/// Said of an object that may be executed, where no listing says so.
const EXECUTABLE: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("executable"));

/// The object's name in the bucket, as `Store::object_path`.
fn place(digest: &str) -> String {
    let (head, tail) = digest.split_at_checked(2).unwrap_or(("__", digest));
    format!("objects/{head}/{tail}")
}

/// A file behind an artifact.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Its name.
    pub digest: String,
    /// Its size, where something says so.
    pub bytes: Option<u64>,
    /// Whether a listing says that it may be executed.
    pub executable: bool,
}

impl Piece {
    /// A listing, whose size nothing says.
    pub fn listing(digest: &str) -> Self {
        Self { digest: digest.to_owned(), bytes: None, executable: false }
    }

    fn of(entry: Entry) -> Self {
        Self { digest: entry.digest, bytes: Some(entry.bytes), executable: entry.executable }
    }
}

impl Store {
    /// The local path of an artifact's object, fetched where it is elsewhere: of a folder its listing, with all files behind it.
    ///
    /// # Errors
    /// [`StoreError::Missing`] or [`StoreError::Corrupt`], or where the bucket cannot be reached or the disk is full.
    pub fn fetch(&self, stored: &Stored) -> Result<PathBuf> {
        let here = self.object_path(&stored.digest);
        let Some(remote) = &self.remote else {
            return if self.has(stored) {
                Ok(here)
            } else {
                Err(StoreError::Missing { digest: stored.digest.clone() })
            };
        };
        let files = self.files(stored)?;
        let lacking: Vec<Piece> = files.iter().filter(|file| !self.is_here(file)).cloned().collect();
        self.pull(remote, lacking)?;
        // The same bytes may have come without the right to be executed.
        for path in files.iter().filter(|file| file.executable).map(|file| self.object_path(&file.digest)) {
            let meta = with_path("read", &path, fs::metadata(&path))?;
            if meta.permissions().mode() & 0o100 == 0 {
                with_path("change", &path, fs::set_permissions(&path, fs::Permissions::from_mode(0o555)))?;
            }
        }
        Ok(here)
    }

    /// Whether an artifact is whole in the bucket, or can be made whole from here.
    pub(crate) fn has_there(&self, remote: &Remote, stored: &Stored) -> Result<bool> {
        let files = match self.files(stored) {
            Err(StoreError::Missing { .. } | StoreError::Corrupt { .. }) => return Ok(false),
            files => files?,
        };
        let elsewhere = files.into_iter().filter(|file| !self.is_here(file));
        let found = stream::iter(elsewhere)
            .map(|file| async move { remote.has(&file).await })
            .buffer_unordered(FILES * PARTS)
            .try_fold(true, |all, there| async move { Ok(all && there) });
        remote.wait(found)
    }

    /// Sees to it that the objects of an artifact are in the bucket, a listing after what it lists. Nothing to do where there is no bucket.
    pub(crate) fn share(&self, stored: &Stored) -> Result<()> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let send = |files: Vec<Piece>| {
            let all = stream::iter(files).map(Ok).try_for_each_concurrent(FILES, |file| async move {
                remote.push(&file, &self.object_path(&file.digest)).await
            });
            remote.wait(all)
        };
        send(self.files(stored)?)?;
        if stored.form == Form::Folder { send(vec![Piece::listing(&stored.digest)]) } else { Ok(()) }
    }

    /// Copies a file or folder of the state (a log, rejected rows) into the bucket, for people to look at. Nothing to do where there is no bucket, or no
    /// such file.
    ///
    /// # Errors
    /// Where it cannot be read or the bucket refuses.
    pub fn mirror(&self, relative: &str) -> Result<()> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let path = self.state().join(relative);
        if !path.is_dir() {
            return if path.exists() { remote.wait(remote.upload(relative, &path, None)) } else { Ok(()) };
        }
        for item in with_path("read", &path, fs::read_dir(&path))? {
            let name = with_path("read", &path, item)?.file_name();
            self.mirror(&format!("{relative}/{}", name.to_string_lossy()))?;
        }
        Ok(())
    }

    /// Fetches objects, and puts each under its name once its bytes are proven.
    pub(crate) fn pull(&self, remote: &Remote, files: Vec<Piece>) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        self.mark_dirty()?;
        let staged = self.staging("fetch")?;
        let mut once: BTreeMap<String, Piece> = BTreeMap::new();
        for file in files {
            let seen = once.entry(file.digest.clone()).or_insert_with(|| file.clone());
            seen.executable |= file.executable;
        }
        let all = stream::iter(once.into_values()).map(Ok).try_for_each_concurrent(FILES, |file| {
            let (staged, target) = (staged.path().join(&file.digest), self.object_path(&file.digest));
            async move { remote.pull(&file, &staged, &target).await }
        });
        remote.wait(all)
    }

    /// The files of an artifact, without a folder's listing.
    fn files(&self, stored: &Stored) -> Result<Vec<Piece>> {
        Ok(match stored.form {
            Form::File => {
                vec![Piece { bytes: Some(stored.bytes), ..Piece::listing(&stored.digest) }]
            }
            Form::Folder => {
                self.entries(stored)?.into_iter().filter(|entry| !entry.digest.is_empty()).map(Piece::of).collect()
            }
        })
    }

    fn is_here(&self, file: &Piece) -> bool {
        fs::metadata(self.object_path(&file.digest))
            .is_ok_and(|meta| meta.is_file() && file.bytes.is_none_or(|bytes| meta.len() == bytes))
    }
}

impl Remote {
    /// Whether the object is there with its size.
    async fn has(&self, file: &Piece) -> Result<bool> {
        if self.is_known(&file.digest) {
            return Ok(true);
        }
        let path = place(&file.digest);
        let found = self.or_absent("look for", &path, self.bucket.head(&self.at(&path)).await)?;
        let whole = found.is_some_and(|meta| file.bytes.is_none_or(|bytes| meta.size == bytes));
        if whole {
            self.note(&file.digest);
        }
        Ok(whole)
    }

    async fn push(&self, file: &Piece, local: &FilePath) -> Result<()> {
        let bytes = file.bytes.or_else(|| Some(fs::metadata(local).ok()?.len()));
        if self.has(&Piece { bytes, ..file.clone() }).await? {
            return Ok(());
        }
        if !local.exists() {
            return Err(StoreError::Missing { digest: file.digest.clone() });
        }
        self.upload(&place(&file.digest), local, Some(&file.digest)).await?;
        self.note(&file.digest);
        Ok(())
    }

    /// Writes a file into the bucket, whole or not at all; where a digest is given, only if the bytes are of that name.
    async fn upload(&self, path: &str, local: &FilePath, digest: Option<&str>) -> Result<()> {
        let mut file = with_path("read", local, File::open(local))?;
        let meta = with_path("read", local, file.metadata())?;
        let mut attributes = Attributes::new();
        if digest.is_some() && meta.permissions().mode() & 0o100 != 0 {
            attributes.insert(EXECUTABLE, "true".into());
        }
        let at = self.at(path);
        let failed = |error: Error| self.failed("write", path, &error);
        let damaged = |found: &str| match digest {
            Some(digest) if found != digest => Err(StoreError::Corrupt {
                digest: digest.to_owned(),
                why: "its bytes changed on the way to the bucket".to_owned(),
            }),
            _ => Ok(()),
        };
        if meta.len() <= PART {
            let mut bytes = Vec::new();
            with_path("read", local, file.read_to_end(&mut bytes))?;
            damaged(&digest_bytes(&bytes))?;
            let options = PutOptions { attributes, ..PutOptions::default() };
            return self.bucket.put_opts(&at, bytes.into(), options).await.map(drop).map_err(failed);
        }
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let mut upload = self.bucket.put_multipart_opts(&at, options).await.map_err(failed)?;
        let mut parts = Parts { file, size: PART.max(meta.len().div_ceil(MOST_PARTS)), hasher: blake3::Hasher::new() };
        let sent = stream::iter(std::iter::from_fn(|| parts.next().transpose()))
            .map(|part| with_path("read", local, part))
            .try_for_each_concurrent(PARTS, |part| {
                let sending = upload.put_part(PutPayload::from(part));
                async move { sending.await.map_err(failed) }
            })
            .await
            .and_then(|()| damaged(parts.hasher.finalize().to_hex().as_str()));
        match sent {
            Ok(()) => upload.complete().await.map(drop).map_err(failed),
            Err(error) => {
                // What was sent costs money until it is given up; where even that fails, a rule of the bucket cleans up.
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// Fetches an object to `target`. Bytes that are not what the name says are asked for once more, then dropped here and there.
    async fn pull(&self, file: &Piece, staged: &FilePath, target: &FilePath) -> Result<()> {
        let mut fetched = self.download(file, staged).await?;
        if fetched.0 != file.digest {
            fetched = self.download(file, staged).await?;
        }
        let (found, executable) = fetched;
        if found != file.digest {
            self.forget(&file.digest);
            let _ = self.bucket.delete(&self.at(&place(&file.digest))).await;
            return Err(StoreError::Corrupt {
                digest: file.digest.clone(),
                why: "the bucket's bytes are not its own".to_owned(),
            });
        }
        let mode = if file.executable || executable { 0o555 } else { 0o444 };
        with_path("change", staged, fs::set_permissions(staged, fs::Permissions::from_mode(mode)))?;
        if let Some(folder) = target.parent() {
            make_folder(folder)?;
        }
        with_path("write", target, fs::rename(staged, target))?;
        self.note(&file.digest);
        Ok(())
    }

    /// Streams an object to a file, and gives the digest of what came, and whether it may be executed.
    async fn download(&self, file: &Piece, to: &FilePath) -> Result<(String, bool)> {
        let path = place(&file.digest);
        let mut out = with_path("write", to, File::create(to))?;
        let mut hasher = blake3::Hasher::new();
        let mut executable = false;
        let mut done = 0;
        loop {
            let mut options = GetOptions::default();
            // An empty object has no range, and a small one needs none.
            if file.bytes.is_some_and(|bytes| bytes > PIECE) {
                options.range = Some(GetRange::Bounded(done..done + PIECE));
            }
            let found = self.or_absent("read", &path, self.bucket.get_opts(&self.at(&path), options).await)?;
            let Some(result) = found else { return Err(StoreError::Missing { digest: file.digest.clone() }) };
            executable |= result.attributes.get(&EXECUTABLE).is_some();
            let (size, end) = (result.meta.size, result.range.end);
            let mut chunks = result.into_stream();
            while let Some(chunk) = chunks.next().await {
                let chunk = chunk.map_err(|error| self.failed("read", &path, &error))?;
                hasher.update(&chunk);
                with_path("write", to, out.write_all(&chunk))?;
            }
            // Nothing more came, or all that there is.
            if end >= size || end <= done {
                return Ok((hasher.finalize().to_hex().to_string(), executable));
            }
            done = end;
        }
    }
}

/// A file in parts, read when they are asked for.
struct Parts {
    file: File,
    size: u64,
    hasher: blake3::Hasher,
}

impl Parts {
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut part = Vec::new();
        (&self.file).take(self.size).read_to_end(&mut part)?;
        self.hasher.update(&part);
        Ok(Some(part).filter(|part| !part.is_empty()))
    }
}
