//! `cargo xtask editors`: the grammars and plugins of editors, each in the real editor.
//!
//! What is needed for that is installed once into `target/editors/`. What cannot be had is told, and fails in CI.

mod emacs;
mod grammar;
mod highlighters;
mod home;
mod programs;
pub mod tools;
mod vim;
mod vscode;

use crate::{
    count::Count,
    process::{complain, step},
};

/// A step: its name, and what it does; the error says what it lacks.
type Step = (&'static str, fn(&mut Count) -> Result<(), String>);

const STEPS: [Step; 10] = [
    ("tree-sitter", grammar::run),
    ("textmate", highlighters::textmate),
    ("codemirror", highlighters::codemirror),
    ("pygments", highlighters::pygments),
    ("vim", vim::vim),
    ("neovim", vim::neovim),
    ("emacs", emacs::run),
    ("helix", highlighters::helix),
    ("zed", highlighters::zed),
    ("vscode", vscode::run),
];

/// All steps, or the one of that name, with the result at the end.
pub fn run(only: Option<&str>) -> Result<bool, String> {
    programs::build()?;
    let mut count = Count::default();
    all(&mut count, only)?;
    Ok(count.result())
}

/// All steps, or the one of that name; the workspace is built.
pub fn all(count: &mut Count, only: Option<&str>) -> Result<(), String> {
    if let Some(only) = only.filter(|only| STEPS.iter().all(|(name, _)| name != only)) {
        let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no editor `{only}`; there are {}", names.join(", ")));
    }
    for (name, run) in STEPS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        step(&format!("editors: {name}"));
        if let Err(why) = run(count) {
            complain(&why);
            count.missing(&format!("editors: {name}"), why.lines().next().unwrap_or_default());
        }
    }
    Ok(())
}
