//! Deployments and monitors.

use mlp_source::Span;

use super::{Arg, Block, Entry, Expr, Lead, Name, Setting, Statement};

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
