//! Whether no two rows have the same values in some columns: exact, and given up at the first two that have.

use std::{collections::HashSet, hash::BuildHasherDefault};

use arrow::array::{Array as _, ArrayRef};

use crate::{
    EngineError,
    table::{
        digest::Digests,
        uniqueness::{AlreadyHashed, Seen},
    },
};

/// Rows that are told apart at once, before digests are piled up.
const FIRST: usize = 1 << 16;
/// Digests that are looked for among all rows.
const MARKED: usize = 1 << 14;
/// Bytes in which all that are asked together pile up digests; each has at least a share of the second.
const PILED: usize = 128 << 20;
const LEAST: usize = 1 << 20;

type Set = HashSet<u64, BuildHasherDefault<AlreadyHashed>>;

/// Whether anything comes twice; a null is the end of it as well.
pub(super) struct Once {
    rows: Rows,
    /// Bytes of digests that may be held.
    piled: usize,
}

enum Rows {
    First(Set),
    Many(Box<Seen>, Marked),
    /// Something came twice.
    Twice,
}

impl Once {
    /// One of so many that are asked at once.
    pub fn one_of(asked: usize) -> Self {
        Self { rows: Rows::First(Set::default()), piled: (PILED / asked.max(1)).max(LEAST) }
    }

    /// Rows of these columns.
    pub fn see(&mut self, columns: &[ArrayRef]) -> Result<(), EngineError> {
        if self.is_out() {
            return Ok(());
        }
        if columns.iter().any(|column| column.null_count() > 0) {
            self.give_up();
            return Ok(());
        }
        let rows = columns.first().map_or(0, |column| column.len());
        let digests = Digests::of(columns, rows, 0)?;
        let fresh = match &mut self.rows {
            Rows::First(first) => digests.short().all(|digest| first.insert(digest)),
            Rows::Many(seen, marked) => {
                let fresh = digests.short().all(|digest| {
                    seen.add(digest);
                    marked.is_fresh(digest)
                });
                seen.ease()?;
                fresh
            }
            Rows::Twice => false,
        };
        match &self.rows {
            _ if !fresh => self.give_up(),
            Rows::First(first) if first.len() > FIRST => {
                let (mut seen, mut marked) = (Seen::within(self.piled), Marked::default());
                for digest in first {
                    seen.add(*digest);
                    marked.is_fresh(*digest);
                }
                self.rows = Rows::Many(Box::new(seen), marked);
            }
            _ => {}
        }
        Ok(())
    }

    /// Stops looking.
    pub fn give_up(&mut self) {
        self.rows = Rows::Twice;
    }

    /// Whether it goes on beyond the first rows.
    pub const fn is_long(&self) -> bool {
        matches!(self.rows, Rows::Many(..))
    }

    /// Whether something came twice.
    pub const fn is_out(&self) -> bool {
        matches!(self.rows, Rows::Twice)
    }

    /// Whether nothing came twice.
    pub fn end(self) -> Result<bool, EngineError> {
        Ok(match self.rows {
            Rows::First(_) => true,
            // zero marks an empty slot there, and is told always
            Rows::Many(seen, _) => seen.twice()?.iter().all(|digest| *digest == 0),
            Rows::Twice => false,
        })
    }
}

/// Every so many-th of all possible digests, ever fewer: what often comes twice is found long before the last row.
#[derive(Default)]
struct Marked {
    kept: Set,
    /// Bits that are zero in the digests that are kept.
    mask: u64,
}

impl Marked {
    /// Whether it did not come before, as far as that is known.
    fn is_fresh(&mut self, digest: u64) -> bool {
        // the first bits choose the bucket of the set, and the last ones the pile's
        let is_kept = |mask: u64, digest: u64| (digest >> 20) & mask == 0;
        if !is_kept(self.mask, digest) {
            return true;
        }
        if self.kept.len() == MARKED {
            self.mask = self.mask << 1 | 1;
            let mask = self.mask;
            self.kept.retain(|digest| is_kept(mask, *digest));
        }
        !is_kept(self.mask, digest) || self.kept.insert(digest)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::Int64Array;

    use super::*;

    /// Whether these come once, with the part of them that was looked at.
    fn once(values: impl Iterator<Item = i64>) -> (bool, usize) {
        let (mut once, mut looked) = (Once::one_of(1_000), 0);
        let values: Vec<i64> = values.collect();
        for part in values.chunks(8_192) {
            if once.is_out() {
                break;
            }
            let column: ArrayRef = Arc::new(Int64Array::from(part.to_vec()));
            once.see(&[column]).unwrap();
            looked += part.len();
        }
        (once.end().unwrap(), looked)
    }

    #[test]
    fn what_comes_twice_is_found() {
        assert_eq!(once(0..100), (true, 100));
        assert_eq!(once((0..100).chain([7])), (false, 101));
        assert_eq!(once(0..600_000), (true, 600_000));
        // one of many, which only the last look finds
        assert_eq!(once((0..600_000).chain([300_000])), (false, 600_001));
        // and all of many, which are found at once
        let (is_once, looked) = once((0..300_000).chain(0..300_000));
        assert!(!is_once && looked < 310_000, "{looked}");
    }
}
