//! One stable line for each diagnostic: what logs, CI and snapshots see.

use codespan_reporting::{
    diagnostic::{Diagnostic as Emitted, Label as EmittedLabel, Severity as Level},
    term::{Config, DisplayStyle, emit_to_string},
};
use mlp_source::{FileId, SourceMap};

use super::place::{one_line, tidy};
use crate::{Diagnostic, Severity};

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let config = Config { display_style: DisplayStyle::Short, ..Config::default() };
    let mut text = String::new();
    for diagnostic in diagnostics {
        let mut line = String::new();
        if emit_to_string(&mut line, &config, sources, &emitted(diagnostic, sources)).is_err() {
            // only a foreign file can fail, and those carry no label; the words are kept all the same
            line = format!("{}[{}]: {}", diagnostic.severity.word(), diagnostic.code, diagnostic.message);
        }
        // a file's name may hold a line end, too
        text.push_str(&one_line(line.trim_end_matches('\n')));
        text.push('\n');
    }
    text
}

fn emitted(diagnostic: &Diagnostic, sources: &SourceMap) -> Emitted<FileId> {
    let level = match diagnostic.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    let mut emitted =
        Emitted::new(level).with_code(diagnostic.code.to_string()).with_message(one_line(&diagnostic.message));
    if let Some(source) = sources.get(diagnostic.primary.file) {
        emitted.labels.push(EmittedLabel::primary(diagnostic.primary.file, tidy(diagnostic.primary, source)));
    }
    emitted
}
