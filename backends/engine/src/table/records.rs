//! Where the records of a CSV text end, told while its bytes pass by: so that batches stay small, a quote that never closes is told, and a line without an end
//! is refused before it fills the memory.

/// The longest record of a text file, in bytes.
pub const LONGEST: u64 = 64 << 20;

/// Follows the quotes of a text (RFC 4180: they open at the beginning of a value only, and two of them inside stand for one).
#[derive(Debug)]
pub struct Records {
    quote: u8,
    delimiter: u8,
    /// The byte before; a line's end at the beginning of the text.
    last: u8,
    state: State,
    line: u64,
    opened: u64,
    /// Bytes so far, and how many of them belong to whole records.
    seen: u64,
    whole: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// Behind a quote inside: the next byte tells whether it closed.
    Closing,
}

impl Records {
    /// At the beginning of a text.
    #[must_use]
    pub const fn new(delimiter: u8, quote: u8) -> Self {
        Self { quote, delimiter, last: b'\n', state: State::Outside, line: 1, opened: 0, seen: 0, whole: 0 }
    }

    /// Bytes that belong to whole records.
    #[must_use]
    pub const fn whole(&self) -> u64 {
        self.whole
    }

    /// Looks at the next bytes.
    ///
    /// # Errors
    /// In words, where a record is too long.
    pub fn see(&mut self, bytes: &[u8]) -> Result<(), String> {
        // most files have no quotes at all
        if self.state == State::Outside && !bytes.contains(&self.quote) {
            if let Some(end) = bytes.iter().rposition(|byte| is_end(*byte)) {
                self.whole = self.seen + end as u64 + 1;
                self.line += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            }
            self.last = bytes.last().copied().unwrap_or(self.last);
        } else {
            self.follow(bytes);
        }
        self.seen += bytes.len() as u64;
        if self.seen - self.whole <= LONGEST {
            return Ok(());
        }
        Err(match self.state {
            State::Inside => {
                format!("the quote that opens in line {} is not closed within {} MiB", self.opened, LONGEST >> 20)
            }
            _ => format!("line {} is longer than {} MiB, the most that a record may have", self.line, LONGEST >> 20),
        })
    }

    fn follow(&mut self, bytes: &[u8]) {
        for (at, byte) in bytes.iter().enumerate() {
            let byte = *byte;
            self.state = match (self.state, byte) {
                (State::Outside, byte) if byte == self.quote && (self.last == self.delimiter || is_end(self.last)) => {
                    self.opened = self.line;
                    State::Inside
                }
                (State::Inside, byte) if byte == self.quote => State::Closing,
                (State::Closing, byte) if byte == self.quote => State::Inside,
                (State::Closing, _) => State::Outside,
                (state, _) => state,
            };
            self.line += u64::from(byte == b'\n');
            self.last = byte;
            if is_end(byte) && self.state == State::Outside {
                self.whole = self.seen + at as u64 + 1;
            }
        }
    }

    /// At the end of the text.
    ///
    /// # Errors
    /// In words, where a quote is still open.
    pub fn end(&self) -> Result<(), String> {
        match self.state {
            State::Inside => {
                Err(format!("the quote that opens in line {} is never closed, or one before it", self.opened))
            }
            _ => Ok(()),
        }
    }
}

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str, step: usize) -> Result<u64, String> {
        let mut records = Records::new(b',', b'"');
        for bytes in text.as_bytes().chunks(step) {
            records.see(bytes)?;
        }
        records.end().map(|()| records.whole())
    }

    #[test]
    fn a_quote_that_never_closes_is_told_with_its_line() {
        let words = |line: u64| Err(format!("the quote that opens in line {line} is never closed, or one before it"));
        for step in [1, 3, 100] {
            assert_eq!(end("a,b\n1,x\n2,\"y\n3,z\n4,w\n", step), words(3));
            assert_eq!(end("\"a", step), words(1));
            assert_eq!(end("a\n\"b\"\"", step), words(2));
        }
    }

    #[test]
    fn records_end_outside_of_quotes() {
        for step in [1, 2, 100] {
            for (text, whole) in [
                ("", 0),
                ("a,b\n1,2\n", 8),
                ("a,b\n1,2", 4),
                ("a,\"b \"\"x\"\" \nc\"\n", 15),
                ("a\n5\" pipe\n", 10),
                ("\"\",\"\"\n", 6),
                ("a\n\"b\nc", 2),
            ] {
                if text.ends_with("\nc") {
                    assert!(end(text, step).is_err());
                } else {
                    assert_eq!(end(text, step), Ok(whole), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_line_without_an_end_is_refused() {
        let mut records = Records::new(b',', b'"');
        records.see(b"a,b\n1,2\n").unwrap();
        let mut last = Ok(());
        for _ in 0..65 {
            last = records.see(&vec![b'x'; 1 << 20]);
        }
        assert_eq!(last, Err("line 3 is longer than 64 MiB, the most that a record may have".to_owned()));
    }
}
