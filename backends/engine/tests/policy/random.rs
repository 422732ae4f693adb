//! Random numbers that are the same everywhere.

/// A generator with its state.
pub struct Random(pub u64);

impl Random {
    /// Uniform in 0 .. 1.
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let bits = self.0 ^ (self.0 >> 29);
        (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Random {
    /// Nearly normal: mean 0, variance 1.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}
