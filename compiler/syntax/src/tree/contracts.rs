//! Contracts, named types, enums and metrics.

use mlp_source::Span;

use super::{Block, Entry, EnumBody, Expr, Lead, Modifier, Name, Param, Path, Setting, TypeExpr};

/// `contract Name { .. }` or `contract Name = expr`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContractDecl {
    /// Its name.
    pub name: Name,
    /// How it is made.
    pub body: ContractBody,
}

/// The two ways to make a contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContractBody {
    /// From fields and rules.
    Block(Block<Entry<ContractEntry>>),
    /// From other contracts.
    Expr(TypeExpr),
}

/// A line in a contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ContractEntry {
    /// `owner = ".."`.
    Setting(Setting),
    /// `name: Type ..`.
    Field(FieldDecl),
    /// `key (..)`, `expect ..` and so on.
    Rule(ContractRule),
}

/// `name: Type modifiers`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldDecl {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// What follows the type, in the order written.
    pub modifiers: Vec<Modifier>,
}

/// A rule over columns or over the whole set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContractRule {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// What it says.
    pub kind: RuleKind,
}

/// The rules of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// `key (a, b)`.
    Key(Vec<Name>),
    /// `unique (a, b)`.
    Unique(Vec<Name>),
    /// `references Other(a) from (b)`.
    References {
        /// The other contract.
        contract: Path,
        /// Its columns.
        to: Vec<Name>,
        /// Ours.
        from: Vec<Name>,
    },
    /// `expect rows >= 10 else ".."` or `warn ..`.
    Expect {
        /// Whether it is `warn`.
        warn: bool,
        /// The predicate.
        expr: Expr,
        /// `else "message"`.
        message: Option<String>,
    },
    /// `accepts break on path because ".." until 2026-12-31`.
    Accepts {
        /// The column.
        on: Path,
        /// Why.
        because: String,
        /// Until when.
        until: Option<Expr>,
    },
}

/// `type Name = T modifiers`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TypeDecl {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub ty: TypeExpr,
    /// What it adds.
    pub modifiers: Vec<Modifier>,
}

/// `enum Name { A, B }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumDecl {
    /// Its name.
    pub name: Name,
    /// Its members.
    pub body: EnumBody,
}

/// `metrics Name(params) { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricsDecl {
    /// Its name.
    pub name: Name,
    /// What changes the values: `metrics Binary(threshold: float64 = 0.5)`.
    pub params: Vec<Param>,
    /// The metrics.
    pub body: Block<Entry<MetricDecl>>,
}

/// `auc: ratio better higher` or `latency: { p99: duration better lower }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MetricDecl {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: MetricKind,
}

/// A metric, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// One number.
    Leaf {
        /// `ratio count real duration size money`.
        measure: Name,
        /// `unit EUR`, `in 0 .. 1`.
        modifiers: Vec<Modifier>,
        /// `better higher|lower`.
        better: Option<Name>,
    },
    /// A group.
    Group(Block<Entry<MetricDecl>>),
}
