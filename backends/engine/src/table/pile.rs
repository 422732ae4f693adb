//! A great many digests: in memory up to a bound, in a temporary file beyond it.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
};

use crate::EngineError;

/// Digests are spread over this many buckets, so that each one's table fits a cache, and each can be looked at alone.
const BUCKETS: usize = 256;

/// Bytes of digests that one pile holds in memory.
const HELD: usize = 96 << 20;

/// A digest, or half of one.
pub trait Word: Copy + Ord {
    /// How many bytes it is written in.
    const BYTES: usize;
    /// Its first byte.
    fn bucket(self) -> usize;
    /// Writes it.
    fn put(self, bytes: &mut Vec<u8>);
    /// Reads it back.
    fn get(bytes: &[u8]) -> Option<Self>;
}

impl Word for u64 {
    const BYTES: usize = 8;

    fn bucket(self) -> usize {
        (self >> 56) as usize
    }

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl Word for u128 {
    const BYTES: usize = 16;

    fn bucket(self) -> usize {
        (self >> 120) as usize
    }

    fn put(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }

    fn get(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

/// Digests by bucket.
#[derive(Debug)]
pub struct Pile<T> {
    buckets: Vec<Vec<T>>,
    held: usize,
    /// Bytes that may be held.
    most: usize,
    runs: Vec<Run>,
}

/// What was written to one file: by bucket, where its parts begin and how many bytes they are.
#[derive(Debug)]
struct Run {
    file: File,
    end: u64,
    parts: Vec<Vec<(u64, usize)>>,
}

impl<T: Word> Pile<T> {
    /// Room for about that many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        let rows = rows.min(HELD / T::BYTES);
        let each = rows / BUCKETS + rows / BUCKETS / 16;
        Self {
            buckets: (0..BUCKETS).map(|_| Vec::with_capacity(each)).collect(),
            held: 0,
            most: HELD / T::BYTES,
            runs: Vec::new(),
        }
    }

    /// With a bound of its own on the bytes that are held in memory.
    #[must_use]
    pub fn within(bytes: usize) -> Self {
        Self { most: bytes.min(HELD) / T::BYTES, ..Self::with_capacity(0) }
    }

    /// Adds one.
    #[inline]
    pub fn add(&mut self, word: T) {
        if let Some(bucket) = self.buckets.get_mut(word.bucket()) {
            bucket.push(word);
            self.held += 1;
        }
    }

    /// Whether more is in memory than may be.
    pub const fn is_full(&self) -> bool {
        self.held > self.most
    }

    /// Writes what is in memory to the pile's file, where it is too much.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn ease(&mut self) -> Result<(), EngineError> {
        if !self.is_full() {
            return Ok(());
        }
        let folder = std::env::temp_dir();
        let failed = |error| EngineError::io(&folder)(error);
        // a pile has one file of its own; those behind it came from others
        if self.runs.is_empty() {
            let file = tempfile::tempfile().map_err(failed)?;
            self.runs.push(Run { file, end: 0, parts: vec![Vec::new(); BUCKETS] });
        }
        let Some(run) = self.runs.first_mut() else { return Ok(()) };
        run.file.seek(SeekFrom::Start(run.end)).map_err(failed)?;
        let mut bytes = Vec::new();
        for (bucket, parts) in self.buckets.iter_mut().zip(&mut run.parts) {
            if bucket.is_empty() {
                continue;
            }
            bytes.clear();
            bucket.drain(..).for_each(|word| word.put(&mut bytes));
            run.file.write_all(&bytes).map_err(failed)?;
            parts.push((run.end, bytes.len()));
            run.end += bytes.len() as u64;
        }
        self.held = 0;
        Ok(())
    }

    /// Takes another pile's digests.
    ///
    /// # Errors
    /// As [`Pile::ease`].
    pub fn merge(&mut self, other: Self) -> Result<(), EngineError> {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            if bucket.is_empty() {
                *bucket = more;
            } else {
                bucket.extend(more);
            }
        }
        self.held += other.held;
        if !other.runs.is_empty() && self.runs.is_empty() {
            self.runs = other.runs;
        } else {
            self.runs.extend(other.runs);
        }
        self.ease()
    }

    /// Leaves each digest once in memory, and writes them where that is not enough.
    ///
    /// # Errors
    /// As [`Pile::ease`].
    pub fn thin(&mut self) -> Result<(), EngineError> {
        for bucket in &mut self.buckets {
            bucket.sort_unstable();
            bucket.dedup();
        }
        self.held = self.buckets.iter().map(Vec::len).sum();
        // half full is full soon again
        if self.held > self.most / 2 {
            let most = std::mem::replace(&mut self.most, 0);
            let eased = self.ease();
            self.most = most;
            eased?;
        }
        Ok(())
    }

    /// Each bucket with all that is in it, one after the other.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn each(mut self, mut look: impl FnMut(Vec<T>)) -> Result<(), EngineError> {
        let folder = std::env::temp_dir();
        for (at, mut bucket) in self.buckets.into_iter().enumerate() {
            for run in &mut self.runs {
                for (start, length) in run.parts.get(at).into_iter().flatten() {
                    let mut bytes = vec![0; *length];
                    run.file
                        .seek(SeekFrom::Start(*start))
                        .and_then(|_| run.file.read_exact(&mut bytes))
                        .map_err(EngineError::io(&folder))?;
                    bucket.extend(bytes.chunks_exact(T::BYTES).filter_map(T::get));
                }
            }
            look(bucket);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back_whole() {
        let mut pile = Pile::<u64>::with_capacity(10);
        pile.most = 7;
        let mix = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for at in 0..1_000 {
            pile.add(mix(at));
            pile.ease().unwrap();
        }
        let mut other = Pile::<u64>::with_capacity(0);
        other.most = 3;
        for at in 1_000..1_100 {
            other.add(mix(at));
            other.ease().unwrap();
        }
        pile.merge(other).unwrap();
        let mut found = Vec::new();
        pile.each(|bucket| found.extend(bucket)).unwrap();
        found.sort_unstable();
        let mut expected: Vec<u64> = (0..1_100).map(mix).collect();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }

    #[test]
    fn thinning_keeps_each_once() {
        let mut pile = Pile::<u128>::with_capacity(0);
        pile.most = 50;
        for round in 0..40_u128 {
            for at in 0..20_u128 {
                pile.add(at << 120 | (round % 2));
            }
            if pile.is_full() {
                pile.thin().unwrap();
            }
        }
        let mut count = 0;
        pile.each(|mut bucket| {
            bucket.sort_unstable();
            bucket.dedup();
            count += bucket.len();
        })
        .unwrap();
        assert_eq!(count, 40);
    }
}
