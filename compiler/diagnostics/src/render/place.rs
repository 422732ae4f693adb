//! Spans as people read them, and text that is safe to print.

use std::ops::Range;

use mlp_source::{Files, Position, Source, SourceMap, Span};

/// A span with its file's name and both positions.
pub(super) struct Place<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Where it begins.
    pub start: Position,
    /// Where it ends, behind the last character.
    pub end: Position,
}

impl<'a> Place<'a> {
    /// The place of a span; `None` where the map does not know the file.
    pub fn of(span: Span, sources: &'a SourceMap) -> Option<Self> {
        let source = sources.get(span.file)?;
        let range = tidy(span, source);
        Some(Self {
            file: &source.name,
            start: locate(sources, span, range.start)?,
            end: locate(sources, span, range.end)?,
        })
    }
}

/// Asks codespan's position service, so that every form shows what it shows.
fn locate(sources: &SourceMap, span: Span, offset: usize) -> Option<Position> {
    let location = sources.location(span.file, offset).ok()?;
    Some(Position {
        line: u32::try_from(location.line_number).ok()?,
        column: u32::try_from(location.column_number).ok()?,
        offset: u32::try_from(offset).ok()?,
    })
}

/// The span as a range inside of the text, on character boundaries, its start not behind its end.
pub(super) fn tidy(span: Span, source: &Source) -> Range<usize> {
    let start = source.text.floor_char_boundary(span.start as usize);
    let end = source.text.ceil_char_boundary((span.end as usize).min(source.text.len()));
    start..end.max(start)
}

/// Characters that would move the cursor, change colours or turn the reading direction around.
pub(super) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `text` on one line, without control characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => line.push(' '),
            '\r' => {}
            other if is_unsafe(other) => line.push('\u{FFFD}'),
            other => line.push(other),
        }
    }
    line
}

/// `text` with its line ends, without other control characters.
pub(super) fn paragraphs(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}
