//! `cargo xtask soak`: long sessions at random with the language server.

use crate::{
    place,
    process::{cargo, command, step, succeeds},
};

/// What the sessions are made from: the same again gives the same sessions.
const SEEDS: [&str; 3] = ["1", "2", "3"];
/// After so many deeds each the state is compared with a fresh server's.
const EVERY: &str = "500";

/// Runs a session of so many edits for each seed. Whether the state was always that of a fresh server, and the memory grew by no more than a tenth.
pub fn run(edits: &str) -> Result<bool, String> {
    let count: u32 = edits.parse().map_err(|_| format!("`{edits}` is not a number of edits"))?;
    step("build");
    const PARTS: [&str; 6] = ["-p", "mlp-cli", "-p", "mlp-client", "--bins", "--examples"];
    if !succeeds(cargo(&["build", "--release", "--locked"]).args(PARTS))? {
        return Err("the build failed".to_owned());
    }
    step(&format!("sessions of {count} edits"));
    let mut soak =
        command(place::target().join("release/examples/soak"), &[place::mlp(), place::root().join("examples")]);
    succeeds(soak.args([edits, EVERY]).args(SEEDS))
}
