//! The registry: models, their versions, and which version each rung holds.

use rusqlite::{Connection, OptionalExtension as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Result, Store, StoreError, Stored, audit,
    database::{json as text_of, parse},
    now,
};

/// What a policy said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every clause passed.
    Promote,
    /// A clause failed.
    Refuse,
    /// A clause is unknown, or an approval is missing.
    Hold,
}

/// A decision to record.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The model's name.
    pub model: String,
    /// The rung that it is about.
    pub rung: String,
    /// The candidate.
    pub artifact: Stored,
    /// What was decided.
    pub verdict: Verdict,
    /// The run that decided.
    pub run: String,
    /// The node that decided.
    pub node: String,
    /// Who started the run.
    pub author: String,
    /// Why, in one sentence.
    pub why: String,
    /// Clauses with values, intervals and verdicts; inputs by digest: an object.
    pub body: Value,
    /// How many approvals it waits for, where that is all that it waits for; by whom, as `body` says.
    pub approvals: Option<Held>,
}

/// What a held decision waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// How many must approve.
    pub count: u32,
    /// Of which group.
    pub group: String,
    /// Whether the author does not count.
    pub except_author: bool,
    /// Until when, UTC; refused afterwards.
    pub until: Option<String>,
    /// Who has approved so far.
    #[serde(default)]
    pub given: Vec<String>,
}

/// What became of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The rung moved.
    Moved(RungMove),
    /// The rung held this model already; nothing was written.
    Already {
        /// The version that it holds.
        version: i64,
    },
    /// The decision is on record; the rung stays.
    Recorded {
        /// Number of its audit entry.
        audit: i64,
    },
}

/// A move of a rung.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RungMove {
    /// The model.
    pub model: String,
    /// The rung.
    pub rung: String,
    /// What it holds now.
    pub version: i64,
    /// What it held before.
    pub previous: Option<i64>,
    /// When, UTC.
    pub at: String,
    /// Number of its audit entry.
    pub audit: i64,
    /// Why.
    pub why: String,
    /// How: `promote`, `approve`, `rollback`.
    pub kind: String,
}

/// What a rung holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RungEntry {
    /// The model.
    pub model: String,
    /// The rung.
    pub rung: String,
    /// The version that it holds.
    pub version: i64,
    /// Since when, UTC.
    pub since: String,
    /// The artifact.
    pub artifact: Stored,
}

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The model.
    pub model: String,
    /// Its number, from 1.
    pub version: i64,
    /// The run that made it a version.
    pub run: String,
    /// The node that did.
    pub node: String,
    /// When, UTC.
    pub at: String,
    /// The artifact.
    pub artifact: Stored,
}

impl Store {
    /// What a rung holds.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn rung(&self, model: &str, rung: &str) -> Result<Option<RungEntry>> {
        self.read_shared(|db| rung_entry(db, model, rung))
    }

    /// All rungs that hold something.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn rungs(&self) -> Result<Vec<RungEntry>> {
        self.read_shared(|db| {
            db.prepare_cached(
                "select r.model, r.rung, r.version, r.since, v.artifact from rungs r join versions v using (model, version) order by 1, 2",
            )?
            .query_map([], read_rung)?
            .collect()
        })
    }

    /// The versions of a model, the newest first; of all models where not named.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn versions(&self, model: Option<&str>) -> Result<Vec<Version>> {
        self.read_shared(|db| versions(db, model))
    }

    /// The moves of a model's rungs, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn rung_history(&self, model: &str) -> Result<Vec<RungMove>> {
        self.read_shared(|db| history(db, model))
    }

    /// Records a decision and, where it promotes, moves the rung, in one transaction that is on the disk when this returns. Asked again for the same
    /// run, node and candidate (a resumed run) it does nothing more.
    ///
    /// # Errors
    /// Where the candidate's bytes are damaged, or the database fails: then nothing has changed.
    pub fn decide(&self, decision: &Decision) -> Result<Decided> {
        self.verify(&decision.artifact)?;
        self.sync()?;
        self.share(&decision.artifact)?;
        let body = audit::object(&decision.body)?;
        self.change_shared(true, |db| {
            if let Some(decided) = repeated(db, decision).map_err(|error| self.error(error))? {
                return Ok(decided);
            }
            record(db, decision, body.clone()).map_err(|error| self.error(error))
        })
    }

    /// Whether people can still approve what was recorded as this entry of the trail: it waits for them, nothing newer took its place, and there is time.
    ///
    /// # Errors
    /// Where the database fails.
    pub fn awaits_approval(&self, audit: i64) -> Result<bool> {
        self.read_shared(|db| {
            let found: Option<Held> = db
                .prepare_cached("select record from holds where audit = ?1 and open = 1")?
                .query_row([audit], |row| parse(row.get_ref(0)?.as_str()?))
                .optional()?;
            Ok(found.is_some_and(|held| held.until.is_none_or(|until| until >= now())))
        })
    }

    /// Approves the newest held decision about a rung; the rung moves with the last approval that is needed.
    ///
    /// # Errors
    /// Where nothing waits, the time is over, or `who` has approved already or does not count.
    pub fn approve(&self, model: &str, rung: &str, who: &str, why: &str) -> Result<Decided> {
        self.change_shared(true, |db| {
            let found: Option<(i64, i64, String, Held)> = db
                .prepare_cached(
                    "select audit, version, author, record from holds where model = ?1 and rung = ?2 and open = 1 order by audit desc limit 1",
                )
                .and_then(|mut query| {
                    query
                        .query_row([model, rung], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, parse(row.get_ref(3)?.as_str()?)?)))
                        .optional()
                })
                .map_err(|error| self.error(error))?;
            let Some((hold, version, author, mut held)) = found else {
                return Self::unknown(format!("nothing waits for an approval of {model}.{rung}"));
            };
            check_approver(&held, who, &author)?;
            held.given.push(who.to_owned());
            let done = held.given.len() >= held.count as usize;
            let body = json!({
                "model": model, "rung": rung, "version": version, "hold": hold, "who": who, "why": why, "moved": done, "approvals": held.given,
            });
            (|| {
                let audit = audit::append(db, "approve", None, None, &body)?;
                db.execute("update holds set record = ?2, open = ?3 where audit = ?1", (hold, text_of(&held)?, !done))?;
                if done { move_rung(db, model, rung, version, audit, why).map(Decided::Moved) } else { Ok(Decided::Recorded { audit }) }
            })()
            .map_err(|error| self.error(error))
        })
    }

    /// Puts a version on a rung by hand: what `mlp registry promote` does, and `rollback` with the version before.
    ///
    /// # Errors
    /// Where the model has no such version, or nothing to return to.
    pub fn set_rung(&self, model: &str, rung: &str, version: Option<i64>, who: &str, why: &str) -> Result<Decided> {
        let kind = if version.is_some() { "promote" } else { "rollback" };
        let seen = self.read_shared(|db| Standing::of(db, model, rung))?;
        let found = seen.target(version)?;
        let target = found.version;
        if seen.holds(target) {
            return Ok(Decided::Already { version: target });
        }
        self.verify(&found.artifact)?;
        self.change_shared(true, |db| {
            // Looked at once more: where the rung moved since, "the version before" is another.
            let standing = Standing::of(db, model, rung).map_err(|error| self.error(error))?;
            if standing.holds(target) {
                return Ok(Decided::Already { version: target });
            }
            if standing.target(version)?.version != target {
                return Self::unknown(format!("{model}.{rung} moved in the meantime; look again, then decide"));
            }
            let body = json!({
                "model": model, "rung": rung, "version": target, "candidate": found.artifact.digest, "who": who, "why": why, "moved": true,
                "by_hand": true,
            });
            audit::append(db, kind, None, None, &body)
                .and_then(|audit| move_rung(db, model, rung, target, audit, why))
                .map(Decided::Moved)
                .map_err(|error| self.error(error))
        })
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        self.shared_error(source)
    }
}

/// Where a rung stands, and what it could hold instead.
struct Standing {
    name: String,
    current: Option<RungEntry>,
    versions: Vec<Version>,
    history: Vec<RungMove>,
}

impl Standing {
    fn of(db: &Connection, model: &str, rung: &str) -> rusqlite::Result<Self> {
        let current = rung_entry(db, model, rung)?;
        let mut history = history(db, model)?;
        history.retain(|entry| entry.rung == rung);
        Ok(Self { name: format!("{model}.{rung}"), current, versions: versions(db, Some(model))?, history })
    }

    fn holds(&self, version: i64) -> bool {
        self.current.as_ref().is_some_and(|current| current.version == version)
    }

    /// The version asked for, or the one before.
    fn target(&self, version: Option<i64>) -> Result<&Version> {
        let target = match version {
            Some(version) => version,
            None => self.before()?,
        };
        let found = self.versions.iter().find(|found| found.version == target);
        let model = self.name.split_once('.').map_or("", |(model, _)| model);
        found.ok_or_else(|| StoreError::Registry(format!("{model} has no version {target}")))
    }

    fn before(&self) -> Result<i64> {
        let name = &self.name;
        let Some(current) = &self.current else { return Store::unknown(format!("{name} holds nothing")) };
        let arrived = self.history.iter().find(|entry| entry.version == current.version && entry.kind != "rollback");
        arrived
            .and_then(|entry| entry.previous)
            .ok_or_else(|| StoreError::Registry(format!("{name} held nothing before version {}", current.version)))
    }
}

fn versions(db: &Connection, model: Option<&str>) -> rusqlite::Result<Vec<Version>> {
    db.prepare_cached(
        "select model, version, run, node, at, artifact from versions where ?1 is null or model = ?1 order by model, version desc",
    )?
    .query_map([model], |row| {
        Ok(Version {
            model: row.get(0)?,
            version: row.get(1)?,
            run: row.get(2)?,
            node: row.get(3)?,
            at: row.get(4)?,
            artifact: parse(row.get_ref(5)?.as_str()?)?,
        })
    })?
    .collect()
}

fn history(db: &Connection, model: &str) -> rusqlite::Result<Vec<RungMove>> {
    db.prepare_cached(
        "select h.model, h.rung, h.version, h.previous, h.at, h.audit, h.why, coalesce(a.kind, '')
         from rung_history h left join audit a on a.seq = h.audit where h.model = ?1 order by h.audit desc",
    )?
    .query_map([model], |row| {
        Ok(RungMove {
            model: row.get(0)?,
            rung: row.get(1)?,
            version: row.get(2)?,
            previous: row.get(3)?,
            at: row.get(4)?,
            audit: row.get(5)?,
            why: row.get(6)?,
            kind: row.get(7)?,
        })
    })?
    .collect()
}

fn check_approver(held: &Held, who: &str, author: &str) -> Result<()> {
    let refuse = |text: String| Err(StoreError::Registry(text));
    if held.until.as_ref().is_some_and(|until| *until < now()) {
        return refuse(format!("the time for an approval is over since {}", held.until.as_deref().unwrap_or_default()));
    }
    if held.given.iter().any(|name| name == who) {
        return refuse(format!("{who} has approved already"));
    }
    if held.except_author && who == author {
        return refuse(format!("{who} started the run: the policy asks for somebody else"));
    }
    Ok(())
}

fn rung_entry(db: &Connection, model: &str, rung: &str) -> rusqlite::Result<Option<RungEntry>> {
    db.prepare_cached(
        "select r.model, r.rung, r.version, r.since, v.artifact from rungs r join versions v using (model, version)
         where r.model = ?1 and r.rung = ?2",
    )?
    .query_row([model, rung], read_rung)
    .optional()
}

fn read_rung(row: &rusqlite::Row<'_>) -> rusqlite::Result<RungEntry> {
    Ok(RungEntry {
        model: row.get(0)?,
        rung: row.get(1)?,
        version: row.get(2)?,
        since: row.get(3)?,
        artifact: parse(row.get_ref(4)?.as_str()?)?,
    })
}

/// What the same decision of the same run came to before.
fn repeated(db: &Connection, decision: &Decision) -> rusqlite::Result<Option<Decided>> {
    let holds = rung_entry(db, &decision.model, &decision.rung)?;
    if let Some(entry) = holds
        && decision.verdict == Verdict::Promote
        && entry.artifact.digest == decision.artifact.digest
    {
        return Ok(Some(Decided::Already { version: entry.version }));
    }
    let found: Option<(i64, String)> = db
        .prepare_cached("select seq, body from audit where run = ?1 and node = ?2 order by seq desc limit 1")?
        .query_row([&decision.run, &decision.node], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((audit, body)) = found else { return Ok(None) };
    let body: Value = parse(&body)?;
    let same = body.get("candidate").and_then(Value::as_str) == Some(&decision.artifact.digest)
        && body.get("verdict") == serde_json::to_value(decision.verdict).ok().as_ref();
    Ok(same.then_some(Decided::Recorded { audit }))
}

fn record(db: &Connection, decision: &Decision, mut body: serde_json::Map<String, Value>) -> rusqlite::Result<Decided> {
    let version = version_of(db, decision)?;
    let moved = decision.verdict == Verdict::Promote;
    let facts = json!({
        "model": decision.model, "rung": decision.rung, "version": version, "candidate": decision.artifact.digest, "verdict": decision.verdict,
        "who": decision.author, "why": decision.why, "moved": moved,
    });
    body.extend(facts.as_object().cloned().unwrap_or_default());
    let kind = match decision.verdict {
        Verdict::Promote => "promote",
        Verdict::Refuse => "refuse",
        Verdict::Hold => "hold",
    };
    let audit = audit::append(db, kind, Some(&decision.run), Some(&decision.node), &Value::Object(body))?;
    if moved {
        return move_rung(db, &decision.model, &decision.rung, version, audit, &decision.why).map(Decided::Moved);
    }
    if let (Verdict::Hold, Some(held)) = (decision.verdict, &decision.approvals) {
        db.execute("update holds set open = 0 where model = ?1 and rung = ?2", [&decision.model, &decision.rung])?;
        db.execute(
            "insert into holds values (?1, ?2, ?3, ?4, ?5, 1, ?6)",
            (audit, &decision.model, &decision.rung, version, &decision.author, text_of(held)?),
        )?;
    }
    Ok(Decided::Recorded { audit })
}

/// The number of the candidate: its own where it was registered before, the next otherwise.
fn version_of(db: &Connection, decision: &Decision) -> rusqlite::Result<i64> {
    let known = db
        .prepare_cached("select version from versions where model = ?1 and digest = ?2")?
        .query_row([&decision.model, &decision.artifact.digest], |row| row.get(0))
        .optional()?;
    if let Some(version) = known {
        return Ok(version);
    }
    let version: i64 = db.query_row(
        "select coalesce(max(version), 0) + 1 from versions where model = ?1",
        [&decision.model],
        |row| row.get(0),
    )?;
    db.prepare_cached("insert into versions values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute((
        &decision.model,
        version,
        &decision.artifact.digest,
        &decision.run,
        &decision.node,
        now(),
        text_of(&decision.artifact)?,
    ))?;
    Ok(version)
}

fn move_rung(
    db: &Connection,
    model: &str,
    rung: &str,
    version: i64,
    audit: i64,
    why: &str,
) -> rusqlite::Result<RungMove> {
    let previous: Option<i64> = db
        .query_row("select version from rungs where model = ?1 and rung = ?2", [model, rung], |row| row.get(0))
        .optional()?;
    let at = now();
    db.execute("insert or replace into rungs values (?1, ?2, ?3, ?4, ?5)", (model, rung, version, &at, audit))?;
    db.execute(
        "insert into rung_history values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (audit, model, rung, version, previous, &at, why),
    )?;
    let kind = db.query_row("select kind from audit where seq = ?1", [audit], |row| row.get(0))?;
    let (model, rung, why) = (model.to_owned(), rung.to_owned(), why.to_owned());
    Ok(RungMove { model, rung, version, previous, at, audit, why, kind })
}
