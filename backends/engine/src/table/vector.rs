//! Columns as expressions see them: whatever their width, numbers are integers, exact decimals or floats, and times are nanoseconds.

use std::cmp::Ordering;

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray},
    compute::cast,
    datatypes::{DataType as ArrowType, Date32Type, Decimal128Type, Float64Type, Int64Type},
};
use bigdecimal::{BigDecimal, ToPrimitive as _};
use mlp_plan::{ArithmeticOp, CompareOp, Literal};

use super::{
    conform::unpacked,
    literal::{nanoseconds, step},
};
use crate::EngineError;

/// What an expression gives for every row.
#[derive(Clone, Debug)]
pub enum Vector {
    /// The same for every row.
    Same(Literal),
    /// Truth, with unknowns as nulls.
    Bool(BooleanArray),
    /// Numbers.
    Number(Number),
    /// Points and spans of time.
    Time(Kind, Decimal128Array),
    /// Text.
    Text(StringArray),
    /// Anything else, for its null-ness and length.
    Other(ArrayRef),
}

/// Numbers, as exact as they can be had.
#[derive(Clone, Debug)]
pub enum Number {
    /// Integers.
    Int(Int64Array),
    /// Units of 10^-scale.
    Exact(Decimal128Array, i8),
    /// Floats; `true` where they were 32 bits wide, since then a literal is taken to that width before it is compared.
    Float(Float64Array, bool),
}

/// What a number of nanoseconds means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Since 1970, whole days.
    Day,
    /// Since 1970.
    Instant,
    /// Since midnight.
    OfDay,
    /// A duration.
    Span,
}

impl Vector {
    /// A column.
    ///
    /// # Errors
    /// Where Arrow fails.
    pub fn column(array: &ArrayRef) -> Result<Self, EngineError> {
        let array = unpacked(array)?;
        Ok(match array.data_type() {
            ArrowType::Boolean => Self::Bool(array.as_boolean().clone()),
            ArrowType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            ArrowType::UInt64 => Self::Number(Number::Exact(
                cast(&array, &ArrowType::Decimal128(38, 0))?.as_primitive::<Decimal128Type>().clone(),
                0,
            )),
            ArrowType::Float32 => Self::Number(Number::Float(
                cast(&array, &ArrowType::Float64)?.as_primitive::<Float64Type>().clone(),
                true,
            )),
            ArrowType::Float64 => Self::Number(Number::Float(array.as_primitive::<Float64Type>().clone(), false)),
            ArrowType::Decimal128(_, scale) => {
                Self::Number(Number::Exact(array.as_primitive::<Decimal128Type>().clone(), *scale))
            }
            ArrowType::Decimal256(..) => Self::Number(Number::Float(
                cast(&array, &ArrowType::Float64)?.as_primitive::<Float64Type>().clone(),
                false,
            )),
            data if data.is_integer() => {
                Self::Number(Number::Int(cast(&array, &ArrowType::Int64)?.as_primitive::<Int64Type>().clone()))
            }
            ArrowType::Date32 => {
                let days = array.as_primitive::<Date32Type>();
                Self::Time(
                    Kind::Day,
                    days.iter().map(|day| day.map(|day| i128::from(day) * 86_400_000_000_000)).collect(),
                )
            }
            data => match (step(data), data) {
                (Some(step), data) => {
                    let kind = match data {
                        ArrowType::Timestamp(..) => Kind::Instant,
                        ArrowType::Duration(_) => Kind::Span,
                        _ => Kind::OfDay,
                    };
                    let wide = cast(&array, &ArrowType::Int64)?;
                    Self::Time(
                        kind,
                        wide.as_primitive::<Int64Type>()
                            .iter()
                            .map(|value| value.map(|value| i128::from(value) * step))
                            .collect(),
                    )
                }
                (None, _) => Self::Other(array),
            },
        })
    }

    /// Which rows are null.
    #[must_use]
    pub fn is_none(&self, rows: usize) -> BooleanArray {
        let nulls = match self {
            Self::Same(literal) => return BooleanArray::from(vec![*literal == Literal::Null; rows]),
            Self::Bool(array) => array.nulls(),
            Self::Number(Number::Int(array)) => array.nulls(),
            Self::Number(Number::Exact(array, _)) | Self::Time(_, array) => array.nulls(),
            Self::Number(Number::Float(array, _)) => array.nulls(),
            Self::Text(array) => array.nulls(),
            Self::Other(array) => array.nulls(),
        };
        nulls.map_or_else(|| BooleanArray::from(vec![false; rows]), |nulls| BooleanArray::new(!nulls.inner(), None))
    }

    /// As truth.
    ///
    /// # Errors
    /// Where it is none.
    pub fn truth(self, rows: usize) -> Result<BooleanArray, EngineError> {
        match self {
            Self::Bool(array) => Ok(array),
            Self::Same(Literal::Bool(value)) => Ok(BooleanArray::from(vec![value; rows])),
            Self::Same(Literal::Null) => Ok(BooleanArray::new_null(rows)),
            other => Err(mismatch(&other, "a condition")),
        }
    }

    /// As a number for every row, next to `beside`, which decides how a literal is taken.
    pub(crate) fn number(&self, rows: usize, beside: Option<&Self>) -> Result<Number, EngineError> {
        match (self, beside) {
            (Self::Number(number), _) => Ok(number.clone()),
            (Self::Same(Literal::Null), _) => Ok(Number::Int(Int64Array::new_null(rows))),
            (Self::Same(literal), Some(Self::Number(Number::Float(_, single)))) => match literal.as_f64() {
                #[expect(clippy::cast_possible_truncation, reason = "the nearest float32 is meant")]
                Some(value) if *single => Ok(Number::Float(vec![f64::from(value as f32); rows].into(), true)),
                Some(value) => Ok(Number::Float(vec![value; rows].into(), false)),
                None => Err(mismatch(self, "a number")),
            },
            (Self::Same(literal), _) => constant(literal, rows).ok_or_else(|| mismatch(self, "a number")),
            (other, _) => Err(mismatch(other, "a number")),
        }
    }

    pub(crate) fn time(&self, rows: usize) -> Option<(Kind, Decimal128Array)> {
        match self {
            Self::Time(kind, array) => Some((*kind, array.clone())),
            Self::Same(literal) => {
                let kind = match literal {
                    Literal::Date(_) => Kind::Day,
                    Literal::Timestamp(_) => Kind::Instant,
                    Literal::Time(_) => Kind::OfDay,
                    Literal::Duration(_) => Kind::Span,
                    _ => return None,
                };
                Some((kind, vec![nanoseconds(literal)?; rows].into()))
            }
            _ => None,
        }
    }
}

fn constant(literal: &Literal, rows: usize) -> Option<Number> {
    if let Some(value) = literal.as_i64() {
        return Some(Number::Int(vec![value; rows].into()));
    }
    if let Literal::Size(bytes) = literal {
        return Some(Number::Int(vec![i64::try_from(*bytes).ok()?; rows].into()));
    }
    let exact = || {
        let Literal::Number(number) = literal else { return None };
        let (units, scale) =
            number.normalized().with_scale(number.normalized().fractional_digit_count().max(0)).into_bigint_and_scale();
        Some((units.to_i128()?, i8::try_from(scale).ok().filter(|scale| *scale <= 38)?))
    };
    match exact() {
        Some((units, scale)) => Some(Number::Exact(vec![units; rows].into(), scale)),
        None => Some(Number::Float(vec![literal.as_f64()?; rows].into(), false)),
    }
}

pub(crate) fn mismatch(vector: &Vector, wanted: &str) -> EngineError {
    let found = match vector {
        Vector::Same(literal) => literal.to_string(),
        Vector::Bool(_) => "a condition".to_owned(),
        Vector::Number(_) => "a number".to_owned(),
        Vector::Time(..) => "a time".to_owned(),
        Vector::Text(_) => "text".to_owned(),
        Vector::Other(array) => super::arrow_types::words(array.data_type()),
    };
    EngineError::refused(format!("{found} stands where {wanted} is needed"))
}

impl Number {
    /// As floats, the nearest ones.
    #[must_use]
    pub fn floats(&self) -> Float64Array {
        #[expect(clippy::cast_precision_loss, reason = "the nearest float is meant")]
        match self {
            Self::Int(array) => array.unary(|value| value as f64),
            Self::Exact(array, scale) => {
                let unit = 10_f64.powi(i32::from(*scale));
                array.unary(|value| value as f64 / unit)
            }
            Self::Float(array, _) => array.clone(),
        }
    }

    /// As units of 10^-scale; `None` where it is a float or one does not fit.
    fn units(&self, scale: i8) -> Option<Decimal128Array> {
        let raise = |from: i8| 10_i128.checked_pow(u32::try_from(scale - from).ok()?);
        match self {
            Self::Int(array) => {
                let factor = raise(0)?;
                let units = |value: Option<i64>| value.map(|value| i128::from(value).checked_mul(factor).ok_or(()));
                array.iter().map(|value| units(value).transpose()).collect::<Result<_, _>>().ok()
            }
            Self::Exact(array, from) => {
                let factor = raise(*from)?;
                array.try_unary::<_, Decimal128Type, ()>(|value| value.checked_mul(factor).ok_or(())).ok()
            }
            Self::Float(..) => None,
        }
    }

    /// As exact numbers of any size; `None` where it is a float.
    fn decimals(&self) -> Option<Vec<Option<BigDecimal>>> {
        match self {
            Self::Int(array) => Some(array.iter().map(|value| value.map(BigDecimal::from)).collect()),
            Self::Exact(array, scale) => {
                Some(array.iter().map(|value| Some(BigDecimal::new(value?.into(), i64::from(*scale)))).collect())
            }
            Self::Float(..) => None,
        }
    }

    const fn scale(&self) -> Option<i8> {
        match self {
            Self::Int(_) => Some(0),
            Self::Exact(_, scale) => Some(*scale),
            Self::Float(..) => None,
        }
    }
}

/// `left op right` row by row; a null on either side is unknown, a NaN compares false but for `!=`.
pub(crate) fn compare(op: CompareOp, left: &Vector, right: &Vector, rows: usize) -> Result<BooleanArray, EngineError> {
    let holds = |ordering: Option<Ordering>| ordering.map_or(op == CompareOp::Ne, |ordering| op.holds(ordering));
    if matches!(left, Vector::Same(Literal::Null)) || matches!(right, Vector::Same(Literal::Null)) {
        return Ok(BooleanArray::new_null(rows));
    }
    Ok(match (left, right) {
        (Vector::Same(a), Vector::Same(b)) => BooleanArray::from(vec![holds(a.compare(b)); rows]),
        (Vector::Text(a), Vector::Text(b)) => pairs(a.iter(), b.iter(), |a, b| holds(Some(a.cmp(b)))),
        (Vector::Text(a), Vector::Same(Literal::Text(b))) => {
            a.iter().map(|a| a.map(|a| holds(Some(a.cmp(b.as_str()))))).collect()
        }
        (Vector::Same(Literal::Text(_)), Vector::Text(_)) => return compare(op.flipped(), right, left, rows),
        (Vector::Bool(_), _) | (_, Vector::Bool(_)) => {
            let (a, b) = (left.clone().truth(rows)?, right.clone().truth(rows)?);
            pairs(a.iter(), b.iter(), |a, b| holds(Some(a.cmp(&b))))
        }
        (Vector::Time(..), _) | (_, Vector::Time(..)) => {
            let (Some((_, a)), Some((_, b))) = (left.time(rows), right.time(rows)) else {
                return Err(mismatch(if matches!(left, Vector::Time(..)) { right } else { left }, "a time"));
            };
            pairs(a.iter(), b.iter(), |a, b| holds(Some(a.cmp(&b))))
        }
        _ => {
            let (a, b) = (left.number(rows, Some(right))?, right.number(rows, Some(left))?);
            if let (Number::Int(a), Number::Int(b)) = (&a, &b) {
                return Ok(pairs(a.iter(), b.iter(), |a, b| holds(Some(a.cmp(&b)))));
            }
            let exact = a
                .scale()
                .zip(b.scale())
                .map(|(one, other)| one.max(other))
                .and_then(|scale| a.units(scale).zip(b.units(scale)));
            let beyond = || a.decimals().zip(b.decimals());
            match exact.map(Ok).or_else(|| beyond().map(Err)) {
                Some(Ok((a, b))) => pairs(a.iter(), b.iter(), |a, b| holds(Some(a.cmp(&b)))),
                Some(Err((a, b))) => pairs(a.into_iter(), b.into_iter(), |a, b| holds(Some(a.cmp(&b)))),
                None => pairs(a.floats().iter(), b.floats().iter(), |a, b| holds(a.partial_cmp(&b))),
            }
        }
    })
}

fn pairs<T>(
    left: impl Iterator<Item = Option<T>>,
    right: impl Iterator<Item = Option<T>>,
    test: impl Fn(T, T) -> bool,
) -> BooleanArray {
    left.zip(right).map(|(left, right)| Some(test(left?, right?))).collect()
}

/// `left op right` row by row: exact where both are and it fits, floats otherwise; a division by zero is unknown.
pub(crate) fn arithmetic(op: ArithmeticOp, left: &Vector, right: &Vector, rows: usize) -> Result<Vector, EngineError> {
    if let (Vector::Same(a), Vector::Same(b)) = (left, right) {
        return Ok(Vector::Same(mlp_plan::arithmetic(op, a, b).unwrap_or(Literal::Null)));
    }
    if let (Some(a), Some(b)) = (left.time(rows), right.time(rows)) {
        return times(op, a, b).ok_or_else(|| mismatch(right, "something that can be added to a time"));
    }
    let (a, b) = (left.number(rows, Some(right))?, right.number(rows, Some(left))?);
    if let Some(exact) = exactly(op, &a, &b) {
        return Ok(Vector::Number(exact));
    }
    let (a, b) = (a.floats(), b.floats());
    let rows = a.iter().zip(b.iter()).map(|(a, b)| {
        let (a, b) = (a?, b?);
        match op {
            ArithmeticOp::Add => Some(a + b),
            ArithmeticOp::Sub => Some(a - b),
            ArithmeticOp::Mul => Some(a * b),
            ArithmeticOp::Div => (b != 0.0).then(|| a / b),
        }
    });
    Ok(Vector::Number(Number::Float(rows.collect(), false)))
}

/// Adds and multiplies without rounding; `None` for floats, divisions and what does not fit 128 bits.
fn exactly(op: ArithmeticOp, left: &Number, right: &Number) -> Option<Number> {
    let (one, other) = (left.scale()?, right.scale()?);
    let scale = match op {
        ArithmeticOp::Add | ArithmeticOp::Sub => one.max(other),
        ArithmeticOp::Mul => one.checked_add(other)?,
        ArithmeticOp::Div => return None,
    };
    let (a, b) = if op == ArithmeticOp::Mul {
        (left.units(one)?, right.units(other)?)
    } else {
        (left.units(scale)?, right.units(scale)?)
    };
    let mut fits = true;
    let rows: Decimal128Array = a
        .iter()
        .zip(b.iter())
        .map(|(a, b)| {
            let (a, b) = (a?, b?);
            let value = match op {
                ArithmeticOp::Add => a.checked_add(b),
                ArithmeticOp::Sub => a.checked_sub(b),
                _ => a.checked_mul(b),
            };
            fits &= value.is_some();
            value
        })
        .collect();
    fits.then_some(Number::Exact(rows, scale))
}

fn times(op: ArithmeticOp, left: (Kind, Decimal128Array), right: (Kind, Decimal128Array)) -> Option<Vector> {
    use ArithmeticOp::{Add, Sub};
    use Kind::{Day, Instant, Span};
    let kind = match (op, left.0, right.0) {
        (Sub, Day | Instant, Day | Instant) | (Add | Sub, Span, Span) => Span,
        (Add | Sub, Day, Span) | (Add, Span, Day) => Day,
        (Add | Sub, Instant, Span) | (Add, Span, Instant) => Instant,
        _ => return None,
    };
    let rows =
        left.1.iter().zip(right.1.iter()).map(|(a, b)| if op == Add { a?.checked_add(b?) } else { a?.checked_sub(b?) });
    Some(Vector::Time(kind, rows.collect()))
}

/// A value of a column as a literal.
pub(crate) fn literal(kind: Kind, nanoseconds: i128) -> Option<Literal> {
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
    let rest = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).ok()?;
    Some(match kind {
        Kind::Span => Literal::Duration(i64::try_from(nanoseconds).ok()?),
        Kind::Day => Literal::Date(chrono::DateTime::from_timestamp(seconds, rest)?.date_naive()),
        Kind::Instant => Literal::Timestamp(chrono::DateTime::from_timestamp(seconds, rest)?.naive_utc()),
        Kind::OfDay => {
            Literal::Time(chrono::NaiveTime::from_num_seconds_from_midnight_opt(u32::try_from(seconds).ok()?, rest)?)
        }
    })
}

/// Units of 10^-scale as a literal.
pub(crate) fn exact(units: i128, scale: i8) -> Literal {
    Literal::Number(BigDecimal::new(units.into(), i64::from(scale)))
}
