//! GitHub workflow commands: `::error file=..,line=..::message`.

use std::fmt::Write as _;

use mlp_source::SourceMap;

use super::place::{Place, one_line, paragraphs};
use crate::Diagnostic;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let _ = write!(text, "::{} ", diagnostic.severity.word());
        if let Some(place) = Place::of(diagnostic.primary, sources) {
            let _ = write!(
                text,
                "file={},line={},col={},",
                property(&one_line(place.file)),
                place.start.line,
                place.start.column
            );
            let _ = write!(text, "endLine={},endColumn={},", place.end.line, place.end.column);
        }
        let mut words = paragraphs(&diagnostic.message);
        if let Some(help) = &diagnostic.help {
            let _ = write!(words, "\nhelp: {}", paragraphs(help));
        }
        let _ = writeln!(text, "title={}::{}", diagnostic.code, data(&words));
    }
    text
}

/// What a command could not do; it has no place.
pub(super) fn failed(command: &str, words: &str) -> String {
    format!("::error title={}::{}\n", property(&format!("mlp {command}")), data(&paragraphs(words)))
}

/// The escapes of a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escapes of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
