//! Policies, and the promotions that ask them: clauses and approvals that no longer follow, and gates that went.

use std::collections::{BTreeMap, BTreeSet};

use mlp_plan::{Clause, ClauseRule, Expr, Literal, Node, Origin, Plan, Policy, PolicyUse, Run, Value};

use crate::{
    change::{Change, Class, Direction},
    clauses::{is_about_the_same, lost, old_names, params, rename_params, under_old_names},
    governance::{Same, looser, same},
};

/// Every change of policies, and of what is asked before a rung is reached.
#[must_use]
pub fn changes(old: &Plan, new: &Plan) -> Vec<Change> {
    let shape = |policy: &Policy| -> Vec<(Option<String>, bool)> {
        policy.params.iter().map(|param| (param.report.clone(), param.optional)).collect()
    };
    let keeps = |was: &Policy, is: &Policy| {
        shape(was) == shape(is) && lost(was, &under_old_names(was, is), &new.metrics).is_empty()
    };
    let known = same(&old.policies, &new.policies, &[&keeps, &|was, is| shape(was) == shape(is)]);
    let work = Work { old, new, known };
    let mut found = work.policies();
    found.extend(work.gates());
    found
}

struct Work<'p> {
    old: &'p Plan,
    new: &'p Plan,
    known: Same<'p, Policy>,
}

/// A policy as a promotion asks it.
#[derive(Clone, Copy)]
struct Asked<'p> {
    node: &'p Node,
    call: &'p PolicyUse,
}

/// A way to a rung: the pipeline, and the node that promotes.
type Way<'p> = (&'p str, &'p Node, &'p [PolicyUse]);

/// The report that each parameter gets.
type Given<'p> = BTreeMap<&'p str, &'p Origin>;

impl Asked<'_> {
    fn given(&self) -> Given<'_> {
        let origin = |input: &str| self.node.inputs.iter().find(|one| one.name == *input).map(|one| &one.from);
        self.call.reports.iter().filter_map(|(param, input)| Some((param.as_str(), origin(input)?))).collect()
    }

    /// Whether it gets no report for a parameter: what is called with `none` has no input for it.
    fn without(&self, param: &str) -> bool {
        self.given().get(param).is_none_or(|origin| **origin == Origin::None)
    }

    /// The policy with the values that it is called with; what waits for a report that is `none` is never asked.
    fn policy(&self, plan: &Plan) -> Option<Policy> {
        let mut policy = plan.policies.get(&self.call.policy)?.clone();
        for clause in &mut policy.clauses {
            let (ClauseRule::Require(gate) | ClauseRule::Warn(gate)) = &mut clause.rule else { continue };
            gate.expr.walk_mut(&mut |part| {
                if let Expr::Param(name) = part
                    && let Some(value) = self.value(name)
                {
                    *part = Expr::Literal(value.clone());
                }
            });
        }
        policy.clauses.retain(|clause| !clause.when.iter().any(|name| self.without(name)));
        Some(policy)
    }

    /// The same policy about the reports themselves, under the names of what makes them: so different policies that judge one report can be held together.
    fn about_reports(&self, plan: &Plan) -> Option<Policy> {
        let mut policy = self.policy(plan)?;
        let given = self.given();
        let name = |name: &String| given.get(name.as_str()).map_or_else(|| name.clone(), |origin| origin_text(origin));
        policy.params.retain(|param| param.report.is_some());
        rename_params(&mut policy, &name);
        Some(policy)
    }

    fn value(&self, param: &str) -> Option<&Literal> {
        match self.call.params.get(param)? {
            Value::Literal(value) => Some(value),
            _ => None,
        }
    }
}

impl<'p> Work<'p> {
    fn policies(&self) -> Vec<Change> {
        let mut found = Vec::new();
        for (name, was) in &self.old.policies {
            let Some((now, is)) = self.known.get(name.as_str()) else {
                let (class, message) = if self.is_asked_elsewhere(was, |_| true) {
                    (Class::Compatible, "the policy is gone; what it required is required by others")
                } else {
                    (Class::Governance, "the policy is gone")
                };
                let change = Change::new("policy_removed", class, name, "", message);
                found.push(change.towards(Direction::Looser).at(None, Some(&was.place)));
                continue;
            };
            if *now != name {
                let message = format!("`{name}` is called `{now}` now");
                let change = Change::new("policy_renamed", Class::Compatible, now, "", message);
                found.push(
                    change.from_to(Some(name.clone()), Some((*now).clone())).at(Some(&is.place), Some(&was.place)),
                );
            }
            found.extend(self.policy(was, is));
        }
        let is_known = |name: &String| self.known.values().any(|(now, _)| *now == name);
        for (name, is) in self.new.policies.iter().filter(|(name, _)| !is_known(name)) {
            let change = Change::new("policy_added", Class::Additive, name, "", "the policy is new");
            found.push(change.at(Some(&is.place), None));
        }
        found
    }

    /// Clauses that no longer follow, and approvals that ask for less. What depends on the values of a call is looked at where it is called.
    fn policy(&self, was: &Policy, is: &Policy) -> Vec<Change> {
        let is = under_old_names(was, is);
        let mut found = Vec::new();
        for index in self.lost_anywhere(was, &is) {
            let Some(clause) = was.clauses.get(index) else { continue };
            if self.is_asked_elsewhere(was, |other| other.place == clause.place) {
                let message =
                    format!("`{}` is required by other policies now, wherever this one was asked", clause.text);
                let change = Change::new("clause_moved", Class::Compatible, &is.name, &clause.text, message);
                found.push(change.at(Some(&is.place), Some(&clause.place)));
                continue;
            }
            let is_approval = matches!(clause.rule, ClauseRule::Approve { .. });
            let now = is.clauses.iter().find(|other| match other.rule {
                ClauseRule::Approve { .. } => is_approval,
                _ => is_about_the_same(clause, other) && other.text != clause.text,
            });
            let place = now.map_or(&is.place, |now| &now.place);
            let (kind, message) = match (is_approval, now) {
                (false, Some(now)) => {
                    ("policy_loosened", format!("`{}` was required, and `{}` is", clause.text, now.text))
                }
                (false, None) => ("policy_loosened", format!("`{}` is not required any more", clause.text)),
                (true, Some(now)) => {
                    ("approval_loosened", format!("`{}` was asked, and `{}` is", clause.text, now.text))
                }
                (true, None) => ("approval_removed", format!("`{}` is not asked any more", clause.text)),
            };
            let change = looser(kind, &is.name, &clause.text, message, place, Some(&clause.place));
            found.push(change.from_to(Some(clause.text.clone()), now.map(|now| now.text.clone())));
        }
        found
    }

    /// What a policy asks less of, whoever calls it.
    fn lost_anywhere(&self, was: &Policy, is: &Policy) -> BTreeSet<usize> {
        let is_called = |plan: &Plan, name: &str| {
            ways(plan).values().flatten().any(|(.., uses)| uses.iter().any(|one| one.policy == name))
        };
        let by_call = is_called(self.old, &was.name)
            && self.known.get(was.name.as_str()).is_some_and(|(now, _)| is_called(self.new, now));
        let depends =
            |index: &usize| by_call && was.clauses.get(*index).is_some_and(|clause| !params(clause).is_empty());
        lost(was, is, &self.new.metrics).into_iter().filter(|index| !depends(index)).collect()
    }

    /// Whether some clauses of a policy follow, on every way on which it was asked, from all that is asked of the same reports there now.
    fn is_asked_elsewhere(&self, was: &Policy, which: impl Fn(&Clause) -> bool) -> bool {
        let now = ways(self.new);
        let mut asked = false;
        for (rung, before) in ways(self.old) {
            for (_, node, uses) in before {
                for call in uses.iter().filter(|one| one.policy == was.name) {
                    asked = true;
                    let call = Asked { node, call };
                    let lost = |way: &Way<'p>| self.lost_on(&call, way).iter().any(&which);
                    if now.get(&rung).is_none_or(|ways| ways.iter().any(lost)) {
                        return false;
                    }
                }
            }
        }
        asked
    }

    /// The clauses of a call that do not follow from all that a way asks of the same reports.
    fn lost_on(&self, call: &Asked<'p>, (_, node, uses): &Way<'p>) -> Vec<Clause> {
        let Some(before) = call.about_reports(self.old) else { return Vec::new() };
        let after = uses.iter().filter_map(|call| Asked { node, call }.about_reports(self.new));
        let after = Policy { clauses: after.flat_map(|policy| policy.clauses).collect(), ..before.clone() };
        let lost = lost(&before, &after, &self.new.metrics).into_iter();
        lost.filter_map(|index| before.clauses.get(index).cloned()).collect()
    }

    fn gates(&self) -> Vec<Change> {
        let (before, mut found) = (ways(self.old), Vec::new());
        for (rung, now) in ways(self.new) {
            let Some(was) = before.get(&rung) else { continue };
            for way in &now {
                found.extend(self.way(&format!("{}.{}", rung.0, rung.1), was, way));
            }
        }
        found
    }

    /// What a way to a rung asks less than it did; of a new one, than the way that it is most like.
    fn way(&self, rung: &str, before: &[Way<'p>], now: &Way<'p>) -> Vec<Change> {
        let (pipeline, node, _) = now;
        let here: Vec<&Way<'p>> = before.iter().filter(|(name, ..)| name == pipeline).collect();
        let itself =
            here.iter().find(|(_, was, _)| was.id == node.id).or_else(|| here.first().filter(|_| here.len() == 1));
        match itself {
            Some(was) => self.less(rung, was, now),
            None => before.iter().map(|was| self.less(rung, was, now)).min_by_key(Vec::len).unwrap_or_default(),
        }
    }

    fn less(&self, rung: &str, was: &Way<'p>, now: &Way<'p>) -> Vec<Change> {
        let uses = |way: &Way<'p>, policy: &str| -> Vec<Asked<'p>> {
            let (_, node, uses) = *way;
            uses.iter().filter(|one| one.policy == policy).map(|call| Asked { node, call }).collect()
        };
        let policies: BTreeSet<&str> = was.2.iter().map(|one| one.policy.as_str()).collect();
        let mut found = Vec::new();
        for policy in policies {
            let (before, name) = (uses(was, policy), self.known.get(policy).map(|(now, _)| now.as_str()));
            let after = name.map(|name| uses(now, name)).unwrap_or_default();
            if after.is_empty() {
                if before.iter().all(|call| self.lost_on(call, now).is_empty()) {
                    continue;
                }
                let message = format!("`{policy}` no longer decides on what reaches {rung}");
                let change = looser("gate_removed", rung, policy, message, &now.1.call, Some(&was.1.call));
                found.push(change.from_to(Some(policy.to_owned()), None));
            } else {
                found.extend(self.calls(rung, now, &before, &after));
            }
        }
        found
    }

    /// Calls of one policy: each report that it judged is judged by as much.
    fn calls(&self, rung: &str, way: &Way<'p>, before: &[Asked<'p>], after: &[Asked<'p>]) -> Vec<Change> {
        let (Some(first), Some(other)) = (before.first(), after.first()) else { return Vec::new() };
        let (Some(was), Some(is)) =
            (self.old.policies.get(&first.call.policy), self.new.policies.get(&other.call.policy))
        else {
            return Vec::new();
        };
        let names = old_names(was, is);
        let (judged, now) = (groups(before, &BTreeMap::new()), groups(after, &names));
        let told = self.lost_anywhere(was, &under_old_names(was, is));
        // reports may have other names in the pipeline: what is judged only now is what was judged only before, in order
        let mut fresh = now.iter().filter(|(given, _)| judged.iter().all(|(other, _)| other != given));
        let mut found = Vec::new();
        for (given, calls) in &judged {
            let Some((_, kept)) = now.iter().find(|(other, _)| other == given).or_else(|| fresh.next()) else {
                if calls.iter().all(|call| self.lost_on(call, way).is_empty()) {
                    continue;
                }
                let reports: Vec<String> = given.values().map(|origin| format!("`{}`", origin_text(origin))).collect();
                let message = format!("`{}` no longer judges {} before {rung}", was.name, reports.join(" and "));
                found.push(looser("gate_removed", rung, &was.name, message, &other.node.call, Some(&first.node.call)));
                continue;
            };
            for call in calls {
                found.extend(self.call(rung, way, (was, call), (is, kept), &told));
            }
        }
        found
    }

    /// What one call asked, and those of now do not.
    fn call(
        &self,
        rung: &str,
        way: &Way<'p>,
        (was, call): (&Policy, &Asked<'p>),
        (is, kept): (&Policy, &[Asked<'p>]),
        told: &BTreeSet<usize>,
    ) -> Vec<Change> {
        let Some(before) = call.policy(self.old) else { return Vec::new() };
        let asked = kept.iter().filter_map(|one| one.policy(self.new)).flat_map(|one| one.clauses).collect();
        let after = under_old_names(was, &Policy { clauses: asked, ..is.clone() });
        let told: BTreeSet<_> = told.iter().filter_map(|index| was.clauses.get(*index)).map(|one| &one.place).collect();
        let names = old_names(was, is);
        let without = |clause: &Clause| -> Option<String> {
            let mut waits = clause.when.iter().filter(|name| {
                let now = names.iter().find(|(_, old)| *old == *name).map_or(name.as_str(), |(now, _)| now.as_str());
                kept.iter().all(|one| one.without(now))
            });
            waits.next().cloned()
        };
        let lost = lost(&before, &after, &self.new.metrics).into_iter().filter_map(|index| before.clauses.get(index));
        let lost_here = self.lost_on(call, way);
        let is_lost = |clause: &&Clause| lost_here.iter().any(|other| other.place == clause.place);
        let mut found = Vec::new();
        for clause in lost.filter(|clause| !told.contains(&clause.place)).filter(is_lost) {
            let written = was.clauses.iter().find(|one| one.place == clause.place && one.text == clause.text);
            let values: Vec<String> = written
                .map(params)
                .unwrap_or_default()
                .iter()
                .filter_map(|name| Some(format!("{name}: {}", call.value(name)?)))
                .collect();
            let message = match without(clause) {
                Some(report) => {
                    format!("`{}` is called without `{report}`, so that `{}` is never asked", was.name, clause.text)
                }
                None if values.is_empty() => format!("`{}` no longer asks for `{}` here", was.name, clause.text),
                None => format!(
                    "`{}` asks less here: `{}` with {} does not follow any more",
                    was.name,
                    clause.text,
                    values.join(", ")
                ),
            };
            let place = kept.first().map_or(&call.node.call, |one| &one.node.call);
            found.push(looser("gate_loosened", rung, &was.name, message, place, Some(&call.node.call)));
        }
        found
    }
}

/// Calls by the reports that they judge, under the names of the earlier version.
fn groups<'a, 'p>(
    calls: &'a [Asked<'p>],
    names: &BTreeMap<String, String>,
) -> Vec<(BTreeMap<String, &'a Origin>, Vec<Asked<'p>>)> {
    let mut found: Vec<(BTreeMap<String, &Origin>, Vec<Asked<'p>>)> = Vec::new();
    for call in calls {
        let old = |name: &str| names.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let given = call.given().into_iter().map(|(name, origin)| (old(name), origin)).collect();
        match found.iter_mut().find(|(other, _)| *other == given) {
            Some((_, known)) => known.push(*call),
            None => found.push((given, vec![*call])),
        }
    }
    found
}

/// Promotions by model and rung.
fn ways(plan: &Plan) -> BTreeMap<(&str, &str), Vec<Way<'_>>> {
    let mut found: BTreeMap<(&str, &str), Vec<Way<'_>>> = BTreeMap::new();
    for (name, pipeline) in &plan.pipelines {
        for node in &pipeline.nodes {
            if let Run::Promote(promote) = &node.run {
                let ways = found.entry((&promote.model, &promote.rung)).or_default();
                ways.push((name, node, &promote.policies));
            }
        }
    }
    found
}

/// An origin in a message: `report`, `parts.train`, `M.production`.
pub fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::Output { node, output } if output == "result" => node.clone(),
        Origin::Output { node, output } => format!("{node}.{output}"),
        Origin::Rung { model, rung } => format!("{model}.{rung}"),
        Origin::List(all) => format!("[{}]", all.iter().map(origin_text).collect::<Vec<_>>().join(", ")),
        Origin::Request => "request".to_owned(),
        Origin::Served => "served".to_owned(),
        Origin::None => "none".to_owned(),
    }
}
