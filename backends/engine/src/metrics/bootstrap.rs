//! The bootstrap: which rows a resample holds, and what percentiles its replicates have.
//!
//! A resample draws n of n rows with replacement (Efron 1979). What it draws depends on the digest of the rows and on its own number, nothing else:
//! the same rows give the same interval on every machine, with any number of threads, and two reports on the same rows are resampled as one, which is
//! what pairs them.

use std::{num::NonZero, thread};

use super::kernel::Kernel;

/// The state of SplitMix64 (Steele, Lea & Flood 2014).
struct Draws(u64);

impl Draws {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }
}

const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The seed of rows with this digest; `part` names a slice of them.
pub(crate) fn seed(evidence: &str, part: Option<(&str, &str)>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(evidence.as_bytes());
    if let Some((column, value)) = part {
        for text in [column, value] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    let mut bytes = [0; 8];
    hasher.finalize_xof().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// How often each row occurs in resample `number`.
fn resample(weights: &mut [u32], seed: u64, number: u64) {
    weights.fill(0);
    let rows = weights.len() as u64;
    let mut draws = Draws(mixed(seed ^ mixed(number.wrapping_add(1))));
    let mut left = weights.len();
    while left > 0 {
        let bits = draws.next();
        // Lemire's reduction of 32 bits each: two rows a draw, with a bias below rows / 2^32.
        for half in [bits >> 32, bits & 0xffff_ffff].into_iter().take(left) {
            if let Some(weight) = usize::try_from((half * rows) >> 32).ok().and_then(|row| weights.get_mut(row)) {
                *weight += 1;
            }
        }
        left = left.saturating_sub(2);
    }
}

/// The first `count` replicates of a metric over `rows` rows; NaN where a resample leaves it undefined.
pub(crate) fn replicates(kernel: &Kernel, rows: usize, seed: u64, count: usize) -> Vec<f64> {
    if let Kernel::Rows(_) = kernel {
        return vec![kernel.evaluate(&[]); count];
    }
    let mut values = vec![f64::NAN; count];
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = count.div_ceil(threads).max(1);
    thread::scope(|scope| {
        for (part, values) in values.chunks_mut(share).enumerate() {
            scope.spawn(move || {
                let mut weights = vec![0; rows];
                for (offset, value) in values.iter_mut().enumerate() {
                    resample(&mut weights, seed, (part * share + offset) as u64);
                    *value = kernel.evaluate(&weights);
                }
            });
        }
    });
    values
}

/// Replicates in order, with the undefined ones where they hurt: `-inf` where a lower bound is asked for, `+inf` for an upper one.
pub(crate) struct Percentiles {
    sorted: Vec<f64>,
    undefined: usize,
}

impl Percentiles {
    pub fn of(replicates: &[f64]) -> Self {
        let mut sorted: Vec<f64> = replicates.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { undefined: replicates.len() - sorted.len(), sorted }
    }

    /// How many resamples leave the statistic undefined, of how many.
    pub const fn undefined(&self) -> (usize, usize) {
        (self.undefined, self.sorted.len() + self.undefined)
    }

    /// The bound that a share of `tail` lies below, undefined ones counted among them: `None` where it is undefined.
    pub fn lower(&self, tail: f64) -> Option<f64> {
        self.at(tail, self.undefined)
    }

    /// The bound that a share of `tail` lies above, undefined ones counted among them: `None` where it is undefined.
    pub fn upper(&self, tail: f64) -> Option<f64> {
        self.at(1.0 - tail, 0)
    }

    /// Quantile of type 7 (Hyndman & Fan 1996), with `before` undefined values in front of the sorted ones.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position between 0 and the number of replicates"
    )]
    fn at(&self, share: f64, before: usize) -> Option<f64> {
        let last = (self.sorted.len() + self.undefined).checked_sub(1)?;
        let position = (share.clamp(0.0, 1.0) * super::kernel::count(last)).clamp(0.0, super::kernel::count(last));
        let low = position.floor() as usize;
        let fraction = position - position.floor();
        let value = |index: usize| self.sorted.get(index.checked_sub(before)?).copied();
        let start = value(low)?;
        if fraction == 0.0 { Some(start) } else { Some(start + fraction * (value(low + 1)? - start)) }
    }

    /// The share of replicates that do not satisfy `holds`, undefined ones among them.
    pub fn against(&self, holds: impl Fn(f64) -> bool) -> f64 {
        let (undefined, all) = self.undefined();
        let broken = self.sorted.iter().filter(|value| !holds(**value)).count();
        super::kernel::count(broken + undefined) / super::kernel::count(all.max(1))
    }
}
