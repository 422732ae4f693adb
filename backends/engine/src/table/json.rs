//! The syntax of JSON (RFC 8259), one line at a time: where values begin and end, without making anything of them.

/// Deepest nesting.
const DEEP: usize = 128;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// Text, and whether there are escapes in it.
    Text(bool),
    /// An object or array.
    Nested,
}

/// A place in a text.
#[derive(Debug)]
pub struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

type Fault = &'static str;

impl<'t> Cursor<'t> {
    /// At the beginning.
    #[must_use]
    pub const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// How many bytes were read.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    #[inline]
    fn is_next(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Calls `take` with each member of the object that is the whole text: its key as it is written and whether there are escapes in it, and its value.
    ///
    /// # Errors
    /// In words, where it is no object, or not JSON.
    pub fn object(&mut self, mut take: impl FnMut(&'t str, bool, Kind, &'t str)) -> Result<(), Fault> {
        if !self.is_next(b'{') {
            return Err("an object `{..}` is expected");
        }
        if !self.is_next(b'}') {
            loop {
                let (key, escaped) = self.key()?;
                let (kind, value) = self.value()?;
                take(key, escaped, kind, value);
                if self.closes(b'}')? {
                    break;
                }
            }
        }
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err("something stands behind the object") }
    }

    /// Calls `take` with each item of the array that is the whole text.
    ///
    /// # Errors
    /// In words, where it is no array, or not JSON.
    pub fn array(&mut self, mut take: impl FnMut(Kind, &'t str)) -> Result<(), Fault> {
        if !self.is_next(b'[') {
            return Err("an array `[..]` is expected");
        }
        if !self.is_next(b']') {
            loop {
                let (kind, value) = self.value()?;
                take(kind, value);
                if self.closes(b']')? {
                    break;
                }
            }
        }
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err("something stands behind the array") }
    }

    /// Behind a value: whether its object or array ends here; otherwise another follows.
    fn closes(&mut self, close: u8) -> Result<bool, Fault> {
        if self.is_next(b',') {
            return Ok(false);
        }
        if self.is_next(close) {
            return Ok(true);
        }
        Err(if close == b'}' { "`,` or `}` is expected" } else { "`,` or `]` is expected" })
    }

    fn key(&mut self) -> Result<(&'t str, bool), Fault> {
        self.space();
        if self.peek() != Some(b'"') {
            return Err("a key in quotes is expected");
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let key = self.text.get(start..self.at - 1).unwrap_or_default();
        if self.is_next(b':') { Ok((key, escaped)) } else { Err("`:` is expected") }
    }

    /// The next value; text without its quotes.
    fn value(&mut self) -> Result<(Kind, &'t str), Fault> {
        self.space();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'"') => {
                let escaped = self.string()?;
                return Ok((Kind::Text(escaped), self.text.get(start + 1..self.at - 1).unwrap_or_default()));
            }
            Some(b'{' | b'[') => {
                self.nested()?;
                Kind::Nested
            }
            _ => self.scalar()?,
        };
        Ok((kind, self.text.get(start..self.at).unwrap_or_default()))
    }

    fn scalar(&mut self) -> Result<Kind, Fault> {
        match self.peek() {
            Some(b't') => self.word("true", Kind::Bool),
            Some(b'f') => self.word("false", Kind::Bool),
            Some(b'n') => self.word("null", Kind::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            None => Err("a value is expected, and the line ends"),
            Some(_) => Err("a value is expected"),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(kind);
        }
        Err("a value is expected: `true`, `false`, `null`, a number, or text in quotes")
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        const BAD: Fault = "this is no number of JSON";
        self.at += usize::from(self.peek() == Some(b'-'));
        let zero = self.peek() == Some(b'0');
        let digits = self.digits();
        if digits == 0 || (zero && digits > 1) {
            return Err(BAD);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(BAD);
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err(BAD);
            }
        }
        Ok(Kind::Number)
    }

    /// Behind a text; whether there are escapes in it.
    fn string(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        let mut escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
                    self.at += match rest {
                        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                        [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
                        _ => return Err("`\\` begins an escape that JSON does not know"),
                    };
                }
                Some(byte) if byte < 0x20 => return Err("a control character stands in a text; it must be escaped"),
                Some(_) => self.at += 1,
                None => return Err("a text has no closing quote"),
            }
        }
    }

    /// Behind an object or array, without recursion.
    fn nested(&mut self) -> Result<(), Fault> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            // a value, or the end of what is empty
            match self.peek() {
                Some(byte @ (b'{' | b'[')) => {
                    if open.len() == DEEP {
                        return Err("values are nested more than 128 deep");
                    }
                    self.at += 1;
                    let close = if byte == b'{' { b'}' } else { b']' };
                    open.push(close);
                    if !self.is_next(close) {
                        if byte == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                    open.pop();
                }
                Some(b'"') => drop(self.string()?),
                _ => drop(self.scalar()?),
            }
            // behind a value
            loop {
                let Some(close) = open.last().copied() else { return Ok(()) };
                if !self.closes(close)? {
                    if close == b'}' {
                        self.key()?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }
}

/// A text without its escapes; a half of a pair of surrogates alone is U+FFFD.
#[must_use]
pub fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    let hex = |rest: &mut std::str::Chars<'_>| -> u32 {
        (0..4).filter_map(|_| rest.next()?.to_digit(16)).fold(0, |code, digit| code * 16 + digit)
    };
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match rest.next() {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let code = hex(&mut rest);
                let mut ahead = rest.clone();
                let low = (0xD800..0xDC00).contains(&code) && ahead.next() == Some('\\') && ahead.next() == Some('u');
                let second = if low { hex(&mut ahead) } else { 0 };
                if (0xDC00..0xE000).contains(&second) {
                    rest = ahead;
                    out.extend(char::from_u32(0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00)));
                } else {
                    out.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
                }
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn members(text: &str) -> Result<Vec<(String, Kind, String)>, Fault> {
        let mut found = Vec::new();
        Cursor::new(text).object(|key, _, kind, value| found.push((unescaped(key), kind, value.to_owned())))?;
        Ok(found)
    }

    fn values() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_filter_map("finite", |number| serde_json::Number::from_f64(number).map(Into::into)),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// What serde writes is read, value by value, and what serde refuses is refused.
        #[test]
        fn agrees_with_serde(object in prop::collection::btree_map(any::<String>(), values(), 0..5), cut in any::<prop::sample::Index>(), other in any::<u8>()) {
            let object = serde_json::Value::Object(object.into_iter().collect());
            let text = object.to_string();
            let found = members(&text).unwrap();
            for (key, kind, value) in &found {
                let wanted = &object[key];
                match kind {
                    Kind::Text(_) => prop_assert_eq!(Some(unescaped(value)), wanted.as_str().map(str::to_owned)),
                    _ => prop_assert_eq!(&serde_json::from_str::<serde_json::Value>(value).unwrap(), wanted),
                }
            }
            prop_assert_eq!(found.len(), object.as_object().unwrap().len());
            let mut broken = text.into_bytes();
            let at = cut.index(broken.len());
            broken[at] = other;
            if let Ok(broken) = String::from_utf8(broken) {
                let theirs = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&broken);
                // serde refuses halves of surrogate pairs and numbers beyond a float
                if let Err(error) = &theirs && !error.to_string().contains("surrogate") && !error.to_string().contains("out of range") && !error.to_string().contains("hex escape") {
                    prop_assert!(members(&broken).is_err(), "{}: {}", broken, error);
                }
                if theirs.is_ok() {
                    prop_assert!(members(&broken).is_ok(), "{}", broken);
                }
            }
        }
    }
}
