//! What is asked, watched and permitted: policies that got looser, gates and approvals that went, tags and clearance, monitors and rollback triggers.

use std::collections::{BTreeMap, BTreeSet};

use mlp_analysis::versions::{follows, loosened};
use mlp_plan::{
    Clause, ClauseRule, Deployment, Expr, Node, Place, Plan, Policy, PolicyUse, Rollout, Run, Trigger, Value,
    duration_text,
};

use crate::change::{Change, Class, Direction};

/// Every change by which less is asked, watched or held back than before.
#[must_use]
pub fn changes(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = policies(old, new);
    found.extend(gates(old, new));
    found.extend(clearances(old, new));
    found.extend(nodes(old, new));
    found.extend(deployments(old, new));
    found.extend(monitors(old, new));
    found
}

fn looser(
    kind: &'static str,
    subject: &str,
    path: &str,
    message: String,
    place: &Place,
    was: Option<&Place>,
) -> Change {
    Change::new(kind, Class::Governance, subject, path, message).towards(Direction::Looser).at(Some(place), was)
}

fn policies(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, was) in &old.policies {
        match new.policies.get(name) {
            Some(is) => found.extend(policy(was, is, new)),
            None => {
                let message = "the policy is gone".to_owned();
                let change = Change::new("policy_removed", Class::Governance, name, "", message);
                found.push(change.towards(Direction::Looser).at(None, Some(&was.place)));
            }
        }
    }
    for (name, is) in new.policies.iter().filter(|(name, _)| !old.policies.contains_key(*name)) {
        let change = Change::new("policy_added", Class::Additive, name, "", "the policy is new");
        found.push(change.at(Some(&is.place), None));
    }
    found
}

/// Clauses that no longer follow, and approvals that ask for less.
fn policy(was: &Policy, is: &Policy, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for index in loosened(was, is, &new.metrics) {
        let Some(clause) = was.clauses.get(index) else { continue };
        let now = is.clauses.iter().find(|other| is_about_the_same(clause, other) && other.text != clause.text);
        let (message, place) = match now {
            Some(now) => (format!("`{}` was required, and `{}` is", clause.text, now.text), &now.place),
            None => (format!("`{}` is not required any more", clause.text), &is.place),
        };
        let change = looser("policy_loosened", &was.name, &clause.text, message, place, Some(&clause.place));
        found.push(change.from_to(Some(clause.text.clone()), now.map(|now| now.text.clone())));
    }
    for clause in &was.clauses {
        if matches!(clause.rule, ClauseRule::Approve { .. })
            && !is.clauses.iter().any(|other| asks_as_much(clause, other))
        {
            let now = is.clauses.iter().find(|other| matches!(other.rule, ClauseRule::Approve { .. }));
            let (kind, message, place) = match now {
                Some(now) => {
                    ("approval_loosened", format!("`{}` was asked, and `{}` is", clause.text, now.text), &now.place)
                }
                None => ("approval_removed", format!("`{}` is not asked any more", clause.text), &is.place),
            };
            let change = looser(kind, &was.name, &clause.text, message, place, Some(&clause.place));
            found.push(change.from_to(Some(clause.text.clone()), now.map(|now| now.text.clone())));
        }
    }
    found
}

/// Whether two clauses bound the same measures.
fn is_about_the_same(a: &Clause, b: &Clause) -> bool {
    let measures = |clause: &Clause| {
        let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &clause.rule else { return BTreeSet::new() };
        let mut found = BTreeSet::new();
        gate.expr.walk(&mut |part| {
            if let Expr::Metric { .. } | Expr::OverSlices { .. } = part {
                found.insert(match part {
                    // a change of support or correction is one of the same clause
                    Expr::OverSlices { aggregate, report, metric, by, .. } => {
                        format!("{} {report}.{metric} by {by}", aggregate.word())
                    }
                    other => other.to_string(),
                });
            }
        });
        found
    };
    let (ours, theirs) = (measures(a), measures(b));
    !ours.is_empty() && ours == theirs
}

/// Whether an approval asks for at least as much as another.
fn asks_as_much(was: &Clause, is: &Clause) -> bool {
    match (&was.rule, &is.rule) {
        (
            ClauseRule::Approve { count, group, except_author, within },
            ClauseRule::Approve { count: now, group: by, except_author: except, within: limit },
        ) => {
            group == by
                && now >= count
                && (*except || !except_author)
                && limit.zip(*within).map_or(limit.is_some() || within.is_none(), |(limit, within)| limit <= within)
                && is.when.iter().all(|name| was.when.contains(name))
        }
        _ => false,
    }
}

/// Promotions by model and rung: the node, and the policies that it asks.
type Promotions<'p> = BTreeMap<(String, String), Vec<(&'p Node, &'p Vec<PolicyUse>)>>;

/// The promotions of a plan.
fn promotions(plan: &Plan) -> Promotions<'_> {
    let mut found = Promotions::new();
    for node in plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes) {
        if let Run::Promote(promote) = &node.run {
            found.entry((promote.model.clone(), promote.rung.clone())).or_default().push((node, &promote.policies));
        }
    }
    found
}

fn gates(old: &Plan, new: &Plan) -> Vec<Change> {
    let now = promotions(new);
    let mut found = Vec::new();
    for ((model, rung), was) in promotions(old) {
        let subject = format!("{model}.{rung}");
        let asked: BTreeSet<&str> =
            was.iter().flat_map(|(_, policies)| policies.iter()).map(|one| one.policy.as_str()).collect();
        for (node, policies) in now.get(&(model, rung)).into_iter().flatten() {
            let place = was.first().map(|(node, _)| &node.call);
            for policy in asked.iter().filter(|name| policies.iter().all(|one| one.policy != **name)) {
                let message = format!("`{policy}` no longer decides on what reaches {subject}");
                let change = looser("gate_removed", &subject, policy, message, &node.call, place);
                found.push(change.from_to(Some((*policy).to_owned()), None));
            }
            for one in policies.iter() {
                let before =
                    was.iter().flat_map(|(_, policies)| policies.iter()).find(|before| before.policy == one.policy);
                if let Some(before) = before.filter(|before| before.params != one.params) {
                    found.extend(thresholds(&subject, (old, before), (new, one), &node.call));
                }
            }
        }
    }
    found
}

/// Clauses that got looser since the policy is called with other values.
fn thresholds(
    subject: &str,
    (old, was): (&Plan, &PolicyUse),
    (new, is): (&Plan, &PolicyUse),
    place: &Place,
) -> Vec<Change> {
    let called = |plan: &Plan, one: &PolicyUse| {
        let mut policy = plan.policies.get(&one.policy)?.clone();
        for clause in &mut policy.clauses {
            let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &mut clause.rule else { continue };
            gate.expr.walk_mut(&mut |part| {
                if let Expr::Param(name) = part
                    && let Some(Value::Literal(value)) = one.params.get(name.as_str())
                {
                    *part = Expr::Literal(value.clone());
                }
            });
        }
        Some(policy)
    };
    let (Some(before), Some(after)) = (called(old, was), called(new, is)) else { return Vec::new() };
    let clauses = loosened(&before, &after, &new.metrics);
    let lost = clauses.iter().filter_map(|index| before.clauses.get(*index));
    lost.map(|clause| {
        let message = format!("`{}` is called with values that ask less: `{}`", was.policy, clause.text);
        looser("gate_loosened", subject, &was.policy, message, place, None)
    })
    .collect()
}

fn clearances(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, is) in &new.models {
        if let Some(was) = old.models.get(name) {
            found.extend(widened(name, &was.clearance, &is.clearance, &is.place, &was.place));
        }
    }
    for (name, is) in &new.deployments {
        if let Some(was) = old.deployments.get(name) {
            found.extend(widened(name, &was.clearance, &is.clearance, &is.place, &was.place));
        }
    }
    found
}

fn widened(subject: &str, was: &[String], is: &[String], place: &Place, old: &Place) -> Option<Change> {
    let more: Vec<String> = is.iter().filter(|tag| !was.contains(tag)).map(|tag| format!("@{tag}")).collect();
    if more.is_empty() {
        return None;
    }
    let list = |tags: &[String]| Some(format!("[{}]", tags.join(", ")));
    let message = format!("{} may reach `{subject}` now", more.join(", "));
    Some(looser("clearance_widened", subject, "", message, place, Some(old)).from_to(list(was), list(is)))
}

/// Stages and sinks, each once however often it is called.
fn nodes(old: &Plan, new: &Plan) -> Vec<Change> {
    let stages = |plan: &'_ Plan| -> BTreeMap<String, Node> {
        let monitors = plan.monitors.values().flat_map(|monitor| &monitor.pipeline.nodes);
        let features = plan.deployments.values().flat_map(|deployment| &deployment.features);
        let all = plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes).chain(monitors).chain(features);
        let own = all.filter(|node| !node.stage.starts_with("std."));
        own.map(|node| (node.stage.clone(), node.clone())).collect()
    };
    let (old, new) = (stages(old), stages(new));
    let mut found = Vec::new();
    for (name, is) in &new {
        let Some(was) = old.get(name) else { continue };
        found.extend(widened(name, &was.clearance, &is.clearance, &is.place, &was.place));
        for tag in is.drops.iter().filter(|tag| !was.drops.contains(tag)) {
            let message = format!("what `{name}` gives does not carry @{tag} on any more, because it says so");
            found.push(looser("tag_dropped", name, tag, message, &is.place, Some(&was.place)));
        }
        for tag in is.uses.iter().filter(|tag| !was.uses.contains(tag)) {
            let message = format!("`{name}` uses what is @{tag}, because it says so");
            found.push(looser("tag_used", name, tag, message, &is.place, Some(&was.place)));
        }
        let share = |node: &Node| node.rejects.as_ref().and_then(mlp_plan::Literal::as_f64).unwrap_or_default();
        if share(is) > share(was) {
            let message = format!(
                "`{name}` sets aside up to {}% of bad rows, and {}% before",
                share(is) * 100.0,
                share(was) * 100.0
            );
            found.push(looser("rejects_widened", name, "", message, &is.place, Some(&was.place)));
        }
        if is.pod.as_ref().map(|pod| &pod.digest) != was.pod.as_ref().map(|pod| &pod.digest) {
            let message = format!("the patch on the pod of `{name}` is another: nothing is proven of it");
            found.push(looser("pod_patch_changed", name, "", message, &is.place, Some(&was.place)));
        }
    }
    found
}

/// What has another name now: the only new one that is about the same.
fn renamed<'p, T, K: PartialEq>(
    name: &str,
    old: &'p BTreeMap<String, T>,
    new: &'p BTreeMap<String, T>,
    about: impl Fn(&T) -> K,
) -> Option<(&'p String, &'p T)> {
    let was = old.get(name)?;
    let mut fitting = new.iter().filter(|(name, is)| !old.contains_key(*name) && about(is) == about(was));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Some(one),
        _ => None,
    }
}

fn deployments(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    let mut known: BTreeSet<&String> = old.deployments.keys().collect();
    for (name, was) in &old.deployments {
        let now = new
            .deployments
            .get_key_value(name)
            .or_else(|| renamed(name, &old.deployments, &new.deployments, |one| (one.model.clone(), one.rung.clone())));
        let Some((now, is)) = now else {
            let change = Change::new("deployment_removed", Class::Compatible, name, "", "the deployment is gone");
            found.push(change.at(None, Some(&was.place)));
            continue;
        };
        if now != name {
            known.insert(now);
            let message = format!("`{name}` is called `{now}` now");
            let change = Change::new("deployment_renamed", Class::Compatible, now, "", message);
            found.push(change.from_to(Some(name.clone()), Some(now.clone())).at(Some(&is.place), Some(&was.place)));
        }
        found.extend(deployment(now, was, is));
    }
    for (name, is) in new.deployments.iter().filter(|(name, _)| !known.contains(name)) {
        let change = Change::new("deployment_added", Class::Additive, name, "", "the deployment is new");
        found.push(change.at(Some(&is.place), None));
    }
    found
}

fn deployment(name: &str, was: &Deployment, is: &Deployment) -> Vec<Change> {
    let mut found = triggers("rollback", name, (&was.rollback, &was.place), (&is.rollback, &is.place));
    if is_staged(was) && !is_staged(is) {
        let message = "a new version takes all requests at once now".to_owned();
        found.push(looser("rollout_loosened", name, "", message, &is.place, Some(&was.place)));
    }
    let serves = |one: &Deployment| format!("{}.{}", one.model, one.rung);
    if serves(was) != serves(is) {
        let message = format!(
            "it serves `{}`, and `{}` before: what gets there went through other gates",
            serves(is),
            serves(was)
        );
        let change = looser("rung_changed", name, "", message, &is.place, Some(&was.place));
        found.push(change.towards(Direction::Unknown).from_to(Some(serves(was)), Some(serves(is))));
    }
    let stages = |one: &Deployment| one.features.iter().map(|node| node.stage.clone()).collect::<Vec<_>>();
    let others = [
        ("request", was.request != is.request),
        ("features", stages(was) != stages(is)),
        ("serve", was.serve != is.serve),
        ("replicas", was.replicas != is.replicas),
        ("traffic", was.traffic != is.traffic),
        ("rollout", was.rollout != is.rollout),
        ("resources", was.resources != is.resources),
    ];
    let changed: Vec<String> =
        others.into_iter().filter(|(_, differs)| *differs).map(|(setting, _)| format!("`{setting}`")).collect();
    if !changed.is_empty() {
        let message = format!("it has another {}", changed.join(", "));
        let change = Change::new("deployment_changed", Class::Compatible, name, "", message);
        found.push(change.at(Some(&is.place), Some(&was.place)));
    }
    found
}

const fn is_staged(deployment: &Deployment) -> bool {
    !matches!(deployment.rollout, None | Some(Rollout::AllAtOnce))
}

fn monitors(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, was) in &old.monitors {
        let served = new.deployments.contains_key(&was.deployment);
        let now = new
            .monitors
            .get_key_value(name)
            .or_else(|| renamed(name, &old.monitors, &new.monitors, |one| one.deployment.clone()));
        match now {
            Some((name, is)) => {
                let places = (&was.pipeline.place, &is.pipeline.place);
                found.extend(triggers("alert", name, (&was.alerts, places.0), (&is.alerts, places.1)));
                let of = |retrains: &[mlp_plan::Retrain]| -> Vec<Trigger> {
                    retrains.iter().map(|retrain| retrain.trigger.clone()).collect()
                };
                found.extend(triggers(
                    "retraining",
                    name,
                    (&of(&was.retrains), places.0),
                    (&of(&is.retrains), places.1),
                ));
            }
            None if served => {
                let message = format!("nothing watches `{}` in its place", was.deployment);
                let place = new.deployments.get(&was.deployment).map(|deployment| deployment.place.clone());
                let place = place.unwrap_or_default();
                found.push(looser("monitor_removed", name, "", message, &place, Some(&was.pipeline.place)));
            }
            None => {}
        }
    }
    found
}

/// Triggers that no longer fire when they did: none fires whenever one did before, within the same time.
fn triggers(
    what: &str,
    subject: &str,
    (was, _): (&[Trigger], &Place),
    (is, place): (&[Trigger], &Place),
) -> Vec<Change> {
    let as_soon = |old: &Trigger, new: &Trigger| match (old.over, new.over) {
        (Some(old), Some(new)) => new <= old,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let fires = |old: &Trigger| is.iter().any(|new| as_soon(old, new) && follows(&[&old.when], &new.when));
    let text = |one: &Trigger| match one.over {
        Some(over) => format!("{} over {}", one.text, duration_text(over)),
        None => one.text.clone(),
    };
    let mut found = Vec::new();
    for old in was.iter().filter(|old| !fires(old)) {
        let now = is.iter().find(|new| measures(&new.when) == measures(&old.when));
        let (kind, message) = match (what, now) {
            ("rollback", Some(now)) => (
                "rollback_loosened",
                format!("`{}` brought the version before back, and `{}` does now", text(old), text(now)),
            ),
            ("rollback", None) => {
                ("rollback_removed", format!("`{}` no longer brings the version before back", text(old)))
            }
            ("alert", Some(now)) => {
                ("alert_loosened", format!("`{}` raised an alert, and `{}` does now", text(old), text(now)))
            }
            ("alert", None) => ("alert_removed", format!("`{}` raises no alert any more", text(old))),
            (_, Some(now)) => {
                ("retraining_loosened", format!("`{}` trained anew, and `{}` does now", text(old), text(now)))
            }
            (_, None) => ("retraining_removed", format!("`{}` trains nothing anew any more", text(old))),
        };
        let place = now.map_or(place, |now| &now.place);
        let change = looser(kind, subject, &old.text, message, place, Some(&old.place));
        found.push(change.from_to(Some(text(old)), now.map(text)));
    }
    found
}

fn measures(expr: &Expr) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    expr.walk(&mut |part| {
        if let Expr::Metric { .. } | Expr::OverSlices { .. } | Expr::Call { .. } = part {
            found.insert(part.to_string());
        }
    });
    found
}
