//! The last rung is not reached without a policy (MLP600), and the slices that a policy reads are in the report that it is given (MLP604).

use std::collections::BTreeSet;

use mlp_diagnostics::{Diagnostic, catalog::policies as words};
use mlp_plan::{ClauseRule, Expr, Literal, Origin, Value};

use super::ways::node_of;
use crate::{
    checker::Checker,
    flow::{Flow, FlowNode, PolicyCall, Work},
    scope::nearest,
};

impl Checker<'_> {
    /// Checks every promotion of a pipeline.
    pub(crate) fn check_promotions(&mut self, flow: &Flow) {
        for node in &flow.nodes {
            let Work::Promote { model, rung, policies } = &node.work else { continue };
            if policies.is_empty() && model.ladder.last() == Some(rung) {
                self.report(
                    words::no_policy(node.site, &model.name, rung)
                        .because(model.span, format!("`{rung}` is the last rung of its ladder")),
                );
            }
            self.now.diagnostics.extend(policies.iter().find_map(|call| unknown_slice(flow, node, call)));
        }
    }
}

/// A slice that a clause reads, and the report does not have.
fn unknown_slice(flow: &Flow, promote: &FlowNode, call: &PolicyCall) -> Option<Diagnostic> {
    call.policy.clauses.iter().find_map(|clause| {
        let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &clause.rule else { return None };
        let mut read = Vec::new();
        gate.expr.walk(&mut |expr| {
            if let Expr::OverSlices { report, by, .. } = expr {
                read.push((report.clone(), by.clone()));
            }
        });
        read.iter().find_map(|(report, by)| {
            let input = promote.inputs.iter().find(|input| Some(&input.name) == call.reports.get(report))?;
            let measured = measured_by(flow, &input.from).into_iter().find(|node| !slices(node).contains(by))?;
            let known = slices(measured);
            let near = nearest(by, known.iter().map(String::as_str));
            let found = words::unknown_slice(promote.site, report, by, near.as_deref());
            let found = found.because(clause.span, format!("reads it by `{by}`"));
            let has = if known.is_empty() {
                "the report is made here, without slices".to_owned()
            } else {
                format!(
                    "the report is made here, with slices by {}",
                    known.iter().cloned().collect::<Vec<_>>().join(", ")
                )
            };
            Some(found.because(measured.site, has))
        })
    })
}

/// The nodes that may have made a report: through `pick` those of all candidates.
fn measured_by<'f>(flow: &'f Flow, from: &Origin) -> Vec<&'f FlowNode> {
    match from {
        Origin::Output { node, .. } => match node_of(flow, node) {
            Some(picked) if matches!(picked.work, Work::Pick) => {
                picked.inputs.first().map(|candidates| measured_by(flow, &candidates.from)).unwrap_or_default()
            }
            made => made.into_iter().collect(),
        },
        Origin::List(origins) => origins.iter().flat_map(|origin| measured_by(flow, origin)).collect(),
        Origin::Rung { .. } | Origin::Request | Origin::Served | Origin::None => Vec::new(),
    }
}

/// The columns by which a report is sliced: an argument of the standard library's stages, a setting of others.
fn slices(node: &FlowNode) -> BTreeSet<String> {
    let column = |value: &Value| match value {
        Value::Column(name) | Value::Literal(Literal::Text(name)) => Some(name.clone()),
        _ => None,
    };
    let given: Vec<String> = match node.params.get("slices") {
        Some(Value::List(items)) => items.iter().filter_map(column).collect(),
        _ => Vec::new(),
    };
    given.into_iter().chain(node.settings.slices.iter().cloned()).collect()
}
