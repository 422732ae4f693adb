//! A store in a bucket: the layout of a folder, behind calls that block.

mod connect;
mod data;
mod objects;
mod reason;
mod state;
#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    future::Future,
    path::Path as FilePath,
    sync::{Arc, Mutex, PoisonError},
};

use object_store::{Error, ObjectStore, ObjectStoreExt as _, PutMode, UpdateVersion, path::Path};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

pub use connect::{folder_of, read_url};
pub use data::{RemoteObject, objects};
pub(crate) use objects::Piece;

use crate::{Result, StoreError};

/// A bucket, or a prefix in one, with what it takes to wait for it.
#[derive(Debug)]
pub(crate) struct Remote {
    url: String,
    bucket: Arc<dyn ObjectStore>,
    prefix: Path,
    runtime: Runtime,
    /// Digests that were seen there whole: objects never change, so they are asked for once.
    known: Mutex<HashSet<String>>,
    /// The working folder, where none could be kept between commands: it goes with us.
    _private: Option<TempDir>,
}

impl Remote {
    /// Nothing is asked of the bucket before it is needed.
    pub fn new(url: &str, bucket: Arc<dyn ObjectStore>, prefix: Path, private: Option<TempDir>) -> Result<Self> {
        // One thread is enough: it sleeps while the network works, and nothing runs between two calls.
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = crate::with_path("start the network for", FilePath::new(url), runtime)?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { url, bucket, prefix, runtime, known: Mutex::default(), _private: private })
    }

    /// The full name of something in the store, for messages.
    pub fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }

    fn at(&self, path: &str) -> Path {
        path.split('/').fold(self.prefix.clone(), |at, part| at.join(part))
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    fn failed(&self, action: &'static str, path: &str, error: &Error) -> StoreError {
        StoreError::Remote { action, url: self.name(path), why: reason::words(&self.url, error, reason::STORE) }
    }

    /// As [`Remote::failed`], of data of others, which is read only.
    fn unread(&self, path: &str, error: &Error) -> StoreError {
        let why = reason::words(&self.url, error, reason::DATA);
        StoreError::Remote { action: "read", url: self.name(path), why }
    }

    /// `None` where there is nothing of that name; a bucket that does not exist is a failure.
    fn or_absent<T>(&self, action: &'static str, path: &str, result: object_store::Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error @ Error::NotFound { .. }) if !reason::no_bucket(&error) => Ok(None),
            Err(error) => Err(self.failed(action, path, &error)),
        }
    }

    /// The bytes of a small object, with the version that they are of.
    pub fn get(&self, path: &str) -> Result<Option<(Vec<u8>, UpdateVersion)>> {
        let at = self.at(path);
        let found = self.wait(async {
            let result = self.bucket.get(&at).await?;
            let version = UpdateVersion { e_tag: result.meta.e_tag.clone(), version: result.meta.version.clone() };
            Ok((result.bytes().await?.to_vec(), version))
        });
        self.or_absent("read", path, found)
    }

    /// Writes a small object; `false` where `mode` forbids it, since another was first.
    pub fn put(&self, path: &str, bytes: Vec<u8>, mode: PutMode) -> Result<bool> {
        let at = self.at(path);
        let free = mode == PutMode::Overwrite;
        match self.wait(self.bucket.put_opts(&at, bytes.into(), mode.into())) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) if !free => Ok(false),
            Err(error) => Err(self.failed("write", path, &error)),
        }
    }

    fn is_known(&self, digest: &str) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(digest)
    }

    fn note(&self, digest: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.to_owned());
    }

    fn forget(&self, digest: &str) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(digest);
    }
}
