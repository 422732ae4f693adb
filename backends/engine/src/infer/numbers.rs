//! What the numbers of a column are like.

use arrow::{
    array::{Array as _, ArrayRef, AsArray as _},
    compute::cast,
    datatypes::{DataType as ArrowType, Float64Type},
};

use crate::EngineError;

/// Values that are kept to tell quantiles by.
const KEPT: usize = 8_192;
/// Whole numbers up to here are floats without loss.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// Numbers so far.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    pub low: f64,
    pub high: f64,
    /// Whether all are whole.
    pub whole: bool,
    /// Whether there are NaN or infinite ones.
    pub odd: bool,
    /// Whether all could be times of day as `hhmm`.
    pub clock: bool,
    kept: Vec<f64>,
    stride: u64,
    seen: u64,
}

impl Default for Numbers {
    fn default() -> Self {
        Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
            whole: true,
            odd: false,
            clock: true,
            kept: Vec::new(),
            stride: 1,
            seen: 0,
        }
    }
}

impl Numbers {
    pub fn see(&mut self, array: &ArrayRef) -> Result<(), EngineError> {
        let floats = cast(array, &ArrowType::Float64)?;
        let floats = floats.as_primitive::<Float64Type>();
        debug_assert_eq!(floats.len(), array.len());
        for value in floats.iter().flatten() {
            if !value.is_finite() {
                self.odd = true;
                self.whole = false;
                continue;
            }
            self.low = self.low.min(value);
            self.high = self.high.max(value);
            self.whole &= value == value.trunc();
            self.clock &= (0.0..=2_400.0).contains(&value) && value % 100.0 < 60.0;
            if self.seen.is_multiple_of(self.stride) {
                self.keep(value);
            }
            self.seen += 1;
        }
        Ok(())
    }

    /// Keeps every so many-th value, ever fewer.
    fn keep(&mut self, value: f64) {
        self.kept.push(value);
        if self.kept.len() >= KEPT {
            let mut at = 0;
            self.kept.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.stride *= 2;
        }
    }

    /// How many there are, odd ones left out.
    pub const fn count(&self) -> u64 {
        self.seen
    }

    /// About where a share of them ends; zero, where there are none.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.kept.clone();
        sorted.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short list"
        )]
        let at = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
        sorted.get(at).copied().unwrap_or_default()
    }
}
