//! A log with a cap: what a stage prints, whatever it prints, in bounded space and without its secrets.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, PipeReader, Read as _, Write as _},
    path::PathBuf,
};

/// Bytes of the end that are remembered for messages.
const TAIL: usize = 16 * 1024;

/// Where a stage's output goes.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: Option<File>,
    cap: u64,
    written: u64,
    dropped: u64,
    tail: VecDeque<u8>,
    secrets: Vec<Vec<u8>>,
    /// The end of what came last, while a secret may go on in what comes next.
    held: Vec<u8>,
}

impl Log {
    /// A log at `path`; the file is made with its first byte.
    pub fn new(path: PathBuf, cap: u64, secrets: Vec<Vec<u8>>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        Self { path, file: None, cap, written: 0, dropped: 0, tail: VecDeque::new(), secrets, held: Vec::new() }
    }

    /// Takes all that is there to read, without waiting; whether more may come.
    pub fn take(&mut self, mut reader: &PipeReader) -> bool {
        let mut buffer = [0; 64 * 1024];
        // A flood must not keep us from looking at the clock.
        for _ in 0..64 {
            match reader.read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => self.add(buffer.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
        true
    }

    /// Adds bytes, secrets blotted out.
    pub fn add(&mut self, bytes: &[u8]) {
        if self.secrets.is_empty() {
            return self.put(bytes);
        }
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(bytes);
        for secret in &self.secrets {
            text = blot(&text, secret);
        }
        let longest = self.secrets.iter().map(Vec::len).max().unwrap_or(1);
        let keep = text.len().min(longest.saturating_sub(1));
        self.held = text.split_off(text.len() - keep);
        self.put(&text);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.tail.extend(bytes);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        let room = usize::try_from(self.cap.saturating_sub(self.written)).unwrap_or(usize::MAX).min(bytes.len());
        if room > 0 && self.file.is_none() {
            self.file = File::create(&self.path).ok();
        }
        // A log that cannot be written never fails the stage: the tail stays.
        let kept = self.file.as_mut().is_some_and(|file| file.write_all(bytes.get(..room).unwrap_or_default()).is_ok());
        self.written += if kept { room as u64 } else { 0 };
        self.dropped += (bytes.len() - if kept { room } else { 0 }) as u64;
    }

    /// Ends the log, with a note where some of it was dropped.
    pub fn finish(&mut self) {
        let held = std::mem::take(&mut self.held);
        self.put(&held);
        if self.dropped > 0
            && let Some(file) = &mut self.file
        {
            let _ = write!(
                file,
                "\n[mlp: the log is full at {} bytes; {} more were dropped, these are the last]\n",
                self.cap, self.dropped
            );
            let tail: Vec<u8> = self.tail.iter().copied().collect();
            let _ = file.write_all(&tail);
        }
    }

    /// Whether something was written.
    pub const fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// The last lines, without control characters, whatever their encoding.
    pub fn tail(&self, lines: usize) -> Vec<String> {
        let bytes: Vec<u8> = self.tail.iter().chain(&self.held).copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let clean: Vec<String> = text
            .lines()
            .map(|line| line.chars().filter(|c| !c.is_control() || *c == '\t').take(500).collect::<String>())
            .filter(|line| !line.trim().is_empty())
            .collect();
        clean.get(clean.len().saturating_sub(lines)..).unwrap_or_default().to_vec()
    }
}

fn blot(text: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(secret) {
            out.extend_from_slice(b"***");
            rest = after;
        } else {
            out.push(*first);
            rest = behind;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_arrives_in_pieces_is_blotted_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::new(path.clone(), 1000, vec![b"hunter2".to_vec()]);
        log.add(b"the password is hun");
        log.add(b"ter2, keep it; hunter");
        log.finish();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "the password is ***, keep it; hunter");
    }

    #[test]
    fn a_flood_is_cut_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = Log::new(path.clone(), 10, Vec::new());
        log.add(b"0123456789abcdef");
        log.add(b"the end");
        log.finish();
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("0123456789\n[mlp: the log is full at 10 bytes; 13 more were dropped"), "{text}");
        assert!(text.ends_with("the end"), "{text}");
        assert_eq!(log.tail(1), ["0123456789abcdefthe end"]);
    }
}
