//! The values themselves: counted one by one in a narrow range, kept as they are, or handed on to a sketch.

use super::{
    Place, Value,
    sketch::{ERROR, Sketch},
};

/// Widest range of whole values whose occurrences are counted one by one.
const RANGE: usize = 1 << 16;

/// Values that are kept as they are.
pub const KEPT: usize = 1 << 20;

/// Values, as far as their quantiles need them.
#[derive(Clone, Debug)]
pub enum Quantiles<T> {
    /// Whole values in a narrow range: how often each occurs, from `base` on.
    Counted {
        /// The first value.
        base: i64,
        /// Occurrences.
        counts: Vec<u64>,
    },
    /// All of them.
    Kept(Vec<T>),
    /// A sketch.
    Sketch(Box<Sketch<T>>),
}

impl<T> Default for Quantiles<T> {
    fn default() -> Self {
        Self::Counted { base: 0, counts: Vec::new() }
    }
}

impl<T: Value> Quantiles<T> {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: T) {
        if let Self::Counted { base, counts } = self
            && let Some(number) = value.whole()
            && let Some(count) =
                number.checked_sub(*base).and_then(|at| usize::try_from(at).ok()).and_then(|at| counts.get_mut(at))
        {
            *count += 1;
            return;
        }
        self.add_many(value, 1);
    }

    /// Adds a value that occurs so often.
    fn add_many(&mut self, value: T, times: u64) {
        match self {
            Self::Counted { base, counts } => match value.whole().filter(|number| widened(base, counts, *number)) {
                Some(number) => {
                    let at = number.checked_sub(*base).and_then(|at| usize::try_from(at).ok());
                    if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
                        *count += times;
                    }
                }
                None => {
                    self.uncount();
                    self.add_many(value, times);
                }
            },
            Self::Kept(values) => {
                let room = usize::try_from(times).is_ok_and(|times| values.len() + times <= KEPT);
                if room {
                    values.extend(std::iter::repeat_n(value, usize::try_from(times).unwrap_or_default()));
                } else {
                    self.sketch();
                    self.add_many(value, times);
                }
            }
            Self::Sketch(sketch) => sketch.add(value, times),
        }
    }

    /// From counts to values, or to a sketch where they are many.
    fn uncount(&mut self) {
        if let Self::Counted { base, counts } = std::mem::replace(self, Self::Kept(Vec::new())) {
            if counts.iter().sum::<u64>() > KEPT as u64 {
                *self = Self::Sketch(Box::default());
            }
            for (value, count) in values(base, &counts) {
                self.add_many(value, count);
            }
        }
    }

    fn sketch(&mut self) {
        if let Self::Kept(values) = std::mem::replace(self, Self::Sketch(Box::default())) {
            values.into_iter().for_each(|value| self.add_many(value, 1));
        }
    }

    /// Takes another's values.
    pub fn merge(&mut self, other: Self) {
        match other {
            Self::Counted { base, counts } => {
                values(base, &counts).for_each(|(value, count)| self.add_many(value, count))
            }
            Self::Kept(values) => values.into_iter().for_each(|value| self.add(value)),
            Self::Sketch(more) => {
                if matches!(self, Self::Counted { .. }) {
                    self.uncount();
                }
                if matches!(self, Self::Kept(_)) {
                    self.sketch();
                }
                if let Self::Sketch(sketch) = self {
                    sketch.merge(*more);
                }
            }
        }
    }

    /// How far a rank may be off, as a share of all values: 0 where quantiles are exact.
    #[must_use]
    pub const fn error(&self) -> f64 {
        if matches!(self, Self::Sketch(_)) { ERROR } else { 0.0 }
    }

    /// Linear between neighbours, as numpy and SQL's `percentile_cont`; of a sketch, the value at the nearest rank it knows. `lean` moves the rank by so many
    /// times the sketch's error: -1 and 1 give the ends between which the quantile lies.
    pub(super) fn at(&mut self, share: f64, lean: f64) -> Option<Place<T>> {
        match self {
            Self::Counted { base, counts } => {
                let total: u64 = counts.iter().sum();
                let (below, part) = rank(total, share)?;
                let value = |at: u64| {
                    let mut before = 0;
                    values(*base, counts).find(|(_, count)| {
                        before += count;
                        before > at
                    })
                };
                Some(Place { low: value(below)?.0, high: value((below + 1).min(total - 1))?.0, part })
            }
            Self::Kept(values) => {
                let (below, part) = rank(values.len() as u64, share)?;
                let (_, low, above) = values.select_nth_unstable_by(usize::try_from(below).ok()?, T::order);
                let low = *low;
                Some(Place { low, high: above.iter().copied().min_by(T::order).unwrap_or(low), part })
            }
            Self::Sketch(sketch) => sketch.at(ERROR.mul_add(lean, share)).map(Place::on),
        }
    }
}

/// The place below a quantile, and how far on from there it lies.
pub(super) fn rank(total: u64, share: f64) -> Option<(u64, f64)> {
    let last = total.checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    let at = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of values")]
    let below = at.floor() as u64;
    Some((below, at - at.floor()))
}

/// Makes room for a number, where the range stays narrow.
fn widened(base: &mut i64, counts: &mut Vec<u64>, number: i64) -> bool {
    if counts.is_empty() {
        *base = number;
    }
    let end = *base + i64::try_from(counts.len()).unwrap_or(i64::MAX);
    let (low, high) = (number.min(*base), end.max(number + 1));
    let Ok(length) = usize::try_from(high - low) else { return false };
    if length > RANGE {
        return false;
    }
    if low < *base {
        let more = usize::try_from(*base - low).unwrap_or_default();
        counts.splice(0..0, std::iter::repeat_n(0, more));
        *base = low;
    }
    counts.resize(length.max(counts.len()), 0);
    true
}

fn values<T: Value>(base: i64, counts: &[u64]) -> impl Iterator<Item = (T, u64)> + '_ {
    (base..).zip(counts).filter(|(_, count)| **count > 0).map(|(number, count)| (T::counted(number), *count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(values: &[f64], share: f64) -> Option<f64> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (below, part) = rank(sorted.len() as u64, share)?;
        let low = sorted[below as usize];
        let high = sorted[(below as usize + 1).min(sorted.len() - 1)];
        Some((high - low).mul_add(part, low))
    }

    proptest! {
        #[test]
        fn few_values_are_exact_in_any_parts(parts in prop::collection::vec(prop::collection::vec(prop_oneof![(-70_000_i32..70_000).prop_map(f64::from), -1.0..1.0], 0..60), 0..4), share in 0.0..1.0) {
            let mut all = Quantiles::default();
            for part in &parts {
                let mut quantiles = Quantiles::default();
                part.iter().for_each(|value| quantiles.add(*value));
                all.merge(quantiles);
            }
            prop_assert_eq!(all.at(share, 0.0).map(Place::<f64>::value), between(&parts.concat(), share));
        }
    }
}
