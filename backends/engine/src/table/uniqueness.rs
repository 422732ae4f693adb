//! Whether anything occurs twice, and how many different values there are: a bit for each whole number where they lie close together, digests otherwise.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

use super::{
    bitmap::Bitmap,
    digest::{full_of_word, of_word},
    pile::Pile,
};
use crate::EngineError;

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

/// Collects rows and finds those that occur more than once: candidates, which a second pass compares in full.
#[derive(Debug)]
pub struct Seen {
    how: How,
    /// Numbers that came again while there was a bit for each.
    again: Bitmap,
}

#[derive(Debug)]
enum How {
    Bits(Bitmap),
    Digests(Pile<u64>),
}

impl Seen {
    /// Of digests; room for about that many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self { how: How::Digests(Pile::with_capacity(rows)), again: Bitmap::default() }
    }

    /// Of digests, of which so many bytes are held in memory.
    #[must_use]
    pub fn within(bytes: usize) -> Self {
        Self { how: How::Digests(Pile::within(bytes)), again: Bitmap::default() }
    }

    /// Of whole numbers, each by its 64 bits.
    #[must_use]
    pub fn of_numbers() -> Self {
        Self { how: How::Bits(Bitmap::default()), again: Bitmap::default() }
    }

    /// Whether it takes whole numbers.
    #[must_use]
    pub const fn takes_numbers(&self) -> bool {
        matches!(self.how, How::Bits(_))
    }

    /// Adds a digest.
    #[inline]
    pub fn add(&mut self, digest: u64) {
        if let How::Digests(pile) = &mut self.how {
            pile.add(digest);
        }
    }

    /// Adds a whole number.
    #[inline]
    pub fn add_number(&mut self, number: u64) {
        match &mut self.how {
            How::Bits(bits) => {
                if !bits.add(number) {
                    self.again.add(number);
                }
            }
            How::Digests(pile) => pile.add(of_word(number)),
        }
    }

    /// Called now and then: numbers that lie far apart become digests, and digests that are too many go to a file.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn ease(&mut self) -> Result<(), EngineError> {
        match &mut self.how {
            How::Bits(bits) if bits.is_sparse() => {
                self.spread();
                Ok(())
            }
            How::Bits(_) => Ok(()),
            How::Digests(pile) => pile.ease(),
        }
    }

    fn spread(&mut self) {
        if let How::Bits(bits) = &self.how {
            let mut pile = Pile::with_capacity(0);
            bits.each(|number| pile.add(of_word(number)));
            self.how = How::Digests(pile);
        }
    }

    /// Takes what another has seen.
    ///
    /// # Errors
    /// As [`Seen::ease`].
    pub fn merge(&mut self, mut other: Self) -> Result<(), EngineError> {
        if self.takes_numbers() != other.takes_numbers() {
            self.spread();
            other.spread();
        }
        self.again.merge(other.again, |_| {});
        match (&mut self.how, other.how) {
            (How::Bits(bits), How::Bits(more)) => {
                let again = &mut self.again;
                bits.merge(more, |number| {
                    again.add(number);
                });
            }
            (How::Digests(pile), How::Digests(more)) => pile.merge(more)?,
            _ => {}
        }
        self.ease()
    }

    /// Digests that were added more than once, sorted.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn twice(self) -> Result<Vec<u64>, EngineError> {
        let mut twice = Vec::new();
        self.again.each(|number| twice.push(of_word(number)));
        if let How::Digests(pile) = self.how {
            let mut table: Vec<u64> = Vec::new();
            pile.each(|bucket| {
                table.clear();
                table.resize((bucket.len() * 2).next_power_of_two().max(16), 0);
                let mut again = Vec::new();
                bucket.iter().for_each(|digest| insert(&mut table, *digest, &mut again));
                again.sort_unstable();
                again.dedup();
                twice.append(&mut again);
            })?;
        }
        twice.sort_unstable();
        twice.dedup();
        Ok(twice)
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
#[derive(Clone, Debug, Default)]
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

/// Digests that a set holds before they are piled.
const FEW: usize = 1 << 18;

/// How many different values there are, exactly (values are told apart by 128 bits).
#[derive(Debug)]
pub enum Distinct {
    /// Nothing was added yet.
    Nothing,
    /// Whole numbers that lie close together.
    Bits(Bitmap),
    /// A few.
    Few(Distinct128),
    /// Many.
    Many(Pile<u128>),
}

impl Distinct {
    /// Adds a digest.
    pub fn add(&mut self, digest: u128) {
        match self {
            Self::Nothing => *self = Self::Few(Distinct128::from_iter([digest])),
            Self::Bits(_) => {
                self.spread();
                self.add(digest);
            }
            Self::Few(few) => {
                few.insert(digest);
            }
            Self::Many(pile) => pile.add(digest),
        }
    }

    /// Adds a whole number.
    pub fn add_number(&mut self, number: u64) {
        if matches!(self, Self::Nothing) {
            *self = Self::Bits(Bitmap::default());
        }
        match self {
            Self::Bits(bits) => {
                bits.add(number);
            }
            _ => self.add(full_of_word(number)),
        }
    }

    /// Called now and then, to keep within bounds.
    ///
    /// # Errors
    /// Where the temporary file cannot be written.
    pub fn ease(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Bits(bits) if bits.is_sparse() => self.spread(),
            Self::Few(few) if few.len() > FEW => {
                let mut pile = Pile::with_capacity(0);
                few.drain().for_each(|digest| pile.add(digest));
                *self = Self::Many(pile);
            }
            Self::Many(pile) if pile.is_full() => pile.thin()?,
            _ => {}
        }
        Ok(())
    }

    fn spread(&mut self) {
        if let Self::Bits(bits) = self {
            let mut few = Distinct128::default();
            bits.each(|number| {
                few.insert(full_of_word(number));
            });
            *self = Self::Few(few);
        }
    }

    /// Takes another's values.
    ///
    /// # Errors
    /// As [`Distinct::ease`].
    pub fn merge(&mut self, mut other: Self) -> Result<(), EngineError> {
        match (&mut *self, &mut other) {
            (_, Self::Nothing) => return Ok(()),
            (Self::Nothing, _) => {
                *self = other;
                return Ok(());
            }
            (Self::Bits(bits), Self::Bits(more)) => bits.merge(std::mem::take(more), |_| {}),
            (Self::Many(pile), Self::Many(_)) => {
                if let Self::Many(more) = other {
                    pile.merge(more)?;
                }
            }
            _ => {
                self.spread();
                other.spread();
                if matches!(other, Self::Many(_)) {
                    std::mem::swap(self, &mut other);
                }
                match other {
                    Self::Few(few) => few.into_iter().for_each(|digest| self.add(digest)),
                    Self::Many(more) => {
                        if let Self::Many(pile) = self {
                            pile.merge(more)?;
                        }
                    }
                    Self::Nothing | Self::Bits(_) => {}
                }
            }
        }
        self.ease()
    }

    /// How many there are; nothing is left behind.
    ///
    /// # Errors
    /// Where the temporary file cannot be read.
    pub fn count(&mut self) -> Result<u64, EngineError> {
        match std::mem::replace(self, Self::Nothing) {
            Self::Nothing => Ok(0),
            Self::Bits(bits) => Ok(bits.count()),
            Self::Few(few) => Ok(few.len() as u64),
            Self::Many(pile) => {
                let mut count = 0;
                pile.each(|mut bucket| {
                    bucket.sort_unstable();
                    bucket.dedup();
                    count += bucket.len() as u64;
                })?;
                Ok(count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(prop_oneof![0_u64..50, any::<u64>()], 0..400)
    }

    proptest! {
        #[test]
        fn finds_what_a_set_finds(digests in numbers()) {
            let mut seen = Seen::with_capacity(digests.len());
            digests.iter().for_each(|digest| seen.add(*digest));
            let mut counts = BTreeMap::new();
            digests.iter().for_each(|digest| *counts.entry(*digest).or_insert(0) += 1);
            let expected: Vec<u64> = counts.into_iter().filter(|(digest, times)| *times > 1 || *digest == 0).map(|(digest, _)| digest).collect();
            prop_assert_eq!(seen.twice().unwrap(), expected);
        }

        /// However numbers are cut into parts, and whether a part had them as bits or as digests.
        #[test]
        fn parts_find_what_the_whole_finds(parts in prop::collection::vec((numbers(), any::<bool>()), 0..5)) {
            let mut whole = Seen::of_numbers();
            let mut counts = BTreeMap::new();
            let mut distinct = Distinct::Nothing;
            for (numbers, spread) in &parts {
                let (mut part, mut values) = (Seen::of_numbers(), Distinct::Nothing);
                if *spread {
                    part.spread();
                }
                for number in numbers {
                    part.add_number(*number);
                    values.add_number(*number);
                    *counts.entry(*number).or_insert(0) += 1;
                }
                if *spread {
                    values.spread();
                }
                whole.merge(part).unwrap();
                distinct.merge(values).unwrap();
            }
            let mut expected: BTreeSet<u64> = counts.iter().filter(|(_, times)| **times > 1).map(|(number, _)| of_word(*number)).collect();
            let mut found = whole.twice().unwrap();
            // the digest that marks an empty slot is a candidate always
            found.retain(|digest| *digest != 0);
            expected.remove(&0);
            prop_assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(distinct.count().unwrap(), counts.len() as u64);
        }
    }

    #[test]
    fn many_texts_are_counted_exactly() {
        let mut distinct = Distinct::Nothing;
        let digest = |at: u64| {
            let (first, second) = super::super::digest::of_bytes(format!("row {at}").as_bytes());
            (u128::from(first) << 64) | u128::from(second)
        };
        for round in 0..2 {
            for at in 0..400_000_u64 {
                distinct.add(digest(at + round * 100_000));
                if at % 50_000 == 0 {
                    distinct.ease().unwrap();
                }
            }
        }
        assert!(matches!(distinct, Distinct::Many(_)));
        assert_eq!(distinct.count().unwrap(), 500_000);
    }
}
