//! Rules over a data set: what they ask for is gathered batch by batch, and answered at the end.

use arrow::array::{ArrayRef, RecordBatch};
use mlp_plan::{ArithmeticOp, CompareOp, Expr, Literal};

use super::{among::Known, answer::Answer, expr::Rows};
use crate::EngineError;

/// Functions of a data set.
const FUNCTIONS: [&str; 13] = [
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
    "referenced",
];

/// Everything that some expectations ask about a table.
#[derive(Debug, Default)]
pub struct Gathering {
    rows: u64,
    questions: Vec<Question>,
}

/// One call of a function, with what is known of it so far.
#[derive(Debug)]
struct Question {
    expr: Expr,
    answer: Answer,
    known: Option<Known>,
    /// Whether nothing more has to be read for it, of this part of the data.
    settled: bool,
    /// Whether rows were looked at for it, of any part.
    scanned: bool,
}

/// How a value is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// The instant from which `freshness` counts back.
    pub now: Option<chrono::NaiveDateTime>,
    /// Where quantiles are sketched: by how many times their error their rank is moved.
    pub lean: f64,
}

/// What a footer says of a column: how many of its values are null, and the least and the largest of the others, in an array of both.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Nulls, where they were counted.
    pub nulls: Option<u64>,
    /// The ends, in the type of the contract, where they are known exactly.
    pub ends: Option<ArrayRef>,
}

impl Gathering {
    /// For these expectations.
    #[must_use]
    ///
    /// `known` has what other tables hold, for `referenced`.
    pub fn new<'a>(expectations: impl Iterator<Item = &'a Expr>, known: &dyn Fn(&Expr) -> Option<Known>) -> Self {
        let mut questions: Vec<Question> = Vec::new();
        for expectation in expectations {
            expectation.walk(&mut |expr| {
                if let Expr::Call { function, .. } = expr
                    && FUNCTIONS.contains(&function.as_str())
                    && !questions.iter().any(|question| question.expr == *expr)
                {
                    let known = known(expr);
                    let answer = Answer::begin(function, known.clone());
                    questions.push(Question { expr: expr.clone(), answer, known, settled: false, scanned: false });
                }
            });
        }
        Self { rows: 0, questions }
    }

    /// The same questions, of which nothing is known yet.
    #[must_use]
    pub fn fresh(&self) -> Self {
        let begin = |question: &Question| {
            let function = if let Expr::Call { function, .. } = &question.expr { function.as_str() } else { "" };
            let (expr, known) = (question.expr.clone(), question.known.clone());
            Question { expr, answer: Answer::begin(function, known.clone()), known, settled: false, scanned: false }
        };
        Self { rows: 0, questions: self.questions.iter().map(begin).collect() }
    }

    /// Takes what was gathered of other rows, for the same questions.
    ///
    /// # Errors
    /// Where digests that are too many cannot be written to a temporary file.
    pub fn merge(&mut self, other: Self) -> Result<(), EngineError> {
        self.rows += other.rows;
        self.questions.iter_mut().zip(other.questions).try_for_each(|(own, other)| {
            own.scanned |= other.scanned;
            own.answer.merge(other.answer)
        })
    }

    /// Answers what a footer answers, for a part of so many rows; that part's batches are then read for the rest alone.
    ///
    /// # Errors
    /// Where Arrow fails.
    pub fn settle(&mut self, facts: &dyn Fn(&str) -> Facts) -> Result<(), EngineError> {
        for question in &mut self.questions {
            let Expr::Call { function, args } = &question.expr else { continue };
            question.settled |= function == "rows";
            let Some(Expr::Column(column)) = args.first() else { continue };
            match (function.as_str(), &mut question.answer) {
                ("null_rate", Answer::Nulls(nulls)) => {
                    if let Some(more) = facts(column).nulls {
                        *nulls += more;
                        question.settled = true;
                    }
                }
                ("min" | "max" | "freshness", answer) => {
                    if let Some(ends) = facts(column).ends {
                        answer.take(&ends)?;
                        question.settled = true;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes an answer that somebody else worked out.
    pub fn give(&mut self, expr: &Expr, value: Literal) {
        if let Some(question) = self.questions.iter_mut().find(|question| question.expr == *expr) {
            question.answer = Answer::Given(value);
        }
    }

    /// What is asked of the set.
    pub fn questions(&self) -> impl Iterator<Item = &Expr> + '_ {
        self.questions.iter().map(|question| &question.expr)
    }

    /// Counts rows that need not be read.
    pub const fn pass_over(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// Whether footers answered all that an expectation asks.
    #[must_use]
    pub fn is_settled(&self, expectation: &Expr) -> bool {
        let mut settled = true;
        expectation.walk(&mut |part| {
            if let Some(question) = self.questions.iter().find(|question| question.expr == *part) {
                settled &= !question.scanned;
            }
        });
        settled
    }

    /// How far the rank of a quantile in an expectation may be off.
    #[must_use]
    pub fn error(&self, expectation: &Expr) -> f64 {
        let mut error: f64 = 0.0;
        expectation.walk(&mut |part| {
            let found = self.questions.iter().find(|question| question.expr == *part);
            error = error.max(found.map_or(0.0, |question| question.answer.error()));
        });
        error
    }

    /// Whether a call's answer tells one value of its column: an end and a quantile do, the age of the latest, and what is worked out of a single value. How
    /// many values are behind what somebody else worked out, nobody says.
    #[must_use]
    pub fn tells_a_value(&self, call: &Expr) -> bool {
        let Expr::Call { function, .. } = call else { return false };
        match function.as_str() {
            "min" | "max" | "quantile" | "freshness" => true,
            "mean" | "sum" => {
                let found = self.questions.iter().find(|question| question.expr == *call);
                found.is_some_and(|question| match &question.answer {
                    Answer::Moments(moments, _) => moments.is_of_one(),
                    _ => true,
                })
            }
            _ => false,
        }
    }

    /// Whether an expectation asks of a table that is not at hand.
    #[must_use]
    pub fn lacks(&self, expectation: &Expr) -> Option<&str> {
        let mut lacking = None;
        for question in &self.questions {
            if let (Answer::Referenced { known: None, .. }, Expr::Call { args, .. }) =
                (&question.answer, &question.expr)
            {
                let mut asked = false;
                expectation.walk(&mut |part| asked |= *part == question.expr);
                if asked && let Some(Expr::Literal(Literal::Text(contract))) = args.get(1) {
                    lacking = Some(contract.as_str());
                }
            }
        }
        lacking
    }

    /// Columns that have to be read.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.questions
            .iter()
            .filter(|question| !question.settled)
            .flat_map(|question| question.expr.columns())
            .collect()
    }

    /// Takes the rows of a batch in.
    ///
    /// # Errors
    /// Where a column is not there or not of a kind that the function is about.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        self.rows += batch.num_rows() as u64;
        let rows = Rows { batch: Some(batch), this: None, rows: batch.num_rows() };
        let mut open = self.questions.iter_mut().filter(|question| !question.settled);
        open.try_for_each(|question| {
            question.scanned = true;
            question.answer.add(&question.expr, rows)
        })
    }

    /// The value of a rule: a literal, or null where it has none (the mean of no rows).
    ///
    /// # Errors
    /// Where it asks for what no set has, or for freshness without an instant.
    pub fn value(&mut self, expr: &Expr, asked: Asked) -> Result<Literal, EngineError> {
        let rows = self.rows;
        Ok(match expr {
            Expr::Literal(literal) => literal.clone(),
            Expr::Call { function, args } if FUNCTIONS.contains(&function.as_str()) => {
                let Some(question) = self.questions.iter_mut().find(|question| question.expr == *expr) else {
                    return Err(EngineError::refused(format!("`{expr}` was not gathered")));
                };
                question.answer.value(function, args, rows, asked)?
            }
            Expr::Not(inner) => match self.value(inner, asked)? {
                Literal::Bool(value) => Literal::Bool(!value),
                _ => Literal::Null,
            },
            Expr::Negate(inner) => {
                calculated(ArithmeticOp::Sub, &Literal::Number(0.into()), &self.value(inner, asked)?)
            }
            Expr::All(parts) => self.joined(parts, true, asked)?,
            Expr::Any(parts) => self.joined(parts, false, asked)?,
            Expr::Compare(op, left, right) => compared(*op, &self.value(left, asked)?, &self.value(right, asked)?),
            Expr::Arithmetic(op, left, right) => calculated(*op, &self.value(left, asked)?, &self.value(right, asked)?),
            Expr::Between { value, low, high } => {
                let value = self.value(value, asked)?;
                let mut inside = Literal::Bool(true);
                for (op, end) in [(CompareOp::Ge, low), (CompareOp::Le, high)] {
                    if let Some(end) = end {
                        inside = and(inside, compared(op, &value, &self.value(end, asked)?));
                    }
                }
                inside
            }
            Expr::OneOf(value, members) => {
                let value = self.value(value, asked)?;
                Literal::Bool(
                    members.iter().any(|member| compared(CompareOp::Eq, &value, member) == Literal::Bool(true)),
                )
            }
            Expr::Call { function, args } if function == "abs" => {
                let value = args.first().map_or(Ok(Literal::Null), |arg| self.value(arg, asked))?;
                match value {
                    Literal::Number(number) => Literal::Number(number.abs()),
                    other => other,
                }
            }
            other => return Err(EngineError::refused(format!("`{other}` is not about a data set"))),
        })
    }

    fn joined(&mut self, parts: &[Expr], all: bool, asked: Asked) -> Result<Literal, EngineError> {
        let mut result = Literal::Bool(all);
        for part in parts {
            result = match (self.value(part, asked)?, result) {
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

pub(super) fn calculated(op: ArithmeticOp, left: &Literal, right: &Literal) -> Literal {
    mlp_plan::arithmetic(op, left, right).unwrap_or(Literal::Null)
}
