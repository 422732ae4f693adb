//! The bytes of a Parquet file, as its reader asks for them: page by page. Where a page has a checksum, it is held to it.

use std::{
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use flate2::Crc;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};

use super::blob::Blob;
use crate::EngineError;

/// The bytes of a file, as the Parquet reader asks for them: page by page, which are answered out of a window for each column chunk.
#[derive(Debug)]
pub struct Chunks(Arc<Windows>);

/// Of a column chunk, what was read last: its offset and bytes; and where reading began the last two times: at the head of a page, and maybe behind it.
#[derive(Debug, Default)]
struct Held {
    from: u64,
    bytes: Bytes,
    begun: [u64; 2],
}

#[derive(Debug)]
struct Windows {
    blob: Arc<dyn Blob>,
    /// Where column chunks begin and end, in order.
    ranges: Vec<(u64, u64)>,
    /// For each of them, what is held.
    held: Vec<Mutex<Held>>,
}

impl Chunks {
    /// The chunks that begin and end at these offsets are read.
    pub fn new(blob: Arc<dyn Blob>, mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        let held = ranges.iter().map(|_| Mutex::default()).collect();
        Self(Arc::new(Windows { blob, ranges, held }))
    }
}

impl Windows {
    /// At least `least` bytes from an offset on.
    fn at(&self, start: u64, least: u64) -> Result<Bytes, ParquetError> {
        let external = |error: EngineError| ParquetError::External(Box::new(error));
        if start.checked_add(least).is_none_or(|end| end > self.blob.size()) {
            let words = format!("it ends at byte {}, and {least} bytes are needed from {start} on", self.blob.size());
            return Err(ParquetError::EOF(words));
        }
        let Some((end, held)) = self.chunk(start) else {
            return self.blob.read(start..start + least).map_err(external);
        };
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = start.checked_sub(held.from).filter(|skip| skip + least <= held.bytes.len() as u64);
        if let Some(skip) = inside.and_then(|skip| usize::try_from(skip).ok()) {
            return Ok(held.bytes.slice(skip..));
        }
        let upto = (start + least.max(self.blob.window())).min(end.max(start + least)).min(self.blob.size());
        held.bytes = self.blob.read(start..upto).map_err(external)?;
        held.from = start;
        Ok(held.bytes.clone())
    }

    /// The end of the chunk that an offset lies in, and what is held of it.
    fn chunk(&self, offset: u64) -> Option<(u64, &Mutex<Held>)> {
        let at = self.ranges.partition_point(|(begin, _)| *begin <= offset).checked_sub(1)?;
        let end = self.ranges.get(at)?.1;
        (offset < end).then_some((end, self.held.get(at)?))
    }

    /// Where the head of the page begins whose bytes begin at an offset.
    fn head(&self, offset: u64) -> Option<u64> {
        let held = self.chunk(offset)?.1.lock().unwrap_or_else(PoisonError::into_inner);
        held.begun.iter().copied().filter(|begun| *begun < offset).max().filter(|begun| *begun > 0)
    }
}

/// The checksum in the head of a page (Thrift's compact form of `PageHeader`): its fourth field, behind three other numbers.
fn checksum(head: &[u8]) -> Option<u32> {
    const NUMBER: u8 = 5;
    let mut bytes = head.iter().copied();
    let mut field = 0;
    loop {
        let begin = bytes.next()?;
        field += begin >> 4;
        if begin & 0x0F != NUMBER || begin >> 4 == 0 || field > 4 {
            return None;
        }
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = bytes.next()?;
            number |= u64::from(byte & 0x7F).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if field == 4 {
            // zigzag: the sign is the last bit
            let number = u32::try_from(number).ok()?;
            return Some((number >> 1) ^ (number & 1).wrapping_neg());
        }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.blob.size()
    }
}

impl ChunkReader for Chunks {
    type T = PageBytes;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        if let Some((_, held)) = self.0.chunk(start) {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            held.begun = [start, held.begun[0]];
        }
        Ok(PageBytes { windows: Arc::clone(&self.0), at: start, bytes: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let begin = self.0.head(start).unwrap_or(start);
        let before = usize::try_from(start - begin).unwrap_or_default();
        let mut bytes = self.0.at(begin, (before + length) as u64)?;
        bytes.truncate(before + length);
        let head = bytes.split_to(before);
        if let Some(wanted) = checksum(&head) {
            let mut found = Crc::new();
            found.update(&bytes);
            if found.sum() != wanted {
                let words = format!("the page at byte {begin} is damaged: its bytes are not those of its checksum");
                return Err(ParquetError::General(words));
            }
        }
        Ok(bytes)
    }
}

/// Bytes from an offset on.
#[derive(Debug)]
pub struct PageBytes {
    windows: Arc<Windows>,
    at: u64,
    bytes: Bytes,
}

impl Read for PageBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && self.at < self.windows.blob.size() {
            self.bytes = self.windows.at(self.at, 1).map_err(io::Error::other)?;
        }
        let length = buffer.len().min(self.bytes.len());
        let bytes = self.bytes.split_to(length);
        if let Some(target) = buffer.get_mut(..length) {
            target.copy_from_slice(&bytes);
        }
        self.at += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn checksums_are_read_where_they_are() {
        // type 0, 10 bytes, 10 bytes, the checksum -2, and a structure
        assert_eq!(checksum(&[0x15, 0x00, 0x15, 0x14, 0x15, 0x14, 0x15, 0x03, 0x2C]), Some(0xFFFF_FFFE));
        assert_eq!(
            checksum(&[0x15, 0x00, 0x15, 0x14, 0x15, 0x14, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F]),
            Some(0x7FFF_FFFF)
        );
        assert_eq!(checksum(&[0x15, 0x00, 0x15, 0x14, 0x15, 0x14, 0x2C, 0x15]), None);
        for cut in 0..7 {
            assert_eq!(checksum(&[0x15, 0x00, 0x15, 0x14, 0x15, 0x14, 0x15][..cut]), None);
        }
    }
}
