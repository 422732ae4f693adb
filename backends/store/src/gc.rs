//! Garbage: objects that no cache entry, registered version or kept run names.

use std::{collections::HashSet, fs};

use crate::{Outputs, Result, Store, Stored, WriterLock, database::parse};

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Objects removed.
    pub objects: u64,
    /// Bytes freed.
    pub bytes: u64,
    /// Runs forgotten.
    pub runs: u64,
}

impl Store {
    /// Forgets all but the newest `keep` runs with their logs, the cache entries that no kept run made or used, and then every object that nothing names.
    /// Registered versions and the audit trail stay. Needs the writer's lock, so that no run is at work.
    ///
    /// # Errors
    /// Where the database or the disk fails.
    pub fn collect(&self, keep: u32, _lock: &WriterLock) -> Result<Collected> {
        let all = self.runs(u32::MAX)?;
        let (kept, dropped) = all.split_at(all.len().min(keep as usize));
        self.database.write(|db| {
            for run in dropped {
                db.execute("delete from nodes where run = ?1", [&run.id])?;
                db.execute("delete from runs where id = ?1", [&run.id])?;
            }
            db.execute("delete from cache where key not in (select key from nodes where key is not null)", [])?;
            Ok(())
        })?;
        for run in dropped {
            let _ = fs::remove_dir_all(self.run_folder(&run.id));
        }
        let mut collected = self.remove_unnamed()?;
        collected.runs = (all.len() - kept.len()) as u64;
        Ok(collected)
    }

    fn remove_unnamed(&self) -> Result<Collected> {
        let named: HashSet<String> = self.named()?.iter().flat_map(|stored| self.objects_of(stored)).collect();
        let mut collected = Collected::default();
        for folder in fs::read_dir(self.state().join("objects")).into_iter().flatten().flatten() {
            let head = folder.file_name();
            for object in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let digest = format!("{}{}", head.to_string_lossy(), object.file_name().to_string_lossy());
                if named.contains(&digest) {
                    continue;
                }
                let bytes = object.metadata().map_or(0, |meta| meta.len());
                if fs::remove_file(object.path()).is_ok() {
                    collected.objects += 1;
                    collected.bytes += bytes;
                }
            }
        }
        Ok(collected)
    }

    /// Every artifact that a record names.
    fn named(&self) -> Result<Vec<Stored>> {
        self.database.read(|db| {
            let mut named: Vec<Stored> = db
                .prepare("select artifact from versions")?
                .query_map([], |row| parse(row.get_ref(0)?.as_str()?))?
                .collect::<rusqlite::Result<_>>()?;
            let outputs: Vec<Outputs> = db
                .prepare(
                    "select outputs from cache union all select json_extract(record, '$.outputs') from nodes \
                     where json_extract(record, '$.outputs') is not null",
                )?
                .query_map([], |row| parse(row.get_ref(0)?.as_str()?))?
                .collect::<rusqlite::Result<_>>()?;
            named.extend(outputs.into_iter().flat_map(Outputs::into_values).flatten());
            Ok(named)
        })
    }
}
