//! Bytes that lie somewhere, read by ranges: a file of this machine here; an object of a bucket is the caller's.

use std::{
    fmt::Debug,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
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
        self.file.read_exact_at(&mut bytes, range.start).map_err(EngineError::io(&self.path))?;
        Ok(bytes.into())
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
