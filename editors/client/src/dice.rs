//! Choices at random, that can be made again.

/// Where choices come from.
#[derive(Clone, Debug)]
pub enum Dice<'b> {
    /// A seed (SplitMix64).
    Seeded(u64),
    /// Bytes that somebody else has chosen; zeros behind them.
    Bytes(std::slice::Iter<'b, u8>),
}

impl Dice<'_> {
    /// A number below another; 0 below 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let number = match self {
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                mixed ^ (mixed >> 31)
            }
            Self::Bytes(bytes) => {
                let count = if bound > 256 { 2 } else { 1 };
                bytes.by_ref().take(count).fold(0, |number, byte| number << 8 | u64::from(*byte))
            }
        };
        usize::try_from(number.checked_rem(bound as u64).unwrap_or_default()).unwrap_or_default()
    }

    /// Whether something happens that does so many times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several; none of none.
    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        let index = self.below(of.len());
        of.get(index)
    }

    /// One of several words; an empty one of none.
    pub fn word(&mut self, of: &[&'static str]) -> &'static str {
        self.pick(of).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same() {
        let thrown = |seed| {
            let mut dice = Dice::Seeded(seed);
            (0..5).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(thrown(1), thrown(1));
        assert_ne!(thrown(1), thrown(2));
    }

    #[test]
    fn bytes_are_used_up_and_zeros_follow() {
        let mut dice = Dice::Bytes([7, 1, 2].iter());
        assert_eq!([dice.below(5), dice.below(1_000), dice.below(5), dice.below(0)], [2, 258, 0, 0]);
    }
}
