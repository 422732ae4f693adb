//! Quantiles of a column in bounded memory: exact while its values can be counted or kept, a KLL sketch beyond that.
//!
//! The sketch is that of Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams" (FOCS 2016), with the capacities of its section 4 (a third less
//! at each lower level) and coins that fall the same way every time. Its normalised rank error for one quantile is about `2.296 / k^0.9021` with 99%
//! confidence (the constants are those that Apache DataSketches measured for this form).

use std::{cmp::Ordering, fmt::Debug};

use bigdecimal::BigDecimal;
use mlp_plan::Literal;

use super::{
    answer::number,
    vector::{Number, exact},
};
use crate::EngineError;

/// Widest range of whole values whose occurrences are counted one by one.
const RANGE: usize = 1 << 16;

/// Values that are kept as they are.
pub const KEPT: usize = 1 << 20;

/// The sketch's parameter: about three times as many values are held.
const K: usize = 8_192;

/// How far a rank of the sketch may be off, as a share of all values, with 99% confidence.
pub const ERROR: f64 = 0.000_7;

/// Below this, floats tell whole numbers apart.
const FLOATS: u128 = 1 << 53;

/// What quantiles are taken of.
pub trait Value: Copy + Debug {
    /// Which comes first.
    fn order(&self, other: &Self) -> Ordering;
    /// As a whole number that can be counted, where it is one.
    fn whole(self) -> Option<i64>;
    /// From a number that was counted.
    fn counted(number: i64) -> Self;
}

impl Value for f64 {
    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }

    #[inline]
    fn whole(self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "only whole values below 2^53 pass")]
        (self.abs() < 9e15 && self.trunc() == self).then_some(self as i64)
    }

    fn counted(number: i64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counted values are below 2^53")]
        let value = number as Self;
        value
    }
}

impl Value for i128 {
    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    #[inline]
    fn whole(self) -> Option<i64> {
        i64::try_from(self).ok().filter(|_| self.unsigned_abs() < FLOATS)
    }

    fn counted(number: i64) -> Self {
        number.into()
    }
}

/// A place between two neighbours, or on the first of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place<T> {
    low: T,
    high: T,
    /// How far on from the first it lies, as a share of the way to the second.
    part: f64,
}

impl<T: Copy> Place<T> {
    const fn on(value: T) -> Self {
        Self { low: value, high: value, part: 0.0 }
    }
}

impl Place<f64> {
    /// The value there.
    fn value(self) -> f64 {
        (self.high - self.low).mul_add(self.part, self.low)
    }
}

impl Place<i128> {
    /// The value there, of units of 10^-scale: exact on a value, and between two that floats would not tell apart.
    fn value(self, scale: i8) -> Literal {
        if self.part == 0.0 || self.low == self.high {
            return exact(self.low, scale);
        }
        if self.low.unsigned_abs().max(self.high.unsigned_abs()) < FLOATS {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let float = |units: i128| units as f64 / 10_f64.powi(scale.into());
            return number(Place { low: float(self.low), high: float(self.high), part: self.part }.value());
        }
        let whole = |units: i128| BigDecimal::new(units.into(), scale.into());
        let Ok(part) = BigDecimal::try_from(self.part) else { return Literal::Null };
        let between = whole(self.low) + (whole(self.high) - whole(self.low)) * part;
        Literal::Number(between.with_scale(i64::from(scale) + 6))
    }
}

/// The values of a column, as exact as the column is.
#[derive(Clone, Debug)]
pub enum Ranked {
    /// Floats; also where nothing came yet.
    Floats(Quantiles<f64>),
    /// Units of 10^-scale.
    Units(Quantiles<i128>, i8),
}

impl Default for Ranked {
    fn default() -> Self {
        Self::Floats(Quantiles::default())
    }
}

impl Ranked {
    /// Adds a column's values; nulls and NaN are passed over.
    ///
    /// # Errors
    /// Where the values before were of another kind.
    pub fn add(&mut self, column: &Number) -> Result<(), EngineError> {
        match column {
            Number::Int(array) => {
                let values = self.units(0)?;
                array.iter().flatten().for_each(|value| values.add(value.into()));
            }
            Number::Exact(array, scale) => {
                let values = self.units(*scale)?;
                array.iter().flatten().for_each(|units| values.add(units));
            }
            Number::Float(array, _) => {
                let Self::Floats(values) = self else { return Err(mixed()) };
                array.iter().flatten().filter(|value| !value.is_nan()).for_each(|value| values.add(value));
            }
        }
        Ok(())
    }

    fn units(&mut self, scale: i8) -> Result<&mut Quantiles<i128>, EngineError> {
        if self.is_empty() {
            *self = Self::Units(Quantiles::default(), scale);
        }
        match self {
            Self::Units(values, found) if *found == scale => Ok(values),
            _ => Err(mixed()),
        }
    }

    fn is_empty(&self) -> bool {
        let nothing = |counts: &[u64]| counts.is_empty();
        match self {
            Self::Floats(Quantiles::Counted { counts, .. }) | Self::Units(Quantiles::Counted { counts, .. }, _) => {
                nothing(counts)
            }
            _ => false,
        }
    }

    /// Takes another's values.
    ///
    /// # Errors
    /// Where they are of another kind.
    pub fn merge(&mut self, other: Self) -> Result<(), EngineError> {
        match (self, other) {
            (_, other) if other.is_empty() => {}
            (own, other) if own.is_empty() => *own = other,
            (Self::Floats(own), Self::Floats(other)) => own.merge(other),
            (Self::Units(own, scale), Self::Units(other, found)) if *scale == found => own.merge(other),
            _ => return Err(mixed()),
        }
        Ok(())
    }

    /// How far a rank may be off, as a share of all values: 0 where quantiles are exact.
    #[must_use]
    pub const fn error(&self) -> f64 {
        match self {
            Self::Floats(values) => values.error(),
            Self::Units(values, _) => values.error(),
        }
    }

    /// The quantile, null where there are no values; `lean` as in [`Quantiles::at`].
    pub fn at(&mut self, share: f64, lean: f64) -> Literal {
        match self {
            Self::Floats(values) => values.at(share, lean).map_or(Literal::Null, |place| number(place.value())),
            Self::Units(values, scale) => values.at(share, lean).map_or(Literal::Null, |place| place.value(*scale)),
        }
    }
}

fn mixed() -> EngineError {
    EngineError::refused("the values of one column are of two kinds")
}

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
    fn at(&mut self, share: f64, lean: f64) -> Option<Place<T>> {
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
fn rank(total: u64, share: f64) -> Option<(u64, f64)> {
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

/// A KLL sketch: at level `h`, each value stands for `2^h` of them.
#[derive(Clone, Debug)]
pub struct Sketch<T> {
    levels: Vec<Vec<T>>,
    coin: u64,
}

impl<T> Default for Sketch<T> {
    fn default() -> Self {
        Self { levels: vec![Vec::new()], coin: 0x9e37_79b9_7f4a_7c15 }
    }
}

impl<T: Value> Sketch<T> {
    fn add(&mut self, value: T, times: u64) {
        for level in 0..u64::BITS as usize {
            if times >> level & 1 == 1 {
                while self.levels.len() <= level {
                    self.levels.push(Vec::new());
                }
                if let Some(values) = self.levels.get_mut(level) {
                    values.push(value);
                }
            }
        }
        self.compact();
    }

    /// Room of a level: `K` at the top, a third less at each one below.
    fn room(&self, level: usize) -> usize {
        let mut room = K;
        for _ in level + 1..self.levels.len() {
            room = room * 2 / 3;
        }
        room.max(8)
    }

    /// Where a level is full, every second of its values goes up, from the first or the second on as the coin falls.
    fn compact(&mut self) {
        let mut level = 0;
        while level < self.levels.len() {
            let room = self.room(level);
            if self.levels.get(level).is_some_and(|values| values.len() > room) {
                let Some(full) = self.levels.get_mut(level) else { return };
                let mut values = std::mem::take(full);
                values.sort_unstable_by(T::order);
                // an odd one out stays where it is
                let odd = if values.len() % 2 == 1 { values.pop() } else { None };
                full.extend(odd);
                self.coin ^= self.coin << 13;
                self.coin ^= self.coin >> 7;
                self.coin ^= self.coin << 17;
                let first = usize::from(self.coin >> 40 & 1 == 1);
                if level + 1 == self.levels.len() {
                    self.levels.push(Vec::new());
                }
                if let Some(above) = self.levels.get_mut(level + 1) {
                    above.extend(values.into_iter().skip(first).step_by(2));
                }
            }
            level += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        for (level, values) in other.levels.into_iter().enumerate() {
            while self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(own) = self.levels.get_mut(level) {
                own.extend(values);
            }
        }
        self.compact();
    }

    fn at(&self, share: f64) -> Option<T> {
        let mut weighted: Vec<(T, u64)> = self
            .levels
            .iter()
            .enumerate()
            .flat_map(|(level, values)| values.iter().map(move |value| (*value, 1_u64 << level)))
            .collect();
        weighted.sort_unstable_by(|a, b| a.0.order(&b.0));
        let total: u64 = weighted.iter().map(|(_, weight)| weight).sum();
        let (wanted, _) = rank(total, share)?;
        let mut before = 0;
        weighted
            .iter()
            .find(|(_, weight)| {
                before += weight;
                before > wanted
            })
            .map(|(value, _)| *value)
    }
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

    #[test]
    fn numbers_that_floats_do_not_tell_apart_are_told_apart() {
        let most = i64::MAX;
        let of = |numbers: &[i64], scale: i8, share: f64| {
            let mut parts = [Ranked::default(), Ranked::default(), Ranked::default()];
            for (at, number) in numbers.iter().enumerate() {
                let array = if scale == 0 {
                    Number::Int(vec![Some(*number), None].into())
                } else {
                    let units: arrow::array::Decimal128Array = [Some(i128::from(*number))].into_iter().collect();
                    Number::Exact(units, scale)
                };
                parts[at % 2 + 1].add(&array).unwrap();
            }
            let mut all = Ranked::default();
            parts.into_iter().for_each(|part| all.merge(part).unwrap());
            all.at(share, 0.0).to_string()
        };
        assert_eq!(of(&[most, most - 1, most - 2], 0, 1.0), "9223372036854775807");
        assert_eq!(of(&[most, most - 1, most - 2], 0, 0.5), "9223372036854775806");
        assert_eq!(of(&[most, most - 1], 0, 0.5), "9223372036854775806.5");
        assert_eq!(of(&[9_007_199_254_740_993, 1, 2], 2, 1.0), "90071992547409.93");
        assert_eq!(of(&[1, 2, 4], 0, 0.75), "3");
        assert_eq!(of(&[125, 130], 2, 0.5), "1.275");
        assert_eq!(of(&[], 0, 0.5), "none");
        let mut floats = Ranked::default();
        floats.add(&Number::Float(vec![Some(1.5), None, Some(f64::NAN)].into(), false)).unwrap();
        assert_eq!(floats.at(1.0, 0.0).to_string(), "1.5");
        assert!(floats.add(&Number::Int(vec![1].into())).is_err());
    }

    #[test]
    fn a_sketch_keeps_its_promise() {
        let mut parts = vec![Quantiles::<f64>::default(); 4];
        let (rows, mut state) = (3_000_000_u32, 1_u64);
        for row in 0..rows {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            #[expect(clippy::cast_precision_loss, reason = "a random number below 1")]
            parts[row as usize % 4].add((state >> 11) as f64 / (1_u64 << 53) as f64);
        }
        let mut all = Quantiles::default();
        parts.into_iter().for_each(|part| all.merge(part));
        assert!(matches!(&all, Quantiles::Sketch(sketch) if sketch.levels.iter().map(Vec::len).sum::<usize>() < 4 * K));
        for share in [0.001, 0.01, 0.25, 0.5, 0.95, 0.99, 0.999] {
            // of values that are spread evenly, rank and value are the same
            let mut at = |lean: f64| all.at(share, lean).unwrap().value();
            let found = at(0.0);
            assert!((found - share).abs() < 2.0 * ERROR, "{share}: {found}");
            assert!(at(-1.0) <= found && found <= at(1.0));
        }
    }
}
