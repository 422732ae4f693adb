//! Declarations, and those that have a line of their own.

use mlp_source::Span;

use super::{
    Broken, ContractDecl, DeploymentDecl, EnumDecl, EnvDecl, Expr, Lead, MetricsDecl, ModelDecl, MonitorDecl, Name,
    Path, PipelineDecl, PolicyDecl, StageDecl, TestDecl, TypeDecl, TypeExpr,
};

/// A declaration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// Comments, docs and blank line before it.
    pub lead: Lead,
    /// From its keyword to its end.
    pub span: Span,
    /// What it declares.
    pub kind: ItemKind,
}

/// The declarations.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// `use a.b.{C, D as E}`.
    Use(Use),
    /// `moments a < b < c [within 45d]`.
    Moments(Moments),
    /// `contract Name { .. }` or `contract Name = expr`.
    Contract(ContractDecl),
    /// `type Name = T modifiers`.
    Type(TypeDecl),
    /// `enum Name { A, B }`.
    Enum(EnumDecl),
    /// `metrics Name { auc: ratio better higher }`.
    Metrics(MetricsDecl),
    /// `env name { .. }`.
    Env(EnvDecl),
    /// `stage name(..) -> T { .. }`.
    Stage(StageDecl),
    /// `source name(..) -> T { .. }`.
    Source(StageDecl),
    /// `sink name(..) { .. }`.
    Sink(StageDecl),
    /// `secret name = env("X")`.
    Secret(ValueDecl),
    /// `const name: T = value`.
    Const(ValueDecl),
    /// `model Name: Model<I, O> { .. }`.
    Model(ModelDecl),
    /// `policy Name(..) { .. }`.
    Policy(PolicyDecl),
    /// `pipeline name(..) { .. }`.
    Pipeline(PipelineDecl),
    /// `deployment Name of M.rung { .. }`.
    Deployment(DeploymentDecl),
    /// `monitor Name of Deployment { .. }`.
    Monitor(MonitorDecl),
    /// `test "name" { .. }`.
    Test(TestDecl),
    /// Text that could not be understood.
    Broken(Broken),
}

/// `use a.b.{C, D as E}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Use {
    /// The module.
    pub module: Path,
    /// The names, each with the name it gets here.
    pub names: Vec<UseName>,
}

/// One imported name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UseName {
    /// Its name in the module.
    pub name: Name,
    /// `as` what.
    pub alias: Option<Name>,
}

/// `moments a < b < c [within 45d]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Moments {
    /// In order of time.
    pub names: Vec<Name>,
    /// How long it takes at most from the first to the last.
    pub within: Option<Expr>,
}

/// `name = value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setting {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// The name; two segments for `STAGE.pod`.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// `secret name = env("X")`, `const name: T = value`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValueDecl {
    /// Its name.
    pub name: Name,
    /// Its type (of a `const`).
    pub ty: Option<TypeExpr>,
    /// Its value.
    pub value: Expr,
}
