//! `mlp update`.

use mlp_workspace::{Pin, update as pinned_anew};

use super::Exit;
use crate::{
    args::Where,
    output::Output,
    program::{path_of, with_packages},
};

/// Pins packages from git anew, and tells what each was and is.
pub fn update(names: &[String], at: &Where, output: &Output) -> Exit {
    if output.locked {
        return Err(output.failure("`mlp update` writes mlp.lock, and --locked leaves it as it is", None));
    }
    let path = path_of(at);
    // what is pinned is told once, as a result
    let quiet = |line: &str| {
        if line.starts_with("fetching ") {
            output.note(&format!("note: {line}"));
        }
    };
    let done = with_packages(output, |fetching| {
        pinned_anew(&path, names, mlp_workspace::Fetching { note: &quiet, ..fetching })
    });
    let pins = done.map_err(|error| {
        for message in &error.0 {
            output.failure(message, None);
        }
        2_u8
    })?;
    let lines: Vec<String> = pins.iter().map(|(before, now)| told(before.as_ref(), now)).collect();
    output.result(&if lines.is_empty() { "the package has no packages from git".to_owned() } else { lines.join("\n") });
    Ok(0)
}

fn told(before: Option<&Pin>, now: &Pin) -> String {
    let rev = now.rev.as_deref().unwrap_or("the default branch");
    let commit = &now.commit;
    match before.map(|pin| &pin.commit) {
        None => format!("{}: {commit:.12} ({rev})", now.name),
        Some(same) if same == commit => format!("{}: {commit:.12} ({rev}), as before", now.name),
        Some(other) => format!("{}: {other:.12} -> {commit:.12} ({rev})", now.name),
    }
}
