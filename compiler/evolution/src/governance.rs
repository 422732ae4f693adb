//! What is asked, watched and permitted: by gates and who watches what is served, and by clearance, tags and what a target adds to pods.

use std::collections::BTreeMap;

use mlp_plan::{Literal, Model, Node, Place, Plan};

use crate::{
    change::{Change, Class, Direction},
    compare::Version,
    gates,
    watched::{self, otherwise},
};

/// Every change by which less is asked, watched or held back than before, and what else changed about who does.
#[must_use]
pub fn changes(old: &Version<'_>, new: &Version<'_>) -> Vec<Change> {
    let mut found = gates::changes(old.plan, new.plan);
    found.extend(models(old.plan, new.plan));
    found.extend(nodes(old.plan, new.plan));
    found.extend(pods(old, new));
    found.extend(watched::changes(old.plan, new.plan));
    found
}

/// A change by which less is asked, watched or held back.
pub fn looser(
    kind: &'static str,
    subject: &str,
    path: &str,
    message: String,
    place: &Place,
    was: Option<&Place>,
) -> Change {
    Change::new(kind, Class::Governance, subject, path, message).towards(Direction::Looser).at(Some(place), was)
}

/// What each of the old version is in the new one, by its old name.
pub type Same<'p, T> = BTreeMap<&'p str, (&'p String, &'p T)>;

/// Whether something that is gone and something new may be the same.
pub type Fits<'f, T> = &'f dyn Fn(&T, &T) -> bool;

/// What has the same name, and what has another one now: where of what is gone and what is new only these two fit each other. Stricter ideas of what fits
/// come first.
pub fn same<'p, T>(old: &'p BTreeMap<String, T>, new: &'p BTreeMap<String, T>, fits: &[Fits<'_, T>]) -> Same<'p, T> {
    let mut found: Same<'p, T> =
        old.keys().filter_map(|name| Some((name.as_str(), new.get_key_value(name)?))).collect();
    for fits in fits {
        let is_taken = |name: &String| old.contains_key(name) || found.values().any(|(now, _)| *now == name);
        let gone: Vec<_> = old.iter().filter(|(name, _)| !found.contains_key(name.as_str())).collect();
        let fresh: Vec<_> = new.iter().filter(|(name, _)| !is_taken(name)).collect();
        let only = |was: &T| match fresh.iter().filter(|(_, is)| fits(was, is)).collect::<Vec<_>>()[..] {
            [one] => Some(*one),
            _ => None,
        };
        let pairs: Vec<_> = gone.iter().filter_map(|(name, was)| Some((*name, only(was)?))).collect();
        for (name, now) in &pairs {
            if pairs.iter().filter(|(_, other)| other.0 == now.0).count() == 1 {
                found.insert(name.as_str(), *now);
            }
        }
    }
    found
}

fn models(old: &Plan, new: &Plan) -> Vec<Change> {
    let mut found = Vec::new();
    for (name, was) in &old.models {
        match new.models.get(name) {
            Some(is) => found.extend(model(name, was, is)),
            None => {
                let message = "the model is gone: nothing is registered under its name";
                let change = Change::new("model_removed", Class::Compatible, name, "", message);
                found.push(change.at(None, Some(&was.place)));
            }
        }
    }
    for (name, is) in new.models.iter().filter(|(name, _)| !old.models.contains_key(*name)) {
        found.push(Change::new("model_added", Class::Additive, name, "", "the model is new").at(Some(&is.place), None));
    }
    found
}

fn model(name: &str, was: &Model, is: &Model) -> Vec<Change> {
    let changed = [
        ("input", was.input != is.input),
        ("output", was.output != is.output),
        ("ladder", was.ladder != is.ladder),
        ("predicts at", was.predicts_at != is.predicts_at),
    ];
    let wider = widened(name, &was.clearance, &is.clearance, &is.place, &was.place);
    wider.into_iter().chain(otherwise("model_changed", name, &changed, (&is.place, &was.place))).collect()
}

/// Tags that may reach more than before.
pub fn widened(subject: &str, was: &[String], is: &[String], place: &Place, old: &Place) -> Option<Change> {
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
        let share = |node: &Node| node.rejects.as_ref().and_then(Literal::as_f64).unwrap_or_default();
        if share(is) > share(was) {
            let message = format!(
                "`{name}` sets aside up to {}% of bad rows, and {}% before",
                share(is) * 100.0,
                share(was) * 100.0
            );
            found.push(looser("rejects_widened", name, "", message, &is.place, Some(&was.place)));
        }
    }
    found
}

/// Patches on pods: what they do to one is proven by nobody, whether they come, go or change.
fn pods(old: &Version<'_>, new: &Version<'_>) -> Vec<Change> {
    let mut keys: Vec<_> = old.pods.keys().chain(new.pods.keys()).collect();
    keys.sort();
    keys.dedup();
    let place = |plan: &Plan, stage: &str| {
        let mut nodes = plan.pipelines.values().flat_map(|pipeline| &pipeline.nodes);
        nodes.find(|node| node.stage == stage).map(|node| node.place.clone())
    };
    let mut found = Vec::new();
    for key in keys {
        let (was, is) = (old.pods.get(key), new.pods.get(key));
        if was.map(|patch| &patch.digest) == is.map(|patch| &patch.digest) {
            continue;
        }
        let (target, stage) = key;
        let pod = format!("the pod of `{stage}` under the target `{target}`");
        let message = match (was, is) {
            (None, _) => format!("{pod} is patched: nothing is proven of it"),
            (_, None) => format!("the patch on {pod} is gone: nothing was proven of it"),
            _ => format!("the patch on {pod} is another: nothing is proven of it"),
        };
        let now = place(new.plan, stage).unwrap_or_default();
        let change = looser("pod_patch_changed", stage, target, message, &now, place(old.plan, stage).as_ref());
        let file = |patch: Option<&mlp_plan::PodPatch>| patch.map(|patch| patch.file.clone());
        found.push(change.towards(Direction::Unknown).from_to(file(was), file(is)));
    }
    found
}
