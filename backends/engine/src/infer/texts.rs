//! What the texts of a column are like.

use std::collections::BTreeMap;

use arrow::array::StringArray;

use super::shape::Shape;

/// Different texts that are counted.
pub(super) const COUNTED: usize = 1_024;
/// Bytes of a text beyond which texts are not counted.
const SHORT: usize = 64;

/// Texts so far.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    pub shape: Shape,
    /// How often each came; none where there are too many, or long ones.
    pub counts: Option<BTreeMap<String, u64>>,
    pub count: u64,
}

impl Default for Texts {
    fn default() -> Self {
        Self { shape: Shape::default(), counts: Some(BTreeMap::new()), count: 0 }
    }
}

impl Texts {
    pub fn see(&mut self, texts: &StringArray) {
        for text in texts.iter().flatten() {
            self.count += 1;
            if let Some(counts) = &mut self.counts {
                if let Some(count) = counts.get_mut(text) {
                    *count += 1;
                    // its shape is known
                    continue;
                }
                if counts.len() == COUNTED || text.len() > SHORT {
                    self.counts = None;
                } else {
                    counts.insert(text.to_owned(), 1);
                }
            }
            self.shape.see(text);
        }
    }
}
