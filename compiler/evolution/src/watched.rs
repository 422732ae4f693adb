//! What is served, and who watches it: deployments with what brings the version before back, monitors with their alerts and retraining.

use std::collections::{BTreeMap, BTreeSet};

use mlp_analysis::versions::follows;
use mlp_plan::{Deployment, Expr, Monitor, Node, Place, Plan, Retrain, Rollout, Schedule, Trigger, duration_text};

use crate::{
    change::{Change, Class, Direction},
    governance::{Same, looser, same, widened},
};

/// Every change of deployments and monitors.
#[must_use]
pub fn changes(old: &Plan, new: &Plan) -> Vec<Change> {
    let served = same(
        &old.deployments,
        &new.deployments,
        &[&|was: &Deployment, is: &Deployment| (&was.model, &was.rung) == (&is.model, &is.rung)],
    );
    let watches = |was: &Monitor, is: &Monitor| {
        served.get(was.deployment.as_str()).is_some_and(|(now, _)| **now == is.deployment)
    };
    let watched = same(&old.monitors, &new.monitors, &[&watches]);
    let mut found = deployments(old, new, &served);
    found.extend(monitors(old, new, &watched, &served));
    found
}

fn deployments(old: &Plan, new: &Plan, served: &Same<'_, Deployment>) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, was) in &old.deployments {
        let Some((now, is)) = served.get(name.as_str()) else {
            let change = Change::new("deployment_removed", Class::Compatible, name, "", "the deployment is gone");
            found.push(change.at(None, Some(&was.place)));
            continue;
        };
        if *now != name {
            found.push(renamed("deployment_renamed", (name, &was.place), (now, &is.place)));
        }
        found.extend(deployment(now, was, is));
    }
    let known: BTreeSet<&String> = served.values().map(|(name, _)| *name).collect();
    for (name, is) in new.deployments.iter().filter(|(name, _)| !known.contains(name)) {
        let change = Change::new("deployment_added", Class::Additive, name, "", "the deployment is new");
        found.push(change.at(Some(&is.place), None));
    }
    found
}

fn renamed(kind: &'static str, (was, old): (&str, &Place), (is, place): (&str, &Place)) -> Change {
    let change = Change::new(kind, Class::Compatible, is, "", format!("`{was}` is called `{is}` now"));
    change.from_to(Some(was.to_owned()), Some(is.to_owned())).at(Some(place), Some(old))
}

fn deployment(name: &str, was: &Deployment, is: &Deployment) -> Vec<Change> {
    let mut found = triggers(&ROLLBACK, name, &was.rollback, (&is.rollback, &is.place));
    found.extend(widened(name, &was.clearance, &is.clearance, &is.place, &was.place));
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
    let changed = [
        ("request", was.request != is.request),
        ("features", work(&was.features) != work(&is.features)),
        ("serve", was.serve != is.serve),
        ("replicas", was.replicas != is.replicas),
        ("traffic", was.traffic != is.traffic),
        ("rollout", was.rollout != is.rollout),
        ("resources", was.resources != is.resources),
    ];
    found.extend(otherwise("deployment_changed", name, &changed, (&is.place, &was.place)));
    found
}

/// Settings that are otherwise, as one change.
pub fn otherwise(
    kind: &'static str,
    name: &str,
    settings: &[(&str, bool)],
    (place, was): (&Place, &Place),
) -> Option<Change> {
    let changed: Vec<String> =
        settings.iter().filter(|(_, differs)| *differs).map(|(setting, _)| format!("`{setting}`")).collect();
    if changed.is_empty() {
        return None;
    }
    let message = format!("it has another {}", changed.join(", "));
    Some(Change::new(kind, Class::Compatible, name, "", message).at(Some(place), Some(was)))
}

const fn is_staged(deployment: &Deployment) -> bool {
    !matches!(deployment.rollout, None | Some(Rollout::AllAtOnce))
}

/// What nodes do, wherever they stand.
fn work(nodes: &[Node]) -> Vec<impl PartialEq> {
    let origins = |node: &Node| node.inputs.iter().map(|input| input.from.clone()).collect::<Vec<_>>();
    let one = |node: &Node| (node.id.clone(), node.run.clone(), node.code.clone(), node.params.clone(), origins(node));
    nodes.iter().map(one).collect()
}

fn monitors(old: &Plan, new: &Plan, watched: &Same<'_, Monitor>, served: &Same<'_, Deployment>) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, was) in &old.monitors {
        if let Some((now, is)) = watched.get(name.as_str()) {
            if *now != name {
                let (place, old) = (&is.pipeline.place, &was.pipeline.place);
                found.push(renamed("monitor_renamed", (name, old), (now, place)));
            }
            found.extend(monitor(now, was, is, (old, new)));
        } else if let Some((deployment, is)) = served.get(was.deployment.as_str()) {
            let message = format!("nothing watches `{deployment}` in its place");
            found.push(looser("monitor_removed", name, "", message, &is.place, Some(&was.pipeline.place)));
        } else {
            let change =
                Change::new("monitor_removed", Class::Compatible, name, "", "the monitor is gone with its deployment");
            found.push(change.at(None, Some(&was.pipeline.place)));
        }
    }
    let known: BTreeSet<&String> = watched.values().map(|(name, _)| *name).collect();
    for (name, is) in new.monitors.iter().filter(|(name, _)| !known.contains(name)) {
        let message = format!("the monitor of `{}` is new", is.deployment);
        found.push(Change::new("monitor_added", Class::Additive, name, "", message).at(Some(&is.pipeline.place), None));
    }
    found
}

fn monitor(name: &str, was: &Monitor, is: &Monitor, plans: (&Plan, &Plan)) -> Vec<Change> {
    let (place, before) = (&is.pipeline.place, &was.pipeline.place);
    let mut found = triggers(&ALERT, name, &was.alerts, (&is.alerts, place));
    found.extend(retraining(name, was, is, plans));
    let rarer = is_rarer(was.pipeline.schedule.as_ref(), is.pipeline.schedule.as_ref());
    if let Some(message) = &rarer {
        found.push(looser("monitor_loosened", name, "schedule", message.clone(), place, Some(before)));
    }
    let says = |one: &Monitor| one.alerts.iter().map(|alert| alert.message.clone()).collect::<Vec<_>>();
    let changed = [
        ("schedule", rarer.is_none() && was.pipeline.schedule != is.pipeline.schedule),
        ("let", work(&was.pipeline.nodes) != work(&is.pipeline.nodes)),
        ("else", was.alerts.len() == is.alerts.len() && says(was) != says(is)),
        ("owner", was.pipeline.owner != is.pipeline.owner),
    ];
    found.extend(otherwise("monitor_changed", name, &changed, (place, before)));
    found
}

/// Why a schedule looks less often, where it surely does.
fn is_rarer(was: Option<&Schedule>, is: Option<&Schedule>) -> Option<String> {
    match (was, is) {
        (Some(Schedule::Every(was)), Some(Schedule::Every(is))) if is > was => {
            Some(format!("it looks every {}, and every {} before", duration_text(*is), duration_text(*was)))
        }
        (Some(_), None) => Some("it has no schedule any more, so that nobody looks".to_owned()),
        _ => None,
    }
}

/// Retraining of each pipeline: by its triggers, and no rarer than before.
fn retraining(name: &str, was: &Monitor, is: &Monitor, (old, new): (&Plan, &Plan)) -> Vec<Change> {
    let mut groups: BTreeMap<&str, Vec<&Retrain>> = BTreeMap::new();
    for retrain in &was.retrains {
        groups.entry(&retrain.pipeline).or_default().push(retrain);
    }
    let mut found = Vec::new();
    for (pipeline, before) in groups {
        // a pipeline that is no more may have another name
        let is_same = |one: &&Retrain| {
            one.pipeline == pipeline
                || (!new.pipelines.contains_key(pipeline) && !old.pipelines.contains_key(&one.pipeline))
        };
        let now: Vec<&Retrain> = is.retrains.iter().filter(is_same).collect();
        let of = |all: &[&Retrain]| -> Vec<Trigger> { all.iter().map(|one| one.trigger.clone()).collect() };
        found.extend(triggers(&RETRAINING, name, &of(&before), (&of(&now), &is.pipeline.place)));
        for one in before {
            let mut fitting = now.iter().filter(|now| fires(&one.trigger, &now.trigger)).peekable();
            let Some(first) = fitting.peek().copied() else { continue };
            if fitting.all(|now| !is_as_often(one, now)) {
                let message = format!("`{pipeline}` is trained anew {}, and {} before", often(first), often(one));
                let (place, text) = (&first.trigger.place, &one.trigger.text);
                let change = looser("retraining_loosened", name, text, message, place, Some(&one.trigger.place));
                found.push(change.from_to(Some(often(one)), Some(often(first))));
            }
        }
    }
    found
}

/// Whether whenever one may run again, the other may.
fn is_as_often(was: &Retrain, is: &Retrain) -> bool {
    let waits_no_longer = is.cooldown.unwrap_or(0) <= was.cooldown.unwrap_or(0);
    let is_permitted = match (was.budget, is.budget) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(was), Some(is)) => {
            // in a longer time, as many for each part of it that could be full
            let (per, before) = (i128::from(is.per), i128::from(was.per.max(1)));
            let parts = (per + before - 1) / before;
            i128::from(is.times) >= i128::from(was.times) * parts.max(1)
        }
    };
    waits_no_longer && is_permitted
}

/// `after 7d at the earliest, at most 4 times in 30d`.
fn often(one: &Retrain) -> String {
    let cooldown = one.cooldown.map(|time| format!("after {} at the earliest", duration_text(time)));
    let budget = one.budget.map(|budget| format!("at most {} times in {}", budget.times, duration_text(budget.per)));
    let parts: Vec<String> = cooldown.into_iter().chain(budget).collect();
    if parts.is_empty() { "whenever it is triggered".to_owned() } else { parts.join(", ") }
}

/// What a trigger is for, in words.
struct Purpose {
    loosened: &'static str,
    removed: &'static str,
    /// Of a trigger that is there.
    does: &'static str,
    /// Of one that is gone.
    no_longer: &'static str,
}

const ROLLBACK: Purpose = Purpose {
    loosened: "rollback_loosened",
    removed: "rollback_removed",
    does: "brought the version before back",
    no_longer: "no longer brings the version before back",
};
const ALERT: Purpose = Purpose {
    loosened: "alert_loosened",
    removed: "alert_removed",
    does: "raised an alert",
    no_longer: "raises no alert any more",
};
const RETRAINING: Purpose = Purpose {
    loosened: "retraining_loosened",
    removed: "retraining_removed",
    does: "trained anew",
    no_longer: "trains nothing anew any more",
};

/// Whether a trigger fires whenever another did, within the same time.
fn fires(was: &Trigger, is: &Trigger) -> bool {
    let as_soon = match (was.over, is.over) {
        (Some(was), Some(is)) => is <= was,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    as_soon && follows(&[&was.when], &is.when)
}

/// Triggers that no longer fire when they did.
fn triggers(purpose: &Purpose, subject: &str, was: &[Trigger], (is, place): (&[Trigger], &Place)) -> Vec<Change> {
    let text = |one: &Trigger| match one.over {
        Some(over) => format!("{} over {}", one.text, duration_text(over)),
        None => one.text.clone(),
    };
    let mut found = Vec::new();
    for old in was.iter().filter(|old| !is.iter().any(|new| fires(old, new))) {
        let now = is.iter().find(|new| measures(&new.when) == measures(&old.when));
        let (kind, message) = match now {
            Some(now) => (purpose.loosened, format!("`{}` {}, and `{}` does now", text(old), purpose.does, text(now))),
            None => (purpose.removed, format!("`{}` {}", text(old), purpose.no_longer)),
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
