//! `cargo xtask grammars`: what the grammars of editors have in common, written from the one table of words (`compiler/syntax/src/words.rs`).
//!
//! Lists go into files of their own, one for each language; grammars that cannot read a file are made from a template beside them.

mod lists;
mod queries;
mod templates;
#[path = "../../../compiler/syntax/src/words.rs"]
mod words;

use std::{fs, path::PathBuf};

use crate::{place, process::say};

/// A role and its words, as the generated files name it.
pub struct Role {
    name: &'static str,
    words: &'static [&'static str],
}

/// All roles.
const ROLES: [Role; 12] = [
    Role { name: "items", words: words::ITEMS },
    Role { name: "entries", words: words::ENTRIES },
    Role { name: "modifiers", words: words::MODIFIERS },
    Role { name: "clauses", words: words::CLAUSES },
    Role { name: "algebra", words: words::ALGEBRA },
    Role { name: "operators", words: words::OPERATORS },
    Role { name: "constants", words: words::CONSTANTS },
    Role { name: "types", words: words::TYPES },
    Role { name: "artifacts", words: words::ARTIFACTS },
    Role { name: "durations", words: words::DURATIONS },
    Role { name: "sizes", words: words::SIZES },
    Role { name: "continuing", words: words::CONTINUING },
];

/// A file that is generated: its path below `editors/`, and what it holds.
struct Output {
    path: PathBuf,
    text: String,
}

/// Writes them all, or with `check` only says which are out of date. Whether all are as they should be.
pub fn run(check: bool) -> Result<bool, String> {
    let editors = place::root().join("editors");
    let mut good = true;
    for Output { path, text } in outputs()? {
        let whole = editors.join(&path);
        if fs::read_to_string(&whole).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            good = false;
            say(&format!("editors/{} is out of date: run `cargo xtask grammars`", path.display()));
        } else {
            if let Some(folder) = whole.parent() {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            crate::process::write(&whole, &text)?;
            say(&format!("editors/{}", path.display()));
        }
    }
    Ok(good)
}

fn outputs() -> Result<Vec<Output>, String> {
    let mut all = lists::outputs();
    all.extend(templates::outputs()?);
    all.extend(queries::outputs()?);
    Ok(all)
}

/// A hand-written file below `editors/`.
fn source(path: &str) -> Result<String, String> {
    let whole = place::root().join("editors").join(path);
    fs::read_to_string(&whole).map_err(|error| format!("{}: {error}", whole.display()))
}
