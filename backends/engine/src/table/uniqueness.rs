//! Whether anything occurs twice among many digests, in 8 bytes a row.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

/// A set of digests; they are hashes already and are not hashed again.
pub type Distinct128 = HashSet<u128, BuildHasherDefault<AlreadyHashed>>;

/// Takes a digest for its own hash.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, digest: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "half of it is enough to spread")]
        {
            self.0 = digest as u64;
        }
    }
}

/// Digests are spread over this many buckets, so that each one's table fits a cache.
const BUCKETS: usize = 256;

/// Collects 64-bit digests and finds those that occur more than once: candidates, which a second pass compares in full.
#[derive(Debug)]
pub struct Seen {
    buckets: Vec<Vec<u64>>,
}

impl Seen {
    /// Room for about that many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        let each = rows / BUCKETS + rows / BUCKETS / 16;
        Self { buckets: (0..BUCKETS).map(|_| Vec::with_capacity(each)).collect() }
    }

    /// Adds one.
    #[inline]
    pub fn add(&mut self, digest: u64) {
        if let Some(bucket) = self.buckets.get_mut((digest >> 56) as usize) {
            bucket.push(digest);
        }
    }

    /// Digests that were added more than once, sorted.
    #[must_use]
    pub fn twice(self) -> Vec<u64> {
        let largest = self.buckets.iter().map(Vec::len).max().unwrap_or_default();
        let mut table = vec![0_u64; (largest * 2).next_power_of_two().max(16)];
        let mut twice = Vec::new();
        for bucket in self.buckets {
            table.fill(0);
            bucket.iter().for_each(|digest| insert(&mut table, *digest, &mut twice));
        }
        twice.sort_unstable();
        twice.dedup();
        twice
    }
}

/// Open addressing; 0 marks an empty slot, and the digest 0 is always a candidate, which costs a second look and no more.
#[inline]
fn insert(table: &mut [u64], digest: u64, twice: &mut Vec<u64>) {
    if digest == 0 {
        return twice.push(0);
    }
    let mask = table.len() - 1;
    #[expect(clippy::cast_possible_truncation, reason = "masked to the table's size")]
    let mut at = (digest as usize) & mask;
    while let Some(slot) = table.get_mut(at) {
        if *slot == 0 {
            *slot = digest;
            return;
        }
        if *slot == digest {
            return twice.push(digest);
        }
        at = (at + 1) & mask;
    }
}

/// The second look: which rows repeat an earlier one.
#[derive(Debug, Default)]
pub struct Repeats {
    candidates: Vec<u64>,
    seen: Distinct128,
}

impl Repeats {
    /// Looks at rows with these short digests only; sorted.
    #[must_use]
    pub fn new(candidates: Vec<u64>) -> Self {
        Self { candidates, seen: Distinct128::default() }
    }

    /// Whether the row with this digest repeats an earlier one.
    pub fn repeats(&mut self, digest: u128) -> bool {
        let short = (digest >> 64) as u64;
        self.candidates.binary_search(&short).is_ok() && !self.seen.insert(digest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_a_set_finds(digests in prop::collection::vec(prop_oneof![0_u64..50, any::<u64>()], 0..400)) {
            let mut seen = Seen::with_capacity(digests.len());
            digests.iter().for_each(|digest| seen.add(*digest));
            let mut counts = std::collections::BTreeMap::new();
            digests.iter().for_each(|digest| *counts.entry(*digest).or_insert(0) += 1);
            let expected: Vec<u64> = counts.into_iter().filter(|(digest, times)| *times > 1 || *digest == 0).map(|(digest, _)| digest).collect();
            prop_assert_eq!(seen.twice(), expected);
        }
    }
}
