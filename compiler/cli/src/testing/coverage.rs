//! Which clauses of policies some test makes fail. A clause that none does may as well not be there, as far as the tests know.

use std::collections::BTreeSet;

use mlp_analysis::{Checked, Kind};
use mlp_plan::{ClauseRule, Place};
use mlp_workspace::Loaded;
use serde_json::{Value, json};

use crate::program::{context, local};

/// A clause of a policy of the package.
pub struct Clause {
    policy: String,
    text: String,
    place: Place,
    fails: bool,
}

/// Every clause that measures something, once, in the order of the program; `failed` are the places of those that some test made fail.
pub fn clauses(loaded: &Loaded, checked: &mut Checked<'_>, failed: &BTreeSet<Place>) -> Vec<Clause> {
    let own: Vec<_> = loaded
        .program
        .of_kind(Kind::Policy)
        .filter(|id| loaded.program.decl(*id).is_some_and(|decl| loaded.own.contains(&decl.span.file)))
        .collect();
    let mut seen = BTreeSet::new();
    let mut clauses = Vec::new();
    for info in own.into_iter().filter_map(|id| checked.checker.policy(id)) {
        let policy = mlp_lower::policy(&context(loaded, local()), &info);
        let measured = policy
            .clauses
            .into_iter()
            .filter(|clause| matches!(clause.rule, ClauseRule::Require(_) | ClauseRule::Warn(_)));
        for clause in measured {
            if seen.insert(clause.place.clone()) {
                let fails = failed.contains(&clause.place);
                clauses.push(Clause { policy: policy.name.clone(), text: clause.text, place: clause.place, fails });
            }
        }
    }
    clauses.sort_by(|a, b| a.place.cmp(&b.place));
    clauses
}

/// One line for each clause that no test makes fail, and the sum.
pub fn text(clauses: &[Clause]) -> String {
    let mut text = String::new();
    for Clause { policy, text: clause, place, .. } in clauses.iter().filter(|clause| !clause.fails) {
        let Place { file, line, column, .. } = place;
        text.push_str(&format!("{file}:{line}:{column}: `{policy}`: no test makes `{clause}` fail\n"));
    }
    let reached = clauses.iter().filter(|clause| clause.fails).count();
    text.push_str(&format!("coverage: {reached} of {} clauses are made to fail by a test", clauses.len()));
    text
}

/// All of them.
pub fn as_json(clauses: &[Clause]) -> Value {
    let one = |clause: &Clause| {
        let Place { file, line, column, .. } = &clause.place;
        json!({ "policy": clause.policy, "clause": clause.text, "file": file, "line": line, "column": column, "fails": clause.fails })
    };
    clauses.iter().map(one).collect()
}
