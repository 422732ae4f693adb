//! Policies as the plan holds them.

use mlp_analysis::policies::PolicyInfo;
use mlp_plan::{Clause, ClauseRule, Literal, Policy, PolicyParam};

use crate::Lowering;

impl Lowering<'_> {
    /// The name of a policy in the plan, which is added where it is new.
    pub(crate) fn policy(&mut self, info: &PolicyInfo) -> String {
        if !self.plan.policies.contains_key(&info.name) {
            let made = self.made(info);
            self.plan.policies.insert(info.name.clone(), made);
        }
        info.name.clone()
    }

    /// The policy as the plan holds it.
    pub(crate) fn made(&mut self, info: &PolicyInfo) -> Policy {
        let params = info.params.iter().map(|param| PolicyParam {
            name: param.name.clone(),
            report: param.report.as_ref().map(|metrics| self.metrics(metrics)),
            optional: param.optional,
            default: param.default.clone(),
        });
        let params = params.collect();
        let clauses = info.clauses.iter().map(|clause| Clause {
            text: text(&clause.rule),
            rule: clause.rule.clone(),
            when: clause.when.clone(),
            message: clause.message.clone(),
            place: self.place(clause.span),
        });
        Policy { name: info.name.clone(), doc: None, params, clauses: clauses.collect(), place: self.place(info.span) }
    }
}

/// A clause on one line, as a program would spell it.
fn text(rule: &ClauseRule) -> String {
    let gate = |gate: &mlp_plan::Gate| match &gate.confidence {
        Some(Literal::Number(share)) => format!(
            "{} at {}% confidence",
            gate.expr,
            (share * bigdecimal::BigDecimal::from(100)).normalized().to_plain_string()
        ),
        _ => gate.expr.to_string(),
    };
    match rule {
        ClauseRule::Require(inner) => gate(inner),
        ClauseRule::Warn(inner) => format!("warn {}", gate(inner)),
        ClauseRule::Nothing { because } => format!("nothing, because {because:?}"),
        ClauseRule::Approve { count, group, except_author, within } => {
            let except = if *except_author { " except author" } else { "" };
            let within =
                within.map_or_else(String::new, |within| format!(" within {}", mlp_plan::duration_text(within)));
            format!("approve by {count} of {group:?}{except}{within}")
        }
    }
}
