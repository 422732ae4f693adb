//! Pipelines and tests.

use mlp_source::Span;

use super::{Block, Entry, Expr, Lead, Name, Param, Path, Retrain, Setting, Trigger, TypeExpr};

/// `pipeline name(..) { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PipelineDecl {
    /// Its name.
    pub name: Name,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Its lines.
    pub body: Block<Entry<Statement>>,
}

/// A line in a pipeline, monitor or test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// `schedule = ..`.
    Setting(Setting),
    /// `let name = expr`.
    Let(Let),
    /// A call, or `promote ..`, whose result is not named.
    Expr(ExprStatement),
    /// `alert when ..` (monitor).
    Alert(Trigger),
    /// `retrain pipeline when .. cooldown 7d at most 4 per 30d` (monitor).
    Retrain(Box<Retrain>),
    /// `expect ..` (test).
    Expect(Expect),
}

/// An expression that stands alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExprStatement {
    /// Comments around it.
    pub lead: Lead,
    /// The expression.
    pub expr: Expr,
}

/// `let name = expr`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Let {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub value: Expr,
}

/// `test "name" { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TestDecl {
    /// Its name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Its lines.
    pub body: Block<Entry<Statement>>,
}

/// `expect ..` in a test.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expect {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// What is expected.
    pub kind: ExpectKind,
}

/// What a test expects.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExpectKind {
    /// `expect P(..) passes|fails|unknown [at path]`, also `expect Contract { .. } fails at field`.
    Verdict {
        /// A policy call or a row.
        subject: Expr,
        /// Which verdict.
        verdict: Verdict,
        /// `at path`.
        at: Option<Path>,
    },
    /// `expect [not] A <: B`.
    Subtype {
        /// Whether `not` stands before it.
        negated: bool,
        /// Left side.
        left: TypeExpr,
        /// Right side.
        right: TypeExpr,
    },
    /// `expect stage([..]) == [..]`.
    Equal {
        /// The call.
        left: Expr,
        /// What it must give.
        right: Expr,
    },
}

/// The three answers of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// `passes`.
    Passes,
    /// `fails`.
    Fails,
    /// `unknown`.
    Unknown,
}
