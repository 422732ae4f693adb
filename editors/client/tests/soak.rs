//! Some hundred edits at random, with questions between them: what the server says is what a fresh one says. `cargo xtask soak` is the long one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use mlp_client::soak::{Plan, soak};
use mlp_tests::{mlp, root};

fn session(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    // links on the way to it would be other names of the same files
    let place: &Path = &folder.path().canonicalize().unwrap();
    let plan = Plan { seed, edits: 250, warm: 100, every: 40 };
    let report = soak(&mlp(), &root().join("examples"), place, plan).unwrap();
    assert!(report.edits >= plan.edits && report.asked > 100 && report.compared > 3, "{report:?}");
}

#[test]
fn what_is_said_after_any_edits_is_what_a_fresh_server_says() {
    session(1);
}

#[test]
fn and_by_another_seed_with_other_units() {
    session(2);
}
