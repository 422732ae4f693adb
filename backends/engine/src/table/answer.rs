//! What is known so far for one function of a data set: gathered batch by batch, put together from parts, and answered at the end.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, Int64Array},
    compute::cast,
    datatypes::{DataType as ArrowType, Int64Type},
};
use bigdecimal::{BigDecimal, ToPrimitive as _};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use super::{
    among::Known,
    digest::{Digests, each_word, is_whole},
    expr::{Rows, floats},
    quantiles::Ranked,
    set::{Asked, calculated},
    uniqueness::Distinct,
    vector::{Kind, Number, Vector, exact, literal},
};
use crate::EngineError;

/// Nanoseconds of a day.
const DAY: i128 = 86_400_000_000_000;

/// What is known so far for one call.
#[derive(Debug)]
pub(super) enum Answer {
    Rows,
    Nulls(u64),
    Distinct(Distinct),
    /// Different values, counted at the end.
    Counted(u64),
    Moments(Moments, Option<Kind>),
    Least(Option<Literal>),
    Most(Option<Literal>),
    Values(Ranked, Option<Kind>),
    /// Of the values that are not null, how many another table has; `None` where that table is not at hand.
    Referenced {
        known: Option<Known>,
        holds: u64,
        of: u64,
    },
    Fraction {
        holds: u64,
        known: u64,
    },
    Correlation(Box<Moments2>),
    /// Worked out by somebody else.
    Given(Literal),
}

/// Count, mean and squared distances, merged batch by batch (Chan); the sum apart, exact where the column is.
#[derive(Debug, Default)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    sum: Option<Sum>,
}

#[derive(Debug)]
pub(super) enum Sum {
    Exact(i128, i8),
    /// Neumaier's compensated sum.
    Float(f64, f64),
}

#[derive(Debug, Default)]
pub(super) struct Moments2 {
    count: f64,
    mean: (f64, f64),
    squares: (f64, f64),
    products: f64,
}

/// A float as a number; NaN and infinities have none.
pub(super) fn number(value: f64) -> Literal {
    // The shortest decimal that reads back as the same float: 0.05, not 0.05000000000000000277.
    if value.is_finite() { value.to_string().parse().map_or(Literal::Null, Literal::Number) } else { Literal::Null }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Answer {
    pub fn begin(function: &str, known: Option<Known>) -> Self {
        match function {
            "null_rate" => Self::Nulls(0),
            "distinct" => Self::Distinct(Distinct::Nothing),
            "mean" | "sum" | "stddev" => Self::Moments(Moments::default(), None),
            "min" => Self::Least(None),
            "max" | "freshness" => Self::Most(None),
            "quantile" => Self::Values(Ranked::default(), None),
            "referenced" => Self::Referenced { known, holds: 0, of: 0 },
            "fraction" => Self::Fraction { holds: 0, known: 0 },
            "correlation" => Self::Correlation(Box::default()),
            _ => Self::Rows,
        }
    }

    pub fn add(&mut self, expr: &Expr, rows: Rows<'_>) -> Result<(), EngineError> {
        let Expr::Call { args, .. } = expr else { return Ok(()) };
        let column = |at: usize| match args.get(at) {
            Some(Expr::Column(name)) => rows.column(name),
            _ => Err(EngineError::refused(format!("`{expr}` needs a column"))),
        };
        match self {
            Self::Rows | Self::Counted(_) | Self::Given(_) => {}
            Self::Nulls(nulls) => *nulls += column(0)?.logical_null_count() as u64,
            Self::Distinct(seen) => distinct(seen, &column(0)?)?,
            Self::Moments(moments, kind) => moments.add(&measures(&column(0)?, kind)?),
            Self::Least(least) => extreme(least, &column(0)?, CompareOp::Lt)?,
            Self::Most(most) => extreme(most, &column(0)?, CompareOp::Gt)?,
            Self::Values(values, kind) => values.add(&measures(&column(0)?, kind)?)?,
            Self::Referenced { known, holds, of } => {
                if let Some(known) = known {
                    let columns = [column(0)?];
                    let missing = known.missing(&columns, rows.rows)?;
                    let refer = rows.rows - columns.first().map_or(0, |column| column.logical_null_count());
                    *of += refer as u64;
                    *holds += (refer - missing.map_or(0, |missing| missing.count_set_bits())) as u64;
                }
            }
            Self::Fraction { holds, known } => {
                let Some(condition) = args.first() else {
                    return Err(EngineError::refused("`fraction` needs a condition"));
                };
                let truth = rows.truth(condition)?;
                *holds += truth.true_count() as u64;
                *known += (truth.len() - truth.null_count()) as u64;
            }
            Self::Correlation(moments) => moments.add(&floats(&column(0)?)?, &floats(&column(1)?)?),
        }
        Ok(())
    }

    /// Takes values for `min` and `max`.
    pub fn take(&mut self, values: &ArrayRef) -> Result<(), EngineError> {
        match self {
            Self::Least(least) => extreme(least, values, CompareOp::Lt),
            Self::Most(most) => extreme(most, values, CompareOp::Gt),
            _ => Ok(()),
        }
    }

    /// How far the rank of a quantile may be off.
    pub const fn error(&self) -> f64 {
        if let Self::Values(values, _) = self { values.error() } else { 0.0 }
    }

    /// Takes the answer of other rows to the same question.
    pub fn merge(&mut self, other: Self) -> Result<(), EngineError> {
        let better = |best: &mut Option<Literal>, other: Option<Literal>, op: CompareOp| {
            if let Some(other) = other
                && best.as_ref().and_then(|best| other.compare(best)).is_none_or(|ordering| op.holds(ordering))
            {
                *best = Some(other);
            }
        };
        match (self, other) {
            (Self::Nulls(nulls), Self::Nulls(more)) => *nulls += more,
            (Self::Distinct(seen), Self::Distinct(more)) => seen.merge(more)?,
            (Self::Moments(moments, kind), Self::Moments(more, other)) => {
                moments.merge(more);
                *kind = kind.or(other);
            }
            (Self::Least(best), Self::Least(other)) => better(best, other, CompareOp::Lt),
            (Self::Most(best), Self::Most(other)) => better(best, other, CompareOp::Gt),
            (Self::Values(values, kind), Self::Values(more, other)) => {
                values.merge(more)?;
                *kind = kind.or(other);
            }
            (Self::Referenced { holds, of, .. }, Self::Referenced { holds: more, of: others, .. }) => {
                *holds += more;
                *of += others;
            }
            (Self::Fraction { holds, known }, Self::Fraction { holds: more, known: others }) => {
                *holds += more;
                *known += others;
            }
            (Self::Correlation(moments), Self::Correlation(more)) => moments.merge(&more),
            _ => {}
        }
        Ok(())
    }

    pub fn value(&mut self, function: &str, args: &[Expr], rows: u64, asked: Asked) -> Result<Literal, EngineError> {
        Ok(match self {
            Self::Rows => Literal::Number(rows.into()),
            Self::Nulls(nulls) => number(share(*nulls, rows).unwrap_or_default()),
            Self::Distinct(seen) => {
                let count = seen.count()?;
                *self = Self::Counted(count);
                Literal::Number(count.into())
            }
            Self::Counted(count) => Literal::Number((*count).into()),
            // how long ago it was is counted here
            Self::Given(latest) if function == "freshness" => since(latest, asked)?,
            Self::Given(value) => value.clone(),
            Self::Moments(moments, kind) => timed(moments.value(function), *kind),
            Self::Least(value) => value.clone().unwrap_or(Literal::Null),
            Self::Most(value) if function == "freshness" => since(value.as_ref().unwrap_or(&Literal::Null), asked)?,
            Self::Most(value) => value.clone().unwrap_or(Literal::Null),
            Self::Values(values, kind) => {
                let Some(share) =
                    args.get(1).and_then(|share| if let Expr::Literal(share) = share { share.as_f64() } else { None })
                else {
                    return Err(EngineError::refused("`quantile` needs a share"));
                };
                timed(values.at(share, asked.lean), *kind)
            }
            Self::Fraction { holds, known } => share(*holds, *known).map_or(Literal::Null, number),
            Self::Referenced { known: None, .. } => Literal::Null,
            Self::Referenced { holds, of, .. } => share(*holds, *of).map_or(Literal::Null, number),
            Self::Correlation(moments) => {
                let share = moments.products / (moments.squares.0.sqrt() * moments.squares.1.sqrt());
                // by rounding it may come out beyond its ends
                number(share.clamp(-1.0, 1.0))
            }
        })
    }
}

/// A column as numbers; of times, as whole nanoseconds, and of which kind they are.
fn measures(column: &ArrayRef, kind: &mut Option<Kind>) -> Result<Number, EngineError> {
    match Vector::column(column)? {
        Vector::Time(found, nanoseconds) => {
            *kind = Some(found);
            Ok(Number::Exact(nanoseconds, 0))
        }
        other => other.number(column.len(), None),
    }
}

/// What was worked out of times, to the nanosecond; between two days lies an instant.
fn timed(value: Literal, kind: Option<Kind>) -> Literal {
    let (Some(kind), Literal::Number(nanoseconds)) = (kind, &value) else { return value };
    let Some(nanoseconds) = nanoseconds.round(0).to_i128() else { return Literal::Null };
    let kind = if kind == Kind::Day && nanoseconds % DAY != 0 { Kind::Instant } else { kind };
    literal(kind, nanoseconds).unwrap_or(Literal::Null)
}

/// How long ago an instant was.
fn since(latest: &Literal, asked: Asked) -> Result<Literal, EngineError> {
    let now = asked.now.ok_or_else(|| EngineError::refused("`freshness` needs the instant of the run"))?;
    let latest = super::literal::instant(latest).map_or(Literal::Null, Literal::Timestamp);
    Ok(calculated(ArithmeticOp::Sub, &Literal::Timestamp(now), &latest))
}

/// A dictionary's values are counted once a batch, where a row uses them.
fn distinct(seen: &mut Distinct, column: &ArrayRef) -> Result<(), EngineError> {
    if is_whole(column.data_type()) {
        each_word(column, column.nulls(), |word| seen.add_number(word));
        return seen.ease();
    }
    if let Some(dictionary) = column.as_any_dictionary_opt() {
        if dictionary.values().is_empty() {
            return Ok(());
        }
        let keys = dictionary.normalized_keys();
        let mut used = vec![false; dictionary.values().len()];
        for (row, key) in keys.into_iter().enumerate() {
            if column.is_valid(row)
                && let Some(used) = used.get_mut(key)
            {
                *used = true;
            }
        }
        let digests = Digests::of(std::slice::from_ref(dictionary.values()), used.len(), 0)?;
        let values = digests.full().zip(&used).enumerate();
        values
            .filter(|(at, (_, used))| **used && dictionary.values().is_valid(*at))
            .for_each(|(_, (digest, _))| seen.add(digest));
        return seen.ease();
    }
    let digests = Digests::of(std::slice::from_ref(column), column.len(), 0)?;
    let mut last = None;
    for (row, digest) in digests.full().enumerate() {
        if last != Some(digest) && column.is_valid(row) {
            seen.add(digest);
            last = Some(digest);
        }
    }
    seen.ease()
}

fn known(values: &Float64Array, mut take: impl FnMut(f64)) {
    match values.nulls() {
        None => values.values().iter().for_each(|value| take(*value)),
        Some(nulls) => {
            values.values().iter().zip(nulls.iter()).filter(|(_, valid)| *valid).for_each(|(value, _)| take(*value))
        }
    }
}

/// The least or largest value; NaN is passed over.
fn extreme(best: &mut Option<Literal>, column: &ArrayRef, op: CompareOp) -> Result<(), EngineError> {
    let least = op == CompareOp::Lt;
    let column = Vector::column(&end_of_times(column, least)?)?;
    let found = match &column {
        Vector::Number(Number::Int(array)) => {
            if least { arrow::compute::min(array) } else { arrow::compute::max(array) }
                .map(|value| exact(value.into(), 0))
        }
        Vector::Number(Number::Exact(array, scale)) => {
            if least { arrow::compute::min(array) } else { arrow::compute::max(array) }
                .map(|value| exact(value, *scale))
        }
        Vector::Number(Number::Float(array, _)) => {
            let mut best: Option<f64> = None;
            known(array, |value| {
                if !value.is_nan() && best.is_none_or(|best| if least { value < best } else { value > best }) {
                    best = Some(value);
                }
            });
            best.map(number)
        }
        Vector::Time(kind, array) => if least { arrow::compute::min(array) } else { arrow::compute::max(array) }
            .and_then(|value| literal(*kind, value)),
        Vector::Text(array) => {
            if least { arrow::compute::min_string(array) } else { arrow::compute::max_string(array) }
                .map(|text| Literal::Text(text.to_owned()))
        }
        Vector::Bool(array) => {
            if least { arrow::compute::min_boolean(array) } else { arrow::compute::max_boolean(array) }
                .map(Literal::Bool)
        }
        Vector::Same(_) | Vector::Other(_) => None,
    };
    if let Some(found) = found
        && best.as_ref().and_then(|best| found.compare(best)).is_none_or(|ordering| op.holds(ordering))
    {
        *best = Some(found);
    }
    Ok(())
}

/// Of a column of times, the one that counts, so that the others need not be brought to a common unit; other columns as they are.
fn end_of_times(column: &ArrayRef, least: bool) -> Result<ArrayRef, EngineError> {
    if !matches!(column.data_type(), ArrowType::Timestamp(..) | ArrowType::Time64(_) | ArrowType::Duration(_)) {
        return Ok(Arc::clone(column));
    }
    let steps = cast(column, &ArrowType::Int64)?;
    let steps = steps.as_primitive::<Int64Type>();
    let end = if least { arrow::compute::min(steps) } else { arrow::compute::max(steps) };
    Ok(cast(&Int64Array::from(vec![end]), column.data_type())?)
}

impl Moments {
    fn add(&mut self, column: &Number) {
        let values = column.floats();
        let (mut count, mut sum) = (0.0, 0.0);
        known(&values, |value| {
            count += 1.0;
            sum += value;
        });
        if count == 0.0 {
            return;
        }
        let mean = sum / count;
        let mut squares = 0.0;
        known(&values, |value| squares += (value - mean) * (value - mean));
        let (total, apart) = (self.count + count, mean - self.mean);
        self.squares += squares + apart * apart * self.count * count / total;
        self.mean += apart * count / total;
        self.count = total;
        self.sum = Some(added(self.sum.take(), column, sum));
    }

    /// Takes the moments of other rows.
    fn merge(&mut self, other: Self) {
        if other.count == 0.0 {
            return;
        }
        let (total, apart) = (self.count + other.count, other.mean - self.mean);
        self.squares += other.squares + apart * apart * self.count * other.count / total;
        self.mean += apart * other.count / total;
        self.count = total;
        self.sum = match (self.sum.take(), other.sum) {
            (None, sum) | (sum, None) => sum,
            (Some(Sum::Exact(a, scale)), Some(Sum::Exact(b, _))) if a.checked_add(b).is_some() => {
                Some(Sum::Exact(a + b, scale))
            }
            (Some(a), Some(b)) => {
                let ((sum, rest), (more, beside)) = (a.floats(), b.floats());
                Some(match compensated(sum, rest, more) {
                    Sum::Float(sum, rest) => Sum::Float(sum, rest + beside),
                    exact @ Sum::Exact(..) => exact,
                })
            }
        };
    }

    /// Of whole numbers and decimals: exact where it has no more digits than they, and where floats would not tell it from its neighbours.
    fn exact_mean(&self, units: i128, scale: i8) -> Literal {
        #[expect(clippy::cast_possible_truncation, reason = "a count of rows")]
        let count = self.count as i128;
        if units.checked_rem(count) == Some(0) {
            return exact(units / count, scale);
        }
        if self.mean.abs() < 9e15 {
            return number(self.mean);
        }
        let mean = BigDecimal::new(units.into(), scale.into()) / BigDecimal::from(count);
        Literal::Number(mean.with_scale(i64::from(scale) + 6))
    }

    /// Whether it is of one value, which a mean or sum then tells.
    pub fn is_of_one(&self) -> bool {
        self.count <= 1.0
    }

    fn value(&self, function: &str) -> Literal {
        match (function, &self.sum) {
            ("sum", Some(Sum::Exact(units, scale))) => exact(*units, *scale),
            ("sum", Some(Sum::Float(sum, rest))) => number(sum + rest),
            ("sum", None) => Literal::Number(0.into()),
            ("mean", Some(Sum::Exact(units, scale))) => self.exact_mean(*units, *scale),
            ("mean", Some(_)) => number(self.mean),
            ("stddev", Some(_)) if self.count > 1.0 => number((self.squares / (self.count - 1.0)).sqrt()),
            _ => Literal::Null,
        }
    }
}

impl Sum {
    /// As a float, and what it lost.
    fn floats(&self) -> (f64, f64) {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "beyond 128 bits the nearest float is all there is")]
            Self::Exact(units, scale) => (*units as f64 / 10_f64.powi((*scale).into()), 0.0),
            Self::Float(sum, rest) => (*sum, *rest),
        }
    }
}

fn added(before: Option<Sum>, column: &Number, float: f64) -> Sum {
    let units = match column {
        Number::Int(array) => Some((array.iter().flatten().map(i128::from).sum::<i128>(), 0)),
        Number::Exact(array, scale) => {
            array.iter().flatten().try_fold(0_i128, i128::checked_add).map(|sum| (sum, *scale))
        }
        Number::Float(..) => None,
    };
    match (before, units) {
        (None, Some((units, scale))) => Sum::Exact(units, scale),
        (Some(Sum::Exact(before, scale)), Some((units, _))) if before.checked_add(units).is_some() => {
            Sum::Exact(before + units, scale)
        }
        (Some(before), _) => {
            let (sum, rest) = before.floats();
            compensated(sum, rest, float)
        }
        (None, None) => Sum::Float(float, 0.0),
    }
}

fn compensated(sum: f64, rest: f64, value: f64) -> Sum {
    let total = sum + value;
    let lost = if sum.abs() >= value.abs() { (sum - total) + value } else { (value - total) + sum };
    Sum::Float(total, rest + lost)
}

impl Moments2 {
    /// Takes the moments of other pairs.
    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let total = self.count + other.count;
        let apart = (other.mean.0 - self.mean.0, other.mean.1 - self.mean.1);
        let weight = self.count * other.count / total;
        self.squares.0 += other.squares.0 + apart.0 * apart.0 * weight;
        self.squares.1 += other.squares.1 + apart.1 * apart.1 * weight;
        self.products += other.products + apart.0 * apart.1 * weight;
        self.mean.0 += apart.0 * other.count / total;
        self.mean.1 += apart.1 * other.count / total;
        self.count = total;
    }

    /// Pairs with a null or NaN are passed over.
    fn add(&mut self, left: &Float64Array, right: &Float64Array) {
        for (left, right) in left.iter().zip(right.iter()) {
            if let (Some(left), Some(right)) = (left, right)
                && !left.is_nan()
                && !right.is_nan()
            {
                self.count += 1.0;
                let apart = (left - self.mean.0, right - self.mean.1);
                self.mean.0 += apart.0 / self.count;
                self.mean.1 += apart.1 / self.count;
                self.squares.0 += apart.0 * (left - self.mean.0);
                self.squares.1 += apart.1 * (right - self.mean.1);
                self.products += apart.0 * (right - self.mean.1);
            }
        }
    }
}
