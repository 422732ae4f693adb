//! Bytes that lie somewhere, read by ranges: a file of this machine here; an object of a bucket is the caller's.

use std::{
    fmt::Debug,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use crate::EngineError;

/// Something that can be read by ranges.
pub trait Blob: Debug + Send + Sync {
    /// Its path or address: for messages.
    fn name(&self) -> &Path;
    /// Its size in bytes.
    fn size(&self) -> u64;
    /// The bytes of a range that lies inside.
    ///
    /// # Errors
    /// Where they cannot be had, all of them.
    fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError>;
    /// How many bytes are worth reading at once.
    fn window(&self) -> u64 {
        1 << 20
    }
}

/// A file of this machine.
#[derive(Debug)]
pub struct LocalFile {
    path: PathBuf,
    file: File,
    size: u64,
}

impl LocalFile {
    /// Opens one.
    ///
    /// # Errors
    /// Where it cannot be.
    pub fn open(path: &Path) -> Result<Arc<dyn Blob>, EngineError> {
        // to open a pipe would wait for who writes into it
        if !std::fs::metadata(path).map_err(EngineError::io(path))?.is_file() {
            return Err(EngineError::malformed(path, "it is no regular file"));
        }
        let file = File::open(path).map_err(EngineError::io(path))?;
        let size = file.metadata().map_err(EngineError::io(path))?.len();
        Ok(Arc::new(Self { path: path.to_path_buf(), file, size }))
    }
}

impl Blob for LocalFile {
    fn name(&self) -> &Path {
        &self.path
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or_default();
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, range.start).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => EngineError::malformed(
                &self.path,
                format!("it changed while it was read: it had {} bytes, and is shorter now", self.size),
            ),
            _ => EngineError::io(&self.path)(error),
        })?;
        Ok(bytes.into())
    }
}

/// A blob whose beginning is asked for again and again: the head of a text, to know its columns. It is read once, when it is first asked for.
#[derive(Debug)]
pub struct Headed {
    blob: Arc<dyn Blob>,
    length: u64,
    head: Mutex<Option<Bytes>>,
}

impl Headed {
    /// With so many bytes at its beginning, at most.
    #[must_use]
    pub fn new(blob: Arc<dyn Blob>, length: u64) -> Self {
        let length = length.min(blob.size());
        Self { blob, length, head: Mutex::default() }
    }

    fn head(&self) -> Result<Bytes, EngineError> {
        let mut head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = &*head {
            return Ok(head.clone());
        }
        Ok(head.insert(self.blob.read(0..self.length)?).clone())
    }
}

impl Blob for Headed {
    fn name(&self) -> &Path {
        self.blob.name()
    }

    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        if range.start > range.end || range.end > self.length {
            return self.blob.read(range);
        }
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        Ok(self.head()?.slice(place(range.start)..place(range.end)))
    }

    fn window(&self) -> u64 {
        self.blob.window()
    }
}

/// A blob from its beginning to its end, a window at a time.
#[derive(Debug)]
pub struct Stream {
    blob: Arc<dyn Blob>,
    at: u64,
    buffer: Bytes,
}

impl Stream {
    /// From an offset on.
    #[must_use]
    pub const fn new(blob: Arc<dyn Blob>, at: u64) -> Self {
        Self { blob, at, buffer: Bytes::new() }
    }

    /// What comes next; nothing at the end.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn window(&mut self) -> Result<Bytes, EngineError> {
        if !self.buffer.is_empty() {
            return Ok(std::mem::take(&mut self.buffer));
        }
        let end = self.blob.size().min(self.at + self.blob.window());
        if self.at >= end {
            return Ok(Bytes::new());
        }
        let bytes = self.blob.read(self.at..end)?;
        self.at += bytes.len() as u64;
        Ok(bytes)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            self.buffer = self.window().map_err(io::Error::other)?;
        }
        let length = buffer.len().min(self.buffer.len());
        let bytes = self.buffer.split_to(length);
        if let Some(target) = buffer.get_mut(..length) {
            target.copy_from_slice(&bytes);
        }
        Ok(length)
    }
}

impl Seek for Stream {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let here = self.at - self.buffer.len() as u64;
        let from = |start: u64, by: i64| start.checked_add_signed(by);
        let wanted = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => from(here, by),
            SeekFrom::End(by) => from(self.blob.size(), by),
        };
        let wanted = wanted.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        match wanted.checked_sub(here).and_then(|by| usize::try_from(by).ok()) {
            Some(by) if by <= self.buffer.len() => drop(self.buffer.split_to(by)),
            _ => {
                self.buffer = Bytes::new();
                self.at = wanted;
            }
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_shrinks_meanwhile_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"0123456789").unwrap();
        let file = LocalFile::open(&path).unwrap();
        assert_eq!(file.read(2..5).unwrap().as_ref(), b"234");
        std::fs::write(&path, b"012").unwrap();
        let words = file.read(2..5).unwrap_err().to_string();
        assert!(words.contains("changed while it was read: it had 10 bytes"), "{words}");
    }

    #[test]
    fn a_head_is_read_once_and_the_rest_as_it_is() {
        #[derive(Debug)]
        struct Told(Mutex<Vec<Range<u64>>>);
        impl Blob for Told {
            fn name(&self) -> &Path {
                Path::new("told")
            }

            fn size(&self) -> u64 {
                10
            }

            fn read(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
                self.0.lock().unwrap().push(range.clone());
                Ok(Bytes::from_static(b"0123456789").slice(range.start as usize..range.end as usize))
            }
        }
        let told = Arc::new(Told(Mutex::default()));
        let headed = Headed::new(Arc::clone(&told) as Arc<dyn Blob>, 4);
        for (range, bytes) in [(0..2, "01"), (1..4, "123"), (0..4, "0123"), (4..4, ""), (3..6, "345"), (8..10, "89")] {
            assert_eq!(headed.read(range).unwrap().as_ref(), bytes.as_bytes());
        }
        assert_eq!(*told.0.lock().unwrap(), [0..4, 3..6, 8..10]);
    }
}
