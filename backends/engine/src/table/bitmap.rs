//! Whole numbers, one bit each: exact and small where they lie close together, as ids mostly do.

use std::collections::HashMap;

/// Bits of a page.
const PAGE: u64 = 1 << 16;
const WORDS: usize = (PAGE / 64) as usize;

/// Pages that are not held against the numbers in them.
const FREE: usize = 64;

/// Numbers that occurred, in pages of 65,536.
#[derive(Clone, Debug, Default)]
pub struct Bitmap {
    places: HashMap<u64, usize>,
    pages: Vec<Box<[u64; WORDS]>>,
    last: Option<(u64, usize)>,
    /// Numbers that were added, repeated ones as well.
    added: u64,
}

impl Bitmap {
    /// Adds a number; `false` where it is there already.
    #[inline]
    pub fn add(&mut self, number: u64) -> bool {
        self.added += 1;
        let page = number / PAGE;
        let at = match self.last {
            Some((last, at)) if last == page => at,
            _ => self.page(page),
        };
        let (word, bit) = ((number % PAGE / 64) as usize, 1_u64 << (number % 64));
        let Some(word) = self.pages.get_mut(at).and_then(|page| page.get_mut(word)) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn page(&mut self, page: u64) -> usize {
        let pages = &mut self.pages;
        let at = *self.places.entry(page).or_insert_with(|| {
            pages.push(Box::new([0; WORDS]));
            pages.len() - 1
        });
        self.last = Some((page, at));
        at
    }

    /// Whether the numbers lie so far apart that eight bytes for each would take less room.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        let room = |count: usize| (count * WORDS * 8) as u64;
        self.pages.len() > FREE && room(self.pages.len() - FREE) > self.added.saturating_mul(8)
    }

    /// Takes another's numbers; `twice` is told of those that both have.
    pub fn merge(&mut self, other: Self, mut twice: impl FnMut(u64)) {
        self.added += other.added;
        for (page, from) in other.places {
            let Some(words) = other.pages.get(from) else { continue };
            let at = self.page(page);
            let Some(own) = self.pages.get_mut(at) else { continue };
            for ((index, word), more) in own.iter_mut().enumerate().zip(words.iter()) {
                each_bit(*word & *more, |bit| twice(page * PAGE + index as u64 * 64 + bit));
                *word |= *more;
            }
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.pages.iter().flat_map(|page| page.iter()).map(|word| u64::from(word.count_ones())).sum()
    }

    /// Every number, in no order.
    pub fn each(&self, mut take: impl FnMut(u64)) {
        for (page, at) in &self.places {
            for (index, word) in self.pages.get(*at).into_iter().flat_map(|page| page.iter()).enumerate() {
                each_bit(*word, |bit| take(page * PAGE + index as u64 * 64 + bit));
            }
        }
    }
}

#[inline]
fn each_bit(mut word: u64, mut take: impl FnMut(u64)) {
    while word != 0 {
        take(u64::from(word.trailing_zeros()));
        word &= word - 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(one in prop::collection::vec(prop_oneof![0_u64..300, any::<u64>()], 0..200), other in prop::collection::vec(prop_oneof![0_u64..300, any::<u64>()], 0..200)) {
            let set = |numbers: &[u64]| {
                let (mut bits, mut known) = (Bitmap::default(), BTreeSet::new());
                for number in numbers {
                    assert_eq!(bits.add(*number), known.insert(*number));
                }
                (bits, known)
            };
            let ((mut a, mut known), (b, more)) = (set(&one), set(&other));
            let mut twice = BTreeSet::new();
            a.merge(b, |number| { twice.insert(number); });
            prop_assert_eq!(twice, known.intersection(&more).copied().collect::<BTreeSet<_>>());
            known.extend(more);
            prop_assert_eq!(a.count(), known.len() as u64);
            let mut all = BTreeSet::new();
            a.each(|number| { all.insert(number); });
            prop_assert_eq!(all, known);
        }
    }

    #[test]
    fn ids_are_dense_and_hashes_are_not() {
        let mut ids = Bitmap::default();
        let mut hashes = Bitmap::default();
        for id in 0..100_000_u64 {
            ids.add(id * 3);
            hashes.add(id.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            if hashes.is_sparse() {
                break;
            }
        }
        assert!(!ids.is_sparse() && hashes.is_sparse());
    }
}
