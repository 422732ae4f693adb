//! Digests of rows: what uniqueness, foreign keys, distinct counts and random splits are decided by.
//!
//! A digest depends on the values alone, not on batch borders, encodings or widths (`int32` 7 is `int64` 7), and is fixed for ever: a split made with
//! it is the same on every machine. It is a hash for data, not against an adversary.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    buffer::NullBuffer,
    datatypes::{
        ArrowPrimitiveType, DataType as ArrowType, Date32Type, Decimal128Type, DurationNanosecondType, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::EngineError;

/// Stands for a null, whose own value is arbitrary.
const NULL: u64 = 0x6e75_6c6c_6e75_6c6c;

/// One digest per row, two independent 64-bit lanes each; columns are added one after the other.
#[derive(Clone, Debug, Default)]
pub struct Digests {
    lanes: Vec<(u64, u64)>,
}

/// Bijective on 64 bits, so that a single number column has no false twins in its first lane.
#[inline]
const fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[inline]
const fn mix_second(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 29;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 32)
}

#[inline]
const fn step((first, second): (u64, u64), word: u64) -> (u64, u64) {
    (mix(first ^ word), mix_second(second.rotate_left(19) ^ word))
}

/// Where a row's digest starts, and a string's.
const START: (u64, u64) = (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344);

/// Digest of bytes: eight at a time, then the length.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> (u64, u64) {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut lanes = words.iter().fold(START, |lanes, word| step(lanes, u64::from_le_bytes(*word)));
    let tail = rest.iter().rev().fold(0, |tail, byte| (tail << 8) | u64::from(*byte));
    lanes = step(lanes, tail);
    step(lanes, bytes.len() as u64)
}

/// The first lane of a row of one whole number or time, by its 64 bits; no two numbers share it.
#[must_use]
pub(crate) const fn of_word(word: u64) -> u64 {
    step(START, word).0
}

/// Both lanes of such a row.
#[must_use]
pub(crate) fn full_of_word(word: u64) -> u128 {
    let (first, second) = step(START, word);
    (u128::from(first) << 64) | u128::from(second)
}

/// Gives the 64 bits of each whole number or time of a column to `take`, null slots left out; `false` where it is a column of anything else.
pub(crate) fn each_word(column: &ArrayRef, nulls: Option<&NullBuffer>, take: impl FnMut(u64)) -> bool {
    fn all<T: ArrowPrimitiveType>(
        column: &ArrayRef,
        nulls: Option<&NullBuffer>,
        word: impl Fn(T::Native) -> u64,
        mut take: impl FnMut(u64),
    ) -> bool {
        let values = column.as_primitive::<T>().values().iter().map(|value| word(*value));
        match nulls {
            None => values.for_each(take),
            Some(nulls) => {
                values.zip(nulls.iter()).filter(|(_, valid)| *valid).for_each(|(value, _)| take(value));
            }
        }
        true
    }
    let signed = |value: i64| value.cast_unsigned();
    match column.data_type() {
        ArrowType::Int8 => all::<Int8Type>(column, nulls, |value| signed(value.into()), take),
        ArrowType::Int16 => all::<Int16Type>(column, nulls, |value| signed(value.into()), take),
        ArrowType::Int32 => all::<Int32Type>(column, nulls, |value| signed(value.into()), take),
        ArrowType::Int64 => all::<Int64Type>(column, nulls, signed, take),
        ArrowType::UInt8 => all::<UInt8Type>(column, nulls, Into::into, take),
        ArrowType::UInt16 => all::<UInt16Type>(column, nulls, Into::into, take),
        ArrowType::UInt32 => all::<UInt32Type>(column, nulls, Into::into, take),
        ArrowType::UInt64 => all::<UInt64Type>(column, nulls, |value| value, take),
        ArrowType::Date32 => all::<Date32Type>(column, nulls, |value| signed(value.into()), take),
        _ => false,
    }
}

/// Whether [`each_word`] reads columns of that type.
#[must_use]
pub(crate) fn is_whole(data: &ArrowType) -> bool {
    data.is_integer() || *data == ArrowType::Date32
}

impl Digests {
    /// `rows` empty digests; another `seed` gives others.
    #[must_use]
    pub fn new(rows: usize, seed: u64) -> Self {
        let start = if seed == 0 { START } else { step(START, seed) };
        Self { lanes: vec![start; rows] }
    }

    /// Digests of the rows of these columns.
    ///
    /// # Errors
    /// Where a nested column cannot be read.
    pub fn of(columns: &[ArrayRef], rows: usize, seed: u64) -> Result<Self, EngineError> {
        let mut digests = Self::new(rows, seed);
        columns.iter().try_for_each(|column| digests.add(column))?;
        Ok(digests)
    }

    /// The first lane of each row: 64 bits.
    pub fn short(&self) -> impl Iterator<Item = u64> + '_ {
        self.lanes.iter().map(|lanes| lanes.0)
    }

    /// Both lanes of each row: 128 bits.
    pub fn full(&self) -> impl Iterator<Item = u128> + '_ {
        self.lanes.iter().map(|(first, second)| (u128::from(*first) << 64) | u128::from(*second))
    }

    /// Adds a column.
    ///
    /// # Errors
    /// Where a nested column cannot be read.
    pub fn add(&mut self, column: &ArrayRef) -> Result<(), EngineError> {
        let signed = |value: i64| value.cast_unsigned();
        match column.data_type() {
            ArrowType::Null => self.words(std::iter::repeat(0), None, true),
            ArrowType::Boolean => self.words(column.as_boolean().values().iter().map(u64::from), column.nulls(), false),
            ArrowType::Int8 => self.primitive::<Int8Type>(column, |value| signed(value.into())),
            ArrowType::Int16 => self.primitive::<Int16Type>(column, |value| signed(value.into())),
            ArrowType::Int32 => self.primitive::<Int32Type>(column, |value| signed(value.into())),
            ArrowType::Int64 => self.primitive::<Int64Type>(column, signed),
            ArrowType::UInt8 => self.primitive::<UInt8Type>(column, Into::into),
            ArrowType::UInt16 => self.primitive::<UInt16Type>(column, Into::into),
            ArrowType::UInt32 => self.primitive::<UInt32Type>(column, Into::into),
            ArrowType::UInt64 => self.primitive::<UInt64Type>(column, |value| value),
            ArrowType::Float32 => self.primitive::<Float32Type>(column, |value| float(value.into())),
            ArrowType::Float64 => self.primitive::<Float64Type>(column, float),
            ArrowType::Date32 => self.primitive::<Date32Type>(column, |value| signed(value.into())),
            ArrowType::Time64(TimeUnit::Microsecond) => self.primitive::<Time64MicrosecondType>(column, signed),
            ArrowType::Duration(TimeUnit::Nanosecond) => self.primitive::<DurationNanosecondType>(column, signed),
            ArrowType::Timestamp(TimeUnit::Millisecond, _) => {
                self.primitive::<TimestampMillisecondType>(column, signed)
            }
            ArrowType::Timestamp(TimeUnit::Microsecond, _) => {
                self.primitive::<TimestampMicrosecondType>(column, signed)
            }
            ArrowType::Timestamp(TimeUnit::Nanosecond, _) => self.primitive::<TimestampNanosecondType>(column, signed),
            ArrowType::Decimal128(..) => self.decimals(column),
            ArrowType::Utf8 => {
                self.pairs(column.as_string::<i32>().iter().map(|value| value.map(|text| of_bytes(text.as_bytes()))))
            }
            ArrowType::Binary => self.pairs(column.as_binary::<i32>().iter().map(|value| value.map(of_bytes))),
            ArrowType::Dictionary(..) => self.dictionary(column)?,
            _ => self.formatted(column)?,
        }
        Ok(())
    }

    fn primitive<T: ArrowPrimitiveType>(&mut self, column: &ArrayRef, word: impl Fn(T::Native) -> u64) {
        let array = column.as_primitive::<T>();
        self.words(array.values().iter().map(|value| word(*value)), array.nulls(), false);
    }

    fn words(&mut self, words: impl Iterator<Item = u64>, nulls: Option<&NullBuffer>, all_null: bool) {
        let rows = self.lanes.iter_mut().zip(words);
        match nulls {
            _ if all_null => rows.for_each(|(lanes, _)| *lanes = step(step(*lanes, NULL), NULL)),
            None => rows.for_each(|(lanes, word)| *lanes = step(*lanes, word)),
            Some(nulls) => rows.zip(nulls.iter()).for_each(|((lanes, word), valid)| {
                // Two steps for a null, one for a value: no value is taken for a null.
                *lanes = if valid { step(*lanes, word) } else { step(step(*lanes, NULL), NULL) };
            }),
        }
    }

    fn pairs(&mut self, pairs: impl Iterator<Item = Option<(u64, u64)>>) {
        for (lanes, pair) in self.lanes.iter_mut().zip(pairs) {
            *lanes = match pair {
                Some((first, second)) => (mix(lanes.0 ^ first), mix_second(lanes.1.rotate_left(19) ^ second)),
                None => step(step(*lanes, NULL), NULL),
            };
        }
    }

    fn decimals(&mut self, column: &ArrayRef) {
        let pair = |value: i128| {
            let bits = value.cast_unsigned();
            #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
            step(step(START, bits as u64), (bits >> 64) as u64)
        };
        self.pairs(column.as_primitive::<Decimal128Type>().iter().map(|value| value.map(pair)));
    }

    /// Each dictionary value is hashed once.
    fn dictionary(&mut self, column: &ArrayRef) -> Result<(), EngineError> {
        if let Some(dictionary) = column.as_dictionary_opt::<Int32Type>()
            && let Some(values) = dictionary.values().as_string_opt::<i32>()
        {
            let known: Vec<Option<(u64, u64)>> =
                values.iter().map(|value| value.map(|text| of_bytes(text.as_bytes()))).collect();
            let keys = dictionary.keys();
            let row = |key: &i32| usize::try_from(*key).ok().and_then(|key| known.get(key).copied()).flatten();
            match keys.nulls() {
                None => self.pairs(keys.values().iter().map(row)),
                Some(nulls) => self.pairs(
                    keys.values().iter().zip(nulls.iter()).map(|(key, valid)| if valid { row(key) } else { None }),
                ),
            }
            return Ok(());
        }
        let ArrowType::Dictionary(_, values) = column.data_type() else { return Ok(()) };
        self.add(&arrow::compute::cast(column, values)?)
    }

    /// Nested and rare types by their text.
    fn formatted(&mut self, column: &ArrayRef) -> Result<(), EngineError> {
        let formatter = ArrayFormatter::try_new(column, &FormatOptions::new().with_null("\u{0}"))?;
        for (row, lanes) in self.lanes.iter_mut().enumerate() {
            let (first, second) = of_bytes(formatter.value(row).try_to_string()?.as_bytes());
            *lanes = (mix(lanes.0 ^ first), mix_second(lanes.1.rotate_left(19) ^ second));
        }
        Ok(())
    }
}

/// -0.0 is 0.0, and every NaN is the same.
#[inline]
fn float(value: f64) -> u64 {
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        value.to_bits()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, Int32Array, Int64Array, StringArray};

    use super::*;

    fn full(columns: &[ArrayRef]) -> Vec<u128> {
        let rows = columns.first().map_or(0, |column| column.len());
        Digests::of(columns, rows, 0).unwrap().full().collect()
    }

    #[test]
    fn width_and_encoding_do_not_matter() {
        let narrow: ArrayRef = Arc::new(Int32Array::from(vec![Some(-7), None, Some(7)]));
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![Some(-7), None, Some(7)]));
        assert_eq!(full(&[narrow]), full(&[wide]));
        let plain: ArrayRef =
            Arc::new(StringArray::from(vec![Some("UA"), None, Some("an airline with a long name"), Some("")]));
        let dictionary: ArrayRef = Arc::new(plain.as_string::<i32>().iter().collect::<DictionaryArray<Int32Type>>());
        assert_eq!(full(&[plain]), full(&[dictionary]));
    }

    #[test]
    fn null_empty_zero_and_order_differ() {
        let text = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
        let all = full(&[text(vec![None, Some(""), Some("a"), Some("a\0"), Some("aaaaaaaa"), Some("aaaaaaaa\0")])]);
        assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), all.len());
        let (a, b) = (text(vec![Some("ab")]), text(vec![Some("c")]));
        assert_ne!(full(&[Arc::clone(&a), Arc::clone(&b)]), full(&[b, a]));
    }

    /// Splits depend on these numbers: they may never change.
    #[test]
    fn fixed_for_ever() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![0, 1]));
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["", "flight"]));
        insta::assert_debug_snapshot!(
            full(&[numbers, texts]).iter().map(|digest| format!("{digest:032x}")).collect::<Vec<_>>()
        );
    }
}
