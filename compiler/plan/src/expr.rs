//! Predicates and arithmetic over a row, over a data set, or over reports: one small tree for all three.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Literal;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A value spelled out.
    Literal(Literal),
    /// A column of the same row; a struct's field as `a.b`.
    Column(String),
    /// The value that a constraint is about.
    This,
    /// A metric of a report that a policy judges: `candidate.latency.p99`.
    Metric {
        /// The policy's parameter.
        report: String,
        /// The metric, with its group: `latency.p99`.
        metric: String,
    },
    /// A scalar parameter of a policy or pipeline.
    Param(String),
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `a and b and ..`, flattened.
    All(Vec<Expr>),
    /// `a or b or ..`, flattened.
    Any(Vec<Expr>),
    /// `a <= b`.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// `a + b`.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// `x in lo .. hi`, both ends included, either open.
    Between {
        /// What is compared.
        value: Box<Expr>,
        /// Lower end.
        low: Option<Box<Expr>>,
        /// Upper end.
        high: Option<Box<Expr>>,
    },
    /// `x in { a, b }`.
    OneOf(Box<Expr>, Vec<Literal>),
    /// `x matches /re/`: the whole value.
    Matches(Box<Expr>, String),
    /// A function of a row (`length lower upper trim abs round floor ceil is_none coalesce year month day hour`), of a data set (`rows`, `null_rate`,
    /// `distinct`, `mean`, `min`, `max`, `sum`, `stddev`, `quantile`, `fraction`, `freshness`, `correlation`, `referenced` with a column, and the name of another contract and its column as texts) or
    /// over slices of a report.
    Call {
        /// Which.
        function: String,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `min(candidate.recall by origin, support: 200)`: an aggregate over the slices of a report.
    OverSlices {
        /// `min max mean spread`.
        aggregate: SliceAggregate,
        /// The report's parameter name in the policy.
        report: String,
        /// The metric.
        metric: String,
        /// The slice's column.
        by: String,
        /// Slices with fewer rows are passed over; 30 unless said.
        support: u64,
        /// Whether Holm's correction is off.
        uncorrected: bool,
    },
}

/// Aggregates over slices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SliceAggregate {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The unweighted mean.
    Mean,
    /// Largest minus smallest.
    Spread,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CompareOp {
    /// `==`
    #[serde(rename = "==")]
    Eq,
    /// `!=`
    #[serde(rename = "!=")]
    Ne,
    /// `<`
    #[serde(rename = "<")]
    Lt,
    /// `<=`
    #[serde(rename = "<=")]
    Le,
    /// `>`
    #[serde(rename = ">")]
    Gt,
    /// `>=`
    #[serde(rename = ">=")]
    Ge,
}

/// Arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ArithmeticOp {
    /// `+`
    #[serde(rename = "+")]
    Add,
    /// `-`
    #[serde(rename = "-")]
    Sub,
    /// `*`
    #[serde(rename = "*")]
    Mul,
    /// `/`
    #[serde(rename = "/")]
    Div,
}

impl CompareOp {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// The comparison that holds when the sides are exchanged: `<` becomes `>`.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }

    /// The comparison that holds when this does not.
    #[must_use]
    pub const fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
        }
    }

    /// Whether the order of two values satisfies it.
    #[must_use]
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::Ne => ordering.is_ne(),
            Self::Lt => ordering.is_lt(),
            Self::Le => ordering.is_le(),
            Self::Gt => ordering.is_gt(),
            Self::Ge => ordering.is_ge(),
        }
    }
}

impl ArithmeticOp {
    /// As written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }
}

impl SliceAggregate {
    /// As written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Spread => "spread",
        }
    }
}

impl Expr {
    /// Calls `visit` with this expression and every one inside it.
    pub fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        match self {
            Self::Not(inner) | Self::Negate(inner) | Self::OneOf(inner, _) | Self::Matches(inner, _) => {
                inner.walk(visit)
            }
            Self::All(parts) | Self::Any(parts) | Self::Call { args: parts, .. } => {
                parts.iter().for_each(|part| part.walk(visit))
            }
            Self::Compare(_, left, right) | Self::Arithmetic(_, left, right) => {
                left.walk(visit);
                right.walk(visit);
            }
            Self::Between { value, low, high } => {
                value.walk(visit);
                low.iter().chain(high).for_each(|end| end.walk(visit));
            }
            Self::Literal(_)
            | Self::Column(_)
            | Self::This
            | Self::Metric { .. }
            | Self::Param(_)
            | Self::OverSlices { .. } => {}
        }
    }

    /// Calls `change` with every expression inside this one, innermost first, and then with this one.
    pub fn walk_mut(&mut self, change: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Not(inner) | Self::Negate(inner) | Self::OneOf(inner, _) | Self::Matches(inner, _) => {
                inner.walk_mut(change);
            }
            Self::All(parts) | Self::Any(parts) | Self::Call { args: parts, .. } => {
                parts.iter_mut().for_each(|part| part.walk_mut(change));
            }
            Self::Compare(_, left, right) | Self::Arithmetic(_, left, right) => {
                left.walk_mut(change);
                right.walk_mut(change);
            }
            Self::Between { value, low, high } => {
                value.walk_mut(change);
                low.iter_mut().chain(high).for_each(|end| end.walk_mut(change));
            }
            Self::Literal(_)
            | Self::Column(_)
            | Self::This
            | Self::Metric { .. }
            | Self::Param(_)
            | Self::OverSlices { .. } => {}
        }
        change(self);
    }

    /// Gives the columns that it reads other names; of a path the first segment.
    pub fn rename_columns(&mut self, new: &dyn Fn(&str) -> String) {
        self.walk_mut(&mut |part| {
            if let Self::Column(path) = part {
                *path = match path.split_once('.') {
                    Some((first, rest)) => format!("{}.{rest}", new(first)),
                    None => new(path),
                };
            }
        });
    }

    /// The columns that it reads, `self` not counted, in order, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        fn collect<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
            match expr {
                Expr::Column(name) if !found.contains(&name.as_str()) => found.push(name),
                Expr::Not(inner) | Expr::Negate(inner) | Expr::OneOf(inner, _) | Expr::Matches(inner, _) => {
                    collect(inner, found)
                }
                Expr::All(parts) | Expr::Any(parts) | Expr::Call { args: parts, .. } => {
                    parts.iter().for_each(|part| collect(part, found))
                }
                Expr::Compare(_, left, right) | Expr::Arithmetic(_, left, right) => {
                    collect(left, found);
                    collect(right, found);
                }
                Expr::Between { value, low, high } => {
                    collect(value, found);
                    low.iter().chain(high).for_each(|end| collect(end, found));
                }
                _ => {}
            }
        }
        let mut found = Vec::new();
        collect(self, &mut found);
        found
    }
}

/// As a program would spell it, with parentheses only where they say something; between `and` and `or` they always do.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level();
        let join = |parts: &[Self], word: &str| {
            parts.iter().map(|part| Operand(part, NOT).to_string()).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Literal(value) => write!(f, "{value}"),
            Self::Column(name) | Self::Param(name) => f.write_str(name),
            Self::This => f.write_str("self"),
            Self::Metric { report, metric } => write!(f, "{report}.{metric}"),
            Self::Not(inner) => write!(f, "not {}", Operand(inner, NEGATE)),
            Self::Negate(inner) => write!(f, "-{}", Operand(inner, NEGATE)),
            Self::All(parts) => f.write_str(&join(parts, " and ")),
            Self::Any(parts) => f.write_str(&join(parts, " or ")),
            Self::Compare(op, left, right) => {
                write!(f, "{} {} {}", Operand(left, ADD), op.symbol(), Operand(right, ADD))
            }
            Self::Arithmetic(op, left, right) => {
                write!(f, "{} {} {}", Operand(left, level), op.symbol(), Operand(right, level + 1))
            }
            Self::Between { value, low, high } => {
                write!(f, "{} in ", Operand(value, ADD))?;
                if let Some(low) = low {
                    write!(f, "{low} ")?;
                }
                f.write_str("..")?;
                high.as_ref().map_or(Ok(()), |high| write!(f, " {high}"))
            }
            Self::OneOf(value, members) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                write!(f, "{} in {{ {} }}", Operand(value, ADD), members.join(", "))
            }
            Self::Matches(value, pattern) => write!(f, "{} matches /{pattern}/", Operand(value, ADD)),
            Self::Call { function, args } if args.is_empty() => f.write_str(function),
            Self::Call { function, args } if function == "referenced" => match args.as_slice() {
                [ours, Self::Literal(Literal::Text(other)), Self::Literal(Literal::Text(column))] => {
                    write!(f, "referenced({ours}, {other}.{column})")
                }
                _ => f.write_str(function),
            },
            Self::Call { function, args } => {
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                write!(f, "{function}({})", args.join(", "))
            }
            Self::OverSlices { aggregate, report, metric, by, support, .. } => {
                write!(f, "{}({report}.{metric} by {by}, support: {support})", aggregate.word())
            }
        }
    }
}

// How tightly operations bind, as in the language's grammar.
const JOINED: u8 = 0;
const NOT: u8 = 1;
const COMPARE: u8 = 2;
const ADD: u8 = 3;
const MULTIPLY: u8 = 4;
const NEGATE: u8 = 5;
const VALUE: u8 = 6;

impl Expr {
    const fn level(&self) -> u8 {
        match self {
            Self::All(_) | Self::Any(_) => JOINED,
            Self::Not(_) => NOT,
            Self::Compare(..) | Self::Between { .. } | Self::OneOf(..) | Self::Matches(..) => COMPARE,
            Self::Arithmetic(ArithmeticOp::Add | ArithmeticOp::Sub, ..) => ADD,
            Self::Arithmetic(..) => MULTIPLY,
            Self::Negate(_) => NEGATE,
            _ => VALUE,
        }
    }
}

/// An operand, in parentheses where it binds less than is asked for.
struct Operand<'a>(&'a Expr, u8);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(expr, least) = self;
        if expr.level() < *least { write!(f, "({expr})") } else { write!(f, "{expr}") }
    }
}
