//! What a policy promotes, a rollback or an alert does not take back at once, where both bound the same metric (MLP703).

use std::sync::Arc;

use mlp_diagnostics::{Diagnostic, catalog::serving as words};
use mlp_plan::Expr;
use mlp_source::Span;

use super::{
    Clause, Clauses,
    differences::{Limit, System, ZERO},
    formula::{Formula, possible},
};
use crate::{
    checker::Checker,
    flow::{Flow, PolicyCall, Work},
    gates::measures,
    policies::PolicyInfo,
    serving::{DeploymentInfo, MonitorInfo, TriggerInfo},
    types::Ty,
};

/// What an endpoint measures of itself.
pub(in crate::proofs) const SERVING: &str = "std.serving.Serving";

/// A trigger that takes a version back, or calls for help.
struct Taker<'t> {
    trigger: &'t TriggerInfo,
    /// What it does, in words.
    does: &'static str,
    /// The metrics of the reports that its condition reads, by the name that they have there.
    reports: Vec<(String, String)>,
}

impl Checker<'_> {
    /// Checks the rollbacks and alerts of a deployment against the policies that promote what it serves.
    pub(crate) fn check_release(
        &mut self,
        deployment: &DeploymentInfo,
        flows: &[Arc<Flow>],
        monitors: &[Arc<MonitorInfo>],
    ) {
        let promotions = promotions_to(deployment, flows);
        for taker in &takers(deployment, monitors) {
            self.now.diagnostics.extend(promotions.iter().find_map(|policies| taken_back(policies, taker)));
        }
    }
}

/// By promotion to the rung that a deployment serves, the policies that have to pass together.
fn promotions_to<'f>(deployment: &DeploymentInfo, flows: &'f [Arc<Flow>]) -> Vec<&'f [PolicyCall]> {
    let nodes = flows.iter().flat_map(|flow| &flow.nodes);
    nodes
        .filter_map(|node| match &node.work {
            Work::Promote { model, rung, policies }
                if model.span == deployment.model.span && *rung == deployment.rung =>
            {
                Some(policies.as_slice())
            }
            _ => None,
        })
        .collect()
}

fn takers<'t>(deployment: &'t DeploymentInfo, monitors: &'t [Arc<MonitorInfo>]) -> Vec<Taker<'t>> {
    let endpoint = (String::new(), SERVING.to_owned());
    let mut takers: Vec<Taker> = deployment
        .rollback
        .iter()
        .map(|trigger| Taker { trigger, does: "rolled back", reports: vec![endpoint.clone()] })
        .collect();
    for monitor in monitors {
        let reports = monitor.flow.nodes.iter().filter_map(|node| match &node.outputs.first()?.ty {
            Ty::Report(metrics) => Some((node.id.clone(), metrics.face.name.clone())),
            _ => None,
        });
        let reports: Vec<(String, String)> = reports.chain([endpoint.clone()]).collect();
        let alerts = monitor.alerts.iter();
        takers.extend(alerts.map(|trigger| Taker { trigger, does: "alerted on", reports: reports.clone() }));
    }
    takers
}

/// Whether a version that the policies of a promotion let through satisfies the condition of a trigger.
fn taken_back(policies: &[PolicyCall], taker: &Taker<'_>) -> Option<Diagnostic> {
    let conditions = match &taker.trigger.when {
        Expr::Any(parts) => parts.clone(),
        one => vec![one.clone()],
    };
    conditions.iter().find_map(|condition| {
        let bounds: Vec<Bound> = policies.iter().filter_map(|call| bound(&call.policy, condition, taker)).collect();
        let overlap: Option<Vec<Diagnostic>> = bounds
            .into_iter()
            .map(|bound| match bound {
                Bound::Overlaps(found) => Some(*found),
                Bound::Excludes => None,
            })
            .collect();
        overlap?.into_iter().next()
    })
}

/// What a policy that bounds the metric of a condition says of the condition.
enum Bound {
    /// Something that it lets through satisfies the condition.
    Overlaps(Box<Diagnostic>),
    /// Nothing does.
    Excludes,
}

fn bound(policy: &PolicyInfo, condition: &Expr, taker: &Taker<'_>) -> Option<Bound> {
    let condition = as_judged(condition, policy, taker)?;
    let mut clauses = Clauses::new(policy, &[&condition]);
    let Formula::Limit(limit) = clauses.terms.formula(&condition, true) else { return None };
    let clause = bounding(&clauses, limit)?;
    let required: Vec<&Clause> =
        clauses.gates.iter().filter(|clause| clause.required && clause.info.when.is_empty()).collect();
    let mut formulas: Vec<&Formula> = required.iter().map(|clause| &clause.formula).collect();
    let trigger = Formula::Limit(limit);
    formulas.push(&trigger);
    if !possible(&clauses.system(required.iter().copied()), &formulas) {
        return Some(Bound::Excludes);
    }
    let texts = (clause.text(), condition.to_string());
    Some(Bound::Overlaps(Box::new(told(taker.trigger.span, policy, taker.does, clause.info.span, &texts))))
}

fn told(at: Span, policy: &PolicyInfo, does: &str, clause: Span, (asked, condition): &(String, String)) -> Diagnostic {
    words::taken_back(at, &policy.name, does, asked, condition).because(clause, "lets it through")
}

/// The condition in the words of the policy: a live metric stands for the one that the policy judged.
fn as_judged(condition: &Expr, policy: &PolicyInfo, taker: &Taker<'_>) -> Option<Expr> {
    let Expr::Compare(op, left, right) = condition else { return None };
    let mut measured = None;
    let mut side = |expr: &Expr| match expr {
        Expr::Metric { report, metric } => {
            let (_, metrics) = taker.reports.iter().find(|(name, _)| name == report)?;
            let judged = policy
                .params
                .iter()
                .find(|param| !param.optional && param.report.as_ref().is_some_and(|own| own.face.name == *metrics))?;
            measured = judged.report.as_ref()?.metric(metric).map(|metric| metric.measure);
            Some(Expr::Metric { report: judged.name.clone(), metric: metric.clone() })
        }
        Expr::Literal(_) => Some(expr.clone()),
        _ => None,
    };
    let (left, right) = (side(left)?, side(right)?);
    // a literal of another kind was reported
    let like = [&left, &right].into_iter().all(|side| match (side, measured) {
        (Expr::Literal(value), Some(measure)) => measures(measure, value),
        _ => true,
    });
    like.then(|| Expr::Compare(*op, Box::new(left), Box::new(right)))
}

/// The clause that bounds the metric of a trigger from the other side.
fn bounding<'c, 'p>(clauses: &'c Clauses<'p>, limit: Limit) -> Option<&'c Clause<'p>> {
    clauses.gates.iter().find(|clause| {
        let mut system = System::default();
        system.add(clause.formula.limits());
        clause.required
            && (limit.left == ZERO || limit.right == ZERO)
            && system.bound(limit.right, limit.left).is_some()
    })
}
