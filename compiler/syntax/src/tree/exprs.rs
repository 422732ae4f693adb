//! Expressions: values, references, calls, predicates.

use mlp_source::Span;

use super::{Name, Path, TypeExpr};

/// An expression as written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expr {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExprKind {
    /// `true`, `-1_000`, `20%`, `30min`, `4GiB`, `2013-10-01`, `"text"`, `nan`, `none`.
    Literal(Lit),
    /// `f"..{day:%Y%m%d}"`.
    Format(Vec<FormatPart>),
    /// A name alone; also `self` (as the name `self`) and an enum member.
    Name(Name),
    /// `base.name`.
    Field(Box<Expr>, Name),
    /// `.late`: a column as an argument.
    Column(Name),
    /// `@tag` as a value, as in `clearance = [@pii]`: the name without the sign.
    Tag(Name),
    /// `f(a, name: b)`.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// The arguments, in order.
        args: Vec<Arg>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `[body for x in list for y in list]`.
    Comprehension {
        /// What is made for each.
        body: Box<Expr>,
        /// The loops, outermost first.
        loops: Vec<(Name, Expr)>,
    },
    /// `{ cpu: 2, memory: 4GiB }`.
    Record(Vec<Arg>),
    /// `{ "a", "b" }` (behind `in`).
    Set(Vec<Expr>),
    /// `lo .. hi`; either end may be open. Not included in any other operator.
    Range {
        /// Lower end.
        low: Option<Box<Expr>>,
        /// Upper end.
        high: Option<Box<Expr>>,
    },
    /// `not x`, `-x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`, `a <= b`, `a and b`.
    Binary {
        /// Left side.
        left: Box<Expr>,
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Right side.
        right: Box<Expr>,
    },
    /// `x in 1 .. 5`, `x in { "a", "b" }`: the right side is a `Range`, a `Set`, or any expression.
    In(Box<Expr>, Box<Expr>),
    /// `x matches /re/`.
    Matches(Box<Expr>, String),
    /// `metric by slice`.
    By(Box<Expr>, Path),
    /// `Flight { distance: -1, .. }`, `Report<Binary> { rows: 5, .. }`: a value of a contract or report given in a test.
    Row(Box<Row>),
    /// `0.7 [0.65 .. 0.75]`: a measured value with its interval, in a test.
    Interval {
        /// The value.
        value: Box<Expr>,
        /// Lower end.
        low: Box<Expr>,
        /// Upper end.
        high: Box<Expr>,
    },
    /// `5% for 10min`: a step of a rollout.
    Step(Box<Expr>, Box<Expr>),
    /// `promote x to M.rung when P(..) and Q(..)`.
    Promote(Box<Promote>),
    /// A contract expression or a type with arguments where a value stands: `request = Payment without label`, `Table<A>`.
    Type(Box<TypeExpr>),
    /// `(x)`; kept for the formatter.
    Paren(Box<Expr>),
    /// A hole left by broken text; already reported.
    Error,
}

/// A literal, read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lit {
    /// `true`, `false`.
    Bool(bool),
    /// A number without unit, as written (with its underscores); the value is exact decimal.
    Number(bigdecimal::BigDecimal),
    /// `20%`: the value is already divided by 100.
    Percent(bigdecimal::BigDecimal),
    /// `30min`: nanoseconds. (`1.5h` is allowed, a fraction of a nanosecond is not.)
    Duration(i64),
    /// `4GiB`: bytes.
    Size(u64),
    /// `2013-10-01`.
    Date(chrono::NaiveDate),
    /// `2013-10-01T06:00:00Z`, in UTC; without zone sign it is naive.
    Timestamp {
        /// The instant, or the wall-clock time where naive.
        at: chrono::NaiveDateTime,
        /// Whether it was written with `Z` or an offset.
        zoned: bool,
    },
    /// A string with its escapes read.
    Text(Text),
    /// `nan`.
    Nan,
    /// `none`.
    None,
}

/// A text in quotes: what it says, and where in the program that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// What it says.
    pub value: String,
    /// How many characters its opening quotes are: one, or three of a text over several lines, in which nothing is escaped.
    pub quotes: u32,
    /// Where the value goes on behind each escape, and by how many bytes it is written further on from there, in order.
    pub escapes: Vec<(u32, u32)>,
}

impl Text {
    /// Where a byte of the value is written, counted from the opening quotes.
    #[must_use]
    pub fn written(&self, at: u32) -> u32 {
        let before = self.escapes.iter().rev().find(|(behind, _)| *behind <= at);
        self.quotes + at + before.map_or(0, |(_, further)| *further)
    }

    /// The byte of the value that is written at a place, counted from the opening quotes; of an escape the one behind it.
    #[must_use]
    pub fn read(&self, written: u32) -> u32 {
        let at = written.saturating_sub(self.quotes);
        let mut before = 0;
        for (behind, further) in &self.escapes {
            if behind + further > at {
                return (at - before).min(*behind);
            }
            before = *further;
        }
        at - before
    }
}

/// A piece of `f".."`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FormatPart {
    /// Text with its escapes read.
    Text(String),
    /// `{day}` or `{day:%Y%m%d}`.
    Value {
        /// What is put in.
        expr: Expr,
        /// The strftime format behind the colon.
        format: Option<String>,
    },
}

/// An argument of a call, or an entry of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arg {
    /// `name:`, where given.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// A value of a contract or report given in a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// Of what.
    pub of: TypeExpr,
    /// The fields given.
    pub fields: Vec<RowField>,
    /// Whether it ends with `..`: the rest is any valid value.
    pub rest: bool,
}

/// A field of a row given in a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowField {
    /// `auc`, `latency.p99`.
    pub path: Path,
    /// `recall by origin { EWR: 0.4 }`: the slice column; then the value is a `Record`.
    pub by: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// `promote x to M.rung when P(..) and Q(..)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Promote {
    /// What is promoted.
    pub model: Expr,
    /// `M.rung`, an expression of names and fields.
    pub target: Expr,
    /// The policy calls, joined by `and`; `None` where `when` is missing.
    pub when: Option<Expr>,
    /// The word `promote`.
    pub keyword: Span,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `not`.
    Not,
    /// `-`.
    Neg,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `==`.
    Eq,
    /// `!=`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
}

impl BinaryOp {
    /// The operator as written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }

    /// Whether it compares two values.
    #[must_use]
    pub const fn is_comparison(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}
