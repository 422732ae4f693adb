//! Promotion policies as expression trees, ready to be judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CompareOp, Expr, Literal, Place};

/// A policy with its clauses; policies that it requires are inlined, each clause with its own place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The names of its parameters, in order.
    pub params: Vec<PolicyParam>,
    /// Its clauses.
    pub clauses: Vec<Clause>,
    /// Where it is declared.
    pub place: Place,
}

/// A parameter of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PolicyParam {
    /// Its name.
    pub name: String,
    /// The metrics of a report (a key of [`Plan::metrics`](crate::Plan::metrics)); absent for a scalar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// Whether it may be none.
    #[serde(default, skip_serializing_if = "crate::types::is_false")]
    pub optional: bool,
    /// Default of a scalar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Literal>,
}

/// A clause.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Clause {
    /// As written, on one line: `candidate.auc >= 0.65`.
    pub text: String,
    /// What it asks.
    pub rule: ClauseRule,
    /// Names of optional reports that must be there for it to count (`when champion`), outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// `else ".."`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// What a clause asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClauseRule {
    /// `require`: must pass.
    Require(Gate),
    /// `warn`: is told where it does not.
    Warn(Gate),
    /// `require nothing because ".."`.
    Nothing {
        /// Why.
        because: String,
    },
    /// `approve by 2 of "risk-leads" except author within 48h`.
    Approve {
        /// How many.
        count: u32,
        /// Of which group.
        group: String,
        /// Whether who wrote or started the run does not count.
        except_author: bool,
        /// After how long it is refused, ns.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<i64>,
    },
}

/// A predicate over reports: a comparison, or several joined by `and` and `or`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Gate {
    /// The predicate.
    pub expr: Expr,
    /// `at 95% confidence`: the share, as an exact decimal; point values where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Literal>,
}

impl Gate {
    /// The comparison, where the predicate is a single one.
    #[must_use]
    pub fn comparison(&self) -> Option<(CompareOp, &Expr, &Expr)> {
        match &self.expr {
            Expr::Compare(op, left, right) => Some((*op, left, right)),
            _ => None,
        }
    }
}
