//! The cache: what a node made, by everything that went into it.

use std::collections::BTreeMap;

use object_store::PutMode;
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};

use crate::{
    Outputs, Result, Store, StoreError, Stored,
    database::{json, parse},
    remote::Remote,
};

/// A result that may be taken again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheEntry {
    /// Digest of the components.
    pub key: String,
    /// The pipeline that made it.
    pub pipeline: String,
    /// The node that made it.
    pub node: String,
    /// The run that made it.
    pub run: String,
    /// When, UTC.
    pub made: String,
    /// What it made.
    pub outputs: Outputs,
    /// Everything that went into the key, by name.
    pub components: BTreeMap<String, String>,
}

/// What a sink wrote, so that it is not written again while it is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Where.
    pub path: String,
    /// The sink's key: what was written, and how.
    pub key: String,
    /// What was there afterwards.
    pub stored: Stored,
}

impl Store {
    /// The entries of these keys whose objects are still there; in the order asked.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn lookup(&self, keys: &[&str]) -> Result<Vec<Option<CacheEntry>>> {
        if let Some(remote) = &self.remote {
            return keys.iter().map(|key| self.lookup_there(remote, key)).collect();
        }
        let found: Vec<Option<CacheEntry>> = self.database.read_together(|db| {
            let mut query = db.prepare_cached("select pipeline, node, run, made, outputs from cache where key = ?1")?;
            keys.iter()
                .map(|key| {
                    query
                        .query_row([key], |row| {
                            Ok(CacheEntry {
                                key: (*key).to_owned(),
                                pipeline: row.get(0)?,
                                node: row.get(1)?,
                                run: row.get(2)?,
                                made: row.get(3)?,
                                outputs: parse(row.get_ref(4)?.as_str()?)?,
                                components: BTreeMap::new(),
                            })
                        })
                        .optional()
                })
                .collect()
        })?;
        Ok(found
            .into_iter()
            .map(|entry| entry.filter(|entry| entry.outputs.values().flatten().all(|stored| self.has(stored))))
            .collect())
    }

    fn lookup_there(&self, remote: &Remote, key: &str) -> Result<Option<CacheEntry>> {
        // An entry that cannot be read is none: it is written again.
        let found = remote.get(&remote_name(key))?.and_then(|(bytes, _)| serde_json::from_slice(&bytes).ok());
        let Some(entry) = found.filter(|entry: &CacheEntry| entry.key == key) else { return Ok(None) };
        for stored in entry.outputs.values().flatten() {
            if !self.has_there(remote, stored)? {
                return Ok(None);
            }
        }
        Ok(Some(entry))
    }

    /// Remembers results, in one transaction; their objects are in the store already.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn remember(&self, entries: &[CacheEntry]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        if let Some(remote) = &self.remote {
            return entries.iter().try_for_each(|entry| {
                let text = serde_json::to_vec(entry).map_err(|error| StoreError::Record(error.to_string()))?;
                remote.put(&remote_name(&entry.key), text, PutMode::Overwrite).map(drop)
            });
        }
        self.database.write(|db| entries.iter().try_for_each(|entry| insert(db, entry)))
    }

    /// The components of the newest entry of a node: what to compare with where its key is new.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn last_components(&self, pipeline: &str, node: &str) -> Result<Option<BTreeMap<String, String>>> {
        self.database.read(|db| {
            db.prepare_cached(
                "select components from cache where pipeline = ?1 and node = ?2 order by made desc limit 1",
            )?
            .query_row([pipeline, node], |row| parse(row.get_ref(0)?.as_str()?))
            .optional()
        })
    }

    /// What a sink wrote to `path` under `key`, and what was last written there under any key.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn written(&self, path: &str, key: &str) -> Result<(Option<Written>, Option<Written>)> {
        self.read_shared(|db| {
            let own = db
                .prepare_cached("select record from written where path = ?1 and key = ?2")?
                .query_row([path, key], |row| parse(row.get_ref(0)?.as_str()?))
                .optional()?;
            let last = db
                .prepare_cached("select record from written where path = ?1 order by seq desc limit 1")?
                .query_row([path], |row| parse(row.get_ref(0)?.as_str()?))
                .optional()?;
            Ok((own, last))
        })
    }

    /// Remembers what a sink wrote.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn remember_written(&self, written: &Written) -> Result<()> {
        let insert = |db: &rusqlite::Connection| {
            db.prepare_cached(
                "insert or replace into written values (?1, ?2, (select coalesce(max(seq), 0) + 1 from written where path = ?1), ?3)",
            )?
            .execute((&written.path, &written.key, json(written)?))
            .map(drop)
        };
        self.change_shared(false, |db| insert(db).map_err(|error| self.shared_error(error)))
    }
}

fn remote_name(key: &str) -> String {
    format!("cache/{key}.json")
}

pub(crate) fn insert(db: &rusqlite::Connection, entry: &CacheEntry) -> rusqlite::Result<()> {
    db.prepare_cached("insert or replace into cache values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute((
            &entry.key,
            &entry.pipeline,
            &entry.node,
            &entry.run,
            &entry.made,
            json(&entry.outputs)?,
            json(&entry.components)?,
        ))
        .map(drop)
}
