//! `mlp fmt`.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use mlp_diagnostics::{
    Diagnostic,
    render::{Format, render},
};
use mlp_source::SourceMap;

use super::Exit;
use crate::output::Output;

/// Formats files in place, or tells which are not formatted.
pub fn fmt(paths: &[PathBuf], check: bool, stdin: bool, output: &Output) -> Exit {
    if stdin {
        return from_stdin(check, output);
    }
    let paths = if paths.is_empty() { vec![PathBuf::from(".")] } else { paths.to_vec() };
    let (mut changed, mut broken) = (0_usize, false);
    for path in &paths {
        for file in files(path).map_err(|message| output.failure(&message, None))? {
            let text = mlp_workspace::read_text(&file).map_err(|message| output.failure(&message, None))?;
            let (formatted, whole) = formatted(&file.display().to_string(), &text, output);
            broken |= !whole;
            if formatted == text {
                continue;
            }
            changed += 1;
            if check {
                output.result(&format!("{}: is not formatted", file.display()));
            } else {
                mlp_store::write_atomically(&file, formatted.as_bytes())
                    .map_err(|error| output.failure(&error.to_string(), None))?;
                output.result(&file.display().to_string());
            }
        }
    }
    Ok(u8::from(broken || (check && changed > 0)))
}

fn from_stdin(check: bool, output: &Output) -> Exit {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| output.failure(&format!("standard input: {error}"), None))?;
    let text = String::from_utf8(bytes).map_err(|_| output.failure("standard input is not UTF-8", None))?;
    let (formatted, whole) = formatted("<stdin>", &text, output);
    if check {
        return Ok(u8::from(!whole || formatted != text));
    }
    output.result(&formatted);
    Ok(u8::from(!whole))
}

/// The text in the one layout, and whether all of it could be read: what could not stays as it is, and is told.
fn formatted(name: &str, text: &str, output: &Output) -> (String, bool) {
    let mut sources = SourceMap::new();
    let parsed = mlp_syntax::parse(sources.add(name, text), text);
    if !parsed.diagnostics.is_empty() {
        output.note(render(&parsed.diagnostics, &sources, Format::Short, &output.options()).trim_end());
    }
    let whole = !parsed.diagnostics.iter().any(Diagnostic::is_error);
    (mlp_syntax::format(&parsed.file, text), whole)
}

/// The `.mlp` files below a path.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    let meta = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if meta.is_dir() { mlp_workspace::sources(path) } else { Ok(vec![path.to_path_buf()]) }
}
