//! What ran last in a package, read beside whoever writes there: nothing is made, waited for or mended.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::Connection;

use crate::{
    AuditEntry, NodeRecord, NodeState, Result, RunRecord, RunState, audit,
    database::{Database, parse},
    lock::host,
};

/// What ran last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// The last run of each pipeline of each package that has its state here.
    pub runs: Vec<LastRun>,
    /// The last decision of each promotion.
    pub decisions: Vec<LastDecision>,
}

/// The last run of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct LastRun {
    /// Its record; what died without a word is [`RunState::Interrupted`].
    pub run: RunRecord,
    /// The first of its nodes that went wrong.
    pub wrong: Option<NodeRecord>,
}

/// The last decision of a promotion.
#[derive(Clone, Debug, PartialEq)]
pub struct LastDecision {
    /// The package; none where the run is forgotten.
    pub package: Option<String>,
    /// The pipeline.
    pub pipeline: String,
    /// What was decided, on what.
    pub entry: AuditEntry,
    /// [`NodeRecord::essence`] of the node that decided; empty where the run is forgotten.
    pub essence: String,
    /// Whether what was held was approved since.
    pub approved: bool,
}

/// A state of the files of a store: another once something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(Vec<(u64, Option<SystemTime>)>);

impl Stamp {
    /// Whether it is so young that what is written next could have the same: clocks of file systems are coarse.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let newest = self.0.iter().filter_map(|(_, modified)| *modified).max();
        newest.is_some_and(|newest| newest.elapsed().map_or(true, |age| age < Duration::from_secs(2)))
    }
}

fn database(root: &Path) -> PathBuf {
    root.join(".mlp").join("state.db")
}

impl Past {
    /// The state of the store of the package at `root`; none where nothing ran.
    #[must_use]
    pub fn stamp(root: &Path) -> Option<Stamp> {
        let main = database(root);
        let log = main.with_extension("db-wal");
        let of = |path: &Path| fs::metadata(path).ok().map(|meta| (meta.len(), meta.modified().ok()));
        let mut all = vec![of(&main)?];
        // who only reads may leave an empty log behind, which is as good as none
        all.extend(of(&log).filter(|(size, _)| *size > 0));
        Some(Stamp(all))
    }

    /// Reads the store of the package at `root`. Nothing is there where nothing ran.
    ///
    /// # Errors
    /// Where it is locked, damaged or of another format.
    pub fn read(root: &Path) -> Result<Self> {
        let path = database(root);
        if !path.is_file() {
            return Ok(Self::default());
        }
        Database::look(&path)?.read_together(|db| Ok(Self { runs: runs(db)?, decisions: decisions(db)? }))
    }
}

fn runs(db: &Connection) -> rusqlite::Result<Vec<LastRun>> {
    // of the other columns of a group with a `max`, SQLite gives those of that row
    let newest: Vec<RunRecord> = db
        .prepare("select record, max(started) from runs group by pipeline, json_extract(record, '$.package')")?
        .query_map([], |row| parse(row.get_ref(0)?.as_str()?))?
        .collect::<rusqlite::Result<_>>()?;
    newest.into_iter().map(|run| Ok(LastRun { wrong: wrong(db, &run)?, run: with_its_end(run) })).collect()
}

/// A run whose process is gone from this machine did not end well, though it could not say so.
fn with_its_end(run: RunRecord) -> RunRecord {
    let pid = i32::try_from(run.pid).ok().and_then(rustix::process::Pid::from_raw);
    let gone = |pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
    if run.state == RunState::Running && run.host == host() && pid.is_none_or(gone) {
        return RunRecord { state: RunState::Interrupted, ..run };
    }
    run
}

fn wrong(db: &Connection, run: &RunRecord) -> rusqlite::Result<Option<NodeRecord>> {
    if run.state != RunState::Failed {
        return Ok(None);
    }
    let [failed, broken, error] =
        [NodeState::Failed, NodeState::Broken, NodeState::Infrastructure].map(NodeState::word);
    let mut query = db.prepare(
        "select record from nodes where run = ?1 and state in (?2, ?3, ?4) order by finished is null, finished, node limit 1",
    )?;
    query.query_map((&run.id, failed, broken, error), |row| parse(row.get_ref(0)?.as_str()?))?.next().transpose()
}

fn decisions(db: &Connection) -> rusqlite::Result<Vec<LastDecision>> {
    db.prepare(
        "select max(a.seq), a.at, a.kind, a.run, a.node, a.body, a.previous, a.hash,
           json_extract(a.body, '$.pipeline') , json_extract(r.record, '$.package'),
           coalesce(json_extract(n.record, '$.essence'), ''),
           exists (select 1 from audit b where b.kind = 'approve' and json_extract(b.body, '$.hold') = a.seq and json_extract(b.body, '$.moved'))
         from audit a left join runs r on r.id = a.run left join nodes n on n.run = a.run and n.node = a.node
         where a.kind in ('promote', 'refuse', 'hold') and a.run is not null group by 9, 10, a.node",
    )?
    .query_map([], |row| {
        let pipeline: Option<String> = row.get(8)?;
        Ok(LastDecision {
            entry: audit::read_entry(row)?.0,
            pipeline: pipeline.unwrap_or_default(),
            package: row.get(9)?,
            essence: row.get(10)?,
            approved: row.get(11)?,
        })
    })?
    .collect()
}
