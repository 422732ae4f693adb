//! The audit trail: every decision, each entry sealed with the hash of the one before.

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use serde_json::Value;

use crate::{Result, Store, StoreError, digest_bytes, now};

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When, UTC.
    pub at: String,
    /// `promote`, `refuse`, `hold`, `approve`, `rollback`.
    pub kind: String,
    /// The run, where one decided.
    pub run: Option<String>,
    /// The node, where one decided.
    pub node: Option<String>,
    /// What was decided, on what, by whom and why.
    pub body: Value,
    /// Hash of the entry before; zeros for the first.
    pub previous: String,
    /// blake3 over all of the above.
    pub hash: String,
}

/// What checking the trail found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Entries read.
    pub entries: u64,
    /// What is wrong, in words; empty for a sound chain.
    pub faults: Vec<String>,
}

impl ChainReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

const START: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn seal(seq: i64, at: &str, kind: &str, run: Option<&str>, node: Option<&str>, body: &str, previous: &str) -> String {
    // As a JSON list, so that no two different entries give the same bytes.
    let text = serde_json::json!([seq, at, kind, run, node, body, previous]).to_string();
    digest_bytes(text.as_bytes())
}

/// Appends an entry, in the caller's transaction, and gives its number.
pub(crate) fn append(
    db: &Connection,
    kind: &str,
    run: Option<&str>,
    node: Option<&str>,
    body: &Value,
) -> rusqlite::Result<i64> {
    let last: Option<(i64, String)> = db
        .prepare_cached("select seq, hash from audit order by seq desc limit 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, previous) = last.map_or_else(|| (1, START.to_owned()), |(seq, hash)| (seq + 1, hash));
    let at = now();
    let body = mlp_plan::canonical(body).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let hash = seal(seq, &at, kind, run, node, &body, &previous);
    db.prepare_cached("insert into audit values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute((seq, at, kind, run, node, body, previous, hash))?;
    Ok(seq)
}

pub(crate) fn read_entry(row: &rusqlite::Row<'_>) -> rusqlite::Result<(AuditEntry, String)> {
    let body: String = row.get(5)?;
    let entry = AuditEntry {
        seq: row.get(0)?,
        at: row.get(1)?,
        kind: row.get(2)?,
        run: row.get(3)?,
        node: row.get(4)?,
        body: serde_json::from_str(&body).unwrap_or(Value::Null),
        previous: row.get(6)?,
        hash: row.get(7)?,
    };
    Ok((entry, body))
}

impl Store {
    /// The whole trail, oldest first; of one model where named.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn audit(&self, model: Option<&str>) -> Result<Vec<AuditEntry>> {
        let entries: Vec<AuditEntry> = self.read_shared(|db| {
            db.prepare_cached("select * from audit order by seq")?
                .query_map([], |row| Ok(read_entry(row)?.0))?
                .collect()
        })?;
        Ok(entries
            .into_iter()
            .filter(|entry| model.is_none_or(|model| entry.body.get("model").and_then(Value::as_str) == Some(model)))
            .collect())
    }

    /// Computes every hash anew and compares the rungs with the moves on record.
    ///
    /// # Errors
    /// Where the database fails; a broken chain is no error but a finding.
    pub fn verify_audit(&self) -> Result<ChainReport> {
        let (rows, rungs) = self.read_shared(|db| {
            let rows: Vec<(AuditEntry, String)> = db
                .prepare_cached("select * from audit order by seq")?
                .query_map([], read_entry)?
                .collect::<rusqlite::Result<_>>()?;
            let rungs: Vec<(String, String, i64, i64)> = db
                .prepare_cached("select model, rung, version, audit from rungs")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
                .collect::<rusqlite::Result<_>>()?;
            Ok((rows, rungs))
        })?;
        let mut faults = chain_faults(&rows);
        for (model, rung, version, audit) in rungs {
            let entry = rows.iter().map(|(entry, _)| entry).rfind(|entry| moves(entry, &model, &rung));
            let said = entry.and_then(|entry| entry.body.get("version")).and_then(Value::as_i64);
            if entry.map(|entry| entry.seq) != Some(audit) || said != Some(version) {
                faults.push(format!(
                    "{model}.{rung} holds version {version}, but the last move on record says {}",
                    match said {
                        Some(said) => format!("version {said}"),
                        None => "nothing".to_owned(),
                    }
                ));
            }
        }
        Ok(ChainReport { entries: rows.len() as u64, faults })
    }
}

fn moves(entry: &AuditEntry, model: &str, rung: &str) -> bool {
    let text = |name: &str| entry.body.get(name).and_then(Value::as_str);
    entry.body.get("moved") == Some(&Value::Bool(true)) && text("model") == Some(model) && text("rung") == Some(rung)
}

fn chain_faults(rows: &[(AuditEntry, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut previous = START.to_owned();
    for ((entry, body), expected) in rows.iter().zip(1..) {
        if entry.seq != expected {
            faults.push(format!("entry {expected} is missing"));
            break;
        }
        if entry.previous != previous {
            faults.push(format!("entry {} does not follow from the one before", entry.seq));
        }
        let hash =
            seal(entry.seq, &entry.at, &entry.kind, entry.run.as_deref(), entry.node.as_deref(), body, &entry.previous);
        if hash != entry.hash {
            faults.push(format!("entry {} was changed after it was written", entry.seq));
        }
        previous.clone_from(&entry.hash);
    }
    faults
}

/// Turns a body that is no object into a failure, before anything is written.
pub(crate) fn object(body: &Value) -> Result<serde_json::Map<String, Value>> {
    body.as_object().cloned().ok_or_else(|| StoreError::Record("a decision must be a JSON object".to_owned()))
}
