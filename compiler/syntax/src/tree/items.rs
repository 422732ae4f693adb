//! Declarations and the lines of their blocks.

use mlp_source::Span;

use super::{Arg, Block, Broken, Entry, EnumBody, Expr, Lead, Modifier, Name, Path, TypeExpr};

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

/// `deployment Name of M.rung { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeploymentDecl {
    /// Its name.
    pub name: Name,
    /// `M.rung`.
    pub of: Expr,
    /// Its lines.
    pub body: Block<Entry<DeploymentEntry>>,
}

/// A line in a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DeploymentEntry {
    /// `replicas = 2 .. 10`; `rollout = canary [..]` is a call of `canary` with the list as its argument.
    Setting(Setting),
    /// `rollback when .. over 5min`.
    Rollback(Trigger),
}

/// `alert when <expr> [over 7d]`, `rollback when <expr> over 5min`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trigger {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// The condition.
    pub condition: Expr,
    /// The window behind `over`.
    pub over: Option<Expr>,
    /// `else ".."`.
    pub message: Option<String>,
}

/// `monitor Name of Deployment { .. }`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MonitorDecl {
    /// Its name.
    pub name: Name,
    /// What it watches.
    pub of: Expr,
    /// Its lines.
    pub body: Block<Entry<Statement>>,
}

/// `retrain late when .. cooldown 7d at most 4 per 30d`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Retrain {
    /// Comments around it.
    pub lead: Lead,
    /// All of it.
    pub span: Span,
    /// The pipeline.
    pub pipeline: Name,
    /// `late(cutoff: ..)`: arguments of the pipeline.
    pub args: Vec<Arg>,
    /// The condition.
    pub condition: Expr,
    /// The window behind `over`.
    pub over: Option<Expr>,
    /// The pause behind `cooldown`.
    pub cooldown: Option<Expr>,
    /// `at most 4 per 30d`.
    pub budget: Option<(Expr, Expr)>,
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
