//! Values of parameters: known when compiling, or computed from the run's parameters when it starts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ArithmeticOp, Constraint, DataType, Literal, Place};

/// A value that a run computes before a node starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Spelled out.
    Literal(Literal),
    /// A parameter of the pipeline.
    Param(String),
    /// `run.date`: the logical date of the run.
    RunDate,
    /// `run.time`: the instant for which the run is made.
    RunTime,
    /// `run.id`.
    RunId,
    /// `.name`: a column, by name.
    Column(String),
    /// `[a, b]`.
    List(Vec<Value>),
    /// `a + b`, on numbers; on a date or timestamp and a duration.
    Arithmetic(ArithmeticOp, Box<Value>, Box<Value>),
    /// `lo .. hi`: an inclusive range of dates.
    Range(Box<Value>, Box<Value>),
    /// `f"..{day:%Y}"`.
    Format(Vec<FormatPiece>),
}

/// A piece of a formatted string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormatPiece {
    /// Text as it is.
    Text(String),
    /// A value, with a strftime format for dates and times.
    Value {
        /// What is put in.
        value: Value,
        /// How a date or time is written; ISO 8601 where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<String>,
    },
}

/// A scalar parameter of a pipeline, source or sink.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data: DataType,
    /// Whether it may be none.
    #[serde(default, skip_serializing_if = "crate::types::is_false")]
    pub nullable: bool,
    /// What it is where nobody sets it; required where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
    /// What holds for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Where it is declared.
    pub place: Place,
}

/// What a run gives to [`Value::evaluate`].
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The pipeline's parameters.
    pub params: BTreeMap<String, Literal>,
    /// `run.date`.
    pub date: chrono::NaiveDate,
    /// `run.time`, UTC.
    pub time: chrono::NaiveDateTime,
    /// `run.id`.
    pub id: String,
}

impl Value {
    /// The value in a run; a range becomes the list of its days.
    ///
    /// # Errors
    /// In words, where a parameter is missing or an operation has no result (overflow, a division by zero, a backwards range is empty).
    pub fn evaluate(&self, run: &RunContext) -> Result<Literal, String> {
        Ok(match self {
            Self::Literal(literal) => literal.clone(),
            Self::Param(name) => {
                run.params.get(name).cloned().ok_or_else(|| format!("parameter `{name}` has no value"))?
            }
            Self::RunDate => Literal::Date(run.date),
            Self::RunTime => Literal::Timestamp(run.time),
            Self::RunId => Literal::Text(run.id.clone()),
            Self::Column(name) => Literal::Text(name.clone()),
            Self::List(values) => {
                Literal::List(values.iter().map(|value| value.evaluate(run)).collect::<Result<_, _>>()?)
            }
            Self::Arithmetic(op, left, right) => {
                let (left, right) = (left.evaluate(run)?, right.evaluate(run)?);
                arithmetic(*op, &left, &right).ok_or_else(|| format!("{left} {} {right} has no value", op.symbol()))?
            }
            Self::Range(low, high) => days(&low.evaluate(run)?, &high.evaluate(run)?)?,
            Self::Format(pieces) => formatted(pieces, run)?,
        })
    }
}

/// The text; a list of texts where a piece is a range: `lake(day - 27d .. day)` reads 28 paths.
fn formatted(pieces: &[FormatPiece], run: &RunContext) -> Result<Literal, String> {
    let mut texts = vec![String::new()];
    let mut many = false;
    for piece in pieces {
        let choices = match piece {
            FormatPiece::Text(text) => vec![text.clone()],
            FormatPiece::Value { value, format } => match value.evaluate(run)? {
                Literal::List(items) => {
                    many = true;
                    items.iter().map(|item| written(item, format.as_deref())).collect::<Result<_, _>>()?
                }
                item => vec![written(&item, format.as_deref())?],
            },
        };
        texts = texts.iter().flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}"))).collect();
    }
    Ok(match texts.pop() {
        Some(text) if !many => Literal::Text(text),
        last => Literal::List(texts.into_iter().chain(last).map(Literal::Text).collect()),
    })
}

/// A value as text, as it goes into paths: bare, without quotes.
fn written(value: &Literal, format: Option<&str>) -> Result<String, String> {
    use std::fmt::Write as _;
    let formatted = |text: &mut String, format: &str| match value {
        Literal::Date(date) => write!(text, "{}", date.format(format)),
        Literal::Timestamp(at) => write!(text, "{}", at.format(format)),
        Literal::Time(time) => write!(text, "{}", time.format(format)),
        other => write!(text, "{other}"),
    };
    match (value, format) {
        (Literal::Date(_) | Literal::Timestamp(_) | Literal::Time(_), Some(format)) => {
            let mut text = String::new();
            formatted(&mut text, format).map_err(|_| format!("`{format}` is not a date format"))?;
            Ok(text)
        }
        (Literal::Text(text), _) => Ok(text.clone()),
        (other, _) => Ok(other.to_string()),
    }
}

fn days(low: &Literal, high: &Literal) -> Result<Literal, String> {
    let (Literal::Date(low), Literal::Date(high)) = (low, high) else {
        return Err("a range of dates needs two dates".to_owned());
    };
    Ok(Literal::List(low.iter_days().take_while(|day| day <= high).map(Literal::Date).collect()))
}

/// `left op right`: numbers exactly; date or timestamp plus or minus duration; timestamps apart; durations and sizes by a number.
#[must_use]
pub fn arithmetic(op: ArithmeticOp, left: &Literal, right: &Literal) -> Option<Literal> {
    use Literal::{Date, Duration, Number, Timestamp};
    let span = |nanoseconds: i64| {
        chrono::TimeDelta::nanoseconds(if op == ArithmeticOp::Sub { nanoseconds.saturating_neg() } else { nanoseconds })
    };
    match (op, left, right) {
        (ArithmeticOp::Add, Number(a), Number(b)) => Some(Number(a + b)),
        (ArithmeticOp::Sub, Number(a), Number(b)) => Some(Number(a - b)),
        (ArithmeticOp::Mul, Number(a), Number(b)) => Some(Number(a * b)),
        (ArithmeticOp::Div, Number(a), Number(b)) => (*b != 0).then(|| Number((a / b).with_prec(38))),
        (ArithmeticOp::Add, Duration(a), Duration(b)) => a.checked_add(*b).map(Duration),
        (ArithmeticOp::Sub, Duration(a), Duration(b)) => a.checked_sub(*b).map(Duration),
        (ArithmeticOp::Mul, Duration(a), Number(_)) => {
            right.as_i64().and_then(|times| a.checked_mul(times)).map(Duration)
        }
        (ArithmeticOp::Add | ArithmeticOp::Sub, Date(day), Duration(by)) if by % 86_400_000_000_000 == 0 => {
            day.checked_add_signed(span(*by)).map(Date)
        }
        (ArithmeticOp::Add | ArithmeticOp::Sub, Timestamp(at), Duration(by)) => {
            at.checked_add_signed(span(*by)).map(Timestamp)
        }
        (ArithmeticOp::Sub, Timestamp(a), Timestamp(b)) => a.signed_duration_since(*b).num_nanoseconds().map(Duration),
        (ArithmeticOp::Sub, Date(a), Date(b)) => a.signed_duration_since(*b).num_nanoseconds().map(Duration),
        _ => None,
    }
}
