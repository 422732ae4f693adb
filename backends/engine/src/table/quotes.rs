//! A quote of a CSV file that never closes: the reader behind would take the rest of the file for one value, and lose its rows.

use std::io::{self, Read};

/// Passes bytes on, and fails at the end of a text in which a quote is still open. Quotes open at the beginning of a value only, and two of them inside stand
/// for one (RFC 4180), as the CSV reader has it.
#[derive(Debug)]
pub(super) struct Quotes<R> {
    inner: R,
    /// The byte before; a line's end at the beginning of the text.
    last: u8,
    state: State,
    lines: u64,
    opened: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Outside,
    Inside,
    /// Behind a quote inside: the next byte tells whether it closed.
    Closing,
}

impl<R> Quotes<R> {
    pub const fn new(inner: R) -> Self {
        Self { inner, last: b'\n', state: State::Outside, lines: 1, opened: 0 }
    }

    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let byte = *byte;
            self.state = match (self.state, byte) {
                (State::Outside, b'"') if matches!(self.last, b',' | b'\n' | b'\r') => {
                    self.opened = self.lines;
                    State::Inside
                }
                (State::Inside, b'"') => State::Closing,
                (State::Closing, b'"') => State::Inside,
                (State::Closing, _) => State::Outside,
                (state, _) => state,
            };
            self.lines += u64::from(byte == b'\n');
            self.last = byte;
        }
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.state == State::Inside {
            let message = format!("the quote that opens in line {} is never closed, or one before it", self.opened);
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        // most files have no quotes at all
        if self.state == State::Outside && !bytes.contains(&b'"') {
            self.lines += bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            self.last = bytes.last().copied().unwrap_or(self.last);
        } else {
            self.see(bytes);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, step: usize) -> Result<String, String> {
        struct Steps<'a>(&'a [u8], usize);
        impl Read for Steps<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.1.min(self.0.len()).min(buffer.len());
                buffer[..length].copy_from_slice(&self.0[..length]);
                self.0 = &self.0[length..];
                Ok(length)
            }
        }
        let mut out = String::new();
        Quotes::new(Steps(text.as_bytes(), step))
            .read_to_string(&mut out)
            .map(|_| out)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_quote_that_never_closes_is_told_with_its_line() {
        for step in [1, 3, 100] {
            let found = read("a,b\n1,x\n2,\"y\n3,z\n4,w\n", step);
            assert_eq!(found, Err("the quote that opens in line 3 is never closed, or one before it".to_owned()));
            assert_eq!(
                read("\"a", step),
                Err("the quote that opens in line 1 is never closed, or one before it".to_owned())
            );
            assert_eq!(
                read("a\n\"b\"\"", step),
                Err("the quote that opens in line 2 is never closed, or one before it".to_owned())
            );
        }
    }

    #[test]
    fn quotes_that_close_or_do_not_open_are_passed_on() {
        for step in [1, 2, 100] {
            for text in ["", "a,b\n1,2\n", "a,\"b \"\"x\"\" \nc\"\n", "a\n5\" pipe\n", "\"\",\"\"\n", "a\n\"b\""] {
                assert_eq!(read(text, step), Ok(text.to_owned()));
            }
        }
    }
}
