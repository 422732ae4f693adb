//! Quantiles of a column in bounded memory: exact while its values can be counted or kept, a sketch beyond that.

mod sketch;
mod values;

use std::{cmp::Ordering, fmt::Debug};

use bigdecimal::BigDecimal;
use mlp_plan::Literal;

pub use sketch::ERROR;
pub use values::{KEPT, Quantiles};

use super::{
    answer::number,
    vector::{Number, exact},
};
use crate::EngineError;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
