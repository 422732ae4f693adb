//! Objects that somebody else wrote, read by ranges: data sets in a bucket.

use std::{ops::Range, sync::Arc};

use futures::TryStreamExt as _;
use glob::Pattern;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore as _, ObjectStoreExt as _, path::Path};

use super::{Remote, connect::bucket_of};
use crate::{Result, StoreError};

/// An object as it was found: a later version of it is not read by mistake.
#[derive(Clone, Debug)]
pub struct RemoteObject {
    url: String,
    meta: ObjectMeta,
    remote: Arc<Remote>,
}

/// The objects that an address means: one, all below a prefix (names that begin with `.` or `_` are passed over), or those that a glob matches; in the order of
/// their names. What opens the bucket comes from the environment, as for a store.
///
/// # Errors
/// Where there are none, the scheme is unknown, or the bucket cannot be read.
pub fn objects(url: &str) -> Result<Vec<RemoteObject>> {
    let (root, path, bucket) = bucket_of(url)?;
    let remote = Arc::new(Remote::new(&root, bucket, Path::default(), None)?);
    let lost = |why: &str| StoreError::Remote { action: "read", url: url.to_owned(), why: why.to_owned() };
    let failed = |error: &Error| remote.unread(path.trim_end_matches('/'), error);
    let whole = Path::parse(path.trim_end_matches('/')).map_err(|error| lost(&error.to_string()))?;
    let is_glob = path.contains(['*', '?', '[']);
    let mut found = Vec::new();
    if !is_glob && !path.ends_with('/') && !path.is_empty() {
        match remote.wait(remote.bucket.head(&whole)) {
            Ok(meta) => found.push(meta),
            // a prefix, or nothing: the listing tells
            Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    if found.is_empty() {
        let prefix = if is_glob { literal_part(&path) } else { path.trim_end_matches('/') };
        let prefix = Path::parse(prefix).map_err(|error| lost(&error.to_string()))?;
        let listed: Vec<ObjectMeta> =
            remote.wait(remote.bucket.list(Some(&prefix)).try_collect()).map_err(|error| failed(&error))?;
        let pattern = Pattern::new(&path).map_err(|error| lost(error.msg))?;
        let exact = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
        let wanted = |meta: &ObjectMeta| {
            let name = meta.location.as_ref();
            let behind = name.strip_prefix(prefix.as_ref()).unwrap_or(name);
            let hidden = behind.split('/').any(|part| part.starts_with(['.', '_']));
            meta.size > 0 && if is_glob { pattern.matches_with(name, exact) } else { !hidden }
        };
        found.extend(listed.into_iter().filter(wanted));
    }
    if found.is_empty() {
        return Err(lost(if is_glob { "nothing matches" } else { "there is no such object" }));
    }
    found.sort_by(|a, b| a.location.cmp(&b.location));
    Ok(found
        .into_iter()
        .map(|meta| RemoteObject { url: remote.name(meta.location.as_ref()), meta, remote: Arc::clone(&remote) })
        .collect())
}

/// The folders before the first wildcard.
fn literal_part(pattern: &str) -> &str {
    let before = pattern.find(['*', '?', '[']).and_then(|at| pattern.get(..at)).unwrap_or(pattern);
    before.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl RemoteObject {
    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.meta.size
    }

    /// The bytes of a range inside of it.
    ///
    /// # Errors
    /// Where the bucket does not give all of them, or the object was replaced since it was found.
    pub fn read(&self, range: Range<u64>) -> Result<bytes::Bytes> {
        if range.is_empty() {
            return Ok(bytes::Bytes::new());
        }
        let length = range.end - range.start;
        let path = self.meta.location.as_ref();
        let options = GetOptions {
            range: Some(GetRange::Bounded(range.clone())),
            if_match: self.meta.e_tag.clone(),
            ..GetOptions::default()
        };
        let answer =
            self.remote.wait(async { self.remote.bucket.get_opts(&self.meta.location, options).await?.bytes().await });
        let bytes = answer.map_err(|error| match error {
            Error::Precondition { .. } => self.lost("it was replaced while it was read"),
            error => self.remote.unread(path, &error),
        })?;
        if bytes.len() as u64 == length {
            return Ok(bytes);
        }
        let words = format!("{} bytes of {length} came, from byte {} on", bytes.len(), range.start);
        Err(self.lost(&words))
    }

    fn lost(&self, why: &str) -> StoreError {
        StoreError::Remote { action: "read", url: self.url.clone(), why: why.to_owned() }
    }
}
