//! Texts: where they begin, and unpacked as they are read where they are compressed. Their first bytes tell, whatever their name is.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::blob::{Blob, Stream};
use crate::EngineError;

/// Bytes that are unpacked at once.
const WINDOW: usize = 1 << 20;

/// What to do with a text that is of another encoding. Which one it is, bytes do not tell.
pub const OTHER_ENCODING: &str = "only UTF-8 is read: it may be ISO-8859-1, Windows-1252 or another encoding of one byte a letter; whoever wrote it knows which, \
    and `iconv -f ENCODING -t UTF-8 FILE > NEW` converts it";

/// How a text is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// RFC 1952, in one member or several.
    Gzip,
    /// RFC 8878, in one frame or several.
    Zstd,
}

/// A text in UTF-8.
#[derive(Debug)]
pub struct Text {
    blob: Arc<dyn Blob>,
    packing: Option<Packing>,
    /// Bytes of its byte order mark.
    mark: usize,
}

impl Text {
    /// Looks at how a text begins.
    ///
    /// # Errors
    /// Where it cannot be read, or says that it is not of UTF-8.
    pub fn open(blob: Arc<dyn Blob>) -> Result<Self, EngineError> {
        let head = blob.read(0..blob.size().min(4))?;
        let packing = match head.as_ref() {
            [0x1F, 0x8B, ..] => Some(Packing::Gzip),
            [0x28, 0xB5, 0x2F, 0xFD] => Some(Packing::Zstd),
            _ => None,
        };
        let mut text = Self { blob, packing, mark: 0 };
        let head = if packing.is_some() { text.stream()?.first(4)? } else { head };
        let (sign, encoding) = match head.as_ref() {
            [0xEF, 0xBB, 0xBF, ..] => {
                text.mark = 3;
                return Ok(text);
            }
            [0xFF, 0xFE, ..] => ("its byte order mark says UTF-16, little end first", "UTF-16"),
            [0xFE, 0xFF, ..] => ("its byte order mark says UTF-16, big end first", "UTF-16"),
            // text that has no zeros has one in each of its plain letters there
            [1..=u8::MAX, 0, 1..=u8::MAX, 0] => ("its zero bytes say UTF-16, little end first", "UTF-16LE"),
            [0, 1..=u8::MAX, 0, 1..=u8::MAX] => ("its zero bytes say UTF-16, big end first", "UTF-16BE"),
            _ => return Ok(text),
        };
        let words = format!(
            "{sign}, and only UTF-8 is read; convert it first, as with `iconv -f {encoding} -t UTF-8 FILE > NEW`"
        );
        Err(EngineError::malformed(text.blob.name(), words))
    }

    /// Its bytes, from its beginning to its end.
    ///
    /// # Errors
    /// Where it cannot be unpacked.
    pub fn stream(&self) -> Result<TextStream, EngineError> {
        let name = self.blob.name().to_path_buf();
        let Some(packing) = self.packing else {
            return Ok(TextStream::Plain(Stream::new(Arc::clone(&self.blob), self.mark as u64)));
        };
        let packed = Stream::new(Arc::clone(&self.blob), 0);
        let unpacked: Box<dyn Read + Send> = match packing {
            Packing::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::new(packed).map_err(EngineError::io(&name))?),
        };
        let mut stream = TextStream::Packed(name, packing, unpacked);
        stream.first(self.mark)?;
        Ok(stream)
    }
}

/// The bytes of a text, a window at a time.
pub enum TextStream {
    /// As they lie.
    Plain(Stream),
    /// Of what, how it is compressed, and what comes out.
    Packed(PathBuf, Packing, Box<dyn Read + Send>),
}

impl TextStream {
    /// What comes next; nothing at the end.
    ///
    /// # Errors
    /// Where it cannot be read, or is no whole of its compression.
    pub fn window(&mut self) -> Result<Bytes, EngineError> {
        match self {
            Self::Plain(stream) => stream.window(),
            Self::Packed(..) => self.first(WINDOW),
        }
    }

    /// So many of the next bytes, fewer only at the end.
    fn first(&mut self, length: usize) -> Result<Bytes, EngineError> {
        let mut bytes = Vec::with_capacity(length);
        self.by_ref().take(length as u64).read_to_end(&mut bytes).map_err(|error| self.wrong(error))?;
        Ok(bytes.into())
    }

    /// What did not let it be read: below, or in its compression.
    fn wrong(&self, error: io::Error) -> EngineError {
        let unpacking = |error: io::Error| match self {
            Self::Packed(name, packing, _) => {
                let how = if *packing == Packing::Gzip { "gzip" } else { "zstd" };
                let words = format!("it is compressed with {how}, and cannot be unpacked to its end: {error}");
                EngineError::malformed(name, words)
            }
            Self::Plain(_) => EngineError::refused(error.to_string()),
        };
        error.downcast::<EngineError>().unwrap_or_else(unpacking)
    }
}

impl Read for TextStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Packed(_, _, unpacked) => unpacked.read(buffer),
        };
        read.map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted { error } else { io::Error::other(self.wrong(error)) }
        })
    }
}

/// The name of a text without the end that says how it is compressed.
#[must_use]
pub fn unpacked_name(name: &str) -> &str {
    let (text, end) = name.rsplit_once('.').unwrap_or((name, ""));
    if matches!(end.to_ascii_lowercase().as_str(), "gz" | "gzip" | "zst" | "zstd") { text } else { name }
}

/// What a reader of such bytes did not read, with its own words where they are ours.
pub fn read_error(name: &Path, error: io::Error) -> EngineError {
    error.downcast::<EngineError>().unwrap_or_else(EngineError::io(name))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::table::blob::LocalFile;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    /// All of it, read by windows.
    fn read(bytes: &[u8]) -> Result<Vec<u8>, EngineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, bytes).unwrap();
        let mut stream = Text::open(LocalFile::open(&path)?)?.stream()?;
        let mut all = Vec::new();
        loop {
            let window = stream.window()?;
            if window.is_empty() {
                return Ok(all);
            }
            all.extend(window);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// What was packed comes out, in as many members as there are, and what was cut is no text.
        #[test]
        fn what_was_packed_comes_out_whole_or_not_at_all(
            texts in prop::collection::vec("[a-z,\n]{1,200}", 1..4), mark in any::<bool>(), times in 1..30_000_usize, cut in any::<prop::sample::Index>()
        ) {
            let text = texts.concat().repeat(times.min(4_000_000 / texts.concat().len()));
            let marked = if mark { format!("\u{FEFF}{text}") } else { text.clone() };
            let (head, tail) = marked.as_bytes().split_at(marked.len() / 2);
            let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
            for (first, second) in [(gzip(head), gzip(tail)), (zstd(head), zstd(tail))] {
                let whole = [first.clone(), second].concat();
                prop_assert_eq!(read(&whole).unwrap(), text.as_bytes());
                let cut = cut.index(whole.len() - 4) + 4;
                if cut != first.len() {
                    let words = read(&whole[..cut]).unwrap_err().to_string();
                    prop_assert!(words.contains("cannot be unpacked to its end"), "{}", words);
                }
            }
            prop_assert_eq!(read(marked.as_bytes()).unwrap(), text.as_bytes());
        }
    }
}
