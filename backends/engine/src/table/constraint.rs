//! One constraint against one column: which rows break it. Prepared once, then run over every batch.

use std::{cell::RefCell, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, GenericStringArray, OffsetSizeTrait, PrimitiveArray,
    },
    buffer::BooleanBuffer,
    datatypes::{
        ArrowNativeTypeOp, DataType as ArrowType, Date32Type, Decimal128Type, DurationNanosecondType, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType, TimeUnit,
        TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type,
    },
};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive as _};
use mlp_plan::{CompareOp, Constraint, DataType, Expr, Literal};
use regex::Regex;

use super::{
    expr::Rows,
    literal::{nanoseconds, step},
    members::Members,
    vector::{Vector, compare},
};
use crate::EngineError;

/// A constraint, ready to run.
#[derive(Clone, Debug)]
pub struct Test {
    asked: Asked,
    /// The last dictionary that was asked: batches of one row group share theirs.
    remembered: RefCell<Option<Remembered>>,
}

/// A dictionary's values, and which of them do not pass.
#[derive(Clone, Debug)]
struct Remembered {
    values: ArrayRef,
    bad: Vec<bool>,
    any: bool,
}

/// What is asked of a value.
#[derive(Clone, Debug)]
enum Asked {
    /// Both ends included.
    Range(Option<Literal>, Option<Literal>),
    /// One of these values.
    OneOf(Members),
    /// Length in characters, bytes or elements.
    Length(u64, u64),
    /// The whole text.
    Matches(Box<Regex>),
    /// A condition.
    Where(Expr),
}

/// A regex that matches only the whole of a text.
///
/// # Errors
/// Where the pattern is not a regex.
pub fn whole(pattern: &str) -> Result<Regex, EngineError> {
    Regex::new(&mlp_plan::holds::whole(pattern)).map_err(|error| EngineError::refused(error.to_string()))
}

impl Test {
    /// Prepares a constraint on values of that type; `unique` is none of a single row, and gives `None`.
    ///
    /// # Errors
    /// Where a pattern is not a regex.
    pub fn new(constraint: &Constraint, data: &DataType) -> Result<Option<Self>, EngineError> {
        let asked = match constraint {
            Constraint::Range { low, high } => Asked::Range(low.clone(), high.clone()),
            Constraint::OneOf(members) => Asked::OneOf(Members::new(members, data)?),
            Constraint::Length { min, max } => Asked::Length(*min, max.unwrap_or(u64::MAX)),
            Constraint::Matches(pattern) => Asked::Matches(Box::new(whole(pattern)?)),
            Constraint::Where(expr) => Asked::Where(expr.clone()),
            Constraint::Unique => return Ok(None),
        };
        Ok(Some(Self { asked, remembered: RefCell::new(None) }))
    }

    /// The condition, where it is one.
    #[must_use]
    pub const fn condition(&self) -> Option<&Expr> {
        match &self.asked {
            Asked::Where(expr) => Some(expr),
            _ => None,
        }
    }

    /// Whether what holds for two values holds for all between them.
    #[must_use]
    pub const fn is_range(&self) -> bool {
        matches!(self.asked, Asked::Range(..))
    }

    /// The rows whose value is not null and breaks the constraint; `None` where there is none.
    ///
    /// # Errors
    /// Where a condition reads what is not there, or Arrow fails.
    pub fn broken(&self, array: &ArrayRef, rows: Rows<'_>) -> Result<Option<BooleanBuffer>, EngineError> {
        let broken = match &self.asked {
            Asked::Range(low, high) => outside(array, low.as_ref(), high.as_ref())?,
            Asked::OneOf(Members::Texts(known)) => self.texts(array, &|text| known.contains(text)),
            Asked::OneOf(members) => Some(members.missing(array)?),
            Asked::Length(min, max) => match array.data_type() {
                ArrowType::Utf8 | ArrowType::Dictionary(..) => self.texts(array, &|text| {
                    let length = if text.is_ascii() { text.len() } else { text.chars().count() } as u64;
                    (*min..=*max).contains(&length)
                }),
                _ => lengths(array).map(|lengths| {
                    lengths
                        .into_iter()
                        .map(|length| length.is_some_and(|length| !(*min..=*max).contains(&length)))
                        .collect()
                }),
            },
            Asked::Matches(regex) => self.texts(array, &|text| regex.is_match(text)),
            Asked::Where(expr) => {
                let truth = rows.truth(expr)?;
                let broken = !truth.values();
                // Unknown satisfies, and so does a null under the constraint.
                Some(truth.nulls().map_or_else(|| broken.clone(), |known| &broken & known.inner()))
            }
        };
        let broken = match (broken, array.nulls()) {
            (Some(broken), Some(nulls)) => Some(&broken & nulls.inner()),
            (broken, _) => broken,
        };
        Ok(broken.filter(BooleanBuffer::has_true))
    }

    /// Rows whose text does not pass; each value of a dictionary is asked once.
    fn texts(&self, array: &ArrayRef, passes: &dyn Fn(&str) -> bool) -> Option<BooleanBuffer> {
        match array.data_type() {
            ArrowType::Utf8 => plain(array.as_string::<i32>(), passes),
            ArrowType::LargeUtf8 => plain(array.as_string::<i64>(), passes),
            ArrowType::Dictionary(..) => {
                let dictionary = array.as_dictionary_opt::<Int32Type>()?;
                let mut remembered = self.remembered.borrow_mut();
                let known = remembered.take().filter(|known| Arc::ptr_eq(&known.values, dictionary.values()));
                let known = match known {
                    Some(known) => known,
                    None => Remembered::of(dictionary.values(), passes)?,
                };
                let key = |key: &i32| {
                    usize::try_from(*key).ok().and_then(|key| known.bad.get(key).copied()).unwrap_or_default()
                };
                let rows = known.any.then(|| dictionary.keys().values().iter().map(key).collect());
                *remembered = Some(known);
                rows
            }
            _ => None,
        }
    }
}

impl Remembered {
    fn of(values: &ArrayRef, passes: &dyn Fn(&str) -> bool) -> Option<Self> {
        let bad: Vec<bool> =
            values.as_string_opt::<i32>()?.iter().map(|value| value.is_some_and(|value| !passes(value))).collect();
        Some(Self { values: Arc::clone(values), any: bad.contains(&true), bad })
    }
}

fn plain<O: OffsetSizeTrait>(array: &GenericStringArray<O>, passes: &dyn Fn(&str) -> bool) -> Option<BooleanBuffer> {
    Some(array.iter().map(|value| value.is_some_and(|value| !passes(value))).collect())
}

/// Bytes, or elements of a list or map, by row.
pub(crate) fn lengths(array: &ArrayRef) -> Option<Vec<Option<u64>>> {
    let by_offsets = |offsets: &[i32]| {
        let lengths = offsets
            .windows(2)
            .map(|pair| if let [from, to] = pair { u64::try_from(to - from).unwrap_or_default() } else { 0 });
        lengths.enumerate().map(|(row, length)| array.is_valid(row).then_some(length)).collect()
    };
    Some(match array.data_type() {
        ArrowType::Binary => by_offsets(array.as_binary::<i32>().value_offsets()),
        ArrowType::List(_) => by_offsets(array.as_list::<i32>().value_offsets()),
        ArrowType::Map(..) => by_offsets(array.as_map().value_offsets()),
        ArrowType::FixedSizeList(_, length) => {
            let length = u64::try_from(*length).unwrap_or_default();
            (0..array.len()).map(|row| array.is_valid(row).then_some(length)).collect()
        }
        _ => return None,
    })
}

/// The values of a column that lie outside; nulls are the caller's matter.
fn outside(
    array: &ArrayRef,
    low: Option<&Literal>,
    high: Option<&Literal>,
) -> Result<Option<BooleanBuffer>, EngineError> {
    use ArrowType::{
        Date32, Decimal128, Duration, Float32, Float64, Int8, Int16, Int32, Int64, Time64, Timestamp, UInt8, UInt16,
        UInt32, UInt64,
    };
    let ends = Ends { low, high };
    Ok(match array.data_type() {
        Int8 => ends.whole::<Int8Type>(array),
        Int16 => ends.whole::<Int16Type>(array),
        Int32 => ends.whole::<Int32Type>(array),
        Int64 => ends.whole::<Int64Type>(array),
        UInt8 => ends.whole::<UInt8Type>(array),
        UInt16 => ends.whole::<UInt16Type>(array),
        UInt32 => ends.whole::<UInt32Type>(array),
        UInt64 => ends.whole::<UInt64Type>(array),
        Decimal128(..) => ends.whole::<Decimal128Type>(array),
        Date32 => ends.whole::<Date32Type>(array),
        Time64(TimeUnit::Microsecond) => ends.whole::<Time64MicrosecondType>(array),
        Duration(TimeUnit::Nanosecond) => ends.whole::<DurationNanosecondType>(array),
        Timestamp(TimeUnit::Millisecond, _) => ends.whole::<TimestampMillisecondType>(array),
        Timestamp(TimeUnit::Microsecond, _) => ends.whole::<TimestampMicrosecondType>(array),
        Timestamp(TimeUnit::Nanosecond, _) => ends.whole::<TimestampNanosecondType>(array),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a bound is taken to the width of the column, so that 0.1 is 0.1 in both"
        )]
        Float32 => {
            let end = |literal: Option<&Literal>, open: f32| {
                literal.map_or(Some(open), |literal| literal.as_f64().map(|value| value as f32))
            };
            ends.scan::<Float32Type>(array, end(low, f32::NEG_INFINITY), end(high, f32::INFINITY))
        }
        Float64 => {
            let end = |literal: Option<&Literal>, open: f64| literal.map_or(Some(open), Literal::as_f64);
            ends.scan::<Float64Type>(array, end(low, f64::NEG_INFINITY), end(high, f64::INFINITY))
        }
        _ => ends.slow(array)?,
    })
}

/// The ends of a range.
struct Ends<'a> {
    low: Option<&'a Literal>,
    high: Option<&'a Literal>,
}

impl Ends<'_> {
    /// Types that are whole numbers inside: the lower end is rounded up, the upper one down.
    fn whole<T: ArrowPrimitiveType>(&self, array: &ArrayRef) -> Option<BooleanBuffer>
    where
        T::Native: TryFrom<i128>,
    {
        let end = |literal: Option<&Literal>, open: T::Native, mode: RoundingMode| match literal {
            None => Some(open),
            Some(literal) => {
                let units = units(literal, array.data_type(), mode)?;
                // Beyond the type: at the far side nothing passes, at the near side everything does.
                T::Native::try_from(units).ok().or_else(|| {
                    let near = (mode == RoundingMode::Ceiling) == (units < 0);
                    near.then_some(open)
                })
            }
        };
        let low = end(self.low, T::Native::MIN_TOTAL_ORDER, RoundingMode::Ceiling);
        let high = end(self.high, T::Native::MAX_TOTAL_ORDER, RoundingMode::Floor);
        self.scan::<T>(array, low, high)
    }

    /// Looks at all values at once first; which rows it is, only where one is outside. An end that no value reaches is `None`.
    #[expect(clippy::unused_self, reason = "reads as part of the ends")]
    fn scan<T: ArrowPrimitiveType>(
        &self,
        array: &ArrayRef,
        low: Option<T::Native>,
        high: Option<T::Native>,
    ) -> Option<BooleanBuffer> {
        let array: &PrimitiveArray<T> = array.as_primitive_opt::<T>()?;
        let (Some(low), Some(high)) = (low, high) else { return Some(BooleanBuffer::new_set(array.len())) };
        let inside = |value: &T::Native| *value >= low && *value <= high;
        let all = array.values().chunks(4_096).all(|values| values.iter().fold(true, |all, value| all & inside(value)));
        (!all).then(|| array.values().iter().map(|value| !inside(value)).collect())
    }

    /// Rare types, value by value.
    fn slow(&self, array: &ArrayRef) -> Result<Option<BooleanBuffer>, EngineError> {
        let value = Vector::column(array)?;
        let mut broken = BooleanBuffer::new_unset(array.len());
        for (op, end) in [(CompareOp::Ge, self.low), (CompareOp::Le, self.high)] {
            if let Some(end) = end {
                let holds: BooleanArray = compare(op, &value, &Vector::Same(end.clone()), array.len())?;
                broken = &broken | &!holds.values();
            }
        }
        Ok(Some(broken))
    }
}

/// A bound in the whole units that an Arrow type counts in; one that is beyond all units is the last one on its side, which no value of a column is.
fn units(literal: &Literal, data: &ArrowType, mode: RoundingMode) -> Option<i128> {
    let number = match (literal, step(data)) {
        (Literal::Number(number), None) => match data {
            ArrowType::Decimal128(_, scale) => number * BigDecimal::new(1.into(), -i64::from(*scale)),
            _ => number.clone(),
        },
        (Literal::Size(bytes), None) => BigDecimal::from(*bytes),
        (literal, Some(step)) => BigDecimal::from(nanoseconds(literal)?) / BigDecimal::from(step),
        _ => return None,
    };
    let beyond = if number < 0 { i128::MIN } else { i128::MAX };
    Some(number.with_scale_round(0, mode).to_i128().unwrap_or(beyond))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float32Array, Float64Array, Int8Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn number(text: &str) -> Literal {
        Literal::Number(text.parse().unwrap())
    }

    fn broken(constraint: &Constraint, data: &DataType, array: impl Array + 'static) -> Vec<usize> {
        let array: ArrayRef = Arc::new(array);
        let rows = Rows { batch: None, this: Some(&array), rows: array.len() };
        let mask = Test::new(constraint, data).unwrap().unwrap().broken(&array, rows).unwrap();
        mask.map(|mask| mask.set_indices().collect()).unwrap_or_default()
    }

    #[test]
    fn ranges_end_where_they_say() {
        let range =
            |low: Option<&str>, high: Option<&str>| Constraint::Range { low: low.map(number), high: high.map(number) };
        let ints = || Int8Array::from(vec![Some(-128), Some(0), None, Some(3), Some(127)]);
        assert_eq!(broken(&range(Some("0.5"), Some("3")), &DataType::Int(8), ints()), [0, 1, 4]);
        assert_eq!(broken(&range(Some("-1000"), None), &DataType::Int(8), ints()), [0_usize; 0]);
        assert_eq!(broken(&range(Some("1000"), None), &DataType::Int(8), ints()), [0, 1, 3, 4]);
        assert_eq!(broken(&range(None, Some("-1000")), &DataType::Int(8), ints()), [0, 1, 3, 4]);
        assert_eq!(broken(&range(None, Some("1000")), &DataType::Int(8), ints()), [0_usize; 0]);
    }

    #[test]
    fn nan_lies_in_no_range() {
        let open = Constraint::Range { low: Some(number("0")), high: None };
        assert_eq!(broken(&open, &DataType::Float(64), Float64Array::from(vec![f64::NAN, 1.0, f64::INFINITY])), [0]);
        let all = Constraint::Range { low: None, high: None };
        assert_eq!(broken(&all, &DataType::Float(64), Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY])), [0]);
    }

    #[test]
    fn a_bound_has_the_width_of_the_column() {
        let tenth = Constraint::Range { low: None, high: Some(number("0.1")) };
        assert_eq!(broken(&tenth, &DataType::Float(32), Float32Array::from(vec![0.1, 0.100_001])), [1]);
    }

    #[test]
    fn times_compare_as_instants() {
        let data = DataType::Timestamp { unit: mlp_plan::TimeUnit::Us, naive: false };
        let after = Constraint::Range { low: Some(Literal::Date("2013-01-01".parse().unwrap())), high: None };
        let instant = 1_356_998_400_000_000;
        assert_eq!(
            broken(&after, &data, TimestampMicrosecondArray::from(vec![instant, instant - 1]).with_timezone("UTC")),
            [1]
        );
    }

    #[test]
    fn lengths_are_characters() {
        let two = Constraint::Length { min: 2, max: Some(2) };
        assert_eq!(
            broken(&two, &DataType::String, StringArray::from(vec![Some("ÄÖ"), Some("a"), None, Some("abc")])),
            [1, 3]
        );
    }

    #[test]
    fn a_match_is_of_the_whole() {
        let word = Constraint::Matches("a|bc".to_owned());
        assert_eq!(broken(&word, &DataType::String, StringArray::from(vec!["a", "bc", "abc", "a\n"])), [2, 3]);
    }
}
