//! A text as an editor has it, with places as the protocol counts them.

use std::ops::Range;

use mlp_generate::lines;
use serde_json::{Value, json};

/// How the characters of a line are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `utf-8`
    Bytes,
    /// `utf-16`
    Pairs,
    /// `utf-32`
    Characters,
}

impl Units {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pairs, Self::Bytes, Self::Characters];

    /// As the protocol names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "utf-8",
            Self::Pairs => "utf-16",
            Self::Characters => "utf-32",
        }
    }

    const fn of(self, letter: char) -> u64 {
        match self {
            Self::Bytes => letter.len_utf8() as u64,
            Self::Pairs => letter.len_utf16() as u64,
            Self::Characters => 1,
        }
    }

    /// The place of a byte of a text. Lines end with `\n`.
    #[must_use]
    pub fn position(self, text: &str, offset: usize) -> Value {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let character: u64 = before.get(start..).unwrap_or_default().chars().map(|letter| self.of(letter)).sum();
        json!({"line": line, "character": character})
    }

    /// The range of some bytes of a text.
    #[must_use]
    pub fn range(self, text: &str, range: &Range<usize>) -> Value {
        json!({"start": self.position(text, range.start), "end": self.position(text, range.end)})
    }

    /// The byte of a place.
    ///
    /// # Errors
    /// Where there is no such place: servers have to tell places that there are.
    pub fn offset(self, text: &str, position: &Value) -> Result<usize, String> {
        let missing = || format!("{position} is no place of the text");
        let number = |name: &str| position.get(name).and_then(Value::as_u64).ok_or_else(missing);
        let (line, mut left) = (number("line")?, number("character")?);
        let mut at = 0;
        for _ in 0..line {
            at += text.get(at..).and_then(|rest| rest.find('\n')).ok_or_else(missing)? + 1;
        }
        for letter in text.get(at..).unwrap_or_default().chars().take_while(|letter| *letter != '\n') {
            if left == 0 {
                break;
            }
            left = left.checked_sub(self.of(letter)).ok_or_else(missing)?;
            at += letter.len_utf8();
        }
        if left == 0 { Ok(at) } else { Err(missing()) }
    }

    /// A text after edits of the protocol, all of which count in the text as it was.
    ///
    /// # Errors
    /// Where an edit is at no place of the text, or two are at the same.
    pub fn edited(self, text: &str, edits: &[Value]) -> Result<String, String> {
        let mut found: Vec<(Range<usize>, &str)> = Vec::new();
        for edit in edits {
            let place = |end: &str| self.offset(text, edit.pointer(&format!("/range/{end}")).unwrap_or(&Value::Null));
            let new = edit.get("newText").and_then(Value::as_str).ok_or_else(|| format!("{edit} is no edit"))?;
            found.push((place("start")?..place("end")?, new));
        }
        found.sort_by_key(|(range, _)| (range.start, range.end));
        let mut made = String::new();
        let mut at = 0;
        for (range, new) in found {
            let between = text.get(at..range.start).filter(|_| range.start <= range.end);
            made.push_str(between.ok_or_else(|| format!("edits lie over each other at {range:?}"))?);
            made.push_str(new);
            at = range.end;
        }
        made.push_str(text.get(at..).unwrap_or_default());
        Ok(made)
    }
}

/// Where the declarations of a text stand, roughly: what is between two empty lines behind which a line begins at its margin.
#[must_use]
pub fn declarations(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut was_empty = true;
    for line in lines(text) {
        let is_empty = text.get(line.clone()).is_none_or(|line| line.trim().is_empty());
        let is_head =
            text.get(line.clone()).is_some_and(|line| line.starts_with(|letter: char| !letter.is_whitespace()));
        match found.last_mut() {
            Some(last) if !(was_empty && is_head) => last.end = line.end,
            _ => found.push(line),
        }
        was_empty = is_empty;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_in_all_units() {
        let text = "a😀é\nb\n";
        for units in Units::ALL {
            for (at, _) in text.char_indices() {
                assert_eq!(units.offset(text, &units.position(text, at)), Ok(at), "{units:?}");
            }
        }
        assert_eq!(Units::Pairs.position(text, 5), json!({"line": 0, "character": 3}));
        assert!(Units::Pairs.offset(text, &json!({"line": 0, "character": 2})).is_err(), "within a pair");
        assert!(Units::Pairs.offset(text, &json!({"line": 3, "character": 0})).is_err());
    }

    #[test]
    fn edits_count_in_the_text_as_it_was() {
        let edit = |from: u64, to: u64, new: &str| json!({"range": {"start": {"line": 0, "character": from}, "end": {"line": 0, "character": to}}, "newText": new});
        assert_eq!(Units::Pairs.edited("abc", &[edit(2, 3, "C"), edit(0, 1, "xx")]).as_deref(), Ok("xxbC"));
        assert!(Units::Pairs.edited("abc", &[edit(0, 2, ""), edit(1, 3, "")]).is_err());
    }

    #[test]
    fn declarations_are_found() {
        let text = "//! a\n\ncontract A {\n  id: int64\n\n  x: text\n}\n\nconst b: int = 1\n";
        let found: Vec<_> = declarations(text).into_iter().filter_map(|range| text.get(range)).collect();
        assert_eq!(found, ["//! a\n\n", "contract A {\n  id: int64\n\n  x: text\n}\n\n", "const b: int = 1\n"]);
    }
}
