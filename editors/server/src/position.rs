//! Places: the byte offsets of the compiler, and the lines and characters of the protocol in the encoding that was agreed on.

use lsp_types::{Position, PositionEncodingKind, Range};

/// How the client counts the characters of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Code units of UTF-16: what every client knows.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The best of those that a client offers: bytes, which need no counting; UTF-16 where it says nothing.
    #[must_use]
    pub fn agreed(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offers = |kind: &PositionEncodingKind| offered.is_some_and(|offered| offered.contains(kind));
        if offers(&PositionEncodingKind::UTF8) {
            Self::Utf8
        } else if offers(&PositionEncodingKind::UTF16) || !offers(&PositionEncodingKind::UTF32) {
            Self::Utf16
        } else {
            Self::Utf32
        }
    }

    /// Its name in the protocol.
    #[must_use]
    pub const fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
            Self::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    /// How many units a text has.
    #[must_use]
    pub fn units(self, text: &str) -> u32 {
        let count = match self {
            Self::Utf8 => text.len(),
            Self::Utf16 if text.is_ascii() => text.len(),
            Self::Utf16 => text.chars().map(char::len_utf16).sum(),
            Self::Utf32 => text.chars().count(),
        };
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// The bytes that the first units of a line take; all of them where it has fewer, and up to the character in whose middle the last one ends.
    fn bytes(self, line: &str, units: u32) -> usize {
        let mut left = units as usize;
        for (at, character) in line.char_indices() {
            let width = match self {
                Self::Utf8 => character.len_utf8(),
                Self::Utf16 => character.len_utf16(),
                Self::Utf32 => 1,
            };
            if left < width {
                return at;
            }
            left -= width;
        }
        line.len()
    }
}

/// The lines of a text.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<u32>,
    encoding: Encoding,
}

impl Lines {
    /// Finds the lines of a text; they end with `\n`, `\r\n` or a lone `\r`, as the protocol says.
    #[must_use]
    pub fn new(text: &str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
            .filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'))
            .map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
        Self { starts: std::iter::once(0).chain(ends).collect(), encoding }
    }

    /// The place of an offset; offsets behind the end give the end, those within a character its start.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let start = self.starts.get(line).map_or(0, |start| *start as usize);
        let before = text.get(start..offset).unwrap_or_default();
        Position::new(u32::try_from(line).unwrap_or(u32::MAX), self.encoding.units(before))
    }

    /// The range of two offsets.
    #[must_use]
    pub fn range(&self, text: &str, range: &std::ops::Range<u32>) -> Range {
        Range::new(self.position(text, range.start), self.position(text, range.end))
    }

    /// The offset of a place; a character behind the end of its line gives the end of the line, a line behind the last one the end of the text.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position) -> u32 {
        let Some(start) = self.starts.get(position.line as usize) else {
            return u32::try_from(text.len()).unwrap_or(u32::MAX);
        };
        let end = self.starts.get(position.line as usize + 1).map_or(text.len(), |next| *next as usize);
        let line = text.get(*start as usize..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        start + u32::try_from(self.encoding.bytes(line, position.character)).unwrap_or_default()
    }

    /// The offsets of a range; one whose ends are the wrong way round is empty.
    #[must_use]
    pub fn offsets(&self, text: &str, range: Range) -> std::ops::Range<u32> {
        let start = self.offset(text, range.start);
        start..self.offset(text, range.end).max(start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ENCODINGS: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];

    #[test]
    fn units_are_those_of_the_encoding() {
        let text = "a😀é\r\nb\rc";
        let places = ENCODINGS.map(|encoding| {
            let lines = Lines::new(text, encoding);
            (lines.position(text, 7).character, lines.position(text, 9), lines.position(text, 11).line)
        });
        assert_eq!(places, [(7, Position::new(1, 0), 2), (4, Position::new(1, 0), 2), (3, Position::new(1, 0), 2)]);
    }

    #[test]
    fn places_that_are_not_there_give_the_nearest_before() {
        let text = "a😀\nb";
        let lines = Lines::new(text, Encoding::Utf16);
        assert_eq!(lines.offset(text, Position::new(0, 2)), 1, "within the pair of units");
        assert_eq!(lines.offset(text, Position::new(0, 99)), 5, "behind the line");
        assert_eq!(lines.offset(text, Position::new(9, 0)), 7, "behind the text");
    }

    proptest! {
        #[test]
        fn offsets_come_back(text in "[a😀é\r\n]{0,40}", at in 0_usize..200) {
            let at = (0..=text.len()).rev().find(|offset| *offset <= at && text.is_char_boundary(*offset)).unwrap_or(0);
            let at = u32::try_from(at).unwrap_or(0);
            // between the two characters of a line end there is no place of the protocol
            prop_assume!(!text.get(..at as usize).is_some_and(|before| before.ends_with('\r')) || !text.get(at as usize..).is_some_and(|after| after.starts_with('\n')));
            for encoding in ENCODINGS {
                let lines = Lines::new(&text, encoding);
                prop_assert_eq!(lines.offset(&text, lines.position(&text, at)), at);
            }
        }
    }
}
