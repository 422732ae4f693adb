//! Source text as miette draws it, read by the line index.
//!
//! miette's stock source scans the file from its first byte for every label; this one answers in the time of a binary search.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use mlp_source::Source;

use super::place::{is_unsafe, one_line};

/// Lines longer than this (in bytes) are not drawn whole but as a window around the label.
const LONG_LINE: usize = 400;
/// What such a window shows before and behind the start of the label, in bytes.
const WINDOW: (usize, usize) = (40, 90);

/// One file, ready to be drawn.
pub(super) struct Drawn<'a> {
    source: &'a Source,
    name: String,
    /// The text with characters that a terminal must not see replaced by others of the same length, and a space behind it,
    /// so that the end of the file is a place that an arrow can point to.
    text: String,
}

impl<'a> Drawn<'a> {
    pub fn new(source: &'a Source) -> Self {
        let mut text = harmless(&source.text);
        text.push(' ');
        Self { source, name: one_line(&source.name), text }
    }

    /// Where to draw a label: its range, cut to its first line where it is long.
    pub fn label(&self, range: Range<usize>) -> SourceSpan {
        const LINES: usize = 6;
        let first = self.line_of(range.start);
        let lines = self.line_of(range.end).saturating_sub(first);
        let end = if lines > LINES || range.len() > LONG_LINE {
            let line = self.line(first);
            let shown = self.text.get(line.clone()).map_or(line.end, |text| line.start + text.trim_end().len());
            range.end.min(shown).min(self.text.floor_char_boundary(range.start + WINDOW.1)).max(range.start)
        } else {
            range.end
        };
        (range.start, end - range.start).into()
    }

    fn line_of(&self, offset: usize) -> usize {
        self.source.line_of(u32::try_from(offset).unwrap_or(u32::MAX))
    }

    /// Byte range of a 0-based line; the last one has the space that we put behind the text.
    fn line(&self, line: usize) -> Range<usize> {
        let range = self.source.line_range(line).unwrap_or(self.source.text.len()..self.source.text.len());
        if line + 1 >= self.source.line_count() { range.start..self.text.len() } else { range }
    }

    /// The last line that is worth showing as context: not the empty one behind the last line end.
    fn last_shown(&self) -> usize {
        let last = self.source.line_count().saturating_sub(1);
        if self.source.text.ends_with('\n') { last.saturating_sub(1) } else { last }
    }

    fn window(&self, span: Range<usize>, first: usize) -> Range<usize> {
        let line = self.line(first);
        let start = self.text.floor_char_boundary(span.start.saturating_sub(WINDOW.0)).max(line.start);
        let end = self.text.floor_char_boundary(span.start + WINDOW.1 + 1).min(line.end).max(start);
        start..end
    }

    fn contents(
        &self,
        range: Range<usize>,
        line: usize,
        column: usize,
        lines: usize,
    ) -> Box<dyn SpanContents<'_> + '_> {
        let data = self.text.get(range.clone()).unwrap_or_default().as_bytes();
        let span = (range.start, data.len()).into();
        Box::new(MietteSpanContents::new_named(self.name.clone(), data, span, line, column, lines))
    }
}

impl SourceCode for Drawn<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let span = span.offset()..span.offset() + span.len();
        if span.end > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let start = self.source.position(u32::try_from(span.start).unwrap_or(u32::MAX));
        let (line, column) = (start.line.saturating_sub(1) as usize, start.column.saturating_sub(1) as usize);
        if before == 0 && after == 0 {
            return Ok(self.contents(span, line, column, 1));
        }
        let end_line = self.line_of(span.end.saturating_sub(1).max(span.start));
        let first = line.saturating_sub(before);
        let last = (end_line + after).min(self.last_shown()).max(end_line);
        if (first..=last).any(|line| self.line(line).len() > LONG_LINE) {
            return Ok(self.contents(self.window(span, line), line, column, 1));
        }
        Ok(self.contents(self.line(first).start..self.line(last).end, first, 0, last - first + 1))
    }
}

/// `text` with every character that a terminal must not see replaced by one of the same length in bytes.
fn harmless(text: &str) -> String {
    let plain = |byte: u8| (b' '..0x7f).contains(&byte) || matches!(byte, b'\n' | b'\t');
    let mut safe = String::with_capacity(text.len() + 1);
    if text.bytes().all(plain) {
        safe.push_str(text);
        return safe;
    }
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let keep = match character {
            '\n' | '\t' => true,
            '\r' => characters.peek() == Some(&'\n'),
            other => !is_unsafe(other),
        };
        safe.push(match (keep, character.len_utf8()) {
            (true, _) => character,
            (false, 1) => '?',
            (false, 2) => '\u{B7}',
            (false, _) => '\u{FFFD}',
        });
    }
    safe
}
