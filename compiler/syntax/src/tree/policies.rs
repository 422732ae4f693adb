//! Models and the policies that release them.

use mlp_source::Span;

use super::{Block, Entry, Expr, Lead, Name, Param, StageEntry, TypeExpr};

/// `predicts at moment`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PredictsAt {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// The moment.
    pub moment: Name,
}

/// `model Name: Model<I, O> { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelDecl {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// `predicts at`, `ladder`, `clearance`.
    pub body: Block<Entry<StageEntry>>,
}

/// `policy Name(..) { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyDecl {
    /// Its name.
    pub name: Name,
    /// What it judges.
    pub params: Vec<Param>,
    /// Its clauses.
    pub body: Block<Entry<Clause>>,
    /// From `policy` to the closing parenthesis.
    pub head: Span,
}

/// A clause of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Clause {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// What it asks.
    pub kind: ClauseKind,
    /// `else ".."`.
    pub message: Option<String>,
}

/// The clauses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClauseKind {
    /// `require <expr> [at 95% confidence]`; the expression may be a call of another policy.
    Require {
        /// What must hold.
        expr: Expr,
        /// The share behind `at`.
        confidence: Option<Expr>,
    },
    /// `warn <expr> [at 95% confidence]`.
    Warn {
        /// What should hold.
        expr: Expr,
        /// The share behind `at`.
        confidence: Option<Expr>,
    },
    /// `require nothing because ".."`.
    Nothing {
        /// Why.
        because: String,
    },
    /// `when <optional> { .. }`.
    When {
        /// The optional.
        subject: Expr,
        /// Clauses that hold where it is there.
        body: Block<Entry<Clause>>,
    },
    /// `approve by 2 of "risk-leads" [except author] within 48h`.
    Approve {
        /// How many.
        count: Expr,
        /// Of which group.
        group: Expr,
        /// Whether `except author`.
        except_author: bool,
        /// Within what time.
        within: Option<Expr>,
    },
}
