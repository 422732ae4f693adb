//! Environments, stages, sources and sinks.

use mlp_source::Span;

use super::{Block, Entry, Expr, Lead, Let, Modifier, Name, PredictsAt, Setting, TypeExpr};

/// `env name { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnvDecl {
    /// Its name.
    pub name: Name,
    /// Its settings.
    pub body: Block<Entry<Setting>>,
}

/// A stage, source or sink.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StageDecl {
    /// Its name.
    pub name: Name,
    /// `<C, D <: X>`.
    pub generics: Vec<Generic>,
    /// Inputs and parameters.
    pub params: Vec<Param>,
    /// What it gives; `None` for a sink.
    pub result: Option<ResultType>,
    /// How.
    pub body: StageBody,
}

/// A contract parameter with its bound.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Generic {
    /// Its name.
    pub name: Name,
    /// `<: bound`.
    pub bound: Option<TypeExpr>,
}

/// `name: Type modifiers`; `= default` is a modifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Comments and docs around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpr,
    /// What follows.
    pub modifiers: Vec<Modifier>,
}

/// `-> T` or `-> (a: T, b: U) [disjoint]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResultType {
    /// All of it.
    pub span: Span,
    /// One type, or named outputs.
    pub kind: ResultKind,
    /// Whether `disjoint` follows.
    pub disjoint: bool,
}

/// One type, or named outputs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResultKind {
    /// `-> T`.
    One(TypeExpr),
    /// `-> (a: T, b: U)`.
    Record(Vec<(Name, TypeExpr)>),
}

/// How a stage does its work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StageBody {
    /// `{ run = ..  drops @pii because ".." }`, or a body of `let`s.
    Block(Block<Entry<StageEntry>>),
    /// `= expression`.
    Expr(Expr),
}

/// A line in a stage, source, sink or model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StageEntry {
    /// `name = value`.
    Setting(Setting),
    /// `let name = expr`.
    Let(Let),
    /// `drops @pii because ".."`, `uses @protected because ".."`.
    Because(BecauseRule),
    /// `predicts at moment`.
    PredictsAt(PredictsAt),
}

/// `drops @pii because ".."`, `uses @protected because ".."`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BecauseRule {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// Whether it is `uses`.
    pub uses: bool,
    /// The tag, without the sign.
    pub tag: Name,
    /// Why.
    pub because: String,
}
