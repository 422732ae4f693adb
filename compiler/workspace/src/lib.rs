//! Packages on disk: manifests, files, dependencies, and the check of all of them together.
//!
//! **Lives here:** reading `mlp.toml`, finding sources, loading dependencies (by path, and from git into a cache) and the standard library, targets, `mlp.lock`, revisions of a git repository, packages under edits.
//! **Does not:** the meaning of programs (`analysis`), the making of plans (`lower`).
//!
//! Invariants:
//! 1. This is the only crate of the compiler that reads a disk.
//! 2. A file that cannot be read is an error that names it; nothing is skipped silently.
//! 3. The network is asked only for a package from git that is not pinned or not yet on this machine, and never where [`Fetching`] forbids it.
//! 4. After any edits a [`Package`] says what a fresh check of the same texts says.
//! 5. Results do not depend on the order in which a directory lists its files.

mod disk;
pub mod git;
mod live;
mod load;
mod manifest;
mod packages;
mod target;

pub use disk::{DiskFiles, MAX_BYTES, cache, read_text, sources};
pub use live::{Document, Package, Supposing};
pub use load::{LoadError, Loaded, in_memory, load, load_beside, package_root, relative_to_here, single, update};
pub use manifest::{Dependency, Manifest, TargetTable};
pub use packages::{Fetching, lock::Pin};
pub use target::{Override, apply_target, target_of};
