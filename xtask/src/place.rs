//! Where things are.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The project's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// cargo's target folder: `CARGO_TARGET_DIR` where set.
pub fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The `mlp` binary that `cargo build --release` makes.
pub fn mlp() -> PathBuf {
    target().join("release").join(format!("mlp{}", env::consts::EXE_SUFFIX))
}
