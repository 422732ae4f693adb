//! Expressions over the rows of a batch, in three-valued logic: a null makes a comparison unknown, not false.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    },
    compute::kernels::boolean::{and_kleene, not, or_kleene},
    datatypes::Decimal128Type,
};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use super::{
    constraint::{lengths, whole},
    vector::{Kind, Number, Vector, arithmetic, compare, mismatch},
};
use crate::EngineError;

/// The rows that an expression is about.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Columns by name; none inside of a list.
    pub batch: Option<&'a RecordBatch>,
    /// What `self` means.
    pub this: Option<&'a ArrayRef>,
    /// How many.
    pub rows: usize,
}

impl Rows<'_> {
    /// Whether a condition holds, row by row; null is unknown.
    ///
    /// # Errors
    /// Where the expression reads a column that is not there, or does not fit its types; a checked program does neither.
    pub fn truth(&self, expr: &Expr) -> Result<BooleanArray, EngineError> {
        self.evaluate(expr)?.truth(self.rows)
    }

    /// The value of an expression, row by row.
    ///
    /// # Errors
    /// As [`Rows::truth`].
    pub fn evaluate(&self, expr: &Expr) -> Result<Vector, EngineError> {
        let both = |left: &Expr, right: &Expr| -> Result<(Vector, Vector), EngineError> {
            Ok((self.evaluate(left)?, self.evaluate(right)?))
        };
        Ok(match expr {
            Expr::Literal(literal) => Vector::Same(literal.clone()),
            Expr::Column(name) => Vector::column(&self.column(name)?)?,
            Expr::This => match self.this {
                Some(array) => Vector::column(array)?,
                None => return Err(EngineError::refused("`self` stands outside of a column")),
            },
            Expr::Not(inner) => Vector::Bool(not(&self.truth(inner)?)?),
            Expr::Negate(inner) => {
                let value = self.evaluate(inner)?;
                let zero = if is_span(&value) { Literal::Duration(0) } else { Literal::Number(0.into()) };
                arithmetic(ArithmeticOp::Sub, &Vector::Same(zero), &value, self.rows)?
            }
            Expr::All(parts) => Vector::Bool(self.joined(parts, true)?),
            Expr::Any(parts) => Vector::Bool(self.joined(parts, false)?),
            Expr::Compare(op, left, right) => {
                let (left, right) = both(left, right)?;
                Vector::Bool(compare(*op, &left, &right, self.rows)?)
            }
            Expr::Arithmetic(op, left, right) => {
                let (left, right) = both(left, right)?;
                arithmetic(*op, &left, &right, self.rows)?
            }
            Expr::Between { value, low, high } => Vector::Bool(self.between(value, low.as_deref(), high.as_deref())?),
            Expr::OneOf(value, members) => {
                let value = self.evaluate(value)?;
                let start = BooleanArray::from(vec![false; self.rows]);
                Vector::Bool(members.iter().try_fold(start, |found, member| {
                    let same = match member {
                        // NaN is the one value that is not what it is
                        Literal::Nan => compare(CompareOp::Ne, &value, &value, self.rows)?,
                        member => compare(CompareOp::Eq, &value, &Vector::Same(member.clone()), self.rows)?,
                    };
                    Ok::<_, EngineError>(or_kleene(&found, &same)?)
                })?)
            }
            Expr::Matches(value, pattern) => {
                let regex = whole(pattern)?;
                let text = self.text(value)?;
                Vector::Bool(text.iter().map(|text| text.map(|text| regex.is_match(text))).collect())
            }
            Expr::Call { function, args } => self.call(function, args)?,
            Expr::Metric { .. } | Expr::Param(_) | Expr::OverSlices { .. } => {
                return Err(EngineError::refused(format!("`{expr}` is not about rows")));
            }
        })
    }

    fn between(&self, value: &Expr, low: Option<&Expr>, high: Option<&Expr>) -> Result<BooleanArray, EngineError> {
        let value = self.evaluate(value)?;
        let mut inside = not(&value.is_none(self.rows))?;
        for (op, end) in [(CompareOp::Ge, low), (CompareOp::Le, high)] {
            if let Some(end) = end {
                inside = and_kleene(&inside, &compare(op, &value, &self.evaluate(end)?, self.rows)?)?;
            }
        }
        // A null lies neither inside nor outside.
        Ok(arrow::compute::nullif(&inside, &value.is_none(self.rows))?.as_boolean().clone())
    }

    fn joined(&self, parts: &[Expr], all: bool) -> Result<BooleanArray, EngineError> {
        let start = BooleanArray::from(vec![all; self.rows]);
        parts.iter().try_fold(start, |joined, part| {
            let truth = self.truth(part)?;
            Ok(if all { and_kleene(&joined, &truth)? } else { or_kleene(&joined, &truth)? })
        })
    }

    /// A column, or a struct's field by its path; a field of a null struct is null.
    pub(crate) fn column(&self, path: &str) -> Result<ArrayRef, EngineError> {
        let absent = || EngineError::refused(format!("there is no column `{path}`"));
        let batch = self.batch.ok_or_else(absent)?;
        if let Some(array) = batch.column_by_name(path) {
            return Ok(std::sync::Arc::clone(array));
        }
        let mut parts = path.split('.');
        let mut array = parts.next().and_then(|first| batch.column_by_name(first)).cloned().ok_or_else(absent)?;
        for part in parts {
            let outer = array.as_struct_opt().ok_or_else(absent)?;
            let inner = outer.column_by_name(part).cloned().ok_or_else(absent)?;
            array = match outer.nulls() {
                Some(nulls) => arrow::compute::nullif(&inner, &BooleanArray::new(!nulls.inner(), None))?,
                None => inner,
            };
        }
        Ok(array)
    }

    fn text(&self, expr: &Expr) -> Result<StringArray, EngineError> {
        match self.evaluate(expr)? {
            Vector::Text(text) => Ok(text),
            Vector::Same(Literal::Text(text)) => Ok(StringArray::from(vec![text; self.rows])),
            Vector::Same(Literal::Null) => Ok(StringArray::new_null(self.rows)),
            other => Err(mismatch(&other, "text")),
        }
    }

    fn call(&self, function: &str, args: &[Expr]) -> Result<Vector, EngineError> {
        let Some(first) = args.first() else {
            return Err(EngineError::refused(format!("`{function}` needs something to be about")));
        };
        let mapped = |change: fn(&str) -> String| -> Result<Vector, EngineError> {
            Ok(Vector::Text(self.text(first)?.iter().map(|text| text.map(change)).collect()))
        };
        Ok(match function {
            "lower" => mapped(str::to_lowercase)?,
            "upper" => mapped(str::to_uppercase)?,
            "trim" => mapped(|text| text.trim().to_owned())?,
            "length" => Vector::Number(Number::Int(self.length(first)?)),
            "is_none" => Vector::Bool(self.evaluate(first)?.is_none(self.rows)),
            "coalesce" => self.coalesce(args)?,
            "abs" | "round" | "floor" | "ceil" => {
                Vector::Number(rounded(function, self.evaluate(first)?.number(self.rows, None)?))
            }
            "year" | "month" | "day" | "hour" => self.part_of_time(function, first)?,
            other => return Err(EngineError::refused(format!("there is no function `{other}` of a row"))),
        })
    }

    fn length(&self, expr: &Expr) -> Result<Int64Array, EngineError> {
        match self.evaluate(expr)? {
            Vector::Text(text) => Ok(text
                .iter()
                .map(|text| text.map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
                .collect()),
            Vector::Other(array) => {
                let counts = lengths(&array)
                    .ok_or_else(|| mismatch(&Vector::Other(array.clone()), "something with a length"))?;
                Ok(counts
                    .into_iter()
                    .map(|count| count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)))
                    .collect())
            }
            Vector::Same(Literal::Text(text)) => {
                Ok(vec![i64::try_from(text.chars().count()).unwrap_or(i64::MAX); self.rows].into())
            }
            other => Err(mismatch(&other, "something with a length")),
        }
    }

    /// The first argument that is not null, row by row.
    fn coalesce(&self, args: &[Expr]) -> Result<Vector, EngineError> {
        let values: Vec<Vector> = args.iter().map(|arg| self.evaluate(arg)).collect::<Result<_, _>>()?;
        let typed = values.iter().find(|value| !matches!(value, Vector::Same(_)));
        Ok(match typed {
            None => values
                .iter()
                .find(|value| !matches!(value, Vector::Same(Literal::Null)))
                .cloned()
                .unwrap_or(Vector::Same(Literal::Null)),
            Some(Vector::Text(_)) => {
                let parts: Vec<StringArray> = args.iter().map(|arg| self.text(arg)).collect::<Result<_, _>>()?;
                Vector::Text(
                    first_of(parts.iter().map(|part| part.iter().map(|text| text.map(str::to_owned)).collect()))
                        .into_iter()
                        .collect(),
                )
            }
            Some(Vector::Bool(_)) => {
                let parts: Vec<BooleanArray> =
                    values.into_iter().map(|value| value.truth(self.rows)).collect::<Result<_, _>>()?;
                Vector::Bool(first_of(parts.iter().map(|part| part.iter().collect())).into_iter().collect())
            }
            Some(Vector::Time(kind, _)) => {
                let parts: Option<Vec<_>> =
                    values.iter().map(|value| value.time(self.rows).or_else(|| none(value, self.rows))).collect();
                let parts = parts.ok_or_else(|| EngineError::refused("`coalesce` of a time and something else"))?;
                Vector::Time(*kind, first_of(parts.iter().map(|part| part.1.iter().collect())).into_iter().collect())
            }
            Some(beside) => {
                let parts: Vec<Number> =
                    values.iter().map(|value| value.number(self.rows, Some(beside))).collect::<Result<_, _>>()?;
                Vector::Number(first_number(&parts))
            }
        })
    }

    fn part_of_time(&self, function: &str, expr: &Expr) -> Result<Vector, EngineError> {
        use chrono::{Datelike as _, Timelike as _};
        let value = self.evaluate(expr)?;
        let Some((kind, nanoseconds)) = value.time(self.rows) else {
            return Err(mismatch(&value, "a date or a timestamp"));
        };
        let part = |nanoseconds: i128| -> Option<i64> {
            if kind == Kind::OfDay && function == "hour" {
                return i64::try_from(nanoseconds / 3_600_000_000_000).ok();
            }
            let at = chrono::DateTime::from_timestamp(i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?, 0)?;
            Some(match function {
                "year" => at.year().into(),
                "month" => at.month().into(),
                "day" => at.day().into(),
                _ => at.hour().into(),
            })
        };
        Ok(Vector::Number(Number::Int(nanoseconds.iter().map(|value| part(value?)).collect())))
    }
}

const fn is_span(value: &Vector) -> bool {
    matches!(value, Vector::Time(Kind::Span, _) | Vector::Same(Literal::Duration(_)))
}

fn none(value: &Vector, rows: usize) -> Option<(Kind, Decimal128Array)> {
    matches!(value, Vector::Same(Literal::Null)).then(|| (Kind::Span, Decimal128Array::new_null(rows)))
}

fn first_of<T: Clone>(parts: impl Iterator<Item = Vec<Option<T>>>) -> Vec<Option<T>> {
    parts
        .reduce(|first, then| first.into_iter().zip(then).map(|(first, then)| first.or(then)).collect())
        .unwrap_or_default()
}

fn first_number(parts: &[Number]) -> Number {
    let ints: Option<Vec<&Int64Array>> =
        parts.iter().map(|part| if let Number::Int(array) = part { Some(array) } else { None }).collect();
    match ints {
        Some(ints) => Number::Int(first_of(ints.into_iter().map(|array| array.iter().collect())).into_iter().collect()),
        None => Number::Float(
            first_of(parts.iter().map(|part| part.floats().iter().collect())).into_iter().collect(),
            false,
        ),
    }
}

/// Integers stay what they are; exact decimals are rounded half away from zero, floats likewise.
fn rounded(function: &str, number: Number) -> Number {
    let float = |value: f64| match function {
        "abs" => value.abs(),
        "round" => value.round(),
        "floor" => value.floor(),
        _ => value.ceil(),
    };
    match (number, function) {
        (Number::Int(array), "abs") => {
            Number::Exact(array.iter().map(|value| value.map(|value| i128::from(value).abs())).collect(), 0)
        }
        (Number::Int(array), _) => Number::Int(array),
        (Number::Exact(array, scale), "abs") => {
            Number::Exact(array.unary::<_, Decimal128Type>(i128::wrapping_abs), scale)
        }
        (Number::Exact(array, scale), _) => {
            let unit = 10_i128.checked_pow(u32::try_from(scale).unwrap_or_default()).unwrap_or(1);
            let whole = |value: i128| match function {
                "floor" => value.div_euclid(unit),
                "ceil" => -(-value).div_euclid(unit),
                _ => value.signum() * ((value.abs() + unit / 2) / unit),
            };
            Number::Exact(array.unary::<_, Decimal128Type>(whole), 0)
        }
        (Number::Float(array, single), _) => {
            Number::Float(array.unary::<_, arrow::datatypes::Float64Type>(float), single)
        }
    }
}

/// Numbers of any kind as floats.
pub(crate) fn floats(array: &ArrayRef) -> Result<Float64Array, EngineError> {
    Ok(Vector::column(array)?.number(array.len(), None)?.floats())
}
