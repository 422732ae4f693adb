//! The sketch of Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams" (FOCS 2016), with the capacities of its section 4 (a third less at each
//! lower level) and coins that fall the same way every time. Its normalised rank error for one quantile is about `2.296 / k^0.9021` with 99% confidence (the
//! constants are those that Apache DataSketches measured for this form).

use super::{Value, values::rank};

/// The sketch's parameter: about three times as many values are held.
const K: usize = 8_192;

/// How far a rank of the sketch may be off, as a share of all values, with 99% confidence.
pub const ERROR: f64 = 0.000_7;

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
    pub fn add(&mut self, value: T, times: u64) {
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

    pub fn merge(&mut self, other: Self) {
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

    pub fn at(&self, share: f64) -> Option<T> {
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
    use super::{super::Quantiles, *};

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
