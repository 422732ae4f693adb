//! The store: artifacts by content, manifests, runs, the cache, the registry and its audit trail.
//!
//! **Lives here:** everything that outlives a process, in `<package>/.mlp/`: objects named by their blake3 digest, a manifest for each node of a
//! run, and one SQLite database (WAL) for runs, cache entries, models, rungs and decisions. The same layout in a bucket (`remote`), where a folder of
//! this machine holds copies. Data sets of others in a bucket are read by ranges.
//! **Does not:** what a node does (`step`), in which order nodes run (`local`), whether a model is good enough (`engine`).
//!
//! Invariants:
//! 1. An object appears under its digest by rename, whole or not at all; what it names never changes.
//! 2. A record (manifest, cache entry, rung) is written after the objects that it names.
//! 3. A rung moves in the same transaction that appends the decision to the hash-chained audit trail.
//! 4. In a bucket, the shared database is one object that is replaced by compare-and-swap: invariant 3 holds there too.
//! 5. One run at a time writes in a package: an OS lock on an open file, which dies with its holder. Readers never wait.

mod audit;
mod cache;
mod database;
mod digest;
mod error;
mod file;
mod gc;
mod http;
mod lock;
mod manifest;
mod objects;
mod past;
mod pins;
mod registry;
mod remote;
mod runs;
mod stat;
mod store;

pub use audit::{AuditEntry, ChainReport};
pub use cache::{CacheEntry, Written};
pub use digest::{Form, Stored, digest_bytes, digest_file, digest_path};
pub use error::StoreError;
pub use file::{with_path, write_atomically};
pub use gc::Collected;
pub use http::post_json;
pub use lock::{Holder, WriterLock};
pub use manifest::Manifest;
pub use past::{LastDecision, LastRun, Past, Stamp};
pub use registry::{Decided, Decision, Held, RungEntry, RungMove, Verdict, Version};
pub use remote::{RemoteObject, folder_of, objects, read_url};
pub use runs::{CacheVerdict, NodeRecord, NodeState, Outputs, RunRecord, RunState};
pub use store::Store;

/// Result of the store's operations.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The present instant in UTC as RFC 3339 with microseconds: how times are written in every record.
#[must_use]
pub fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
