//! The files of one compilation and their line starts.

use std::{ops::Range, sync::Arc};

use codespan_reporting::files::{Error, Files, line_starts};

use crate::{FileId, Span};

/// One text with its name and the offsets at which its lines start.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name that diagnostics show: a path relative to the package or as the user gave it.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    starts: Arc<[u32]>,
}

/// A place that people read: 1-based line and column (in characters), and the 0-based byte offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// 0-based offset in bytes.
    pub offset: u32,
}

/// All texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl Source {
    fn new(name: &str, text: Arc<str>) -> Self {
        let starts = line_starts(&text).map(|start| u32::try_from(start).unwrap_or(u32::MAX)).collect();
        Self { name: name.into(), text, starts }
    }

    /// 0-based line that holds `offset`.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Byte range of a 0-based line, its line end included.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Option<Range<usize>> {
        let start = *self.starts.get(line)? as usize;
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        Some(start..end)
    }

    /// Number of lines; an empty text has one.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.starts.len()
    }

    /// The place of a byte offset; offsets behind the end give the end.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let line = self.line_of(offset);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = self.text.get(start as usize..offset as usize).unwrap_or_default();
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX - 1) + 1;
        Position { line: u32::try_from(line + 1).unwrap_or(u32::MAX), column, offset }
    }
}

/// The place of what is in no file of a map.
const NOWHERE: Position = Position { line: 1, column: 1, offset: 0 };

impl SourceMap {
    /// A map without files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under the name that diagnostics will show.
    pub fn add(&mut self, name: &str, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        self.sources.push(Source::new(name, text.into()));
        id
    }

    /// The file of an id that this map made.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.sources.get(id.0 as usize)
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0u32..).map(FileId).zip(&self.sources)
    }

    /// The text of a span; empty where it lies outside of its file.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).and_then(|source| source.text.get(span.range())).unwrap_or_default()
    }

    /// Start and end of a span as people read them.
    #[must_use]
    pub fn positions(&self, span: Span) -> (Position, Position) {
        self.get(span.file)
            .map_or((NOWHERE, NOWHERE), |source| (source.position(span.start), source.position(span.end)))
    }

    /// Where a span begins, as people read it.
    #[must_use]
    pub fn start(&self, span: Span) -> Position {
        self.get(span.file).map_or(NOWHERE, |source| source.position(span.start))
    }

    /// The name of a file; empty for a foreign id.
    #[must_use]
    pub fn name(&self, id: FileId) -> &str {
        self.get(id).map_or("", |source| &source.name)
    }
}

impl<'a> Files<'a> for SourceMap {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.get(id).map(|source| &*source.name).ok_or(Error::FileMissing)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        self.get(id).map(|source| &*source.text).ok_or(Error::FileMissing)
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        let source = self.get(id).ok_or(Error::FileMissing)?;
        Ok(source.line_of(u32::try_from(byte_index).unwrap_or(u32::MAX)))
    }

    fn line_range(&'a self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let source = self.get(id).ok_or(Error::FileMissing)?;
        source.line_range(line).ok_or(Error::LineTooLarge { given: line, max: source.line_count().saturating_sub(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_count_bytes() {
        let mut map = SourceMap::new();
        let id = map.add("a.mlp", "äb\ncd");
        let (start, end) = map.positions(Span::new(id, 2, 4));
        assert_eq!((start.line, start.column, start.offset), (1, 2, 2));
        assert_eq!((end.line, end.column, end.offset), (2, 1, 4));
    }

    #[test]
    fn an_offset_behind_the_end_gives_the_end() {
        let mut map = SourceMap::new();
        let id = map.add("a.mlp", "ab");
        assert_eq!(map.positions(Span::at(id, 99)).0, Position { line: 1, column: 3, offset: 2 });
    }
}
