//! Rules over a data set: what they ask for is gathered batch by batch, and answered at the end.

use arrow::array::{Array, Float64Array, RecordBatch};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use super::{
    digest::Digests,
    expr::{Rows, floats},
    uniqueness::Distinct128,
    vector::{Number, Vector, exact, literal},
};
use crate::EngineError;

/// Functions of a data set.
const FUNCTIONS: [&str; 12] = [
    "rows",
    "null_rate",
    "distinct",
    "mean",
    "min",
    "max",
    "sum",
    "stddev",
    "quantile",
    "fraction",
    "freshness",
    "correlation",
];

/// Everything that some expectations ask about a table.
#[derive(Debug, Default)]
pub struct Gathering {
    rows: u64,
    questions: Vec<(Expr, Answer)>,
}

/// What is known so far for one call.
#[derive(Debug)]
enum Answer {
    Rows,
    Nulls(u64),
    Distinct(Distinct128),
    Moments(Moments),
    Least(Option<Literal>),
    Most(Option<Literal>),
    Values(Vec<f64>),
    Fraction { holds: u64, known: u64 },
    Correlation(Box<Moments2>),
}

/// Count, mean and squared distances, merged batch by batch (Chan); the sum apart, exact where the column is.
#[derive(Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    sum: Option<Sum>,
}

#[derive(Debug)]
enum Sum {
    Exact(i128, i8),
    /// Neumaier's compensated sum.
    Float(f64, f64),
}

#[derive(Debug, Default)]
struct Moments2 {
    count: f64,
    mean: (f64, f64),
    squares: (f64, f64),
    products: f64,
}

impl Gathering {
    /// For these expectations.
    #[must_use]
    pub fn new<'a>(expectations: impl Iterator<Item = &'a Expr>) -> Self {
        let mut questions: Vec<(Expr, Answer)> = Vec::new();
        for expectation in expectations {
            expectation.walk(&mut |expr| {
                if let Expr::Call { function, .. } = expr
                    && FUNCTIONS.contains(&function.as_str())
                    && !questions.iter().any(|(known, _)| known == expr)
                {
                    questions.push((expr.clone(), Answer::begin(function)));
                }
            });
        }
        Self { rows: 0, questions }
    }

    /// Columns that have to be read.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.questions.iter().flat_map(|(expr, _)| expr.columns()).collect()
    }

    /// Takes the rows of a batch in.
    ///
    /// # Errors
    /// Where a column is not there or not of a kind that the function is about.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        let rows = Rows { batch: Some(batch), this: None, rows: batch.num_rows() };
        self.questions.iter_mut().try_for_each(|(expr, answer)| answer.add(expr, rows))
    }

    /// The value of a rule: a literal, or null where it has none (the mean of no rows).
    ///
    /// # Errors
    /// Where it asks for what no set has, or for freshness without an instant.
    pub fn value(&mut self, expr: &Expr, now: Option<chrono::NaiveDateTime>) -> Result<Literal, EngineError> {
        let rows = self.rows;
        Ok(match expr {
            Expr::Literal(literal) => literal.clone(),
            Expr::Call { function, args } if FUNCTIONS.contains(&function.as_str()) => {
                let Some((_, answer)) = self.questions.iter_mut().find(|(known, _)| known == expr) else {
                    return Err(EngineError::refused(format!("`{expr}` was not gathered")));
                };
                answer.value(function, args, rows, now)?
            }
            Expr::Not(inner) => match self.value(inner, now)? {
                Literal::Bool(value) => Literal::Bool(!value),
                _ => Literal::Null,
            },
            Expr::Negate(inner) => calculated(ArithmeticOp::Sub, &Literal::Number(0.into()), &self.value(inner, now)?),
            Expr::All(parts) => self.joined(parts, true, now)?,
            Expr::Any(parts) => self.joined(parts, false, now)?,
            Expr::Compare(op, left, right) => compared(*op, &self.value(left, now)?, &self.value(right, now)?),
            Expr::Arithmetic(op, left, right) => calculated(*op, &self.value(left, now)?, &self.value(right, now)?),
            Expr::Between { value, low, high } => {
                let value = self.value(value, now)?;
                let mut inside = Literal::Bool(true);
                for (op, end) in [(CompareOp::Ge, low), (CompareOp::Le, high)] {
                    if let Some(end) = end {
                        inside = and(inside, compared(op, &value, &self.value(end, now)?));
                    }
                }
                inside
            }
            Expr::OneOf(value, members) => {
                let value = self.value(value, now)?;
                Literal::Bool(
                    members.iter().any(|member| compared(CompareOp::Eq, &value, member) == Literal::Bool(true)),
                )
            }
            Expr::Call { function, args } if function == "abs" => {
                let value = args.first().map_or(Ok(Literal::Null), |arg| self.value(arg, now))?;
                match value {
                    Literal::Number(number) => Literal::Number(number.abs()),
                    other => other,
                }
            }
            other => return Err(EngineError::refused(format!("`{other}` is not about a data set"))),
        })
    }

    fn joined(
        &mut self,
        parts: &[Expr],
        all: bool,
        now: Option<chrono::NaiveDateTime>,
    ) -> Result<Literal, EngineError> {
        let mut result = Literal::Bool(all);
        for part in parts {
            result = match (self.value(part, now)?, result) {
                (Literal::Bool(value), _) if value != all => return Ok(Literal::Bool(value)),
                (Literal::Bool(_), result) => result,
                _ => Literal::Null,
            };
        }
        Ok(result)
    }
}

fn and(left: Literal, right: Literal) -> Literal {
    match (left, right) {
        (Literal::Bool(false), _) | (_, Literal::Bool(false)) => Literal::Bool(false),
        (Literal::Bool(true), Literal::Bool(true)) => Literal::Bool(true),
        _ => Literal::Null,
    }
}

fn compared(op: CompareOp, left: &Literal, right: &Literal) -> Literal {
    left.compare(right).map_or(Literal::Null, |ordering| Literal::Bool(op.holds(ordering)))
}

fn calculated(op: ArithmeticOp, left: &Literal, right: &Literal) -> Literal {
    mlp_plan::arithmetic(op, left, right).unwrap_or(Literal::Null)
}

/// A float as a number; NaN and infinities have none.
fn number(value: f64) -> Literal {
    // The shortest decimal that reads back as the same float: 0.05, not 0.05000000000000000277.
    if value.is_finite() { value.to_string().parse().map_or(Literal::Null, Literal::Number) } else { Literal::Null }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Answer {
    fn begin(function: &str) -> Self {
        match function {
            "null_rate" => Self::Nulls(0),
            "distinct" => Self::Distinct(Distinct128::default()),
            "mean" | "sum" | "stddev" => Self::Moments(Moments::default()),
            "min" => Self::Least(None),
            "max" | "freshness" => Self::Most(None),
            "quantile" => Self::Values(Vec::new()),
            "fraction" => Self::Fraction { holds: 0, known: 0 },
            "correlation" => Self::Correlation(Box::default()),
            _ => Self::Rows,
        }
    }

    fn add(&mut self, expr: &Expr, rows: Rows<'_>) -> Result<(), EngineError> {
        let Expr::Call { args, .. } = expr else { return Ok(()) };
        let column = |at: usize| match args.get(at) {
            Some(Expr::Column(name)) => rows.column(name),
            _ => Err(EngineError::refused(format!("`{expr}` needs a column"))),
        };
        match self {
            Self::Rows => {}
            Self::Nulls(nulls) => *nulls += column(0)?.logical_null_count() as u64,
            Self::Distinct(seen) => distinct(seen, &column(0)?)?,
            Self::Moments(moments) => moments.add(&Vector::column(&column(0)?)?.number(rows.rows, None)?),
            Self::Least(least) => extreme(least, &Vector::column(&column(0)?)?, CompareOp::Lt),
            Self::Most(most) => extreme(most, &Vector::column(&column(0)?)?, CompareOp::Gt),
            Self::Values(values) => known(&floats(&column(0)?)?, |value| values.push(value)),
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

    fn value(
        &mut self,
        function: &str,
        args: &[Expr],
        rows: u64,
        now: Option<chrono::NaiveDateTime>,
    ) -> Result<Literal, EngineError> {
        Ok(match self {
            Self::Rows => Literal::Number(rows.into()),
            Self::Nulls(nulls) => number(share(*nulls, rows).unwrap_or_default()),
            Self::Distinct(seen) => Literal::Number((seen.len() as u64).into()),
            Self::Moments(moments) => moments.value(function),
            Self::Least(value) => value.clone().unwrap_or(Literal::Null),
            Self::Most(value) if function == "freshness" => {
                let now = now.ok_or_else(|| EngineError::refused("`freshness` needs the instant of the run"))?;
                let latest = value.clone().unwrap_or(Literal::Null);
                let latest = super::literal::instant(&latest).map_or(Literal::Null, Literal::Timestamp);
                calculated(ArithmeticOp::Sub, &Literal::Timestamp(now), &latest)
            }
            Self::Most(value) => value.clone().unwrap_or(Literal::Null),
            Self::Values(values) => {
                let Some(share) =
                    args.get(1).and_then(|share| if let Expr::Literal(share) = share { share.as_f64() } else { None })
                else {
                    return Err(EngineError::refused("`quantile` needs a share"));
                };
                quantile(values, share).map_or(Literal::Null, number)
            }
            Self::Fraction { holds, known } => share(*holds, *known).map_or(Literal::Null, number),
            Self::Correlation(moments) => {
                number(moments.products / (moments.squares.0.sqrt() * moments.squares.1.sqrt()))
            }
        })
    }
}

/// A dictionary's values are counted once, where a row uses them.
fn distinct(seen: &mut Distinct128, column: &arrow::array::ArrayRef) -> Result<(), EngineError> {
    let digests = Digests::of(std::slice::from_ref(column), column.len(), 0)?;
    let mut last = None;
    for (row, digest) in digests.full().enumerate() {
        if last != Some(digest) && column.is_valid(row) {
            seen.insert(digest);
            last = Some(digest);
        }
    }
    Ok(())
}

fn known(values: &Float64Array, mut take: impl FnMut(f64)) {
    match values.nulls() {
        None => values.values().iter().for_each(|value| take(*value)),
        Some(nulls) => {
            values.values().iter().zip(nulls.iter()).filter(|(_, valid)| *valid).for_each(|(value, _)| take(*value))
        }
    }
}

/// Linear between neighbours, as numpy and SQL's `percentile_cont`: NaN is passed over.
pub(crate) fn quantile(values: &mut Vec<f64>, share: f64) -> Option<f64> {
    values.retain(|value| !value.is_nan());
    let last = values.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    let at = share.clamp(0.0, 1.0) * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the number of values")]
    let below = at.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Some((high - low).mul_add(at - at.floor(), low))
}

/// The least or largest value; NaN is passed over.
fn extreme(best: &mut Option<Literal>, column: &Vector, op: CompareOp) {
    let least = op == CompareOp::Lt;
    let found = match column {
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

    fn value(&self, function: &str) -> Literal {
        match (function, &self.sum) {
            ("sum", Some(Sum::Exact(units, scale))) => exact(*units, *scale),
            ("sum", Some(Sum::Float(sum, rest))) => number(sum + rest),
            ("sum", None) => Literal::Number(0.into()),
            ("mean", Some(_)) => number(self.mean),
            ("stddev", Some(_)) if self.count > 1.0 => number((self.squares / (self.count - 1.0)).sqrt()),
            _ => Literal::Null,
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
        (Some(Sum::Float(sum, rest)), _) => compensated(sum, rest, float),
        #[expect(clippy::cast_precision_loss, reason = "beyond 128 bits the nearest float is all there is")]
        (Some(Sum::Exact(before, scale)), _) => compensated(before as f64 / 10_f64.powi(scale.into()), 0.0, float),
        (None, None) => Sum::Float(float, 0.0),
    }
}

fn compensated(sum: f64, rest: f64, value: f64) -> Sum {
    let total = sum + value;
    let lost = if sum.abs() >= value.abs() { (sum - total) + value } else { (value - total) + sum };
    Sum::Float(total, rest + lost)
}

impl Moments2 {
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
