//! Digests of files outside of the store, remembered by size, time and inode.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    time::{Duration, SystemTime},
};

use rusqlite::OptionalExtension as _;

use crate::{Result, Store, digest_file, with_path};

/// A file this young may change once more within the resolution of its time: it is read again.
const RACY: Duration = Duration::from_secs(2);

impl Store {
    /// Digest of a file that others write. Its bytes are read unless size, time and inode are as remembered and the file was not fresh then.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn file_digest(&self, path: &Path) -> Result<String> {
        let meta = with_path("read", path, fs::metadata(path))?;
        let modified = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
        let name = path.to_string_lossy();
        let seen: Option<(i64, i64, i64, String)> = self.database.read(|db| {
            db.prepare_cached("select size, modified, inode, digest from files where path = ?1")?
                .query_row([name.as_ref()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .optional()
        })?;
        let (size, inode) = (meta.size().cast_signed(), meta.ino().cast_signed());
        if let Some((old_size, old_modified, old_inode, digest)) = seen
            && (old_size, old_modified, old_inode) == (size, modified, inode)
        {
            return Ok(digest);
        }
        let (digest, _) = digest_file(path)?;
        let settled = meta.modified().is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > RACY));
        if settled {
            self.database.write(|db| {
                db.prepare_cached("insert or replace into files values (?1, ?2, ?3, ?4, ?5)")?
                    .execute((name.as_ref(), size, modified, inode, &digest))
                    .map(drop)
            })?;
        }
        Ok(digest)
    }
}
